"""Traffic scenes of CommonRoad: roads, and where everybody is at each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from steelyard.library.recipe import Contents

Element = ET.Element

ORIGINS = {"NGSIM": "recorded", "SUMO": "simulated"}
"""What a scene's source holds where it was not made by hand or by rule."""


def read(files: Mapping[str, Path]) -> Contents:
    """Return the scenes as XML text, with the tracks of those that move.

    A state is the obstacle's number, time (s), x, y (m), orientation (rad) and speed (m/s), the first one included; a
    parked one has a state at the beginning. A few pedestrians have no track: their occupancies are in the text.
    """
    import pyarrow as pa

    names = sorted(files)
    texts = [files[name].read_text("utf-8-sig") for name in names]
    roots = [ET.fromstring(text) for text in texts]  # noqa: S314 - only files of known digest
    moving = [[each for each in root if _moves(each)] for root in roots]
    states = [
        [state for each in scene for state in _states(each, float(root.attrib["timeStepSize"]))]
        for scene, root in zip(moving, roots, strict=True)
    ]
    stems = [name.removesuffix(".xml") for name in names]
    numbers = pa.list_(pa.float64())
    return Contents(
        pa.table(
            {
                "id": pa.array(stems),
                "input": pa.array(texts),
                "reference": pa.array(states, pa.list_(numbers)),
                "origin": pa.array([_origin(root.attrib["source"]) for root in roots]),
                "place": pa.array([stem.split("-")[0] for stem in stems]),
                "step": pa.array([float(root.attrib["timeStepSize"]) for root in roots]),
                "obstacles": pa.array(
                    [[int(each.attrib["id"]) for each in scene] for scene in moving], pa.list_(pa.int64())
                ),
                "kinds": pa.array(
                    [[each.findtext("type") for each in scene] for scene in moving], pa.list_(pa.string())
                ),
                "sizes": pa.array([[_size(each) for each in scene] for scene in moving], pa.list_(numbers)),
                "parked": pa.array(
                    [[_parked(each) for each in root.iter("staticObstacle")] for root in roots], pa.list_(numbers)
                ),
            }
        )
    )


def _origin(source: str) -> str:
    return next((origin for word, origin in ORIGINS.items() if word in source), "constructed")


def _moves(each: Element) -> bool:
    return each.tag == "dynamicObstacle" or each.findtext("role") == "dynamic"


def _number(state: Element, path: str) -> float:
    text = state.findtext(path)
    assert text is not None, f"a state without {path}"
    return float(text)


def _pose(state: Element) -> list[float]:
    paths = ("position/point/x", "position/point/y", "orientation/exact")
    return [_number(state, path) for path in paths]


def _states(obstacle: Element, step: float) -> Iterator[list[float]]:
    """Yield the states of an obstacle; a track that begins with the initial state does not hold it twice."""
    initial = obstacle.find("initialState")
    assert initial is not None
    states = [initial, *obstacle.iterfind("trajectory/state")]
    times = [_number(state, "time/exact") for state in states]
    for place, (state, time) in enumerate(zip(states, times, strict=True)):
        if place and time == times[place - 1]:
            continue
        yield [float(obstacle.attrib["id"]), time * step, *_pose(state), _number(state, "velocity/exact")]


def _size(obstacle: Element) -> list[float]:
    """Return length and width (m); a circle's diameter is both."""
    shape = obstacle.find("shape")
    assert shape is not None
    if shape.find("circle") is not None:
        return [2 * _number(shape, "circle/radius")] * 2
    return [_number(shape, "rectangle/length"), _number(shape, "rectangle/width")]


def _parked(obstacle: Element) -> list[float]:
    """Return number, x, y, orientation, length and width of what does not move."""
    initial = obstacle.find("initialState")
    assert initial is not None
    return [float(obstacle.attrib["id"]), *_pose(initial), *_size(obstacle)]
