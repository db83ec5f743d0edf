"""Recorded answers: what does not fit the set is refused; what is no usable answer counts against the product."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import steelyard
from steelyard import fields
from steelyard.bench.handshake import shake_hands
from steelyard.core.errors import SteelyardError
from steelyard.data.features import Features
from steelyard.products import open_product

REFERENCES = ["positive", "negative"] * 20
SPEC = "miit-2017-315#medical"


def recorded(path: Path, answers: Sequence[tuple[Any, Any]]) -> str:
    path.write_text("".join(json.dumps({"id": name, "output": output}) + "\n" for name, output in answers), "utf-8")
    return f"outputs:{path}"


def right() -> list[tuple[Any, Any]]:
    return [(f"sample-{number}", reference) for number, reference in enumerate(REFERENCES)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda answers: [*answers, answers[3]], "'sample-3' is answered twice"),
        (lambda answers: [*answers, ("sample-x", "positive")], "are for no sample of made@1: 'sample-x'"),
        (lambda answers: [(7, "positive"), *answers], "the id 7 is not text"),
    ],
)
def test_mismatched_ids(
    change: Callable[[Any], Any], says: str, tmp_path: Path, write_set: Callable[..., Path]
) -> None:
    product = recorded(tmp_path / "answers.jsonl", change(right()))
    out = tmp_path / "out"
    with pytest.raises(SteelyardError, match=says) as caught:
        steelyard.run(SPEC, product, test_set=str(write_set(REFERENCES)), out=out)
    assert caught.value.exit_code == 12
    assert not out.exists()


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        '{"id": "sample-0", "output": "positive", "id": "sample-1"}',
        '{"id": "sample-0"}',
        '{"output": 1}',
    ],
)
def test_lines_that_cannot_be_read(line: str, tmp_path: Path, write_set: Callable[..., Path]) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(SteelyardError, match=r"answers.jsonl:1 cannot be read") as caught:
        steelyard.run(SPEC, f"outputs:{path}", test_set=str(write_set(REFERENCES)), out=tmp_path / "out")
    assert caught.value.exit_code == 12


@pytest.mark.parametrize(
    ("answer", "error", "first"),
    [
        (3, "malformed", "expected one of"),
        (float("nan"), "malformed", "expected one of"),
        (float("inf"), "malformed", "expected one of"),
        (None, "malformed", "got null"),
        (["positive"], "malformed", "got an array"),
        ("Positive", "malformed", "did you mean 'positive'?"),
    ],
)
def test_answers_of_the_wrong_type_count_against_the_product(
    answer: Any, error: str, first: str, tmp_path: Path, write_set: Callable[..., Path]
) -> None:
    answers = right()
    answers[0] = ("sample-0", answer)
    product = recorded(tmp_path / "answers.jsonl", answers)
    report = steelyard.run(SPEC, product, test_set=str(write_set(REFERENCES)), out=tmp_path / "out")
    assert [(failure.fault, failure.count) for failure in report.failures] == [(error, 1)]
    assert first in report.failures[0].first.en
    assert report.counts["missed"] == 1
    assert report.answered == len(REFERENCES) - 1


def test_missing_answers_are_no_answers(tmp_path: Path, write_set: Callable[..., Path]) -> None:
    product = recorded(tmp_path / "answers.jsonl", right()[2:])
    report = steelyard.run(SPEC, product, test_set=str(write_set(REFERENCES)), out=tmp_path / "out")
    assert [(failure.fault, failure.count) for failure in report.failures] == [("missing", 2)]
    assert (report.counts["missed"], report.counts["false_alarms"]) == (1, 1)
    assert report.plan.assurance == "C"
    assert any("nobody watched" in words.en for words in report.non_claims)


def test_inputs_are_not_read_where_answers_are_only_looked_up(
    tmp_path: Path, write_set: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(self: Features, stored: Any) -> None:  # noqa: ARG001
        raise AssertionError("an input was unpacked")

    test_set, product = str(write_set(REFERENCES)), recorded(tmp_path / "answers.jsonl", right())
    whole = steelyard.run(SPEC, product, test_set=test_set, out=tmp_path / "whole")
    monkeypatch.setattr(Features, "load", load)
    for workers in (1, 2):
        report = steelyard.run(SPEC, product, test_set=test_set, out=tmp_path / str(workers), workers=workers)
        assert report.findings == whole.findings
    assert steelyard.run(SPEC, product, test_set=test_set, out=tmp_path / "s", sequential=True).plan.sequential
    assert shake_hands(open_product(product), fields.find("medical.diagnosis"), test_set).usable
