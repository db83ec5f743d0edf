"""CSV: a table of all findings, one row each, one value a cell; for spreadsheets and data frames.

UTF-8 with a byte-order mark, by which spreadsheets know Chinese; lines end as RFC 4180 has it. A cell that a
spreadsheet would take for a formula begins with an apostrophe.

Source: RFC 4180; OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping

from steelyard.core.printable import printable
from steelyard.core.words import Words
from steelyard.report.exports import VerifiedReport
from steelyard.report.exports._sayings import Placed, bounds_of, clause_name, findings, product_name, scoped

ABOUT = Words("csv (a row for each finding: spreadsheets, data frames)", "csv（每项结论一行：电子表格、数据框）")
MEDIA_TYPE = "text/csv"
ENDING = ".csv"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may begin a formula with; some take full-width signs for their own."""

Cell = str | int | float | bool | None


def export(found: VerifiedReport) -> bytes:
    """Return the table; what has no value is an empty cell, never zero."""
    file = io.StringIO(newline="")
    rows = [_row(found, placed) for placed in findings(found.report)]
    shared = _shared(found)
    names = [*(rows[0] if rows else _no_row()), *shared]
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_cell(value) for value in (*row.values(), *shared.values())] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _no_row() -> list[str]:
    """Return the names of a row where there is none: what was not judged has no findings."""
    return ["clause", "reading", "requirement"]


def _row(found: VerifiedReport, placed: Placed) -> Mapping[str, Cell]:
    finding = placed.finding
    estimate, limit = finding.estimate, finding.requirement.limit
    lower, upper = bounds_of(finding)
    return {
        "clause": clause_name(found.report),
        "reading": finding.reading,
        "requirement": finding.requirement.name,
        "indicator": finding.requirement.indicator,
        "title_en": finding.title.en,
        "title_zh": finding.title.zh,
        "kind": finding.requirement.kind.value,
        "group": scoped(finding.scope),
        "shown": placed.shown,
        "decides": placed.deciding,
        "value": estimate.value,
        "lower": lower,
        "upper": upper,
        "confidence": estimate.confidence,
        "sided": "one",
        "bounds_by": estimate.method,
        "bounds_may_decide": estimate.decisive,
        "unit": limit.unit,
        "limit_operator": limit.operator,
        "limit": limit.value,
        "limit_text": limit.text,
        "verdict": finding.verdict.value,
        "because_en": finding.because.en,
        "because_zh": finding.because.zh,
        "events": estimate.events,
        "opportunities": estimate.opportunities,
        "units": estimate.units,
        "effective_units": estimate.effective_units,
        "new_run_size": None if finding.new_run is None else finding.new_run.size,
    }


def _shared(found: VerifiedReport) -> Mapping[str, Cell]:
    """Return what all rows say: tables of several reports can be put under each other."""
    report = found.report
    return {
        "clause_verdict": report.verdict.value,
        "product": product_name(report),
        "product_uri": report.plan.product.uri,
        "product_digest": report.plan.product.digest,
        "test_set": report.plan.test_set,
        "test_set_digest": report.plan.test_set_digest,
        "split": report.plan.split,
        "assurance": report.plan.assurance,
        "computed_again": not found.withheld,
        "plan": found.plan_digest,
        "bundle": found.bundle,
        "created": report.created,
    }


def _cell(value: Cell) -> Cell:
    r"""Return a cell's content: texts that would be formulas are marked as texts, numbers stay numbers.

    Examples
    --------
    >>> _cell("=1+1"), _cell(-0.5), _cell(None), _cell(True)
    ("'=1+1", -0.5, '', 'true')
    >>> _cell("\u3000=1"), _cell("a\x1b[2J")
    ("'\u3000=1", 'a\\x1b[2J')
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() if value.startswith(FORMULA) or _seen(value).startswith(FORMULA):
            return f"'{_shown(value)}"
        case str():
            return _shown(value)
        case _:
            return value


def _seen(text: str) -> str:
    """Return a text from the first character that is seen: spreadsheets pass over blanks and marks of no width."""
    return text.lstrip("".join({each for each in text if unicodedata.category(each)[0] in "CZ"}))


def _shown(text: str) -> str:
    """Return a text with what no reader sees written out; tabs and ends of lines can stand in a quoted cell."""
    return "".join(each if each in "\t\r\n" else printable(each) for each in text)
