"""Specifications that cannot be read say so by file and line, and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steelyard.core.errors import SpecificationError, UnknownName
from steelyard.core.specification import Coverage, Kind, Limit, Rule
from steelyard.specs.reader import names, read

GOOD = """\
specification: made-up
edition: 2026-01-02
document: a page
title: {en: A page, zh: 一页}
clauses:
  speech:
    where: "1"
    words: 准确率超过97%
    meaning: {en: Above 97 %., zh: 超过 97%。}
    axis: intelligence
    silent_on:
      - {en: any scene, zh: 任何场景}
    readings:
      plain:
        because: {en: Words say so., zh: 文字如此。}
        method: speech.recognition
        with: {normaliser: zh/1}
        cluster: speaker
        cover: {group: scene, at_least: 3, each: {speaker: 20}}
        require:
          accuracy: character_accuracy > 97 %
          every: {limit: sentence_accuracy >= 0.5, kind: census}
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "page.yaml"


def test_a_good_page_is_read(page: Path) -> None:
    page.write_text(GOOD, "utf-8")
    specification = read(str(page))
    assert (specification.name, specification.edition) == ("made-up", "2026-01-02")  # a date is written words here
    assert specification.path == str(page)
    assert (specification.decision.rule, specification.decision.confidence) == (Rule.GUARDED, 0.95)
    (clause,) = specification.clauses
    assert (clause.name, clause.binding, clause.line) == ("speech", "hard", 6)
    (reading,) = clause.readings
    assert (reading.name, reading.method, reading.options, reading.line) == (
        "plain",
        "speech.recognition",
        {"normaliser": "zh/1"},
        14,
    )
    assert reading.coverage == Coverage("scene", 3, {"speaker": 20})
    accuracy, every = reading.requirements
    assert accuracy.limit == Limit(">", 0.97, "1", "> 97 %")
    assert (every.name, every.kind, every.limit.text) == ("every", Kind.CENSUS, "≥ 0.5")


@pytest.mark.parametrize(
    "written",
    [
        "\ufeff" + GOOD,  # as some editors begin a file
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("{en: A page, zh: 一页}", "一页"),  # a plain string stands for both languages
        GOOD.replace("method: speech.recognition", "method: speech.not_yet"),  # run says that it is missing
        GOOD.replace("plain:", "plain: &it").replace("          accuracy:", "          accuracy: &limit"),
    ],
)
def test_what_can_be_written_otherwise(written: str, page: Path) -> None:
    page.write_bytes(written.encode())
    assert read(str(page)).clause("speech").reading("plain").requirements[0].limit.value == 0.97


# What is changed in the page above, the line that the message must name, and a piece of it.
BAD = [
    ("    where:", "    were:", 6, "clauses.speech lacks the key 'where'"),
    ("specification: made-up", "specifcation: made-up", 1, "lacks the key 'specification'"),
    ("document:", "decument: x\ndocument:", 3, "unknown key 'decument'; did you mean 'document'"),
    ("        cluster:", "        claster:", 18, "unknown key .*claster'; did you mean 'cluster'"),
    ("at_least: 3", "at_last: 3", 19, "cover.at_last'; did you mean 'at_least'|lacks the key 'at_least'"),
    ("kind: census", "kin: census", 22, "did you mean 'kind'"),
    ("so., zh: 文字如此。}", "so., zhh: 文字如此。}", 15, "because lacks the key 'zh'"),
    ("title:", "decision: {confidense: 0.9}\ntitle:", 4, "did you mean 'confidence'"),
    ("    axis:", "    words: again\n    axis:", 10, "the key 'words' is written twice"),
    ("    words: 准确率超过97%\n", "", 6, "clauses.speech lacks the key 'words'"),
    ("title: {en: A page, zh: 一页}\n", "", 1, "the file lacks the key 'title'"),
    ("    axis: intelligence", "    axis: inteligence", 10, "clauses.speech.axis: .*'intelligence'"),
    ("edition: 2026-01-02", "edition: 2026", 2, "edition: .*string"),  # YAML reads a number
    ("    where: \"1\"", "    where: 1", 7, "where: .*string"),
    ("character_accuracy", "character_acuracy", 21, "no indicator .*\n.*Did you mean character_accuracy"),
    ("> 97 %", "> 97 s", 21, "character_accuracy is given in %, the limit in s"),
    ("> 97 %", "> 101 %", 21, "lies between -∞ and 1; > 101 % is outside"),
    ("> 97 %", "> 97", 21, "> 97 is outside"),  # the unit was forgotten
    ("> 97 %", "< 97 %", 21, "character_accuracy is better when it is higher; < 97 % asks for the opposite"),
    ("> 97 %", "about 97 %", 21, "cannot read 'character_accuracy about 97 %' as a limit"),
    ("> 97 %", "≥ 97 %", 21, "cannot read .*as a limit"),
    ("> 97 %", "> 97,5 %", 21, "cannot read .*as a limit|given in"),
    ("> 97 %", "> NaN", 21, "cannot read .*as a limit"),
    ("{normaliser: zh/1}", "{normalizer: zh/1}", 17, "no option .*'normalizer'.*\n.*Did you mean normaliser"),
    ("{normaliser: zh/1}", "{normaliser: zh/2}", 17, "no normaliser called 'zh/2'.*\n.*Did you mean zh/1"),
    ("{normaliser: zh/1}", "{normaliser: 5}", 17, "no normaliser called"),
    ("{normaliser: zh/1}", "{normaliser: [zh/1]}", 17, "normaliser"),
    ("at_least: 3", "at_least: 0", 19, "greater than or equal to 1"),
    ("speaker: 20", "speaker: twenty", 19, "valid integer"),
    (
        "        cluster:",
        "        mean_over: {group: scene, at_least: 3}\n        cluster:",
        14,
        "mean_over already says what is covered",
    ),
    ("        method: speech.recognition\n        with: {normaliser: zh/1}\n", "", 14, "names no method"),
    ("document: a page", "document: [a page", 4, "not YAML"),
    ("document: a page", "document: a: page", 3, "not YAML"),
    ("document: a page", "document: *page", 3, "not YAML: found undefined alias"),
    ("document: a page", "document: !!python/name:os.system x", 3, "not YAML"),  # a tag that could run code
    ("document: a page", "document: \"\\uD800\"", 3, "."),
    ("document: a page", "document: a\x00page", 3, "not YAML"),
    ("document: a page", "document: a\x07page", 3, "not YAML"),
    ("document: a page", "? [a, b]\n: page\ndocument: a page", 3, "."),  # a key that is a list
    ("title: {en: A page, zh: 一页}", "title: &t [*t]", 1, "contains itself"),  # the whole file is to blame
    ("edition:", "---\nedition:", 2, "not YAML"),  # two documents
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "says"), BAD, ids=[repr(new.strip()[:30]) for _, new, *_ in BAD])
def test_a_bad_page_says_where_and_what(old: str, new: str, line: int, says: str, page: Path) -> None:
    assert old in GOOD
    page.write_text(GOOD.replace(old, new), "utf-8", newline="")
    with pytest.raises(SpecificationError) as caught:
        read(str(page))
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith(f"{page}:{line}: "), str(caught.value)
    assert re.search(says, str(caught.value)), str(caught.value)
    assert caught.value.what.zh.startswith(f"{page}:{line}：")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"# only a remark\n", "the file is empty"),
        (b"title: \xb9\xe6\xb7\xb6\n", "not UTF-8"),  # GB 18030
        (b"- a\n- b\n", "dictionary"),
        (b"just words\n", "dictionary"),
        (b"null\n", "dictionary"),
    ],
)
def test_what_is_no_page_at_all(data: bytes, says: str, page: Path) -> None:
    page.write_bytes(data)
    with pytest.raises(SpecificationError, match=says) as caught:
        read(str(page))
    assert str(caught.value).startswith(f"{page}:1: ")


def test_merged_keys_are_refused(page: Path) -> None:
    """YAML's ``<<`` would hide from a reader of the page what a requirement is."""
    merged = GOOD.replace("        require:\n", "        require: &them\n") + (
        "      again:\n"
        "        because: {en: The same., zh: 同上。}\n"
        "        method: speech.recognition\n"
        "        require: {<<: *them, more: characters_correct > 97 %}\n"
    )
    page.write_text(merged, "utf-8")
    with pytest.raises(SpecificationError, match="merged keys are not read"):
        read(str(page))


@pytest.mark.parametrize("name", ["315", "no", "2020-01-01", "~"])
def test_names_are_read_as_they_are_written(name: str, page: Path) -> None:
    """YAML would make a number, a boolean, a date and nothing of them."""
    page.write_text(GOOD.replace("  speech:", f"  {name}:"), "utf-8")
    assert read(str(page)).clause(name).name == name


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("> 1 %", Limit(">", 0.01, "1", "> 1 %")),
        (">= 0.7 %", Limit(">=", 0.007, "1", "≥ 0.7 %")),  # 7 of 1000 meet it in a census
        (">= 2.3 %", Limit(">=", 0.023, "1", "≥ 2.3 %")),
        (">= 5e-2", Limit(">=", 0.05, "1", "≥ 5e-2")),
        (">97%", Limit(">", 0.97, "1", "> 97 %")),
        ("> 0.97", Limit(">", 0.97, "1", "> 0.97")),
        ("  >  +1  %  ", Limit(">", 0.01, "1", "> +1 %")),
    ],
)
def test_limits(written: str, limit: Limit, page: Path) -> None:
    page.write_text(GOOD.replace("> 97 %", written), "utf-8")
    assert read(str(page)).clause("speech").reading("plain").requirements[0].limit == limit


@pytest.mark.parametrize("written", ["residual_angle <= 0.005 °", "rate >= 1.5 pT/√Hz", "collisions <= 0 count"])
def test_units_of_methods_that_are_not_here_yet_are_kept(written: str, page: Path) -> None:
    later = GOOD.replace("speech.recognition", "later.method").replace("character_accuracy > 97 %", f'"{written}"')
    page.write_text(later, "utf-8")
    requirement = read(str(page)).clause("speech").reading("plain").requirements[0]
    assert (
        f"{requirement.indicator} {requirement.limit.operator} {requirement.limit.value:g} {requirement.limit.unit}"
        == written
    )


def test_only_statistics_need_no_method(page: Path) -> None:
    without = GOOD.replace("        method: speech.recognition\n        with: {normaliser: zh/1}\n", "")
    page.write_text(
        without.replace("character_accuracy > 97 %", "{limit: firms >= 20 count, kind: statistic}").replace(
            "kind: census", "kind: statistic"
        ),
        "utf-8",
    )
    assert read(str(page)).clause("speech").reading("plain").method is None


def test_a_page_that_was_edited_is_read_anew(page: Path) -> None:
    page.write_text(GOOD, "utf-8")
    before = read(str(page))
    page.write_text(GOOD.replace("97 %", "95 %"), "utf-8")
    after = read(str(page))
    assert after.digest != before.digest
    assert after.clause("speech").reading("plain").requirements[0].limit.value == 0.95


def test_names() -> None:
    assert "miit-2017-315" in names()
    with pytest.raises(UnknownName, match="Did you mean miit-2017-315"):
        read("miit-2017-31")


@pytest.mark.parametrize(
    ("name", "says", "remedy"),
    [
        ("pyproject.toml", "a specification's file ends in .yaml or .yml", "call it pyproject.yaml"),
        ("docs", "docs is a folder", "Name a file in it that ends in .yaml or .yml"),
    ],
)
def test_a_file_or_a_folder_that_is_there_is_not_called_unknown(name: str, says: str, remedy: str) -> None:
    with pytest.raises(SpecificationError, match=says) as caught:
        read(name)
    assert remedy in str(caught.value.remedy)


@pytest.mark.parametrize("name", ["", ".", "no/such/page.yaml", "no/such/page"])
def test_what_is_neither_a_name_nor_a_page(name: str) -> None:
    with pytest.raises(UnknownName, match=r"There is: .*miit-2017-315"):
        read(name)
