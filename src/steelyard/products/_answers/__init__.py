"""Files of recorded answers: one file here, one format; chosen by a file's ending, else by what it holds."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from steelyard.core.canonical import JSON
from steelyard.core.errors import AnswersError
from steelyard.core.words import Words
from steelyard.products._answers import ctm, icefall, json_lines, kaldi, stm, table, trn
from steelyard.products._answers.answer import Answer

Read = Callable[[str, str], Iterator[Answer]]


class Format(NamedTuple):
    """A way to write answers down."""

    title: Words
    endings: tuple[str, ...]
    read: Read


JSON_LINES = Format(Words("JSON lines", "JSON 行"), (".jsonl", ".ndjson"), json_lines.read)
FORMATS = (
    JSON_LINES,
    Format(Words("CSV", "CSV"), (".csv",), table.read_csv),
    Format(Words("TSV", "TSV"), (".tsv",), table.read_tsv),
    Format(Words("sclite trn", "sclite trn"), (".trn",), trn.read),
    Format(Words("NIST ctm", "NIST ctm"), (".ctm",), ctm.read),
    Format(Words("NIST stm", "NIST stm"), (".stm",), stm.read),
    Format(Words("icefall recogs", "icefall recogs"), (), icefall.read),
    Format(Words("Kaldi text", "Kaldi text"), (), kaldi.read),
)
ENDINGS = tuple(ending for each in FORMATS for ending in each.endings)


class Recorded(NamedTuple):
    """What a file says."""

    answers: dict[str, JSON]
    format: Words
    also: dict[str, str]
    """Another id of an answer, and the one that it stands under; none of them stands there itself."""


def read(path: Path, data: bytes) -> Recorded:
    """Return the answers of a file, by sample.

    Raises
    ------
    AnswersError
        With the line, and what to do; or where it holds none.
    """
    text = _decoded(path, data)
    chosen = next((each for each in FORMATS if path.name.lower().endswith(each.endings or ("\0",))), None)
    chosen = chosen or _by_content(text)
    answers: dict[str, JSON] = {}
    also: dict[str, list[str]] = {}
    for line, name, output, other in chosen.read(str(path), text):
        if name in answers:
            raise AnswersError(
                Words(f"{path}:{line}: {name!r} is answered twice.", f"{path}:{line}：{name!r} 有两个答案。"),
                Words(
                    "Keep the answer that the product gave, and remove the other.", "请保留产品给出的答案，删去另一个。"
                ),
            )
        answers[name] = output
        if other:
            also.setdefault(other, []).append(name)
    if not answers:
        raise AnswersError(
            Words(f"{path} holds no answers.", f"{path} 中没有答案。")
            if text.strip()
            else Words(f"{path} is empty.", f"{path} 为空。"),
            Words(
                'Write an answer to each sample, as JSON lines: {"id": "…", "output": …}',
                '请写出每个样本的答案，如 JSON 行：{"id": "…", "output": …}',
            ),
        )
    single = {other: names[0] for other, names in also.items() if len(names) == 1 and other not in answers}
    return Recorded(answers, chosen.title, single)


def _decoded(path: Path, data: bytes) -> str:
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise AnswersError(
            Words(f"{path}:{line} cannot be read: it is not UTF-8", f"{path}:{line} 无法读取：不是 UTF-8"),
            Words(
                "Convert it, for example: iconv -f GB18030 -t UTF-8", "请先转换编码，例如：iconv -f GB18030 -t UTF-8"
            ),
        ) from None


_CTM = re.compile(r"\S+\s+\S+\s+\d+(\.\d*)?\s+\d+(\.\d*)?\s+\S+(\s+\S+)*")
_STM = re.compile(r"\S+\s+\S+\s+\S+\s+\d+(\.\d*)?\s+\d+(\.\d*)?(\s+.*)?")


def _by_content(text: str) -> Format:
    """Return the only format that every line can be of, Kaldi's where none is."""
    lines = [line for each in text.split("\n") if (line := each.strip()) and not line.startswith(";;")]
    named = {each.title.en: each for each in FORMATS}
    if not lines:
        return named["Kaldi text"]
    if lines[0].startswith("{"):
        return JSON_LINES
    for title, pattern in (
        ("icefall recogs", icefall.LINE),
        ("sclite trn", trn.LINE),
        ("NIST ctm", _CTM),
        ("NIST stm", _STM),
    ):
        if all(pattern.fullmatch(line) for line in lines):
            return named[title]
    header = re.split(r"[,\t]", lines[0])
    if "id" in header and "output" in header:
        return named["CSV" if "," in lines[0] else "TSV"]
    return named["Kaldi text"]
