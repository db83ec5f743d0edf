"""A recorded system on a meeting, by what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from studies.pictures.bars import bars
from studies.speech.answers import column, recorded
from studies.speech.markdown import paragraph, percent, table

from steelyard.core.words import Words
from steelyard.fields.speech.diarisation import OVERLAPS, Errors, diarisation_errors
from steelyard.library.store import open_set

COLLARS = (0.0, 0.25)


@cache
def found() -> dict[tuple[str, float], Errors]:
    """Return the errors by treatment of overlap and by collar."""
    opened = open_set("ami-es2014c-diarisation")
    reference, output = column(opened, "reference")[0], recorded(opened, "speechbrain")[0]
    return {
        (overlap, collar): diarisation_errors(reference, output, collar, overlap == "scored")
        for overlap in OVERLAPS
        for collar in COLLARS
    }


def section() -> Iterator[str]:
    """Yield the section of the page."""
    rows = []
    for (overlap, collar), (speech, *errors) in found().items():
        shares = [percent(each / speech) for each in errors]
        rows.append([overlap, f"{collar:g} s", f"{speech / 1000:,.1f}", *shares, percent(sum(errors) / speech)])
    yield "## Who spoke when: a meeting of AMI\n"
    yield "SpeechBrain's system on ES2014c, told where speech is. The same answers, by what is left out of the score:\n"
    head = ["overlap", "collar", "speakers' time (s)", "missed", "confused", "false alarms", "error rate"]
    yield table(head, rows)
    yield "\n" + paragraph(
        "SpeechBrain publishes 7.17 % for these two files (collar 0.25 s,",
        "overlap left out). pyannote.metrics says the",
        "same of each row, NIST's md-eval of those with a collar. The number",
        "of a paper without its collar says little.",
    )


def drawn(language: str) -> str:
    """Return the picture: what the error rate is made of, by collar and overlap."""
    overlaps = {"scored": Words("overlap scored", "计重叠"), "left out": Words("overlap left out", "不计重叠")}
    rows = [
        (
            Words(f"{overlaps[overlap].en}, {collar:g} s", f"{overlaps[overlap].zh}，{collar:g} s"),
            [each / errors.speech for each in errors[1:]],
        )
        for (overlap, collar), errors in found().items()
    ]
    parts = (Words("missed", "漏检"), Words("confused", "混淆"), Words("false alarms", "虚警"))
    title = Words("The same answers, by overlap and collar", "同一组答案：重叠与容限不同")
    return bars(title, parts, rows, 0.2, 2, language)


PICTURES = {"speech.diarisation": drawn}
