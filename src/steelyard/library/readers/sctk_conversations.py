"""NIST's scoring cases of conversations (stm, ctm): segments, the words heard, and what sclite counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.readers._sclite import counts_of, totals_of
from steelyard.library.recipe import Contents

_SEGMENT = re.compile(r"(\S+)\s+(\S+)\s+(\S+)\s+([\d.]+)\s+([\d.]+)(?:\s+(<\S*>))?(?:\s+(.*))?")


class Run(NamedTuple):
    """How sclite was called."""

    name: str
    reference: str
    output: str
    options: str = ""


MISSING = ("-extra", "-missall", "-missfile1", "-missfile1chanA", "-missfile1chanb", "-missfile2", "-missfile2chanA")
"""Outputs with too much, or with a part left out."""
RUNS = (
    Run("3", "lvc_ref.stm", "lvc_hyp.ctm"),
    Run("3a", "lvc_refe.stm", "lvc_hyp.ctm"),
    Run("3b", "lvc_ref.stm", "lvc_hypc.ctm"),
    Run("3c", "lvc_refm.stm", "lvc_hypm.ctm"),
    Run("4", "lvc_ref.stm", "lvc_hyp.ctm", "-d"),
    Run("5", "lvc_ref.stm", "lvc_hyp.txt"),
    Run("13", "tima_ref.ctm", "tima_hyp.ctm"),
    Run("13_D", "tima_ref.ctm", "tima_hyp.ctm", "-D"),
    Run("13_a", "tima_ref.ctm", "tima_hyp.ctm", "-T"),
    Run("13_aD", "tima_ref.ctm", "tima_hyp.ctm", "-T -D"),
    Run("14_a", "lvc_refr.stm", "lvc_hypr.ctm", "-m ref hyp"),
    Run("14_b", "lvc_ref.stm", "lvc_hypr.ctm", "-m ref hyp"),
    Run("14_c", "lvc_refr.stm", "lvc_hyp.ctm", "-m ref hyp"),
    Run("14_d", "lvc_refr.stm", "lvc_hypr.ctm", "-m hyp"),
    Run("14_e", "lvc_refr.stm", "lvc_hypr.ctm", "-m ref"),
    *(
        Run(f"16_{number}", "stm2ctm_missing.ref.stm", f"stm2ctm_missing.hyp{part}.ctm")
        for number, part in enumerate((*MISSING, "-missfile2chanB", ""), 1)
    ),
)


def read(files: Mapping[str, Path]) -> Contents:
    """Return the runs, each a row.

    A segment is conversation, channel, speaker, begin (s), end (s), labels and text; a word is conversation, channel,
    begin (s), length (s), the word and, where given, its confidence: all as written, for some words have no time.
    ``counts`` are those of each utterance that sclite made of them: correct, substituted, deleted, inserted.
    """
    import pyarrow as pa

    found = {run.name: files.get(f"base/test{run.name}.pra") for run in RUNS}
    counts = [counts_of(path) if path else {} for path in found.values()]
    sums = [files.get(f"base/test{run.name}.raw") for run in RUNS]
    text, names = pa.list_(pa.list_(pa.string())), pa.array(list(found))
    return Contents(
        pa.table(
            {
                "id": names,
                "reference": pa.array([_content(files, run.reference) for run in RUNS], text),
                "formats": pa.array([f"{run.reference[-3:]} and {run.output[-3:]}" for run in RUNS]),
                "options": pa.array([run.options for run in RUNS]),
                "utterances": pa.array([list(each) for each in counts], pa.list_(pa.string())),
                "counts": pa.array([[list(row) for row in each.values()] for each in counts], _integers(2)),
                "totals": pa.array([path and totals_of(path) for path in sums], _integers(1)),
            }
        ),
        {"sctk": pa.table({"id": names, "output": pa.array([_content(files, run.output) for run in RUNS], text)})},
    )


def _integers(depth: int) -> object:
    import pyarrow as pa

    return pa.list_(_integers(depth - 1)) if depth else pa.int64()


def _content(files: Mapping[str, Path], name: str) -> list[list[str]]:
    lines = [line for line in files[name].read_text("ascii").splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(";;")]
    if not name.endswith(".stm"):
        return (
            [line.split() for line in lines]
            if name.endswith(".ctm")
            else [[word] for line in lines for word in line.split()]
        )
    segments = [_SEGMENT.fullmatch(line.strip()) for line in lines]
    for line, segment in zip(lines, segments, strict=True):
        if segment is None:
            raise SetError(Words(f"{name}: cannot be read: {line}", f"{name}：无法读取：{line}"))
    return [[part or "" for part in segment.groups()] for segment in segments if segment]
