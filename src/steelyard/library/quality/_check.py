"""What a check of a set's quality is, and what it says: frozen declarations, no input or output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from steelyard.core.words import Words

if TYPE_CHECKING:
    from steelyard.library.quality._examination import Examination


class Severity(StrEnum):
    """How much a finding weighs, the heaviest first."""

    SERIOUS = "serious"
    """A verdict from this set could be wrong, or the set may not be used so."""
    WARNING = "warning"
    """A person should look at it."""
    NOTE = "note"
    """Good to know."""

    @property
    def words(self) -> Words:
        """The severity in both languages."""
        return {
            Severity.SERIOUS: Words("serious", "严重"),
            Severity.WARNING: Words("warning", "警告"),
            Severity.NOTE: Words("note", "提示"),
        }[self]


@dataclass(frozen=True)
class Group:
    """Samples that belong together in a finding: one that is wrong, a pair that is alike, a cluster."""

    ids: tuple[str, ...]
    rows: tuple[int, ...]
    """Of each id: its row; those of the other set, with ``--against``, are counted on from this one's last."""
    said: Words | None = None
    """What is said of these: the labels given and suggested, how alike they are."""
    similarity: float | None = None


@dataclass(frozen=True)
class Bars:
    """Counts to be drawn side by side."""

    title: Words
    counts: tuple[tuple[Words, int], ...]


@dataclass(frozen=True)
class Finding:
    """What a check found: how heavy, what, which samples, what was measured, and what to do."""

    kind: str
    """A name for programs: ``contradiction``."""
    severity: Severity
    what: Words
    remedy: Words
    count: int
    """Samples concerned; for pairs and clusters, their members together."""
    figures: Mapping[str, float | int | str] = field(default_factory=dict)
    """What was measured, by name."""
    samples: tuple[Group, ...] = ()
    """All that are concerned, as far as they are samples."""


@dataclass(frozen=True)
class Outcome:
    """What came of one check; where there was nothing to check, why."""

    findings: tuple[Finding, ...] = ()
    not_applicable: Words | None = None
    examined: int = 0
    """Samples that were looked at."""
    how: Words | None = None
    """How it was looked for, with every threshold."""
    notes: tuple[Words, ...] = ()
    """What was left out, and why."""
    bars: tuple[Bars, ...] = ()


@dataclass(frozen=True)
class Check:
    """A check: one file of the folder ``library/quality``, found by being there."""

    name: str
    question: Words
    find: Callable[[Examination], Outcome]
    """Streams over the set's batches; memory does not hang on how large its inputs are."""


def not_applicable(en: str, zh: str) -> Outcome:
    """Return the outcome of a check that has nothing to check."""
    return Outcome(not_applicable=Words(en, zh))


def percent(share: float) -> str:
    """Return a share for sentences.

    Examples
    --------
    >>> percent(0.0312), percent(1.0), percent(0.00004)
    ('3.1 %', '100 %', '0.004 %')
    """
    return f"{100 * share:.2g} %" if share < 0.9995 else "100 %"


def many(count: int, one: str, more: str | None = None) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> many(1, "sample"), many(1200, "sample"), many(2, "copy", "copies")
    ('1 sample', '1,200 samples', '2 copies')
    """
    return f"{count:,} {one if count == 1 else more or one + 's'}"
