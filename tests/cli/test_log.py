"""The commands of docs/transparency-log.md, and what they answer to a wrong call."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard.cli import _command_line
from steelyard.core.errors import SteelyardError

PAGE = Path(__file__).parents[2] / "docs" / "transparency-log.md"


def steelyard(*arguments: str, folder: Path, language: str = "en") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "STEELYARD_LANGUAGE": language,
        "STEELYARD_HOME": str(folder / "home"),
        "COLUMNS": "120",
    }
    command = [sys.executable, "-m", "steelyard", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Type commands without starting Python anew for each."""

    def type_(line: str, folder: Path, language: str = "en") -> tuple[int, str]:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("STEELYARD_HOME", str(folder / "home"))
        monkeypatch.setenv("STEELYARD_LANGUAGE", language)
        monkeypatch.setattr(sys, "argv", ["steelyard", *shlex.split(line)])
        capsys.readouterr()
        try:
            _command_line()
        except SteelyardError as error:
            return error.exit_code, str(error)
        except SystemExit as ended:
            return int(ended.code or 0), capsys.readouterr().out
        raise AssertionError(line)

    return type_


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the page's commands were run."""
    place = tmp_path_factory.mktemp("log")
    found = re.search(r"<!-- executed by .*? -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    for line in found[1].splitlines():
        program, *arguments = shlex.split(line)
        assert program == "steelyard"
        ended = steelyard(*arguments, folder=place)
        assert ended.returncode == (11 if arguments[0] == "run" else 0), ended.stderr
        if arguments[:2] == ["log", "head"]:
            (place / "head.json").write_text(ended.stdout)
    return place


@pytest.mark.parametrize(("language", "says"), [("en", ["The log holds.", "entries"]), ("zh", ["日志成立。", "条目"])])
def test_an_audit(language: str, says: list[str], folder: Path) -> None:
    ended = steelyard(
        "log", "audit", "log", "--seen", "head.json", "--seen", "receipt.json", folder=folder, language=language
    )
    assert ended.returncode == 0, ended.stdout
    for piece in says:
        assert piece in ended.stdout


def test_the_plan_came_first(folder: Path) -> None:
    kinds = re.findall(r'"kind":"(\w+)"', (folder / "log" / "entries.jsonl").read_text())
    assert kinds == ["plan", "report", "event"]
    again = shlex.split(
        "run miit-2017-315#medical --product reference:wdbc_logistic --out run --log log --log-key keeper --seed log"
    )
    assert steelyard(*again, folder=folder).returncode == 11  # a run that is resumed is the same plan
    assert len((folder / "log" / "entries.jsonl").read_text().splitlines()) == 3


def test_a_run_that_begins_without_the_log_cannot_enter_it(folder: Path) -> None:
    command = "run miit-2017-315#medical --product reference:wdbc_logistic --limit 20 --out quiet"
    assert steelyard(*shlex.split(command), folder=folder).returncode == 11
    ended = steelyard(*shlex.split(command), "--log", "log", "--log-key", "keeper", folder=folder)
    assert ended.returncode == 2
    assert "quiet has begun without the log" in ended.stderr
    assert steelyard("bundle", "quiet", folder=folder).returncode == 0
    ended = steelyard("log", "append", "log", "quiet/report.zip", "--key", "keeper", folder=folder)
    assert ended.returncode == 2
    assert "of no run that was entered into a log" in ended.stderr


def test_what_becomes_of_a_report(folder: Path, typed: Callable[..., tuple[int, str]]) -> None:
    """Each step as it is typed, with what it says and ends with; the last one leaves the report valid."""
    for line, language, code, says in [
        ("log suspend log report.zip --reason changed --key keeper --by officer", "en", 0, ["suspended"]),
        ("verify report.zip --log log", "en", 12, ["All holds. Signed by keeper.", "Not valid on", ": suspended."]),
        ("log status log report.zip", "zh", 12, ["已暂停", "决定者 officer：changed", "无效：已暂停。"]),
        ("page report.zip --log log --out fallen.html", "en", 12, ["fallen.html"]),
        (
            "log surveil log report.zip --reason a --key keeper",
            "zh",
            2,
            ["已暂停的报告不能监督确认", "reinstate、withdraw"],
        ),
        ("log reinstate log report.zip --reason mended --key keeper", "en", 0, ["issued, valid until"]),
        ("log surveil log report.zip --reason seen --key keeper", "zh", 0, ["已出具并经监督确认，有效期至"]),
        (
            "log status log report.zip --product reference:wdbc_probability",
            "en",
            11,
            ["re-test due: product digest changed"],
        ),
        ("verify report.zip --log log --json", "en", 0, ['"state": "surveillance"', '"valid": true']),
        ("page report.zip --log log --out stands.html", "en", 0, ["stands.html"]),
    ]:
        ended, said = typed(line, folder, language)
        assert ended == code, (line, said)
        for piece in says:
            assert piece in said, (line, said)
    fallen, stands = ((folder / f"{name}.html").read_text("utf-8") for name in ("fallen", "stands"))
    assert "Not valid on" in fallen
    assert "Not valid on" not in stands
    assert "confirmed by surveillance" in stands


def test_an_audit_for_programs(folder: Path, tmp_path: Path, typed: Callable[..., tuple[int, str]]) -> None:
    ended, said = typed("log audit log --json", folder)
    told = json.loads(said)
    assert (ended, told["holds"], told["entries"]) == (
        0,
        True,
        len((folder / "log" / "entries.jsonl").read_text().splitlines()),
    )
    status = json.loads(typed("log status log report.zip --json", folder)[1])
    (report,) = told["reports"]
    assert {name: report[name] for name in ("state", "since", "until", "valid", "verdict")} == {
        name: status[name] for name in ("state", "since", "until", "valid", "verdict")
    }
    ((run,),) = [each["runs"] for each in told["families"]]
    assert (run["attempt"], run["verdicts"]) == (1, ["undetermined"])
    shutil.copytree(folder / "log", tmp_path / "log")
    (tmp_path / "home").symlink_to(folder / "home")
    entries = tmp_path / "log" / "entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b'"attempt":1', b'"attempt":2', 1))
    ended, said = typed("log audit log --json", tmp_path)
    assert ended == 12
    assert not json.loads(said)["holds"]
    assert any("attempt" in each["en"] for each in json.loads(said)["faults"])


def test_a_recall_marks_what_used_it(folder: Path, tmp_path: Path, typed: Callable[..., tuple[int, str]]) -> None:
    shutil.copytree(folder / "log", tmp_path / "log")
    (tmp_path / "report.zip").write_bytes((folder / "report.zip").read_bytes())
    (tmp_path / "home").symlink_to(folder / "home")
    bundle = re.search(r'"bundle":"(sha256:\w+)"', (folder / "log" / "entries.jsonl").read_text())
    assert bundle is not None
    for line, code, says in [
        ("log recall log --method medical.diagnosis/1 --dry-run", 0, [bundle[1], "Nothing was entered."]),
        ("log recall log --method medical.diagnosis/1 --reason bad --key keeper", 0, [bundle[1], "1 report"]),
        ("log status log report.zip", 12, ["recalled by keeper: method medical.diagnosis/1: bad"]),
        ("page report.zip --log log --out recalled.html", 12, ["recalled.html"]),
        ("log audit log --json", 0, ['"recalled": true', '"valid": false']),
        ("log audit log", 0, ["recalled: method medical.diagnosis/1: 1 report", "attempt 1,", ": undetermined"]),
    ]:
        ended, said = typed(line, tmp_path)
        assert ended == code, (line, said)
        for piece in says:
            assert piece in said, (line, said)


def test_a_withdrawn_report_stays(folder: Path) -> None:
    ended = steelyard(
        "log", "withdraw", "log", "report.zip", "--reason", "the set was bad", "--key", "keeper", folder=folder
    )
    assert ended.returncode == 0, ended.stderr
    ended = steelyard("log", "audit", "log", folder=folder)
    assert ended.returncode == 0
    assert "withdrawn: sha256:" in ended.stdout
    prove = ["log", "prove", "log", "report.zip", "--out", "withdrawn.json"]
    assert steelyard(*prove, folder=folder).returncode == 0
    assert "the set was bad" in steelyard("log", "check", "withdrawn.json", folder=folder).stdout


def test_a_log_that_was_changed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    for name, kept in (("entries.jsonl", 1), ("heads.jsonl", 2)):  # the first head is of the log before its first entry
        data = (folder / "log" / name).read_bytes().splitlines(keepends=True)
        (tmp_path / "log" / name).write_bytes(b"".join(data[:kept]))
    (tmp_path / "head.json").write_bytes((folder / "head.json").read_bytes())
    key = str(folder / "home" / "keys" / "keeper.pub")
    assert steelyard("log", "audit", "log", "--trust", key, folder=tmp_path).returncode == 0
    ended = steelyard("log", "audit", "log", "--trust", key, "--seen", "head.json", folder=tmp_path)
    assert ended.returncode == 12
    assert "the log has 1 entries now" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["log", "append", "other", "report.zip", "--key", "keeper"], 2, "the report's run does not stand in the log"),
        (["log", "prove", "log", "home"], 2, "home holds no run"),
        (["log", "audit", "nowhere"], 2, "there is no log in nowhere"),
        (["log", "append", "log", "report.zip", "--key", "keper"], 2, "Did you mean keeper"),
        (["log", "head", "home"], 2, "there is no log in home"),
        (["run", "miit-2017-315#medical", "--product", "x:y", "--log-key", "keeper"], 2, "and none is named"),
        (["log", "prove", "log", "run", "--out", "nowhere/x"], 2, "cannot write nowhere/x: No such file"),
        (["log", "check", "nothing.json"], 2, "cannot read nothing.json"),
        (["log", "check", "head.json"], 12, "head.json is no receipt"),
        (["log", "withdraw", "log", "report.zip", "--reason", " ", "--key", "keeper"], 2, "say why"),
        (["run", "miit-2017-315#medical", "--product", "reference:wdbc_logistic", "--log", "log"], 2, "--log-key"),
    ],
)
def test_wrong_calls(arguments: list[str], code: int, says: str, folder: Path) -> None:
    ended = steelyard(*arguments, folder=folder)
    assert ended.returncode == code, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("line", "language", "says"),
    [
        ("run miit-2017-315#medical --product x:y --seed log", "en", "--seed log needs a log"),
        ("run miit-2017-315#medical --product x:y --seed lgo", "zh", "--seed lgo：不是种子"),
        ("log status log report.zip --on tomorrow", "en", "--on tomorrow: that is no day"),
        ("log status nowhere report.zip", "zh", "nowhere 中没有日志"),
        ("log issue log report.zip --key keeper --by offcer", "en", "Did you mean officer"),
        ("log issue log report.zip --key keeper --years 3 --valid-until 2099-01-01", "zh", "不能并用"),
        ("log recall log --set wdbc@2 --dry-run", "en", "Did you mean wdbc@1"),
        ("log recall log --set wdbc", "zh", "哪一版本的数据集"),
        ("log recall log --set wdbc@1", "en", "a recall needs --reason and --key"),
        ("log recall log --set wdbc@1 --method m", "zh", "每次召回一项"),
        ("log recall log --method medical.diagnosis/ --dry-run", "zh", "哪一版本的检测方法"),
        ("log append /proc report.zip --key keeper", "zh", "无法写入 /proc"),
    ],
)
def test_wrong_words(line: str, language: str, says: str, folder: Path, typed: Callable[..., tuple[int, str]]) -> None:
    code, said = typed(line, folder, language)
    assert (code, says in said) == (2, True), said
