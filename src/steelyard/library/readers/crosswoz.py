"""CrossWOZ: what user and system say in Chinese, and the dialogue acts of each utterance."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from steelyard.library.recipe import Contents

SPLITS = {"test.json.zip": "test", "val.json.zip": "validation"}
ROLES = {"usr": "user", "sys": "system"}


def read(files: Mapping[str, Path]) -> Contents:
    """Return the utterances with their dialogue acts, each an intent, a domain, a slot and a value."""
    import pyarrow as pa

    rows = [
        (f"{dialogue}-{turn:02d}", said["content"], said["dialog_act"], split, dialogue, ROLES[said["role"]])
        for name, split in SPLITS.items()
        for dialogue, messages in _dialogues(files[name], name.removesuffix(".zip"))
        for turn, said in enumerate(messages)
    ]
    ids, texts, acts, splits, dialogues, roles = zip(*rows, strict=True)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(texts),
                "reference": pa.array(acts, pa.list_(pa.list_(pa.string()))),
                "split": pa.array(splits),
                "dialogue": pa.array(dialogues),
                "role": pa.array(roles),
            }
        )
    )


def _dialogues(path: Path, inside: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with zipfile.ZipFile(path) as archive, archive.open(inside) as file:
        for name, dialogue in json.load(file).items():
            yield name, dialogue["messages"]
