"""Specifications: clauses as data, with the original words and the readings that make them requirements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from steelyard.core.errors import UnknownName
from steelyard.core.words import Words


class Kind(Enum):
    """What kind of statement a requirement makes."""

    SAMPLE = "sample"
    """About a population of which the set is a sample: judged by bounds."""
    CENSUS = "census"
    """About the listed items themselves: no sampling interval."""
    ZERO_TOLERANCE = "zero_tolerance"
    """One confirmed violation fails."""
    STATISTIC = "statistic"
    """An industry figure: tracked, no verdict on a product."""


@dataclass(frozen=True)
class Limit:
    """A comparison with a number: ``< 1 %``."""

    operator: str
    """One of ``<``, ``<=``, ``>``, ``>=``."""
    value: float
    """In the indicator's unit; percentages as shares."""
    unit: str
    text: str
    """As written in the specification."""

    def holds(self, value: float) -> bool:
        """Tell whether a value is within the limit; full, unrounded values are compared (GB/T 8170).

        Examples
        --------
        >>> Limit("<", 0.01, "1", "< 1 %").holds(0.01)
        False
        """
        match self.operator:
            case "<":
                return value < self.value
            case "<=":
                return value <= self.value
            case ">":
                return value > self.value
            case _:
                return value >= self.value

    @property
    def upper(self) -> bool:
        """Whether it bounds from above."""
        return self.operator in ("<", "<=")


@dataclass(frozen=True)
class Requirement:
    """One indicator held against one limit."""

    name: str
    indicator: str
    limit: Limit
    kind: Kind = Kind.SAMPLE


@dataclass(frozen=True)
class Coverage:
    """Which groups a verdict on the clause must cover, and how many units each of them needs."""

    group: str
    at_least: int
    each: Mapping[str, int] = field(default_factory=dict)
    """``{"speaker": 20}``: the least number of units in each group."""


@dataclass(frozen=True)
class Reading:
    """How a clause's words became requirements, and why."""

    name: str
    because: Words
    method: str | None
    """None: nothing is measured on a product (an industry figure)."""
    options: Mapping[str, Any]
    requirements: tuple[Requirement, ...]
    primary: bool = True
    cluster: str | None = None
    """The unit that is resampled; None: every sample by itself."""
    every: str | None = None
    """Each group of this name must hold by itself."""
    mean_over: Coverage | None = None
    """The unweighted mean over these groups is judged."""
    cover: Coverage | None = None
    """These groups must be covered; rows are pooled over them."""
    under: str | None = None
    """The condition; None: reference conditions."""
    claim: Words | None = None
    """What a positive verdict may say at most."""
    line: int = 0

    @property
    def coverage(self) -> Coverage | None:
        """What a verdict on the clause must cover."""
        return self.mean_over or self.cover


@dataclass(frozen=True)
class Clause:
    """A passage of a document that sets a target."""

    name: str
    where: str
    words: str
    meaning: Words
    axis: str
    """``intelligence``, ``reliability``, ``security`` or ``supply``."""
    binding: str
    """``hard``, or ``soft`` (reported, never failed)."""
    silent_on: tuple[Words, ...]
    readings: tuple[Reading, ...]
    remark: Words | None = None
    line: int = 0

    def reading(self, name: str) -> Reading:
        """Return the reading of this name, or raise `UnknownName`."""
        for reading in self.readings:
            if reading.name == name:
                return reading
        kind = Words(f"reading of clause {self.name}", f"条款 {self.name} 解读")
        raise UnknownName(kind, name, [reading.name for reading in self.readings])


class Rule(Enum):
    """How bounds become verdicts (JCGM 106:2012, clause 8)."""

    GUARDED = "guarded"
    """Guarded acceptance and guarded rejection: a bound must be beyond the limit, on either side."""
    SIMPLE = "simple"
    """Simple acceptance: the value itself is compared."""

    @property
    def words(self) -> Words:
        """The rule in both languages."""
        if self is Rule.GUARDED:
            return Words("guarded acceptance and guarded rejection", "保护带接受与保护带拒绝")
        return Words("simple acceptance", "简单接受")


@dataclass(frozen=True)
class Decision:
    """The rule that turns bounds into verdicts."""

    rule: Rule = Rule.GUARDED
    confidence: float = 0.95
    """Of each one-sided bound."""

    @property
    def risk(self) -> Words:
        """What the rule promises of a product that lies just at the limit."""
        if self.rule is Rule.GUARDED:
            alpha = f"{(1.0 - self.confidence) * 100:.3g} %"
            return Words(
                f"probability of false acceptance at the limit ≤ {alpha}", f"恰在限值处时误判合格的概率 ≤ {alpha}"
            )
        return Words(
            "of products just at the limit about one in two is accepted", "恰在限值处的产品约有一半会被判为合格"
        )


@dataclass(frozen=True)
class Specification:
    """A document's targets, clause by clause."""

    name: str
    edition: str
    document: str
    title: Words
    source: str
    decision: Decision
    clauses: tuple[Clause, ...]
    digest: str
    """Of the file's bytes."""
    path: str

    def clause(self, name: str) -> Clause:
        """Return the clause of this name, or raise `UnknownName`."""
        for clause in self.clauses:
            if clause.name == name:
                return clause
        kind = Words(f"clause of {self.name}", f"{self.name} 条款")
        raise UnknownName(kind, name, [clause.name for clause in self.clauses])
