"""Test scenarios of UN R157 (automated lane keeping) in OpenSCENARIO, each with its road and catalogues."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

from steelyard.library.recipe import Contents

_NAME = re.compile(r"alks_scenario_(?P<chapter>\d_\d)_(?P<number>\d)_(?P<what>\w+)_template\.xosc")
UNAVOIDABLE = "unavoidable"
"""Stands in the name of a scenario in which no car could keep from colliding."""
ROAD = "$Road"
"""Parameter that names the road, where a scenario leaves it open."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the scenarios as text, with their parameters at the values written, and what they refer to as text."""
    import pyarrow as pa

    texts = {name: path.read_text("utf-8-sig") for name, path in sorted(files.items())}
    names = [name for name in texts if _NAME.fullmatch(PurePosixPath(name).name)]
    roots = {name: ET.fromstring(texts[name]) for name in names}  # noqa: S314 - only files of known digest
    declared = {name: list(root.iter("ParameterDeclaration")) for name, root in roots.items()}
    catalogs = {PurePosixPath(name).stem: text for name, text in texts.items() if "catalogs/" in name}
    roads = {name: _road(roots[name], declared[name]) for name in names}
    kind = pa.list_(pa.string())
    return Contents(
        pa.table(
            {
                "id": pa.array([_id(name) for name in names]),
                "input": pa.array([texts[name] for name in names]),
                "reference": pa.array(["unavoidable" if UNAVOIDABLE in name else "avoidable" for name in names]),
                "chapter": pa.array([_id(name)[:3] for name in names]),
                "parameters": pa.array([[each.attrib["name"] for each in declared[name]] for name in names], kind),
                "types": pa.array([[each.attrib["parameterType"] for each in declared[name]] for name in names], kind),
                "values": pa.array([[each.attrib["value"] for each in declared[name]] for name in names], kind),
                "road_name": pa.array([roads[name] for name in names]),
                "road": pa.array([_below(texts, roads[name]) for name in names]),
                "catalog_names": pa.array([list(catalogs)] * len(names), kind),
                "catalogs": pa.array([list(catalogs.values())] * len(names), kind),
            }
        )
    )


def _id(name: str) -> str:
    """Return chapter of Annex 5, number and what happens.

    Examples
    --------
    >>> _id("alks_scenario_4_4_1_cut_in_no_collision_template.xosc")
    '4.4_1 cut in no collision'
    """
    match = _NAME.fullmatch(PurePosixPath(name).name)
    assert match is not None
    return f"{match['chapter'].replace('_', '.')}_{match['number']} {match['what'].replace('_', ' ')}"


def _road(root: ET.Element, declared: list[ET.Element]) -> str:
    """Return the road that a scenario names, or that its parameter names where nothing else is chosen."""
    file = root.find("RoadNetwork/LogicFile")
    assert file is not None
    named = file.attrib["filepath"]
    if named == ROAD:
        (named,) = (each.attrib["value"] for each in declared if each.attrib["name"] == ROAD[1:])
    return PurePosixPath(named).name


def _below(texts: Mapping[str, str], wanted: str) -> str:
    (found,) = (text for name, text in texts.items() if PurePosixPath(name).name == wanted)
    return found
