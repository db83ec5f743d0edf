"""Each method has a page, in English and in Chinese, that says what the method is: found in fields/, and not listed."""

from __future__ import annotations

import inspect
import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from steelyard import fields
from steelyard.core.method import Direction
from steelyard.core.plugins import load

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
PAGES = Path(__file__).parents[1] / "docs" / "methods"
TWINS = {"en": ".md", "zh": ".zh-CN.md"}
SECTIONS = {
    "en": [
        "What is measured",
        "Why this definition",
        "Formula and source",
        "Options",
        "What the clause leaves open",
        "A real result",
        "Checked against",
        "Not here",
    ],
    "zh": ["测量什么", "为何如此定义", "公式与出处", "选项", "条款未规定之处", "实测结果", "核对", "未涵盖"],
}
BETTER = {
    Direction.HIGHER: {"en": "higher", "zh": "越高越好"},
    Direction.LOWER: {"en": "lower", "zh": "越低越好"},
}
OTHERS = {"accuracy_score", "brier_score_loss", "confusion_matrix", "f1_score", "recall_score", "roc_auc_score"}
"""Functions of scikit-learn."""
SPECIFIED = {"answer_seconds", "any_mark", "at_least", "mean_over"}
"""What a specification, one of its readings, or a command calls so."""

each_page = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in fields.names() for language in TWINS]
)


@cache
def text_of(name: str, language: str) -> str:
    path = PAGES / f"{name}{TWINS[language]}"
    assert path.exists(), f"{name} has no page: write docs/methods/{path.name}, as the others are written"
    return path.read_text("utf-8")


def section(name: str, language: str, number: int) -> str:
    return re.split(r"^## .*\n", text_of(name, language), flags=re.MULTILINE)[number + 1]


def cells(text: str) -> list[list[str]]:
    """Return the rows of the first table of a text, without its head."""
    lines = re.findall(r"^\|(.*)\|$", text.partition("| --- |")[2].partition("\n\n")[0], re.MULTILINE)
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


@each_page
def test_every_method_has_a_page_with_all_sections(name: str, language: str) -> None:
    text = text_of(name, language)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS[language]
    assert text.startswith("# ")
    assert f"`{name}`" in text.splitlines()[0]
    other = next(each for each in TWINS if each != language)
    assert f"]({name}{TWINS[other]})" in text.splitlines()[2]


def test_every_page_is_of_a_method() -> None:
    found = {path.name for path in PAGES.glob("*.md")}
    assert found == {f"{name}{twin}" for name in [*fields.names(), "README"] for twin in TWINS.values()}


@each_page
def test_a_page_names_the_indicators_that_there_are(name: str, language: str) -> None:
    assert [row[:3] for row in cells(section(name, language, 0))] == [
        [f"`{indicator.name}`", getattr(indicator.title, language), BETTER[indicator.direction][language]]
        for indicator in fields.find(name).indicators
    ]


@each_page
def test_a_page_names_the_options_that_there_are(name: str, language: str) -> None:
    options = inspect.signature(load("steelyard.fields", name, fields.KIND).method).parameters.values()
    assert [row[:2] for row in cells(section(name, language, 3))] == [
        [f"`{option.name}`", "none" if option.default is None else f"`{option.default}`"] for option in options
    ]


def known(method: Any) -> set[str]:
    options = inspect.signature(load("steelyard.fields", method.name, fields.KIND).method).parameters
    columns = {column for indicator in method.indicators for column in indicator.columns}
    return {indicator.name for indicator in method.indicators} | set(options) | columns


@each_page
def test_a_page_names_nothing_that_the_method_does_not_have(name: str, language: str) -> None:
    method, text = fields.find(name), text_of(name, language)
    named = set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", text))
    assert named - known(method) - OTHERS - SPECIFIED == set()
    asked = set(re.findall(r"\b([a-z]+(?:_[a-z0-9]+)+) [<>]=? ", text))
    assert asked <= {indicator.name for indicator in method.indicators}


@each_page
def test_a_page_shows_its_result(name: str, language: str) -> None:
    shown = re.findall(r"!\[(.+?)\]\((\S+?)\)", section(name, language, 5))
    assert shown
    assert shown[0][1] == f"pictures/{name}{TWINS[language].removesuffix('.md')}.svg"
    assert "```sh\nsteelyard run " in section(name, language, 5)


@each_page
def test_numbers_of_a_result_stand_where_they_are_computed(name: str, language: str) -> None:
    text, field = section(name, language, 5), name.split(".")[0]
    computed = "".join(re.findall(r"```text\n(.*?)```", text, re.DOTALL))
    if (PAGES.parent / f"{field}-results.md").exists():
        computed += (PAGES.parent / f"{field}-results.md").read_text("utf-8")
    said = re.findall(r"\d+\.\d\d+(?=[ –-]*\d*\.?\d* %)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    assert [number for number in said if number not in computed] == []


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#: ]+)(?:#([^)]+))?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", (page.parent / target).read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w-]", "", head.lower().replace(" ", "-")) for head in heads}, anchor


@pytest.mark.parametrize("name", fields.names())
def test_twins_show_the_same_commands_and_what_they_print(name: str) -> None:
    blocks = [re.findall(r"^(?:<!--[^\n]*-->\n)?```\w*\n.*?^```$", text_of(name, each), re.M | re.S) for each in TWINS]
    assert blocks[0] == blocks[1]
    numbers = [re.findall(r"\d+\.\d+", section(name, each, 5)) for each in TWINS]
    assert sorted(numbers[0]) == sorted(numbers[1])


@pytest.mark.parametrize("language", TWINS)
def test_the_index_lists_every_method(language: str) -> None:
    assert cells(text_of("README", language)) == [
        [f"[`{name}`]({name}{TWINS[language]})", getattr(fields.find(name).question, language)]
        for name in fields.names()
    ]


@pytest.mark.parametrize("name", ["medical.diagnosis", "medical.probability"])
def test_what_a_page_says_comes_true(name: str, tmp_path: Path, mirror: Path) -> None:  # noqa: ARG001 - sets the library's mirror
    executed_page["comes_true"]([PAGES / f"{name}.md"], tmp_path)
