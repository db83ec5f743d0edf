"""Who spoke when in a meeting: by hand, and as a system told it (NIST's RTTM)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

Turns = Mapping[str, list[tuple[float, float, str]]]


def read(files: Mapping[str, Path]) -> Contents:
    """Return a meeting's turns as begin (s), end (s) and the speaker's number; ``speakers`` names those of the truth.

    Numbers of a system's speakers are its own: which of them is whom is for a method to find.
    """
    import pyarrow as pa

    kind = pa.list_(pa.list_(pa.float64()))
    truth, told = (_turns(path) for name, path in sorted(files.items()) if name.endswith(".rttm"))
    meetings = sorted(truth)
    assert meetings == sorted(told)
    return Contents(
        pa.table(
            {
                "id": pa.array(meetings),
                "reference": pa.array([_numbered(truth[meeting]) for meeting in meetings], kind),
                "speakers": pa.array([_speakers(truth[meeting]) for meeting in meetings]),
                "meeting": pa.array(meetings),
            }
        ),
        {
            "speechbrain": pa.table(
                {
                    "id": pa.array(meetings),
                    "output": pa.array([_numbered(told[meeting]) for meeting in meetings], kind),
                }
            )
        },
    )


def _turns(path: Path) -> Turns:
    found: dict[str, list[tuple[float, float, str]]] = {}
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("SPEAKER "):
            _, meeting, _, begin, seconds, _, _, speaker, *_ = line.split()
            found.setdefault(meeting, []).append((float(begin), float(begin) + float(seconds), speaker))
    return found


def _speakers(turns: list[tuple[float, float, str]]) -> list[str]:
    return sorted({speaker for *_, speaker in turns})


def _numbered(turns: list[tuple[float, float, str]]) -> list[list[float]]:
    number = {speaker: float(place) for place, speaker in enumerate(_speakers(turns))}
    return [[begin, end, number[speaker]] for begin, end, speaker in turns]
