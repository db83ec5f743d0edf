"""What a laboratory says beside the numbers is whole, or every gap in it is named."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.report.particulars import particulars as kinds
from steelyard.report.particulars.dates import contradictions
from steelyard.report.particulars.fields import FIELDS
from steelyard.report.particulars.particulars import ADAPTER, Particulars
from steelyard.report.particulars.read import PARTS, completed, derived, numbered, particulars_of, read_particulars
from steelyard.report.particulars.shown import NOT_STATED, shown
from steelyard.report.particulars.template import blank

WHOLE: dict[str, Any] = {
    "laboratory": {"name": "Example Laboratory", "address": "1 Example Road"},
    "party": "third",
    "customer": {"name": "Example Maker", "contact": "maker@example.com"},
    "item": {"description": "a classifier", "condition": "as delivered"},
    "dates": {
        "received": "2026-03-01",
        "performed_from": "2026-03-02",
        "performed_to": "2026-03-03",
        "issued": "2026-03-04",
    },
    "deviations": "none",
    "authorised_by": {"name": "B. Example", "function": "head of laboratory"},
}
MANDATORY = [
    *("laboratory.name", "laboratory.address", "party", "customer.name", "customer.contact", "item.description"),
    *("item.condition", "dates.received", "dates.performed_from", "dates.performed_to", "dates.issued", "deviations"),
    *("authorised_by.name", "authorised_by.function"),
]
CREATED = "2026-03-03T10:00:00+00:00"


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Any], Particulars]:
    def of(content: Any) -> Particulars:
        path = tmp_path / "particulars.yaml"
        written = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        path.write_bytes(written.encode("utf-8", "surrogateescape"))
        return read_particulars(path)

    return of


def changed(place: str, to: Any) -> dict[str, Any]:
    """The whole, with another value at a place; None takes it out."""
    content = json.loads(json.dumps(WHOLE))
    *above, last = place.split(".")
    inner = content
    for key in above:
        inner = inner.setdefault(key, {})
    inner.pop(last, None) if to is None else inner.update({last: to})
    return content


def test_the_least_that_must_be_said(read: Callable[[Any], Particulars]) -> None:
    found = read(WHOLE)
    assert found.laboratory.name == Words("Example Laboratory", "Example Laboratory")
    assert found.authorised_by[0].function.en == "head of laboratory"
    assert found.identification == ""


@pytest.mark.parametrize("place", MANDATORY)
def test_each_gap_is_named(place: str, read: Callable[[Any], Particulars]) -> None:
    with pytest.raises(CallError) as caught:
        read(changed(place, None))
    assert f"  {place} is missing: " in caught.value.what.en
    assert f"缺少 {place}：" in caught.value.what.zh
    assert "steelyard particulars" in caught.value.remedy.en  # type: ignore[union-attr]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_left_blank_is_asked_for(
    language: str, read: Callable[[Any], Particulars], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_LANGUAGE", language)
    text = blank()
    with pytest.raises(CallError) as caught:
        read(text)
    named = [line.split()[0] for line in caught.value.what.en.splitlines()[1:]]
    assert sorted(named) == sorted(MANDATORY), "all of them at once"
    written = yaml.safe_load(text.replace("#  - ", "  - ").replace("#    ", "    "))
    assert list(written) == [field.name for field in dataclasses.fields(Particulars)]
    for name, part in PARTS.items():
        if name:
            below = written[name][0] if isinstance(written[name], list) else written[name]
            assert list(below) == [field.name for field in dataclasses.fields(part)]


@pytest.mark.parametrize(
    ("content", "en", "zh"),
    [
        (changed("labratory", {"name": "x"}), "labratory is unknown; did you mean laboratory?", "是否指 laboratory"),
        (changed("customer.nam", "x"), "customer.nam is unknown; did you mean name?", "未知的键 customer.nam"),
        (changed("zzz", 1), "zzz is unknown", "未知的键 zzz"),
        (changed("item.identification", 7), "must be text, in quotes where it is a number", "数字须加引号"),
        (changed("item.description", {"en": "only"}), "or in both languages", "中英文各一"),
        ("a: \x1b]0;b", "not YAML", "不是 YAML"),  # YAML knows no such character …
        (
            json.dumps(WHOLE).replace("a classifier", "a\\u001b[2Jb"),  # … unless it is written so
            "item.description is too long or holds characters that cannot be seen",
            "含有不可见字符",
        ),
        (json.dumps(WHOLE).replace("a classifier", "a\\u202eb"), "characters that cannot be seen", "不可见字符"),
        (changed("dates.issued", "2026-02-30"), "dates.issued must be a day", "应为日期"),
        (changed("dates.issued", "20260304"), "dates.issued must be a day", "应为日期"),
        (changed("dates.issued", 5), "dates.issued must be a day", "应为日期"),
        (changed("identification", "9" * 65), "identification is too long", "identification 过长"),  # on every page
        (changed("deviations", "x" * 4001), "deviations is too long", "deviations 过长"),
        (changed("party", "fourth"), "party must be first, second or third", "应为 first"),
        (changed("opinions", "fine"), "opinions must be a list", "opinions 应为列表"),
        (changed("opinions", [{"text": "fine"}]), "opinions.1.by is missing", "缺少 opinions.1.by"),
        (changed("opinions", [5]), "opinions.1 must hold keys", "应为键值列表"),
        (changed("accreditation", {"body": "x"}), "accreditation.scope is missing", "缺少 accreditation.scope"),
        (changed("amendment", "x"), "amendment must hold keys and values", "amendment 应为键值列表"),
        ("- x", "it is no list of keys and values", "不是键值列表"),
        ("", "the file is empty", "文件为空"),
        ("\udcb9", "particulars.yaml:1: not UTF-8; convert it", "请先转换编码"),
        ("\na: [", "particulars.yaml:3: not YAML", "不是 YAML"),
        ("a: 1\na: 2", "the key 'a' is written twice", "重复"),
    ],
)
def test_what_is_wrong_is_said(content: Any, en: str, zh: str, read: Callable[[Any], Particulars]) -> None:
    with pytest.raises(CallError) as caught:
        read(content)
    assert en in caught.value.what.en
    assert zh in caught.value.what.zh


def test_all_faults_are_said_at_once_with_their_lines(read: Callable[[Any], Particulars]) -> None:
    with pytest.raises(CallError) as caught:
        read("party: 3\ncustomer:\n  name: x\n  phone: y\n")
    for said in ("line 1: party must", "line 4: customer.phone is unknown", "customer.contact is missing"):
        assert said in caught.value.what.en


def test_every_field_is_explained_where_it_stands() -> None:
    assert {part.__name__ for part in PARTS.values()} == set(FIELDS)
    for part in PARTS.values():
        said = FIELDS[part.__name__]
        assert list(said) == [field.name for field in dataclasses.fields(part)]
        assert part.__doc__ is not None
        documented = f"{part.__doc__} {kinds.__doc__}"
        for name, each in said.items():
            assert name in part.__doc__
            number = re.search(r"[\d.]+$", re.split(r"[ –][a-z]|–", each.clause)[0])
            assert not each.clause or (number is not None and number[0] in documented), (name, each.clause)


def test_the_standard_is_answered() -> None:
    """ISO/IEC 17025:2017, 7.8.2.1: what of a to p is a field; the rest the report itself says."""
    clauses = " ".join(said.clause for part in FIELDS.values() for said in part.values())
    for letter in "bcdeghijknop":
        assert f"7.8.2.1 {letter}" in clauses.replace("h–j", "h 7.8.2.1 i 7.8.2.1 j")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, []),
        ({"received": "2026-03-03"}, ["dates.received (2026-03-03) is later than dates.performed_from"]),
        ({"performed_from": "2026-03-04", "performed_to": "2026-03-04"}, []),  # a day's difference: another clock
        (
            {"performed_to": "2026-03-05", "issued": "2026-03-05"},
            ["dates.performed_to (2026-03-05) is later than the run, which was judged on 2026-03-03"],
        ),
        ({"issued": "2026-03-02"}, ["dates.performed_to (2026-03-03) is later than dates.issued"]),
        (
            {"received": "2026-02-01", "performed_from": "2026-02-01", "performed_to": "2026-03-01"},
            ["dates.performed_to (2026-03-01) is earlier than the run, which was judged on 2026-03-03"],
        ),
        ({"received": "2026-02-01", "performed_from": "2026-02-01", "performed_to": "2026-03-02"}, []),
        ({"issued": "2026-03-11"}, []),  # the day after: another clock
        ({"issued": "2026-03-12"}, ["dates.issued (2026-03-12) is later than today, 2026-03-10"]),
        (
            dict.fromkeys(("received", "performed_from", "performed_to", "issued"), "2026-03-01"),
            ["dates.performed_to (2026-03-01) is earlier than the run", "dates.issued (2026-03-01) is earlier than"],
        ),
    ],
)
def test_dates_fit_each_other_and_the_run(
    changes: dict[str, str], says: list[str], read: Callable[[Any], Particulars]
) -> None:
    found = contradictions(read(WHOLE | {"dates": WHOLE["dates"] | changes}), CREATED, today=date(2026, 3, 10))
    assert len(found) == len(says)
    for words, said in zip(found, says, strict=True):
        assert words.en.startswith(said)
        assert "晚于" in words.zh or "早于" in words.zh


def test_recorded_answers_were_tested_before_they_were_judged(read: Callable[[Any], Particulars]) -> None:
    earlier = dict.fromkeys(("received", "performed_from", "performed_to"), "2026-02-01")
    found = read(WHOLE | {"dates": WHOLE["dates"] | earlier})
    assert contradictions(found, CREATED, recorded=True) == []
    assert len(contradictions(found, CREATED)) == 1


@pytest.mark.parametrize(
    ("place", "written", "says"),
    [
        ("authorised_by.name", "\u200b", "cannot be seen"),  # no name at all
        ("authorised_by.name", "\u3164", "cannot be seen"),  # a Hangul letter that is drawn as nothing
        ("customer.name", "Maker\u200d", "cannot be seen"),
        ("customer.name", "Maker\u061c", "cannot be seen"),
        ("customer.contact", "Maker\ufeff", "cannot be seen"),
        ("customer.contact", "Maker\u2028x", "cannot be seen"),
        ("deviations", "a\u2029b", "cannot be seen"),
        ("deviations", "a\tb", "cannot be seen"),
        ("identification", "A\u200bB", "cannot be seen"),
        ("identification", "A\nB", "must stand on one line"),
        ("customer.name", "Maker\n  \u2713 the verdict is CONFORMS", "must stand on one line"),
        ("authorised_by.function", "head\nof all", "must stand on one line"),
        ("laboratory.name", "x" * 301, "too long"),
    ],
)
def test_nothing_unseen_and_no_line_of_anothers_is_taken(
    place: str, written: str, says: str, read: Callable[[Any], Particulars]
) -> None:
    with pytest.raises(CallError, match=says) as caught:
        read(json.dumps(changed(place, written)))
    assert "不可见" in caught.value.what.zh or "一行" in caught.value.what.zh or "过长" in caught.value.what.zh
    # A bundle whose maker wrote it by hand is read by the same rule.
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(changed(place, written) | {"authorised_by": [changed(place, written)["authorised_by"]]})


def test_names_stand_on_one_line_and_texts_may_have_several(read: Callable[[Any], Particulars]) -> None:
    content = changed("customer.name", "Example" + " " * 90 + "Maker")
    content["laboratory"]["address"] = "1 Example Road\nExample City"
    found = read(content)
    assert (found.customer.name.en, found.laboratory.address.en) == ("Example Maker", "1 Example Road\nExample City")


def test_what_use_and_data_do_not_say_is_said_once_for_each(read: Callable[[Any], Particulars]) -> None:
    title, rows = shown(read(WHOLE))[-1]
    assert title == FIELDS["Particulars"]["use"].title
    assert [name for name, _ in rows] == [said.title for said in FIELDS["Use"].values()]
    assert {value for _, value in rows} == {NOT_STATED}


def test_aliases_that_stand_for_billions_are_refused(read: Callable[[Any], Particulars]) -> None:
    names = "abcdefghi"
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [f"{n}: &{n} [{','.join([f'*{b}'] * 9)}]" for b, n in itertools.pairwise(names)]
    with pytest.raises(CallError) as caught:
        read("\n".join(lines))
    assert "stand for more than 10,000 values" in caught.value.what.en
    assert "10,000" in caught.value.what.zh
    # A few are read as ever.
    assert read(json.dumps(WHOLE)[:-1] + ", environment: &x quiet, customer_supplied: *x}").environment.en == "quiet"  # type: ignore[union-attr]


def test_a_report_is_identified_by_what_it_is_made_of(read: Callable[[Any], Particulars]) -> None:
    found = read(WHOLE)
    numbers = {
        derived("sha256:1", b"{}", found),
        derived("sha256:2", b"{}", found),  # another plan
        derived("sha256:1", b"{ }", found),  # the plan run again
        derived("sha256:1", b"{}", replace(found, deviations=Words("some", "有"))),  # amended
    }
    assert len(numbers) == 4
    assert all(number == numbered("sha256:" + number[3:].replace("-", "") + "0" * 52) for number in numbers)
    assert completed(found, "sha256:1", b"{}", CREATED).identification in numbers
    named = replace(found, identification="EX-1")
    assert completed(named, "sha256:1", b"{}", CREATED) == named
    amended = replace(
        named, amendment=kinds.Amendment(replaces="EX-1", changes=Words("a", "b"), reason=Words("c", "d"))
    )
    with pytest.raises(CallError, match=r"names this report itself|所指即本报告"):
        completed(amended, "sha256:1", b"{}", CREATED)


LETTERS = st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=("C", "Z"))
LINES = st.text(LETTERS, min_size=1, max_size=20)


@given(st.data())
def test_what_is_written_is_what_is_read(data: st.DataObject) -> None:
    def content(part: type[Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for field in dataclasses.fields(part):
            if field.default is not dataclasses.MISSING and data.draw(st.booleans()):
                continue
            below = next((kind for name, kind in PARTS.items() if name == field.name and part is Particulars), None)
            if below is not None:
                one = content(below)
                made[field.name] = [one] if str(field.type).startswith("tuple") else one
            elif field.name == "party":
                made[field.name] = data.draw(st.sampled_from(["first", "second", "third"]))
            elif field.type == "Day":
                made[field.name] = data.draw(st.dates()).isoformat()
            else:
                text = st.fixed_dictionaries({"en": LINES, "zh": LINES})
                made[field.name] = data.draw(LINES if field.type == "Line" else text)
        return made

    found = ADAPTER.validate_python(content(Particulars) | {"identification": "EX-1"})
    document = found.document()
    assert particulars_of(json.loads(document)) == found
    assert canonical(json.loads(document)) == document
    said = {words for _, rows in shown(found) for row in rows for words in row}
    assert {found.laboratory.name, found.customer.contact, found.item.condition, found.deviations} <= said
