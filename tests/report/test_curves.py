"""Curves over severity: what is a number, in which order, and where things are drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import steelyard
from steelyard.core.card import Card
from steelyard.core.specification import Kind, Limit, Requirement
from steelyard.core.verdict import Estimate, Finding, Verdict
from steelyard.core.words import Words
from steelyard.library.writing import write_set
from steelyard.report._axes import LETTER, labels, ticks, told_apart
from steelyard.report._quantities import ordered
from steelyard.report.curves import DENSE, MOST, Curve, Point, in_order


@pytest.mark.parametrize(
    ("column", "names", "expected", "unit"),
    [
        ("snr_db", ["10", "-5", "20", "0"], [-5, 0, 10, 20], "dB"),  # by number, not by letter
        ("severity", ["5", "4", "3"], [3, 4, 5], ""),
        ("severity", ["1", "2"], None, ""),  # two points are no curve
        ("snr_db", ["10", "0", "clean"], None, ""),
        ("ward", ["007", "012", "120"], None, ""),  # names that are written in digits
        ("distance", ["0.5 m", "3 m", "10 m"], [0.5, 3, 10], "m"),
        ("speed", ["80km/h", "30km/h", "5km/h"], [5, 30, 80], "km/h"),
        ("size", ["3 mm", "5 mm", "1 cm"], None, ""),  # two units
        ("distance_m", ["1 km", "2 km", "3 km"], [1, 2, 3], "km"),  # what a member says goes before the column's name
        ("tilt", ["0°", "30°", "−30°"], [-30, 0, 30], "°"),
        ("version", ["1.0", "1.1", "1.1.2"], None, ""),
        ("age", ["0-17", "18-64", "65"], None, ""),
        ("gain", ["1", "1.0", "2"], None, ""),  # one number twice
        ("size", ["1e400", "2", "3"], None, ""),
        ("size", ["nan", "inf", "3"], None, ""),
        ("size", ["٣", "٤", "٥"], None, ""),
        ("size", ["1" * 400, "2", "3"], None, ""),  # no computer's number holds it
        ("size", [f"-1{'0' * 308}", "0", f"1{'0' * 308}"], None, ""),  # nor how far these are apart
        ("patient_s", ["1", "2", "3"], [1, 2, 3], ""),  # no patient is measured in seconds
        ("class_m", ["1", "2", "3"], [1, 2, 3], ""),
        ("delay_s", ["1", "2", "3"], [1, 2, 3], "s"),
        ("speaker_distance_m", ["1", "2", "3"], [1, 2, 3], "m"),
        ("service_years", ["1", "2", "3"], [1, 2, 3], "years"),
        ("type_s", ["1 a", "2 a", "3 a"], None, ""),
        ("type_s", ["1A", "2A", "3A"], None, ""),
        ("type_s", ["1th", "2th", "3th"], None, ""),
        ("floor", ["1号", "2号", "3号"], None, ""),
        ("lens", ["1L", "2L", "3L"], None, ""),  # the left ones
        ("volume", ["1 L", "2 L", "3 L"], [1, 2, 3], "L"),
        ("crowd", ["1 voices", "2 voices", "3 voices"], [1, 2, 3], "voices"),
        ("crowd", ["1voices", "2voices", "3voices"], None, ""),
        ("heat", ["10°C", "20°C", "30°C"], [10, 20, 30], "°C"),
        ("distance", ["1米", "3米", "5米"], [1, 3, 5], "米"),
        ("wind", ["1 m/s", "3 m/s", "5 m/s"], [1, 3, 5], "m/s"),
    ],
)
def test_what_is_a_number(column: str, names: list[str], expected: list[float] | None, unit: str) -> None:
    found = ordered(column, {name: Words(name, name) for name in names})
    assert (None if found is None else list(found.at.values())) == expected
    assert found is None or (found.unit.en, found.unit.zh) == (unit, {"years": "年"}.get(unit, unit))


def test_both_languages_must_agree_on_the_number() -> None:
    names = {str(each): Words(f"{each} m", f"{each}米") for each in (1, 3, 5)}
    found = ordered("distance", names)
    assert found is not None
    assert (found.unit.en, found.unit.zh) == ("m", "米")
    assert ordered("distance", {**names, "5": Words("5 m", "远")}) is None, "a name in words is no quantity"


def finding(member: str, value: float, half: float | None, limit: Limit, kind: Kind = Kind.SAMPLE) -> Finding:
    low, high = (None, None) if half is None else (value - half, value + half)
    return Finding(
        clause="c",
        reading="r",
        requirement=Requirement("errors", "error_rate", limit, kind),
        title=Words("error rate", "错误率"),
        scope={"level": member},
        decides=False,
        estimate=Estimate(value, low, high, 0.95, "test", 1, 2, 2, 2.0),
        verdict=Verdict.UNDETERMINED,
        because=Words("", ""),
    )


SHARE = Limit("<", 0.1, "1", "< 10 %")


def drawn(curve: Curve) -> dict[str, list[dict[str, float]]]:
    """Return the places of what is drawn, by class."""
    found: dict[str, list[dict[str, float]]] = {}
    for each in ET.fromstring(curve.picture).iter():
        places = {name: float(value) for name, value in each.attrib.items() if re.fullmatch(r"-?\d+(\.\d+)?", value)}
        found.setdefault(each.get("class", each.tag), []).append(places)
    return found


def curves_of(findings: Sequence[Finding], make_card: Callable[..., Card]) -> tuple[Curve, ...]:
    return in_order("level", findings, make_card(groups={"level": Words("level", "等级")}))[1]


def test_where_things_are_drawn(make_card: Callable[..., Card]) -> None:
    rows = [finding("10", 0.30, 0.05, SHARE), finding("-5", 0.20, None, SHARE), finding("0", 0.05, 0.02, SHARE)]
    shown, (curve,) = in_order("level", rows, make_card(groups={"level": Words("level", "等级")}))
    assert [each.scope["level"] for each in shown] == ["-5", "0", "10"]
    found = drawn(curve)
    x = [each["cx"] for each in found["point-of"]]
    assert (x[1] - x[0]) / (x[2] - x[1]) == pytest.approx(0.5, abs=0.001), "5 and 10 apart: the axis is of numbers"
    y = {value: each["cy"] for value, each in zip((0.20, 0.05, 0.30), found["point-of"], strict=True)}
    (limit,) = found["limit"]
    for value in (0.20, 0.30):
        share = (y[value] - limit["y1"]) / (y[0.05] - limit["y1"])
        assert share == pytest.approx((value - 0.1) / (0.05 - 0.1), abs=0.01), "and so is the other"
    assert [each["x1"] for each in found["reach"]] == [x[1], x[2]], "what has no bounds gets no whisker"
    (allowed,) = found["allowed"]
    assert allowed["y"] == limit["y1"], "below the limit"
    assert curve.title == Words("error rate over level; limit < 10 %", "错误率随等级的变化；限值 < 10 %")


def test_a_census_has_no_whiskers_and_decades_a_logarithmic_axis(make_card: Callable[..., Card]) -> None:
    rows = [finding(each, 0.1, 0.05, SHARE, Kind.CENSUS) for each in ("0.001", "0.01", "0.1", "1")]
    (curve,) = curves_of(rows, make_card)
    found = drawn(curve)
    assert "reach" not in found
    x = [each["cx"] for each in found["point-of"]]
    assert [b - a for a, b in pairwise(x)] == pytest.approx([x[1] - x[0]] * 3, abs=0.02)
    assert "logarithmic" in curve.title.en
    assert "对数" in curve.title.zh


def test_a_line_breaks_where_there_is_no_data(make_card: Callable[..., Card]) -> None:
    card = make_card(groups={"level": Words("level", "等级")})
    rows = [finding(each, 0.1, 0.05, SHARE) for each in ("0", "5", "10", "20", "25")]
    _, (curve,) = in_order("level", rows, card, ["0", "5", "10", "15", "20", "25"])
    found = drawn(curve)
    picture = ET.fromstring(curve.picture)
    lines = [each.attrib["points"].split() for each in picture if each.get("class") == "line-of"]
    assert [len(each) for each in lines] == [3, 2]
    x = [each["cx"] for each in found["point-of"]]
    assert [text.text for text in picture if text.get("text-anchor") == "middle"] == ["0", "5", "10", "15", "20", "25"]
    ticks_at = [each["x1"] for each in found["axis"] if each["x1"] == each["x2"]]
    assert ticks_at == [*x[:3], pytest.approx((x[2] + x[3]) / 2, abs=0.02), *x[3:]], "its tick stays"
    assert curve.title.en.endswith("; no data at 15")
    assert curve.title.zh.endswith("；15 处无数据")
    assert in_order("level", rows, card, ["15", "quiet"]) == (rows, ()), "a member without data may be no number"
    many = in_order("level", rows, card, [str(each) for each in range(30)])[1][0]
    assert many.title.en.endswith("; no data at 25 of 30")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (["1000000", "1000001", "1000002"], ["1000000", "1000001", "1000002"]),
        (["2017.123456", "2017.123457", "2017.123458"], ["2017.123456", "2017.123457", "2017.123458"]),
        (["-2.50", "0", "2.5"], ["−2.50", "0", "2.5"]),
        ([f"{each}{'0' * 30}" for each in (1, 2, 3)], ["1e+30", "2e+30", "3e+30"]),  # there is no room for it
    ],
)
def test_different_numbers_have_different_labels(
    members: list[str], said: list[str], make_card: Callable[..., Card]
) -> None:
    (curve,) = curves_of([finding(each, 0.1, 0.05, SHARE) for each in members], make_card)
    shown = [each.text for each in ET.fromstring(curve.picture) if each.get("y") == "252"]
    assert shown
    assert [each for each in said if each in shown] == shown


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, unique=True))
def test_numbers_are_told_apart(numbers: list[float]) -> None:
    assert len(set(told_apart(numbers))) == len(numbers)


@pytest.mark.parametrize("factor", [1, 7])
def test_many_points_are_a_band(factor: int, make_card: Callable[..., Card]) -> None:
    rows = [finding(str(each * factor), 0.1, 0.05, SHARE) for each in range(200)]
    (curve,) = curves_of(rows, make_card)
    found = drawn(curve)
    assert not {"point-of", "reach", "end"} & found.keys()
    assert [len(found[name]) for name in ("band", "line-of")] == [1, 1]
    (band,) = (each for each in ET.fromstring(curve.picture) if each.get("class") == "band")
    assert len(band.attrib["points"].split()) == 400
    assert 3 <= sum(each["x1"] == each["x2"] for each in found["axis"]) <= 8
    assert "the band is the bounds" in curve.title.en
    # Alone between two gaps a point is drawn as it is elsewhere: an area of no width is not seen.
    gap = drawn(in_order("level", [*rows[:20], rows[21], *rows[23:]], *_all_of(rows, make_card))[1][0])
    assert [len(gap[name]) for name in ("band", "line-of", "reach", "point-of")] == [2, 2, 1, 1]
    few = drawn(curves_of(rows[:DENSE], make_card)[0])
    assert "band" not in few
    assert len(few["point-of"]) == DENSE


def _all_of(rows: Sequence[Finding], make_card: Callable[..., Card]) -> tuple[Card, list[str]]:
    return make_card(groups={"level": Words("level", "等级")}), [each.scope["level"] for each in rows]


def test_what_gets_no_curve(make_card: Callable[..., Card]) -> None:
    units = make_card(units={"level": Words("patients", "受检者")}, groups={"other": Words("other", "其他")})
    rows = [finding(str(each), 0.1, None, SHARE) for each in range(MOST + 1)]
    assert in_order("level", rows[:5], units) == (rows[:5], ()), "numbers of patients are names"
    assert curves_of(rows[::-1], make_card) == (), "there is no room"


@given(
    values=st.lists(st.tuples(st.floats(-1e6, 1e6), st.none() | st.floats(0, 1e6)), min_size=3, max_size=30),
    limit=st.floats(-1e6, 1e6),
    unit=st.sampled_from(["1", "s"]),
    operator=st.sampled_from(["<", ">="]),
)
def test_nothing_leaves_the_picture(
    values: list[tuple[float, float | None]], limit: float, unit: str, operator: str
) -> None:
    asked = Limit(operator, limit, unit, "?")
    points = tuple(
        Point(float(at), str(at), finding(str(at), value, half, asked)) for at, (value, half) in enumerate(values)
    )
    root = ET.fromstring(Curve(Words("level", "等级"), points).picture)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for each in root.iter():
        for name, said in each.attrib.items():
            if name in ("x", "x1", "x2", "cx", "width"):
                assert 0 <= float(said) <= width
            elif name in ("y", "y1", "y2", "cy", "height"):
                assert 0 <= float(said) <= height


@given(low=st.floats(-1e9, 1e9), span=st.floats(1e-6, 1e9))
def test_ticks_are_few_and_inside(low: float, span: float) -> None:
    high = low + span
    found = ticks(low, high)
    if high - low < 1e-9 * max(abs(low), 1e-3):  # no round number need lie between
        return
    assert 1 <= len(found) <= 6
    room = 1e-9 * max(abs(low), abs(high))
    assert all(low - room <= each <= high + room for each in found)


@given(places=st.lists(st.floats(0, 400), max_size=40), text=st.text("0123456789", min_size=1, max_size=8))
def test_labels_stand_apart(places: list[float], text: str) -> None:
    reach = {"start": (0.0, 1.0), "middle": (-0.5, 0.5), "end": (-1.0, 0.0)}
    long, free = len(text) * LETTER, -math.inf
    for x, _, anchor in labels([(each, text) for each in sorted(places)], 400):
        left, right = (x + share * long for share in reach[anchor])
        assert left >= free
        assert left >= -1e-9
        assert right <= 400 + 1e-9
        free = right


def test_a_page_shows_it(tmp_path: Path, make_card: Callable[..., Card]) -> None:
    levels = ["20", "5", "10", "0", "-5"]
    card = make_card(
        methods=("medical.diagnosis",),
        input={"type": "features", "size": 2},
        groups={"snr_db": Words("signal-to-noise ratio", "信噪比"), "disease": Words("disease", "疾病")},
        units={"patient": Words("patients", "受检者")},
    )
    table = pa.table(
        {
            "id": [f"s{each}" for each in range(200)],
            "input": pa.array([[float(each), 0.0] for each in range(200)], pa.list_(pa.float64())),
            "reference": ["positive", "negative"] * 100,
            "snr_db": [*(levels[each // 2 % 5] for each in range(199)), "15"],
            "disease": ["breast cancer"] * 200,
            "patient": [f"p{each}" for each in range(200)],
        }
    )
    write_set(tmp_path / "set", card, table)
    report = steelyard.run(
        "miit-2017-315#medical", lambda _: "positive", test_set=str(tmp_path / "set"), out=tmp_path / "run", limit=60
    )
    assert {each.scope["snr_db"] for each in report.groups["snr_db"]} == set(levels), "the one at 15 dB was not drawn"
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    requirements = {each.requirement.name for each in report.groups["snr_db"]}
    assert page.count('<svg class="chart curve"') == len(requirements) > 1
    assert "over signal-to-noise ratio (dB)" in page
    assert "随信噪比（dB）的变化" in page
    assert page.count("no data at 15") == page.count("15 处无数据") == len(requirements)
    table_of = page[page.index("<h3>", page.index("chart curve") - 2000) :]
    members = re.findall(r'<td class="first"><span class="w" lang="en">(-?\d+)</span>', table_of)
    assert members[:5] == ["-5", "0", "5", "10", "20"], "the table is in the numbers' order"
