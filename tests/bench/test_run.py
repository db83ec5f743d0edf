"""Conversations of one turn are held many together, those of several a batch at a time; of large inputs few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.api import prepare_run
from steelyard.bench.run import AHEAD, _together
from steelyard.bench.trial import Trial
from steelyard.core.method import Conversation
from steelyard.core.sample import Sample


@pytest.fixture
def trial(write_set: Callable[..., Path], program: Callable[[str], str], tmp_path: Path) -> Trial:
    folder = write_set(["positive", "negative"] * 300)
    return prepare_run("miit-2017-315#medical", program("pass"), test_set=str(folder), out=tmp_path / "out").trial


def twice(sample: Sample) -> Conversation:
    yield sample.input
    return (yield sample.input)


def test_one_turn_goes_ahead_of_the_batch(trial: Trial) -> None:
    assert _together(trial) == trial.plan.batch * AHEAD


def test_several_turns_move_a_batch_at_a_time(trial: Trial) -> None:
    method = replace(trial.method, ask=twice)
    assert _together(replace(trial, methods=(method,))) == trial.plan.batch


@pytest.mark.parametrize(("most_bytes", "together"), [(4_000, (65, 600)), (100, (64, 64))])
def test_large_inputs_are_fewer(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, most_bytes: int, together: tuple[int, int]
) -> None:
    monkeypatch.setattr("steelyard.library._batches.MOST_BYTES", most_bytes)
    low, high = together
    assert low <= _together(trial) <= high
    assert sum(len(batch) for batch in trial.test_set.batches(["input"])) == 600
    assert max(len(batch) for batch in trial.test_set.batches(["input"])) < 600
