"""Sounds: the same recording but for encoding, loudness, noise, or a little cut away at either end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words
from steelyard.library.quality._likeness import Likeness
from steelyard.library.quality._likeness._hashes import SIDE, bits_apart, close_pairs, hashes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

RADIUS = 12
PARTS = ((0.0, 1.0), (0.05, 1.0), (0.1, 1.0), (0.0, 0.95), (0.0, 0.9), (0.05, 0.95))
"""Of the time: the whole, and parts that a copy may have been cut to."""
LOWEST_HERTZ, HIGHEST_HERTZ = 100.0, 3800.0
FRAME_SECONDS, HOP_SECONDS = 0.032, 0.01
FLOOR = 0.01
"""Of the mean energy, added before the logarithm: what is quieter does not count."""
LONGEST_SECONDS = 10


class AudioLikeness(Likeness):
    """Recordings of the same moment; two takes of the same words are not."""

    threshold: float = 0.92
    most: ClassVar[int] = 5_000
    how: Words = Words(
        "spectral hash: 64 lowest frequencies of a picture of 32 logarithmic bands (100 to 3800 Hz) by 32 stretches of "
        "time, of the whole and of parts cut by up to a tenth; candidates differ in at most 12 bits; confirmed by a "
        "cross-correlation of the waveforms of at least 0.92 at the best shift, over at most 10 s",
        "频谱哈希：32 个对数频带（100–3800 Hz）× 32 段时间的频谱图取 64 个最低频率，含至多裁去十分之一的部分；"
        "候选对至多相差 12 位；再以波形在最佳时移下的互相关 ≥ 0.92 确认，至多取 10 秒",
    )

    def sketch(self, column: pa.Array, kind: DataType[Any]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        import numpy as np

        made: list[NDArray[np.float32]] = []
        read: list[bool] = []
        for stored in column.to_pylist():
            sound = _load(stored, kind)
            read.append(sound is not None and bool(sound.any()))
            made.append(pictures(sound if sound is not None else np.empty(0, dtype=np.float32), kind))
        stacked = np.asarray(made, dtype=np.float32).reshape(-1, SIDE, SIDE)
        return hashes(stacked).reshape(len(made), -1), np.array(read, dtype=bool)

    def candidates(self, sketches: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
        yield from close_pairs(sketches, RADIUS)

    def material(self, column: pa.Array, kind: DataType[Any]) -> list[NDArray[np.float32]]:
        return [_beginning(_load(stored, kind), kind) for stored in column.to_pylist()]

    def similarity(self, material: list[NDArray[np.float32]], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        import numpy as np

        return np.array([correlated(material[left], material[right]) for left, right in pairs])

    def distances(self, sketches: NDArray[np.uint64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        return bits_apart(sketches[pairs[:, 0], 0], sketches[pairs[:, 1], 0]).astype("float64")


def _load(stored: Any, kind: DataType[Any]) -> NDArray[np.float32] | None:
    try:
        sound: NDArray[np.float32] = kind.load(stored)
    except (MalformedValue, TypeError):
        return None
    return sound if sound.ndim == 1 else sound.mean(axis=1)  # of several channels, what they have in common


def pictures(sound: NDArray[np.float32], kind: DataType[Any]) -> NDArray[np.float32]:
    """Return pictures of the whole and of its parts, float32[6, 32, 32]: bands by stretches of time."""
    import numpy as np

    energy = _bands(sound, kind.sample_rate)  # type: ignore[attr-defined]
    seen = np.log(energy + FLOOR * energy.mean() + 1e-12)
    total = np.concatenate((np.zeros((1, SIDE)), np.cumsum(seen, axis=0)))
    made = []
    for begin, end in PARTS:
        edges = np.linspace(begin * len(seen), end * len(seen), SIDE + 1)
        left = np.minimum(np.floor(edges[:-1]).astype(np.int64), len(seen) - 1)
        right = np.maximum(np.floor(edges[1:]).astype(np.int64), left + 1)
        made.append(((total[right] - total[left]) / (right - left)[:, None]).T)
    return np.asarray(made, dtype=np.float32)


def _bands(sound: NDArray[np.float32], hertz: int) -> NDArray[np.float64]:
    """Return the energy of each frame in 32 bands, float64[frames, 32], one frame at least."""
    import numpy as np

    frame, hop = round(FRAME_SECONDS * hertz), round(HOP_SECONDS * hertz)
    padded = np.pad(sound, (0, max(0, frame - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(frame), axis=1)) ** 2
    edges = np.geomspace(LOWEST_HERTZ, min(HIGHEST_HERTZ, hertz / 2), SIDE + 1) * frame / hertz
    total = np.concatenate((np.zeros((len(power), 1)), np.cumsum(power, axis=1)), axis=1)
    places = np.arange(total.shape[1])
    # A low band is narrower than a line of the transform: it gets its share of the line.
    at_edges = np.stack([np.interp(edges, places, row) for row in total])
    found: NDArray[np.float64] = np.diff(at_edges, axis=1)
    return found


def _beginning(sound: NDArray[np.float32] | None, kind: DataType[Any]) -> NDArray[np.float32]:
    """Return as much of a sound as is compared; nothing where it could not be read."""
    import numpy as np

    hertz: int = kind.sample_rate  # type: ignore[attr-defined]
    return np.empty(0, dtype=np.float32) if sound is None else sound[: LONGEST_SECONDS * hertz]


def correlated(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the greatest correlation of the shorter sound with any stretch of the longer one.

    Examples
    --------
    >>> import numpy as np
    >>> sound = np.random.Generator(np.random.Philox(0)).standard_normal(800).astype(np.float32)
    >>> round(correlated(sound, -0.3 * sound[90:700]), 3)
    1.0
    """
    import numpy as np
    from scipy.fft import irfft, next_fast_len, rfft

    part, whole = sorted((one, other), key=len)
    if len(part) < 16:
        return 1.0 if np.array_equal(one, other) and len(part) else 0.0
    size = next_fast_len(len(whole) + len(part), real=True)
    product = irfft(rfft(whole, size) * np.conj(rfft(part, size)), size)[: len(whole) - len(part) + 1]
    energy = np.concatenate(([0.0], np.cumsum(whole.astype(np.float64) ** 2)))
    window = energy[len(part) :] - energy[: len(energy) - len(part)]
    length = np.sqrt(np.maximum(window, 1e-9) * max(float((part.astype(np.float64) ** 2).sum()), 1e-9))
    return min(1.0, float(np.abs(product / length).max()))


LIKENESS = AudioLikeness
