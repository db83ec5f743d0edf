"""A plan is locked by its digest, and never changed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from steelyard.core.canonical import digest
from steelyard.core.errors import PlanMismatch
from steelyard.core.plan import Plan
from steelyard.core.product import Identity, Limits
from steelyard.core.specification import Clause, Decision, Limit, Reading, Requirement
from steelyard.core.words import Words

LIMIT = Limit("<", 0.01, "1", "< 1 %")
CLAUSE = Clause(
    name="medical",
    where="1",
    words="…",
    meaning=Words("m", "义"),
    axis="intelligence",
    binding="hard",
    silent_on=(),
    readings=(
        Reading(
            "patients", Words("b", "因"), "medical.diagnosis", {}, (Requirement("m", "false_negative_rate", LIMIT),)
        ),
    ),
)
PLAN = Plan(
    specification="s@1",
    specification_digest="sha256:0",
    clause=CLAUSE,
    method="medical.diagnosis",
    method_version="1",
    product=Identity("cmd:./x", "digest", "sha256:1", Words("c", "含")),
    assurance="B",
    test_set="wdbc@1",
    test_set_digest="sha256:2",
    test_set_card="sha256:3",
    split="test",
    samples=189,
    limit=None,
    statistics="steelyard/statistics/1",
    decision=Decision(),
    seed=0,
)


def written(plan: Plan) -> Any:
    return json.loads(json.dumps(plan.document()))


def test_the_same_plan_is_the_same_after_a_round_trip() -> None:
    PLAN.check_same(written(PLAN), "plan.json")


READING = replace(CLAUSE.readings[0], requirements=(replace(CLAUSE.readings[0].requirements[0], name="n"),))


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (replace(PLAN, seed=1), "seed"),
        (replace(PLAN, test_set="w@2", test_set_card="sha256:4"), "test_set, test_set_card"),
        (replace(PLAN, limits=Limits(answer_seconds=1.0)), "limits.answer_seconds"),
        (replace(PLAN, product=replace(PLAN.product, digest=None)), "product.digest"),
        (replace(PLAN, clause=replace(CLAUSE, readings=(READING,))), "clause.readings"),
        (replace(PLAN, limit=5), "limit"),
    ],
)
def test_another_plan_is_refused_with_what_differs(other: Plan, differs: str) -> None:
    assert other.digest != PLAN.digest
    with pytest.raises(PlanMismatch) as caught:
        PLAN.check_same(written(other), "out/plan.json")
    assert str(caught.value.what) == f"out/plan.json locks another plan; it differs in: {differs}."
    assert "--out" in str(caught.value.remedy)


def without(document: Any, key: str) -> Any:
    return {name: value for name, value in document.items() if name != key}


DOCUMENT = written(PLAN)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        without(DOCUMENT, "digest"),
        without(DOCUMENT, "plan"),
        DOCUMENT | {"plan": DOCUMENT["plan"] | {"seed": 1}},  # edited after it was locked
        DOCUMENT | {"plan": DOCUMENT["plan"] | {"seed": float("nan")}},  # Python's JSON reads NaN
        DOCUMENT | {"plan": DOCUMENT["plan"] | {"seed": 10**20}},  # nor does a digest take such a number
    ],
)
def test_what_is_no_locked_plan_is_refused(document: Any) -> None:
    with pytest.raises(PlanMismatch, match=r"out/plan\.json is not a locked plan: its digest does not fit"):
        PLAN.check_same(document, "out/plan.json")


def test_a_plan_of_a_format_that_lacks_a_part_names_the_part() -> None:
    # "limit" is None here: a part that is absent is another thing than a part that holds nothing.
    older = without(DOCUMENT["plan"], "limit")
    with pytest.raises(PlanMismatch, match=r"it differs in: limit\."):
        PLAN.check_same({"digest": digest(older), "plan": older}, "plan.json")
