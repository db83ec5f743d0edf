"""What stands in two splits: the same input, nearly the same, or a unit; and what another set shares with this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.library.quality._check import Check, Finding, Group, Outcome, Severity, many, not_applicable, percent
from steelyard.library.quality._examination import Examination

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HOW = Words(
    "equal digests of inputs, pairs that the check near_duplicates confirms, and units, between any two splits",
    "任意两个划分之间：输入摘要相同、近似重复检查所确认的样本对，以及抽样单元",
)
FEW = 0.01
"""Share of the test split that is nearly the same as training, from which it is serious."""
REMEDY = Words(
    "Keep each in one split only: remove it from training, or draw the split anew by unit. Scores on what was trained "
    "on say nothing.",
    "每个只应出现在一个划分中：从训练部分删除，或按抽样单元重新划分。对训练过的样本评分没有意义。",
)


def find(examination: Examination) -> Outcome:
    """Return inputs and units that stand in more than one split, or in both sets."""
    codes, names = examination.splits
    units = list(examination.stored.card.units)
    if len(names) < 2:
        return not_applicable(
            "one split only, and no set to compare with (--against)", "只有一个划分，也未指定对照数据集（--against）"
        )
    found: list[Finding] = []
    notes: list[Words] = []
    if examination.kind is None:
        notes.append(Words("no inputs: units alone were compared", "没有输入：仅比较抽样单元"))
    else:
        found += [*_exact(examination, codes, names), *_near(examination, codes, names)]
        if examination.near is not None and examination.near.threshold > examination.near.likeness.threshold:
            notes.append(
                Words(
                    "inputs of this set are alike throughout: near pairs say less than usual (see near_duplicates)",
                    "该数据集的输入普遍相似：近似对的意义低于通常情形（见近似重复检查）",
                )
            )
    if examination.against is not None and not examination.comparable:
        notes.append(Words("the other set has inputs of another type", "对照数据集的输入类型不同"))
    for unit in units:
        found += _unit(examination, unit)
    if examination.kind is None and not units:
        return not_applicable("no inputs and no units", "没有输入，也没有抽样单元")
    return Outcome(tuple(found), examined=len(codes), how=HOW, notes=tuple(notes))


def _between(names: list[str], codes: set[int]) -> str:
    return " + ".join(names[code] for code in sorted(codes))


def _exact(examination: Examination, codes: NDArray[np.int64], names: list[str]) -> list[Finding]:
    """Return inputs of which copies stand in several splits."""
    import numpy as np

    first = examination.contents
    lowest, highest = np.full(len(first), len(names)), np.full(len(first), -1)
    np.minimum.at(lowest, first, codes)
    np.maximum.at(highest, first, codes)
    crossing = np.flatnonzero((lowest < highest)[first])
    if not len(crossing):
        return []
    order = crossing[np.argsort(first[crossing], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(first[order])) + 1)
    ids = dict(zip(order.tolist(), examination.ids(order.tolist()), strict=True))
    made = [
        Group(
            tuple(ids[row] for row in group.tolist()),
            tuple(group.tolist()),
            Words(*[_between(names, set(codes[group].tolist()))] * 2),
            1.0,
        )
        for group in groups
    ]
    share = _share_of_test(codes, names, crossing)
    return [
        Finding(
            "exact",
            Severity.WARNING if share == 0.0 else Severity.SERIOUS,
            Words(
                f"{many(len(groups), 'input')} in more than one split: {len(order):,} samples, {_of_test(share).en}",
                f"{len(groups):,} 个输入出现在多个划分中：{len(order):,} 个样本，{_of_test(share).zh}",
            ),
            REMEDY,
            len(order),
            {"inputs": len(groups), "samples": len(order)} | ({} if share is None else {"share_of_test": share}),
            tuple(made),
        )
    ]


def _near(examination: Examination, codes: NDArray[np.int64], names: list[str]) -> list[Finding]:
    """Return nearly the same inputs in different splits; copies of either count with it."""
    import numpy as np

    near = examination.near
    if near is None or not len(near.pairs):
        return []
    made: list[tuple[tuple[int, int], float]] = []
    rows: set[int] = set()
    copies = _copies(examination.contents, near.pairs)
    for (left, right), similarity in zip(near.pairs.tolist(), near.similarity.tolist(), strict=True):
        crossing = next(
            ((one, other) for one in copies[left] for other in copies[right] if codes[one] != codes[other]), None
        )
        if crossing is not None:
            made.append((crossing, similarity))
            rows.update(crossing)
    if not made:
        return []
    ids = dict(zip(sorted(rows), examination.ids(sorted(rows)), strict=True))
    groups = tuple(
        Group(
            (ids[one], ids[other]),
            (one, other),
            Words(*[_between(names, {int(codes[one]), int(codes[other])})] * 2),
            similarity,
        )
        for (one, other), similarity in sorted(made, key=lambda each: (-each[1], each[0]))
    )
    share = _share_of_test(codes, names, np.array(sorted(rows)))
    return [
        Finding(
            "near",
            Severity.WARNING if share is not None and share < FEW else Severity.SERIOUS,
            Words(
                f"{many(len(made), 'pair')} of nearly the same inputs in different splits: {_of_test(share).en}",
                f"{len(made):,} 对近似相同的输入分处不同划分：{_of_test(share).zh}",
            ),
            REMEDY,
            len(rows),
            {"pairs": len(made), "samples": len(rows)} | ({} if share is None else {"share_of_test": share}),
            groups,
        )
    ]


def _copies(first: NDArray[np.int64], pairs: NDArray[np.int64]) -> dict[int, list[int]]:
    """Return for each row of the pairs the rows that hold the same input, of each some hundred at most."""
    import numpy as np

    wanted = np.unique(pairs)
    members = np.flatnonzero(np.isin(first, wanted))
    found: dict[int, list[int]] = {int(row): [] for row in wanted}
    for row in members.tolist():
        held = found[int(first[row])]
        if len(held) < 100:
            held.append(row)
    return found


def _unit(examination: Examination, unit: str) -> list[Finding]:
    """Return the units of a column that stand in several splits of this set; units of other sets bear other names."""
    import numpy as np

    codes, names = examination.splits
    codes = codes[: examination.rows]
    members, values = examination.stored.codes(unit)
    there = np.zeros((len(values), len(names)), dtype=bool)
    there[members, codes] = True
    crossing = np.flatnonzero(there.sum(axis=1) > 1)
    if not len(crossing):
        return []
    rows = np.flatnonzero(np.isin(members, crossing))
    what = examination.stored.card.units[unit]
    groups = tuple(
        Group(
            (values[each],),
            (int(np.flatnonzero(members == each)[0]),),
            Words(*[_between(names, set(np.flatnonzero(there[each]).tolist()))] * 2),
        )
        for each in crossing.tolist()
    )
    return [
        Finding(
            f"unit.{unit}",
            Severity.SERIOUS,
            Words(
                f"{len(crossing):,} of {len(values):,} {what.en} stand in more than one split",
                f"{len(values):,} 个{what.zh}中有 {len(crossing):,} 个出现在多个划分中",
            ),
            REMEDY,
            len(rows),
            {"units": len(crossing), "of": len(values), "samples": len(rows)},
            groups,
        )
    ]


def _share_of_test(codes: NDArray[np.int64], names: list[str], rows: NDArray[np.int64]) -> float | None:
    """Return the share of the test split that is concerned; None where there is none."""
    if "test" not in names:
        return None
    test = codes == names.index("test")
    return float(test[rows].sum() / max(test.sum(), 1))


def _of_test(share: float | None) -> Words:
    if share is None:
        return Words("no split test", "没有 test 划分")
    return Words(f"{percent(share)} of the split test", f"占 test 划分的 {percent(share)}")


CHECK = Check("leakage", Words("Does training know what is tested?", "训练是否见过测试样本？"), find)
