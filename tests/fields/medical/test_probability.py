"""Probabilities of a disease: held against scikit-learn, and judged from end to end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

import steelyard
from steelyard import fields
from steelyard.core.sample import Records, Samples
from steelyard.core.verdict import Verdict
from steelyard.stats.estimate import estimate

METHOD = fields.find("medical.probability")
SPEC = """
    specification: probabilities
    edition: "1"
    document: test
    title: test
    clauses:
      order:
        where: "1"
        words: 曲线下面积超过0.9
        meaning: test
        axis: intelligence
        readings:
          patient:
            because: test
            method: medical.probability
            cluster: patient
            require: {area: area_under_curve > 0.9, distance: brier_score < 0.1}
"""


def values(references: Sequence[str], said: Sequence[float | None]) -> dict[str, float | None]:
    n = len(references)
    samples = Samples(references, np.arange(n), np.arange(n)[:, None])
    rows = METHOD.indicators[0].rows(samples, Records(said, np.zeros(n), [None] * n))
    return {each.name: estimate(each, [rows], n, 0.95).value for each in METHOD.indicators}


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=40))
def test_agrees_with_scikit_learn(patients: list[tuple[bool, float]]) -> None:
    diseased, said = [patient[0] for patient in patients], [patient[1] for patient in patients]
    found = values(["positive" if each else "negative" for each in diseased], said)
    assert found["brier_score"] == pytest.approx(brier_score_loss(diseased, said))
    if len(set(diseased)) < 2:
        assert found["area_under_curve"] is None
    else:
        assert found["area_under_curve"] == pytest.approx(roc_auc_score(diseased, said))


@pytest.mark.parametrize(
    ("said", "area", "brier"),
    [
        ([0.9, 0.8, 0.2, 0.1], 1.0, 0.025),
        ([None, 0.8, 0.2, 0.1], 0.5, 0.2725),  # a diseased patient without an answer ranks below everyone
        ([0.9, 0.8, None, 0.1], 0.5, 0.265),  # a healthy one above
        ([None] * 4, 0.0, 1.0),
    ],
)
def test_no_answer_is_as_wrong_as_can_be(said: list[float | None], area: float, brier: float) -> None:
    found = values(["positive"] * 2 + ["negative"] * 2, said)
    assert found == pytest.approx({"area_under_curve": area, "brier_score": brier})


def test_a_run_is_judged_by_the_order_of_its_probabilities(tmp_path: Path) -> None:
    path = tmp_path / "probabilities.yaml"
    path.write_text(dedent(SPEC), "utf-8")
    report = steelyard.run(f"{path}#order", "reference:wdbc_probability", out=tmp_path / "out")
    area, distance = report.findings
    assert (area.estimate.method, distance.estimate.method) == ("delong-share/1", "jackknife-t-log/2")
    assert area.estimate.value is not None
    assert area.estimate.value > 0.98
    assert report.verdict is Verdict.CONFORMS
    assert "area under the ROC curve" in (tmp_path / "out" / "report.html").read_text("utf-8")
