"""Reference products that understand text: what they say of real utterances, and what they were trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard import fields
from steelyard.library.store import open_set
from steelyard.products import open_product
from steelyard.references import crosswoz_intents, nlupp_slots


def sampled(name: str, most: int) -> list[dict[str, Any]]:
    """Return so many test samples, evenly spread."""
    opened = open_set(name)
    rows = [row for batch in opened.batches(["input", "reference"]) for row in batch.to_pylist()]
    positions = opened.positions("test")
    return [rows[place] for place in positions[:: max(1, len(positions) // most)]]


@pytest.mark.parametrize("name", ["banking77_intents", "clinc150_intents", "crosswoz_intents", "nlupp_slots"])
def test_their_cards_say_what_they_were_trained_on_and_no_test_part(name: str) -> None:
    card = open_product(f"reference:{name}").card
    assert card is not None
    assert card.trained_on
    assert not any(each.endswith("#test") or "#" not in each for each in card.trained_on)


def test_chinese_intents(mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    product, output = crosswoz_intents.Product(), fields.find("dialogue.intent").output
    rows = sampled("crosswoz-intents-zh", 400)
    said = [output.decode(product(row["input"])) for row in rows]
    right = np.mean([one["intent"] == row["reference"] for one, row in zip(said, rows, strict=True)])
    assert 0.75 < right < 0.92
    for one in said:
        assert (one["intent"] == "oos") == (one["out_of_scope"] > 0.5), "0.5 is where the answer changes"


def test_slots_lie_in_the_text(mirror: Path) -> None:  # noqa: ARG001
    product, output = nlupp_slots.Product(), fields.find("dialogue.slots").output
    rows = sampled("nlupp-slots-en", 60)
    hits = 0
    for row in rows:
        slots = output.decode(product(row["input"]))
        assert all(int(end) <= len(row["input"]) for _, _, end in slots)
        hits += len(set(map(tuple, slots)) & set(map(tuple, row["reference"])))
    assert hits > 5
    assert product("") == []
