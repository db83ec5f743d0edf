"""What people judged: of translations, and of nodules; against the tables that their makers published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.library import recipe

Rows = Callable[[str], list[dict[str, Any]]]


@cache
def contents(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = recipe.contents(recipe.read(name)).samples.to_pylist()
    return rows


@pytest.fixture
def rows(mirror: Path) -> Rows:  # noqa: ARG001 - sets the folder that recipes read from
    return contents


def test_significant_differences_are_the_official_wins(rows: Rows) -> None:
    judged = rows("wmt22-zh-en-judgements")
    assert [row["id"] for row in judged][:3] == ["HUMAN-B", "JDExploreAcademy", "HuaweiTSC"]
    wins = [row["wins"] for row in judged]
    assert wins == [12, 7, 6, 4, 4, 4, 2, 4, 2, 1, 1, 0, 0]
    scores = {row["id"]: row["reference"] for row in judged}
    for row in judged:
        assert sum(stars > 0 for stars in row["stars"]) == row["wins"], row["id"]
        for other, difference in zip(row["others"], row["differences"], strict=True):
            assert difference == pytest.approx(row["reference"] - scores[other], abs=0.0051)
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    assert {tuple(row["cluster"]) for row in judged} == {(1, 1), (2, 13)}


def test_metrics_are_those_of_the_table(rows: Rows) -> None:
    systems = [row for row in rows("wmt22-zh-en-judgements") if row["metrics"]]
    assert len(systems) == 12
    kinds = {"bleu-A", "bleu-B", "bleu-all", "chrf-A", "chrf-B", "chrf-all", "COMET-A", "COMET-B"}
    found = {row["id"]: dict(zip(row["metrics"], row["scores"], strict=True)) for row in systems}
    assert all(scores.keys() == kinds for scores in found.values())
    assert all(scores["chrf-all"] > scores["bleu-all"] > scores["bleu-A"] for scores in found.values())
    chrf = [scores["chrf-A"] for scores in found.values()]
    assert np.corrcoef(chrf, [row["reference"] for row in systems])[0, 1] == pytest.approx(0.57, abs=0.01)


# Human scores by MQM of WMT20 Chinese to English: M. Freitag et al., TACL 2021, table 4.
PUBLISHED = {
    "Human-A.0": 3.43,
    "Human-B.0": 3.62,
    "Huoshan_Translate.919": 5.03,
    "WeChat_AI.1525": 5.13,
    "Tencent_Translation.1249": 5.19,
    "OPPO.1422": 5.20,
    "THUNLP.1498": 5.34,
    "DeepMind.381": 5.41,
    "DiDi_NLP.401": 5.48,
    "Online-B.1605": 5.85,
}


def test_mqm_of_wmt20_is_as_published(rows: Rows) -> None:
    scores: dict[str, list[float]] = {}
    for row in rows("wmt20-mqm-zh-en"):
        scores.setdefault(row["system"], []).append(-row["reference"])
    assert {system: round(float(np.mean(each)), 2) for system, each in scores.items()} == PUBLISHED
    assert {len(each) for each in scores.values()} == {2000}


def test_mqm_scores_are_within_their_scale(rows: Rows) -> None:
    for name in ("wmt20-mqm-zh-en", "wmt21-mqm-zh-en"):
        assert all(-25 <= row["reference"] <= 0 for row in rows(name))
    assert set(Counter(row["segment"] for row in rows("wmt21-mqm-zh-en")).values()) == {15}


def test_nodules_are_malignant_where_the_mean_rating_says_so(rows: Rows) -> None:
    nodules = rows("luna16-reader-ratings")
    assert Counter(row["reference"] for row in nodules) == {"benign": 554, "malignant": 450}
    for row in nodules:
        assert set(row["ratings"]) <= {1.0, 2.0, 3.0, 4.0, 5.0}
        assert (np.mean(row["ratings"]) > 3) == (row["reference"] == "malignant")
    assert sum(len(row["ratings"]) == 4 for row in nodules) == 596
