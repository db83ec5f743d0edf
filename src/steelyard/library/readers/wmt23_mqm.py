"""WMT23 Chinese to English, judged by professional translators: errors marked, weighed and summed (MQM)."""

from __future__ import annotations

import csv
import io
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

ATTENTION_CHECK = "HOTW-test"
"""Severity of rows in which an error was planted to see whether a rater pays attention: no judgement of a system."""
_MARK = re.compile(r"</?v>")


def read(files: Mapping[str, Path]) -> Contents:
    """Return the translations with the mean of three raters' scores as reference; 0 is faultless, more is worse.

    Columns ``source``, ``target``, ``raters`` and ``scores`` hold what was judged, by whom, and each rater's score.

    Notes
    -----
    Weights: M. Freitag et al., "Experts, Errors, and Context", TACL 2021, table 4: non-translation 25, major 5, minor
    1, minor punctuation 0.1.
    """
    import pyarrow as pa

    texts: dict[tuple[int, str], tuple[str, str, str]] = {}
    scores: dict[tuple[int, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in _rows(files["sxs_mqm_generalMT2023_zhen.3ratingsPerSegment.tsv.tar.gz"]):
        if row["severity"] == ATTENTION_CHECK:
            continue
        key = int(row["globalSegId"]), row["system"]
        texts[key] = row["doc"], _MARK.sub("", row["source"]), _MARK.sub("", row["target"])
        scores[key][row["rater"]] += _weight(row["category"], row["severity"])
    keys = sorted(texts)
    by_rater = [sorted(scores[key].items()) for key in keys]
    return Contents(
        pa.table(
            {
                "id": pa.array([f"{segment:04d}-{system}" for segment, system in keys]),
                "reference": pa.array([sum(score for _, score in each) / len(each) for each in by_rater]),
                "source": pa.array([texts[key][1] for key in keys]),
                "target": pa.array([texts[key][2] for key in keys]),
                "raters": pa.array([[rater for rater, _ in each] for each in by_rater]),
                "scores": pa.array([[score for _, score in each] for each in by_rater]),
                "system": pa.array([system for _, system in keys]),
                "segment": pa.array([f"{segment:04d}" for segment, _ in keys]),
                "document": pa.array([texts[key][0] for key in keys]),
            }
        )
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of the one table in an archive, as they are unpacked."""
    with tarfile.open(path, "r:gz") as archive:
        table = next(member for member in archive if member.isfile())
        opened = archive.extractfile(table)
        assert opened is not None
        with opened, io.TextIOWrapper(opened, "utf-8", newline="\n") as text:
            yield from csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)


def _weight(category: str, severity: str) -> float:
    if category.startswith("Non-translation"):
        return 25.0
    if severity == "Minor" and category.startswith("Fluency/Punctuation"):
        return 0.1
    return {"Major": 5.0, "Minor": 1.0, "No-error": 0.0}[severity]
