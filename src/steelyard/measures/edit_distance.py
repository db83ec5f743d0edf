"""Substitutions, deletions and insertions between sequences of characters, or of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Weights(NamedTuple):
    """What an alignment pays for a gap (a deletion or an insertion) and for a substitution, in whole numbers."""

    gap: int = 1
    substitution: int = 1


LEVENSHTEIN = Weights()
"""As few errors as can be: k2, jiwer."""
SCLITE = Weights(gap=3, substitution=4)
"""NIST's sclite: a gap on either side, two words apart, is rather taken for one mistake than for two."""


Symbols = Sequence[str] | Sequence[Sequence[int]]
"""Texts, of which each character counts, or sequences of numbers."""


def edit_counts(references: Symbols, outputs: Symbols, weights: Weights = LEVENSHTEIN) -> NDArray[np.int64]:
    """Return substitutions, deletions, insertions and reference characters of each pair, int64[n, 4].

    Of all cheapest alignments the one with the fewest substitutions is counted, as sclite and k2 do; it reproduces
    published counts.

    Parameters
    ----------
    references, outputs : sequence of str, or of sequences of numbers
        The pairs. For words, let each word be a number: `words_as_numbers`.
    weights : Weights
        What is cheap: fewest errors (``LEVENSHTEIN``), or as sclite aligns (``SCLITE``).

    Notes
    -----
    V. I. Levenshtein, Soviet Physics Doklady 10 (1966) 707–710. The weights (gK, gK, sK + 1) of insertion, deletion and
    substitution give K·cost + substitutions in one pass, for any K greater than the number of substitutions; the
    difference in length gives the rest. The weights 3 and 4 are those that NIST documents for sclite (SCTK,
    doc/sclite.htm, "Alignment").

    Examples
    --------
    >>> edit_counts(["杆秤称重"], ["杆称重量"])
    array([[0, 1, 1, 4]])
    """
    import numpy as np
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cpdist

    length = np.fromiter(map(len, references), dtype=np.int64, count=len(references))
    if not len(references):
        return np.zeros((0, 4), dtype=np.int64)
    scale = int(length.max()) + 1
    weighted = cpdist(
        references,
        outputs,
        scorer=Levenshtein.distance,
        scorer_kwargs={"weights": (weights.gap * scale, weights.gap * scale, weights.substitution * scale + 1)},
        dtype=np.int64,
    )
    cost, substitutions = np.divmod(weighted, scale)
    longer = np.fromiter(map(len, outputs), dtype=np.int64, count=len(outputs)) - length
    gaps = (cost - weights.substitution * substitutions) // weights.gap
    insertions = (gaps + longer) // 2
    deletions = insertions - longer
    return np.column_stack([substitutions, deletions, insertions, length])


def words_as_numbers(*sides: Iterable[Sequence[str]]) -> list[list[list[int]]]:
    """Return each side's sentences with a number for each word, the same for the same word on every side.

    Numbers and not characters: an answer may hold more different words than Unicode has characters.

    Examples
    --------
    >>> references, outputs = words_as_numbers([["a", "steel", "yard"]], [["a", "steelyard"]])
    >>> edit_counts(references, outputs).tolist()
    [[1, 1, 0, 3]]
    """
    codes: dict[str, int] = {}
    return [[[codes.setdefault(word, len(codes)) for word in words] for words in side] for side in sides]
