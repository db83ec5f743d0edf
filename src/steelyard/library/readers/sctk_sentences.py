"""NIST's scoring cases of sentences (trn): reference, what a recogniser made of it, and what sclite counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.library.readers._sclite import Counts, counts_of
from steelyard.library.recipe import Contents

_LINE = re.compile(r"(?P<text>.*?)\s*\((?P<id>[^()\s]+)\)")
LEXICON = "tests.lex"


class Run(NamedTuple):
    """How sclite was called."""

    name: str
    reference: str
    output: str
    options: str


def _tests(name: str, options: str, suffix: str = "") -> Run:
    return Run(name, f"tests.ref{suffix}", f"tests.hyp{suffix}", f"-i spu_id {options}")


RUNS = (
    Run("1", "csrnab.ref", "csrnab.hyp", "-i wsj"),
    Run("2", "csrnab.ref", "csrnab.hyp", "-i wsj -d"),
    _tests("7", "-F -D"),
    _tests("7_r", "-F -D")._replace(reference="tests.hyp", output="tests.ref"),
    _tests("7_noD", "-F"),
    _tests("7_1", f"-S algo1 {LEXICON}"),
    _tests("7_2", f"-S algo1 {LEXICON} ASCIITOO"),
    _tests("7_2a", f"-S algo2 {LEXICON} ASCIITOO"),
    _tests("7_3", f"-S algo1 {LEXICON} -F"),
    _tests("7_4", f"-S algo1 {LEXICON} ASCIITOO -F"),
    _tests("7_5", "-c DH"),
    _tests("7_6", "-F -D -e utf-8"),
    _tests("7-utf8-2bytes", "-F -D -e utf-8", ".utf8-2bytes"),
    _tests("7-utf8-3bytes", "-F -D -e utf-8", ".utf8-3bytes"),
    _tests("7-utf8-4bytes", "-F -D -e utf-8", ".utf8-4bytes"),
    Run("8", "csrnab1.ref", "csrnab1.hyp", "-i wsj -c"),
    Run("turkish", "test.turkish.ref", "test.turkish.hyp", "-e utf-8 babel_turkish -i spu_id"),
    Run("ukrainian", "test.ukranian.ref", "test.ukranian.hyp", "-e utf-8 -i spu_id"),
    Run("demo", "demo.ref.txt", "demo.hyp.txt", "-i spu_id"),
)


def read(files: Mapping[str, Path]) -> Contents:
    """Return each sentence of each run, alternatives in braces, with sclite's counts where the run's are there."""
    import pyarrow as pa

    rows = [row for run in RUNS for row in _rows(run, files)]
    ids, texts, said, runs, options, speakers, counts = zip(*rows, strict=True)
    lexicon = files[LEXICON].read_text("ascii").split()
    columns = {
        kind: pa.array([each and each[place] for each in counts], pa.int64())
        for place, kind in enumerate(Counts._fields)
    }
    return Contents(
        pa.table(
            {
                "id": pa.array(ids),
                "reference": pa.array(texts),
                "run": pa.array(runs),
                "options": pa.array(options),
                "lexicon": pa.array([lexicon if LEXICON in each else [] for each in options], pa.list_(pa.string())),
                "speaker": pa.array(speakers),
                **columns,
            }
        ),
        {"sctk": pa.table({"id": pa.array(ids), "output": pa.array(said)})},
    )


Row = tuple[str, str, str, str, str, str, Counts | None]


def _rows(run: Run, files: Mapping[str, Path]) -> list[Row]:
    reference, said = _sentences(files, run.reference), _sentences(files, run.output)
    report = files.get(f"base/test{run.name}.pra")
    counts: Mapping[str, Counts] = counts_of(report) if report else {}
    assert not counts or counts.keys() == reference.keys() == said.keys()
    stem = run.reference.removeprefix("test.").split(".")[0]
    return [
        (
            f"{run.name}/{name}",
            text,
            said[name],
            run.name,
            run.options,
            f"{stem}-{_speaker(run, name)}",
            counts.get(name),
        )
        for name, text in reference.items()
    ]


def _speaker(run: Run, sentence: str) -> str:
    return sentence[:3] if "wsj" in run.options else re.split("[-_]", sentence)[0]


def _sentences(files: Mapping[str, Path], name: str) -> Mapping[str, str]:
    found = {}
    for number, line in enumerate(files[name].read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith(";;"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise SetError(Words(f"{name}:{number}: cannot be read", f"{name}:{number}：无法读取"))
        found[match["id"].lower()] = match["text"]  # files name the same sentence in either case
    return found
