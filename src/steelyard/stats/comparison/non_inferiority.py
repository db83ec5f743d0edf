"""Better, equal, not worse, worse, or we do not know: what two bounds of a difference show, given a margin.

Each answer is a statement about one-sided bounds (two one-sided tests). D. J. Schuirmann, Journal of Pharmacokinetics
and Biopharmaceutics 15 (1987) 657–680; ICH E9 (1998), section 3.3.2. The margin is how much worse is no worse for the
buyer: it should be stated before anything is measured, and no plan of ours holds it yet; without one nothing is ever
shown to be equal.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import NamedTuple

from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import Bounds


class Outcome(Enum):
    """What is shown of the first product against the second."""

    BETTER = "better"
    """Even the lower bound of its advantage is above zero."""
    EQUAL = "equal"
    """Both bounds are within the margin, on either side."""
    NOT_WORSE = "not worse"
    """Not worse by the margin; whether better or equal is open."""
    WORSE = "worse"
    """Even the upper bound of its advantage is below zero."""
    UNKNOWN = "we do not know"

    @property
    def words(self) -> Words:
        """The outcome in both languages."""
        return Words(self.value, _CHINESE[self])


_CHINESE = {
    Outcome.BETTER: "更好",
    Outcome.EQUAL: "相当",
    Outcome.NOT_WORSE: "不劣于",
    Outcome.WORSE: "更差",
    Outcome.UNKNOWN: "尚不清楚",
}


class Comparison(NamedTuple):
    """What is shown, and why."""

    outcome: Outcome
    because: Words


def compare(advantage: Bounds | None, margin: float = 0.0) -> Comparison:
    """Return what bounds of the first product's advantage over the second show.

    Parameters
    ----------
    advantage : Bounds or None
        Of how much better the first is, zero where neither is: of an error rate the second's less the first's (turn
        bounds of the first's less the second's with :func:`turned`); of a ratio, of its logarithm (:func:`logarithm`).
    margin : float
        How much worse still counts as equal, on the same scale; at least zero.

    Returns
    -------
    Comparison
        *Equal* goes before *better* and *worse*: a difference within the margin, though shown, is none that matters,
        and the sentence says which way it lies. Bounds that may not decide show nothing.

    Notes
    -----
    Each bound fails with a probability of at most 1 − confidence (α), so no true statement about the product is
    contradicted more often than that in its direction: of products that are the same, either is called better with a
    chance of at most α; one that is worse by the margin is called equal or not worse with a chance of at most α. No
    correction is needed for asking all of it at once: the statements are nested.

    Examples
    --------
    >>> compare(Bounds(0.002, 0.031, "made up")).outcome
    <Outcome.BETTER: 'better'>
    >>> compare(Bounds(-0.004, 0.031, "made up"), margin=0.01).outcome
    <Outcome.NOT_WORSE: 'not worse'>
    >>> compare(Bounds(-0.004, 0.007, "made up"), margin=0.01).because.en
    'both bounds are within the margin of 0.01'
    """
    if not (margin >= 0.0 and math.isfinite(margin)):
        raise ValueError(f"a margin is zero or more, not {margin}")
    if advantage is None or math.isnan(advantage.lower) or math.isnan(advantage.upper):
        return Comparison(Outcome.UNKNOWN, Words("no bounds can be given", "无法给出界限"))
    if not advantage.decisive:
        return Comparison(Outcome.UNKNOWN, Words("these bounds may not decide", "这些界限不能作出判定"))
    lower, upper = advantage.lower, advantage.upper
    if -margin < lower and upper < margin:
        return Comparison(Outcome.EQUAL, _within(lower, upper, margin))
    if lower > 0.0:
        return Comparison(
            Outcome.BETTER,
            Words(f"even the lower bound, {lower:.3g}, is above zero", f"下限 {lower:.3g} 仍大于零"),
        )
    if upper < 0.0:
        return Comparison(
            Outcome.WORSE,
            Words(f"even the upper bound, {upper:.3g}, is below zero", f"上限 {upper:.3g} 仍小于零"),
        )
    if lower > -margin:
        return Comparison(
            Outcome.NOT_WORSE,
            Words(
                f"the lower bound, {lower:.3g}, is within the margin of {margin:g}; the upper one, {upper:.3g}, is not",
                f"下限 {lower:.3g} 在界值 {margin:g} 之内，上限 {upper:.3g} 不在",
            ),
        )
    if margin == 0.0:
        return Comparison(Outcome.UNKNOWN, Words("zero lies between the bounds", "零位于两界限之间"))
    return Comparison(
        Outcome.UNKNOWN,
        Words(
            f"the lower bound, {lower:.3g}, is beyond the margin of {margin:g}, and zero lies between the bounds",
            f"下限 {lower:.3g} 超出界值 {margin:g}，且零位于两界限之间",
        ),
    )


def turned(bounds: Bounds | None) -> Bounds | None:
    """Return bounds of the second less the first from those of the first less the second.

    >>> turned(Bounds(-0.02, 0.01, "made up"))[:2]
    (-0.01, 0.02)
    """
    return None if bounds is None else bounds._replace(lower=-bounds.upper, upper=-bounds.lower)


def logarithm(bounds: Bounds | None) -> Bounds | None:
    """Return bounds of the logarithm of a ratio, so that none is better at zero; a margin of ln 1.1 is a tenth.

    >>> logarithm(Bounds(0.5, 2.0, "made up"))[:2]
    (-0.6931471805599453, 0.6931471805599453)
    """
    if bounds is None:
        return None
    lower, upper = (math.log(each) if each > 0.0 else -math.inf for each in (bounds.lower, bounds.upper))
    return bounds._replace(lower=lower, upper=upper)


def _within(lower: float, upper: float, margin: float) -> Words:
    en, zh = f"both bounds are within the margin of {margin:g}", f"两界限均在界值 {margin:g} 之内"
    if lower > 0.0:
        return Words(f"{en}, though the first is better by a little", f"{zh}，前者略好")
    if upper < 0.0:
        return Words(f"{en}, though the first is worse by a little", f"{zh}，前者略差")
    return Words(en, zh)
