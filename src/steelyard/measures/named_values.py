"""Sets of named values (slots, spans, states): how many are found, missed and made up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COUNTED = ("wanted", "said", "missed", "made_up", "made_up_beyond")
"""Columns of :func:`set_counts`."""


def set_counts(
    references: Sequence[Iterable[Sequence[str]]], outputs: Sequence[Iterable[Sequence[str]] | None]
) -> NDArray[np.float64]:
    """Return, of each pair of sets, what `COUNTED` names, float64[n, 5].

    Parameters
    ----------
    references, outputs : sequences of iterables of sequences of str
        What is wanted and what is said of each sample, each thing by its parts (a name and a value, a name and a
        span); what stands twice counts once; None for no answer.

    Notes
    -----
    With w wanted, at most w + 1 that are made up are charged (and counted as said); those beyond are counted apart.
    No answer is charged w missed and w + 1 made up: then F1 = 2 hits / (wanted + said), precision and recall are never
    better without an answer. Were any number charged, a runaway answer would cost more than none.

    Examples
    --------
    >>> a, b, c, d, e = (("slot", value) for value in "abcde")
    >>> set_counts([[a, b], [a], [a]], [[a, c], [b, c, d, e], None]).astype(int)
    array([[2, 2, 1, 1, 0],
           [1, 2, 1, 2, 2],
           [1, 2, 1, 2, 0]])
    """
    import numpy as np

    found = np.empty((len(references), len(COUNTED)))
    for place, (reference, output) in enumerate(zip(references, outputs, strict=True)):
        wanted = set(map(tuple, reference))
        most = len(wanted) + 1
        if output is None:
            found[place] = len(wanted), most, len(wanted), most, 0
            continue
        said = set(map(tuple, output))
        hits = len(wanted & said)
        made_up = len(said) - hits
        charged = min(made_up, most)
        found[place] = len(wanted), hits + charged, len(wanted) - hits, charged, made_up - charged
    return found
