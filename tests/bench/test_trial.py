"""What is judged on what: the choice is stated, or the call is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.api import prepare_run
from steelyard.core.errors import SteelyardError
from steelyard.products import open_product

MEDICAL = "miit-2017-315#medical"


@pytest.fixture
def product(tmp_path: Path) -> str:
    (tmp_path / "model.py").write_text("def call(numbers):\n    return 'positive'\n")
    return f"python:{tmp_path / 'model.py'}:call"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("miit-2017-315#drone.gimbal", "there is no method drone.gimbal_stability yet"),
        ("miit-2017-315#speech.far_field", "there is no condition far_field"),
        ("miit-2017-315#drone.gimbals", "Did you mean drone.gimbal"),
        ("miit-2017-316#medical", "Did you mean miit-2017-315"),
        ("#medical", "There is no specification"),
        ("miit-2017-315#speech.recognition", "no set in the library has inputs"),
        ("miit-2017-315", "more than one clause can be tested here"),
    ],
)
def test_clauses_that_are_refused(spec: str, says: str, product: str) -> None:
    with pytest.raises(SteelyardError, match=says) as caught:
        prepare_run(spec, product)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"reading": "lesion"}, "there is no method medical.lesions yet"),
        ({"reading": "patients"}, "Did you mean patient"),
        ({"test_set": "wdbcs"}, "Did you mean wdbc"),
        ({"limit": 0}, "at least one sample"),
        ({"attempt": 0}, "attempts are counted from 1"),
    ],
)
def test_choices_that_are_refused(choice: dict[str, object], says: str, product: str) -> None:
    with pytest.raises(SteelyardError, match=says) as caught:
        prepare_run(MEDICAL, product, **choice)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2


def test_the_first_reading_that_the_set_supports_decides(product: str) -> None:
    trial = prepare_run(MEDICAL, product).trial
    assert [reading.name for reading in trial.readings] == ["patient"]
    assert trial.test_set.card.name == "wdbc"
    assert (trial.plan.samples, trial.plan.split) == (189, "test")


def test_the_set_tells_the_clause(product: str) -> None:
    assert prepare_run("miit-2017-315", product, test_set="wdbc").trial.plan.clause.name == "medical"


def test_a_set_without_what_the_reading_needs_is_refused(product: str, write_set: Callable[..., Path]) -> None:
    folder = write_set(["positive"], groups={})
    with pytest.raises(SteelyardError, match="does not name each"):
        prepare_run(MEDICAL, product, test_set=str(folder))


def test_a_set_of_another_input_is_refused(product: str, write_set: Callable[..., Path]) -> None:
    folder = write_set(["positive"], methods=("speech.recognition",))
    with pytest.raises(SteelyardError, match=r"does not support medical\.diagnosis"):
        prepare_run(MEDICAL, product, test_set=str(folder))


def test_the_plan_is_the_same_on_every_call_and_hangs_on_every_choice(product: str, tmp_path: Path) -> None:
    digests = [
        prepare_run(MEDICAL, product, **changes).trial.plan.digest  # type: ignore[arg-type]
        for changes in ({}, {}, {"limit": 20}, {"seed": 1}, {"attempt": 2})
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4
    (tmp_path / "model.py").write_text("def call(numbers):\n    return 'negative'\n")
    assert prepare_run(MEDICAL, product).trial.plan.digest not in digests


def test_at_assurance_a_each_attempt_has_its_share_of_the_risk(product: str) -> None:
    watched = replace(open_product(product), assurance="A")
    with pytest.raises(SteelyardError, match="earlier attempts must be known"):
        prepare_run(MEDICAL, watched)
    confidences = [
        prepare_run(MEDICAL, watched, attempt=attempt).trial.plan.decision.confidence for attempt in (1, 2, 3)
    ]
    assert confidences == pytest.approx([0.975, 0.9875, 0.99375])
    declared = prepare_run(MEDICAL, product, attempt=3).trial.plan
    assert declared.decision.confidence == 0.95
    assert declared.attempts.en == "attempt 3, as declared"
    assert prepare_run(MEDICAL, product).trial.plan.attempts.en == "earlier attempts unknown"


def test_a_limit_draws_by_the_seed(product: str) -> None:
    drawn = [prepare_run(MEDICAL, product, limit=20, seed=seed).trial.positions.tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 20
    assert set(drawn[0]) <= set(prepare_run(MEDICAL, product).trial.positions.tolist())


def test_another_plan_in_the_same_folder_is_refused_and_nothing_is_lost(product: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare_run(MEDICAL, product, out=out).perform()
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(SteelyardError, match=r"it differs in: limit, samples, seed\.") as caught:
        prepare_run(MEDICAL, product, out=out, limit=5, seed=3).perform()
    assert caught.value.exit_code == 2
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
