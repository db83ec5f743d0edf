"""Inputs that are nearly the same: written anew, cut, a word changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.library.quality._check import Check, Finding, Group, Outcome, Severity, many, not_applicable, percent
from steelyard.library.quality._examination import Examination
from steelyard.library.quality._likeness._vectors import VectorLikeness
from steelyard.library.quality._near import Near, clusters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MANY = 0.05
"""Share of samples that are nearly another, from which a person should look."""
CLEARLY = 0.6
"""How often neighbours in the table must be the closer pair before it is said."""


def find(examination: Examination) -> Outcome:
    """Return clusters of inputs that are nearly the same, and whether neighbours in the table are alike."""
    if examination.kind is None:
        return not_applicable("no inputs", "没有输入")
    near = examination.near
    if near is None:
        name = type(examination.kind).__name__
        return not_applicable(f"nobody has said how {name} inputs are compared", f"尚无 {name} 类输入的比较方法")
    own = (near.pairs < examination.rows).all(axis=1)
    pairs, similarity = near.pairs[own], near.similarity[own]
    found = [*_clusters(examination, near, pairs, similarity), *_takes(examination, near, pairs)]
    return Outcome(tuple(found), examined=examination.rows, how=near.likeness.how, notes=tuple(left_out(near)))


def left_out(near: Near) -> list[Words]:
    """Return what was not compared."""
    said = []
    if near.threshold > near.likeness.threshold:
        said.append(
            Words(
                f"inputs of this set are alike throughout ({percent(near.usual)} of pairs at random reach "
                f"{near.likeness.threshold:.4g}): only pairs from {near.threshold:.4g} count",
                f"该数据集的输入普遍相似（随机样本对中 {percent(near.usual)} 达到 {near.likeness.threshold:.4g}）："
                f"仅计 {near.threshold:.4g} 以上者",
            )
        )
    if near.unread:
        said.append(
            Words(
                f"{near.unread:,} distinct inputs could not be read, or hold nothing to compare",
                f"{near.unread:,} 个不同输入无法读取，或没有可比较的内容",
            )
        )
    if near.unconfirmed:
        said.append(
            Words(
                f"{near.unconfirmed:,} candidates were too many to confirm; the {near.candidates:,} closest were",
                f"候选对过多，{near.unconfirmed:,} 对未确认；已确认最接近的 {near.candidates:,} 对",
            )
        )
    return said


def _clusters(
    examination: Examination, near: Near, pairs: NDArray[np.int64], similarity: NDArray[np.float64]
) -> list[Finding]:
    import numpy as np

    made, throughout = clusters(pairs), near.threshold > near.likeness.threshold
    if not made:
        return []
    members = np.concatenate(made)
    ids = examination.ids(members.tolist())
    ends = np.cumsum([0, *map(len, made)])
    owner = dict(zip(members.tolist(), np.repeat(np.arange(len(made)), np.diff(ends)).tolist(), strict=True))
    least = np.ones(len(made))
    np.minimum.at(least, [owner[row] for row in pairs[:, 0].tolist()], similarity)
    share = (len(members) - len(made)) / examination.rows
    groups = tuple(
        Group(tuple(ids[start:end]), tuple(group.tolist()), None, float(worst))
        for group, start, end, worst in zip(made, ends[:-1], ends[1:], least, strict=True)
    )
    return [
        Finding(
            "near_duplicate",
            Severity.WARNING if share >= MANY and not throughout else Severity.NOTE,
            Words(
                f"{many(len(made), 'cluster')} of nearly the same inputs: {len(members):,} samples, "
                f"{many(len(pairs), 'pair')}",
                f"{len(made):,} 组近似相同的输入，含 {len(members):,} 个样本（{len(pairs):,} 对）",
            ),
            Words(
                "Look at the pictures; keep one of each cluster, or keep a cluster within one split and name it as a "
                "unit on the card.",
                "请查看图示；每组保留一个，或将整组置于同一划分并在卡片中声明为抽样单元。",
            ),
            len(members),
            {"clusters": len(made), "samples": len(members), "pairs": len(pairs), "share": share},
            groups,
        )
    ]


def _takes(examination: Examination, near: Near, pairs: NDArray[np.int64]) -> list[Finding]:
    """Return a warning where samples come in bundles that the card does not name."""
    card, beside = examination.stored.card, near.neighbours
    if card.units:
        return []
    in_order = beside is not None and beside.share > CLEARLY and beside.share > 0.5 + 6 * beside.standard_error
    followed = float(((pairs[:, 1] - pairs[:, 0]) <= 3).mean()) if len(pairs) >= 10 else 0.0
    if not in_order and followed < 0.5:
        return []
    sorted_tables = isinstance(near.likeness, VectorLikeness)  # measurements are often sorted by what was set
    figures: dict[str, float | int | str] = {"followed": followed}
    if beside is not None:
        figures |= {"neighbours_closer": beside.share, "pairs": beside.pairs}
    closer = percent(beside.share if beside is not None else followed)
    return [
        Finding(
            "bundles",
            Severity.NOTE if sorted_tables else Severity.WARNING,
            Words(
                f"the card names no unit, yet samples that follow one another are alike: in {closer} of comparisons "
                "they are closer than two at random",
                f"卡片未声明抽样单元，但相邻样本彼此相似：{closer} 的比较中，相邻样本比随机两个更接近",
            ),
            Words(
                "Find out whether they are takes of one person, place or session, and name it as a unit: a random "
                "split would leak, and bounds over single samples would be too narrow. If the table is sorted by "
                "class, this may be all it is.",
                "请核实是否为同一人、同一地点或同一会话的多次采集，并声明为抽样单元；否则随机划分会造成泄漏，"
                "按单个样本计算的界限也会过窄。若仅因按类别排序，则无妨。",
            ),
            examination.rows,
            figures,
        )
    ]


CHECK = Check("near_duplicates", Words("Are inputs nearly the same as others?", "是否有近似相同的输入？"), find)
