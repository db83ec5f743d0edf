"""Two versions of a set, weighed with one product: whether they may be called equally hard.

The same product is run on both. What differs is the versions, and chance: which samples were drawn. Where versions
share *anchor* samples, or units, these meet both sides of the difference at once and cancel as far as they do; all
others are two independent samples. One jackknife over the units of both says how surely the difference is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from steelyard.bench.reopened import reopen, scored
from steelyard.bench.scoring import Scored
from steelyard.bench.trial import Basis
from steelyard.core.card import Card
from steelyard.core.errors import CallError, SetError
from steelyard.core.method import Direction, Family, Folded, Indicator
from steelyard.core.plan import Plan
from steelyard.core.sample import Rows
from steelyard.core.specification import Requirement
from steelyard.core.words import Words, listed
from steelyard.stats.comparison.non_inferiority import Outcome, compare, turned
from steelyard.stats.comparison.paired import paired_jackknife_t
from steelyard.stats.folds.pooled import MeanOf
from steelyard.stats.intervals.bounds import Bounds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Shift:
    """By how much a product does better on the new version, in one indicator."""

    requirement: Requirement
    title: Words
    old: float | None
    new: float | None
    advantage: float | None
    """How much better it does on the new version, in the indicator's unit: above zero where that is easier."""
    lower: float | None
    upper: float | None
    confidence: float
    """Of each bound by itself."""
    method: str
    outcome: Outcome
    """*Equal*: equally hard within the margin. *Better*: the new version is easier."""
    because: Words
    flags: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Equated:
    """Two versions of a set, and what one product shows of them."""

    old: Plan
    new: Plan
    old_card: Card
    new_card: Card
    margin: float
    anchors: int
    """Samples that both versions hold."""
    shared_units: int
    """Units of what is resampled that both versions hold."""
    shifts: tuple[Shift, ...]

    @property
    def equally_hard(self) -> bool:
        """Whether the versions may be called equally hard within the margin, in all that is required."""
        return bool(self.shifts) and all(shift.outcome is Outcome.EQUAL for shift in self.shifts)


class Side(NamedTuple):
    """One run."""

    basis: Basis
    scored: Scored


def equate_runs(
    old: Path, new: Path, *, margin: float, old_set: str | None = None, new_set: str | None = None
) -> Equated:
    """Say by how much a product does better on the new version of a set than on the old one.

    Parameters
    ----------
    old, new : Path
        Folders of complete runs of one product by one clause.
    margin : float
        By how much the versions may differ and still be called equally hard, in the indicators' unit.
    old_set, new_set : str, optional
        Folders of the sets, where they are not in the library.

    Raises
    ------
    CallError
        Where the runs differ in more than their sets, or are on the same one.
    SetError
        Where one id names two samples.
    """
    if not 0.0 < margin < 1e9:
        raise CallError(
            Words(f"margin {margin:g}: it must be above zero.", f"界值 {margin:g}：须大于零。"),
            Words(
                "No two versions are equally hard to the last digit: say how much may differ.",
                "没有两个版本难度分毫不差：请说明可相差多少。",
            ),
        )
    bases = reopen(old, old_set), reopen(new, new_set)
    _check_alike(*bases)
    anchors = _anchors(*bases)
    sides = Side(bases[0], scored(bases[0], old)), Side(bases[1], scored(bases[1], new))
    codes, shared, units = _units(*sides, anchors)
    reading = bases[0].readings[0]
    return Equated(
        old=bases[0].plan,
        new=bases[1].plan,
        old_card=bases[0].test_set.card,
        new_card=bases[1].test_set.card,
        margin=margin,
        anchors=len(anchors),
        shared_units=shared,
        shifts=tuple(_shift(each, sides, codes, units, margin) for each in reading.requirements),
    )


def _check_alike(old: Basis, new: Basis) -> None:
    first, second = old.plan, new.plan
    one, other = old.readings[0], new.readings[0]
    if first.test_set_digest == second.test_set_digest:
        raise CallError(
            Words("both runs are on the same set.", "两次检测使用同一数据集。"),
            Words("Compare products with: steelyard compare", "比较产品请用：steelyard compare"),
        )
    same = {
        Words("product", "产品"): (first.product, second.product),
        Words("clause", "条款"): (first.clause.name, second.clause.name),
        Words("reading", "解读"): (one.name, other.name),
        Words("requirements", "要求"): (one.requirements, other.requirements),
        Words("cluster", "抽样单元"): (one.cluster, other.cluster),
        Words("groups that are averaged", "取平均的分组"): (one.mean_over, other.mean_over),
        Words("method", "检测方法"): tuple(
            (plan.method, plan.method_version, str(plan.clause.readings[0].options)) for plan in (first, second)
        ),
        Words("condition", "条件"): (first.condition, second.condition),
        Words("limits", "限额"): (first.limits, second.limits),
        Words("confidence", "置信度"): (first.decision.confidence, second.decision.confidence),
        Words("repeats", "重复次数"): (first.repeats, second.repeats),
        Words("sessions", "启动次数"): (first.sessions, second.sessions),
    }
    differing = [words for words, (mine, yours) in same.items() if mine != yours]
    if differing:
        raise CallError(
            Words(
                f"the versions cannot be equated; the runs differ in: {listed(differing).en}.",
                f"两个版本不能等值；两次检测的差异：{listed(differing).zh}。",
            ),
            Words("Run one product on both versions, by the same clause.", "请以同一条款、同一产品在两个版本上检测。"),
        )


def _anchors(old: Basis, new: Basis) -> frozenset[str]:
    """Return the ids of the samples that both runs were asked."""
    contents = [_contents(basis) for basis in (old, new)]
    shared = contents[0].keys() & contents[1].keys()
    other = sorted(name for name in shared if contents[0][name] != contents[1][name])
    if other:
        raise SetError(
            Words(
                f"{other[0]!r} is one sample in {old.test_set.card.label} and another in {new.test_set.card.label}.",
                f"{other[0]!r} 在 {old.test_set.card.label} 与 {new.test_set.card.label} 中不是同一样本。",
            ),
            Words("Give other samples other ids.", "不同的样本须用不同的编号。"),
        )
    return frozenset(shared)


def _contents(basis: Basis) -> dict[str, int]:
    """Return what stands for the content of each sample that is asked, by its id."""
    names = ["id", "reference", *([] if basis.test_set.input is None else ["input"])]
    asked = set(basis.positions.tolist())
    rows = (row for batch in basis.test_set.batches(names) for row in batch.to_pylist())
    return {row["id"]: hash(str(row)) for number, row in enumerate(rows) if number in asked}


def _units(old: Side, new: Side, anchors: frozenset[str]) -> tuple[tuple[NDArray[np.int64], ...], int, int]:
    """Return codes of both sides' units among the units of both, how many are shared, and how many there are."""
    import numpy as np

    cluster = old.basis.readings[0].cluster
    names = [_names_of(side, cluster) for side in (old, new)]
    everyone = {name: code for code, name in enumerate(sorted({*names[0], *names[1]}))}
    codes = tuple(np.array([everyone[name] for name in some], dtype=np.int64) for some in names)
    if cluster is None:
        return codes, len(anchors), len(everyone)
    used = [
        {names[place][code] for code in np.unique(side.scored.codes[cluster][0][side.basis.positions]).tolist()}
        for place, side in enumerate((old, new))
    ]
    return codes, len(used[0] & used[1]), len(everyone)


def _names_of(side: Side, cluster: str | None) -> Sequence[str]:
    """Return the name of each code that stands in rows: of a unit, or, without a cluster, of a sample."""
    if cluster is not None:
        return side.scored.codes[cluster][1]
    return [name for batch in side.basis.test_set.batches(["id"]) for name in batch.column(0).to_pylist()]


def _shift(
    requirement: Requirement,
    sides: tuple[Side, Side],
    codes: tuple[NDArray[np.int64], ...],
    units: int,
    margin: float,
) -> Shift:
    import numpy as np

    indicator = sides[0].basis.method.indicator(requirement.indicator)
    confidence = sides[0].basis.plan.decision.confidence
    folds = [_folded(requirement, side, code, units) for side, code in zip(sides, codes, strict=True)]
    rates = [float(each.value(np.ones((1, units)))[0]) for each in folds]
    known = bool(np.isfinite(rates).all())
    old, new = (1.0 - rate if indicator.fold.complement else rate for rate in rates)
    bounds = _bounds(indicator, folds, confidence) if known else None
    # Bounds are of the folded quantity, new less old; where that is of mistakes, less of it is better.
    mistakes = (indicator.direction is Direction.LOWER) != indicator.fold.complement
    advantage = turned(bounds) if mistakes else bounds
    decided = compare(advantage, margin)
    between = new - old if indicator.direction is Direction.HIGHER else old - new
    return Shift(
        requirement=requirement,
        title=indicator.title,
        old=old if known else None,
        new=new if known else None,
        advantage=between if known else None,
        lower=None if advantage is None else advantage.lower,
        upper=None if advantage is None else advantage.upper,
        confidence=confidence,
        method="none" if advantage is None else advantage.method,
        outcome=decided.outcome,
        because=decided.because,
        flags=() if advantage is None else advantage.flags,
    )


def _folded(requirement: Requirement, side: Side, codes: NDArray[np.int64], units: int) -> Folded:
    """Return a run's rows, folded by the units of both runs."""
    indicator = side.basis.method.indicator(requirement.indicator)
    reading = side.basis.readings[0]
    rows = side.scored.rows(indicator, reading.cluster)
    strata: Mapping[str, Rows] = side.scored.split(rows, reading.mean_over.group) if reading.mean_over else {"": rows}
    folds = [
        indicator.fold(replace(each, units=codes[each.units]), indicator.columns, units) for each in strata.values()
    ]
    return folds[0] if len(folds) == 1 else MeanOf(folds)


def _bounds(indicator: Indicator, folds: Sequence[Folded], confidence: float) -> Bounds | None:
    """Return bounds of the folded quantity, new less old; None for ranks and quantiles."""
    if indicator.family not in (Family.PROPORTION, Family.RATIO):
        return None
    return paired_jackknife_t(folds[1], folds[0], confidence)
