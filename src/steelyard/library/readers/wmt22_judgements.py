"""WMT22, Chinese to English: how people judged thirteen translators, and what automatic metrics gave them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from steelyard.library.recipe import Contents

PAIR = "zh-en"
_DIFFERENCE = re.compile(r"(-|-?[\d.]+)(\**)")
"""A difference of mean scores, with a star each for p below 0.05, 0.01 and 0.001."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the translators with their mean standardised score, best first.

    ``differences`` are from each of ``others``, and ``stars`` tell how significant one is (Wilcoxon's rank-sum test):
    1 below 0.05, 2 below 0.01, 3 below 0.001; only the better of two bears them.
    """
    import pyarrow as pa

    ranking = [line.split() for line in _lines(files["human_DA/ad-sys-ranking-zh-en-z-names.csv"])]
    exact = {row[3]: row for row in map(str.split, _lines(files["human_DA/ad-sys-scores-zh-en.csv"])[1:])}
    numbered = [row[4] for row in ranking]
    names = [row[5] for row in ranking]
    head, *body = (line.split() for line in _lines(files["human_DA/ad-DA-diff-wilcoxon-rs-zhen.csv"]))
    compared = {row[0]: [_DIFFERENCE.fullmatch(cell) for cell in row[1:]] for row in body}
    clusters = {
        row[7]: row for row in map(str.split, _lines(files["human_DA/clusters.csv"])) if row[:2] == ["zh", "en"]
    }
    metrics = _metrics(files["automatic-scores.tsv"])
    texts, numbers = pa.list_(pa.string()), pa.list_(pa.float64())
    return Contents(
        pa.table(
            {
                "id": pa.array(names),
                "reference": pa.array([float(exact[name][1]) for name in numbered]),
                "raw": pa.array([float(exact[name][0]) for name in numbered]),
                "segments": pa.array([int(exact[name][2]) for name in numbered], pa.int64()),
                "judgements": pa.array([int(exact[name][4]) for name in numbered], pa.int64()),
                "wins": pa.array([int(clusters[name][2]) for name in numbered], pa.int64()),
                "cluster": pa.array(
                    [[int(clusters[name][4]), int(clusters[name][5])] for name in numbered], pa.list_(pa.int64())
                ),
                "others": pa.array([[names[numbered.index(other)] for other in head]] * len(names), texts),
                "differences": pa.array([[_number(cell) for cell in compared[name]] for name in numbered], numbers),
                "stars": pa.array(
                    [[cell and len(cell[2]) for cell in compared[name]] for name in numbered], pa.list_(pa.int64())
                ),
                "metrics": pa.array([list(metrics.get(name, {})) for name in names], texts),
                "scores": pa.array([list(metrics.get(name, {}).values()) for name in names], numbers),
            }
        )
    )


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]


def _number(cell: re.Match[str] | None) -> float:
    assert cell is not None
    return 0.0 if cell[1] == "-" else float(cell[1])


def _metrics(path: Path) -> Mapping[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["pair"] == PAIR:
                found.setdefault(row["system"], {})[row["metric"]] = float(row["score"])
    return found
