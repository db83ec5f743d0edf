"""How two texts differ where it counts: the alignment that errors are counted on, for readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from steelyard.measures.alternatives import Reference
from steelyard.measures.edit_distance import Weights

MOST_CELLS = 40_000
"""Pairs of words that are compared to show an alignment, half a second; longer texts stand one after the other."""


class Step(NamedTuple):
    """A word that was expected, a word that was said, or both; "" where there is none."""

    expected: str
    said: str


class _Cell(NamedTuple):
    cost: int
    substitutions: int
    last: Step | None
    before: _Cell | None


def alignment(reference: Reference, output: Sequence[str], weights: Weights) -> list[Step]:
    """Return the cheapest alignment over all wordings; of equal ones, one with the fewest substitutions.

    Parameters
    ----------
    reference : Reference
        Slots of words, each with the wordings that may fill it: `steelyard.measures.alternatives.wordings`.
    output : sequence of str
        The words that were said.
    weights : Weights
        What errors are counted with.

    Examples
    --------
    >>> from steelyard.measures.alternatives import wordings
    >>> from steelyard.measures.edit_distance import SCLITE
    >>> alignment(wordings("for { @ / an } investor"), ["for", "investors"], SCLITE)
    [Step(expected='for', said='for'), Step(expected='investor', said='investors')]
    """
    row = [_Cell(0, 0, None, None)]
    for said in output:
        row.append(_added(row[-1], weights.gap, Step("", said)))
    for slot in reference:
        ends = []
        for wording in slot:
            end = row
            for word in wording:
                end = _extended(end, word, output, weights)
            ends.append(end)
        row = ends[0] if len(ends) == 1 else _continued(ends, output, weights)
    steps, cell = [], row[-1]
    while cell.last is not None and cell.before is not None:
        steps.append(cell.last)
        cell = cell.before
    return steps[::-1]


def _added(before: _Cell, cost: int, step: Step) -> _Cell:
    swapped = bool(step.expected and step.said and step.expected != step.said)
    return _Cell(before.cost + cost, before.substitutions + swapped, step, before)


def _cheapest(cells: Sequence[_Cell]) -> _Cell:
    return min(cells, key=lambda cell: cell[:2])


def _extended(row: Sequence[_Cell], word: str, output: Sequence[str], weights: Weights) -> list[_Cell]:
    """Return the row after one more word of the reference."""
    made = [_added(row[0], weights.gap, Step(word, ""))]
    for place, said in enumerate(output):
        made.append(
            _cheapest(
                (
                    _added(row[place], weights.substitution * (said != word), Step(word, said)),
                    _added(row[place + 1], weights.gap, Step(word, "")),
                    _added(made[-1], weights.gap, Step("", said)),
                )
            )
        )
    return made


def _continued(ends: Sequence[Sequence[_Cell]], output: Sequence[str], weights: Weights) -> list[_Cell]:
    """Return the best of several wordings at each place, and what may be inserted after it."""
    made: list[_Cell] = []
    for place, cells in enumerate(zip(*ends, strict=True)):
        best = _cheapest(cells)
        made.append(_cheapest((best, _added(made[-1], weights.gap, Step("", output[place - 1])))) if made else best)
    return made


def shown(reference: Reference, output: Sequence[str], weights: Weights, blank: str = " ") -> str:
    """Return as HTML what was expected (``<del>``) and what was said instead (``<ins>``), and what was right.

    Parameters
    ----------
    reference, output, weights
        As for `alignment`.
    blank : str
        What stands between two words; "" for characters.

    Examples
    --------
    >>> from steelyard.measures.alternatives import wordings
    >>> from steelyard.measures.edit_distance import SCLITE
    >>> shown(wordings("yet these thoughts"), ["get", "these"], SCLITE)
    '<del>yet</del> <ins>get</ins> these <del>thoughts</del>'
    """
    cells = sum(len(wording) for slot in reference for wording in slot) * len(output)
    if cells > MOST_CELLS:
        steps = [Step(word, "") for slot in reference for word in slot[0]] + [Step("", word) for word in output]
    else:
        steps = alignment(reference, output, weights)
    return blank.join(_marked(steps, blank))


def _marked(steps: Sequence[Step], blank: str) -> Iterator[str]:
    for right, run in groupby(steps, lambda step: step.expected == step.said):
        taken = list(run)
        expected = escape(blank.join(step.expected for step in taken if step.expected))
        said = escape(blank.join(step.said for step in taken if step.said))
        if right:
            yield expected
            continue
        if expected:
            yield f"<del>{expected}</del>"
        if said:
            yield f"<ins>{said}</ins>"
