"""Licences, personal data, balance and coverage: tables of cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.words import Words
from steelyard.library.quality import examine
from steelyard.library.quality._personal import finds, is_card_number, is_identity_number, without
from steelyard.library.quality.licence import alternatives, incompatible, known
from steelyard.library.stored_set import StoredSet
from steelyard.specs.reader import read


@pytest.mark.parametrize(
    ("licence", "kinds"),
    [
        ("CC0-1.0", set()),
        ("Apache-2.0 AND CC-BY-4.0", set()),
        ("CC-BY-SA-4.0", {"share_alike"}),
        ("CC-BY-NC-SA-4.0", {"non_commercial", "share_alike"}),
        ("CC-BY-ND-4.0 AND MIT", {"no_derivatives", "parts_clash"}),
        ("CC-BY-NC-4.0 OR MIT", set()),  # who may choose takes the lighter
        ("LicenseRef-makers", {"own_terms"}),
        ("CC-BY-40", {"unknown"}),
        ("NOASSERTION", {"none"}),
        ("MIT AND", {"unreadable"}),
        ("(MIT", {"unreadable"}),
    ],
)
def test_what_licences_ask(
    licence: str, kinds: set[str], made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    assert set(found(made({"reference": ["a"]}, licence=licence), "licence")) == kinds


# From Creative Commons' chart of what may be combined; rows and columns both.
@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("CC0-1.0", "CC-BY-SA-4.0", True),
        ("CC-BY-4.0", "CC-BY-SA-4.0", True),
        ("CC-BY-4.0", "CC-BY-NC-4.0", True),
        ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", True),
        ("CC-BY-SA-4.0", "CC-BY-NC-4.0", False),
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", False),
        ("CC-BY-ND-4.0", "CC-BY-4.0", False),
        ("CC-BY-NC-ND-4.0", "CC0-1.0", False),
    ],
)
def test_what_may_be_combined(one: str, other: str, together: bool) -> None:
    assert (incompatible([one, other]) is None) == (incompatible([other, one]) is None) == together


@given(st.lists(st.sampled_from(sorted(known())), min_size=1, max_size=4))
def test_an_expression_is_read_back(names: list[str]) -> None:
    assert alternatives(" AND ".join(names)) == [tuple(names)]
    assert alternatives(" OR ".join(f"({name})" for name in names)) == [(name,) for name in names]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("call 13812345678.", ["mobile"]),
        ("+86 138-1234-5678", ["mobile"]),
        ("tel. (212) 555-0123 now", ["telephone"]),
        ("010-62345678", ["telephone"]),
        ("li.lei@mail.cn, someone@example.com", ["e_mail"]),
        ("身份证11010519491231002X。", ["identity_number"]),
        ("110105194912310021", []),  # a wrong check digit
        ("card 4111-1111-1111-1111", ["bank_card"]),
        ("4111 1111 1111 1112", []),
        ("64012345 64012346, 62345678-8001", []),  # telephone numbers side by side
        ("https://example.org/a/4111111111111111", []),
        ("8.8.8.8 and 192.168.0.1", ["ip_address"]),
        ("version 1.2.3.4567, 3.14159265358979, 20201231235959", []),
        ("flight 1381234", []),
        ("2d78a1b1-23af-4f8a-a133-95082633a795", []),  # a UUID
        ("a 133-95082633", ["mobile"]),
        ("the year 2017 and 315", []),
    ],
)
def test_personal_data(text: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in finds(text)] == kinds
    assert (without(text) == text) == (not kinds)


@given(st.integers(4 * 10**14, 5 * 10**14 - 1) | st.integers(62 * 10**14, 63 * 10**14 - 1))
def test_luhn_has_one_check_digit(number: int) -> None:
    assert sum(is_card_number(f"{number}{digit}") for digit in range(10)) == 1


@given(st.integers(0, 999), st.dates())
def test_an_identity_number_has_one_check_digit(serial: int, born: Any) -> None:
    if 1850 < born.year < 2100:
        start = f"110105{born:%Y%m%d}{serial:03d}"
        assert sum(is_identity_number(start + digit) for digit in "0123456789X") == 1


def test_personal_data_are_never_in_what_is_said(made: Callable[..., StoredSet]) -> None:
    stored = made({"reference": pa.array([["call 13812345678"], ["x"]])})
    outcome = examine(stored, only=["personal_data"]).outcomes["personal_data"]
    assert outcome.findings[0].kind == "reference.mobile"
    assert "13812345678" not in repr(outcome)


def test_an_id_that_is_a_personal_datum_is_met_and_not_shown(made: Callable[..., StoredSet]) -> None:
    ids = ["s1", "13812345678", "11010519491231002X"]
    columns = {"id": ids, "input": ["a", "b", "b"], "reference": ["x", "x", "x"]}
    stored = made(columns, input={"type": "text"})
    quality = examine(stored, only=["personal_data", "duplicates"])
    met = {finding.kind: finding.samples for finding in quality.outcomes["personal_data"].findings}
    assert {kind: groups[0].ids for kind, groups in met.items()} == {
        "id.mobile": ("#1",),
        "id.identity_number": ("#2",),
    }
    assert not any(each in repr(quality.outcomes) for each in ids[1:])
    again = examine(stored, only=["leakage"], against=made(columns, input={"type": "text"}, name="other"))
    assert "other@1: #2" in repr(again.outcomes)
    assert not any(each in repr(again.outcomes) for each in ids[1:])


@pytest.mark.parametrize(
    ("references", "kinds"),
    [
        (["a"] * 50 + ["b"] * 50, set()),
        (["a"] * 200 + ["b"] * 12, {"reference.uneven"}),
        (["a"] * 50 + ["b"] * 6, {"reference.few"}),
        (["a"] * 20, {"reference.single"}),
    ],
)
def test_balance(
    references: list[str], kinds: set[str], made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    assert set(found(made({"reference": references}), "balance")) == kinds


def speech(speakers: int, scenes: int) -> dict[str, Any]:
    rows = [(speaker, scene) for speaker in range(speakers) for scene in range(scenes)]
    return {
        "reference": [f"话{speaker}{scene}" for speaker, scene in rows],
        "speaker": [f"s{speaker}" for speaker, _ in rows],
        "scene": [f"scene-{scene}" for _, scene in rows],
    }


@pytest.mark.parametrize(
    ("speakers", "scenes", "kinds"),
    [
        (20, 3, set()),
        (20, 2, {"too_few.scene"}),
        (12, 3, {"too_few.scene.speaker"}),
        (8, 3, {"too_few.cluster", "too_few.scene.speaker"}),
    ],
)
def test_coverage(
    speakers: int, scenes: int, kinds: set[str], made: Callable[..., StoredSet], found: Callable[..., Any]
) -> None:
    stored = made(
        speech(speakers, scenes),
        methods=("speech.recognition",),
        units={"speaker": Words("speakers", "说话人")},
        groups={"scene": Words("scene", "场景")},
    )
    clauses = (read("miit-2017-315").clause("speech.recognition"),)
    assert set(found(stored, "coverage", clauses=clauses)) == kinds


def test_coverage_names_the_column_that_lacks(made: Callable[..., StoredSet], found: Callable[..., Any]) -> None:
    columns = speech(20, 1)
    stored = made(
        {"reference": columns["reference"], "scenes": columns["scene"]},
        methods=("speech.recognition",),
        groups={"scenes": Words("scene", "场景")},
    )
    clauses = (read("miit-2017-315").clause("speech.recognition"),)
    findings = found(stored, "coverage", clauses=clauses)
    assert set(findings) == {"no_column.scene", "no_column.speaker"}
    assert "'scenes'" in findings["no_column.scene"].remedy.en
    other = examine(stored, clauses=(read("miit-2017-315").clause("medical"),), only=["coverage"]).outcomes["coverage"]
    assert other.not_applicable is not None
