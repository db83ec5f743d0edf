"""PocketSphinx with the English model that its package carries: a recogniser of 2000s make, free and offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.errors import CallError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000


class Product:
    """Writes down English speech, in small letters without punctuation; of silence nothing.

    D. Huggins-Daines et al., PocketSphinx: a free, real-time continuous speech recognition system for hand-held
    devices, ICASSP 2006. Acoustic and language model as shipped (en-us), nothing is tuned.
    """

    def __init__(self) -> None:
        try:
            from pocketsphinx import Decoder
        except ImportError:
            raise CallError(
                Words(
                    "reference:pocketsphinx_english needs pocketsphinx",
                    "reference:pocketsphinx_english 需要 pocketsphinx",
                ),
                Words("Install it: pip install 'steelyard[speech]'", "请安装：pip install 'steelyard[speech]'"),
            ) from None
        self._decoder = Decoder(samprate=RATE, loglevel="FATAL")

    def __call__(self, heard: NDArray[np.float32]) -> str:
        """Return what was said in float32[n] at 16 kHz."""
        import numpy as np

        # What it heard before would otherwise change what it hears now: its noise floor adapts.
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(np.round(heard * 32768.0).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return "" if found is None else str(found.hypstr)
