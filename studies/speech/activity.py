"""WebRTC's detector on six chunks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from studies.pictures.lanes import Lane, lanes
from studies.speech.answers import column, counts
from studies.speech.markdown import paragraph, percent, table

from steelyard import fields
from steelyard.core.method import Method
from steelyard.core.words import Words
from steelyard.data import declared
from steelyard.library.store import open_set
from steelyard.measures.timeline import common, timeline, without
from steelyard.references import webrtc_vad


class Heard(NamedTuple):
    """Chunks, where speech is, and where it was heard."""

    names: list[str]
    references: list[Any]
    outputs: list[Any]


@cache
def found() -> Heard:
    """Return the six chunks."""
    product = webrtc_vad.Product()
    opened = open_set("voice-activity-chunks")
    kind = declared(opened.card.input or {})
    return Heard(
        column(opened, "id"),
        column(opened, "reference"),
        [product(kind.load(stored)) for stored in column(opened, "input")],
    )


def section() -> Iterator[str]:
    """Yield the section of the page."""
    method, of = fields.find("speech.activity"), found()
    counted = counts(method, of.references, of.outputs)
    shown = written(method)
    rows = [
        [name, shown(reference), shown(said), *(f"{counted[each][place]:.0f}" for each in counted)]
        for place, (name, reference, said) in enumerate(zip(*of, strict=True))
    ]
    rows.append(["all", "", "", *(f"{values.sum():.0f}" for values in counted.values())])
    miss = float(counted["missed"].sum() / counted["speech"].sum())
    alarm = float(counted["false_alarms"].sum() / counted["silence"].sum())
    yield "## Speech activity: six chunks of two seconds\n"
    head = ["chunk", "speech (s)", "`reference:webrtc_vad`", "speech (ms)", "missed", "silence (ms)", "false alarms"]
    yield table(head, rows, texts=3)
    yield "\n" + paragraph(
        f"Misses {percent(miss)}, false alarms {percent(alarm)}, detection cost",
        "0.75 · misses + 0.25 · false alarms =",
        f"{percent(0.75 * miss + 0.25 * alarm)}. To say *speech* always costs 25 %,",
        "to say nothing at all 75 %. It runs on",
        "after speech has ended.",
    )


def written(method: Method) -> Any:
    """Return what writes stretches as a reader takes them in."""
    return lambda stretches: method.output.html(stretches).partition(": ")[2].replace(" s", "") or "–"


def drawn(language: str) -> str:
    """Return the picture: speech and answers along time."""
    rows, whole = [], [(0, 2000)]
    for name, reference, said in zip(*found(), strict=True):
        spoken, heard = common(timeline(reference), whole), common(timeline(said), whole)
        rows.append(Lane(name, common(spoken, heard), without(spoken, heard), without(heard, spoken)))
    title = Words("Speech, and what WebRTC's detector answered", "语音与 WebRTC 检测器的回答")
    return lanes(title, rows, 2000, language)


PICTURES = {"speech.activity": drawn}
