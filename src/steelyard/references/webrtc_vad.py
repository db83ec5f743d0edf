"""WebRTC's voice activity detector, at its third of four settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.errors import CallError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
FRAME = 480
"""Samples of a frame: 30 ms, the longest that it takes."""
AGGRESSIVENESS = 2
"""0 takes most for speech, 3 least."""


class Product:
    """Tells when somebody speaks, as ``[begin, end]`` in seconds: runs of frames of 30 ms that it calls speech.

    What remains after the last whole frame is called as that frame was. Each recording meets a new detector, whose
    noise floor knows nothing of the last one.
    """

    def __init__(self) -> None:
        try:
            import webrtcvad
        except ImportError:
            raise CallError(
                Words("reference:webrtc_vad needs webrtcvad-wheels", "reference:webrtc_vad 需要 webrtcvad-wheels"),
                Words("Install it: pip install 'steelyard[speech]'", "请安装：pip install 'steelyard[speech]'"),
            ) from None
        self._detector = webrtcvad.Vad

    def __call__(self, heard: NDArray[np.float32]) -> list[list[float]]:
        """Return the stretches of speech in float32[n] at 16 kHz."""
        import numpy as np

        detector = self._detector(AGGRESSIVENESS)
        steps = np.clip(np.round(heard * 32768.0), -32768, 32767).astype("<i2")
        calls = [
            detector.is_speech(steps[start : start + FRAME].tobytes(), RATE)
            for start in range(0, len(steps) - FRAME + 1, FRAME)
        ]
        edges = np.flatnonzero(np.diff([False, *calls, False]))
        found = [[int(begin) * FRAME / RATE, int(end) * FRAME / RATE] for begin, end in edges.reshape(-1, 2)]
        if calls and calls[-1]:
            found[-1][1] = len(steps) / RATE
        return found
