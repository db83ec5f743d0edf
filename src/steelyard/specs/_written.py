"""What a specification's YAML may hold: unknown keys are errors, and a plain string stands for both languages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from steelyard.core.specification import Kind, Rule


class Strict(BaseModel):
    """What holds for all: no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Both(Strict):
    """Words in both languages."""

    en: str
    zh: str


def _both(value: Any) -> Any:
    return {"en": value, "zh": value} if isinstance(value, str) else value


Bilingual = Annotated[Both, BeforeValidator(_both)]


class WrittenLimit(Strict):
    """A requirement: a limit, and what kind of statement it makes."""

    limit: str
    kind: Kind = Kind.SAMPLE


def _limit(value: Any) -> Any:
    return {"limit": value} if isinstance(value, str) else value


class WrittenCoverage(Strict):
    """Groups that must be covered."""

    group: str
    at_least: int = Field(ge=1)
    each: dict[str, Annotated[int, Field(ge=1)]] = {}


class WrittenReading(Strict):
    """How the words became requirements."""

    because: Bilingual
    method: str | None = None
    options: dict[str, str | int | float | bool] = Field(default={}, alias="with")
    primary: bool = True
    cluster: str | None = None
    every: str | None = None
    mean_over: WrittenCoverage | None = None
    cover: WrittenCoverage | None = None
    under: str | None = None
    claim: Bilingual | None = None
    require: dict[str, Annotated[WrittenLimit, BeforeValidator(_limit)]] = {}


class WrittenClause(Strict):
    """A passage that sets a target."""

    where: str
    words: str
    meaning: Bilingual
    axis: Literal["intelligence", "reliability", "security", "supply"]
    binding: Literal["hard", "soft"] = "hard"
    silent_on: tuple[Bilingual, ...] = ()
    remark: Bilingual | None = None
    readings: dict[str, WrittenReading] = {}


class WrittenDecision(Strict):
    """The decision rule."""

    rule: Rule = Rule.GUARDED
    confidence: float = Field(default=0.95, gt=0.5, lt=1.0)


class WrittenSpecification(Strict):
    """A whole file."""

    specification: str
    edition: str
    document: str
    title: Bilingual
    source: str = ""
    decision: WrittenDecision = WrittenDecision()
    clauses: dict[str, WrittenClause] = Field(min_length=1)
