"""The plan: everything that decides a verdict, locked by its digest before the first sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.core.canonical import IF_GIVEN, JSON, digest, if_given, plain
from steelyard.core.errors import PlanMismatch
from steelyard.core.product import Identity, Limits
from steelyard.core.product_card import ProductCard
from steelyard.core.specification import Clause, Decision
from steelyard.core.words import Words

FORMAT = "steelyard/plan/2"
LATER = {"steelyard/plan/1": ("batch_bytes", "product_card", "trained_apart")}
"""Fields that plans of an earlier format do not have; such a plan can be read, and not be gone on with."""
BATCH_BYTES = 2**24
_ABSENT = object()


@dataclass(frozen=True)
class Declared:
    """The most that one cluster can bring, which the bounds of a sequential plan rest on."""

    requirement: str
    most: float
    """Opportunities."""
    ceiling: float = 1.0
    """Rate of events."""


@dataclass(frozen=True)
class Entered:
    """The transparency log that a plan was entered into, as it was just before."""

    size: int
    """Entries of the log."""
    root: str
    """Of the log's tree, hexadecimal."""
    seeded: bool = False
    """Whether the seed follows from this head (:mod:`steelyard.core.log_seed`), and was not chosen."""


@dataclass(frozen=True)
class Plan:
    """What is tested, on what, how, and how it will be decided."""

    specification: str
    specification_digest: str
    clause: Clause
    """With the readings that this run judges, the deciding one first."""
    method: str
    method_version: str
    product: Identity
    assurance: str
    test_set: str
    test_set_digest: str
    test_set_card: str
    """Digest of the set's card: groups, units and what is said of the reference answers."""
    split: str
    samples: int
    limit: int | None
    """Number of samples that were drawn from the split by the seed; None: all."""
    statistics: str
    """Version of all that turns rows into verdicts."""
    decision: Decision
    seed: int
    attempt: int | None = None
    """Which attempt of this product family on these requirements this is: counted from the log where there is one, else
    as declared; None: nobody knows."""
    sequential: tuple[Declared, ...] | None = None
    """For each requirement that is watched cluster by cluster; None: the number of samples is fixed."""
    condition: str = "reference"
    repeats: int = 1
    """How often every sample is asked in a session."""
    sessions: int = 1
    """How often the product is started afresh."""
    batch: int = 64
    """A batch holds so many samples at most."""
    batch_bytes: int = BATCH_BYTES
    """A batch's inputs, as the set stores them, hold so many bytes at most; a larger one is a batch by itself."""
    limits: Limits = field(default_factory=Limits)
    isolation: str = "none"
    """What keeps the product from the answers: ``none`` or ``bwrap``."""
    product_card: ProductCard | None = None
    """What the product's makers say of it; None: nothing was given."""
    trained_apart: tuple[str, ...] = ()
    """Sets that it was trained on, as its card says, and that were found to share nothing with what is tested."""
    log: Entered | None = field(default=None, metadata=IF_GIVEN)
    """The log that the run was entered into; None: into none."""
    format: str = FORMAT

    @property
    def rounds(self) -> int:
        """How often every sample is asked: each repeat of each session is a round."""
        return self.repeats * self.sessions

    @property
    def asked(self) -> int:
        """How many records a complete run has."""
        return self.samples * self.rounds

    @property
    def attempts(self) -> Words:
        """What is known of earlier attempts, and of a draw that nobody chose: who may try often passes once by luck."""
        if self.attempt is None:
            return Words("earlier attempts unknown", "此前的检测次数不详")
        if self.log is not None and self.log.seeded:
            return Words(
                f"attempt {self.attempt}, as the log counts; the seed follows from the log",
                f"第 {self.attempt} 次检测（由日志计数）；种子由日志得出",
            )
        if self.log is not None:
            return Words(f"attempt {self.attempt}, as the log counts", f"第 {self.attempt} 次检测（由日志计数）")
        return Words(f"attempt {self.attempt}, as declared", f"第 {self.attempt} 次检测（据声明）")

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the plan."""
        return digest(self.written())

    def written(self) -> dict[str, JSON]:
        """Return the fields that a plan of its format has."""
        written = plain(self)
        assert isinstance(written, dict)
        return {name: value for name, value in written.items() if name not in LATER.get(self.format, ())}

    def document(self) -> dict[str, JSON]:
        """Return the plan with its digest, as ``plan.json`` holds it."""
        return {"digest": self.digest, "plan": self.written()}

    def check_same(self, document: Any, where: str) -> None:
        """Raise `PlanMismatch` unless ``document`` is this plan."""
        stored = document.get("plan") if isinstance(document, dict) else None
        if not isinstance(stored, dict) or _digest(stored) != document.get("digest"):
            raise PlanMismatch(
                Words(f"{where} is not a locked plan: its digest does not fit.", f"{where} 不是锁定的方案：摘要不符。"),
                Words("Choose another --out; keep this folder as evidence.", "请另选 --out；此目录请作为证据保留。"),
            )
        if document["digest"] == self.digest:
            return
        changed = ", ".join(_differences(stored, self.written()))
        raise PlanMismatch(
            Words(
                f"{where} locks another plan; it differs in: {changed}.", f"{where} 锁定的是另一方案；差异：{changed}。"
            ),
            Words(
                "A locked plan is never changed. Choose another --out, or repeat the first command to resume it.",
                "方案一经锁定即不得更改。请另选 --out，或重复最初的命令以继续。",
            ),
        )


def given(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a plan without those that say nothing and are left out, which earlier reports listed.

    Examples
    --------
    >>> given({"seed": 0, "log": None})
    {'seed': 0}
    """
    return {name: value for name, value in written.items() if value is not None or name not in if_given(Plan)}


def _digest(stored: Any) -> str | None:
    try:
        return digest(stored)
    except ValueError:  # numbers that no plan holds
        return None


def _differences(old: Any, new: Any, path: str = "") -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted(old.keys() | new.keys()):
            found += _differences(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}.{key}" if path else key)
        return found
    return [] if old == new else [path]
