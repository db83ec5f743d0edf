"""Two recognisers on the same speech, compared by segments in which either errs: the test of NIST's sc_stats.

Utterances are cut where both recognisers have some words right in a row: errors on either side of such a stretch are
taken to be independent, so that an utterance may hold several segments. Speech that both have right tells nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CORRECT_BETWEEN = 2
"""Words that both have right between two segments: what sc_stats takes unless told."""
FEW_SEGMENTS = 50
"""With fewer segments it is said that the normal distribution of their mean is not to be relied on."""


class Mapsswe(NamedTuple):
    """What the test found; the second recogniser's errors are subtracted from the first's."""

    segments: int
    mean: float
    """Of the difference in errors in a segment; NaN without segments."""
    deviation: float
    """Standard deviation of it, with segments − 1; NaN with fewer than two."""
    statistic: float
    """Mean over its standard error; zero where all differences are alike and none, infinite where they are alike."""
    p_value: float
    """Two-sided, by the normal distribution; one where nothing was seen."""


def segment_errors(
    errors: tuple[NDArray[np.int64], NDArray[np.int64]],
    inserted: tuple[NDArray[np.int64], NDArray[np.int64]],
    correct_between: int = CORRECT_BETWEEN,
) -> NDArray[np.int64]:
    """Return the errors of two recognisers in each segment of an utterance, int64[segments, 2].

    Parameters
    ----------
    errors : two of int64[words]
        Of each recogniser, 1 for each reference word that it has wrong (substituted or deleted), else 0.
    inserted : two of int64[words + 1]
        Of each recogniser, how many words it inserted before each reference word, and after the last.
    correct_between : int
        How many words both must have right, with nothing inserted among them, to end a segment.

    Notes
    -----
    L. Gillick, S. J. Cox, Some statistical issues in the comparison of speech recognition algorithms, ICASSP 1989,
    532–535; the cutting is that of SCTK's sc_stats. Unlike there, words that only the second recogniser inserts after
    the last reference word are counted as well.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.array([1, 0, 0, 1, 0, 1]), np.array([0, 0, 0, 1, 0, 0])
    >>> nothing = np.zeros(7, dtype=int)
    >>> segment_errors((first, second), (nothing, nothing)).tolist()  # one word right does not part two errors
    [[1, 0], [2, 1]]
    """
    import numpy as np

    words = len(errors[0])
    # Places in order: what is inserted before a word, the word, …, what is inserted at the end.
    places = np.zeros((2 * words + 1, 2), dtype=np.int64)
    for column in (0, 1):
        places[0::2, column], places[1::2, column] = inserted[column], errors[column]
    wrong = np.flatnonzero(places.any(axis=1))
    if not len(wrong):
        return np.zeros((0, 2), dtype=np.int64)
    # Words that lie wholly between two places that are wrong; both have all of them right.
    between = wrong[1:] // 2 - (wrong[:-1] + 1) // 2
    starts = np.concatenate([[0], np.flatnonzero(between >= correct_between) + 1])
    return np.add.reduceat(places[wrong], starts, axis=0)


def mapsswe(segments: NDArray[np.int64]) -> Mapsswe:
    """Return the matched-pairs test over segments.

    Parameters
    ----------
    segments : int64[segments, 2]
        Errors of either recogniser; those of all utterances one below the other. Rows of zeros count as segments too:
        whole utterances may be given in place of segments.

    Examples
    --------
    >>> import numpy as np
    >>> found = mapsswe(np.array([[1, 0], [2, 1], [0, 1], [3, 1], [1, 0], [2, 0]]))
    >>> found.segments, round(found.statistic, 3), round(found.p_value, 3)
    (6, 2.236, 0.025)
    """
    import numpy as np
    from scipy.special import ndtr

    apart = (segments[:, 0] - segments[:, 1]).astype(np.float64)
    count = len(apart)
    mean = float(apart.mean()) if count else math.nan
    if count < 2:
        return Mapsswe(count, mean, math.nan, 0.0, 1.0)
    deviation = float(apart.std(ddof=1))
    if deviation > 0.0:
        statistic = mean / (deviation / math.sqrt(count))
        return Mapsswe(count, mean, deviation, statistic, float(2.0 * ndtr(-abs(statistic))))
    # All alike: as for signs that all point one way, by chance 2^(1 − segments).
    statistic = math.copysign(math.inf, mean) if mean else 0.0
    return Mapsswe(count, mean, 0.0, statistic, 2.0 ** (1 - count) if mean else 1.0)


def mapsswe_bounds(segments: NDArray[np.int64], words: int, confidence: float) -> Bounds | None:
    """Return bounds of by how much the first recogniser's word error rate is greater than the second's.

    Parameters
    ----------
    segments : int64[segments, 2]
        Errors of either recogniser.
    words : int
        Reference words of all utterances, also of those that both have right.
    confidence : float
        Of each bound by itself.

    Returns
    -------
    Bounds or None
        None without words or with fewer than two segments. They decide nothing: segments of one speaker are taken to
        be independent, which they are not; `paired_jackknife_t` over speakers decides.
        Never a point: segments that are all alike are taken for signs, of which an unseen kind may differ by one error.
    """
    from scipy.special import stdtrit

    found = mapsswe(segments)
    if words <= 0 or found.segments < 2:
        return None
    each = found.deviation / math.sqrt(found.segments)
    reach = float(stdtrit(found.segments - 1, confidence)) * each
    if reach == 0.0:
        reach = (1.0 - (1.0 - confidence) ** (1.0 / found.segments)) * max(1.0, abs(found.mean))
    scale = found.segments / words
    flags = [
        Words(
            "by segments that are taken to be independent of each other, also those of one speaker",
            "按片段计算，并把同一说话人的片段也视为相互独立",
        )
    ]
    if found.segments < FEW_SEGMENTS:
        flags.append(
            Words(
                f"only {found.segments} segments in which either errs: below {FEW_SEGMENTS} the bounds are less sure",
                f"任一方出错的片段仅 {found.segments} 个：少于 {FEW_SEGMENTS} 时界限较不可靠",
            )
        )
    lower, upper = ((found.mean + side * reach) * scale for side in (-1.0, 1.0))
    return Bounds(lower, upper, "mapsswe/1", flags=tuple(flags), decisive=False)
