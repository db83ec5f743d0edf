"""What holds for every check, found and not listed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.core.errors import UnknownName
from steelyard.core.plugins import plugins
from steelyard.core.words import Words
from steelyard.library import quality
from steelyard.library.quality import Quality, check, examine, names
from steelyard.library.quality._check import Severity
from steelyard.library.quality._likeness import Likeness
from steelyard.library.stored_set import StoredSet
from steelyard.report.terminal.quality import document

FEATURES = pa.list_(pa.float64())


@pytest.mark.parametrize("name", names())
def test_a_check_bears_the_name_of_its_file_and_asks_in_both_languages(name: str) -> None:
    assert check(name).name == name
    bilingual(check(name).question)


def test_checks_are_found_by_folder() -> None:
    assert set(names()) == set(plugins(quality.__name__))
    with pytest.raises(UnknownName) as caught:
        check("duplicate")
    assert caught.value.near == "duplicates"


@pytest.mark.parametrize("name", plugins("steelyard.library.quality._likeness"))
def test_a_likeness_is_of_a_data_type_that_there_is(name: str) -> None:
    assert name in plugins("steelyard.data")
    assert issubclass(import_module(plugins("steelyard.library.quality._likeness")[name]).LIKENESS, Likeness)


def bilingual(words: Words) -> None:
    assert words.en
    assert re.search(r"[\u4e00-\u9fff]", words.zh)


def test_every_check_of_the_worst_set_says_what_and_what_to_do(made: Callable[..., StoredSet]) -> None:
    stored = made(
        {
            "id": [f"s{row // 2}" for row in range(40)],
            "input": pa.array(["same", "sAme ", "cafÃ©", "13812345678 a@b.cn", ""] * 8),
            "reference": pa.array(["yes", "no", None, "yes"] * 10),
            "split": ["test", "training"] * 20,
            "patient": [f"p{row % 3}" for row in range(40)],
            "scores": pa.array([[1.0, 5.0]] * 40),
        },
        input={"type": "text"},
        units={"patient": Words("patients", "受检者")},
        licence="GPL-3.0-only AND CC-BY-NC-4.0 AND Mine-1.0",
        digest="sha256:0",
    )
    made_of = examine(stored)
    assert made_of.serious
    for name, outcome in made_of.outcomes.items():
        assert outcome.not_applicable is not None or outcome.how is not None, name
        for words in (outcome.not_applicable, outcome.how, *outcome.notes):
            if words is not None:
                bilingual(words)
        for finding in outcome.findings:
            bilingual(finding.what)
            bilingual(finding.remedy)
            for group in finding.samples:
                assert len(group.ids) == len(group.rows)
                assert set(group.rows) <= set(range(40))
    severities = [finding.severity for _, finding in made_of.findings]
    assert severities == sorted(severities, key=list(Severity).index)
    assert json.loads(json.dumps(document(made_of), allow_nan=False))["exit_code"] == 10


def test_nothing_to_check_is_said(made: Callable[..., StoredSet]) -> None:
    stored = made({"reference": [f"text {row}" for row in range(5)]})
    outcomes = examine(stored).outcomes
    for name in ("duplicates", "near_duplicates", "leakage", "agreement", "coverage", "label_errors", "balance"):
        assert outcomes[name].not_applicable is not None, name


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=12)


def in_order(made_of: Quality) -> dict[str, Any]:
    """Return what was found, without regard to the order of samples."""
    return {
        f"{name}/{finding.kind}": (
            finding.count,
            sorted((sorted(group.ids), group.similarity or 0.0) for group in finding.samples),
        )
        for name, finding in made_of.findings
    }


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(texts=TEXTS, data=st.data())
def test_the_order_of_samples_changes_nothing(
    texts: list[str], data: st.DataObject, made: Callable[..., StoredSet]
) -> None:
    texts = [*texts, texts[0]]
    labels = data.draw(st.lists(st.sampled_from(["yes", "no"]), min_size=len(texts), max_size=len(texts)))
    order = data.draw(st.permutations(range(len(texts))))
    ids = [f"s{row}" for row in range(len(texts))]
    checks = ["schema", "duplicates", "near_duplicates", "leakage", "personal_data", "balance"]

    def examined(places: list[int]) -> Quality:
        columns = {
            "id": [ids[place] for place in places],
            "input": pa.array([texts[place] for place in places], pa.string()),
            "reference": [labels[place] for place in places],
            "split": ["test" if place % 2 else "training" for place in places],
        }
        return examine(made(columns, input={"type": "text"}), only=checks)

    first, second = in_order(examined(list(range(len(texts))))), in_order(examined(order))
    first.pop("schema/card")  # its digest is over rows in their order
    second.pop("schema/card")
    assert first == second


def test_a_folder_is_never_written_to(made: Callable[..., StoredSet]) -> None:
    stored = made({"input": pa.array([[1.0, 2.0]] * 4, FEATURES)}, input={"type": "features", "size": 2})
    before = sorted(path.name for path in Path(stored.folder).iterdir())
    examine(stored)
    assert sorted(path.name for path in Path(stored.folder).iterdir()) == before
