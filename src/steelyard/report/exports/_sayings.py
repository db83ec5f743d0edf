"""What formats say alike: names of findings and groups, both languages on one line, what the bounds are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from steelyard.core.specification import Kind
from steelyard.core.verdict import Finding
from steelyard.core.words import Words
from steelyard.report.report import Report


class Placed(NamedTuple):
    """A finding, and where in the report it stands."""

    finding: Finding
    shown: str
    """``reading``, or ``group``: reported apart, and decides nothing."""
    deciding: bool
    """Whether the verdict on the clause rests on it."""


def findings(report: Report) -> Iterator[Placed]:
    """Yield all findings of a report in its order: those of each reading, the deciding one first; then of groups."""
    for place, judgement in enumerate(report.judgements):
        for finding in judgement.findings:
            yield Placed(finding, "reading", place == 0 and finding.decides)
    for found in report.groups.values():
        for finding in found:
            yield Placed(finding, "group", False)


def both(words: Words) -> str:
    """Return both languages on one line.

    Examples
    --------
    >>> both(Words("conforms", "合格")), both(Words("CER", "CER"))
    ('conforms / 合格', 'CER')
    """
    return words.en if words.en == words.zh else f"{words.en} / {words.zh}"


def scoped(scope: Mapping[str, str]) -> str:
    """Return the groups that a finding speaks of; nothing where it speaks of all samples.

    Examples
    --------
    >>> scoped({"scene": "read", "region": "north"})
    'region=north; scene=read'
    """
    return "; ".join(f"{name}={value}" for name, value in sorted(scope.items()))


def bounds_of(finding: Finding) -> tuple[float | None, float | None]:
    """Return both bounds; a census has none, for nothing was drawn."""
    if finding.requirement.kind is Kind.CENSUS:
        return None, None
    return finding.estimate.lower, finding.estimate.upper


def about_bounds(report: Report) -> Words:
    """Return what the bounds are: each is one-sided, by itself."""
    confidence = report.plan.decision.confidence
    beyond = f"{(1.0 - confidence) * 100:.3g} %"
    return Words(
        f"Each bound is one-sided with confidence {confidence * 100:g} %, by itself; the two are no two-sided interval "
        f"of that confidence (beyond each lies {beyond}).",
        f"两个界限均为单侧，各自的置信水平为 {confidence * 100:g} %；二者不构成同一置信水平的双侧区间"
        f"（每侧之外各 {beyond}）。",
    )


def product_name(report: Report) -> str:
    """Return the product's name by its makers' card, or else its address."""
    card = report.plan.product_card
    return report.plan.product.uri if card is None else card.name


def clause_name(report: Report) -> str:
    """Return the name by which commands know the clause."""
    return f"{report.plan.specification}#{report.clause.name}"


def identity(report: Report) -> Words:
    """Return by what the product is identified."""
    product = report.plan.product
    if product.digest is not None:
        return Words(
            f"{product.digest}, the digest of {product.covers.en}", f"{product.digest}，摘要对象：{product.covers.zh}"
        )
    return Words(f"declared, not measured: {product.covers.en}", f"据声明，未经测量：{product.covers.zh}")


def dataset_name(report: Report) -> str:
    """Return name, version and split of the set under test.

    The bundle has no copy of the set: by this name and the digest anybody who has it knows it again.
    """
    return f"{report.plan.test_set}#{report.plan.split}"


def croissant(report: Report) -> Words:
    """Return how to have the set's Croissant metadata."""
    command = f"steelyard sets export {report.card.name} {report.plan.test_set} --format croissant"
    return Words(
        f"Croissant metadata, as written by: {command}; the set's digest is {report.plan.test_set_digest}.",
        f"Croissant 元数据，由以下命令写出：{command}；数据集摘要为 {report.plan.test_set_digest}。",
    )
