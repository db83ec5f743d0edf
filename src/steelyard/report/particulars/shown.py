"""The particulars as readers see them: names and values, in the order in which a report is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steelyard.core.words import Words
from steelyard.report.particulars.fields import FIELDS
from steelyard.report.particulars.particulars import PARTIES, Particulars, Use

Row = tuple[Words, Words]
"""What a value is called, and the value."""
NOT_STATED = Words("not stated", "未说明")
STATEMENTS = (
    Words(
        "The results relate only to the item that was tested, as it was received.",
        "检测结果仅对所检测的物品（按接收时状态）有效。",
    ),
    Words(
        "This report shall not be reproduced, except in full, without the laboratory's approval.",
        "未经实验室批准，不得部分复制本报告。",
    ),
)
"""ISO/IEC 17025:2017, 7.8.2.1 l, and the note below p."""


def shown(particulars: Particulars) -> list[tuple[Words, list[Row]]]:
    """Return the particulars in groups, each under its title; what is optional and was not said is left out.

    Of intended use, population, sites and independence it is said where nothing was stated: readers look for them.
    """
    laboratory, item, use = particulars.laboratory, particulars.item, particulars.use or Use()
    said = FIELDS["Particulars"]
    groups = [
        (said["laboratory"].title, [*_rows(laboratory), *_accredited(particulars), _party(particulars)]),
        (said["customer"].title, list(_rows(particulars.customer))),
        (said["item"].title, list(_rows(item))),
        (said["dates"].title, _dates(particulars)),
        (Words("Testing", "检测"), list(_testing(particulars))),
        (said["use"].title, [*_rows(use, every=True)]),
    ]
    return [(title, rows) for title, rows in groups if rows]


def _rows(part: Any, *, every: bool = False) -> Iterator[Row]:
    """Yield the fields of a part that were filled in; with ``every`` the others too."""
    for name, said in FIELDS[type(part).__name__].items():
        value = getattr(part, name)
        if value is not None:
            yield said.title, value if isinstance(value, Words) else Words(value, value)
        elif every:
            yield said.title, NOT_STATED


def _accredited(particulars: Particulars) -> Iterator[Row]:
    found = particulars.accreditation
    if found is None:
        yield FIELDS["Particulars"]["accreditation"].title, Words("none is claimed", "未声明")
    else:
        yield from _rows(found)


def _party(particulars: Particulars) -> Row:
    return FIELDS["Particulars"]["party"].title, PARTIES[particulars.party]


def _dates(particulars: Particulars) -> list[Row]:
    dates = particulars.dates
    tested = dates.performed_from
    if dates.performed_to != dates.performed_from:
        tested = f"{dates.performed_from} – {dates.performed_to}"
    titles = FIELDS["Dates"]
    return [
        (titles["received"].title, Words(dates.received, dates.received)),
        (Words("tested", "检测日期"), Words(tested, tested)),
        (titles["issued"].title, Words(dates.issued, dates.issued)),
    ]


def _testing(particulars: Particulars) -> Iterator[Row]:
    """Yield what is said of how it was tested, and by whom else."""
    titles = {name: said.title for name, said in FIELDS["Particulars"].items()}
    yield titles["deviations"], particulars.deviations
    if particulars.environment is not None:
        yield titles["environment"], particulars.environment
    if particulars.sampling is not None:
        yield from _rows(particulars.sampling)
    if particulars.customer_supplied is not None:
        yield titles["customer_supplied"], particulars.customer_supplied
    for external in particulars.external_providers:
        words = Words(
            f"{external.results.en} ({external.provider.en})", f"{external.results.zh}（{external.provider.zh}）"
        )
        yield titles["external_providers"], words
