"""Tables with a header, separated by commas (CSV) or tabs (TSV): columns ``id`` and ``output``, others are let be."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.products._answers.answer import Answer, unreadable

if TYPE_CHECKING:
    import _csv

COLUMNS = ("id", "output")
REMEDY = Words(
    "The first line names the columns, id and output among them; a cell with a separator stands in quotes.",
    "首行为列名，须含 id 与 output；含分隔符的单元格须加引号。",
)


def read_csv(path: str, text: str) -> Iterator[Answer]:
    r"""Yield the answers of a table separated by commas; each output is text.

    Examples
    --------
    >>> list(read_csv("a.csv", 'id,output\ns1,"he hoped, there"'))
    [Answer(line=2, sample='s1', output='he hoped, there', also='')]
    """
    return _read(path, csv.reader(io.StringIO(text, newline=""), strict=True))


def read_tsv(path: str, text: str) -> Iterator[Answer]:
    r"""Yield the answers of a table separated by tabs; quotes are what they are.

    Examples
    --------
    >>> list(read_tsv("a.tsv", 'id\toutput\ns1\t"quoted"'))
    [Answer(line=2, sample='s1', output='"quoted"', also='')]
    """
    return _read(path, csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))


def _read(path: str, rows: _csv.Reader) -> Iterator[Answer]:
    places: tuple[int, ...] = ()
    try:
        for row in rows:
            if not row:
                continue
            if not places:
                header = [name.strip().lower() for name in row]
                if not set(COLUMNS) <= set(header):
                    why = Words(f"its columns are {', '.join(row)}"[:200], f"其列为 {'、'.join(row)}"[:200])
                    raise unreadable(path, rows.line_num, why, REMEDY)
                places = tuple(header.index(name) for name in COLUMNS)
            elif len(row) <= max(places):
                why = Words(f"it has {len(row)} cells", f"只有 {len(row)} 个单元格")
                raise unreadable(path, rows.line_num, why, REMEDY)
            else:
                yield Answer(rows.line_num, row[places[0]], row[places[1]])
    except csv.Error as error:
        raise unreadable(path, rows.line_num, Words(str(error), str(error)), REMEDY) from None
