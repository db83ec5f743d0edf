"""What a report says of a sealed set, and what it withholds, for it would give answers or inputs away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from steelyard.bench.canaries import Canaries
from steelyard.bench.trial import Basis
from steelyard.core.verdict import Finding
from steelyard.core.words import Quoting, Words
from steelyard.library.sealed.sealed_set import SealedSet
from steelyard.library.stored_set import StoredSet

FEWEST = 10
"""Results of a group over fewer opportunities would tell of single samples."""
WITHHELD = Words(
    "The set is sealed: which samples count against the product, what it wrote, and results of single units and of "
    f"groups with fewer than {FEWEST} opportunities are withheld, for they would give answers away.",
    f"数据集已密封：哪些样本计为产品错误、产品输出的原文、单个抽样单元以及机会数不足 {FEWEST} 的分组结果"
    "均不予给出，以免泄露答案。",
)


@dataclass(frozen=True)
class Sealed:
    """The sealed set that a run was on."""

    commitment: str
    """Merkle root of the set; it was checked before the first sample."""
    copy: str
    """Merkle root of the copy that was opened."""
    inputs: bool
    """Whether its inputs are sealed as well."""
    canaries: Canaries | None
    withheld: Words = WITHHELD


def sealed(basis: Basis, canaries: Canaries | None) -> Sealed | None:
    """Return what is said of a sealed set; None for one in clear."""
    opened = basis.test_set
    if not isinstance(opened, SealedSet):
        return None
    return Sealed(opened.sealing.commitment, opened.unsealed.copy.root, opened.sealing.inputs, canaries)


def shown_groups(basis: Basis, groups: Mapping[str, tuple[Finding, ...]]) -> dict[str, tuple[Finding, ...]]:
    """Return the results by group that may be shown: of a sealed set no units, and no group that is small.

    Where its groups are sealed too, only those whose values the card names.
    """
    opened = basis.test_set
    if opened.sealing is None:
        return dict(groups)
    card = opened.card
    shown = {
        name: tuple(each for each in found if _may_be_shown(each, opened))
        for name, found in groups.items()
        if name in card.groups
    }
    return {name: found for name, found in shown.items() if found}


def shown_notes(basis: Basis, notes: Iterable[Words]) -> tuple[Words, ...]:
    """Return the notes on the product; of a run on a sealed set none that quotes what it wrote."""
    hides = basis.test_set.sealing is not None
    return tuple(note for note in notes if not (hides and isinstance(note, Quoting)))


def non_claims(basis: Basis) -> list[Words]:
    """Return what a reader might think that a run on a sealed set shows, and it does not."""
    opened = basis.test_set
    assert opened.sealing is not None
    root = opened.sealing.commitment
    return [
        Words(
            f"The set was sealed to the root {root}, and found to be what was sealed before the first sample. This "
            "report cannot tell who else has had a key (assurance B at most).",
            f"数据集为密封，承诺根摘要为 {root}，提问前已核对无误。"
            "本报告无法说明还有何人持有密钥（保证等级至多为 B）。",
        ),
        WITHHELD,
    ]


def unisolated(basis: Basis) -> Words:
    """Return what a run without isolation does not show."""
    if basis.test_set.sealing is None:
        return Words(
            "The product ran without isolation: it was given no answers, but it could have looked for them.",
            "产品未在隔离环境中运行：未向其提供答案，但它有可能自行查找。",
        )
    return Words(
        "The product ran without isolation: it was given no answers, but it could have read what the user can read, "
        "the key and with it the answers among them.",
        "产品未在隔离环境中运行：未向其提供答案，但凡用户可读的内容它都可能读到，包括密钥，进而读到答案。",
    )


def _may_be_shown(finding: Finding, opened: StoredSet) -> bool:
    assert opened.sealing is not None
    named = not opened.sealing.inputs or all(value in opened.card.values for value in finding.scope.values())
    return named and finding.estimate.opportunities >= FEWEST
