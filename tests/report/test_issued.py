"""The page that is issued: who stands for it, what was proved, and numbers that were computed again."""

from __future__ import annotations

import itertools
import json
import re
import runpy
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import steelyard
from steelyard.core.canonical import canonical, sha256
from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.fields.medical import diagnosis, probability
from steelyard.library.store import open_set
from steelyard.report.confusion import confusion
from steelyard.report.issued import Entered, Standing, issued, issued_page
from steelyard.report.latency import QUANTILES, latency
from steelyard.report.particulars.checked import NOBODY
from steelyard.report.particulars.particulars import MEMBER
from steelyard.report.particulars.shown import STATEMENTS
from steelyard.report.proof.bundle import MANIFEST, bundle
from steelyard.report.proof.container import packed
from steelyard.report.proof.evidence import loaded, saved
from steelyard.report.proof.keys import PrivateKey
from steelyard.report.proof.likeness import as_written, same
from steelyard.report.proof.signing import sign
from steelyard.report.proof.unpacked import Bundled
from steelyard.report.proof.verification import verify
from steelyard.report.proof.verified import Verified, verified
from steelyard.report.rebuilt import _computed, _read, rebuilt
from steelyard.report.reliability import reliability

every_particular = runpy.run_path(str(Path(__file__).parent / "conftest.py"))["every_particular"]
Members = Mapping[str, bytes]
Bundles = Mapping[str, Members]
ENTERED = Entered(
    index=3, size=12, at="2026-03-04T05:06:07+00:00", root="ab" * 32, head_at="2026-03-05", signed=("keeper",)
)


def checked(members: Members, *keys: PrivateKey) -> Verified:
    return verified(members, [key.public for key in keys])


def texts_of(page: str, language: str) -> str:
    return " ".join(unescape(each) for each in re.findall(rf'<span class="w" lang="{language}">(.*?)</span>', page))


# --- What a bundle says, and what verify says of it ------------------------------------------------------------------


def test_verify_says_who_stands_for_it(issued_members: Bundles) -> None:
    found = {name: {each.name: each for each in verify(members)} for name, members in issued_members.items()}
    assert all(each.fault is None for checks in found.values() for each in checks.values())
    assert found["untold"]["particulars"].what == NOBODY
    said = found["told"]["particulars"].what
    for place in ("laboratory.name", "customer.name", "authorised_by.name"):
        assert f"said of {place}" in said.en
        assert f"说明 {place}" in said.zh
    assert "EX-2026-0007" in said.en


def renamed(members: Members) -> dict[str, bytes]:
    """The manifest made anew, as anybody can."""
    said = json.loads(members[MANIFEST])
    files = {name: sha256(data) for name, data in sorted(members.items()) if name != MANIFEST}
    return {**members, MANIFEST: canonical(said | {"files": files})}


def rewritten(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def of(data: bytes) -> bytes:
        said = json.loads(data)
        change(said)
        return canonical(said)

    return of


@pytest.mark.parametrize(
    "attack",
    [
        lambda data: json.dumps(json.loads(data)).encode(),  # the same, written in another way
        lambda data: data + b"\n",
        lambda _: b"",
        lambda _: b"[]",
        lambda data: data.replace(b"{", b'{"format":"steelyard/particulars/1",', 1),  # a key twice
        rewritten(lambda said: said.update(extra=1)),
        rewritten(lambda said: said.update(format="steelyard/particulars/2")),
        rewritten(lambda said: said.pop("customer")),
        rewritten(lambda said: said.pop("use")),
        rewritten(lambda said: said.update(identification="")),
        rewritten(lambda said: said.update(authorised_by=[])),
        rewritten(lambda said: said["laboratory"]["name"].update(en="")),
        rewritten(lambda said: said["dates"].update(received="2199-01-01")),
        rewritten(lambda said: said["customer"]["name"].update(en="Maker\n  \u2713 the verdict is CONFORMS")),
        rewritten(lambda said: said["authorised_by"][0]["name"].update(zh="\u200b")),
        rewritten(lambda said: said["laboratory"]["address"].update(en="a\u2028b")),
        rewritten(lambda said: said["laboratory"]["name"].update(en="\u3164")),
        rewritten(lambda said: said.update(identification="EX\n1")),
    ],
)
def test_both_programs_find_what_is_no_laboratory_s(
    attack: Callable[[bytes], bytes],
    issued_members: Bundles,
    second: dict[str, ModuleType],
    capsys: pytest.CaptureFixture[str],
) -> None:
    members = renamed({**issued_members["told"], MEMBER: attack(issued_members["told"][MEMBER])})
    assert [each.name for each in verify(members) if each.fault is not None] == ["particulars"]
    assert second["program"].verify(packed(members), []) == 12
    assert "\n  \u2713" not in capsys.readouterr().out, "no line is a stranger's"


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["dates"].update(issued="2020-01-01"),
        lambda said: said["laboratory"].update(phone={"en": "1", "zh": "1"}),
        lambda said: said.update(party="fourth"),
    ],
)
def test_what_steelyard_finds(change: Callable[[dict[str, Any]], object], issued_members: Bundles) -> None:
    members = renamed({**issued_members["told"], MEMBER: rewritten(change)(issued_members["told"][MEMBER])})
    assert [each.name for each in verify(members) if each.fault is not None] == ["particulars"]
    with pytest.raises(ValueError, match="does not hold"):
        issued(members, checked(members))


def test_both_programs_take_a_bundle_with_or_without_them(
    issued_members: Bundles, second: dict[str, ModuleType], key: PrivateKey
) -> None:
    for members in issued_members.values():
        assert second["program"].verify(packed(members), []) == 11
    signed = sign(issued_members["told"], key)
    assert checked(signed, key).exit_code == 0
    changed = renamed({**signed, MEMBER: rewritten(lambda said: said.update(identification="EX-8"))(signed[MEMBER])})
    assert checked(changed, key).exit_code == 12, "who signs, signs the particulars too"


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_report_is_made_again(issued_members: Bundles) -> None:
    bundled = Bundled(issued_members["told"])
    assert same(as_written(rebuilt(bundled).document()), bundled.report)
    # Where rows are withheld, what the report says is read instead; here the rows are there too.
    assert same(as_written(_read(bundled.report)), as_written(_computed(bundled)))


def test_every_word_of_the_laboratory_is_on_the_page(issued_members: Bundles) -> None:
    members = issued_members["told"]
    page = issued_page(members, checked(members))
    said = json.loads(members[MEMBER])

    def words(value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict) and value.keys() == {"en", "zh"}:
            yield value["en"], value["zh"]
        elif isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                yield from words(each)

    pairs = list(words(said))
    assert len(pairs) > 25
    for en, zh in pairs:
        assert en in texts_of(page, "en")
        assert zh in texts_of(page, "zh")
    for text in (
        "EX-2026-0007",
        said["amendment"]["replaces"],
        said["accreditation"]["number"],
        said["dates"]["issued"],
    ):
        assert text in page
    for statement in STATEMENTS:
        assert statement.en in unescape(page)
        assert statement.zh in page
    english, chinese = (page.count(f'<span class="w" lang="{language}">') for language in ("en", "zh"))
    assert english == chinese > 120
    # Opinions stand apart from what was found, and the end of the report at its end.
    assert page.index("said of opinions.text") > page.index('id="opinions-title"') > page.index('id="findings-title"')
    assert page.rindex("End of report EX-2026-0007") > page.rindex("said of authorised_by.name")


def test_without_a_laboratory_it_says_so(issued_members: Bundles) -> None:
    members = issued_members["untold"]
    page = issued_page(members, checked(members))
    for en, zh in (
        ("No laboratory stands behind this report by name", "没有具名的实验室对本报告负责"),
        ("Nobody has signed it.", "没有签名。"),
        ("No receipt was shown", "未出示回执"),
        ("Authorised by nobody", "无人批准"),
    ):
        assert en in texts_of(page, "en")
        assert zh in texts_of(page, "zh")
    number = issued(members, checked(members))[1].number
    assert re.fullmatch(r"SY(-[0-9A-F]{4}){3}", number)
    assert page.count(number) >= 5


def test_who_signed_and_where_it_stands(issued_members: Bundles, key: PrivateKey) -> None:
    members = sign(issued_members["told"], key)
    page = issued_page(members, checked(members, key), ENTERED)
    assert "by a key that the maker of this page trusts" in texts_of(page, "en")
    assert key.public.id in page
    assert "Entry 4 of 12" in texts_of(page, "en")
    assert "signed by keeper" in texts_of(page, "en")
    assert ENTERED.root in page
    stranger = issued_page(members, checked(members))
    assert "nobody here can tell whose it is" in texts_of(stranger, "en")
    assert "by a key that the maker of this page trusts" not in texts_of(stranger, "en")


def test_it_loads_nothing_and_whatever_is_said_stays_text(issued_members: Bundles) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    members = issued_members["told"]
    told = rewritten(lambda said: said["laboratory"]["name"].update(en=attack, zh=attack))(members[MEMBER])
    members = renamed({**members, MEMBER: told})
    for language in (None, "en", "zh"):
        page = issued_page(members, checked(members), language=language)
        assert "alert(1)" in page
        assert "<img src=x" not in page
        assert page.count("<script>") == (1 if language is None else 0)
        loads = re.findall(r'(?:src|href)="([^"]*)"', page)
        assert [each for each in loads if not each.startswith(("#", "data:"))] == []


def test_nobody_s_signature_stands_above_the_letterhead(issued_members: Bundles, key: PrivateKey) -> None:
    signed = sign(issued_members["told"], key)
    by_nobody, by_a_stranger = "Signed by nobody.", "Signed by nobody who is trusted here."
    for members, trusted, says in (
        (issued_members["told"], [], by_nobody),
        (signed, [], by_a_stranger),
        (signed, [key], None),
    ):
        found = checked(members, *trusted)
        page = issued_page(members, found)
        letterhead = page.index('class="letterhead"')
        assert (re.search('class="callout bad">', page[:letterhead]) is None) is (says is None)
        if says is not None:
            assert says in unescape(page[:letterhead])
            foot = re.search(r'<p class="foot">(.*?)</p>', issued_page(members, found, language="en"))
            assert foot is not None
            assert says in foot[1], "on every page of paper"


@pytest.mark.parametrize("valid", [True, False])
def test_what_is_not_valid_is_said_before_the_verdict(valid: bool, issued_members: Bundles, key: PrivateKey) -> None:
    members = sign(issued_members["told"], key)
    stood = Standing(valid, Words("By the log, so it is.", "日志如是说。"), 0 if valid else 12)
    whole = issued_page(members, checked(members, key), standing=stood)
    assert (whole.index("日志如是说。") < whole.index('<p class="verdict')) is not valid
    foot = re.search(
        r'<p class="foot">(.*?)</p>', issued_page(members, checked(members, key), None, stood, language="zh")
    )
    assert foot is not None
    assert ("日志如是说。" in foot[1]) is not valid


def test_a_laboratory_that_is_not_named_approves_nothing(issued_members: Bundles) -> None:
    page = issued_page(issued_members["untold"], checked(issued_members["untold"]))
    for statement in STATEMENTS:
        assert statement.en not in unescape(page)
        assert statement.zh not in page


def test_it_shows_no_options_and_no_symbols(issued_members: Bundles) -> None:
    for members in issued_members.values():
        page = issued_page(members, checked(members))
        body = re.sub(r"<style>.*?</style>|<script>.*?</script>|<svg.*?</svg>", "", page, flags=re.DOTALL)
        assert re.findall(r"(?<![\w-])--[a-z][a-z-]+", body) == []
        assert "u_c" not in body
        assert "张冠李戴" not in body
        assert body.count("无法证明") == 1, "the heading says it once for all"
        assert "how long answers took" in texts_of(page, "en")


def test_times_that_nobody_measured_are_not_shown(issued_members: Bundles) -> None:
    members = issued_members["told"]
    assert issued(members, checked(members))[1].latency is not None
    seconds = members["records/seconds.npy"]
    zero = renamed({**members, "records/seconds.npy": saved(loaded(seconds, 1, float_=True) * 0)})
    assert issued(zero, checked(zero))[1].latency is None


def test_recorded_answers_have_no_times_and_were_tested_before(
    store_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(store_home))
    opened = open_set("wdbc")
    ids = [name for batch in opened.batches() for name in batch["id"].to_pylist()]
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps({"id": each, "output": "negative"}) + "\n" for each in ids), "utf-8")
    steelyard.run("miit-2017-315#medical", f"outputs:{answers}", out=tmp_path / "run")
    today = datetime.now(UTC).date()
    told = every_particular(today)
    earlier = replace(told.dates, **dict.fromkeys(("received", "performed_from", "performed_to"), "2020-01-01"))
    members = bundle(tmp_path / "run", particulars=replace(told, dates=earlier)).members
    assert checked(members).holds
    assert issued(members, checked(members))[1].latency is None
    assert "How long answers took" not in issued_page(members, checked(members))


def test_dates_that_cannot_be_are_not_bundled(
    reported: Path, store_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(store_home))
    told = every_particular(datetime.now(UTC).date())
    for changes, says in (
        ({"received": "2001-01-01", "performed_from": "2001-01-01", "performed_to": "2001-01-01"}, "is earlier than"),
        ({"issued": "2099-12-31"}, "is later than today"),
    ):
        with pytest.raises(CallError, match=says):
            bundle(reported, particulars=replace(told, dates=replace(told.dates, **changes)))


@pytest.mark.parametrize(
    ("name", "number", "repeated"),
    [
        ({"en": "Short Lab", "zh": "短名"}, "EX-1", {"en": True, "zh": True}),
        ({"en": "Short Lab", "zh": "国家人工智能产品质量检验检测中心" * 6}, "EX-1", {"en": True, "zh": False}),
        ({"en": "Long " * 20, "zh": "短名"}, "EX-1", {"en": False, "zh": True}),
        ({"en": "Example Laboratory for AI Products", "zh": "短名"}, "R" * 64, {"en": False, "zh": True}),
    ],
)
def test_the_head_of_each_page_has_room_for_what_it_repeats(
    name: dict[str, str], number: str, repeated: dict[str, bool], issued_members: Bundles
) -> None:
    def change(said: dict[str, Any]) -> None:
        said["identification"] = number
        said["laboratory"]["name"] = {each: text.strip() for each, text in name.items()}

    members = renamed({**issued_members["told"], MEMBER: rewritten(change)(issued_members["told"][MEMBER])})
    assert issued(members, checked(members))[1].repeated == repeated
    for language, room in repeated.items():
        page = issued_page(members, checked(members), language=language)
        assert (' unrepeated"' not in page) is room


@pytest.mark.parametrize(("length", "roomy"), [(10, False), (4000, True)])
def test_long_texts_get_the_whole_width(length: int, roomy: bool, issued_members: Bundles) -> None:
    # In columns a few of them take minutes to print.
    text = {"en": "long " * (length // 5), "zh": "长" * (length // 5)}
    told = rewritten(lambda said: said["deviations"].update({name: each.strip() for name, each in text.items()}))
    members = renamed({**issued_members["told"], MEMBER: told(issued_members["told"][MEMBER])})
    assert issued(members, checked(members))[1].roomy is roomy


@pytest.mark.parametrize(("language", "other"), [("en", "说明 "), ("zh", "said of ")])
def test_on_paper_there_is_one_language(language: str, other: str, issued_members: Bundles) -> None:
    members = issued_members["told"]
    page = issued_page(members, checked(members), language=language)
    assert f'<html lang="{language}"' in page
    assert 'class="w"' not in page
    assert other not in page


# --- Its pictures ----------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=60), st.integers(0, 5))
def test_latency_is_of_real_answers(taken: list[float], without: int) -> None:
    seconds = np.array([*taken, *[9e9] * without])
    found = latency(seconds, np.arange(len(seconds)) < len(taken))
    assert found is not None
    expected = np.quantile(taken, QUANTILES, method="inverted_cdf")
    assert [value for _, value in found.quantiles] == expected.tolist()
    assert (sum(found.bars), found.without) == (len(taken), without)
    assert found.edges[0] <= max(min(taken), 1e-7)
    assert max(taken) < found.edges[-1] or max(taken) <= 1e-7
    assert list(found.edges) == sorted(set(found.edges))
    counts, _ = np.histogram(np.maximum(taken, found.edges[0]), np.array(found.edges))
    assert found.bars == tuple(counts.tolist())
    assert found.picture.count("<rect") == sum(bar > 0 for bar in found.bars)


@given(st.lists(st.floats(1e-5, 5000), min_size=1, max_size=9))
def test_labels_of_times_do_not_stand_on_each_other(taken: list[float]) -> None:
    found = latency(np.array(taken), np.ones(len(taken), bool))
    assert found is not None
    labels = re.findall(r'<text x="([\d.]+)" [^>]*text-anchor="(\w+)">([^<]*)</text>', found.picture)
    begin = {"start": 0.0, "middle": 0.5, "end": 1.0}
    spans = []
    for x, anchor, text in labels:
        width = 7.4 * len(text)  # a digit of Noto Sans at 13 pixels; no other letter of a label is wider but the m
        spans.append((float(x) - begin[anchor] * width, float(x) + (1 - begin[anchor]) * width))
    assert labels
    assert spans[0][0] >= 0
    assert spans[-1][1] <= 480
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))


def test_without_answers_there_is_no_latency() -> None:
    assert latency(np.array([1.0]), np.array([False])) is None


CALLS = ["positive", "negative", "not gradable", None]


@given(st.lists(st.tuples(st.sampled_from(["positive", "negative"]), st.sampled_from(CALLS)), min_size=1))
def test_calls_are_counted_as_scikit_learn_counts_them(pairs: list[tuple[str, str | None]]) -> None:
    from sklearn.metrics import confusion_matrix

    references, calls = zip(*pairs, strict=True)
    found = confusion(diagnosis.COLUMNS, rows_of(diagnosis, references, calls))
    assert found is not None
    shown = [call if call in ("positive", "negative") else "other" for call in calls]
    theirs = confusion_matrix(references, shown, labels=["positive", "negative", "other"])
    assert found.counts == tuple(map(tuple, theirs[:2].tolist()))


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1), st.integers(0, 3))
def test_calibration_is_as_scikit_learn_finds_it(pairs: list[tuple[bool, float]], without: int) -> None:
    from sklearn.calibration import calibration_curve

    ill, said = zip(*pairs, strict=True)
    references = ["positive" if each else "negative" for each in ill]
    rows = rows_of(probability, [*references, *["negative"] * without], [*said, *[None] * without])
    found = reliability(probability.COLUMNS, rows)
    assert found is not None
    assert found.without == without
    # Theirs closes tenths above, ours below: only where none lies on an edge can they be compared.
    if not any(abs(each * 10 - round(each * 10)) < 1e-9 for each in said):
        true, mean = calibration_curve(ill, said, n_bins=10)
        assert [each.found for each in found.bins] == pytest.approx(true.tolist())
        assert [each.said for each in found.bins] == pytest.approx(mean.tolist())
    assert sum(each.count for each in found.bins) == len(said)
    assert all(each.low <= each.said <= each.high for each in found.bins)


def rows_of(method: ModuleType, references: Any, outputs: Any) -> Any:
    from steelyard.core.sample import Records, Samples

    places = np.arange(len(references))
    samples = Samples(list(references), places, places[:, None])
    return method.rows(samples, Records(list(outputs), np.zeros(len(places)), [None] * len(places))).values


# --- In a browser ----------------------------------------------------------------------------------------------------

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not installed")
def test_in_a_browser(issued_members: Bundles, key: PrivateKey, tmp_path: Path) -> None:
    from axe_core_python.selenium import Axe
    from selenium import webdriver

    members = sign(issued_members["told"], key)
    page = tmp_path / "report.html"
    page.write_text(issued_page(members, checked(members, key), ENTERED), "utf-8")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, "accept-lang=zh-CN", f"user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(executable_path=DRIVER))
    try:
        for width, scheme in ((390, "light"), (1280, "dark")):
            metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            driver.get(page.as_uri())
            wide = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, "it never scrolls sideways"
            assert [violation["id"] for violation in Axe().run(driver)["violations"]] == []
        # Laboratories' own numbers are long: the longest that there can be wraps.
        long = rewritten(lambda said: said.update(identification="R" * 64))(members[MEMBER])
        members = renamed({**issued_members["told"], MEMBER: long})
        page.write_text(issued_page(members, checked(members)), "utf-8")
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**metrics, "width": 390, "mobile": True})
        driver.get(page.as_uri())
        assert driver.execute_script("return document.documentElement.scrollWidth") <= 390
        assert driver.get_log("browser") == []
    finally:
        driver.quit()


FLAGS = ("headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-sync")
