"""Sets to plant faults into, written without the checks of ``write_set``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.core.card import Card
from steelyard.core.words import Words
from steelyard.library.quality import Quality, examine
from steelyard.library.quality._check import Finding
from steelyard.library.stored_set import SAMPLES, StoredSet

WORDS = Words("made for this test", "为本测试而造")
CARD = Card(
    name="made",
    version="1",
    title=WORDS,
    licence="CC0-1.0",
    source="made",
    citation="made",
    methods=(),
    reference=WORDS,
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., StoredSet]:
    """Return a function that makes a set of columns, as wrong as they are; keyword arguments change the card."""

    def make(columns: dict[str, Any] | pa.Table, **changes: Any) -> StoredSet:
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        if "id" not in table.column_names:
            table = table.append_column("id", pa.array([f"s{row}" for row in range(table.num_rows)]))
        if "reference" not in table.column_names:
            table = table.append_column("reference", pa.array(["same"] * table.num_rows))
        splits = {"test": table.num_rows}
        if "split" in table.column_names:
            splits = {each["values"]: each["counts"] for each in table["split"].value_counts().to_pylist()}
        folder: Path = tmp_path_factory.mktemp("set")
        pq.write_table(table, folder / SAMPLES)
        card = replace(CARD, samples=table.num_rows, splits=splits)
        return StoredSet(replace(card, **changes), folder)

    return make


@pytest.fixture(scope="session")
def found() -> Callable[..., dict[str, Finding]]:
    """Return a function that runs one check and gives its findings by kind."""

    def find(stored: StoredSet, check: str, **settings: Any) -> dict[str, Finding]:
        quality: Quality = examine(stored, only=[check], **settings)
        return {finding.kind: finding for finding in quality.outcomes[check].findings}

    return find
