"""Brings recordings to the rate that a method hears, to the same bits on every machine."""

from __future__ import annotations

import math
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.data.audio import Audio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hertz."""
ZERO_CROSSINGS = 32
SHARE = 0.95
"""Of the lower of both bands, that is kept."""
KAISER = 9.0
"""Side lobes below −90 dB, what 16 bits can hold."""
BITS = 20
"""Of a weight."""


def at_16_khz(path: Path) -> bytes:
    """Return a recording as WAV bytes: its first channel, 16 bits, 16 kHz.

    A recording that is so already comes back as its own bytes. Any other is resampled with whole numbers: floating
    point would give another last bit, and so another digest, on another machine.
    """
    import numpy as np

    with wave.open(str(path)) as file:
        channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
        frames = file.readframes(file.getnframes())
    assert width in {2, 3}, f"{path}: 16 or 24 bits are expected"
    if (channels, width, rate) == (1, 2, RATE):
        return path.read_bytes()
    steps = math.gcd(RATE, rate)
    first = _whole_numbers(frames, width).reshape(-1, channels)[:, 0]
    sound = resampled(first, RATE // steps, rate // steps, 8 * width - 16)
    return Audio(RATE).store(sound.astype(np.float32) / np.float32(32768.0))


def _whole_numbers(frames: bytes, width: int) -> NDArray[np.int32]:
    """Return the samples of PCM with two or three bytes each, little-endian, int32[n]."""
    import numpy as np

    padded = np.zeros((len(frames) // width, 4), np.uint8)
    padded[:, 4 - width :] = np.frombuffer(frames, np.uint8).reshape(-1, width)
    return padded.view("<i4")[:, 0] >> (32 - 8 * width)


def resampled(sound: NDArray[np.integer[Any]], up: int, down: int, dropped: int = 0) -> NDArray[np.int16]:
    """Return int16[n] at ``up / down`` times its rate, by a Kaiser-windowed sinc with whole-number weights.

    Of samples with more than 16 bits the last ``dropped`` are rounded away, after resampling.

    Notes
    -----
    Band-limited interpolation: J. O. Smith, P. Gossett, "A flexible sampling-rate conversion method", ICASSP 1984.

    Examples
    --------
    >>> import numpy as np
    >>> resampled(np.full(100, 1000, np.int16), 2, 1)[90:94].tolist()
    [1000, 1000, 1000, 1000]
    """
    import numpy as np

    weights, reach = _weights(up, down)
    # Whole numbers below 2**53, of 24 bits too: double precision adds them up exactly, in any order.
    padded = np.pad(sound.astype(np.float64), (reach, reach + 1))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weights.shape[1])
    count = -(-len(sound) * up // down)
    sums = np.empty(count)
    for first in range(min(up, count)):  # each ``up``-th sample lies at the same place between two samples
        place, size = first * down, len(range(first, count, up))
        sums[first::up] = np.einsum("nk,k->n", windows[place // up :: down][:size], weights[place % up])
    return np.clip(np.floor(sums / (1 << (BITS + dropped)) + 0.5), -32768, 32767).astype(np.int16)


def _weights(up: int, down: int) -> tuple[NDArray[np.float64], int]:
    """Return float64[up, taps], and the taps on a side; a row serves one place between two samples.

    Weights are whole numbers, and each row adds up to ``2**BITS``.
    """
    import numpy as np

    band = SHARE * min(1.0, up / down)
    reach = math.ceil(ZERO_CROSSINGS / band)
    distance = np.arange(-reach, reach + 2)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(KAISER * np.sqrt(np.clip(1.0 - (distance / (reach + 1)) ** 2, 0.0, 1.0))) / np.i0(KAISER)
    weights = np.rint(band * np.sinc(band * distance) * window * (1 << BITS))
    weights[:, reach] += (1 << BITS) - weights.sum(axis=1)
    return weights, reach
