"""Misses and false alarms of a logistic regression on cell nuclei."""

from __future__ import annotations

from studies.medical.answers import bounded
from studies.pictures.intervals import Interval, intervals

from steelyard.core.words import Words
from steelyard.references import wdbc_logistic

RATES = {
    "false_negative_rate": (Words("missed (limit 1 %)", "假阴性率（限值 1 %）"), 0.01),
    "false_positive_rate": (Words("alarmed (limit 5 %)", "假阳性率（限值 5 %）"), 0.05),
}


def drawn(language: str) -> str:
    """Return the picture: both rates with their bounds, each against its limit."""
    rows = []
    for name, (label, limit) in RATES.items():
        of = bounded("medical.diagnosis", wdbc_logistic.Product, name)
        assert of.value is not None
        rows.append(Interval(label, of.value, of.lower, of.upper, limit=limit))
    title = Words("wdbc: patients missed and alarmed", "wdbc：漏诊与误诊")
    return intervals(title, rows, None, (0.0, 0.15), 2, language)


PICTURES = {"medical.diagnosis": drawn}
