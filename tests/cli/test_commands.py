"""The commands, as a user types them: what they print, in both languages, and how they exit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard.bench.run import Progress
from steelyard.cli import _command_line, _terminal
from steelyard.core.errors import SteelyardError

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def steelyard(*arguments: str, language: str = "en", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "steelyard", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"STEELYARD_LANGUAGE": language},
        cwd=cwd,
        check=False,
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "command",
    [
        ["--help"],
        ["run", "--help"],
        ["specs"],
        ["specs", "miit-2017-315"],
        ["specs", "miit-2017-315@2018"],
        ["specs", "miit-2017-315#drone.gimbal"],
        ["fields"],
        ["fields", "speech.recognition"],
        ["fields", "medical.diagnosis"],
        ["sets", "list"],
        ["sets", "show", "wdbc"],
        ["sets", "show", "aishell1-test-hyp-zh"],
        ["products"],
        ["products", "cmd"],
        ["products", "reference"],
        ["plan", "miit-2017-315#medical"],
        ["plan", "miit-2017-315#medical", "--set", "wdbc"],
        ["plan", "miit-2017-315#speech.recognition", "--expect", "97%", "--variation", "0.3"],
    ],
)
def test_what_there_is(command: list[str], language: str) -> None:
    shown = steelyard(*command, language=language)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert len(shown.stdout.splitlines()) >= 3
    if language == "zh":
        assert CHINESE.search(shown.stdout)


def test_a_specification_is_shown_whole() -> None:
    shown = " ".join(steelyard("specs", "miit-2017-315").stdout.split())
    for piece in (
        "对以上典型疾病的检出率超过95%，假阴性率低于1%，假阳性率低于5%",
        "false_negative_rate < 1 %",
        "there is no method medical.lesions yet",
        "三轴机械增稳云台精度达到",
        "an industry figure: tracked, no verdict on a product",
    ):
        assert piece in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_demo(language: str, tmp_path: Path) -> None:
    shown = steelyard("demo", language=language, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    said = " ".join(shown.stdout.split())
    report = json.loads(next(tmp_path.glob("runs/demo-*/report.json")).read_text("utf-8"))
    assert report["verdict"] == "undetermined"
    before, after = said.split("─", 1)
    if language == "en":
        assert "0 misses of 70 cannot show < 1 %: 299 patients with the disease and no miss would." in before
        assert "not a statement on the clause" in before
        assert "a new run of" in after
        assert "undetermined" in after
    else:
        assert "需 299 名患病受检者且无漏诊" in before
        assert "待定" in after


def test_plan_says_what_is_needed() -> None:
    """The national plan's six diseases with three requirements each: 80 % for each one is 1.8 % for all."""
    shown = steelyard("plan", "miit-2017-315#medical", "--set", "wdbc", "--groups", "6", "--expect", "misses=0.5%")
    said = " ".join(shown.stdout.split())
    assert "299 2,185" in said
    assert "18 requirements must hold at once: with 80 % each, all hold with 1.8 %" in said
    assert "0 misses of 70 cannot show < 1 %: 299 patients with the disease and no miss would" in said
    planned = json.loads(steelyard("plan", "miit-2017-315#speech.recognition", "--expect", "97%", "--json").stdout)
    (need,) = planned["needs"]["each"]
    assert (need["expected"], need["counted"]["en"]) == (0.97, "speakers")
    assert need["alone"]["settles"] >= 20, "each scene asks for as many"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_compare(language: str, tmp_path: Path) -> None:
    (tmp_path / "rule.py").write_text("def call(cells):\n    return 'positive' if cells[20] > 16.8 else 'negative'\n")
    for name, product in (("a", "reference:wdbc_logistic"), ("b", "python:rule.py:call")):
        steelyard("run", "miit-2017-315#medical", "--product", product, "--out", name, cwd=tmp_path)
    shown = steelyard("compare", "a", "b", "--margin", "1%", language=language, cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (11, "")
    said = " ".join(shown.stdout.split())
    assert ("better" if language == "en" else "更好") in said
    assert ("it depends on the requirement" if language == "en" else "各项要求结论不一") in said
    assert ("Right where the other is wrong: the first 11 times" if language == "en" else "前者 11 次") in said
    compared = json.loads(steelyard("compare", "a", "b", "--json", cwd=tmp_path).stdout)
    assert [each["outcome"] for each in compared["differences"]] == ["better", "better", "we do not know"]
    same = steelyard("compare", "a", "a", "--margin", "50%", language=language, cwd=tmp_path)
    assert same.returncode == 0


def test_progress_is_told_to_programs_as_counts(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\n\ndef call(cells):\n    time.sleep(0.02)\n    return 'positive'\n")
    shown = steelyard("run", "miit-2017-315#medical", "--product", "python:slow.py:call", "--json", cwd=tmp_path)
    assert shown.returncode == 10
    assert json.loads(shown.stdout)["verdict"] == "does not conform"
    events = [json.loads(line) for line in shown.stderr.splitlines()]
    assert [event["done"] for event in events] == sorted(event["done"] for event in events)
    assert events[-1] == events[-1] | {"done": 189, "total": 189, "faults": 0, "seconds_left": 0.0}
    assert all(set(event) == {"done", "total", "faults", "per_second", "seconds_left"} for event in events)
    assert 0 < events[-1]["per_second"] < 50


def test_progress_is_told_each_second_and_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample is answered each 0.25 s; 3 of 12 were answered in an earlier run."""
    clock = iter([0.25 * number for number in range(20)])
    monkeypatch.setattr(_terminal.time, "monotonic", lambda: next(clock))
    with _terminal.progress_bar(events=True) as show:
        for done in range(4, 13):
            show(Progress(done, 12, 0))
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(event["done"], event["seconds_left"]) for event in events] == [(7, 1.2), (11, 0.2), (12, 0.0)]
    assert {event["per_second"] for event in events} == {4.0}


def test_run_on_recorded_answers(mirror: Path, tmp_path: Path) -> None:
    assert mirror
    command = ["run", "miit-2017-315#speech.recognition", "--product", "outputs:aishell1-test-hyp-zh", "--out", "here"]
    shown = steelyard(*command, cwd=tmp_path)
    assert shown.returncode == 11
    said = " ".join(shown.stdout.split())
    assert "94.05 % 93.28 % 94.74 % ≥ 96 % does not conform" in said
    assert "only 1 scene covered (read speech), at least 3 asked for" in said
    again = steelyard(*command, "--json", cwd=tmp_path)
    assert again.returncode == 11
    report = json.loads(again.stdout)
    assert report["counts"] | {"sentences": 7176} == report["counts"]
    assert [report["counts"][name] for name in ("substitutions", "deletions", "insertions")] == [5536, 528, 172]
    assert report["notes"][0]["en"].startswith("nothing was asked"), "the same command resumes in the same folder"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["rum"], 2, "No such command"),
        (["run", "miit-2017-315#medical"], 2, "--product"),
        (["run", "miit-2017-315#medikal", "--product", "reference:wdbc_logistic"], 2, "Did you mean medical"),
        (["run", "miit-2017-315#home", "--product", "reference:wdbc_logistic"], 2, "cannot be tested"),
        (["run", "miit-2017-315#medical", "--product", "nonsense"], 2, "is not a product URI"),
        (["run", "miit-2017-315#medical", "--product", "python:nothing.py:f"], 2, "there is no module or file"),
        (["run", "no.yaml", "--product", "reference:wdbc_logistic"], 2, "There is no specification"),
        (["run", "miit-2017-315#medical", "--product", "reference:wdbc_logistic", "--limit", "x"], 2, "--limit"),
        (["run", "miit-2017-315#medical", "--product", "reference:wdbc_logistic", "--out", "/dev/null/x"], 2, "--out"),
        (["compare", "here", "there"], 2, "holds no run"),
        (["compare", "here", "there", "--margin", "some"], 2, "--margin some"),
        (["plan", "miit-2017-315"], 2, "which clause is planned?"),
        (["plan", "miit-2017-315#home"], 2, "cannot be tested"),
        (["plan", "miit-2017-315#medical", "--expect", "97%"], 2, "--expect detection=97%"),
        (["plan", "miit-2017-315#medical", "--expect", "mises=1%"], 2, "Did you mean misses"),
        (["plan", "miit-2017-315#medical", "--expect", "misses=97"], 2, "cannot be 97"),
        (["plan", "miit-2017-315#medical", "--power", "80"], 2, "it must lie in [0.5, 1)"),
        (["plan", "miit-2017-315#medical", "--groups", "0"], 2, "at least one is needed"),
        (["specs", "miit"], 2, "There is no specification"),
        (["fields", "speech.recogniton"], 2, "Did you mean speech.recognition"),
        (["sets", "show", "wdcb"], 2, "Did you mean wdbc"),
        (["products", "comd"], 2, "Did you mean cmd"),
        (
            ["run", "miit-2017-315#speech.recognition", "--product", "outputs:aishell1-test-hyp-zh"],
            12,
            "STEELYARD_MIRROR",
        ),
    ],
)
def test_wrong_calls(
    arguments: list[str], code: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if says == "STEELYARD_MIRROR":
        monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "empty"))
    shown = steelyard(*arguments, cwd=tmp_path)
    assert shown.returncode == code
    assert says in shown.stderr
    assert "Traceback" not in shown.stderr
    assert not (tmp_path / "runs").exists()


NO_LOG = "there is no log in nope.\nName the folder that was given to steelyard run … --log FOLDER."


@pytest.mark.parametrize(
    ("line", "code", "en", "zh"),
    [
        ("sets check here", 2, "For what lies here, write ./here.", "请写作 ./here。"),
        ("sets check nope", 2, "called 'nope'.\nsteelyard sets list shows all.", "全部测试集见 steelyard sets list"),
        ("sets add nope", 2, "there is no nope.\nName the file or the folder", "nope 不存在。\n请指明"),
        ("run text.txt#a --product reference:wdbc_logistic", 2, "ends in .yaml or .yml.\nIf", "改名为 text.yaml"),
        ("specs here", 2, "here is a folder, and no specification.\nName a file in it", "here 是目录，不是规范"),
        ("disclose text.txt --all", 2, "text.txt is no folder of a run.\nName the run's", "请指明检测目录"),
        ("disclose nope", 2, "there is no nope.\nName the run's folder", "nope 不存在。\n请指明检测目录"),
        ("sign nope --key k", 2, "cannot read nope: No such file or directory.\nName a bundle", "请给出报告包"),
        ("log audit nope", 2, NO_LOG, "nope 中没有日志。\n请指明"),
        ("log head nope", 2, NO_LOG, "nope 中没有日志。\n请指明"),
        ("bundle here --particulars gb.yaml", 2, "gb.yaml:2: not UTF-8; convert it", "gb.yaml:2：不是 UTF-8"),
        ("bundle here --particulars empty", 2, "the file is empty\nsteelyard particulars prints", "文件为空\n"),
        ("pdf text.txt --language fr", 2, "called 'fr'.\nThere is: en, zh.", "没有名为 'fr' 的报告语言。\n现有"),
        (
            "check --product outputs:empty --method medical.diagnosis",
            12,
            "empty is empty.\nWrite an answer to each sample",
            "empty 为空。\n",
        ),
        (
            "run miit-2017-315#medical --product reference:wdbc_logistic --model empty",
            2,
            "empty is empty.\nName what",
            "empty 为空。\n请指明",
        ),
    ],
)
def test_wrong_calls_are_told_what_to_do(
    line: str,
    code: int,
    en: str,
    zh: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["steelyard", *line.split()])
    (tmp_path / "here").mkdir()
    (tmp_path / "text.txt").write_text("specification: a\n")
    (tmp_path / "gb.yaml").write_bytes("# 报告\nparty: ".encode() + "第一方".encode("gb18030"))
    (tmp_path / "empty").touch()
    with pytest.raises(SteelyardError) as ended:
        _command_line()
    assert ended.value.exit_code == code
    for language, says in (("en", en), ("zh", zh)):
        monkeypatch.setenv("STEELYARD_LANGUAGE", language)
        assert says in str(ended.value)
    assert len(str(ended.value)) < 300, "what is said can be read"


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        ("'positive'", 0, "8 of 8 answers can be scored"),
        ("'Positive'", 10, "did you mean 'positive'?"),
        ("0.93", 10, "expected one of 'negative', 'positive', 'not gradable', got a number: 0.93"),
        ("1 / 0", 10, "failed by its own word: ZeroDivisionError"),
        ("float('nan')", 10, "got a number: nan"),
        ("__import__('os')._exit(3)", 10, "ended without an answer: exit code 3"),
    ],
)
def test_check_says_what_to_mend(answer: str, code: int, says: str, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(f"def call(numbers):\n    assert len(numbers) == 30\n    return {answer}\n")
    shown = steelyard("check", "--product", "python:model.py:call", "--method", "medical.diagnosis", cwd=tmp_path)
    assert shown.returncode == code, shown.stderr
    assert says in " ".join(shown.stdout.split())


def test_check_tells_a_program_that_logs_to_standard_output(program: Callable[[str], str], tmp_path: Path) -> None:
    product = program("""
        import json, sys
        print("model loaded")
        for line in sys.stdin:
            print(json.dumps({"id": json.loads(line)["id"], "output": "negative"}), flush=True)
    """)
    shown = steelyard("check", "--product", product, "--method", "medical.diagnosis", cwd=tmp_path)
    assert shown.returncode == 0
    assert "'model loaded'" in shown.stdout
