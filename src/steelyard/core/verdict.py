"""Estimates, findings and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from steelyard.core.specification import Requirement
from steelyard.core.words import Words


class Verdict(Enum):
    """What is proved."""

    CONFORMS = "conforms"
    DOES_NOT_CONFORM = "does not conform"
    UNDETERMINED = "undetermined"
    INVALID = "invalid"

    @property
    def words(self) -> Words:
        """The verdict in both languages."""
        return Words(self.value, _CHINESE[self])

    @property
    def exit_code(self) -> int:
        """Exit code of ``steelyard run``."""
        return _EXIT_CODES[self]

    @staticmethod
    def of_all(verdicts: Iterable[Verdict]) -> Verdict:
        """Return the verdict on several things that must all hold.

        Invalid evidence spoils everything, one failure fails, one doubt leaves doubt; nothing at all is invalid.

        Examples
        --------
        >>> Verdict.of_all([Verdict.CONFORMS, Verdict.UNDETERMINED]).value
        'undetermined'
        >>> Verdict.of_all([]).value
        'invalid'
        """
        found = set(verdicts)
        for verdict in (Verdict.INVALID, Verdict.DOES_NOT_CONFORM, Verdict.UNDETERMINED, Verdict.CONFORMS):
            if verdict in found:
                return verdict
        return Verdict.INVALID


_CHINESE = {
    Verdict.CONFORMS: "合格",
    Verdict.DOES_NOT_CONFORM: "不合格",
    Verdict.UNDETERMINED: "待定",
    Verdict.INVALID: "无效",
}
_EXIT_CODES = {
    Verdict.CONFORMS: 0,
    Verdict.DOES_NOT_CONFORM: 10,
    Verdict.UNDETERMINED: 11,
    Verdict.INVALID: 12,
}


@dataclass(frozen=True)
class Beside:
    """Bounds by another method, shown and never decisive."""

    method: str
    lower: float | None
    """None: it says nothing on this side."""
    upper: float | None


@dataclass(frozen=True)
class Estimate:
    """A value with its two one-sided bounds.

    ``value`` is None where there are no data; ``lower`` and ``upper`` are None where no bound can be given.
    """

    value: float | None
    lower: float | None
    upper: float | None
    confidence: float
    """Of each bound by itself."""
    method: str
    """How the bounds were found, with its version."""
    events: float
    opportunities: float
    units: int
    """Number of units (clusters, or independent rows) that the value rests on."""
    effective_units: float
    """Kish's effective number: units that are unequal in size count for fewer."""
    log_error: float | None = None
    """Standard error of the ratio's logarithm, where the bounds rest on it."""
    flags: tuple[Words, ...] = ()
    decisive: bool = True
    """Whether the bounds may decide; with too few units they may not."""
    beside: tuple[Beside, ...] = ()
    """What other methods say."""


@dataclass(frozen=True)
class NewRun:
    """The size of a new run that would settle an undetermined requirement."""

    size: int | None
    """Number of units; None where none can be told, or no size that anyone could test would settle it."""
    sentence: Words


@dataclass(frozen=True)
class Tipping:
    """How many wrong reference answers would make a verdict another one."""

    wrong: int
    of: int
    counted: Words
    """What there are so many of: "patients with the disease"."""
    stated: float | None
    """How many may be wrong by what the set says of itself; None: it does not say."""

    @property
    def survives(self) -> bool | None:
        """Whether the verdict survives as many wrong answers as are stated; None where nothing is stated."""
        return None if self.stated is None else self.stated < self.wrong


@dataclass(frozen=True)
class Finding:
    """What was found for one requirement, over all samples or over one group."""

    clause: str
    reading: str
    requirement: Requirement
    title: Words
    scope: Mapping[str, str]
    """The groups that it speaks of: ``{"scene": "read speech"}``; empty: all samples."""
    decides: bool
    """Whether the verdict on the clause rests on it; else it is reported beside."""
    estimate: Estimate
    verdict: Verdict
    because: Words
    new_run: NewRun | None = None
    tipping: Tipping | None = None


@dataclass(frozen=True)
class Judgement:
    """The verdict on one reading of a clause, from its findings."""

    clause: str
    reading: str
    primary: bool
    verdict: Verdict
    gap: Words | None
    """What the clause asks to be covered and the set does not; then only the groups by themselves are judged."""
    findings: tuple[Finding, ...]
