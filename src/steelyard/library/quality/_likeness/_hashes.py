"""Hashes of small grey pictures that stay alike when the picture is written anew, and those that are close."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import log2
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 32
"""Of the small pictures that are hashed."""
LOWEST = 8
"""Frequencies each way that make the hash: 8 × 8 bits."""
BITS = 64
BLOCK = 2**24
"""Comparisons at a time: 128 MiB."""
CANDIDATES = 2**20
"""Looked at together: 64 MiB."""
FEW = 2**13
"""Rows, below which comparing all with all is as quick as a search."""
FEWEST_BANDS = 3
"""Of 22 bits at most: a table of 32 MiB."""
DEARER = 5.0
"""How much longer a search takes over a candidate, and over a look at a table, than a comparison of all with all."""
TRIED = 256
"""Rows by which it is estimated how many candidates there are."""


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
    No pair within the radius is missed. Few rows are compared all with all, and so are those that are alike throughout;
    others are searched by bands of bits (`by_bands`).
    """
    count = len(found)
    if count >= FEW:
        bands = bands_of(found, radius, max(FEWEST_BANDS, round(BITS / log2(count))))
        if DEARER * sum(_work(band) for band in bands) < count * found.size:
            yield from by_bands(found, radius, bands)
            return
    yield from all_with_all(found, radius)


def all_with_all(found: NDArray[np.uint64], radius: int) -> Iterator[NDArray[np.int64]]:
    """Yield the pairs of `close_pairs`, from comparisons of all with all; memory is that of one block."""
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


class Band(NamedTuple):
    """Some of the bits of all hashes, and rows by them."""

    keys: NDArray[np.int64]
    """Of each hash, row by row and view by view, int64[n · v]."""
    order: NDArray[np.int64]
    """Rows by the key of their first hash, int64[n]."""
    begins: NDArray[np.int64]
    """Where in this order a key begins, int64[keys + 1]."""
    changes: NDArray[np.int64]
    """What is exclusive-ored to a key for those that are near enough, int64[c]."""


def bands_of(found: NDArray[np.uint64], radius: int, count: int) -> list[Band]:
    """Return so many bands, each of every so-manieth bit: neighbouring bits are alike in many pictures."""
    import numpy as np

    made = []
    shared, more = divmod(radius - count + 1, count)
    for number in range(count):
        places = range(number, BITS, count)
        keys = np.zeros(found.size, dtype=np.int64)
        for bit, place in enumerate(places):
            keys |= ((found.ravel() >> np.uint64(place)) & np.uint64(1)).astype(np.int64) << bit
        first = keys[:: found.shape[1]]
        begins = np.concatenate(([0], np.cumsum(np.bincount(first, minlength=2 ** len(places)))))
        changes = [
            sum(1 << bit for bit in some)
            for changed in range(min(shared + (number < more), len(places)) + 1)
            for some in combinations(range(len(places)), changed)
        ]
        made.append(Band(keys, np.argsort(first, kind="stable"), begins, np.array(changes, dtype=np.int64)))
    return made


def _work(band: Band) -> float:
    """Return about how many candidates a band has, and looks at its table, from some rows."""
    some = band.keys[:: max(1, len(band.keys) // TRIED), None] ^ band.changes[None, :]
    there = band.begins[some + 1] - band.begins[some]
    return float((there + 1).sum()) / len(some) * len(band.keys)


def by_bands(found: NDArray[np.uint64], radius: int, bands: list[Band]) -> Iterator[NDArray[np.int64]]:
    """Yield the pairs of `close_pairs`, some of them several times, from those that are close in one of the bands.

    Notes
    -----
    Multi-index hashing: M. Norouzi, A. Punjani, D. J. Fleet, Fast search in Hamming space with multi-index hashing
    (2012), section 3. With r₁ … r_m that sum to the radius − m + 1, hashes that differ in more than rᵢ bits of every
    band i differ in more than the radius. So whoever is within it is within rᵢ in some band, and found there.
    """
    import numpy as np

    views = found.shape[1]
    hashed, first = found.ravel(), np.ascontiguousarray(found[:, 0])
    for keys, order, begins, changes in bands:
        for change in changes:
            start = begins[keys ^ change]
            counts = begins[(keys ^ change) + 1] - start
            asked = np.flatnonzero(counts)
            ends = np.cumsum(counts[asked])
            total = int(ends[-1]) if len(ends) else 0
            for some in np.split(asked, np.searchsorted(ends, range(CANDIDATES, total, CANDIDATES))):
                each = np.repeat(some, counts[some])
                within = np.arange(len(each)) - np.repeat(np.cumsum(counts[some]) - counts[some], counts[some])
                met = order[start[each] + within]
                near = np.flatnonzero(bits_apart(hashed[each], first[met]) <= radius)
                left, right = each[near] // views, met[near]
                apart = left != right
                if apart.any():
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
