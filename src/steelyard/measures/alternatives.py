"""References that admit several wordings, as NIST's sclite writes them: ``FOR { @ / AN } INVESTOR``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, product
from typing import NamedTuple

from steelyard.core.errors import SetError
from steelyard.core.words import Words
from steelyard.measures.edit_distance import SCLITE, Weights

Wording = tuple[str, ...]
Reference = tuple[tuple[Wording, ...], ...]
"""Slots, one after another; each may be filled by any of its wordings."""

OPEN, OR, CLOSE, NOTHING = "{", "/", "}", "@"


class Aligned(NamedTuple):
    """Counts of the cheapest alignment, and the words of the wording that it took."""

    substitutions: int
    deletions: int
    insertions: int
    words: int


def wordings(text: str) -> Reference:
    """Return the slots of a reference: a word is a slot with one wording, braces hold several, ``@`` is no word.

    Raises
    ------
    SetError
        Where braces or slashes do not pair up.

    Examples
    --------
    >>> wordings("for { @ / an } investor")
    ((('for',),), ((), ('an',)), (('investor',),))
    """
    tokens = iter(text.split())
    slots, closed = _slots(tokens, frozenset())
    if closed:
        raise _unpaired(text)
    return slots[0]


def _slots(tokens: Iterator[str], until: frozenset[str]) -> tuple[list[Reference], str]:
    """Return the wordings up to a closing brace, each as slots, and the token that ended them ("": the end)."""
    found: list[list[tuple[Wording, ...]]] = [[]]
    for token in tokens:
        if token in until:
            if token == CLOSE:
                return [tuple(each) for each in found], token
            found.append([])
        elif token in (OR, CLOSE):
            return [], token
        elif token == OPEN:
            inner, closed = _slots(tokens, frozenset((OR, CLOSE)))
            if closed != CLOSE:
                return [], OPEN
            found[-1].append(tuple(wording for each in inner for wording in _spelled(each)))
        else:
            found[-1].append(((),) if token == NOTHING else ((token,),))
    return [tuple(each) for each in found], OPEN if until else ""


def _spelled(slots: Reference) -> Iterator[Wording]:
    """Yield every wording of slots within braces."""
    for choice in product(*slots):
        yield tuple(chain.from_iterable(choice))


def _unpaired(text: str) -> SetError:
    return SetError(
        Words(f"braces do not pair up in the reference {text[:60]!r}", f"参考文本花括号不成对：{text[:60]!r}"),
        Words(
            "Write alternatives as { this / that }, with spaces around each sign, or set reference: plain",
            "可选写法写作 { 甲 / 乙 }，各符号两侧留空格；或设 reference: plain",
        ),
    )


def longest(reference: Reference) -> int:
    """Return the words of the longest wording.

    Examples
    --------
    >>> longest(wordings("for { @ / an } investor"))
    3
    """
    return sum(max(map(len, slot)) for slot in reference)


def align(reference: Reference, output: Sequence[str], weights: Weights = SCLITE) -> Aligned:
    """Return the counts of the cheapest alignment over all wordings; of equal ones, that with fewest substitutions.

    Examples
    --------
    >>> align(wordings("for { @ / an } investor"), ["for", "investors"])
    Aligned(substitutions=1, deletions=0, insertions=0, words=2)
    """
    # (cost, substitutions, deletions, insertions, words) of each prefix of the output: tuples compare in this order.
    row = [(weights.gap * place, 0, 0, place, 0) for place in range(len(output) + 1)]
    for slot in reference:
        ends = []
        for wording in slot:
            end = row
            for word in wording:
                end = _extended(end, word, output, weights)
            ends.append(end)
        row = ends[0] if len(ends) == 1 else _continued(ends, weights)
    return Aligned(*row[-1][1:])


Cell = tuple[int, int, int, int, int]


def _extended(row: Sequence[Cell], word: str, output: Sequence[str], weights: Weights) -> list[Cell]:
    """Return the row after one more word of the reference."""
    made: list[Cell] = []
    for place, (cost, swaps, lost, put, words) in enumerate(row):
        best = (cost + weights.gap, swaps, lost + 1, put, words + 1)
        if place:
            cost, swaps, lost, put, words = row[place - 1]
            wrong = output[place - 1] != word
            best = min(best, (cost + weights.substitution * wrong, swaps + wrong, lost, put, words + 1))
            cost, swaps, lost, put, words = made[-1]
            best = min(best, (cost + weights.gap, swaps, lost, put + 1, words))
        made.append(best)
    return made


def _continued(ends: Sequence[Sequence[Cell]], weights: Weights) -> list[Cell]:
    """Return the best of several wordings at each place, and what may be inserted after it."""
    made: list[Cell] = []
    for cells in zip(*ends, strict=True):
        best = min(cells)
        if made:
            cost, swaps, lost, put, words = made[-1]
            best = min(best, (cost + weights.gap, swaps, lost, put + 1, words))
        made.append(best)
    return made
