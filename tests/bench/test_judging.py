"""From recorded answers to verdicts: what the clause asks to be covered, what decides, what is only reported."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import dedent

import numpy as np
import pyarrow as pa
import pytest

import steelyard
from steelyard.core.card import Card
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.library.writing import write_set
from steelyard.report.report import Report

SPEC = """
    specification: test
    edition: "1"
    document: test
    title: test
    clauses:
      listening:
        where: "1"
        words: 平均准确率达到96%
        meaning: test
        axis: intelligence
        binding: BINDING
        readings:
          scenes:
            because: test
            method: speech.recognition
            mean_over: {group: scene, at_least: 3, each: {speaker: 10}}
            cluster: speaker
            require: {accuracy: character_accuracy >= 96 %}
          pooled:
            because: test
            primary: false
            method: speech.recognition
            cover: {group: scene, at_least: 3, each: {speaker: 10}}
            cluster: speaker
            require: {accuracy: character_accuracy >= 96 %}
"""
LENGTH = 20
Judge = Callable[..., Report]


@pytest.fixture
def judge(tmp_path: Path, make_card: Callable[..., Card]) -> Judge:
    """Judge answers with so many wrong characters in 400, by scene, of 30 speakers who are in all scenes."""

    def run(
        errors: Mapping[str, float],
        *,
        speakers: int = 30,
        weights: Mapping[str, int] | None = None,
        binding: str = "hard",
    ) -> Report:
        generator = np.random.Generator(np.random.Philox(96))
        rows: list[tuple[str, str, str, str]] = []
        for scene, rate in errors.items():
            for speaker in range(speakers):
                for _ in range((weights or {}).get(scene, 1) * 20):
                    wrong = generator.binomial(LENGTH, rate)
                    rows.append((scene, f"speaker-{speaker}", "秤" * LENGTH, "杆" * wrong + "秤" * (LENGTH - wrong)))
        card = make_card(
            methods=("speech.recognition",),
            groups={"scene": Words("scene", "场景")},
            units={"speaker": Words("speakers", "说话人")},
        )
        folder = _write(tmp_path / "set", card, rows)
        spec, answers = tmp_path / "spec.yaml", tmp_path / "answers.jsonl"
        spec.write_text(dedent(SPEC).replace("BINDING", binding), "utf-8")
        lines = [json.dumps({"id": f"s{number}", "output": row[3]}) for number, row in enumerate(rows)]
        answers.write_text("\n".join(lines), "utf-8")
        return steelyard.run(f"{spec}#listening", f"outputs:{answers}", test_set=str(folder), out=tmp_path / "out")

    return run


def _write(folder: Path, card: Card, rows: Sequence[tuple[str, str, str, str]]) -> Path:
    scenes, speakers, references, _ = zip(*rows, strict=True)
    ids = [f"s{number}" for number in range(len(rows))]
    table = pa.table({"id": ids, "reference": references, "scene": scenes, "speaker": speakers})
    write_set(folder, card, table)
    return folder


@pytest.mark.parametrize(
    ("rates", "verdict"),
    [
        ((0.01, 0.02, 0.03), Verdict.CONFORMS),
        ((0.01, 0.02, 0.12), Verdict.DOES_NOT_CONFORM),
        ((0.04, 0.04, 0.04), Verdict.UNDETERMINED),
    ],
)
def test_the_mean_over_scenes_decides(rates: tuple[float, ...], verdict: Verdict, judge: Judge) -> None:
    report = judge(dict(zip(("car", "home", "street"), rates, strict=True)))
    assert report.verdict is verdict
    assert report.exit_code == verdict.exit_code
    mean, *scenes = report.findings
    assert mean.decides
    assert not any(finding.decides for finding in scenes)
    assert [finding.scope for finding in scenes] == [{"scene": "car"}, {"scene": "home"}, {"scene": "street"}]
    values = [finding.estimate.value for finding in scenes]
    assert mean.estimate.value == pytest.approx(np.mean(values))


def test_too_few_scenes_leave_the_clause_undetermined_and_judge_the_scene(judge: Judge) -> None:
    report = judge({"reading": 0.10})
    whole, scene = report.findings
    assert (report.verdict, report.exit_code) == (Verdict.UNDETERMINED, 11)
    assert whole.verdict is Verdict.UNDETERMINED
    assert whole.because.en == "only 1 scene covered (reading), at least 3 asked for"
    assert scene.verdict is Verdict.DOES_NOT_CONFORM
    assert not report.depends_on_reading


def test_a_scene_with_too_few_speakers_does_not_count_as_covered(judge: Judge) -> None:
    report = judge({"car": 0.01, "home": 0.01, "street": 0.01}, speakers=9)
    assert report.judgements[0].gap is not None
    assert report.judgements[0].gap.en == "only 0 scenes covered (none), at least 3 asked for"


def test_readings_that_differ_are_said_to(judge: Judge) -> None:
    # Nearly all utterances are of the good scene: pooled, the product conforms; scene by scene it does not.
    report = judge({"car": 0.01, "home": 0.08, "street": 0.08}, weights={"car": 30})
    assert [judgement.verdict for judgement in report.judgements] == [Verdict.DOES_NOT_CONFORM, Verdict.CONFORMS]
    assert report.depends_on_reading
    assert report.verdict is Verdict.DOES_NOT_CONFORM


def test_a_soft_target_is_reported_and_never_fails(judge: Judge) -> None:
    report = judge({"car": 0.2, "home": 0.2, "street": 0.2}, binding="soft")
    assert report.verdict is Verdict.DOES_NOT_CONFORM
    assert report.exit_code == 0


def test_no_data_is_no_value(write_set: Callable[..., Path], tmp_path: Path) -> None:
    """Without a diseased patient nothing is known of misses, however good the product."""
    report = steelyard.run(
        "miit-2017-315#medical",
        lambda _: "negative",
        test_set=str(write_set(["negative"] * 100)),
        out=tmp_path / "out",
    )
    values = {finding.requirement.name: finding.estimate.value for finding in report.findings}
    assert values == {"detection": None, "misses": None, "false_alarms": 0.0}
    assert (report.verdict, report.exit_code) == (Verdict.UNDETERMINED, 11), "little evidence is not bad evidence"


def test_real_recogniser_on_aishell(mirror: Path, tmp_path: Path) -> None:
    """Published counts, and the bounds that a design study found over the 20 speakers."""
    assert mirror
    report = steelyard.run("miit-2017-315#speech.recognition", "outputs:aishell1-test-hyp-zh", out=tmp_path)
    counted = {name: report.counts[name] for name in ("substitutions", "deletions", "insertions", "characters")}
    assert counted == {"substitutions": 5536, "deletions": 528, "insertions": 172, "characters": 104_765}
    whole, scene = report.findings
    assert whole.verdict is Verdict.UNDETERMINED
    assert scene.verdict is Verdict.DOES_NOT_CONFORM
    assert scene.estimate.value == pytest.approx(0.9405, abs=5e-5)
    assert (scene.estimate.lower, scene.estimate.upper) == (
        pytest.approx(0.933, abs=1e-3),
        pytest.approx(0.947, abs=1e-3),
    )
    assert report.exit_code == 11


def test_one_of_many_requirements_that_fails_may_do_so_by_chance(
    write_set: Callable[..., Path], tmp_path: Path
) -> None:
    """There is a number of false alarms that fails 5 % by itself and not among three requirements."""
    test_set = write_set(["positive"] * 400 + ["negative"] * 119)

    def with_alarms(count: int) -> Report:
        def call(numbers: list[float]) -> str:
            return "positive" if numbers[0] < 400 + count else "negative"

        return steelyard.run("miit-2017-315#medical", call, test_set=str(test_set), out=tmp_path / f"out-{count}")

    verdicts = {}
    for count in range(9, 16):
        report = with_alarms(count)
        alarms = report.findings[-1]
        lower = alarms.estimate.lower
        assert lower is not None
        verdicts[count] = (lower > 0.05, alarms.verdict)
    alone = [count for count, (fails, _) in verdicts.items() if fails]
    assert verdicts[alone[0]][1] is Verdict.UNDETERMINED
    assert verdicts[alone[-1]][1] is Verdict.DOES_NOT_CONFORM


def test_the_worst_group_is_shown_with_bounds_that_hold_for_all_at_once(judge: Judge) -> None:
    """Of five scenes that are equally good the worst one looks bad by chance: its bound is wider than a lone one's."""
    report = judge({f"scene {number}": 0.03 + 0.01 * number for number in range(5)})
    worst, *others = report.groups["scene"]
    assert worst.scope == {"scene": "scene 4"}
    assert worst.estimate.confidence == pytest.approx(1 - 0.05 / 5)
    (alone,) = (finding for finding in report.findings if finding.scope == worst.scope)
    assert alone.estimate.value == worst.estimate.value
    assert worst.estimate.lower is not None
    assert alone.estimate.lower is not None
    assert worst.estimate.lower < alone.estimate.lower
    assert not any(finding.decides for finding in (worst, *others))
