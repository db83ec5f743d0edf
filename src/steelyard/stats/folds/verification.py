"""Verification, one to one: errors at a false match rate, and the equal error rate, by resampling people.

Rows are comparisons with a score (higher is more alike) and whether they are genuine. Their units are the people
compared: probe and gallery. A comparison's weight is the product over its distinct people: a resample that draws a
person twice holds his genuine comparison twice, and six times his impostor comparison with another who is drawn thrice;
copies of one person are never compared with each other as impostors.

A score that reaches the threshold is a match: equal scores fall together on one side, ISO/IEC 19795-1's convention. A
threshold is found on each resample anew, since the product's user would find it on data of such a kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from steelyard.core.sample import Rows
from steelyard.core.words import Words
from steelyard.stats.folds.thresholds import SPARE, Tail, running_sums, tail
from steelyard.stats.intervals.resampling import blocks, leave_one_out, row_weights, unit_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DENSE = 2048
"""Up to so many people, comparisons are counted in a square table."""
TOO_FEW_BEHIND, FEW_BEHIND = 20, 30
"""Effective people behind the false matches below which a threshold decides nothing, and below which it is flagged."""


@dataclass(frozen=True)
class TrueMatchRate:
    """The share of genuine comparisons that match, at a threshold with at most so many false matches.

    The threshold is as low as it may be with the share of impostor comparisons that match no more than
    ``false_match_rate``: just above an impostor's score, not interpolated. With ``complement`` the indicator is the
    false non-match rate.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> units = np.array([[0, 0], [1, 1], [0, 1], [1, 0]])
    >>> rows = Rows(np.array([[0.9, 1], [0.5, 1], [0.6, 0], [0.1, 0]]), np.arange(4), units)
    >>> TrueMatchRate("score", "genuine", 0.4)(rows, ("score", "genuine"), units=2).value(np.ones((1, 2)))
    array([0.5])
    """

    score: str
    genuine: str
    false_match_rate: float
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return one event for each genuine row and one opportunity for each row, both float64[m]."""
        return _counts(rows, columns.index(self.genuine))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> MatchedAt:
        """Sort the scores of genuine and of impostor comparisons."""
        scores, genuine = rows.values[:, columns.index(self.score)], rows.values[:, columns.index(self.genuine)] > 0
        return matched_at(scores, genuine, rows.units, units, self.false_match_rate)


@dataclass(frozen=True)
class EqualErrorRate:
    """Where the false match rate and the false non-match rate are the same.

    Between two thresholds neither rate need equal the other. ``interpolated``: where the straight line between the two
    points (false match rate, false non-match rate) meets equality. ``nearest``: the mean of both rates at the
    threshold where they differ least, the higher threshold of two that differ alike.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> rows = Rows(np.array([[1.0, 1], [0.5, 1], [0.5, 0], [0.1, 0]]), np.arange(4), np.arange(4)[:, None])
    >>> EqualErrorRate("score", "genuine")(rows, ("score", "genuine"), units=4).value(np.ones((1, 4)))
    array([0.25])
    """

    score: str
    genuine: str
    rule: Literal["interpolated", "nearest"] = "interpolated"
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return one event for each genuine row and one opportunity for each row, both float64[m]."""
        return _counts(rows, columns.index(self.genuine))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> EqualErrors:
        """Sort the scores of genuine and of impostor comparisons."""
        import numpy as np

        is_genuine = rows.values[:, columns.index(self.genuine)] > 0
        compared = _compared(rows.values[:, columns.index(self.score)], is_genuine, rows.units, units)
        own, other = compared.genuine.scores, compared.impostors.scores
        scores = np.unique(np.concatenate([own, other]))[::-1]
        impostors, genuine = (np.searchsorted(-each, -scores, "right") for each in (other, own))
        found = EqualErrors(compared, impostors, genuine, len(scores), self.rule)
        rate = float(found.value(np.ones((1, units)))[0])
        kept = 0 if np.isnan(rate) else int(np.searchsorted(impostors, SPARE * rate * len(other))) + 1
        return EqualErrors(compared, impostors, genuine, min(kept, len(scores)), self.rule)


@dataclass(frozen=True, eq=False)
class Compared:
    """Genuine and impostor comparisons, each in descending order of score."""

    units: int
    genuine: Tail
    impostors: Tail
    table: NDArray[np.float64] | None
    """float64[units, units]: how many impostor comparisons each pair of people has; None with many people."""
    complete: bool
    """Whether each person was compared with each other, and as often as any."""

    def impostor_total(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weight of all impostor comparisons, float64[B]."""
        import numpy as np

        if self.complete:  # (Σw)² − Σw²
            assert self.table is not None
            times = self.table[0, -1]
            total = weights.sum(axis=1) ** 2 - np.einsum("bu,bu->b", weights, weights)
            return times * total  # type: ignore[no-any-return]
        if self.table is not None:
            within = np.diagonal(self.table)  # of one person, two fingers say: his weight counts once
            across = np.einsum("bu,bu->b", weights @ (self.table - np.diag(within)), weights)
            return across + weights @ within  # type: ignore[no-any-return]
        total = np.empty(len(weights))
        for block in blocks(len(weights), len(self.impostors.units)):
            total[block] = row_weights(weights[block], self.impostors.units).sum(axis=1)
        return total

    def size(self) -> NDArray[np.float64]:
        """Return each person's share of the comparisons, float64[units]; genuine and impostor ones weigh the same."""
        import numpy as np

        return np.mean([self._share(self.genuine), self._share(self.impostors)], axis=0)  # type: ignore[no-any-return]

    def effective(self) -> float:
        """Return Kish's effective number of people in the genuine or the impostor comparisons, the lesser."""
        squares = [float((self._share(each) ** 2).sum()) for each in (self.genuine, self.impostors)]
        return min(1.0 / each if each > 0.0 else 0.0 for each in squares)

    def _share(self, compared: Tail) -> NDArray[np.float64]:
        import numpy as np

        sums = unit_sums(np.ones(len(compared.units)), compared.units, self.units)
        return sums / max(sums.sum(), 1.0)  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class MatchedAt:
    """Comparisons sorted once, to be valued at a false match rate under many weights."""

    compared: Compared
    above: NDArray[np.int64]
    """int64[s + 1]: how many genuine scores are above each distinct impostor score, descending; in the end, of all."""
    rate: float

    def behind(self) -> float:
        """Return Kish's effective number of people in the false matches that the threshold admits."""
        import numpy as np

        impostors, units = self.compared.impostors, self.compared.units
        limit = self.rate * len(impostors.scores)
        admitted = int(impostors.admitted(np.ones((1, units)), np.array([[limit]]), limit)[0, 0])
        if not admitted:
            return 0.0
        people = impostors.units[: impostors.ends[admitted - 1]]
        sums = unit_sums(np.ones(len(people)), people, units)
        return float(sums.sum() ** 2 / (sums**2).sum())

    def reservations(self) -> tuple[tuple[Words, ...], bool]:
        """Return what a reader should know of a threshold that rests on few people's false matches.

        Notes
        -----
        False matches stem from few people ("wolves" and "lambs": G. R. Doddington et al., Sheep, Goats, Lambs and
        Wolves, ICSLP 1998). Where one who makes many was not drawn, the threshold is too low, and no resample knows it:
        with 9 to 18 such people true match rates were falsely accepted in 8 to 12 % of simulated runs, with 30 and more
        in 3 to 6 % (``studies/ranks.py``).
        """
        people = self.behind()
        if people >= FEW_BEHIND:
            return (), True
        few = people < TOO_FEW_BEHIND
        return (
            Words(
                f"the threshold rests on false matches of {people:.1f} effective people: "
                + (f"fewer than {TOO_FEW_BEHIND} decide nothing" if few else f"below {FEW_BEHIND} it is less sure"),
                f"阈值所依据的误匹配仅来自有效 {people:.1f} 人："
                + (f"少于 {TOO_FEW_BEHIND} 不能作出判定" if few else f"少于 {FEW_BEHIND} 时较不可靠"),
            ),
        ), not few

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share under weights float64[B, units]; NaN where a kind of comparison has no weight."""
        import numpy as np

        found = np.full(len(weights), np.nan)
        totals = self.compared.impostor_total(weights)
        needed = self.rate * len(self.compared.impostors.scores)
        admitted = self.compared.impostors.admitted(weights, (self.rate * totals)[:, None], needed)[:, 0]
        for block in blocks(len(weights), len(self.compared.genuine.units)):
            reached = running_sums(row_weights(weights[block], self.compared.genuine.units))
            matched = reached[np.arange(len(reached)), self.above[admitted[block]]]
            held = (reached[:, -1] > 0) & (totals[block] > 0)
            np.divide(matched, reached[:, -1], out=found[block], where=held)
        return found

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the share without each person in turn, float64[units]."""
        return leave_one_out(self, self.compared.units)

    def size(self) -> NDArray[np.float64]:
        """Return each person's share of the comparisons, float64[units]."""
        return self.compared.size()

    def effective(self) -> float:
        """Return the effective number of people."""
        return self.compared.effective()


def matched_at(
    scores: NDArray[np.float64], genuine: NDArray[np.bool_], people: NDArray[np.int64], units: int, rate: float
) -> MatchedAt:
    """Sort comparisons for their share of matches at a false match rate.

    Parameters
    ----------
    scores : float64[m]
        Higher is more alike.
    genuine : bool[m]
        Whether a comparison is of one person.
    people : int64[m, d]
        Whom it is of.
    units : int
        Number of people.
    rate : float
        The false match rate.
    """
    compared = _compared(scores, genuine, people, units)
    return MatchedAt(compared, compared.impostors.above(compared.genuine.scores), rate)


@dataclass(frozen=True, eq=False)
class EqualErrors:
    """Comparisons sorted once, to be valued where both errors are the same, under many weights."""

    compared: Compared
    impostors: NDArray[np.int64]
    """int64[s]: how many impostor scores are at least the distinct score s, descending."""
    genuine: NDArray[np.int64]
    """int64[s]: how many genuine scores are."""
    kept: int
    """How many distinct scores to look at first."""
    rule: Literal["interpolated", "nearest"]

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rate under weights float64[B, units]; NaN where a kind of comparison has no weight."""
        import numpy as np

        found = np.full(len(weights), np.nan)
        totals = self.compared.impostor_total(weights)
        own = np.empty(len(weights))
        for block in blocks(len(weights), len(self.compared.genuine.units)):
            own[block] = row_weights(weights[block], self.compared.genuine.units).sum(axis=1)
        held = np.flatnonzero((totals > 0) & (own > 0))
        kept = self.kept
        while len(held):
            short = []
            for block in blocks(len(held), 2 * int(self.impostors[kept - 1] + self.genuine[kept - 1])):
                some = held[block]
                found[some], settled = self._crossing(weights[some], totals[some], own[some], kept)
                short.append(some[~settled])
            held = np.concatenate(short) if kept < len(self.impostors) else held[:0]
            kept = min(2 * kept, len(self.impostors))
        return found

    def _crossing(
        self, weights: NDArray[np.float64], total: NDArray[np.float64], own: NDArray[np.float64], kept: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the rates, and whether they lie among the scores that were kept."""
        import numpy as np

        def reached(units: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
            return running_sums(row_weights(weights, units[: ends[-1]]))[:, np.append(0, ends)]

        matched = reached(self.compared.impostors.units, self.impostors[:kept])
        passed = reached(self.compared.genuine.units, self.genuine[:kept])
        # False matches less false non-matches, over the common denominator: whole weights compare exactly.
        apart = matched * own[:, None] - (own[:, None] - passed) * total[:, None]
        place = (apart < 0).sum(axis=1)
        settled = place <= kept
        place = np.minimum(place, kept)
        each = np.arange(len(weights))
        before, after = apart[each, place - 1], apart[each, place]
        false_match, false_non_match = matched / total[:, None], 1.0 - passed / own[:, None]
        low, high = false_match[each, place - 1], false_match[each, place]
        if self.rule == "interpolated":
            part = before / np.where(before == after, -1.0, before - after)
            return low + part * (high - low), settled
        at = np.where(-before <= after, place - 1, place)
        return (false_match[each, at] + false_non_match[each, at]) / 2.0, settled

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the rate without each person in turn, float64[units]."""
        return leave_one_out(self, self.compared.units)

    def size(self) -> NDArray[np.float64]:
        """Return each person's share of the comparisons, float64[units]."""
        return self.compared.size()

    def effective(self) -> float:
        """Return the effective number of people."""
        return self.compared.effective()


def _counts(rows: Rows, column: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    genuine = rows.values[:, column] > 0
    return genuine.astype(np.float64), np.ones(len(genuine))


def _compared(
    scores: NDArray[np.float64], genuine: NDArray[np.bool_], people: NDArray[np.int64], units: int
) -> Compared:
    import numpy as np

    pairs = people[~genuine]
    table, complete = None, False
    if pairs.shape[1] == 2 and 0 < units <= DENSE:
        flat = np.bincount(pairs[:, 0] * units + pairs[:, 1], minlength=units * units)
        table = flat.reshape(units, units).astype(np.float64)
        times = table[0, -1]
        complete = units > 1 and times > 0 and bool((table == times * (1.0 - np.eye(units))).all())
    return Compared(units, tail(scores[genuine], people[genuine]), tail(scores[~genuine], pairs), table, complete)
