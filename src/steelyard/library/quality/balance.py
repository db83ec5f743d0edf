"""How many samples each class and each group has, and units each group."""

from __future__ import annotations

from collections import Counter

from steelyard.core.words import Words
from steelyard.library.quality._check import Bars, Check, Finding, Outcome, Severity, not_applicable
from steelyard.library.quality._classes import counts_of, is_classes
from steelyard.library.quality._examination import Examination

UNEVEN = 10.0
"""Times that the largest has what the smallest has, from which it is said."""
FEW = 10
"""Samples of a class or group, below which no rate over it says much."""
DRAWN = 30
"""Bars of a picture at most."""


def find(examination: Examination) -> Outcome:
    """Return how uneven classes, groups and splits are."""
    card = examination.stored.card
    columns = ["reference", *card.groups]
    titles = {"reference": Words("classes", "类别")} | dict(card.groups)
    counted = {name: counts_of(examination.column(name)) for name in columns}
    classes = counted["reference"]
    if not is_classes(classes, examination.rows):
        del counted["reference"]
    found, bars = [], []
    for name, counts in counted.items():
        if len(counts) < 2 and name != "reference":
            continue
        found += _uneven(name, titles[name], counts)
        bars.append(_drawn(titles[name], {card.named(value): count for value, count in counts.most_common()}))
    if len(card.splits) > 1:
        splits = {Words(name, name): count for name, count in card.splits.items()}
        bars.append(_drawn(Words("splits", "划分"), splits))
    if not bars:
        return not_applicable("neither classes nor groups", "既无类别也无分组")
    how = Words(
        f"counts; said where the largest has {UNEVEN:g} times the smallest or more, and below {FEW} samples",
        f"计数；最大者达最小者 {UNEVEN:g} 倍以上或少于 {FEW} 个样本时给出",
    )
    return Outcome(tuple(found), examined=examination.rows, how=how, bars=tuple(bars))


def _uneven(name: str, title: Words, counts: Counter[str]) -> list[Finding]:
    if len(counts) < 2:
        return [
            Finding(
                f"{name}.single",
                Severity.WARNING,
                Words("all reference answers are the same", "所有参考答案都相同"),
                Words("A product that always answers so is without fault here.", "恒作此答的产品在此毫无错误。"),
                sum(counts.values()),
            )
        ]
    (most, largest), (least, smallest) = counts.most_common(1)[0], counts.most_common()[-1]
    figures: dict[str, float | int | str] = {
        "values": len(counts), "largest": largest, "smallest": smallest, "ratio": largest / smallest
    }  # fmt: skip
    few = [value for value, count in counts.items() if count < FEW]
    found = []
    if largest >= UNEVEN * smallest:
        found.append(
            Finding(
                f"{name}.uneven",
                Severity.NOTE,
                Words(
                    f"{title.en}: {most!r} has {largest:,} samples, {least!r} has {smallest:,}",
                    f"{title.zh}：{most!r} 有 {largest:,} 个样本，{least!r} 仅 {smallest:,} 个",
                ),
                Words(
                    "Judge by rates within each, or by balanced indicators; plain accuracy speaks of the largest.",
                    "请按各类分别计率或采用均衡指标；总体准确率主要反映最大的一类。",
                ),
                largest + smallest,
                figures,
            )
        )
    if few:
        found.append(
            Finding(
                f"{name}.few",
                Severity.NOTE,
                Words(
                    f"{title.en}: {len(few):,} of {len(counts):,} have fewer than {FEW} samples",
                    f"{title.zh}：{len(counts):,} 个中有 {len(few):,} 个不足 {FEW} 个样本",
                ),
                Words("Gather more, or make no claim about these.", "请补充样本，或不对其作出结论。"),
                sum(counts[value] for value in few),
                figures | {"few": len(few)},
            )
        )
    return found


def _drawn(title: Words, counts: dict[Words, int]) -> Bars:
    """Return the bars of a picture; of many the largest and the smallest."""
    shown = list(counts.items())
    if len(shown) > DRAWN:
        half = DRAWN // 2
        title = Words(
            f"{title.en}: the {half} largest and the {half} smallest of {len(shown):,}",
            f"{title.zh}：{len(shown):,} 项中最大与最小的各 {half} 项",
        )
        shown = [*shown[:half], *shown[-half:]]
    return Bars(title, tuple(shown))


CHECK = Check("balance", Words("Are classes and groups even?", "类别与分组是否均衡？"), find)
