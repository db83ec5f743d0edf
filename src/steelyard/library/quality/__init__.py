"""One file, one check of a set: what is wrong with it, which samples, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from steelyard.core.card import Card
from steelyard.core.errors import MalformedValue, SetError, UnknownName
from steelyard.core.plugins import load, plugins
from steelyard.core.specification import Clause
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.card_file import CARD, read_card
from steelyard.library.quality._check import Check, Finding, Outcome, Severity, not_applicable
from steelyard.library.quality._examination import Examination
from steelyard.library.sealed.sealing import is_sealed
from steelyard.library.stored_set import StoredSet

FIRST = ("schema", "duplicates", "near_duplicates", "leakage")
"""What spoils a set most stands first; checks that are not named follow by name."""


@dataclass(frozen=True)
class Quality:
    """What all checks say of a set."""

    card: Card
    outcomes: Mapping[str, Outcome]
    """By the name of the check."""
    questions: Mapping[str, Words]
    against: Card | None = None
    clauses: tuple[str, ...] = ()

    @cached_property
    def findings(self) -> tuple[tuple[str, Finding], ...]:
        """All findings with the check that made them, the heaviest first."""
        order = list(Severity)
        found = [(name, finding) for name, outcome in self.outcomes.items() for finding in outcome.findings]
        return tuple(sorted(found, key=lambda each: order.index(each[1].severity)))

    def counted(self, severity: Severity) -> int:
        """Return how many findings are of a severity."""
        return sum(finding.severity is severity for _, finding in self.findings)

    @property
    def serious(self) -> bool:
        """Whether anything is serious."""
        return self.counted(Severity.SERIOUS) > 0


def names() -> list[str]:
    """Return the names of all checks, in the order in which they are shown.

    Examples
    --------
    >>> names()[:2]
    ['schema', 'duplicates']
    """
    return sorted(plugins(__name__), key=lambda name: (name not in FIRST, FIRST.index(name) if name in FIRST else name))


def check(name: str) -> Check:
    """Return the check of this name, or raise `UnknownName`."""
    made = load(__name__, name, Words("check", "检查项")).CHECK
    assert isinstance(made, Check)
    return made


def open_to_check(address: str) -> StoredSet:
    """Open a set by its address, a folder even where it is not what its card says: that is a finding, too.

    Raises
    ------
    SetError
        Where its card or its table cannot be read, or what is in the store is not what the recipe promises.
    """
    try:
        return store.open_set(address)
    except SetError:
        if not Path(address, CARD).is_file() or is_sealed(Path(address)):
            raise
        return StoredSet(read_card(Path(address)), Path(address))


def examine(
    stored: StoredSet,
    *,
    against: StoredSet | None = None,
    clauses: Sequence[Clause] = (),
    only: Sequence[str] = (),
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Quality:
    """Check a set by all that there is, or by what is named.

    Parameters
    ----------
    stored : StoredSet
        The set; its samples may be wrong in any way that a Parquet file admits.
    against : StoredSet, optional
        Another set that must share no sample with it: what a product was trained on.
    clauses : sequence of Clause
        Whose groups the set must cover.
    only : sequence of str
        Names of checks; all without.
    seed : int
        Of all that is drawn.
    progress : callable
        Told the name of each check before it runs.
    """
    wanted = list(only) or names()
    for name in wanted:
        if name not in names():
            raise UnknownName(Words("check", "检查项"), name, names())
    examination = Examination(stored, against, tuple(clauses), seed)
    outcomes: dict[str, Outcome] = {}
    for name in wanted:
        progress(name)
        outcomes[name] = _found(check(name), examination)
    return Quality(
        stored.card,
        outcomes,
        {name: check(name).question for name in wanted},
        None if against is None else against.card,
        tuple(clause.name for clause in clauses),
    )


def _found(made: Check, examination: Examination) -> Outcome:
    """Return a check's outcome; values that nobody can read are what the check of the schema is for."""
    try:
        return made.find(examination)
    except MalformedValue as error:
        what = error.what
        return not_applicable(f"values cannot be read: {what.en}", f"值无法读取：{what.zh}")


__all__ = ["Examination", "Quality", "Severity", "check", "examine", "names", "open_to_check"]
