"""A set's card as a file beside its samples."""

from __future__ import annotations

import json
from pathlib import Path

from steelyard.core.canonical import plain
from steelyard.core.card import Card
from steelyard.core.errors import SetError
from steelyard.core.words import Words

CARD = "card.json"


def read_card(folder: Path) -> Card:
    """Return the card of the set in a folder.

    Raises
    ------
    SetError
        Where it is not there, or is no card.
    """
    try:
        written = json.loads((folder / CARD).read_text("utf-8"))
        words = {"title", "reference", "adjudication", "split_rule", "scope"}
        named = {"groups", "units", "values", "answers"}  # names for readers
        for key in words & written.keys():
            written[key] = written[key] and Words(**written[key])
        for key in named & written.keys():
            written[key] = {name: Words(**value) for name, value in written[key].items()}
        return Card(**written | {"methods": tuple(written["methods"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        where = folder / CARD
        raise SetError(Words(f"cannot read the card {where}: {error}", f"无法读取卡片 {where}：{error}")) from None


def write_card(folder: Path, card: Card) -> None:
    """Write a card into the folder of its set."""
    (folder / CARD).write_text(json.dumps(plain(card), ensure_ascii=False, indent=2) + "\n", "utf-8")
