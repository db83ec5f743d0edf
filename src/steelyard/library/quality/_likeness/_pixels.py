"""What pictures and images share: small grey copies, their hashes, and correlation where one may be cut out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words
from steelyard.library.quality._likeness import Likeness
from steelyard.library.quality._likeness._hashes import SIDE, bits_apart, close_pairs, even, hashes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

RADIUS = 12
"""Bits of 64 in which candidates may differ: a picture cut by a tenth differs in about ten, two at random in 32."""
PARTS = (0.95, 0.9)
"""Of the sides: the middle parts that are hashed beside the whole, so that cut copies are candidates."""
LEAST = 0.5
"""Of the plain correlation: what is less alike is not laid on in other ways."""
CUT = (31, 30, 29, 28)
"""Sides, of 32, that a cut copy is scaled to and laid on the other: up to an eighth of either may be missing."""


class PixelLikeness(Likeness):
    """Pictures that are the same but for encoding, size, brightness, noise, or a narrow border cut away."""

    threshold: float = 0.95
    most: ClassVar[int] = 20_000
    how: Words = Words(
        "perceptual hash: 64 lowest frequencies of a 32 × 32 grey copy, of the whole and of its middle 95 and 90 %; "
        "candidates differ in at most 12 bits; confirmed by a correlation of at least 0.95 of the grey copies, laid "
        "on one another as they best fit, up to an eighth of the sides cut away",
        "感知哈希：取 32 × 32 灰度缩略图的 64 个最低频率（整幅及中部 95 %、90 %）；候选对至多相差 12 位；"
        "再以灰度缩略图的相关系数 ≥ 0.95 确认，允许裁去至多八分之一边长后对齐",
    )

    def sketch(self, column: pa.Array, kind: DataType[Any]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        import numpy as np

        views = [_grey(value, kind) for value in column.to_pylist()]
        read = np.array([view is not None for view in views], dtype=bool)
        none = [np.zeros((SIDE, SIDE), dtype=np.float32)] * (1 + len(PARTS))
        small = [none if view is None else _views(view) for view in views]
        stacked = np.asarray(small, dtype=np.float32).reshape(-1, SIDE, SIDE)
        return hashes(stacked).reshape(len(views), -1), read

    def candidates(self, sketches: NDArray[np.uint64]) -> Iterator[NDArray[np.int64]]:
        yield from close_pairs(sketches, RADIUS)

    def material(self, column: pa.Array, kind: DataType[Any]) -> NDArray[np.uint8]:
        import numpy as np

        return np.stack([_small(_grey(value, kind)) for value in column.to_pylist()])

    def similarity(self, material: NDArray[np.uint8], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        import numpy as np

        one, other = (material[pairs[:, side]].astype(np.float32) for side in (0, 1))
        found = (even(one) * even(other)).sum(axis=1)
        found[~(one != one[:, :1, :1]).any(axis=(1, 2)) & ~(other != other[:, :1, :1]).any(axis=(1, 2))] = 1.0
        again = np.flatnonzero((found < self.threshold) & (found > LEAST))
        for whole, part in ((one[again], other[again]), (other[again], one[again])):
            found[again] = np.maximum(found[again], best_laid(whole, part))
        alike: NDArray[np.float64] = found.astype(np.float64)
        return alike

    def distances(self, sketches: NDArray[np.uint64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        return bits_apart(sketches[pairs[:, 0], 0], sketches[pairs[:, 1], 0]).astype("float64")


def _grey(stored: Any, kind: DataType[Any]) -> Any:
    """Return a stored picture in grey as Pillow's, or None where it cannot be read."""
    from PIL import Image as Pillow

    try:
        pixels = kind.load(stored)
    except (MalformedValue, TypeError):
        return None
    return Pillow.fromarray(pixels).convert("L") if pixels.size else None


def _views(grey: Any) -> list[NDArray[np.float32]]:
    """Return the whole and its middle parts, each 32 × 32."""
    from PIL import Image as Pillow

    width, height = grey.size
    boxes = [(width * (1 - part) / 2, height * (1 - part) / 2) for part in (1.0, *PARTS)]
    return [_numbers(grey.resize((SIDE, SIDE), Pillow.Resampling.BOX, (x, y, width - x, height - y))) for x, y in boxes]


def _small(grey: Any) -> NDArray[np.uint8]:
    import numpy as np

    return np.zeros((SIDE, SIDE), dtype=np.uint8) if grey is None else _views(grey)[0].astype(np.uint8)


def _numbers(grey: Any) -> NDArray[np.float32]:
    import numpy as np

    return np.asarray(grey, dtype=np.float32)


def best_laid(whole: NDArray[np.float32], part: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the greatest correlation of each part, scaled down, with any place of the whole, float32[n].

    Parameters
    ----------
    whole, part : float32[n, 32, 32]
        The part fills its picture, as a copy does whose border was cut away.
    """
    import numpy as np
    from scipy.fft import irfft2, rfft2

    best = np.full(len(whole), -1.0, dtype=np.float32)
    if not len(whole):
        return best
    waves = rfft2(whole)
    for side in CUT:
        scale = _scaling(side)
        scaled = np.zeros_like(whole)
        scaled[:, :side, :side] = even(np.asarray(scale @ part @ scale.T, dtype=np.float32)).reshape(-1, side, side)
        room = SIDE - side + 1  # the parts lie within the whole: nothing wraps round
        product = irfft2(waves * np.conj(rfft2(scaled)), s=(SIDE, SIDE))[:, :room, :room]
        length = _lengths(whole, side)
        fits = np.divide(product, length, out=np.zeros_like(product), where=length > 1e-2)
        best = np.maximum(best, fits.max(axis=(1, 2)))
    return best


def _lengths(whole: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return the length of each window less its mean, float32[n, room, room], from sums over rectangles."""
    import numpy as np

    def sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
        total: NDArray[np.float64] = np.pad(values.cumsum(axis=1).cumsum(axis=2), ((0, 0), (1, 0), (1, 0)))
        room = SIDE - side + 1
        near, far = slice(0, room), slice(side, side + room)
        found: NDArray[np.float64] = total[:, far, far] - total[:, near, far] - total[:, far, near]
        found += total[:, near, near]
        return found

    wide = whole.astype(np.float64)
    spread = sums(wide**2) - sums(wide) ** 2 / side**2
    length: NDArray[np.float32] = np.sqrt(np.maximum(spread, 0.0)).astype(np.float32)
    return length


@cache
def _scaling(side: int) -> NDArray[np.float32]:
    """Return the matrix that scales 32 pixels down to ``side``, each the mean of what it covers, float32[side, 32]."""
    import numpy as np

    edges = np.arange(side + 1) * SIDE / side
    pixels = np.arange(SIDE)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    found: NDArray[np.float32] = (np.clip(covered, 0.0, None) * side / SIDE).astype(np.float32)
    return found
