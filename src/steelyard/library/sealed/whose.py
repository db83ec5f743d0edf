"""Whose copy of a sealed set a table was taken from: by the order of its rows, and by arbitrary answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.library.foreign.tables import KINDS, read_table
from steelyard.library.sealed.marks import Ledger, Party, mark, marks_of
from steelyard.library.stored_set import SAMPLES
from steelyard.stats.inversions import chance_of_so_few, inversions

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 10_000
"""So many rows tell as much as anyone needs."""
FALSE_POSITIVES = 1e-6
"""A recipient is named where a table that was taken from no copy of theirs looks so like it less often than this."""


@dataclass(frozen=True)
class Evidence:
    """How like a table is to a recipient's copy."""

    name: str
    copy: str
    rows: int
    """That were put in order."""
    inversions: int
    """Pairs of rows that stand the other way round than in the copy."""
    order: float
    """Probability of so few, where the table's order knows nothing of the copy's."""
    present: int
    """Canaries in the table."""
    alike: int
    """Of these, with the copy's answer."""
    answers: float
    """Probability of so many, where the table's answers know nothing of the copy's."""
    tests: int
    """Two for each recipient: so many chances there are to blame somebody."""

    @property
    def probability(self) -> float:
        """Bound of the probability that any recipient would look as guilty by chance (Bonferroni)."""
        return min(1.0, self.tests * min(self.order, self.answers))

    @property
    def named(self) -> bool:
        """Whether it is said that the table was taken from this copy."""
        return self.probability <= FALSE_POSITIVES


def whose(table: pa.Table, ledger: Ledger) -> tuple[Evidence, ...]:
    """Return, for each recipient, how like a table is to their copy; the likest first.

    Parameters
    ----------
    table : pyarrow.Table
        With a column ``id``, and ``reference`` where answers are there; in the order in which it was found. Any part
        of a copy will do.
    ledger : Ledger
        What the sealer kept.
    """
    ids = list(dict.fromkeys(map(str, table["id"].to_pylist())))
    found = [_evidence(party, ids, _answers(table), ledger) for party in ledger.parties]
    return tuple(sorted(found, key=lambda each: each.probability))


def read_copy(path: Path) -> pa.Table:
    """Return a table that was found somewhere: a set's folder, or a file; its rows in their order.

    Raises
    ------
    CallError
        Where it is neither, or has no column ``id``.
    """
    file = path / SAMPLES if path.is_dir() else path
    if not file.is_file() or file.suffix.lower() not in KINDS:
        raise CallError(
            Words(f"{path} is neither a set's folder nor a table.", f"{path} 既不是数据集目录，也不是表。"),
            Words(f"Tables end in {', '.join(KINDS)}.", f"表的扩展名：{'、'.join(KINDS)}。"),
        )
    table = read_table(file)
    if "id" not in table.column_names:
        raise CallError(
            Words(f"{file} has no column id.", f"{file} 没有列 id。"),
            Words("The marks hang on the samples' ids.", "标记依据样本编号。"),
        )
    return table


def _answers(table: pa.Table) -> dict[str, str]:
    if "reference" not in table.column_names:
        return {}
    return dict(zip(map(str, table["id"].to_pylist()), map(str, table["reference"].to_pylist()), strict=True))


def _evidence(party: Party, ids: list[str], said: dict[str, str], ledger: Ledger) -> Evidence:
    from scipy.special import bdtrc

    secret, key = bytes.fromhex(ledger.secret), ",".join(party.keys)
    some = ids[:MOST_ROWS]
    places = sorted(range(len(some)), key=lambda row: mark(secret, "order", key, some[row]))
    ranks = [0] * len(some)
    for rank, row in enumerate(places):
        ranks[row] = rank
    turned = inversions(ranks)
    canaries = {name: answer for name, answer in said.items() if mark(secret, "id", name).hex() in party.canaries}
    alike = sum(party.canaries[name] == answer for name, answer in marks_of(secret, key, canaries).items())
    by_chance = float(bdtrc(alike - 1, len(canaries), 1.0 / ledger.choices)) if alike else 1.0
    return Evidence(
        name=party.name,
        copy=party.copy,
        rows=len(some),
        inversions=turned,
        order=chance_of_so_few(turned, len(some)),
        present=len(canaries),
        alike=alike,
        answers=by_chance,
        tests=2 * len(ledger.parties),
    )
