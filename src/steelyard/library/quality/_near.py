"""Inputs that are nearly the same: candidates among sketches, each confirmed on the values themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.library.quality._likeness import Likeness, likeness_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from steelyard.library.quality._examination import Examination

TOGETHER = 2**18
"""Candidates that are confirmed at a time; also how many distinct values may be in memory for it, at most twice."""
TOGETHER_LARGE = 4096
"""Of values that are unpacked to be compared."""

FEWEST = 100
"""Distinct inputs, below which pairs at random say little."""
DRAWN, RARE = 4000, 0.001
"""Pairs drawn at random, and the share of them that may reach the threshold."""


@dataclass(frozen=True, eq=False)
class Near:
    """Pairs of distinct inputs that are nearly the same, by their first rows."""

    pairs: NDArray[np.int64]
    """int64[m, 2]: rows, the lesser first; both are first rows of their contents."""
    similarity: NDArray[np.float64]
    """float64[m]."""
    likeness: Likeness
    unread: int
    """Distinct inputs that could not be read."""
    candidates: int
    unconfirmed: int
    """Candidates that were not looked at, since there were too many."""
    neighbours: Neighbours | None
    threshold: float
    """From which pairs count."""
    usual: float
    """Share of pairs drawn at random that reach the likeness's own threshold."""


@dataclass(frozen=True)
class Neighbours:
    """Whether inputs that follow one another in the table are more alike than any two."""

    share: float
    """How often a following pair is closer than a pair at random, ties counted half: 0.5 where order says nothing."""
    pairs: int
    standard_error: float
    """Of the share, were there nothing in it."""


def find_near(examination: Examination) -> Near | None:
    """Return which distinct inputs are nearly the same; None where nobody has said how to compare their type."""
    import numpy as np

    kind = examination.kind
    likeness = None if kind is None else likeness_of(kind)
    if likeness is None or kind is None:
        return None
    likeness.prepare(examination.inputs(), kind)
    first = examination.contents
    made, read = [], []
    for _, column in examination.inputs():
        sketch, could = likeness.sketch(column, kind)
        made.append(sketch)
        read.append(could)
    distinct = np.flatnonzero((first == np.arange(len(first))) & np.concatenate(read))
    sketches = np.concatenate(made)[distinct]
    del made
    unread = int((first == np.arange(len(first))).sum()) - len(distinct)
    neighbours = _neighbours(likeness, sketches, examination.seed)
    threshold, usual = _raised(examination, likeness, distinct)
    found, alike, seen, left_out = _confirmed(examination, likeness, sketches, distinct, threshold)
    return Near(found, alike, likeness, unread, seen, left_out, neighbours, threshold, usual)


def _raised(examination: Examination, likeness: Likeness, distinct: NDArray[np.int64]) -> tuple[float, float]:
    """Return the threshold, raised where inputs at random reach it, too, and the share of those that do.

    Frames of one machine and texts from one template are all alike; only what is more alike than 999 of 1,000 pairs
    drawn at random is then worth a look.
    """
    import numpy as np

    if len(distinct) < FEWEST:
        return likeness.threshold, 0.0
    generator = np.random.Generator(np.random.Philox(examination.seed))
    first = generator.integers(0, len(distinct), DRAWN)
    second = (first + generator.integers(1, len(distinct), DRAWN)) % len(distinct)
    similarity = _similarity(examination, likeness, distinct[np.stack((first, second), axis=1)])
    usual = float((similarity >= likeness.threshold).mean())
    if usual <= RARE:
        return likeness.threshold, usual
    return float(np.nextafter(np.quantile(similarity, 1.0 - RARE), 2.0)), usual


def _confirmed(
    examination: Examination,
    likeness: Likeness,
    sketches: NDArray[np.generic],
    distinct: NDArray[np.int64],
    threshold: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64], int, int]:
    """Return confirmed pairs by their rows, how alike they are, and how many candidates were and were not looked at."""
    import numpy as np

    pairs: list[NDArray[np.int64]] = [np.empty((0, 2), dtype=np.int64)]
    alike: list[NDArray[np.float64]] = [np.empty(0)]
    seen, left_out, known = 0, 0, np.empty(0, dtype=np.int64)
    for block in _blocks(likeness.candidates(sketches)):
        fresh = np.setdiff1d(_keys(block, len(distinct)), known, assume_unique=False)
        room = likeness.most - seen
        if len(fresh) > room:
            some = np.stack(np.divmod(fresh, len(distinct)), axis=1)
            apart = likeness.distances(sketches, some)
            closest = np.arange(len(fresh)) if apart is None else np.argsort(apart, kind="stable")
            left_out += len(fresh) - max(room, 0)
            fresh = np.sort(fresh[closest[: max(room, 0)]])
        if not len(fresh):
            continue
        seen += len(fresh)
        candidates = np.stack(np.divmod(fresh, len(distinct)), axis=1)
        similarity = _similarity(examination, likeness, distinct[candidates])
        enough = similarity >= threshold
        known = np.union1d(known, fresh[enough])  # a pair that failed may come again, and fails again
        pairs.append(distinct[candidates[enough]])
        alike.append(similarity[enough])
    together = np.concatenate(pairs)
    order = np.lexsort((together[:, 1], together[:, 0]))
    return together[order], np.concatenate(alike)[order], seen, left_out


def _blocks(blocks: Iterator[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
    """Yield blocks joined to larger ones: the values are read once for each."""
    import numpy as np

    held: list[NDArray[np.int64]] = []
    for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= 2**22:
            yield np.concatenate(held)
            held = []
    if held:
        yield np.concatenate(held)


def _keys(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return one number for each distinct pair, sorted."""
    import numpy as np

    return np.unique(pairs.min(axis=1) * count + pairs.max(axis=1))


def _similarity(examination: Examination, likeness: Likeness, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how alike the inputs of rows are, some pairs at a time."""
    import numpy as np

    kind = examination.kind
    assert kind is not None
    step = TOGETHER if likeness.most > 10**6 else TOGETHER_LARGE
    found = []
    for start in range(0, len(pairs), step):
        rows, place = np.unique(pairs[start : start + step], return_inverse=True)
        material = likeness.material(examination.take("input", rows), kind)
        found.append(likeness.similarity(material, place.reshape(-1, 2)))
    return np.concatenate(found)


def _neighbours(likeness: Likeness, sketches: NDArray[np.generic], seed: int) -> Neighbours | None:
    """Return whether inputs that follow one another are closer than two at random; a thousand of each are drawn."""
    import numpy as np

    count = len(sketches)
    if count < 50:
        return None
    generator = np.random.Generator(np.random.Philox(seed))
    drawn = min(1000, count - 1)
    start = np.sort(generator.permutation(count - 1)[:drawn])
    following = likeness.distances(sketches, np.stack((start, start + 1), axis=1))
    if following is None:
        return None
    first = generator.integers(0, count, drawn)
    second = (first + generator.integers(2, count - 1, drawn)) % count
    apart = likeness.distances(sketches, np.stack((first, second), axis=1))
    assert apart is not None
    apart = np.sort(apart)
    below = np.searchsorted(apart, following, "left")
    ties = np.searchsorted(apart, following, "right") - below
    share = 1.0 - float((below + 0.5 * ties).sum()) / drawn**2
    return Neighbours(share, drawn, ((2 * drawn + 1) / (12.0 * drawn * drawn)) ** 0.5)


def clusters(pairs: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return rows that hang together by pairs, the largest cluster first.

    Examples
    --------
    >>> import numpy as np
    >>> [each.tolist() for each in clusters(np.array([[0, 4], [4, 7], [2, 3]]))]
    [[0, 4, 7], [2, 3]]
    """
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, place = np.unique(pairs, return_inverse=True)
    place = place.reshape(-1, 2)
    graph = coo_array((np.ones(len(place), dtype=bool), (place[:, 0], place[:, 1])), shape=(len(rows), len(rows)))
    count, codes = connected_components(graph, directed=False)
    order = np.argsort(codes, kind="stable")
    made = np.split(rows[order], np.cumsum(np.bincount(codes, minlength=count))[:-1]) if count else []
    return sorted(made, key=lambda cluster: (-len(cluster), int(cluster[0])))
