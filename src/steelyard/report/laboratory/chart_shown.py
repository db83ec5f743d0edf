"""A control chart for the terminal, and as one page that opens from disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.core.errors import CallError
from steelyard.core.words import Words
from steelyard.report._layout import facts, quantity, say, table
from steelyard.report._templates import style_sheets, template
from steelyard.report.laboratory.chart import Chart, Point, Segment, State
from steelyard.stats.control_chart import Rule, ewma_run_length

if TYPE_CHECKING:
    from rich.console import Console

EXIT_CODES = {State.IN_CONTROL: 0, State.OUT_OF_CONTROL: 10, State.UNKNOWN: 11}
STYLES = {State.IN_CONTROL: "bold green", State.OUT_OF_CONTROL: "bold red", State.UNKNOWN: "bold yellow"}
CLASSES = {State.IN_CONTROL: "conforms", State.OUT_OF_CONTROL: "does-not-conform", State.UNKNOWN: "undetermined"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 300, 76, 16, 16, 32
SHEWHART_RUN_LENGTH = 370
"""Values until a false alarm by one point beyond three standard deviations: 1/0.0027."""
_Place = Callable[[float], float]


def state_of(charts: Sequence[Chart]) -> State:
    """Return the worst of several charts."""
    found = {chart.state for chart in charts}
    return next(
        state for state in (State.OUT_OF_CONTROL, State.UNKNOWN, State.IN_CONTROL) if state in found or not found
    )


def false_alarms(rules: Sequence[Rule]) -> Words:
    """Return how often the rules speak though nothing has changed, where it is known."""
    said = []
    if Rule.BEYOND_LIMITS in rules:
        said.append(f"we1: {SHEWHART_RUN_LENGTH}")
    if Rule.EWMA in rules:
        said.append(f"ewma: {ewma_run_length():.0f}")
    if not said:
        return Words("", "")
    return Words(
        f"Runs until a false alarm, on average, were the limits known: {', '.join(said)}.",
        f"控制限已知时，平均多少次检测出现一次虚发警报：{'，'.join(said)}。",
    )


def show_charts(console: Console, charts: Sequence[Chart]) -> None:
    """Show each chart as a table, and what it says."""
    first = charts[0]
    say(console, f"{first.product} · {first.clause}", style="bold")
    facts(
        console,
        {
            Words("Rules", "判异准则"): ", ".join(f"{rule.value} ({rule.words})" for rule in first.rules),
            Words("Limits from", "控制限来源"): Words("the first runs", "最初各次检测")
            if first.basis == "runs"
            else Words("the bounds of the runs", "各次检测的界限"),
        },
    )
    for chart in charts:
        console.print()
        say(console, chart.title, style="bold")
        for segment in chart.segments:
            _show_segment(console, chart, segment)
        for note in chart.notes:
            say(console, Words(f"Note: {note.en}.", f"注意：{note.zh}。"), 2)
        say(console, chart.sentence, 2, style=STYLES[chart.state])
    said = false_alarms(first.rules)
    if said.en:
        console.print()
        say(console, said, style="dim")


def _show_segment(console: Console, chart: Chart, segment: Segment) -> None:
    if segment.changed is not None:
        number = segment.points[0].number
        changed = segment.changed
        say(console, Words(f"Change at run {number}: {changed.en}", f"第 {number} 次检测起变更：{changed.zh}"), 2)
    limits = segment.limits
    if limits is not None:
        low, centre, high = (quantity(each, chart.unit) for each in (limits.lower, limits.centre, limits.upper))
        said = Words(
            f"centre {centre}, limits {low} to {high}, from {limits.baseline} runs",
            f"中心线 {centre}，控制限 {low} 至 {high}，基于 {limits.baseline} 次检测",
        )
        say(console, said, 2)
    rows = table(
        Words("run", "次"), Words("made", "时间"), Words("value", "值"), Words("EWMA", "EWMA"), Words("signal", "信号")
    )
    for point in segment.points:
        rows.add_row(
            str(point.number),
            point.created[:16].replace("T", " "),
            quantity(point.value, chart.unit),
            "—" if point.smoothed is None else quantity(point.smoothed[0], chart.unit),
            ", ".join(rule.value for rule in point.rules) or ("·" if point.baseline else ""),
        )
    console.print(rows)


def write_chart_page(charts: Sequence[Chart], path: Path) -> None:
    """Write the charts as one self-contained page.

    Raises
    ------
    CallError
        Where it cannot be written.
    """
    from markupsafe import Markup

    from steelyard.bench.durable import write_durably

    state = state_of(charts)
    page = template("charted.html").render(
        charts=charts,
        first=charts[0],
        state=state,
        kind=CLASSES[state],
        css=style_sheets("page.css", "charted.css"),
        drawn=lambda chart: Markup(drawing(chart)),  # noqa: S704 - numbers, and text that is escaped
        quantity=quantity,
        false_alarms=false_alarms(charts[0].rules),
        language=None,
    )
    try:
        write_durably(path, page.encode())
    except OSError as error:
        raise CallError(
            Words(f"cannot write the page {path}: {error.strerror}.", f"无法写入页面 {path}：{error.strerror}。"),
            Words("Name a file in a folder that exists: --out chart.html", "请指明已有目录中的文件：--out chart.html"),
        ) from None


def drawing(chart: Chart) -> str:
    """Return the chart as an SVG picture: values, weighted means, limits, changes and signals."""
    points = chart.points
    ends = [point.value for point in points]
    for segment in chart.segments:
        if segment.limits is not None:
            ends += [segment.limits.lower, segment.limits.upper]
    for point in points:
        ends += [] if point.smoothed is None else list(point.smoothed)
    low, high = min(ends), max(ends)
    room = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    low, high = low - room, high + room

    def across(number: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (number - 0.5) / len(points), 1)

    def up(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low), 1)

    made = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(chart.sentence.en)}">']
    for segment in chart.segments:
        made += _drawn_segment(chart, segment, across, up)
    every = max(1, len(points) // 20)
    made += [
        f'<text class="tick" x="{across(point.number)}" y="{HEIGHT - 10}" text-anchor="middle">{point.number}</text>'
        for point in points
        if (point.number - 1) % every == 0
    ]
    return "".join([*made, "</svg>"])


def _drawn_segment(chart: Chart, segment: Segment, across: _Place, up: _Place) -> list[str]:
    first, last = segment.points[0].number, segment.points[-1].number
    start, end = across(first - 0.5), across(last + 0.5)
    made = []
    if segment.changed is not None:
        made.append(f'<line class="change" x1="{start}" x2="{start}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" />')
    if segment.limits is not None:
        for value, kind in (
            (segment.limits.lower, "limit"),
            (segment.limits.centre, "centre"),
            (segment.limits.upper, "limit"),
        ):
            made.append(f'<line class="{kind}" x1="{start}" x2="{end}" y1="{up(value)}" y2="{up(value)}" />')
            if first == 1:
                shown = escape(quantity(value, chart.unit))
                made.append(f'<text class="tick" x="{LEFT - 8}" y="{up(value) + 4}" text-anchor="end">{shown}</text>')
    made.append(_line("values", [(across(point.number), up(point.value)) for point in segment.points]))
    smoothed = [(across(point.number), up(point.smoothed[0])) for point in segment.points if point.smoothed]
    if smoothed:
        made.append(_line("smoothed", smoothed))
    made += [_dot(chart, point, across(point.number), up(point.value)) for point in segment.points]
    return made


def _line(kind: str, places: Sequence[tuple[float, float]]) -> str:
    return f'<polyline class="{kind}" points="{" ".join(f"{x},{y}" for x, y in places)}" />'


def _dot(chart: Chart, point: Point, x: float, y: float) -> str:
    kind = "signal" if point.rules else "baseline" if point.baseline else "monitored"
    said = f"{point.number} · {point.created} · {quantity(point.value, chart.unit)}"
    said += "".join(f" · {rule.value}" for rule in point.rules)
    size = 6 if point.rules else 4
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="{size}"><title>{escape(said)}</title></circle>'
