"""Guarded acceptance and rejection: every operator, every position of the bounds, every kind."""

from __future__ import annotations

import pytest

from steelyard.core.specification import Decision, Kind, Limit, Rule
from steelyard.core.verdict import Estimate, Verdict
from steelyard.stats.decision import decide

C, N, U = Verdict.CONFORMS, Verdict.DOES_NOT_CONFORM, Verdict.UNDETERMINED
LIMIT = 0.5
BOUNDS = {"below": (0.1, 0.2), "up to": (0.1, 0.5), "across": (0.4, 0.6), "from": (0.5, 0.9), "above": (0.6, 0.9)}


def found(
    lower: float | None, upper: float | None, *, value: float | None = 0.5, events: float = 1, decisive: bool = True
) -> Estimate:
    return Estimate(value, lower, upper, 0.95, "made up", events, 10, 10, 10.0, decisive=decisive)


def limit(operator: str) -> Limit:
    return Limit(operator, LIMIT, "1", f"{operator} 50 %")


@pytest.mark.parametrize(
    ("operator", "verdicts"),
    [  # below, up to, across, from, above the limit; a bound on the limit itself is where < and <= part
        ("<", (C, U, U, N, N)),
        ("<=", (C, C, U, U, N)),
        (">", (N, N, U, U, C)),
        (">=", (N, U, U, C, C)),
    ],
)
def test_sample(operator: str, verdicts: tuple[Verdict, ...]) -> None:
    for (lower, upper), verdict in zip(BOUNDS.values(), verdicts, strict=True):
        assert decide(found(lower, upper), limit(operator))[0] is verdict


@pytest.mark.parametrize(
    ("operator", "verdicts"),
    [("<", (C, N, N)), ("<=", (C, C, N)), (">", (N, N, C)), (">=", (N, C, C))],  # below, at, above the limit
)
def test_simple_acceptance_compares_the_value(operator: str, verdicts: tuple[Verdict, ...]) -> None:
    for value, verdict in zip((0.4, 0.5, 0.6), verdicts, strict=True):
        for bounds in (BOUNDS["across"], (None, None)):
            decided, because = decide(found(*bounds, value=value), limit(operator), rule=Rule.SIMPLE)
            assert decided is verdict
            assert "simple acceptance" in because.en
    assert decide(found(None, None, value=None), limit(operator), rule=Rule.SIMPLE)[0] is U


def test_each_rule_says_what_it_risks() -> None:
    assert Decision().risk.en == "probability of false acceptance at the limit ≤ 5 %"
    assert Decision(confidence=0.975).risk.en == "probability of false acceptance at the limit ≤ 2.5 %"
    assert "one in two" in Decision(Rule.SIMPLE).risk.en


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize(
    ("kind", "estimate", "verdict"),
    [
        *(
            (kind, found(None, None, value=None), U) for kind in Kind
        ),  # nothing was counted: that is little evidence, not bad
        (Kind.SAMPLE, found(None, None), U),
        (Kind.SAMPLE, found(0.1, 0.2, decisive=False), U),  # too few units decide nothing, however clear they look
        (Kind.SAMPLE, found(0.6, 0.9, decisive=False), U),
        (Kind.ZERO_TOLERANCE, found(0.0, 0.2, events=1), N),  # one is one too many, whatever the bounds
        (Kind.ZERO_TOLERANCE, found(None, None, events=1), N),
        (Kind.ZERO_TOLERANCE, found(0.0, 0.2, events=0), C),
        (Kind.ZERO_TOLERANCE, found(None, None, events=0), U),
    ],
)
def test_other_kinds_whatever_the_operator(operator: str, kind: Kind, estimate: Estimate, verdict: Verdict) -> None:
    decided, because = decide(estimate, limit(operator), kind)
    assert decided is verdict
    assert because.en
    assert because.zh


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"), [("<", C, N, N), ("<=", C, C, N), (">", N, N, C), (">=", N, C, C)]
)
def test_a_census_compares_the_value_itself(operator: str, below: Verdict, at: Verdict, above: Verdict) -> None:
    for value, verdict in [(0.4999999, below), (0.5, at), (0.5000001, above)]:
        # Bounds there may be; they say nothing of items that were all tested.
        assert decide(found(0.1, 0.9, value=value), limit(operator), Kind.CENSUS)[0] is verdict
        assert decide(found(None, None, value=value), limit(operator), Kind.CENSUS)[0] is verdict
