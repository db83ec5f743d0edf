"""Repeats and sessions: every sample is asked again, a product is started afresh, and the spread is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import steelyard
from steelyard.core.errors import SteelyardError
from steelyard.core.verdict import Verdict
from steelyard.report.report import Report

MEDICAL = "miit-2017-315#medical"


@pytest.fixture
def test_set(write_set: Callable[..., Path]) -> str:
    return str(write_set(["positive"] * 300 + ["negative"] * 300))


class Moody:
    """Misses more patients in each round, and counts its rounds anew whenever it is started."""

    def __init__(self, misses: int) -> None:
        self._misses = misses
        self._asked = 0

    def __call__(self, numbers: list[float]) -> str:
        rounds, self._asked = self._asked // 600, self._asked + 1
        place = int(numbers[0])
        return "positive" if self._misses * rounds <= place < 300 else "negative"


def judged(product: object, test_set: str, out: Path, **settings: int) -> Report:
    return steelyard.run(MEDICAL, product, test_set=test_set, out=out, **settings)  # type: ignore[arg-type]


def test_repeats_are_asked_in_one_session_and_sessions_start_afresh(test_set: str, tmp_path: Path) -> None:
    report = judged(Moody(3), test_set, tmp_path / "out", repeats=3, sessions=2)
    assert report.answered == 600 * 6
    misses = next(each for each in report.repeatability if each.requirement == "misses")
    assert misses.values == ((0.0, 0.01, 0.02), (0.0, 0.01, 0.02))
    assert misses.repeatability is not None
    assert misses.repeatability.value == pytest.approx(0.01)  # the standard deviation of 0, 1 and 2 %
    assert misses.repeatability.upper is not None
    assert misses.repeatability.upper > 0.01
    assert misses.limit == pytest.approx(0.028)
    finding = next(each for each in report.findings if each.requirement.name == "misses")
    assert finding.estimate.value == pytest.approx(0.01)
    # Six answers of one patient are no six patients.
    assert (finding.estimate.units, finding.estimate.opportunities) == (300, 1800)
    assert finding.estimate.method.startswith("jackknife")


def test_a_product_that_never_varies_has_no_spread_and_no_more_evidence(test_set: str, tmp_path: Path) -> None:
    once = judged(Moody(0), test_set, tmp_path / "once")
    often = judged(Moody(0), test_set, tmp_path / "often", repeats=4)
    assert [each.repeatability.value for each in often.repeatability if each.repeatability] == [0.0] * 3
    assert all(each.intermediate is None for each in often.repeatability), "one session shows none"
    for one, other in zip(once.findings, often.findings, strict=True):
        assert one.verdict is other.verdict
        found = (one.estimate, other.estimate)
        assert found[0].method == found[1].method == "clopper-pearson/1"
        assert [(each.value, each.lower, each.upper) for each in found[:1]] == [
            (each.value, each.lower, each.upper) for each in found[1:]
        ]
    assert once.repeatability == ()
    assert once.verdict is Verdict.CONFORMS


def test_an_interrupted_session_is_resumed(test_set: str, tmp_path: Path) -> None:
    seen = 0

    def stop(progress: object) -> None:  # noqa: ARG001
        nonlocal seen
        seen += 1
        if seen == 1000:  # in the second session
            raise KeyboardInterrupt

    product = "python:steady.py:call"
    (tmp_path / "steady.py").write_text(
        "def call(numbers):\n    return 'positive' if 5 <= numbers[0] < 304 else 'negative'\n"
    )
    address = product.replace("steady.py", str(tmp_path / "steady.py"))
    with pytest.raises(SteelyardError, match="of 1,800 samples"):
        steelyard.run(MEDICAL, address, test_set=test_set, out=tmp_path / "out", sessions=3, progress=stop)
    resumed = judged(address, test_set, tmp_path / "out", sessions=3)
    whole = judged(address, test_set, tmp_path / "whole", sessions=3)
    assert resumed.findings == whole.findings
    assert resumed.repeatability == whole.repeatability
    assert resumed.repeatability[0].repeatability is None, "no repeats within a session"


@pytest.mark.parametrize("name", ["repeats", "sessions"])
def test_at_least_once(name: str, test_set: str, tmp_path: Path) -> None:
    with pytest.raises(SteelyardError, match=f"--{name} 0"):
        judged(Moody(0), test_set, tmp_path / "out", **{name: 0})
