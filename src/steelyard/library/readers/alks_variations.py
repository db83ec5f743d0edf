"""Ranges of parameters over which test scenarios of UN R157 are to be varied (logical scenarios)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from math import prod
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

from steelyard.library.recipe import Contents

_NAME = re.compile(r"alks_scenario_(?P<chapter>\d_\d)_(?P<number>\d)_(?P<what>\w+)\.xosc")
SOME = "unavoidable collision cases"
"""Stands in a comment where some of the values make a collision unavoidable."""

Choices = list[dict[str, str]]
"""Values of parameters that are chosen together."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the variations as text, with the values of each parameter written out.

    A choice is made of each row of ``choices``; its alternatives stand in ``values``, each a value for every name in
    the row of ``names``. ``combinations`` counts them all: some lie outside what a scenario allows, and are to be left
    out.
    """
    import pyarrow as pa

    names = sorted(files)
    texts = [files[name].read_text("utf-8-sig") for name in names]
    roots = [ET.fromstring(text) for text in texts]  # noqa: S314 - only files of known digest
    choices = [_choices(root) for root in roots]
    lists = pa.list_(pa.list_(pa.string()))
    return Contents(
        pa.table(
            {
                "id": pa.array([_id(name) for name in names]),
                "input": pa.array(texts),
                "reference": pa.array(["some unavoidable" if SOME in text else "avoidable" for text in texts]),
                "chapter": pa.array([_id(name)[:3] for name in names]),
                "scenario": pa.array([_scenario(root) for root in roots]),
                "names": pa.array([[list(each[0]) for each in row] for row in choices], lists),
                "values": pa.array(
                    [[[list(one.values()) for one in each] for each in row] for row in choices], pa.list_(lists)
                ),
                "combinations": pa.array([prod(len(each) for each in row) for row in choices], pa.int64()),
            }
        )
    )


def _id(name: str) -> str:
    match = _NAME.fullmatch(PurePosixPath(name).name)
    assert match is not None
    return f"{match['chapter'].replace('_', '.')}_{match['number']} {match['what'].replace('_', ' ')}"


def _scenario(root: ET.Element) -> str:
    """Return the identifier of the scenario that is varied."""
    file = root.find("ParameterValueDistribution/ScenarioFile")
    assert file is not None
    return _id(PurePosixPath(file.attrib["filepath"]).name.replace("_template", ""))


def _choices(root: ET.Element) -> list[Choices]:
    (given,) = root.iter("Deterministic")
    return [_together(each) if "Multi" in each.tag else _single(each) for each in given]


def _single(distribution: ET.Element) -> Choices:
    name = distribution.attrib["parameterName"]
    listed = [each.attrib["value"] for each in distribution.iter("Element")]
    return [{name: value} for value in (listed or _steps(distribution))]


def _steps(distribution: ET.Element) -> list[str]:
    """Return the values of a range, both ends included, in decimal numbers as they are written."""
    stepped, limits = distribution.find("DistributionRange"), distribution.find("DistributionRange/Range")
    assert stepped is not None
    assert limits is not None
    step, value, last = (
        Decimal(text)
        for text in (stepped.attrib["stepWidth"], limits.attrib["lowerLimit"], limits.attrib["upperLimit"])
    )
    found = []
    while value <= last:
        found.append(str(value))
        value += step
    return found


def _together(distribution: ET.Element) -> Choices:
    return [
        {each.attrib["parameterRef"]: each.attrib["value"] for each in chosen.iter("ParameterAssignment")}
        for chosen in distribution.iter("ParameterValueSet")
    ]
