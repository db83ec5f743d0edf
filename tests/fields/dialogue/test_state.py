"""States of dialogues: a table made by hand, and the published accuracy of CrossWOZ's own rule."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard import fields
from steelyard.core.sample import Records, Samples
from steelyard.library import recipe
from steelyard.stats.estimate import estimate


def value(name: str, wanted: list[Any], said: list[Any]) -> float | None:
    indicator, positions = fields.find("dialogue.state").indicator(name), np.arange(len(wanted))
    rows = indicator.rows(
        Samples(wanted, positions, positions[:, None]), Records(said, np.zeros(len(said)), [None] * len(said))
    )
    return estimate(indicator, [rows], len(wanted), 0.95).value


A, B, C = ["price", "low"], ["area", "north"], ["food", "duck"]
# Wanted, said, whether the turn is right, slots that are right, wanted and said.
BY_HAND: list[tuple[list[Any], list[Any] | None, bool, tuple[int, int, int]]] = [
    ([], [], True, (0, 0, 0)),
    ([A], [A], True, (1, 1, 1)),
    ([A, B], [B, A], True, (2, 2, 2)),  # the order does not count
    ([A, B], [A], False, (1, 2, 1)),  # forgotten
    ([A], [A, B], False, (1, 1, 2)),  # never said
    ([A], [["price", "Low"]], False, (0, 1, 1)),  # to the letter
    ([], [A], False, (0, 0, 1)),
    ([A, C], None, False, (0, 2, 3)),  # no answer: all missed, and one more made up than there are
]


def test_a_table_made_by_hand() -> None:
    wanted, said, right, counts = (list(column) for column in zip(*BY_HAND, strict=True))
    assert value("joint_goal_accuracy", wanted, said) == pytest.approx(sum(right) / len(right))
    hits, there, answered = np.sum(counts, axis=0)
    assert value("state_f1", wanted, said) == pytest.approx(2 * hits / (there + answered))
    for one, other, correct, _ in BY_HAND:
        assert value("joint_goal_accuracy", [one], [other]) == float(correct)


# Q. Zhu et al., CrossWOZ, TACL 2020, table of results, "RuleDST": joint state accuracy, %.
PUBLISHED = {
    "single domain": 84.17,
    "several domains": 78.17,
    "several domains and traffic": 81.93,
    "linked domains": 63.38,
    "linked domains and traffic": 67.86,
    "all": 71.33,
}


def test_crosswoz_s_rule_is_as_accurate_as_published(mirror: Path) -> None:  # noqa: ARG001
    made = recipe.contents(recipe.read("crosswoz-states-zh"))
    said = {row["id"]: row["output"] for row in made.answers["rule"].to_pylist()}
    turns: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in made.samples.to_pylist():
        if row["split"] == "test":
            turns[row["goal"]].append(row)
            turns["all"].append(row)
    for goal, rows in turns.items():
        found = value("joint_goal_accuracy", [row["reference"] for row in rows], [said[row["id"]] for row in rows])
        assert found is not None
        assert round(100 * found, 2) == PUBLISHED[goal], goal
    assert turns.keys() == PUBLISHED.keys()
