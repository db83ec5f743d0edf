"""What docs/issued-report.md says is done, and what its commands answer to a wrong call."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from steelyard.cli import _command_line
from steelyard.cli._stopping import CtrlC, exit_code
from steelyard.report.particulars.particulars import MEMBER
from steelyard.report.particulars.template import blank
from steelyard.report.proof.container import packed, unpacked

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "issued-report.md"
executed = runpy.run_path(str(ROOT / "tests" / "executed_page.py"))
WRITTEN = "2026-11-20"
"""The day of the page's dates; a test's run is judged today."""


@pytest.fixture
def typed(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return what comes of a command in the page's folder: exit code, and what was said."""

    def steelyard(*arguments: str, language: str = "en") -> tuple[int | None, str]:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("STEELYARD_LANGUAGE", language)
        monkeypatch.setenv("STEELYARD_HOME", str(folder / "home"))
        monkeypatch.setattr(sys, "argv", ["steelyard", *arguments])
        with pytest.raises(BaseException) as ended:  # noqa: PT011 - as `main` does, which would answer Ctrl-C too
            _command_line()
        left = ended.value
        code = int(left.code or 0) if isinstance(left, SystemExit) else exit_code(left, CtrlC())
        said = capsys.readouterr()
        return code, said.out + said.err

    return steelyard


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the page's commands were typed."""
    place = tmp_path_factory.mktemp("issued")
    executed["write_files"](PAGE, place)
    written = place / "particulars.yaml"
    written.write_text(written.read_text("utf-8").replace(WRITTEN, datetime.now(UTC).date().isoformat()), "utf-8")

    def see(typed: Any) -> None:
        if typed.line.startswith("steelyard pdf") and typed.code != 0 and _cannot_print(typed.errors):
            return
        assert typed.code == typed.expected, typed.errors
        said[typed.line.split()[1]] = typed.said

    said: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(place / "home"))
        patch.setenv("STEELYARD_LANGUAGE", "en")
        patch.setenv("COLUMNS", "200")
        executed["type_commands"](PAGE, place, see)
    assert "by Example Laboratory for AI Products for Example Device Maker" in " ".join(said["verify"].split())
    return place


def _cannot_print(errors: str) -> bool:
    return any(said in errors for said in ("no font here", "WeasyPrint"))


def test_what_the_page_makes(folder: Path) -> None:
    assert b"SY-" in unpacked(folder / "report.zip")[MEMBER]
    page = (folder / "report.html").read_text("utf-8")
    for said in ("示例人工智能检测实验室", "B. Example", "laboratory</strong>", "What was called what"):
        assert said in page
    if not (folder / "report.pdf").exists():
        pytest.skip("nothing can be printed here: WeasyPrint, Pango or a font with Chinese characters is missing")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    ("arguments", "language", "code", "says"),
    [
        (["particulars"], "en", 0, "Required: the laboratory's name [7.8.2.1 b]"),
        (["particulars"], "zh", 0, "必填：实验室名称 [7.8.2.1 b]"),
        (
            ["bundle", "run", "--particulars", "blank.yaml"],
            "en",
            2,
            "laboratory.address is missing: its postal address",
        ),
        (["bundle", "run", "--particulars", "blank.yaml"], "zh", 2, "缺少 laboratory.address：实验室通信地址"),
        (["bundle", "run", "--particulars", "nothing.yaml"], "en", 2, "steelyard particulars > particulars.yaml"),
        (["bundle", "run", "--particulars", "early.yaml"], "en", 2, "the particulars contradict the run"),
        (["bundle", "run", "--particulars", "early.yaml"], "zh", 2, "报告信息与检测相矛盾"),
        (["page", "nothing.zip"], "en", 2, "cannot read nothing.zip"),
        (["page", "run/report.json"], "en", 12, "run/report.json is no bundle"),
        (["page", "broken.zip"], "en", 12, "This bundle does not hold: do not rely on it."),
        (["pdf", "broken.zip"], "zh", 12, "该报告包不成立：请勿采信。"),
        (["page", "report.zip", "--out", "nowhere/x.html"], "en", 2, "cannot write nowhere/x.html"),
        (["page", "report.zip", "--out", "run/report.html"], "en", 2, "is the run's own page, which its bundle holds"),
        (["page", "report.zip", "--trust-timestamps", "run/plan.json"], "en", 2, "run/plan.json"),
        (["page", "report.zip", "--receipt", "nothing.json"], "en", 2, "cannot read nothing.json"),
        (["page", "report.zip", "--receipt", "run/plan.json"], "en", 12, "run/plan.json"),
        (["page", "report.zip", "--log", "nowhere"], "en", 2, "nowhere"),
        (["pdf", "report.zip", "--language", "de"], "en", 2, "There is no language of reports called 'de'."),
    ],
)
def test_what_is_asked_and_answered(
    arguments: list[str], language: str, code: int, says: str, folder: Path, typed: Callable[..., Any]
) -> None:
    if not (folder / "blank.yaml").exists():
        (folder / "blank.yaml").write_text(blank(), "utf-8")
        early = (folder / "particulars.yaml").read_text("utf-8")
        today = datetime.now(UTC).date().isoformat()
        (folder / "early.yaml").write_text(early.replace(today, "2020-01-01"), "utf-8")
        members = unpacked(folder / "report.zip")
        # What a laboratory says is changed, and the manifest left as it was.
        changed = {**members, MEMBER: members[MEMBER].replace(b"B. Example", b"C. Example")}
        (folder / "broken.zip").write_bytes(packed(changed))
    ended, said = typed(*arguments, language=language)
    assert (ended, says in said) == (code, True), said
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize("command", ["page", "pdf"])
@pytest.mark.parametrize(
    ("out", "options", "says"),
    [
        ("report.zip", [], "is read for this"),
        ("run/../report.zip", [], "is read for this"),
        ("link.html", [], "is read for this"),
        ("other.zip", [], "is a bundle"),
        ("mine.pub", ["--trust", "mine.pub"], "is read for this"),
        ("receipt.json", ["--receipt", "receipt.json"], "is read for this"),
        ("ca.pem", ["--trust-timestamps", "ca.pem"], "is read for this"),
        ("log/entries.jsonl", ["--log", "log"], "is read for this"),
        ("log/new.html", ["--log", "log"], "is read for this"),
        ("run/plan.json", [], "is one of the run's own files"),
        ("run/report.json", [], "is one of the run's own files"),
        ("run/report.html", [], "is the run's own page"),
    ],
)
def test_nothing_is_written_over_what_is_read(
    command: str, out: str, options: list[str], says: str, folder: Path, typed: Callable[..., Any]
) -> None:
    (folder / "log").mkdir(exist_ok=True)
    for name in ("mine.pub", "receipt.json", "ca.pem", "log/entries.jsonl"):
        (folder / name).write_text("{}")
    (folder / "other.zip").write_bytes((folder / "report.zip").read_bytes())
    if not (folder / "link.html").exists():
        (folder / "link.html").symlink_to("report.zip")
    path = folder / out
    before = path.read_bytes() if path.exists() else None
    ended, said = typed(command, "report.zip", "--out", out, *options)
    assert (ended, says in said) == (2, True), said
    assert (path.read_bytes() if path.exists() else None) == before
    (folder / "log" / "entries.jsonl").unlink()
    (folder / "log").rmdir()


@pytest.mark.parametrize(
    ("language", "says"), [("en", "nobody whom you trust has signed it"), ("zh", "没有您信任的签名")]
)
def test_an_unsigned_report_ends_as_verify_does(
    language: str, says: str, folder: Path, typed: Callable[..., Any]
) -> None:
    assert typed("bundle", "run", "--particulars", "particulars.yaml", "--out", "unsigned.zip")[0] == 0
    assert typed("verify", "unsigned.zip")[0] == 11
    ended, said = typed("page", "unsigned.zip", "--out", "unsigned.html", language=language)
    assert (ended, says in said) == (11, True), said
    assert "Signed by nobody." in (folder / "unsigned.html").read_text("utf-8")
    assert typed("page", "unsigned.zip", "--out", "unsigned.html")[0] == 11, "a page is made again over itself"
