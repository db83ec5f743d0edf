"""Stretches of time: no answer holds a number that cannot be counted in milliseconds."""

from __future__ import annotations

from typing import Any

import jsonschema
import numpy as np
import pytest

from steelyard import fields
from steelyard.core.errors import MalformedValue
from steelyard.core.sample import Records, Samples
from steelyard.data import segments
from steelyard.data.segments import LONGEST, Segments
from steelyard.measures import timeline


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        (Segments(), [[0, 1e306]]),
        (Segments(), [[0, LONGEST + 0.001]]),
        (Segments(), [[0, 10**400]]),
        (Segments(speakers=True), [[0, 1e17, 0]]),
        (Segments(speakers=True), [[0, 1, 1e16]]),  # beyond 2**53 two speakers would be one
        (Segments(seconds=2), [[0, 2.5]]),
        (Segments(seconds=2), [[0, 1e306]]),
    ],
)
def test_a_number_too_large_is_malformed_and_no_crash(kind: Segments, wire: Any) -> None:
    with pytest.raises(MalformedValue, match="stretch 0") as caught:
        kind.decode(wire)
    assert "第 0 段" in caught.value.what.zh
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wire, kind.schema())


@pytest.mark.parametrize("name", ["speech.activity", "speech.diarisation"])
def test_the_largest_answer_is_scored(name: str) -> None:
    method = fields.find(name)
    wire = [[0, LONGEST, LONGEST][: 2 + (name == "speech.diarisation")]] * 3
    output = method.output.decode(wire)
    reference = [[0.0, 1.0, 0.0][: len(wire[0])]]
    for indicator in method.indicators:
        rows = indicator.rows(
            Samples([reference], np.arange(1), np.arange(1)[:, None]), Records([output], np.zeros(1), [None])
        )
        assert np.isfinite(rows.values).all()


def test_options_and_answers_have_one_bound() -> None:
    assert timeline.LONGEST == segments.LONGEST
