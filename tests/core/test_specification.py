"""Limits compare full values; names that are not there offer the nearest."""

from __future__ import annotations

import pytest

from steelyard.core.errors import UnknownName
from steelyard.core.specification import Limit
from steelyard.specs.reader import read


@pytest.mark.parametrize(
    ("operator", "below", "at", "above", "upper"),
    [
        ("<", True, False, False, True),
        ("<=", True, True, False, True),
        (">", False, False, True, False),
        (">=", False, True, True, False),
    ],
)
def test_limit(operator: str, below: bool, at: bool, above: bool, upper: bool) -> None:
    limit = Limit(operator, 0.01, "1", "")
    # GB/T 8170: the full value is compared, not a rounded one.
    assert (limit.holds(0.0099999999), limit.holds(0.01), limit.holds(0.0100000001)) == (below, at, above)
    assert limit.upper is upper


def test_names_within_a_specification() -> None:
    specification = read("miit-2017-315")
    assert specification.clause("medical").name == "medical"
    with pytest.raises(UnknownName, match="Did you mean medical"):
        specification.clause("medicl")
    clause = specification.clause("medical")
    assert clause.reading(clause.readings[0].name) is clause.readings[0]
    with pytest.raises(UnknownName, match=f"Did you mean {clause.readings[0].name}"):
        clause.reading(clause.readings[0].name + "x")
