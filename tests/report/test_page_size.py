"""A page stays small whatever was tested, and says what is not on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

import steelyard
from steelyard.core.card import Card
from steelyard.core.words import Words
from steelyard.library.writing import write_set
from steelyard.report.page import MOST_BUDGETS, MOST_FINDINGS, MOST_MEDIA, MOST_MEMBERS, SHOWN

SAMPLES, TOPICS, LENGTH = 4_000, 2_600, 400_000
MOST_BYTES = 5_000_000


def test_many_groups_and_long_answers(tmp_path: Path, make_card: Callable[..., Card]) -> None:
    words = Words("topics", "主题")
    card = make_card(
        methods=("speech.recognition",), groups={"topic": words, "scene": words}, units={"speaker": words}, input=None
    )
    said = [f"第{number:04d}句话" for number in range(SAMPLES)]
    table = pa.table(
        {
            "id": [f"u{number}" for number in range(SAMPLES)],
            "reference": said,
            "topic": [f"t{number % TOPICS}" for number in range(SAMPLES)],
            "scene": [f"h{number % 2}" for number in range(SAMPLES)],
            "speaker": [f"s{number % 40}" for number in range(SAMPLES)],
        }
    )
    write_set(tmp_path / "set", card, table)
    long = {3 * number: chr(0x4E00 + number) * LENGTH for number in range(20)}
    with (tmp_path / "answers.jsonl").open("w", encoding="utf-8") as file:
        for number, text in enumerate(said):
            output = long.get(number, text if number % 3 else "")
            file.write(json.dumps({"id": f"u{number}", "output": output}) + "\n")
    report = steelyard.run(
        "miit-2017-315#speech.recognition",
        f"outputs:{tmp_path / 'answers.jsonl'}",
        test_set=str(tmp_path / "set"),
        out=tmp_path / "run",
    )
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert len(page.encode()) < MOST_BYTES
    most, topics = max(SHOWN, MOST_MEMBERS // len(report.groups)), len(report.groups["topic"])
    assert topics > most
    assert f"The {topics - most:,} that did best are not on this page" in page
    assert f"结果最好的 {topics - most:,} 项未列于此页" in page
    # The worst is there, the best is not; report.json has both.
    shown = [each.scope["topic"] for each in report.groups["topic"]]
    assert f">{shown[0]}<" in page
    assert f">{shown[-1]}<" not in page
    whole = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    assert len(whole["groups"]["topic"]) == topics
    # Answers that do not fit are left out, and that is said once for each.
    fitting = MOST_MEDIA // (3 * LENGTH)
    assert 12 - fitting <= page.count("What was asked or said is too large for this page.") <= 20
    assert sum(text in page for text in long.values()) <= fitting


def test_many_findings_that_decide(tmp_path: Path, make_card: Callable[..., Card]) -> None:
    """Each of many diseases must hold by itself: budgets and cards of readings are cut, and say by how many."""
    diseases = 40
    card = make_card(
        methods=("medical.diagnosis",),
        input={"type": "features", "size": 1},
        groups={"disease": Words("disease", "疾病")},
        units={"patient": Words("patients", "受检者")},
    )
    table = pa.table(
        {
            "id": [f"s{number}" for number in range(4 * diseases)],
            "input": pa.array([[float(number)] for number in range(4 * diseases)], pa.list_(pa.float64())),
            "reference": ["positive", "negative"] * (2 * diseases),
            "disease": [f"d{number // 2 % diseases}" for number in range(4 * diseases)],
            "patient": [f"p{number}" for number in range(4 * diseases)],
        }
    )
    write_set(tmp_path / "set", card, table)
    report = steelyard.run(
        "miit-2017-315#medical",
        lambda numbers: "positive" if numbers[0] == 1 or int(numbers[0]) % 2 == 0 else "negative",
        test_set=str(tmp_path / "set"),
        out=tmp_path / "run",
    )
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    deciding = [each for each in report.findings if each.decides]
    assert page.count('<strong><span class="w" lang="en">') == MOST_BUDGETS < len(deciding)
    assert f"The budgets of {len(deciding) - MOST_BUDGETS} further findings" in page
    assert f"另有 {len(deciding) - MOST_BUDGETS} 项（对产品最有利者）的不确定度评定" in page
    assert f"{len(deciding) - MOST_FINDINGS} further findings of this reading are in report.json." in page
