"""Makes the texts that no-op products copy: a set for Steelyard, and JSON lines of the same for the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from steelyard.core.card import Card
from steelyard.core.words import Words
from steelyard.library.writing import write_set

CHARACTERS = 12
WRITERS = 500


def write_texts(folder: Path, samples: int) -> None:
    """Write a store with the set ``texts@1``, and ``texts.jsonl``, the same whenever and wherever they are made.

    A laboratory's set stands in its store, where opening it hashes the file and not each row anew.
    """
    generator = np.random.Generator(np.random.Philox(samples))
    letters = generator.integers(0x4E00, 0x4E00 + 3000, (samples, CHARACTERS), dtype=np.uint32)
    texts = np.frombuffer(letters.tobytes(), dtype=f"<U{CHARACTERS}")
    ids = np.char.add("text-", np.arange(samples).astype(str))
    writers = np.char.add("writer-", (np.arange(samples) % WRITERS).astype(str))
    words = Words("made for benchmarks", "为测速而造")
    card = Card(
        name="texts",
        version="1",
        title=words,
        licence="CC0-1.0",
        source="made",
        citation="made",
        methods=("text.copying",),
        reference=words,
        input={"type": "text"},
        units={"writer": Words("writers", "作者")},
    )
    write_set(
        folder / "sets" / card.label, card, pa.table({"id": ids, "input": texts, "reference": texts, "writer": writers})
    )
    with (folder / "texts.jsonl").open("wb") as file:
        for name, text in zip(ids.tolist(), texts.tolist(), strict=True):
            line = {"id": name, "input": text, "target": text}
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
