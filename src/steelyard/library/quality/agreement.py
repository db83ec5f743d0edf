"""How far those who judged the samples agree, beyond chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.words import Words
from steelyard.library.quality._check import Check, Finding, Group, Outcome, Severity, not_applicable
from steelyard.library.quality._examination import Examination
from steelyard.measures.agreement import Alpha, Level, alpha_of, cohen_kappa, fleiss_kappa

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LISTS, WITH_RATERS = ("ratings", "judgements"), ("scores", "labels")
"""Columns that hold a list of judgements for each sample; the latter count beside a column ``raters`` only."""
PREFIXES = ("rater:", "rater_", "annotator:", "annotator_")
"""Columns of one rater each."""
TENTATIVE, RELIABLE = 0.667, 0.8
"""Krippendorff, Content Analysis (2004), section 11.4: no conclusion below the first, tentative ones to the second."""
RESAMPLES = 1000
CONFIDENCE = 0.95
MOST_LEVELS = 20
"""Distinct whole numbers, above which judgements are no ranks."""
SHOWN = 20
"""Samples that were judged most unlike one another."""
FEW_UNITS = 10


@dataclass(frozen=True, eq=False)
class Judged:
    """Who judged what how."""

    raters: tuple[str, ...]
    named: bool
    """Whether the raters are known, and not only their number."""
    ratings: NDArray[np.float64]
    """float64[raters, samples], NaN where there is none."""
    numeric: bool


def find(examination: Examination) -> Outcome:
    """Return how far raters agree, with bounds by resampling."""
    judged = _judged(examination)
    raters = examination.stored.card.raters
    if judged is None:
        said = "" if raters is None else f"; the card speaks of {raters} raters, but only what they came to is kept"
        said_zh = "" if raters is None else f"；卡片称有 {raters} 名评定者，但只保存了合并结果"
        return not_applicable(f"no column holds single raters' judgements{said}", f"没有保存各评定者结果的列{said_zh}")
    import numpy as np

    twice = int(((~np.isnan(judged.ratings)).sum(axis=0) > 1).sum())
    if not twice:
        return not_applicable("no sample was judged twice", "没有样本被评定两次以上")
    found = [_alpha(examination, judged, level) for level in _levels(judged)]
    found += [_kappa(judged)] if _few_values(judged) else []
    how = Words(
        f"Krippendorff's alpha; one-sided {CONFIDENCE:.0%} bounds from {RESAMPLES:,} resamples of "
        f"{_by(examination).en}; below {TENTATIVE} nothing should be concluded, below {RELIABLE} "
        "tentatively (Krippendorff 2004)",
        f"Krippendorff α；对{_by(examination).zh}重抽样 {RESAMPLES:,} 次，"
        f"得单侧 {CONFIDENCE:.0%} 界限；"
        f"低于 {TENTATIVE} 不宜作结论，低于 {RELIABLE} 仅可初步结论（Krippendorff 2004）",
    )
    return Outcome(tuple(each for each in found if each is not None), examined=twice, how=how)


def _judged(examination: Examination) -> Judged | None:
    """Return the judgements that the table holds."""
    columns = examination.columns()
    single = [name for name in columns if name.startswith(PREFIXES)]
    if single:
        values = {name: _values(examination, name) for name in single}
        return _coded(
            [name.partition(":")[2] or name.partition("_")[2] for name in single], list(values.values()), True
        )
    lists_of = (*LISTS, *(WITH_RATERS if "raters" in columns else ()))
    name = next((name for name in lists_of if name in columns and name not in examination.stored.card.groups), None)
    if name is None:
        return None
    lists = [value or [] for value in _values(examination, name)]
    if not all(isinstance(value, list) for value in lists):
        return None
    named = "raters" in columns
    who = (
        [value or [] for value in _values(examination, "raters")]
        if named
        else [[f"{place + 1}" for place in range(len(value))] for value in lists]
    )
    raters = sorted({rater for each in who for rater in each})
    by_rater: list[list[Any]] = [[None] * len(lists) for _ in raters]
    place_of = {rater: place for place, rater in enumerate(raters)}
    for row, (some, judgements) in enumerate(zip(who, lists, strict=True)):
        for rater, judgement in zip(some, judgements, strict=False):
            by_rater[place_of[rater]][row] = judgement
    return _coded(raters, by_rater, named)


def _values(examination: Examination, name: str) -> list[Any]:
    return [value for column in examination.column(name) for value in column.to_pylist()]


def _coded(raters: list[str], by_rater: list[list[Any]], named: bool) -> Judged:
    import numpy as np

    given = [value for values in by_rater for value in values if value is not None]
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)
    code = {value: float(place) for place, value in enumerate(sorted(set(map(str, given))))}

    def number(value: Any) -> float:
        if value is None:
            return math.nan
        return float(value) if numeric else code[str(value)]

    ratings = np.array([[number(value) for value in values] for values in by_rater], dtype=np.float64)
    return Judged(tuple(raters), named, ratings, numeric)


def _few_values(judged: Judged) -> bool:
    import numpy as np

    return len(np.unique(judged.ratings[~np.isnan(judged.ratings)])) <= MOST_LEVELS


def _levels(judged: Judged) -> list[Level]:
    if not judged.numeric:
        return [Level.NOMINAL]
    return [Level.INTERVAL, Level.ORDINAL] if _few_values(judged) else [Level.INTERVAL]


def _unit(examination: Examination) -> str | None:
    """Return the coarsest unit that is fine enough to be resampled."""
    card = examination.stored.card
    sizes = {unit: len(examination.stored.codes(unit)[1]) for unit in card.units}
    enough = {unit: size for unit, size in sizes.items() if size >= FEW_UNITS}
    return min(enough, key=lambda unit: enough[unit]) if enough else None


def _by(examination: Examination) -> Words:
    unit = _unit(examination)
    return Words("samples", "样本") if unit is None else examination.stored.card.units[unit]


def _alpha(examination: Examination, judged: Judged, level: Level) -> Finding | None:
    """Return what alpha says."""
    import numpy as np

    unit = _unit(examination)
    units = np.arange(judged.ratings.shape[1]) if unit is None else examination.stored.codes(unit)[0]
    folded = alpha_of(judged.ratings, level, units)
    value, lower, upper = bounded(folded, examination.seed)
    if math.isnan(value):
        return None
    figures: dict[str, float | int | str] = {"alpha": value, "raters": len(judged.raters), "level": level.value}
    said = Words(f"{value:.3f}", f"{value:.3f}")
    if not math.isnan(lower):
        figures |= {"lower": lower, "upper": upper}
        said = Words(
            f"{value:.3f} (bounds {lower:.3f} and {upper:.3f})", f"{value:.3f}（界限 {lower:.3f} 与 {upper:.3f}）"
        )
    severity = Severity.WARNING if value < TENTATIVE else Severity.NOTE
    kind = {Level.NOMINAL: "名义", Level.ORDINAL: "顺序", Level.INTERVAL: "等距"}[level]
    samples = int(((~np.isnan(judged.ratings)).sum(axis=0) > 1).sum())
    count = len(judged.raters)
    who = Words(f"{count} raters", f"{count} 名评定者")
    if not judged.named:
        who = Words(f"up to {count} judgements each", f"每例至多 {count} 次评定")
    return Finding(
        f"alpha.{level.value}",
        severity,
        Words(
            f"Krippendorff's alpha ({level.value}) of {who.en} over {samples:,} samples: {said.en}",
            f"{who.zh}对 {samples:,} 个样本的 Krippendorff α（{kind}）：{said.zh}",
        ),
        Words(
            "State on the card what single judgements are worth (reference_error); adjudicate where raters differ "
            "most; mend the instructions.",
            "请在卡片中说明单次评定的可靠程度（reference_error）；对分歧最大者裁定；并完善评定说明。",
        )
        if severity is Severity.WARNING
        else Words("Keep the single judgements beside the reference answer.", "请保留各评定者的原始结果。"),
        samples,
        figures,
        _most_unlike(examination, judged) if severity is Severity.WARNING else (),
    )


def bounded(folded: Alpha, seed: int) -> tuple[float, float, float]:
    """Return alpha and its two one-sided bounds: percentiles over resampled units; NaN with fewer than ten of them."""
    import numpy as np

    from steelyard.stats.intervals.philox import multinomial_weights, over_blocks

    count = int(folded.units.max()) + 1 if len(folded.units) else 0
    value = float(folded.value(np.ones((1, max(count, 1))))[0])
    if count < FEW_UNITS or math.isnan(value):
        return value, math.nan, math.nan
    values = over_blocks(folded.value, multinomial_weights, count, RESAMPLES, seed)
    values = values[np.isfinite(values)]
    if len(values) < RESAMPLES // 2:
        return value, math.nan, math.nan
    lower, upper = np.quantile(values, [1.0 - CONFIDENCE, CONFIDENCE])
    return value, min(float(lower), value), max(float(upper), value)


def _most_unlike(examination: Examination, judged: Judged) -> tuple[Group, ...]:
    """Return the samples whose judgements differ most."""
    import numpy as np

    there = ~np.isnan(judged.ratings)
    filled = np.where(there, judged.ratings, 0.0)
    size = np.maximum(there.sum(axis=0), 1)
    spread = (filled**2).sum(axis=0) / size - (filled.sum(axis=0) / size) ** 2
    rows = [int(row) for row in np.argsort(-spread, kind="stable")[:SHOWN] if spread[row] > 1e-12]
    ids = examination.ids(rows)
    made = []
    for name, row in zip(ids, rows, strict=True):
        given = " ".join(f"{value:g}" for value in judged.ratings[there[:, row], row])
        made.append(Group((name,), (row,), Words(f"judged {given}", f"评定 {given}") if judged.numeric else None))
    return tuple(made)


def _kappa(judged: Judged) -> Finding | None:
    """Return Fleiss' kappa where all samples have as many judgements, and Cohen's for each pair of raters."""
    import numpy as np

    values = np.unique(judged.ratings[~np.isnan(judged.ratings)])
    counts = np.stack([(judged.ratings == value).sum(axis=0) for value in values], axis=1).astype(np.float64)
    figures: dict[str, float | int | str] = {}
    fleiss = fleiss_kappa(counts[counts.sum(axis=1) > 0])
    if not math.isnan(fleiss):
        figures["fleiss_kappa"] = fleiss
    pairs = {}
    for one in range(len(judged.raters)):
        for other in range(one + 1, len(judged.raters)):
            both = ~np.isnan(judged.ratings[one]) & ~np.isnan(judged.ratings[other])
            if judged.named and both.sum() >= 30:
                pairs[judged.raters[one], judged.raters[other]] = cohen_kappa(
                    judged.ratings[one], judged.ratings[other]
                )
    pairs = {names: value for names, value in pairs.items() if not math.isnan(value)}
    if pairs:
        worst = min(pairs, key=lambda names: pairs[names])
        figures |= {"cohen_kappa_mean": sum(pairs.values()) / len(pairs), "cohen_kappa_least": pairs[worst]}
        figures["least_between"] = " – ".join(worst)
    if not figures:
        return None
    shown = ", ".join(
        f"{name} {value:.3f}" if isinstance(value, float) else f"{value}" for name, value in figures.items()
    )
    return Finding(
        "kappa",
        Severity.NOTE,
        Words(f"as classes: {shown}", f"按类别：{shown}"),
        Words("Kappa hangs on how frequent the classes are; alpha above decides.", "κ 受类别频率影响；以上述 α 为准。"),
        int((counts.sum(axis=1) > 1).sum()),
        figures,
    )


CHECK = Check("agreement", Words("Do those who judged it agree?", "评定者之间是否一致？"), find)
