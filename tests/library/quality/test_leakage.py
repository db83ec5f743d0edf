"""What stands in two splits, or in two sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.core.words import Words
from steelyard.library.quality import examine
from steelyard.library.stored_set import StoredSet

TEXT = {"type": "text"}
PATIENTS = {"patient": Words("patients", "受检者")}
LONG = "the price of rice at the river market is weighed by the old steelyard"


@settings(max_examples=20)
@given(values=st.lists(st.integers(0, 5), min_size=4, max_size=20), data=st.data())
def test_leaks_are_what_stands_in_both(
    values: list[int], data: st.DataObject, made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    split = data.draw(st.lists(st.sampled_from(["test", "training"]), min_size=len(values), max_size=len(values)))
    split[:2] = ["test", "training"]
    stored = made({"input": [f"input {value}" for value in values], "split": split}, input=TEXT)
    in_both = {value for value, part in zip(values, split, strict=True) if part == "test"} & {
        value for value, part in zip(values, split, strict=True) if part == "training"
    }
    findings = found(stored, "leakage")
    assert len(findings["exact"].samples if "exact" in findings else ()) == len(in_both)


def test_a_near_copy_of_a_copy_leaks(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    inputs = [LONG, LONG + "!", LONG + "!", "something else altogether"]
    stored = made({"input": inputs, "split": ["training", "training", "test", "test"]}, input=TEXT)
    findings = found(stored, "leakage")
    assert [set(group.ids) for group in findings["near"].samples] == [{"s0", "s2"}]
    assert [set(group.ids) for group in findings["exact"].samples] == [{"s1", "s2"}]


def test_a_unit_in_two_splits(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    stored = made({"patient": ["a", "b", "a", "c"], "split": ["test", "test", "training", "training"]}, units=PATIENTS)
    finding = found(stored, "leakage")["unit.patient"]
    assert [group.ids for group in finding.samples] == [("a",)]
    assert finding.figures["of"] == 3


def test_another_set(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    stored = made({"input": [LONG, "only here"]}, input=TEXT)
    other = made({"input": ["only there", LONG.upper(), "only here"]}, input=TEXT, name="theirs")
    findings = found(stored, "leakage", against=other)
    assert [group.ids for group in findings["exact"].samples] == [("s1", "theirs@1: s2")]
    assert [group.ids for group in findings["near"].samples] == [("s0", "theirs@1: s1")]


def test_another_kind_of_inputs_is_said(made: Callable[..., StoredSet]) -> None:
    stored = made({"input": ["a"], "split": ["test"]}, input=TEXT)
    other = made({"input": pa.array([[1.0]], pa.list_(pa.float64()))}, input={"type": "features"})
    outcome = examine(stored, only=["leakage"], against=other).outcomes["leakage"]
    assert outcome.not_applicable is not None or outcome.notes


def test_a_leak_that_spares_the_test_weighs_less(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    split = ["training", "validation", "test"]
    stored = made({"input": ["a", "a", "b"], "split": split}, input=TEXT)
    assert found(stored, "leakage")["exact"].severity.value == "warning"
    stored = made({"input": ["a", "b", "a"], "split": split}, input=TEXT)
    assert found(stored, "leakage")["exact"].severity.value == "serious"
