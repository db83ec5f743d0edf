"""A lathe's log of MTConnect (SHDR): what each data item said, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.recipe import Contents

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
START = "avail"
"""Data item with which the adapter begins to speak: a session."""
ASSET, MULTILINE = "@ASSET@", "--multiline--"
COUNT = "ppartcount"
"""Data item that counts parts; its last value in a session less its first is what was made."""


class Observation(NamedTuple):
    """One value of a data item; of an asset, its kind and its XML."""

    time: str
    item: str
    value: str
    further: str


def read(files: Mapping[str, Path]) -> Contents:
    """Return the sessions in the order of the log, each with its observations in the order of theirs.

    Times are seconds since 1970 (UTC): not in order, for at its start the adapter repeats what it knows with old
    stamps. Conditions carry further fields: native code, severity, qualifier and text, put together by ``|``.
    """
    import pyarrow as pa

    model = files["Devices.xml"].read_text("utf-8-sig")
    sessions: list[list[Observation]] = []
    for observation in _observations(files["okuma.txt"], _conditions(model)):
        if observation.item == START:
            sessions.append([])
        sessions[-1].append(observation)
    ids = [session[0].time for session in sessions]
    texts = pa.list_(pa.string())
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "reference": pa.array([_made(session) for session in sessions], pa.int64()),
                "session": pa.array(ids),
                "times": pa.array([[_seconds(each.time) for each in one] for one in sessions], pa.list_(pa.float64())),
                "items": pa.array([[each.item for each in one] for one in sessions], texts),
                "values": pa.array([[each.value for each in one] for one in sessions], texts),
                "further": pa.array([[each.further for each in one] for one in sessions], texts),
                "model": pa.array([model] * len(sessions)),
            }
        )
    )


def _conditions(model: str) -> frozenset[str]:
    """Return the names of the data items that are conditions."""
    root = ET.fromstring(model)  # noqa: S314 - only a file of known digest
    items = [each.attrib for each in root.iter() if each.attrib.get("category") == "CONDITION"]
    return frozenset(item["name"] for item in items if "name" in item)


def _observations(path: Path, conditions: frozenset[str]) -> Iterator[Observation]:
    """Yield what the lines say.

    A line is a time and items with their values. That of an asset (a cutting tool) is followed by its XML, between two
    marks; a condition has four fields after its value, and is alone on its line. What the adapter says of itself begins
    with ``*`` and has no time.
    """
    lines = iter(enumerate(path.read_text("utf-8").splitlines(), 1))
    for number, line in lines:
        if line.startswith("*"):
            item, _, value = line.partition(":")
            yield Observation("", item, value, "")
            continue
        time, *fields = line.split("|")
        if not _STAMP.fullmatch(time):
            raise SetError(Words(f"{path.name}:{number}: no time", f"{path.name}:{number}：无时间"))
        if fields[0] == ASSET:
            _, name, kind, mark = fields
            assert mark.startswith(MULTILINE)
            body = "\n".join(_until(lines, mark))
            yield Observation(time, f"{ASSET} {name}", kind, body)
        elif fields[0].startswith("@") or fields[0] in conditions:
            yield Observation(time, fields[0], fields[1], "|".join(fields[2:]))
        else:
            yield from (Observation(time, *pair, "") for pair in zip(fields[::2], fields[1::2], strict=True))


def _until(lines: Iterator[tuple[int, str]], mark: str) -> Iterator[str]:
    for _, line in lines:
        if line == mark:
            return
        yield line


def _seconds(time: str) -> float | None:
    return datetime.fromisoformat(time).timestamp() if time else None


def _made(session: list[Observation]) -> int:
    """Return how many parts the machine counted."""
    counts = [int(each.value) for each in session if each.item == COUNT]
    return counts[-1] - counts[0]
