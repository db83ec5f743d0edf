"""CrossWOZ: what users say in Chinese, each utterance with one intent; metro and taxi are out of scope."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from steelyard.library.recipe import Contents

SPLITS = {"test.json.zip": "test", "val.json.zip": "validation"}
OUTSIDE = "oos"
HELD_OUT = frozenset({"地铁", "出租"})
"""Domains that are held out: whoever serves restaurants, sights and hotels cannot call a taxi."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the users' utterances; those without any act are left out, as nobody said what is meant."""
    import pyarrow as pa

    rows = []
    for name, split in SPLITS.items():
        with zipfile.ZipFile(files[name]) as archive, archive.open(name.removesuffix(".zip")) as file:
            for dialogue, held in json.load(file).items():
                for turn, said in enumerate(held["messages"]):
                    if said["role"] == "usr" and said["dialog_act"]:
                        intent, outside = intent_of(said["dialog_act"])
                        rows.append((f"{dialogue}-{turn:02d}", said["content"], intent, split, dialogue, outside))
    ids, texts, intents, splits, dialogues, outside_ = zip(*rows, strict=True)
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "input": pa.array(texts),
                "reference": pa.array(intents),
                "split": pa.array(splits),
                "dialogue": pa.array(dialogues),
                "scope": pa.array(["out of scope" if each else "in scope" for each in outside_]),
            }
        )
    )


def intent_of(acts: Sequence[Sequence[str]]) -> tuple[str, bool]:
    """Return the intent of an utterance's dialogue acts, and whether it is out of scope.

    It is the set of all acts with their domains; greetings and thanks count only where there is nothing else.

    Examples
    --------
    >>> thanks = ["General", "thank", "none", "none"]
    >>> intent_of([thanks, ["Request", "餐馆", "名称", ""], ["Inform", "餐馆", "评分", "4.5分以上"]])
    ('Inform-餐馆+Request-餐馆', False)
    >>> intent_of([thanks])
    ('General', False)
    >>> intent_of([["Request", "地铁", "出发地附近地铁站", ""]])
    ('oos', True)
    """
    named = {(act, domain) for act, domain, *_ in acts if act != "General"}
    if HELD_OUT & {domain for _, domain in named}:
        return OUTSIDE, True
    return "+".join(sorted(f"{act}-{domain}" for act, domain in named)) or "General", False
