"""Sequential plans: a rate is tested cluster after cluster, and the test may stop at any of them.

A gambler starts with one unit of money and bets, before each cluster is seen, that the rate is above (or below) the
limit. Where it is not, no way of betting makes money on average, so that capital ever reaches 1/(1 − confidence) with
a probability of at most 1 − confidence (J. Ville, Étude critique de la notion de collectif, 1939): at whichever cluster
one looks, and however often. I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting,
Journal of the Royal Statistical Society B 86 (2024) 1–27.

*What a cluster contributes.* With e events among n opportunities, e − limit·n has a mean of at most zero exactly when
the ratio of means E(e)/E(n), which the pooled rate estimates, is at most the limit, whatever the sizes of clusters and
however their rates hang on their sizes. Bets need a worst case: the plan declares ``most``, the greatest number of
opportunities of a cluster, and ``ceiling``, the greatest rate of events that any cluster can have. Independent yes/no
rows are clusters of one opportunity; a mean of values in [0, 1] is the same with values as events.

*How much is bet.* Capital is spread over ``BETS`` bets, each of them right for one alternative; the alternatives lie
evenly on the logarithmic scale between the limit and one (the paper's diversified, or grid, Kelly bets). Capital then
hangs on the clusters and not on their order, it falls as the limit that is bet against rises, so that bounds are the
limits at which it is exactly large enough, and rows that repeat need only be counted. Of the paper's other bets the
predictable plug-in and the approximate Kelly bets need more samples (docs/statistics.md).

*Assumed*: clusters are drawn independently, or come in a random order (which the plan's seed locks); nothing of a
cluster decides how much is bet on it. Where a cluster exceeds what the plan declared, the evidence is bad and an error
is raised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from steelyard.core.errors import EvidenceError
from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BETS = 32
"""More of them save nothing that can be measured."""
CELLS = 2**18
"""Factors that are held at a time: 2 MiB, whatever the number of clusters."""
ROUNDING = 1e-9
"""Relative: a cluster may exceed the ceiling by so much."""


class Settled(Enum):
    """On which side of the limit the rate is shown to be."""

    BELOW = "below"
    ABOVE = "above"

    @property
    def words(self) -> Words:
        """The side in both languages."""
        return {
            Settled.BELOW: Words("shown to be below the limit", "已证明低于限值"),
            Settled.ABOVE: Words("shown to be above the limit", "已证明高于限值"),
        }[self]


@dataclass(frozen=True, eq=False)
class SequentialTest:
    """A test of a rate against a limit that may stop at every cluster; fed, it returns the next one.

    Whether below or above means that the product conforms is for the requirement to say. The chance that a rate at the
    limit is ever shown to be below is at most 1 − confidence; so is that of ever showing it above.

    Attributes
    ----------
    limit : float
        Of events over opportunities, in (0, ceiling).
    most : float
        The most opportunities that a cluster can have, as the plan declares.
    confidence : float
        Of either side by itself.
    ceiling : float
        The greatest rate that a cluster can have, as the plan declares: above one where events can outnumber
        opportunities (insertions), below one where that is known.
    clusters : int
        How many were used. Those that come after the test has settled are not.
    settled : Settled or None
        None while the test goes on.

    Examples
    --------
    >>> test = SequentialTest(limit=0.05, most=1, confidence=0.95)
    >>> test = test.fed([0] * 100, [1] * 100)  # a hundred rows without an event
    >>> test.settled, test.clusters
    (<Settled.BELOW: 'below'>, 89)
    >>> SequentialTest(0.05, 1, 0.95).fed([1, 1, 0, 1], [1, 1, 1, 1]).settled
    <Settled.ABOVE: 'above'>
    """

    limit: float
    most: float
    confidence: float
    ceiling: float = 1.0
    clusters: int = 0
    settled: Settled | None = None
    above: NDArray[np.float64] | None = field(default=None, repr=False)
    """float64[BETS]: logarithm of each bet's capital."""
    below: NDArray[np.float64] | None = field(default=None, repr=False)

    def fed(
        self, events: NDArray[np.float64] | list[float], opportunities: NDArray[np.float64] | list[float]
    ) -> SequentialTest:
        """Return the test after more clusters, in their order; memory does not grow with their number.

        Parameters
        ----------
        events, opportunities : float64[n]
            Of each cluster.

        Raises
        ------
        EvidenceError
            Where a cluster exceeds what the plan declared.
        """
        import numpy as np

        share = self.limit / self.ceiling
        if not 0.0 < share < 1.0:
            raise ValueError(f"a limit of {self.limit} is not between zero and the ceiling of {self.ceiling}")
        bad, size = scaled(events, opportunities, self.most, self.ceiling)
        above = np.zeros(BETS) if self.above is None else self.above
        below = np.zeros(BETS) if self.below is None else self.below
        enough = -math.log1p(-self.confidence)
        used, settled = self.clusters, self.settled
        step = CELLS // BETS
        for start in range(0, len(size), step):
            if settled is not None:
                break
            part = slice(start, start + step)
            up = above + np.cumsum(log_factors(bad[part], size[part], share), axis=0)
            down = below + np.cumsum(log_factors(size[part] - bad[part], size[part], 1.0 - share), axis=0)
            capital = np.stack([log_capital(down), log_capital(up)])
            reached = np.flatnonzero((capital >= enough).any(axis=0))
            last = int(reached[0]) if len(reached) else len(up) - 1
            if len(reached):
                # Not both: log(1 + x) ≤ x, so bets on more have not gained where events are fewer than at the limit.
                settled = Settled.BELOW if capital[0, last] >= enough else Settled.ABOVE
            above, below, used = up[last], down[last], used + last + 1
        return replace(self, clusters=used, settled=settled, above=above, below=below)


def capital_paths(
    events: NDArray[np.float64], opportunities: NDArray[np.float64], limit: float, most: float, ceiling: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the logarithm of capital after each cluster, float64[n], of bets on a lower and of bets on a higher rate.

    Each by itself never exceeds −log α with a probability of more than α where its bet is wrong, so that the side which
    a requirement hopes for may be looked at with one α and the other with another one.

    Parameters
    ----------
    events, opportunities : float64[n]
        Of each cluster, in the order in which they were drawn.
    limit, most, ceiling : float
        As for :class:`SequentialTest`.

    Raises
    ------
    EvidenceError
        Where a cluster exceeds what the plan declared.

    Examples
    --------
    >>> import numpy as np
    >>> below, above = capital_paths(np.zeros(100), np.ones(100), limit=0.05, most=1)
    >>> int(np.argmax(below >= -np.log(0.05))) + 1, bool((above >= -np.log(0.05)).any())
    (89, False)
    """
    import numpy as np

    share = limit / ceiling
    bad, size = scaled(events, opportunities, most, ceiling)
    paths = np.zeros((2, len(size)))
    held = np.zeros((2, BETS))
    for start in range(0, len(size), CELLS // BETS):
        part = slice(start, start + CELLS // BETS)
        factors = (
            log_factors(size[part] - bad[part], size[part], 1.0 - share),
            log_factors(bad[part], size[part], share),
        )
        for side, each in enumerate(factors):
            grown = held[side] + np.cumsum(each, axis=0)
            paths[side, part] = log_capital(grown)
            held[side] = grown[-1]
    return paths[0], paths[1]


def betting_bounds(
    events: NDArray[np.float64] | list[float],
    opportunities: NDArray[np.float64] | list[float],
    most: float,
    confidence: float,
    ceiling: float = 1.0,
) -> Bounds | None:
    """Return the lower and the upper one-sided bound of a pooled rate that hold at all numbers of clusters at once.

    The bounds of the first clusters, of two, three …, are the confidence sequence. A :class:`SequentialTest` has
    settled at a cluster exactly where the bounds at that cluster exclude its limit.

    Parameters
    ----------
    events, opportunities : float64[n]
        Of each cluster seen so far; the order does not matter.
    most, ceiling : float
        As the plan declares; see :class:`SequentialTest`.
    confidence : float
        Of either bound by itself, over all numbers of clusters.

    Returns
    -------
    Bounds or None
        None without an opportunity. They enclose the pooled rate and are never a point.

    Raises
    ------
    EvidenceError
        Where a cluster exceeds what the plan declared.

    Examples
    --------
    >>> found = betting_bounds([0, 1, 0, 2, 0] * 40, [10] * 200, most=10, confidence=0.95)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.0442, 0.084)
    """
    import numpy as np

    bad, size = scaled(events, opportunities, most, ceiling)
    if not size.sum() > 0.0:
        return None
    # As complex numbers pairs are sorted at once, which is ten times as fast as row by row.
    pairs, counts = np.unique(bad + 1j * size, return_counts=True)
    bad, size = pairs.real, pairs.imag
    enough = -math.log1p(-confidence)
    lower = ceiling * _refuted_up_to(bad, size, counts, enough)
    upper = ceiling * (1.0 - _refuted_up_to(size - bad, size, counts, enough))
    return Bounds(lower, upper, "betting-ratio/1")


def scaled(
    events: NDArray[np.float64] | list[float],
    opportunities: NDArray[np.float64] | list[float],
    most: float,
    ceiling: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return events and opportunities as shares of the most that a cluster can have, 0 ≤ events ≤ opportunities ≤ 1.

    Raises
    ------
    EvidenceError
        Where a cluster exceeds what was declared, or counts are not numbers.
    """
    import numpy as np

    if not (most > 0.0 and ceiling > 0.0):
        raise ValueError(
            f"a cluster has at most {most} opportunities and a rate of at most {ceiling}: both are above zero"
        )
    size = np.asarray(opportunities, dtype=np.float64) / most
    bad = np.asarray(events, dtype=np.float64) / (most * ceiling)
    fits = (bad >= 0.0) & (size >= 0.0) & (size <= 1.0 + ROUNDING) & (bad <= size * (1.0 + ROUNDING))
    if not fits.all():
        first = int(np.flatnonzero(~np.atleast_1d(fits))[0])
        many, of = (float(np.atleast_1d(each).ravel()[first]) for each in (events, opportunities))
        raise EvidenceError(
            Words(
                f"cluster {first + 1}: {many:g} events among {of:g} opportunities, where the plan declares at most "
                f"{most:g} opportunities and a rate of at most {ceiling:g}",
                f"第 {first + 1} 群：{of:g} 次机会中有 {many:g} 次事件，而方案声明每群至多 {most:g} 次机会、"
                f"比率至多 {ceiling:g}",
            ),
            Words(
                "The declared bounds do not hold: make a new plan with larger ones.",
                "所声明的上限不成立：请以更大的上限另立方案。",
            ),
        )
    return np.minimum(bad, size), size


def log_factors(events: NDArray[np.float64], opportunities: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return by how much each cluster multiplies the capital of each bet that the rate is above ``share``.

    Parameters
    ----------
    events, opportunities : float64[...]
        Scaled: 0 ≤ events ≤ opportunities ≤ 1.
    share : float
        In (0, 1).

    Returns
    -------
    float64[..., BETS]
        Natural logarithms; −∞ where a bet has lost all. Their means, not logarithmic, are 1 where the ratio of means
        is ``share``, and less where it is lower.

    Notes
    -----
    A bet of a fraction κ of what can be lost multiplies capital by 1 + κ·(e − share·n)/share. Against the alternative
    q = share^u the best one for yes/no rows is κ = (q − share)/(1 − share) (J. L. Kelly, Bell System Technical Journal
    35 (1956) 917–926): capital is then the likelihood ratio of q to ``share``.
    """
    import numpy as np

    fraction = _fractions(share)
    factors = events[..., None] * (fraction / share)
    factors -= opportunities[..., None] * fraction
    with np.errstate(divide="ignore"):
        return np.log1p(np.maximum(factors, -1.0, out=factors), out=factors)


def log_capital(bets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the mean capital of all bets, float64[...], from that of each, float64[..., BETS]."""
    import numpy as np

    most = bets.max(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.exp(bets - np.where(np.isfinite(most), most, 0.0)[..., None]).mean(axis=-1)
        return np.where(np.isfinite(most), most, -np.inf) + np.log(np.where(mean > 0.0, mean, 1.0))


def _fractions(share: float) -> NDArray[np.float64]:
    """Return the fraction that each bet stakes, float64[BETS], falling from nearly one."""
    import numpy as np

    evenly = (np.arange(BETS) + 0.5) / BETS
    # (share^u − share)/(1 − share), written so that nothing cancels near one.
    return np.expm1((evenly - 1.0) * math.log(share)) * share / (1.0 - share)


def _refuted_up_to(
    events: NDArray[np.float64], opportunities: NDArray[np.float64], counts: NDArray[np.int64], enough: float
) -> float:
    """Return the greatest share that the capital of bets on more refutes; zero where there is none."""
    import numpy as np

    def refuted(share: float) -> bool:
        capital = np.zeros(BETS)
        step = CELLS // BETS
        for start in range(0, len(counts), step):
            part = slice(start, start + step)
            factors = log_factors(events[part], opportunities[part], share)
            factors *= counts[part, None]
            capital += factors.sum(axis=0)
        return bool(log_capital(capital) >= enough)

    low, high = 0.0, 1.0
    while high - low > 1e-12 * high:
        middle = (low + high) / 2.0
        if middle < 1e-15:
            break
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low
