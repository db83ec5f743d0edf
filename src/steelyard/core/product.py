"""A product under test, and how the bench speaks with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from steelyard.core.canonical import IF_GIVEN, JSON
from steelyard.core.data_type import DataType
from steelyard.core.errors import CallError, UnknownName
from steelyard.core.product_card import ProductCard
from steelyard.core.sample import Fault
from steelyard.core.words import Words


@dataclass(frozen=True)
class Files:
    """A file or a folder of files that a product is made of."""

    name: str
    """Of the file or the folder, without where it lies."""
    digest: str
    """SHA-256 of a file; of a folder that of OpenSSF model-signing (`steelyard.products._files`)."""
    count: int
    """How many files they are."""


@dataclass(frozen=True)
class Identity:
    """Which product it was: by digest of what was run, or merely as declared (and marked so)."""

    uri: str
    kind: str
    """``digest`` or ``declared``."""
    digest: str | None
    covers: Words
    """What the digest is taken over, or why there is none."""
    files: tuple[Files, ...] = field(default=(), metadata=IF_GIVEN)
    """What it is made of, each with a digest that others can compute; the digest above covers them."""


class Ask(NamedTuple):
    """One input on its way to a product."""

    sample: str
    """The sample's id: for recorded answers; never sent to a live product."""
    input: JSON
    """The input's wire form."""
    episode: str = ""
    """Of a closed loop: which episode it belongs to. What the product knows of it is lost with its process."""
    act: str = ""
    """Of a closed loop: ``open``, ``step`` or ``close``."""
    batch: int = 0
    """Which batch of the plan it belongs to, where that matters: only asks of one batch may share a request."""


class Reply(NamedTuple):
    """What came back for one ask.

    ``lost`` marks an ask that a crash or a time-out left open; it may have been its neighbour's fault, so the bench
    asks once more, singly.
    """

    output: JSON
    seconds: float
    fault: Fault | None = None
    detail: Words | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Spoiled(Words):
    """A note that spoils the evidence: it was another product at the end, and no verdict may rest on it."""


class Session(Protocol):
    """A product that is running."""

    def ask(self, asks: Sequence[Ask], go_on: Callable[[], bool]) -> Iterator[tuple[int, Reply]]:
        """Ask, and yield index and reply as replies come in.

        Before each new ask ``go_on`` is called; once it says no, what was asked is still waited for and nothing new is
        sent. What was never sent is not yielded.

        A step of an episode that was opened with a process which is no more is never sent to the next one: it is lost.
        """

    def notes(self) -> tuple[Words, ...]:
        """Return what else was seen: restarts, lines that answered nothing."""

    def close(self) -> None:
        """End the product and everything it started."""


@dataclass(frozen=True)
class Limits:
    """What a product is granted; docs/limits.md says how each is enforced.

    Raises
    ------
    CallError
        For what cannot be granted.
    """

    answer_seconds: float = 60.0
    """Without any answer for so long, it is taken to hang."""
    start_seconds: float = 300.0
    """To start, until its first answer."""
    line_bytes: int = 64 * 2**20
    """Of one answer."""
    output_bytes: int = 2**30
    """Of all that it says between two answers, its log included."""
    memory_bytes: int | None = None
    """Of all its processes together; None: what the machine has."""
    processes: int | None = None
    """Processes and threads at the same time; None: as many as the machine allows."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None and each.default is None:
                continue
            whole = not each.name.endswith("_seconds")
            if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not 0 < value < 2**53:
                raise _not_granted(f"{each.name}={value}", whole)


def grant(limits: Limits, wishes: Iterable[str]) -> Limits:
    """Return limits changed as ``NAME=NUMBER`` says; the last wish for a name counts.

    Raises
    ------
    UnknownName
        Where nothing of this name is granted.
    CallError
        For what is no number, or none that can be granted.

    Examples
    --------
    >>> grant(Limits(), ["answer_seconds=30", "memory_bytes=8e9"]).memory_bytes
    8000000000
    """
    known = {field.name: field for field in fields(Limits)}
    for wish in wishes:
        name, equals, said = wish.partition("=")
        if name not in known:
            raise UnknownName(Words("limit", "限制"), name, known)
        whole = not name.endswith("_seconds")
        try:
            value = float(said)
        except ValueError:
            value = math.nan
        if not equals or not math.isfinite(value) or (whole and not value.is_integer()):
            raise _not_granted(wish, whole)
        changed: dict[str, Any] = {name: int(value) if whole else value}
        limits = replace(limits, **changed)
    return limits


def _not_granted(wish: str, whole: bool) -> CallError:
    kind = Words("a whole number above zero", "大于零的整数") if whole else Words("a number above zero", "大于零的数")
    return CallError(
        Words(f"{wish} cannot be granted: it takes {kind.en}.", f"无法设置 {wish}：须为{kind.zh}。"),
        Words(
            "Write, for example, answer_seconds=30 or memory_bytes=8e9.", "例如：answer_seconds=30、memory_bytes=8e9。"
        ),
    )


@dataclass(frozen=True)
class Isolation:
    """What a product is kept from."""

    name: str = "none"
    """``none`` or ``bwrap``."""
    hidden: tuple[str, ...] = ()
    """Folders that hold what it must not see: sets, answers, the run."""
    shown: tuple[str, ...] = ()
    """Files and folders that it may read beside its own."""


OPEN = Isolation()
"""The product sees what the user sees who runs the bench."""


class Start(Protocol):
    """Starts a product for an input and an output type."""

    def __call__(
        self, seen: DataType[Any] | None, said: DataType[Any], limits: Limits, isolation: Isolation = OPEN, /
    ) -> Session: ...


@dataclass(frozen=True)
class Product:
    """A product that can be started."""

    identity: Identity
    assurance: str
    """The most that a report can claim: ``B`` open set, asked here; ``C`` recorded answers."""
    start: Start
    test_set: str | None = None
    """The set that it is bound to (recorded answers)."""
    answered: frozenset[str] | None = None
    """Ids that recorded answers exist for; None: it can be asked anything."""
    also_answered: Mapping[str, str] = field(default_factory=dict)
    """Other ids that a set may give samples, and those of ``answered`` that they mean."""
    needs_open: Words | None = None
    """Why it cannot be isolated; None: it can."""
    elsewhere: bool = False
    """Whether it runs where the bench can neither limit nor isolate it."""
    keeps_episodes: bool = False
    """Whether a closed loop opens and closes an episode with it; else it is asked each observation by itself."""
    card: ProductCard | None = None
    """What its makers say of it."""
    model: Path | None = None
    """Where the file or folder lies that it is said to be made of."""
    shares_requests: bool = False
    """Whether one request may carry several asks: then it is asked the plan's batches whole, from the first on."""
