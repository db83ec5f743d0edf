"""Pieces of text with times, of recordings with channels: what ``ctm`` and ``stm`` hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from steelyard.products._answers.answer import Answer


class Piece(NamedTuple):
    """A word or a segment."""

    line: int
    recording: str
    channel: str
    begin: float
    text: str


def joined(pieces: Iterable[Piece]) -> Iterator[Answer]:
    """Yield one answer for each recording, its pieces in the order of time; for each channel where there are several.

    Of a recording with several channels the id is ``recording-channel``. Where nothing was recognised on the others, or
    there are none, it is ``recording``, and ``recording-channel`` as well: what a sample is called may not hang on what
    was heard in another.
    """
    channels: dict[str, dict[str, list[Piece]]] = {}
    for piece in pieces:
        channels.setdefault(piece.recording, {}).setdefault(piece.channel, []).append(piece)
    for recording, each in channels.items():
        for channel, found in each.items():
            in_time = sorted(found, key=lambda piece: piece.begin)  # stable: as written where they begin together
            text, whole = " ".join(piece.text for piece in in_time if piece.text), f"{recording}-{channel}"
            names = (recording, whole) if len(each) == 1 else (whole, "")
            yield Answer(found[0].line, names[0], text, names[1])
