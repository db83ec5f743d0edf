"""Reference and recognised text of a recogniser, as icefall and k2 write them (``recogs-*.txt``)."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.recipe import Contents

_LINE = re.compile(r"(?P<id>\S+):\t(?P<kind>ref|hyp)=(?P<tokens>\[.*\])")


def read(files: Mapping[str, Path]) -> Contents:
    """Return the utterances with their speakers, and what was recognised.

    ``recogs-*.txt`` holds two lines for an utterance, ``wav.scp`` its path in the AISHELL-1 tree, whose last folder is
    the speaker.
    """
    import pyarrow as pa

    recognised = next(name for name in files if name.startswith("recogs-"))
    texts: dict[str, dict[str, str]] = {"ref": {}, "hyp": {}}
    for number, line in enumerate(files[recognised].read_text("utf-8").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise SetError(Words(f"{recognised}:{number}: cannot be read", f"{recognised}:{number}：无法读取"))
        texts[match["kind"]][match["id"]] = "".join(ast.literal_eval(match["tokens"]))
    recordings = dict(line.split(maxsplit=1) for line in files["wav.scp"].read_text("utf-8").splitlines())
    ids = sorted(texts["ref"])
    return Contents(
        samples=pa.table(
            {
                "id": pa.array(ids),
                "reference": pa.array([texts["ref"][name] for name in ids]),
                "scene": pa.array(["read speech"] * len(ids)),
                "speaker": pa.array([Path(recordings[name]).parent.name for name in ids]),
            }
        ),
        answers={
            "decoder": pa.table({"id": pa.array(ids), "output": pa.array([texts["hyp"][name] for name in ids])}),
        },
    )
