"""Which marks of a detector hit which lesions: by distance, the best mark for each lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Matched(NamedTuple):
    """What each mark is."""

    hit: NDArray[np.bool_]
    """bool[m]: the best mark on a lesion, or on several."""
    false: NDArray[np.bool_]
    """bool[m]: on nothing. Marks that are neither are further marks on a lesion, or on findings that do not count."""
    best: NDArray[np.int64]
    """int64[l]: the best mark on each lesion; −1 where it is missed."""


def match_marks(
    places: NDArray[np.float64],
    scores: NDArray[np.float64],
    lesions: NDArray[np.float64],
    radii: NDArray[np.float64],
    excluded: NDArray[np.float64],
    excluded_radii: NDArray[np.float64],
) -> Matched:
    """Match the marks on one scan with its lesions.

    Parameters
    ----------
    places : float64[m, 3]
        Of the marks, in the unit of the radii (mm).
    scores : float64[m]
        How sure the product is of each.
    lesions, radii : float64[l, 3], float64[l]
        A mark nearer to a lesion's centre than its radius hits it.
    excluded, excluded_radii : float64[e, 3], float64[e]
        Findings on which a mark counts for nothing.

    Notes
    -----
    The hit rule of LUNA16: A. A. A. Setio et al., Medical Image Analysis 42 (2017) 1–13, section 4. Of several marks on
    a lesion the surest counts, of equally sure ones the first; the others count for nothing.

    Examples
    --------
    >>> import numpy as np
    >>> places = np.array([[0.0, 0, 0], [1.0, 0, 0], [9.0, 0, 0], [5.0, 0, 0]])
    >>> scores, lesion, finding = np.array([0.5, 0.9, 0.8, 0.7]), np.zeros((1, 3)), np.array([[9.0, 0, 0]])
    >>> found = match_marks(places, scores, lesion, np.array([3.0]), finding, np.ones(1))
    >>> found.hit, found.false, found.best
    (array([False,  True, False, False]), array([False, False, False,  True]), array([1]))
    """
    import numpy as np

    def inside(centres: NDArray[np.float64], reach: NDArray[np.float64]) -> NDArray[np.bool_]:
        apart = ((places[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        return apart < reach**2  # type: ignore[no-any-return]

    on = inside(lesions, radii)
    count = len(places)
    best = np.full(len(lesions), -1, dtype=np.int64)
    if count:
        found = np.where(on, scores[:, None], -np.inf).argmax(axis=0)
        best = np.where(on.any(axis=0), found, -1)
    hit = np.zeros(count, dtype=np.bool_)
    hit[best[best >= 0]] = True
    somewhere = np.concatenate([on, inside(excluded, excluded_radii)], axis=1)
    false: NDArray[np.bool_] = ~np.any(somewhere, axis=1)
    return Matched(hit, false, best)
