"""Plans before there is a product: sizes that runs of that size bear out, and no size where nothing tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from scipy.stats import binom

from steelyard.bench.needs import Need
from steelyard.bench.sizes import Planned, plan_run
from steelyard.core.errors import SteelyardError
from steelyard.stats.folds.pooled import PooledSums
from steelyard.stats.intervals.binomial import clopper_pearson
from steelyard.stats.intervals.jackknife import jackknife_log

SPEC = """
specification: own
edition: "1"
document: own
title: {{en: own, zh: 自拟}}
source: own
decision: {{rule: {rule}, confidence: 0.95}}
clauses:
  one:
    where: "1"
    words: 自拟
    meaning: {{en: made for this test, zh: 为本测试而拟}}
    axis: intelligence
    binding: hard
    readings:
      only:
        because: {{en: made for this test, zh: 为本测试而拟}}
        method: speech.recognition
        {cluster}
        require:
          held: {require}
"""

Plan = Callable[..., Planned]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    def made(require: str, *, cluster: str | None = None, rule: str = "guarded", **settings: object) -> Planned:
        path = tmp_path / "own.yaml"
        named = "primary: true" if cluster is None else f"cluster: {cluster}"
        path.write_text(dedent(SPEC).format(rule=rule, require=require, cluster=named), "utf-8")
        return plan_run(f"{path}#one", **settings)  # type: ignore[arg-type]

    return made


def only(planned: Planned) -> Need:
    (need,) = planned.needs.each
    return need


def test_sentences_of_speakers_are_planned_by_speakers(plan: Plan) -> None:
    """So many speakers of 20 sentences each settle it about as often as asked; as many sentences of few do not."""
    need = only(plan("sentence_accuracy >= 95 %", cluster="speaker", per_cluster=20, expected=["97.5%"]))
    assert need.counted.en == "speakers of 20 sentences each"
    assert need.independent == 410, "the size of rows that are independent is said beside"
    assert need.alone.settles is not None
    assert need.alone.settles * 20 > need.independent

    def power(speakers: int) -> float:
        generator, settled, runs, rate = np.random.default_rng(4), 0, 300, 0.025
        between = (0.5 * rate) ** 2  # the variation that is assumed
        alike = between / (rate * (1 - rate))
        alpha, beta = rate * (1 - alike) / alike, (1 - rate) * (1 - alike) / alike
        for _ in range(runs):
            events = generator.binomial(20, generator.beta(alpha, beta, speakers)).astype(float)
            folded = PooledSums(speakers, np.arange(speakers)[:, None], events, np.full(speakers, 20.0))
            found = jackknife_log(folded, events.sum() / (20 * speakers), 0.95)
            settled += found is not None and found.decisive and found.upper <= 0.05
        return settled / runs

    assert 0.7 < power(need.alone.settles) < 0.95
    assert power(410 // 20) < 0.7


def test_a_card_says_how_many_rows_a_unit_gives() -> None:
    """Patients of the medical set give one row each: rows are counted, with the set or without."""
    alone, on_set = (
        [need.alone for need in plan_run("miit-2017-315#medical", test_set=name).needs.each] for name in (None, "wdbc")
    )
    assert alone == on_set
    without, known = (plan_run("miit-2017-315#medical", test_set=name).needs for name in (None, "wdbc"))
    assert all(need.one_each for need in without.each), "nobody said so: it is remarked"
    assert not any(need.one_each for need in known.each)
    assert not known.over_clusters


def test_one_sentence_of_each_speaker_is_said(plan: Plan) -> None:
    need = only(plan("sentence_accuracy >= 95 %", cluster="speaker"))
    assert need.alone.settles == 410
    assert need.one_each
    assert need.counted.en == "sentences, one each of as many speakers"


def test_without_any_error_clusters_are_bounded_as_rows(plan: Plan) -> None:
    need = only(plan("sentence_accuracy >= 95 %", cluster="speaker", per_cluster=20, expected=["100%"]))
    assert need.alone.settles == 59


@pytest.mark.parametrize(
    ("require", "cluster", "rule", "says"),
    [
        ("character_error_rate < 5 %", None, "guarded", "nobody said how much single samples differ"),
        ("sentence_accuracy >= 95 %", "speaker", "simple", "the value alone is compared"),
        ("character_error_rate < 5 %", "speaker", "simple", "the value alone is compared"),
        ("{limit: sentence_accuracy >= 95 %, kind: census}", "speaker", "guarded", "a census"),
        ("{limit: sentence_accuracy >= 95 %, kind: zero_tolerance}", "speaker", "simple", "no violation may be seen"),
    ],
)
def test_no_size_where_nothing_tells(require: str, cluster: str | None, rule: str, says: str, plan: Plan) -> None:
    need = only(plan(require, cluster=cluster, rule=rule))
    assert need.alone.settles is None
    assert need.because is not None
    assert says in need.because.en
    assert need.in_sequence is None


def test_a_ratio_over_samples_is_planned_where_their_variation_is_given(plan: Plan) -> None:
    sizes = [only(plan("character_error_rate < 5 %", variation=each)).alone.settles for each in (1.0, 2.0)]
    assert sizes[0] is not None
    assert sizes[1] is not None
    assert sizes[0] < sizes[1]


def test_a_failure_of_one_of_several_is_planned_at_its_level() -> None:
    """Misses of 3 % against < 1 %, one of three requirements: shown at α/3, by exact power."""
    planned = plan_run("miit-2017-315#medical", expected=["misses=3%"])
    size = planned.needs.each[1].alone.settles
    assert size is not None

    def power(n: int, level: float) -> float:
        shown = [clopper_pearson(events, n, 1 - level)[0] >= 0.01 for events in range(n + 1)]
        return float(binom.pmf(np.arange(n + 1), n, 0.03)[shown].sum())

    assert 0.8 <= power(size, 0.05 / 3) < 0.85


def test_first_stops_of_a_sequential_plan() -> None:
    needs = plan_run("miit-2017-315#medical").needs
    assert [need.in_sequence for need in needs.each] == [89, 450, 89]


def test_columns_are_called_as_readers_know_them() -> None:
    needs = plan_run("miit-2017-315#medical").needs
    assert (needs.named["disease"].zh, needs.named["patient"].zh) == ("疾病", "受检者")
    assert plan_run("miit-2017-315#speech.recognition").needs.named["speaker"].zh == "说话人"


def test_at_least_one_row_of_each_cluster(plan: Plan) -> None:
    with pytest.raises(SteelyardError, match="at least one is needed"):
        plan("sentence_accuracy >= 95 %", cluster="speaker", per_cluster=0.5)
