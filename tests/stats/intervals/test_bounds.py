"""What few effective units mean for bounds, said in one place."""

from __future__ import annotations

import pytest

from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import FEW_UNITS, TOO_FEW_UNITS, Bounds, enough, resting_on

OTHER = Words("another remark", "另一说明")


@pytest.mark.parametrize(
    ("effective", "flags", "decisive"),
    [
        (1.0, 1, False),
        (TOO_FEW_UNITS - 0.001, 1, False),
        (TOO_FEW_UNITS - 1e-9, 1, True),  # ten equal units, but for rounding
        (TOO_FEW_UNITS, 1, True),
        (FEW_UNITS - 1, 1, True),
        (FEW_UNITS, 0, True),
        (1e6, 0, True),
    ],
)
def test_few_are_said_and_too_few_decide_nothing(effective: float, flags: int, decisive: bool) -> None:
    found = resting_on(Bounds(0.1, 0.2, "made up/1"), effective)
    assert (len(found.flags), found.decisive, enough(effective)) == (flags, decisive, decisive)
    assert found[:3] == (0.1, 0.2, "made up/1")


def test_nothing_is_forgotten_and_nothing_made_decisive() -> None:
    found = resting_on(Bounds(0.1, 0.2, "made up/1", flags=(OTHER,), decisive=False), 15.0)
    assert OTHER in found.flags
    assert len(found.flags) == 2
    assert not found.decisive
