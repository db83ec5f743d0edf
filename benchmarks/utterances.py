"""Makes utterances as text, of speakers and regions, and a recogniser's answers to them: what bundles are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from steelyard.core.card import Card
from steelyard.core.words import Words
from steelyard.library.writing import write_set

CHARACTERS, SPEAKERS, REGIONS = 12, 2_000, 8
WRONG = 0.04
"""Share of the answers that lack two characters."""
SPECIFICATION = """\
specification: utterances
edition: "1"
document: benchmark
title: benchmark
clauses:
  utterances:
    where: "1"
    words: 准确率95%
    meaning: benchmark
    axis: intelligence
    readings:
      characters:
        because: benchmark
        method: speech.recognition
        cluster: speaker
        require: {accuracy: character_accuracy > 95 %}
      sentences:
        because: benchmark
        method: speech.recognition
        cluster: speaker
        require: {accuracy: sentence_accuracy > 90 %}
"""


def write_utterances(folder: Path, samples: int) -> None:
    """Write ``set``, ``answers.jsonl`` and ``utterances.yaml``; a fifth of the set is not tested."""
    generator = np.random.Generator(np.random.Philox(samples))
    count = samples * 5 // 4
    split = np.where(generator.permutation(count) < samples, "test", "training")
    letters = generator.integers(0x4E00, 0x4E00 + 3000, (count, CHARACTERS), dtype=np.uint32)
    texts = np.frombuffer(letters.tobytes(), dtype=f"<U{CHARACTERS}")
    ids = np.char.add("utterance-", np.arange(count).astype(str))
    speakers = generator.integers(0, SPEAKERS, count)
    words = Words("made for benchmarks", "为测速而造")
    card = Card(
        name="utterances",
        version="1",
        title=words,
        licence="CC0-1.0",
        source="made",
        citation="made",
        methods=("speech.recognition",),
        reference=words,
        groups={"region": Words("regions", "地区")},
        units={"speaker": Words("speakers", "说话人")},
    )
    columns = {"id": ids, "reference": texts, "split": split}
    columns["speaker"] = np.char.add("speaker-", speakers.astype(str))
    columns["region"] = np.char.add("region-", (speakers % REGIONS).astype(str))
    write_set(folder / "set", card, pa.table(columns))
    wrong = generator.random(count) < WRONG
    with (folder / "answers.jsonl").open("wb") as file:
        for name, text, misheard, part in zip(*map(np.ndarray.tolist, (ids, texts, wrong, split)), strict=True):
            if part == "test":
                line = {"id": name, "output": text[:-2] if misheard else text}
                file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    (folder / "utterances.yaml").write_text(SPECIFICATION, "utf-8")
