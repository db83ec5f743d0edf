"""Two runs on the same samples: which product is better, equal, or not shown to be either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.bench.reopened import reopen, scored
from steelyard.bench.scoring import Scored
from steelyard.bench.trial import Basis
from steelyard.core.card import Card
from steelyard.core.errors import CallError
from steelyard.core.method import Direction, Family, Folded, Indicator, Influential
from steelyard.core.plan import Plan
from steelyard.core.sample import Rows
from steelyard.core.specification import Requirement
from steelyard.core.words import Words, listed
from steelyard.stats.comparison.delong import paired_delong
from steelyard.stats.comparison.mapsswe import mapsswe
from steelyard.stats.comparison.mcnemar import mcnemar, paired_share_bounds
from steelyard.stats.comparison.non_inferiority import Outcome, compare, turned
from steelyard.stats.comparison.paired import paired_jackknife_t
from steelyard.stats.folds.pooled import MeanOf
from steelyard.stats.intervals.bounds import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_FLIPS = 20
"""So many samples are named on either side; the counts are of all."""
MATCHED_PAIRS = "matched pairs by sample"
"""Whole errors of a sample (of speech: an utterance) in all rounds, first less second, by the normal distribution."""
MARGIN_STATED = Words(
    "stated at this comparison, after the runs; no plan holds it", "比较时给出，晚于两次检测；未写入任何方案"
)


@dataclass(frozen=True)
class Difference:
    """What two products differ by in one indicator, over all samples or over one group."""

    requirement: Requirement
    title: Words
    scope: Mapping[str, str]
    first: float | None
    """The indicator's value of the first product."""
    second: float | None
    advantage: float | None
    """How much better the first one is, in the indicator's unit: negative where it is worse."""
    lower: float | None
    upper: float | None
    confidence: float
    """Of each bound by itself."""
    method: str
    outcome: Outcome
    because: Words
    only_first: int | None = None
    """Samples that the first product alone got right, where each counts as right or wrong."""
    only_second: int | None = None
    test: str | None = None
    """A test of the same question, shown beside: ``mcnemar`` or `MATCHED_PAIRS`."""
    p_value: float | None = None
    """Its two-sided probability."""
    flags: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Flip:
    """A sample that costs the products differently: the mean cost of a round, where it was asked several times."""

    sample: str
    title: Words
    """What it costs: "wrong character"."""
    first: float
    second: float


@dataclass(frozen=True)
class Compared:
    """Two runs, compared."""

    first: Plan
    second: Plan
    card: Card
    margin: float
    margin_stated: Words | None
    """When it was stated; None without a margin."""
    differences: tuple[Difference, ...]
    groups: Mapping[str, tuple[Difference, ...]]
    """By group of the set; their bounds hold for all members of a group at once."""
    flips: tuple[Flip, ...]
    """The samples on which they differ most, each side by itself."""

    @property
    def outcome(self) -> Outcome:
        """What is shown over all requirements: one answer where all agree, else that we do not know."""
        found = {difference.outcome for difference in self.differences}
        return found.pop() if len(found) == 1 else Outcome.UNKNOWN


def compare_runs(first: Path, second: Path, *, margin: float = 0.0, test_set: str | None = None) -> Compared:
    """Compare two runs of the same clause on the same samples, pair by pair.

    Parameters
    ----------
    first, second : Path
        Folders of complete runs.
    margin : float
        How much worse still counts as equal, in the indicators' unit; state it before looking. Nothing can show that
        it was: plans do not hold it, and `Compared` says so.
    test_set : str, optional
        Folder of their set, where that is not in the library.

    Raises
    ------
    CallError
        Where the runs cannot be compared: another clause, reading of it, set, draw, method, confidence, or another
        number of repeats or sessions. Products that are asked more often give more answers to err in.
    """
    if not 0.0 <= margin < 1e9:
        raise CallError(Words(f"margin {margin:g}: it is zero or more.", f"界值 {margin:g}：须为零或正数。"))
    bases = reopen(first, test_set), reopen(second, test_set)
    _check_alike(bases)
    pair = _Pair(*bases, scored(bases[0], first), scored(bases[1], second), margin)
    return Compared(
        first=bases[0].plan,
        second=bases[1].plan,
        card=bases[0].test_set.card,
        margin=margin,
        margin_stated=MARGIN_STATED if margin > 0.0 else None,
        differences=pair.differences(),
        groups={name: pair.within(name) for name in _shown(bases[0]) if pair.scored[0].members(name) > 1},
        flips=pair.flips(),
    )


def _shown(basis: Basis) -> Iterable[str]:
    """Return the groups that are compared: of a sealed set none, for a small one would tell its answers."""
    return () if basis.test_set.sealing is not None else basis.test_set.card.groups


def margin_of(text: str) -> float:
    """Return a margin as a user writes it: ``0.5%``, ``0.005``.

    >>> margin_of("0.5%"), margin_of("2")
    (0.005, 2.0)
    """
    number = text.strip()
    try:
        return float(number[:-1]) / 100.0 if number.endswith("%") else float(number)
    except ValueError:
        raise CallError(
            Words(f"--margin {text}: no number.", f"--margin {text}：不是数。"),
            Words("Write 0.5% or 0.005.", "请写作 0.5% 或 0.005。"),
        ) from None


def _check_alike(bases: tuple[Basis, Basis]) -> None:
    first, second = (basis.plan for basis in bases)
    one, other = (basis.readings[0] for basis in bases)
    same = {
        Words("clause", "条款"): (first.clause.name, second.clause.name),
        Words("set", "数据集"): (first.test_set_digest, second.test_set_digest),
        Words("split", "划分"): (first.split, second.split),
        Words("condition", "条件"): (first.condition, second.condition),
        Words("method", "检测方法"): tuple(
            (plan.method, plan.method_version, str(plan.clause.readings[0].options)) for plan in (first, second)
        ),
        Words("reading", "解读"): (one.name, other.name),
        Words("cluster", "抽样单元"): (one.cluster, other.cluster),
        Words("groups that are averaged", "取平均的分组"): (one.mean_over, other.mean_over),
        Words("groups that must hold by themselves", "须各自满足的分组"): (one.every, other.every),
        Words("requirements", "要求"): (one.requirements, other.requirements),
        Words("confidence", "置信度"): (first.decision.confidence, second.decision.confidence),
        Words("repeats", "重复次数"): (first.repeats, second.repeats),
        Words("sessions", "启动次数"): (first.sessions, second.sessions),
        Words("samples drawn", "抽取的样本"): tuple(basis.positions.tolist() for basis in bases),
    }
    differing = [words for words, (mine, yours) in same.items() if mine != yours]
    if differing:
        raise CallError(
            Words(
                f"these runs cannot be compared pair by pair; they differ in: {listed(differing).en}.",
                f"这两次检测不能逐对比较；差异：{listed(differing).zh}。",
            ),
            Words(
                "Run both by the same clause, on the same samples, as often.",
                "请以同一条款、同样的样本和次数分别检测。",
            ),
        )


class _Pair:
    """Two scored runs on the same samples."""

    def __init__(self, first: Basis, second: Basis, first_scored: Scored, second_scored: Scored, margin: float) -> None:
        self._basis = first
        self._methods = first.methods[0], second.methods[0]
        self.scored = first_scored, second_scored
        self._reading = first.readings[0]
        self._margin = margin

    def differences(self) -> tuple[Difference, ...]:
        confidence = self._basis.plan.decision.confidence
        return tuple(
            self._difference(requirement, self._rows(requirement), {}, confidence)
            for requirement in self._reading.requirements
        )

    def within(self, column: str) -> tuple[Difference, ...]:
        """Return differences for each member of a group."""
        found = []
        for requirement in self._reading.requirements:
            parts = [
                scored.split(rows, column) for scored, rows in zip(self.scored, self._rows(requirement), strict=True)
            ]
            each = 1.0 - (1.0 - self._basis.plan.decision.confidence) / len(parts[0])
            found += [
                self._difference(requirement, (parts[0][name], parts[1][name]), {column: name}, each)
                for name in parts[0]
            ]
        return tuple(found)

    def _rows(self, requirement: Requirement) -> tuple[Rows, Rows]:
        first, second = (
            scored.rows(method.indicator(requirement.indicator), self._reading.cluster)
            for scored, method in zip(self.scored, self._methods, strict=True)
        )
        return first, second

    def _difference(
        self, requirement: Requirement, rows: tuple[Rows, Rows], scope: Mapping[str, str], confidence: float
    ) -> Difference:
        indicator = self._methods[0].indicator(requirement.indicator)
        cluster, mean = self._reading.cluster, self._reading.mean_over
        units = len(self.scored[0].codes[cluster][1]) if cluster else self._basis.test_set.card.samples
        strata = [
            tuple(scored.split(each, mean.group).values()) if mean and not scope else (each,)
            for scored, each in zip(self.scored, rows, strict=True)
        ]
        found = _Found.of(indicator, (strata[0], strata[1]), units, confidence)
        decided = compare(found.advantage, self._margin)
        return Difference(
            requirement=requirement,
            title=indicator.title,
            scope=scope,
            first=found.values[0],
            second=found.values[1],
            advantage=found.between,
            lower=None if found.advantage is None else found.advantage.lower,
            upper=None if found.advantage is None else found.advantage.upper,
            confidence=confidence,
            method="none" if found.advantage is None else found.advantage.method,
            outcome=decided.outcome,
            because=decided.because,
            only_first=found.only[0] if found.only else None,
            only_second=found.only[1] if found.only else None,
            test=found.test,
            p_value=found.p_value,
            flags=() if found.advantage is None else found.advantage.flags,
        )

    def flips(self) -> tuple[Flip, ...]:
        """Return the samples on which the products differ most, requirement by requirement, each mistake once.

        Of a sealed set none: they would tell its answers.
        """
        import numpy as np

        if self._basis.test_set.sealing is not None:
            return ()
        chosen: dict[int, tuple[Words, float, float]] = {}
        for requirement in self._reading.requirements:
            indicator = self._methods[0].indicator(requirement.indicator)
            if indicator.timed or indicator.family not in (Family.PROPORTION, Family.RATIO):
                continue  # slower by so many microseconds is no mistake
            size, rounds = self._basis.test_set.card.samples, self._basis.plan.rounds
            first, second = (
                np.bincount(rows.samples, indicator.fold.counts(rows, indicator.columns)[0], minlength=size) / rounds
                for rows in self._rows(requirement)
            )
            for sign in (1.0, -1.0):
                more = sign * (first - second)
                for place in np.argsort(-more, kind="stable")[:MOST_FLIPS].tolist():
                    if more[place] > 0.0 and place not in chosen:
                        chosen[place] = (indicator.event, float(first[place]), float(second[place]))
        names = [name for batch in self._basis.test_set.batches(["id"]) for name in batch.column(0).to_pylist()]
        return tuple(Flip(names[place], *costs) for place, costs in chosen.items())


Strata = tuple[Rows, ...]
"""The rows of one product; of several strata the unweighted mean is compared."""


@dataclass(frozen=True)
class _Found:
    """Values of both products, and bounds of the first one's advantage."""

    values: tuple[float | None, float | None]
    between: float | None
    advantage: Bounds | None
    only: tuple[int, int] | None = None
    test: str | None = None
    p_value: float | None = None

    @staticmethod
    def of(indicator: Indicator, strata: tuple[Strata, Strata], units: int, confidence: float) -> _Found:
        import numpy as np

        first, second = (_folded(indicator, each, units) for each in strata)
        rates = [float(each.value(np.ones((1, units)))[0]) for each in (first, second)]
        if not np.isfinite(rates).all():
            return _Found((None, None), None, None)
        one, other = (1.0 - rate if indicator.fold.complement else rate for rate in rates)
        between = one - other if indicator.direction is Direction.HIGHER else other - one
        # Bounds are of the folded quantity; where that is of mistakes, less of it is better.
        mistakes = (indicator.direction is Direction.LOWER) != indicator.fold.complement
        counts = [_counts(indicator, each) for each in strata]
        if indicator.family is Family.PROPORTION and len(strata[0]) == 1 and _one_each(strata, counts):
            only, n = _discordant(counts, mistakes)
            advantage = paired_share_bounds(*only, n, confidence)
            return _Found((one, other), between, advantage, only, "mcnemar", mcnemar(*only).two_sided)
        found = _bounds(indicator, first, second, confidence)
        advantage = turned(found) if mistakes else found
        counted = indicator.family is Family.RATIO and not indicator.timed  # errors, that is: matched pairs are of them
        errors = _whole_errors(strata, counts) if counted else None
        if errors is None:
            return _Found((one, other), between, advantage)
        return _Found((one, other), between, advantage, None, MATCHED_PAIRS, mapsswe(errors).p_value)


def _folded(indicator: Indicator, strata: Strata, units: int) -> Folded:
    folds = [indicator.fold(rows, indicator.columns, units) for rows in strata]
    return folds[0] if len(folds) == 1 else MeanOf(folds)


def _counts(indicator: Indicator, strata: Strata) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return events and opportunities of all rows, both float64[m]."""
    import numpy as np

    each = [indicator.fold.counts(rows, indicator.columns) for rows in strata]
    return np.concatenate([events for events, _ in each]), np.concatenate([of for _, of in each])


def _whole_errors(
    strata: tuple[Strata, Strata], counts: list[tuple[NDArray[np.float64], NDArray[np.float64]]]
) -> NDArray[np.int64] | None:
    """Return both products' errors in each sample, int64[samples, 2]; None where they are no whole numbers.

    Rounds are summed: the answers to one sample are no independent pairs, however often it is asked.
    """
    import numpy as np

    events = [events for events, _ in counts]
    if not all(np.array_equal(each, np.rint(each)) for each in events):
        return None
    positions = [np.concatenate([rows.samples for rows in each]) for each in strata]
    held, place = np.unique(np.concatenate(positions), return_inverse=True)
    places = place[: len(positions[0])], place[len(positions[0]) :]
    return np.column_stack(
        [np.bincount(at, each, len(held)).astype(np.int64) for at, each in zip(places, events, strict=True)]
    )


def _discordant(
    counts: list[tuple[NDArray[np.float64], NDArray[np.float64]]], mistakes: bool
) -> tuple[tuple[int, int], int]:
    """Return how many samples only the first got right, only the second, and how many there are."""
    one, other = (events > 0 for events, _ in counts)
    only_one, only_other = int((one & ~other).sum()), int((~one & other).sum())
    only = (only_other, only_one) if mistakes else (only_one, only_other)
    return only, int((counts[0][1] > 0).sum())


def _bounds(indicator: Indicator, first: Folded, second: Folded, confidence: float) -> Bounds | None:
    """Return bounds of the folded quantity, first less second."""
    if indicator.family in (Family.PROPORTION, Family.RATIO):
        return paired_jackknife_t(first, second, confidence)
    if isinstance(first, Influential) and isinstance(second, Influential):
        return paired_delong(first, second, confidence)
    return None


def _one_each(strata: tuple[Strata, Strata], counts: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> bool:
    """Tell whether both products have one row for each unit, in the same order, and the same opportunities."""
    import numpy as np

    if not np.array_equal(counts[0][1], counts[1][1]):
        return False
    held = counts[0][1] > 0
    one, other = (each[0].units[held] for each in strata)
    if one.shape[1] != 1 or not np.array_equal(one, other):
        return False
    return not len(one) or int(np.bincount(one[:, 0]).max()) <= 1
