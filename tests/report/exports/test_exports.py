"""What every format keeps: the report's numbers, the same bytes everywhere, and words that stay words."""

from __future__ import annotations

import inspect
import json
import os
import re
import runpy
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from steelyard.core.canonical import plain
from steelyard.core.errors import EvidenceError, UnknownName
from steelyard.core.product_card import ProductCard
from steelyard.core.words import Words
from steelyard.report import exports
from steelyard.report.exports import VerifiedReport, model_card
from steelyard.report.proof import verified as verified_module
from steelyard.report.proof.container import packed
from steelyard.report.proof.keys import PrivateKey
from steelyard.report.proof.signing import sign

attacks = runpy.run_path(str(Path(__file__).parents[1] / "attacks.py"))
Members = Mapping[str, bytes]


@pytest.fixture(scope="module")
def whole(bundles: Mapping[str, Members]) -> VerifiedReport:
    return exports.verified_report(bundles["grouped"], Path("report.zip"))


@pytest.mark.parametrize("name", exports.names())
def test_a_format_says_what_it_is(name: str) -> None:
    format_ = exports.find(name)
    assert format_.ABOUT.en.startswith(f"{name} (")
    assert re.search(r"[\u4e00-\u9fff]", format_.ABOUT.zh)
    assert inspect.getdoc(format_)
    assert "Source:" in (inspect.getdoc(format_) or "")
    assert re.fullmatch(r"[a-z]+/[a-z+.]+[a-z]+(; version=\S+)?", format_.MEDIA_TYPE)
    assert format_.ENDING.startswith(".")
    assert list(inspect.signature(format_.export).parameters) == ["found"]


def test_an_unknown_format_is_told_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        exports.find("cyclondx")
    assert caught.value.near == "cyclonedx"


@pytest.mark.parametrize("name", exports.names())
def test_numbers_are_the_report_s(name: str, whole: VerifiedReport) -> None:
    said = exports.find(name).export(whole).decode("utf-8-sig")
    for finding in whole.report.findings:
        for number in (finding.estimate.value, finding.estimate.lower, finding.estimate.upper):
            assert number is not None
            written = f"{number * 100:.2f} %" if name == "junit" else json.dumps(number)
            assert written in said, f"{name} does not say {written}"
        assert (
            finding.requirement.limit.text.replace("<", "&lt;" if name == "junit" else "<").replace(
                ">", "&gt;" if name == "junit" else ">"
            )
            in said
        )
    assert whole.bundle in said
    for words in whole.report.claims:
        assert words.zh in said
    assert re.search("one-sided|sided", said)


@pytest.mark.parametrize("name", exports.names())
def test_bytes_follow_from_the_bundle_alone(
    name: str, whole: VerifiedReport, bundles: Mapping[str, Members], key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exports.find(name).export
    before = export(whole)
    for variable, value in {"STEELYARD_LANGUAGE": "zh", "TZ": "Asia/Shanghai", "SOURCE_DATE_EPOCH": "1"}.items():
        monkeypatch.setenv(variable, value)
    time.tzset()
    try:
        assert export(whole) == before
        # Who has signed it is told by verify: it changes nothing of what is exported.
        signed = exports.verified_report(sign(bundles["grouped"], key), Path("signed.zip"))
        assert export(signed) == before
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("attack", "says"), [(each[1], each[3]) for each in attacks["ATTACKS"] if each[0] == "drawn"][:6]
)
def test_what_does_not_hold_is_not_exported(attack: object, says: str, bundles: Mapping[str, Members]) -> None:
    assert callable(attack)
    with pytest.raises(EvidenceError, match="is not exported") as caught:
        exports.verified_report(attacks["renamed"](attack(dict(bundles["drawn"]))), Path("report.zip"))
    assert caught.value.exit_code == 12
    assert "不予导出" in caught.value.what.zh
    assert says is not None


def test_a_report_that_is_of_other_types_is_bad_evidence(bundles: Mapping[str, Members]) -> None:
    """Notes are checked by nobody: whatever they are, it is the file's fault."""
    edited = attacks["renamed"](attacks["change"]("report.json", "notes", to=[17])(dict(bundles["drawn"])))
    with pytest.raises(EvidenceError, match="is not exported"):
        exports.verified_report(edited, Path("report.zip"))


@pytest.mark.parametrize("name", exports.names())
def test_numbers_that_rest_on_a_signature_are_said_to(
    name: str, bundles: Mapping[str, Members], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a sealed set the rows are withheld: nobody has computed the numbers again."""
    held = verified_module.verified
    monkeypatch.setattr(verified_module, "verified", lambda *given: replace(held(*given), withheld=True))
    found = exports.verified_report(bundles["drawn"], Path("report.zip"))
    said = exports.find(name).export(found).decode("utf-8-sig")
    assert ("false" if name == "csv" else verified_module.REST_ON_WORD.zh) in said


HOSTILE = [
    '=HYPERLINK("http://127.0.0.1/")',
    "<script>alert(1)</script>",
    "a\n\n# [click](javascript:alert(1)) | `x` ]]>",
    "---\nlicense: mit\n---",
    "\x00\x0b\x1b[31m\u2028\u202e",
    "'\"; --",
]


def hostile(whole: VerifiedReport, text: str) -> VerifiedReport:
    report = whole.report
    card = ProductCard(name=text, version=text, intended_use=Words(text, text), maker=text)
    plan = replace(report.plan, product=replace(report.plan.product, uri=text), product_card=card)
    return replace(whole, report=replace(report, plan=plan, notes=(Words(text, text),)))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("name", exports.names())
def test_a_product_s_words_stay_words(name: str, text: str, whole: VerifiedReport) -> None:
    said = exports.find(name).export(hostile(whole, text)).decode("utf-8-sig")
    if name == "model-card":
        head, body = said.removeprefix("---\n").split("\n---\n", 1)
        assert "<script" not in body
        assert not re.search(r"(?<!\\)\]\(", body)
        assert not re.search(r"^license:", head, re.MULTILINE)
        assert not re.search(r"^# \[click", body, re.MULTILINE)
    if name == "csv":
        assert not re.search(r"(^|,)\"?[=+@]", said.replace(",-", ","), re.MULTILINE)
    if name == "junit":
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", said)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"])) | st.text("a1.)-+>#*_`[]()!<&;|~=:/\\\n\t @$w", max_size=12)
)
def test_a_text_is_one_paragraph_of_text_to_whoever_reads_markdown(text: str) -> None:
    shown = model_card._text(text)
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(shown)
    normal = re.sub(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text).strip()
    assert [block.type for block in blocks] == (["paragraph_open", "inline", "paragraph_close"] if normal else [])
    if normal:
        assert {part.type for part in blocks[1].children or []} <= {"text", "text_special"}
        assert "".join(part.content for part in blocks[1].children or []) == normal
    # Some make links of bare addresses.
    assert not re.search(r"\w://|www\.|(?<!\\)@", shown)


def test_nothing_without_a_value_becomes_zero(whole: VerifiedReport) -> None:
    report = whole.report
    first = report.judgements[0]
    empty = replace(first.findings[0].estimate, value=None, lower=None, upper=None)
    findings = (replace(first.findings[0], estimate=empty), *first.findings[1:])
    gone = replace(
        whole, report=replace(report, judgements=(replace(first, findings=findings), *report.judgements[1:]))
    )
    for name in exports.names():
        said = exports.find(name).export(gone).decode("utf-8-sig")
        assert "null" in said or name != "sarif"
        assert "NaN" not in said
        assert "None" not in said
    metrics = json.loads(exports.find("cyclonedx").export(gone))["components"][0]["modelCard"]["quantitativeAnalysis"]
    assert metrics["performanceMetrics"][0].keys() == {"type", "slice"}


def test_the_command_line(bundles: Mapping[str, Members], whole: VerifiedReport, tmp_path: Path) -> None:
    (tmp_path / "report.zip").write_bytes(packed(bundles["grouped"]))

    def steelyard(*arguments: str, language: str = "en") -> subprocess.CompletedProcess[bytes]:
        environment = os.environ | {"STEELYARD_LANGUAGE": language, "PYTHONWARNINGS": "error"}
        command = [sys.executable, "-m", "steelyard", "export", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env=environment)

    ended = steelyard("report.zip", "--as", "csv")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout == exports.find("csv").export(whole)
    ended = steelyard("report.zip", "--as", "sarif", "--out", "found.sarif", language="zh")
    assert (ended.returncode, ended.stdout) == (0, b"found.sarif\n")
    assert (tmp_path / "found.sarif").read_bytes() == exports.find("sarif").export(whole)
    ended = steelyard("report.zip", "--as", "serif", language="zh")
    assert ended.returncode == 2
    assert "是否指 sarif" in ended.stderr.decode()
    data = bytearray((tmp_path / "report.zip").read_bytes())
    data[data.index(b'"digest"') + 20] ^= 1
    (tmp_path / "other.zip").write_bytes(data)
    ended = steelyard("other.zip", "--as", "csv", "--out", "other.csv")
    assert ended.returncode == 12
    assert not (tmp_path / "other.csv").exists()


def test_what_is_read_back_is_the_report(bundles: Mapping[str, Members]) -> None:
    for members in bundles.values():
        said = json.loads(members["report.json"])
        report = exports.verified_report(members, Path("report.zip")).report
        assert {name: value for name, value in plain(report).items() if name != "path"} == {
            name: said[name] for name in said if name not in ("format", "exit_code", "plan_digest")
        }
