"""The same input twice is always found, whatever it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.data.features import Features
from steelyard.data.image import Image
from steelyard.data.series import Series
from steelyard.data.text import Text
from steelyard.library.stored_set import StoredSet

KINDS = [Text(), Features(size=3), Image(channels=1), Audio(), Series(channels=2)]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_planted_copy_is_always_found(
    kind: Any, data: st.DataObject, made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    values = [kind.store(value) for value in data.draw(st.lists(kind.strategy(), min_size=1, max_size=6))]
    copied = data.draw(st.integers(0, len(values) - 1))
    stored = made({"input": pa.array([*values, values[copied]], kind.arrow())}, input=kind.declaration())
    groups = [set(group.ids) for group in found(stored, "duplicates")["repeat"].samples]
    assert any({f"s{copied}", f"s{len(values)}"} <= group for group in groups)


@pytest.mark.parametrize(
    ("inputs", "answers", "kinds"),
    [
        (["a", "b", "c"], ["1", "2", "3"], set()),
        (["a", "b", "a"], ["1", "2", "1"], {"repeat"}),
        (["a", "b", "a"], ["1", "2", "2"], {"contradiction"}),
        (["a", "b", "a", "b"], ["1", "2", "3", "2"], {"contradiction", "repeat"}),
        (["a", "a"], [["x", "y"], ["y", "x"]], {"repeat"}),  # several labels have no order
        (["a", "a"], [["x", "y"], ["x"]], {"contradiction"}),
    ],
)
def test_answers_decide_what_a_copy_is(
    inputs: list[str], answers: list[Any], kinds: set[str], made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    stored = made({"input": inputs, "reference": answers}, input={"type": "text"})
    assert set(found(stored, "duplicates")) == kinds


def test_an_answer_that_hangs_on_a_group_is_no_contradiction(
    made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    stored = made(
        {
            "input": ["one", "two"] * 2,
            "reference": ["eins", "zwei", "un", "deux"],
            "language": ["German"] * 2 + ["French"] * 2,
        },
        input={"type": "text"},
        groups={"language": Words("language", "语言")},
    )
    findings = found(stored, "duplicates")
    assert set(findings) == {"hangs_on_group"}
    assert "'language'" in findings["hangs_on_group"].what.en


def test_personal_data_in_answers_are_not_shown(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    stored = made({"input": ["a", "a"], "reference": ["13812345678", "x"]}, input={"type": "text"})
    assert "13812345678" not in found(stored, "duplicates")["contradiction"].samples[0].said.en
