"""Files of recorded answers: each format is told by its ending or its lines, and a line that is wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import steelyard
from steelyard.core.card import Card
from steelyard.core.errors import AnswersError
from steelyard.core.words import Words
from steelyard.library.store import open_set
from steelyard.library.writing import write_set
from steelyard.products import open_product
from steelyard.products._answers import read

TWO = {"s1": "he hoped there", "s2": ""}


@pytest.mark.parametrize(
    ("name", "text", "form", "answers"),
    [
        ("a.jsonl", '{"id": "s1", "output": "he hoped there"}\n{"id": "s2", "output": ""}\n', "JSON lines", TWO),
        ("a", '{"id": "s1", "output": [1]}', "JSON lines", {"s1": [1]}),
        ("a.csv", 'output,id,more\n"he hoped there",s1,x\r\n,s2,y\n', "CSV", TWO),
        ("a.csv", 'id,output\ns1,"he, ""hoped""\nthere"\n', "CSV", {"s1": 'he, "hoped"\nthere'}),
        ("a.tsv", "id\toutput\ns1\the hoped there\ns2\t\n", "TSV", TWO),
        ("answers", "id,output\ns1,a\n", "CSV", {"s1": "a"}),
        ("a.trn", ";; comment\nhe hoped there (s1)\n(s2)\n", "sclite trn", TWO),
        ("a.txt", "he hoped there (s1)\n\n(s2)\n", "sclite trn", TWO),
        ("text", "s1 he hoped there\ns2\n", "Kaldi text", TWO),
        ("a.txt", "s1 he hoped (there)\ns2 he\n", "Kaldi text", {"s1": "he hoped (there)", "s2": "he"}),
        (
            "a.ctm",
            ";; c\ns1 1 0.5 0.1 hoped 0.9\ns1 1 0.1 0.2 he 1\ns1 1 0.7 0.1 there\n",
            "NIST ctm",
            {"s1": TWO["s1"]},
        ),
        ("out", "s1 A 0.1 0.2 he\ns1 B 0.1 0.2 yes\n", "NIST ctm", {"s1-A": "he", "s1-B": "yes"}),
        ("a.stm", "s1 1 ann 0.0 1.5 <o,f0> he hoped\ns1 1 ann 2.0 3.5 there\n", "NIST stm", {"s1": TWO["s1"]}),
        ("recogs.txt", "s1:\tref=['a']\ns1:\thyp=['he', 'hoped', 'there']\ns2:\thyp=[]\n", "icefall recogs", TWO),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_each_format_is_read(
    name: str, text: str, form: str, answers: dict[str, object], mark: bytes, tmp_path: Path
) -> None:
    found = read(tmp_path / name, mark + text.encode())
    assert (found.answers, found.format.en) == (answers, form)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.trn", "he hoped (s1)\nhe hoped\n", r"a\.trn:2 cannot be read: it does not end with an id"),
        ("a.trn", "he (s1)\nshe (s1)\n", r"a\.trn:2: 's1' is answered twice"),
        ("a.csv", "name,text\ns1,he\n", r"a\.csv:1 cannot be read: its columns are name, text"),
        ("a.csv", "id,output\ns1\n", r"a\.csv:2 cannot be read: it has 1 cells"),
        ("a.csv", 'id,output\ns1,"he\n', r"a\.csv:2 cannot be read: unexpected end of data"),
        ("a.ctm", "s1 1 0.1 0.2 he\ns1 1 0.1\n", r"a\.ctm:2 cannot be read: it is no line of ctm"),
        ("a.ctm", "s1 1 0.1 0.2 he\ns1 1 nan 1 x\n", r"a\.ctm:2 cannot be read: nan and 1 are no times"),
        ("a.ctm", "s1 1 -0.1 0.2 he\n", r"a\.ctm:1 cannot be read: -0.1 and 0.2 are no times"),
        ("a.ctm", "s1 1 0.1 inf he\n", r"a\.ctm:1 cannot be read: 0.1 and inf are no times"),
        ("a.ctm", "s1 1 1e999 0.1 he\n", r"a\.ctm:1 cannot be read: 1e999 and 0.1 are no times"),
        ("a.ctm", "s1 1 * * <ALT_BEGIN>\n", r"a\.ctm:1 cannot be read: it offers alternatives"),
        ("a.stm", "s1 1 ann 0.0 he\n", r"a\.stm:1 cannot be read: it is no line of stm"),
        ("recogs.txt", "s1:\thyp=['a']\ns2:\thyp=[open('x')]\n", r"recogs\.txt:2 cannot be read: its tokens"),
        ("a.jsonl", "s1 he\n", r"a\.jsonl:1 cannot be read"),
        ("text", "s1 a\ns2 b\ns1 c\n", r"text:3: 's1' is answered twice"),
        ("a.jsonl", "", r"a\.jsonl is empty"),
        ("text", "\n \n", r"text is empty"),
        ("a.csv", "id,output\n", r"a\.csv holds no answers"),
    ],
)
def test_a_line_that_is_wrong_is_named_with_what_to_do(name: str, text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match=says) as caught:
        read(tmp_path / name, text.encode())
    assert caught.value.remedy is not None
    assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.what.zh)


def test_another_encoding_is_said(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match=r"text:2 cannot be read: it is not UTF-8") as caught:
        read(tmp_path / "text", b"s1 a\ns2 " + "杆秤".encode("gb18030"))
    assert "iconv" in str(caught.value.remedy)


@given(st.binary(max_size=80), st.sampled_from(["a.jsonl", "a.csv", "a.tsv", "a.trn", "a.ctm", "a.stm", "text"]))
def test_any_bytes_are_answers_or_an_error_that_says_why(data: bytes, name: str) -> None:
    try:
        found = read(Path(name), data)
    except AnswersError:
        return
    assert all(isinstance(each, str) for each in found.answers)


def test_a_recogniser_s_own_files_are_judged_as_its_recorded_answers(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What icefall wrote, and the same as Kaldi's text and as trn, come to the counts that its log states."""
    monkeypatch.chdir(tmp_path)
    whole = open_set("aishell1-test-hyp-zh").answers("decoder")
    recorded = dict(zip(whole["id"].to_pylist(), whole["output"].to_pylist(), strict=True))
    source = mirror / "speech/aishell1-test-hyp-zh/recogs-aishell1_test.txt"
    found = read(source, source.read_bytes()).answers
    assert {name: str(said).replace(" ", "") for name, said in found.items()} == recorded
    Path("text").write_text("".join(f"{name} {said}\n" for name, said in recorded.items()), "utf-8")
    Path("a.trn").write_text("".join(f"{said} ({name})\n" for name, said in recorded.items()), "utf-8")
    for name in ("text", "a.trn"):
        assert read(Path(name), Path(name).read_bytes()).answers == recorded
    report = steelyard.run(
        "miit-2017-315#speech.recognition", f"outputs:{source}", test_set="aishell1-test-hyp-zh", out=tmp_path / "out"
    )
    counts = [report.counts[name] for name in ("substitutions", "deletions", "insertions", "characters")]
    assert counts == [5536, 528, 172, 104765]


@pytest.mark.parametrize(
    ("ids", "lines", "right"),
    [
        (("call-A", "call-B"), "call A 0 1 he\ncall B 0 1 yes\n", [True, True]),
        (("call-A", "call-B"), "call A 0 1 he\n", [True, False]),  # nothing was recognised on B: A keeps its name
        (("call-A", "call-B"), "call B 0 1 yes\n", [False, True]),
        (("call", "talk"), "call 1 0 1 he\ntalk 1 0 1 yes\n", [True, True]),
        (("CALL-a", "talk"), "call A 0 1 he\ntalk 1 0 1 yes\n", None),
        (("call", "call-A"), "call A 0 1 he\n", None),  # whose answer it is cannot be told
    ],
)
def test_ids_of_timed_words_are_those_of_the_set(
    ids: tuple[str, str],
    lines: str,
    right: list[bool] | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_card: Callable[..., Card],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(SPECIFICATION.replace("reference: sclite", "reference: plain"), "utf-8")
    card = make_card(methods=("speech.words",), input=None, units={"speaker": Words("speakers", "说话人")})
    table = pa.table({"id": ids, "reference": ["he", "yes"], "speaker": ids})
    write_set(tmp_path / "set", card, table)
    Path("a.ctm").write_text(lines, "utf-8")
    if right is None:
        with pytest.raises(AnswersError):
            steelyard.run("s.yaml#words", "outputs:a.ctm", test_set=str(tmp_path / "set"), out=tmp_path / "out")
        return
    report = steelyard.run("s.yaml#words", "outputs:a.ctm", test_set=str(tmp_path / "set"), out=tmp_path / "out")
    assert report.counts["deletions"] == right.count(False)
    assert report.counts["substitutions"] == 0


def test_a_file_without_an_ending_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("s1 he\n")
    assert open_product("outputs:text").answered == {"s1"}


def test_ids_that_differ_in_case_alone_are_matched_when_told_so(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NIST's own file names its sentences in capitals, the set in small letters."""
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(SPECIFICATION, "utf-8")
    file = mirror / "speech/nist-sctk-scoring/csrnab.hyp"
    with pytest.raises(AnswersError, match="write outputs:FILE#lower"):
        steelyard.run("s.yaml#words", f"outputs:{file}", test_set="nist-sctk-csrnab", out=tmp_path / "a")
    report = steelyard.run("s.yaml#words", f"outputs:{file}#lower", test_set="nist-sctk-csrnab", out=tmp_path / "b")
    counts = [report.counts[name] for name in ("substitutions", "deletions", "insertions", "words")]
    assert counts == [131, 12, 26, 1406]
    assert round(100 * (report.findings[0].estimate.value or 0), 1) == 12.0


def test_ids_that_one_case_makes_the_same_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.trn"
    path.write_text("he (Ab)\nshe (aB)\n")
    with pytest.raises(AnswersError, match="'ab' is answered twice"):
        open_product(f"outputs:{path}#lower")


SPECIFICATION = """
specification: words
edition: "1"
document: an example
source: https://github.com/usnistgov/SCTK
title: {en: Words, zh: 词}
decision: {rule: guarded, confidence: 0.95}
clauses:
  words:
    where: "1"
    words: word error rate below 20 %
    meaning: {en: Word error rate below 20 %., zh: 词错误率低于 20%。}
    axis: intelligence
    binding: hard
    readings:
      sclite:
        because: {en: As sclite counts., zh: 按 sclite 计数。}
        method: speech.words
        with: {normaliser: case/1, reference: sclite}
        cluster: speaker
        require: {errors: word_error_rate < 20 %}
"""
