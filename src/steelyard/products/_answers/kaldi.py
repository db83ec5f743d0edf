"""Kaldi's ``text``: an id, a blank, and what was said; nothing after the id where nothing was heard."""

from __future__ import annotations

from collections.abc import Iterator

from steelyard.products._answers.answer import Answer


def read(path: str, text: str) -> Iterator[Answer]:  # noqa: ARG001 - of any line the first word is the id
    r"""Yield the answers of a Kaldi ``text`` file.

    Examples
    --------
    >>> list(read("text", "BAC009S0764W0121 甚至 出现 交易\nBAC009S0764W0122"))[1]
    Answer(line=2, sample='BAC009S0764W0122', output='', also='')
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            name, *said = line.split(maxsplit=1)
            yield Answer(number, name, said[0].rstrip() if said else "")
