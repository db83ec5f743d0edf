"""What is checked of the particulars in a bundle: they are whole, and their dates fit the run's."""

from __future__ import annotations

from dataclasses import dataclass

from steelyard.core.words import Words, listed
from steelyard.report.particulars.dates import contradictions
from steelyard.report.particulars.particulars import Particulars
from steelyard.report.particulars.read import is_recorded
from steelyard.report.proof.unpacked import BadEvidence, Bundled


@dataclass(frozen=True, slots=True)
class Unnamed(Words):
    """That nobody is named: not a fault, and nothing that holds."""


NOBODY = Unnamed(
    "No particulars: no laboratory stands behind this report by name, and no date of issue.",
    "无报告信息：没有具名的实验室对本报告负责，亦无签发日期。",
)


def named(particulars: Particulars) -> Words:
    """Return who tested, for whom, and who authorises the report, as they say; nothing of it can be proved."""
    laboratory, customer, by = particulars.laboratory.name, particulars.customer.name, particulars.authorised_by
    number, issued = particulars.identification, particulars.dates.issued
    names = listed([each.name for each in by])
    return Words(
        f"report {number}, issued {issued} by {laboratory.en} for {customer.en}, names who authorises it: {names.en}",
        f"报告 {number}（{issued} 签发）载明：检测方 {laboratory.zh}，委托方 {customer.zh}，批准人 {names.zh}",
    )


def who_stands(bundled: Bundled) -> Words:
    """Return who stands behind a report by name.

    Raises
    ------
    BadEvidence
        Where dates contradict the run's.
    """
    found = bundled.particulars
    if found is None:
        return NOBODY
    recorded = is_recorded(bundled.plan)
    for wrong in contradictions(found, str(bundled.report["created"]), recorded=recorded):
        raise BadEvidence(wrong.en, wrong.zh)
    return named(found)
