"""What NIST's sclite reported: how many words of each utterance it found right, substituted, deleted and inserted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_ID = re.compile(rb"id: \((?P<id>.+)\)")
_SCORES = re.compile(rb"Scores: \(#C #S #D #I\) (?P<counts>[\d ]+)")
_SUM = re.compile(rb"\|\s*Sum\s*\|\s*(\d+)\s+(\d+)\s*\|\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s")


class Counts(NamedTuple):
    """Words of an utterance, by what became of them."""

    correct: int
    substituted: int
    deleted: int
    inserted: int


def counts_of(path: Path) -> Mapping[str, Counts]:
    """Return the counts of each utterance, in the order of an alignment report (``.pra``).

    The words in it are not read: they may be of any encoding.
    """
    found, name = {}, ""
    for line in path.read_bytes().splitlines():
        if match := _ID.fullmatch(line.strip()):
            name = match["id"].decode("ascii")
        elif match := _SCORES.fullmatch(line.strip()):
            found[name] = Counts(*map(int, match["counts"].split()))
    return found


def totals_of(path: Path) -> list[int]:
    """Return sentences, words, and the four counts, of a report of sums (``.raw``)."""
    match = _SUM.search(path.read_bytes())
    assert match is not None, f"{path} has no sum"
    return [int(number) for number in match.groups()]
