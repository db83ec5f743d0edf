"""A set's card as a file beside its samples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steelyard.core.canonical import plain
from steelyard.core.card import Card
from steelyard.core.errors import SetError
from steelyard.core.words import Words

CARD = "card.json"
WORDS = {"title", "reference", "adjudication", "split_rule", "scope"}
NAMED = {"groups", "units", "values", "answers"}
"""Names for readers."""


def read_card(folder: Path) -> Card:
    """Return the card of the set in a folder.

    Raises
    ------
    SetError
        Where it is not there, or is no card.
    """
    where = folder / CARD
    try:
        written = json.loads(where.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _no_card(where, error) from None
    return card_of(written, where)


def card_of(written: Mapping[str, Any], where: Path) -> Card:
    """Return the card that was written as plain data; ``where`` is named in the error.

    Raises
    ------
    SetError
        Where it is no card.
    """
    try:
        read = dict(written)
        for key in WORDS & read.keys():
            read[key] = read[key] and Words(**read[key])
        for key in NAMED & read.keys():
            read[key] = {name: Words(**value) for name, value in read[key].items()}
        return Card(**read | {"methods": tuple(read["methods"])})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_card(where, error) from None


def _no_card(where: Path, error: Exception) -> SetError:
    return SetError(
        Words(f"cannot read the card {where}: {error}", f"无法读取卡片 {where}：{error}"),
        Words(
            "Restore it, or write the set anew: docs/own-sets.md.", "请恢复该文件，或重新写出数据集：docs/own-sets.md。"
        ),
    )


def write_card(folder: Path, card: Card) -> None:
    """Write a card into the folder of its set."""
    (folder / CARD).write_text(json.dumps(plain(card), ensure_ascii=False, indent=2) + "\n", "utf-8")
