"""A recogniser of spoken English digits, trained when it starts, on three speakers of ``fsdd-digits-en-by-speaker``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.data.audio import Audio
from steelyard.library.store import open_set

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SET, SPLIT = "fsdd-digits-en-by-speaker", "training"
TRAINED_ON = (f"{SET}@1#{SPLIT}",)

RATE = 16_000
WINDOW, STEP, TRANSFORM = 400, 160, 512
"""Samples: 25 ms each 10 ms, and the length of the Fourier transform."""
HIGHEST = 4_000.0
"""Hertz: these recordings hold nothing above."""
FILTERS, CEPSTRA, PARTS = 26, 13, 5
"""Mel filters, coefficients kept, and parts of equal length that a word is cut into."""


class Product:
    """Says which digit it hears: cepstra of five parts of the word, and a support vector machine.

    Mel-frequency cepstra after S. Davis, P. Mermelstein, IEEE Transactions on Acoustics, Speech, and Signal Processing
    28 (1980) 357–366. Nothing was tuned on the test speakers; the parameters are those of the textbook.
    """

    def __init__(self) -> None:
        import numpy as np
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC

        rows = [row for batch in open_set(SET).batches(["input", "reference", "split"]) for row in batch.to_pylist()]
        training = [row for row in rows if row["split"] == SPLIT]
        audio = Audio(RATE)
        features = np.array([word_features(audio.load(row["input"])) for row in training])
        self._model = make_pipeline(StandardScaler(), SVC(C=10.0))
        self._model.fit(features, [row["reference"] for row in training])

    def __call__(self, heard: NDArray[np.float32]) -> str:
        """Return the digit, as a word, in float32[n] at 16 kHz."""
        return str(self._model.predict([word_features(heard)])[0])


def word_features(heard: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean cepstra of each part of a word, and of the changes between parts, float64[(2 · 5 − 1) · 13].

    The mean over the word is taken off, and with it much of what a microphone and a voice add.
    """
    import numpy as np

    found = cepstra(heard)
    found -= found.mean(axis=0)
    parts = np.array([part.mean(axis=0) for part in np.array_split(found, PARTS)])
    return np.concatenate([parts.ravel(), np.diff(parts, axis=0).ravel()])


def cepstra(heard: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return mel-frequency cepstra of float32[n] at 16 kHz, float64[frames, 13]; at least as many frames as parts."""
    import numpy as np
    from scipy.fft import dct

    needed = WINDOW + STEP * (PARTS - 1)
    sound = np.pad(heard.astype(np.float64), (0, max(0, needed - len(heard))))
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::STEP] * np.hamming(WINDOW)
    power = np.abs(np.fft.rfft(frames, TRANSFORM)) ** 2
    found: NDArray[np.float64] = dct(np.log(power @ _filters().T + 1e-8), type=2, norm="ortho")[:, :CEPSTRA]
    return found


def _filters() -> NDArray[np.float64]:
    """Return triangles that are equally wide on the mel scale, float64[filters, bins]."""
    import numpy as np

    def mel(hertz: float) -> float:
        return 2595.0 * float(np.log10(1.0 + hertz / 700.0))

    edges = 700.0 * (10.0 ** (np.linspace(0.0, mel(HIGHEST), FILTERS + 2) / 2595.0) - 1.0)
    bins = np.arange(TRANSFORM // 2 + 1) * RATE / TRANSFORM
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling))
