"""What checks say of a set: one self-contained page with pictures, in both languages."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.bench.durable import write_durably
from steelyard.core.data_type import DataType
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words
from steelyard.data._pixels import Pixels
from steelyard.data.audio import Audio
from steelyard.library.quality import Quality
from steelyard.library.quality._check import Bars, Finding, Group, Outcome, Severity
from steelyard.library.quality._examination import Examination
from steelyard.library.quality._personal import without
from steelyard.report._templates import style_sheets, template

if TYPE_CHECKING:
    from markupsafe import Markup

SHOWN = 6
"""Groups of samples that each finding shows with their inputs."""
MEMBERS = 4
"""Members of a group that are shown side by side."""
LISTED = 1000
"""Groups that unfold by their ids; all stand in the JSON."""
SIDE = 180
"""Pixels of the longer side of a picture on the page."""
MOST_MEDIA = 3_000_000
"""Characters of sounds and pictures on a page; further ones are shown by id alone."""
LONGEST_TEXT = 240
HEADLINES = {
    Severity.SERIOUS: Words("serious findings", "有严重问题"),
    Severity.WARNING: Words("to be looked at", "需人工查看"),
    Severity.NOTE: Words("nothing against it", "未见问题"),
    None: Words("nothing found", "未发现问题"),
}
SYMBOLS = {
    Severity.SERIOUS: '<path d="M8.5 8.5l7 7m0-7l-7 7"/>',
    Severity.WARNING: '<path d="M12 7v6m0 3.5v.01"/>',
    Severity.NOTE: '<path d="M12 11v6m0-9.5v.01"/>',
    None: '<path d="M7.5 12.5l3 3 6-6.5"/>',
}


@dataclass(frozen=True)
class _Member:
    """A sample as the page shows it."""

    id: str
    shown: Markup | None


@dataclass(frozen=True)
class _Shown:
    """A finding with the samples that are shown whole, and those that are listed."""

    finding: Finding
    groups: tuple[tuple[Group, tuple[_Member, ...]], ...]
    listed: tuple[Group, ...]
    unlisted: int


def quality_page(quality: Quality, examination: Examination, command: Sequence[str] = ()) -> str:
    """Return what was found as one self-contained HTML page.

    Parameters
    ----------
    quality : Quality
        What the checks said.
    examination : Examination
        The sets, from which the samples that are shown are read.
    command : sequence of str
        The words that do it again.
    """
    from markupsafe import Markup

    worst = quality.findings[0][1].severity if quality.findings else None
    shown = _all_shown(quality, examination)
    return template("quality.html").render(
        quality=quality,
        card=quality.card,
        css=style_sheets("page.css", "quality.css"),
        worst=worst,
        headline=HEADLINES[worst],
        verdict=said_of(quality),
        symbol=Markup(SYMBOLS[worst]),  # noqa: S704 - our own constants
        counted={severity: quality.counted(severity) for severity in Severity},
        result=result_of,
        shown=shown,
        figures=figures_of,
        bars=lambda made: Markup(bars(made)),  # noqa: S704 - numbers, and text that is escaped
        number=lambda value: f"{value:,}",
        command=shlex.join(command),
    )


def write_quality_page(quality: Quality, examination: Examination, path: Path, command: Sequence[str] = ()) -> None:
    """Write the page in one step."""
    write_durably(path, quality_page(quality, examination, command).encode())


def said_of(quality: Quality) -> Words:
    """Return what it comes to, in a sentence."""
    counts = {severity: quality.counted(severity) for severity in Severity}
    looked = sum(outcome.not_applicable is None for outcome in quality.outcomes.values())
    if counts[Severity.SERIOUS]:
        return Words(
            f"{counts[Severity.SERIOUS]} serious: mend them before a verdict rests on this set",
            f"{counts[Severity.SERIOUS]} 项严重问题：据此数据集作出判定之前应予解决",
        )
    if counts[Severity.WARNING]:
        return Words(
            f"nothing serious; {counts[Severity.WARNING]} for a person to look at",
            f"没有严重问题；{counts[Severity.WARNING]} 项需人工查看",
        )
    return Words(f"nothing serious in {looked} checks", f"{looked} 项检查未见严重问题")


def result_of(outcome: Outcome) -> Words:
    """Return what came of one check, in a few words."""
    if outcome.not_applicable is not None:
        why = outcome.not_applicable
        return Words(f"not applicable: {why.en}", f"不适用：{why.zh}")
    if not outcome.findings:
        if not outcome.examined:
            return Words("nothing found", "未发现")
        return Words(f"nothing found in {outcome.examined:,} samples", f"{outcome.examined:,} 个样本中未发现")
    counts = [(each, sum(found.severity is each for found in outcome.findings)) for each in Severity]
    held = [(each, count) for each, count in counts if count]
    return Words(
        ", ".join(f"{count} {each.words.en}" for each, count in held),
        "、".join(f"{count} 项{each.words.zh}" for each, count in held),
    )


def figures_of(finding: Finding) -> list[tuple[str, str]]:
    """Return what was measured, as text."""

    def shown(value: float | int | str) -> str:
        if isinstance(value, str):
            return value
        return f"{value:.4g}" if isinstance(value, float) else f"{value:,}"

    return [(name.replace("_", " "), shown(value)) for name, value in finding.figures.items()]


def _all_shown(quality: Quality, examination: Examination) -> dict[str, list[_Shown]]:
    """Return the findings of each check with their samples; inputs are read in one go."""
    wanted = sorted(
        {row for _, finding in quality.findings for group in finding.samples[:SHOWN] for row in group.rows[:MEMBERS]}
    )
    inputs = dict(_inputs(examination, wanted))
    found: dict[str, list[_Shown]] = {}
    room = MOST_MEDIA
    for name, finding in quality.findings:
        groups = []
        for group in finding.samples[:SHOWN]:
            members = []
            for sample, row in zip(group.ids[:MEMBERS], group.rows[:MEMBERS], strict=True):
                markup = inputs.get(row)
                if markup is not None and len(markup) > room:
                    markup = None
                room -= 0 if markup is None else len(markup)
                members.append(_Member(sample, markup))
            groups.append((group, tuple(members)))
        rest = finding.samples[SHOWN:]
        made = _Shown(finding, tuple(groups), rest[:LISTED], max(0, len(rest) - LISTED))
        found.setdefault(name, []).append(made)
    return found


def _inputs(examination: Examination, rows: list[int]) -> Iterator[tuple[int, Markup]]:
    """Yield the inputs of rows as HTML, by their data type; what cannot be read is shown by id alone."""
    import numpy as np
    from markupsafe import Markup

    kind = examination.kind
    if kind is None or not rows:
        return
    for start in range(0, len(rows), 64):
        some = rows[start : start + 64]
        for row, stored in zip(some, examination.take("input", np.array(some)).to_pylist(), strict=True):
            try:
                shown = _html(kind, kind.load(stored))
            except (MalformedValue, TypeError, ValueError):
                continue
            yield row, Markup(shown)  # noqa: S704 - data types escape what they show


def _html(kind: DataType[Any], value: Any) -> str:
    """Return a value as HTML, small: pictures shrunk, long texts cut."""
    if isinstance(kind, Pixels):
        import numpy as np
        from PIL import Image as Pillow

        small = Pillow.fromarray(value)
        small.thumbnail((SIDE, SIDE))
        return kind.html(np.asarray(small))
    shown = kind.html(without(value) if isinstance(value, str) else value)
    if isinstance(kind, Audio) or len(shown) <= LONGEST_TEXT:
        return shown
    if isinstance(value, str):
        return escape(without(value)[:LONGEST_TEXT]) + "…"
    return escape(shown[:LONGEST_TEXT]) + "…" if "<" not in shown else shown


LETTERS = {"en": 22, "zh": 12}
"""Of a bar's name."""
ROW, LABEL, LENGTH, COUNT = 20, 150, 150, 56


def bars(made: Bars) -> str:
    """Return counts as an SVG picture, a bar each, in both languages.

    Examples
    --------
    >>> "行人: 12" in bars(Bars(Words("seen", "所见"), ((Words("people", "行人"), 12),)))
    True
    """
    most = max((count for _, count in made.counts), default=1) or 1
    height = ROW * len(made.counts) + 4
    drawn = []
    for language in ("en", "zh"):
        said = "; ".join(f"{getattr(name, language)}: {count:,}" for name, count in made.counts)
        lines = [
            f'<svg class="w bars" lang="{language}" viewBox="0 0 {LABEL + LENGTH + COUNT} {height}" role="img" '
            f'aria-label="{escape(getattr(made.title, language))}: {escape(said)}">'
        ]
        for number, (name, count) in enumerate(made.counts):
            top, text = ROW * number + 4, getattr(name, language)
            short = text if len(text) <= LETTERS[language] else f"{text[: LETTERS[language] - 1]}…"
            length = LENGTH * count / most
            lines.append(
                f'<text class="name" x="{LABEL - 8}" y="{top + 13}" text-anchor="end">{escape(short)}</text>'
                f'<rect class="bar" x="{LABEL}" y="{top}" width="{max(length, 1):.1f}" height="{ROW - 6}"/>'
                f'<text class="count" x="{LABEL + max(length, 1) + 6:.1f}" y="{top + 13}">{count:,}</text>'
            )
        drawn.append("".join(lines) + "</svg>")
    return "".join(drawn)
