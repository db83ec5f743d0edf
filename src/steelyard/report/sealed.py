"""What a report says of a sealed set, and what it withholds, for it would give answers or inputs away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from steelyard.bench.canaries import Canaries
from steelyard.bench.judging import in_cells
from steelyard.bench.scoring import Scored
from steelyard.bench.trial import Basis
from steelyard.core.verdict import Finding
from steelyard.core.words import Quoting, Words
from steelyard.library.sealed.sealed_set import SealedSet

FEWEST = 10
"""Results over fewer samples, on either side of a difference, would tell of single ones."""
WITHHELD = Words(
    "The set is sealed: which samples count against the product, what it wrote, results of single units, and of a "
    f"grouping all results where a difference of two would tell of fewer than {FEWEST} samples are withheld, for they "
    "would give answers away.",
    f"数据集已密封：哪些样本计为产品错误、产品输出的原文、单个抽样单元的结果均不予给出；某种分组中若有结果、"
    f"或由两项结果相减可推知不足 {FEWEST} 个样本的情况，则该分组结果全部不予给出，以免泄露答案。",
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


def shown_groups(
    basis: Basis, scored: Scored, groups: Mapping[str, tuple[Finding, ...]]
) -> dict[str, tuple[Finding, ...]]:
    """Return the results by group that may be shown: of a sealed set no units, and no grouping that tells of few.

    Groups add up to the whole, which is reported: one that is left out is what the others leave. So of a grouping all
    is shown or nothing. Whatever is added or subtracted of the groups of several groupings speaks of whole cells that
    they make together: so a grouping is shown, in the card's order, where each of its cells with those before it, and
    with those that the clause asks for, tells of no few. Where groups are sealed too, only groupings whose values the
    card names.
    """
    opened = basis.test_set
    if opened.sealing is None:
        return dict(groups)
    shown: dict[str, tuple[Finding, ...]] = {}
    for name, found in groups.items():
        named = not opened.sealing.inputs or all(
            value in opened.card.values for each in found for value in each.scope.values()
        )
        if name in opened.card.groups and named:
            cells = in_cells(basis, scored, [*dict.fromkeys((*_asked_for(basis), *shown, name))])
            if not _tells_of_few(*cells, basis.plan.rounds):
                shown[name] = found
    return shown


def _asked_for(basis: Basis) -> list[str]:
    """Return the groupings whose results stand in the verdict, since the clause asks for them."""
    return [
        column
        for reading in basis.readings
        for column in (reading.every, reading.coverage and reading.coverage.group)
        if column
    ]


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


def _tells_of_few(found: Iterable[Finding], sizes: Mapping[str, int], rounds: int) -> bool:
    """Tell whether results of some cells, or what they leave of a cell's samples, speak of fewer than `FEWEST`.

    An indicator over the samples of one class tells by its opportunities how many are of the others: where none is, of
    each that it is of this one. One that counts every sample of every cell tells no class.
    """
    left: dict[str, list[float]] = {}
    for finding in found:
        (cell,) = finding.scope.values()
        counted = finding.estimate.opportunities / rounds
        if min(sizes[cell], counted) < FEWEST:
            return True
        if counted <= sizes[cell]:  # characters are more than samples, and leave none
            left.setdefault(finding.requirement.indicator, []).append(sizes[cell] - counted)
    return any(0.0 < each < FEWEST or (each == 0.0 and any(all_)) for all_ in left.values() for each in all_)
