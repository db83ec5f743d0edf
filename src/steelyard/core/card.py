"""What a test set says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.core.words import Words


@dataclass(frozen=True)
class Card:
    """The card of a test set: what it is, where it comes from, and how far its answers can be trusted."""

    name: str
    version: str
    title: Words
    licence: str
    """SPDX identifier."""
    source: str
    """Where the original stands."""
    citation: str
    methods: tuple[str, ...]
    """Methods that the set can test."""
    reference: Words
    """How the reference answers were made, by whom, and what is known of their errors."""
    raters: int | None = None
    """How many people judged each sample; None: not stated."""
    adjudication: Words | None = None
    """How they came to agree where they differed."""
    reference_error: float | None = None
    """The greatest share of reference answers that may be wrong, as the makers state it; None: not stated."""
    input: Mapping[str, Any] | None = None
    """Declaration of the inputs' data type; None: recorded answers only."""
    splits: Mapping[str, int] = field(default_factory=dict)
    """Number of samples in each split; a run uses ``test``."""
    split_rule: Words | None = None
    groups: Mapping[str, Words] = field(default_factory=dict)
    """Columns that are reported apart."""
    units: Mapping[str, Words] = field(default_factory=dict)
    """Columns of units that are resampled, with their plural for readers."""
    values: Mapping[str, Words] = field(default_factory=dict)
    """Names of group values for readers."""
    scope: Words | None = None
    """What a verdict from this set may and may not speak of."""
    answers: Mapping[str, Words] = field(default_factory=dict)
    """Recorded answers of products that come with the set."""
    answers_digest: Mapping[str, str] = field(default_factory=dict)
    """Of the content of each product's recorded answers."""
    samples: int = 0
    digest: str = ""
    """Of the samples' content: independent of file format and library versions."""

    def named(self, value: str) -> Words:
        """Return the name of a group's value for readers."""
        return self.values.get(value, Words(value, value))

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"
