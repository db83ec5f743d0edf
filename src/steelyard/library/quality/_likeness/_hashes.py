"""Hashes of small grey pictures that stay alike when the picture is written anew, and those that are close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 32
"""Of the small pictures that are hashed."""
LOWEST = 8
"""Frequencies each way that make the hash: 8 × 8 bits."""
BLOCK = 2**24
"""Comparisons at a time: 128 MiB."""


def hashes(pictures: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return 64 bits of each small picture, uint64[n], of float32[n, 32, 32].

    Each bit tells whether one of the 64 lowest frequencies of the discrete cosine transform is above their median;
    the mean does not count. C. Zauner, Implementation and benchmarking of perceptual image hash functions (2010),
    section 3.1. Own, in NumPy: ``imagehash`` takes a picture at a time and brings PyWavelets; this takes a batch, and
    the same bits serve spectrograms.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.tile(np.arange(32, dtype=np.float32), (1, 32, 1))
    >>> bool(hashes(ramp) == hashes(2 * ramp + 5)), bool(hashes(ramp) == hashes(-ramp))
    (True, False)
    """
    import numpy as np
    from scipy.fft import dctn

    waves = dctn(pictures, axes=(1, 2), norm="ortho")[:, :LOWEST, :LOWEST].reshape(len(pictures), -1)
    waves = np.where(np.abs(waves) < 1e-3, 0.0, waves)  # rounding is no feature: what is even has no waves
    waves[:, 0] = 0.0
    bits = waves > np.median(waves[:, 1:], axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(np.uint64).reshape(len(pictures))


def close_pairs(found: NDArray[np.uint64], radius: int) -> Iterator[NDArray[np.int64]]:
    """Yield pairs of rows of which any hash of one is within ``radius`` bits of the other's first.

    Parameters
    ----------
    found : uint64[n, v]
        The first column is the hash of the whole, others of parts of it, so that a part is found by its whole.

    Notes
    -----
    All are compared with all: no pair within the radius is missed. A thousand million comparisons take about two
    seconds, memory is that of one block.
    """
    import numpy as np

    count, views = found.shape
    step = max(1, BLOCK // max(count, 1))
    first = np.ascontiguousarray(found[:, 0])
    for start in range(0, count, step):
        stop = min(start + step, count)
        near = np.zeros((stop - start, count), dtype=bool)
        for view in range(views):
            near |= bits_apart(found[start:stop, view, None], first[None, :]) <= radius
        left, right = np.nonzero(near)
        left += start
        apart = left != right
        yield np.sort(np.stack((left[apart], right[apart]), axis=1), axis=1)


def bits_apart(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return in how many bits hashes differ.

    Examples
    --------
    >>> import numpy as np
    >>> bits_apart(np.array([0b1011], dtype=np.uint64), np.array([0b0001], dtype=np.uint64)).tolist()
    [2]
    """
    import numpy as np

    different = left ^ right
    if hasattr(np, "bitwise_count"):  # since NumPy 2.0
        counted: NDArray[np.uint8] = np.bitwise_count(different).astype(np.uint8)
        return counted
    table = np.array([bin(each).count("1") for each in range(256)], dtype=np.uint8)
    summed: NDArray[np.uint8] = table[different[..., None].view(np.uint8)].sum(axis=-1, dtype=np.uint8)
    return summed


def even(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows with mean zero and length one, float32[n, k]; a row without features is all zeros."""
    import numpy as np

    flat = values.reshape(len(values), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    found: NDArray[np.float32] = np.divide(flat, length, out=np.zeros_like(flat), where=length > 1e-3)
    return found
