"""The error tree. Every error says what happened, where, and what to do.

::

    SteelyardError            1   (also a Python crash: no crash can look like a verdict)
    ├── CallError             2   the call was wrong
    │   ├── UnknownName       2   … a name that nothing bears; the nearest is offered
    │   ├── SpecificationError 2  … a specification that cannot be read, with file and line
    │   ├── NotTestable       2   … a clause that cannot be tested (yet), and why
    │   ├── PlanMismatch      2   … a folder that holds another plan's answers
    │   └── ProductError      2   … a product that cannot be found or started
    ├── EvidenceError        12   bad evidence: no verdict can rest on it
    │   ├── SetError         12   … a test set that is not what its card says
    │   ├── JournalError     12   … a journal part that is not what was written
    │   └── AnswersError     12   … recorded answers that do not fit the set
    ├── BenchError            1   a fault of the bench; the run can be resumed
    ├── Interrupted         130   the user stopped the run; the journal resumes
    └── MalformedValue        2   a value that is not of its data type; the bench records it as the product's
"""

from __future__ import annotations

from collections.abc import Iterable

from steelyard.core.words import Words


class SteelyardError(Exception):
    """What went wrong, and what to do about it.

    Parameters
    ----------
    what : Words
        What happened and where.
    remedy : Words, optional
        What the reader can do.
    """

    exit_code = 1

    def __init__(self, what: Words, remedy: Words | None = None) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return str(self.what) if self.remedy is None else f"{self.what}\n{self.remedy}"


class CallError(SteelyardError):
    """The call was wrong."""

    exit_code = 2


class UnknownName(CallError):
    """Nothing bears this name.

    Parameters
    ----------
    kind : Words
        What was looked for: ``Words("method", "检测方法")``.
    name : str
        The name that was asked for.
    known : iterable of str
        The names that exist.
    instead : Words, optional
        What is said in place of all names, where they are too many to read: the command that lists them.
    """

    def __init__(self, kind: Words, name: str, known: Iterable[str], instead: Words | None = None) -> None:
        known, name = sorted(set(known)), str(name)
        made_of = (kind, name, known, instead)
        near = _alike(name, known, 1 if instead is None else 3)
        if instead is None:
            listed = ", ".join(known) or "—"
            instead = Words(f"There is: {listed}.", f"现有：{listed}。")
        remedy = instead
        if near:
            remedy = Words(
                f"Did you mean {' or '.join(near)}? {instead.en}", f"是否指 {' 或 '.join(near)}？{instead.zh}"
            )
        super().__init__(Words(f"There is no {kind.en} called {name!r}.", f"没有名为 {name!r} 的{kind.zh}。"), remedy)
        self.name = name
        self.near = near[0] if near else None
        self._made_of = made_of

    def __reduce__(self) -> tuple[type[UnknownName], tuple[Words, str, list[str], Words | None]]:
        return type(self), self._made_of


class SpecificationError(CallError):
    """A specification cannot be read; the message names file and line."""


class NotTestable(CallError):
    """A clause cannot be tested, or not with this set or product."""


class PlanMismatch(CallError):
    """The folder holds the answers of another plan."""


class ProductError(CallError):
    """The product cannot be found or started."""


class EvidenceError(SteelyardError):
    """The evidence is bad; no verdict can rest on it."""

    exit_code = 12


class SetError(EvidenceError):
    """A test set is not what its card says."""


class JournalError(EvidenceError):
    """A part of the journal is not what was written."""


class AnswersError(EvidenceError):
    """Recorded answers do not fit the test set."""


class BenchError(SteelyardError):
    """A fault of the bench, never the product's; the run can be resumed."""


class Interrupted(SteelyardError):
    """The user stopped the run; the same command resumes it."""

    exit_code = 130


class MalformedValue(SteelyardError):
    """A value is not of its data type; the message tells a vendor what to mend."""

    exit_code = 2


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``name``, or None where none is like it.

    Examples
    --------
    >>> nearest("speech.recogniton", ["speech.recognition", "medical.diagnosis"])
    'speech.recognition'
    """
    close = _alike(name, known, 1)
    return close[0] if close else None


def _alike(name: str, known: Iterable[str], most: int) -> list[str]:
    import difflib

    return difflib.get_close_matches(name, list(known), n=most, cutoff=0.6)
