"""What laboratories are held against: the result of one of them, or the robust mean of all, and whether it decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from steelyard.core.words import Words
from steelyard.stats.proficiency import LEAST_TO_JUDGE, NEGLIGIBLE, Spread, algorithm_a, spread_of

FEW_FOR_CONSENSUS = 12
"""Below so many laboratories a consensus is said to be doubtful: our choice; ISO 13528 warns of small numbers."""
LEAST_FOR_CONSENSUS = 3
ROUNDING = 1e-12
"""Results that differ by less of themselves are equal."""

Own = tuple[float | None, float | None]
"""Standard and expanded uncertainty of a laboratory's own."""


class Assigned(NamedTuple):
    """The assigned value of a round."""

    value: float
    uncertainty: float | None
    deviation: float | None
    held: int | None
    """Place of the laboratory whose result it is; None: a consensus."""
    how: Words
    notes: tuple[Words, ...] = ()
    judged: bool = True
    """Whether scores by z and z′ may say anything."""
    pair: bool = False
    """Whether it is the result of the first of two, neither of which is the truth."""


def consensus(values: Sequence[float], sigma: float | None) -> Assigned:
    """Return the robust mean of all laboratories as the assigned value; without σ_pt their spread takes its place."""
    robust, count = algorithm_a(values), len(values)
    spread = spread_of(values, robust)
    equal = max(values) - min(values) <= ROUNDING * max(map(abs, values))
    uncertain = robust.uncertainty if equal or spread is not Spread.NONE else None
    if sigma is not None:
        # of few laboratories u(x_pt) holds the very result that is off, and z′ cannot pass 1.5, or 2.2 of four
        judged = equal or len(values) >= LEAST_TO_JUDGE or robust.uncertainty <= NEGLIGIBLE * sigma
        uncertain = robust.uncertainty
    else:
        judged = equal or spread is Spread.USABLE
    notes = [
        Words(
            "ζ and E_n are not given: each result is part of the robust mean that it would be held against",
            "不给出 ζ 与 E_n：各结果本身参与了作为指定值的稳健均值",
        )
    ]
    if count < FEW_FOR_CONSENSUS:
        notes.append(
            Words(
                f"a consensus of {count} laboratories is doubtful: fewer than {FEW_FOR_CONSENSUS}",
                f"仅 {count} 个实验室（少于 {FEW_FOR_CONSENSUS}），公议值不甚可靠",
            )
        )
    if not judged:
        notes.append(_no_spread(count, spread, sigma))
    return Assigned(
        value=robust.mean,
        uncertainty=uncertain,
        deviation=sigma if sigma is not None else robust.deviation if judged else None,
        held=None,
        how=Words(f"robust mean of {count} laboratories, Algorithm A", f"{count} 个实验室的稳健均值，算法 A"),
        notes=tuple(notes),
        judged=judged,
    )


def _no_spread(count: int, spread: Spread, sigma: float | None) -> Words:
    """Return why a consensus scores nobody, and what would."""
    if sigma is not None:
        return Words(
            f"not evaluated: the robust mean of {count} laboratories, fewer than {LEAST_TO_JUDGE}, is less certain "
            "than 0.3 σ_pt, and z′ by it could fail nobody: name one of them with --reference",
            f"未评定：{count} 个实验室（少于 {LEAST_TO_JUDGE}）的稳健均值的不确定度大于 0.3 σ_pt，"
            "据此的 z′ 无从判为不满意：请用 --reference 指定参考实验室",
        )
    if spread is Spread.NONE:
        return Words(
            "not evaluated: nearly all results are equal, and by their spread, which is zero, any other would be off "
            "without end: state --sigma, what is fit for the purpose, or name one of them with --reference",
            "未评定：结果几乎全部相等，离散为零，以此衡量则任何差异均为无穷大：请以 --sigma 给出能力评定标准差，"
            "或用 --reference 指定参考实验室",
        )
    return Words(
        f"not evaluated: by the spread of {count} laboratories, fewer than {LEAST_TO_JUDGE}, none can be off, "
        "whatever it found: state --sigma, what is fit for the purpose, or name one of them with --reference",
        f"未评定：仅 {count} 个实验室（少于 {LEAST_TO_JUDGE}），以其离散衡量则无论结果如何均不会不满意："
        "请以 --sigma 给出能力评定标准差，或用 --reference 指定参考实验室",
    )


def one_laboratory(
    values: Sequence[float], own: Sequence[Own], names: Sequence[str], reference: str | None, sigma: float | None
) -> Assigned:
    """Return the result of the reference laboratory, or of the first of two, as the assigned value."""
    held = 0 if reference is None else names.index(reference)
    how = Words(f"result of the reference laboratory {names[held]}", f"参考实验室 {names[held]} 的结果")
    if reference is None:
        how = Words(f"of two laboratories, held against {names[held]}", f"两个实验室，以 {names[held]} 为对照")
    # of two laboratories neither is the truth: their difference is held against σ_pt, and no u(x_pt) is claimed to be
    # small. A reference is: unless its uncertainty is known nobody knows that it is (ISO 13528:2015, 9.2.1)
    judged = reference is None or own[held][0] is not None
    return Assigned(values[held], own[held][0], sigma, held, how, judged=judged, pair=reference is None)
