"""F1 of each class, each weighing the same: bounds by influence, and the worst taken of what has no answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.core.sample import Rows
from steelyard.core.words import Words
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.influence import by_influence
from steelyard.stats.intervals.resampling import leave_one_out, row_weights, unit_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NO_ANSWER = -1.0
"""Code of an answer that is none."""
SCARCE = 5
"""Classes of fewer rows are flagged."""
MOST_SCARCE = 0.25
"""With a greater share of scarce classes nothing is decided (``studies/macro_f1.py``)."""


@dataclass(frozen=True)
class MacroF1:
    """The unweighted mean of F1 over the classes of the reference answers.

    F1 of a class is 2 TP / (2 TP + FP + FN), of one that is never answered zero. An answer that is no reference
    answer's class costs its row's class. No answer at all counts as the wrong answer that does most harm: however
    false positives of so many rows could be spread over the classes, the mean is no lower. So no wrong answer is worse
    than none.

    Attributes
    ----------
    reference, answer : str
        Columns with codes of classes; `NO_ANSWER` stands for no answer.

    Notes
    -----
    D. D. Lewis, Evaluating text categorization, HLT 1991; scikit-learn's ``f1_score(labels=classes of the reference,
    average="macro", zero_division=0)``. The least mean over spreads Σ kᵢ = n of Σ 2TPᵢ / (Dᵢ + kᵢ) has equal
    derivatives where kᵢ > 0: kᵢ = √(2TPᵢ) μ − Dᵢ.

    Examples
    --------
    >>> import numpy as np
    >>> from steelyard.core.sample import Rows
    >>> codes = np.array([[0.0, 0], [0, 1], [1, 1], [1, 1]])
    >>> rows = Rows(codes, np.arange(4), np.arange(4)[:, None])
    >>> MacroF1("reference", "answer")(rows, ("reference", "answer"), units=4).value(np.ones((1, 4))).round(4)
    array([0.7333])
    """

    reference: str
    answer: str
    complement: bool = False

    def counts(self, rows: Rows, columns: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return one event for each wrong row and one opportunity for each row, both float64[m]."""
        import numpy as np

        wanted, said = (rows.values[:, columns.index(name)] for name in (self.reference, self.answer))
        return (wanted != said).astype(np.float64), np.ones(len(wanted))

    def __call__(self, rows: Rows, columns: tuple[str, ...], units: int) -> ClassCounts:
        """Count rows of the same units, class and answer together, in an order that is theirs alone."""
        import numpy as np

        wanted, said = (rows.values[:, columns.index(name)] for name in (self.reference, self.answer))
        classes = np.unique(wanted)
        place = np.searchsorted(classes, said).clip(0, max(len(classes) - 1, 0))
        known = classes[place] == said if len(classes) else np.zeros(0, dtype=bool)
        # Any answer that is no class of the reference is one: outside; none at all is another.
        answered = np.where(known, place, np.where(said == NO_ANSWER, len(classes) + 1, len(classes)))
        keys = np.column_stack([rows.units, np.searchsorted(classes, wanted), answered]).astype(np.int64)
        found, counts = np.unique(keys, axis=0, return_counts=True)
        return ClassCounts(units, len(classes), found[:, :-2], found[:, -2], found[:, -1], counts.astype(np.float64))


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Rows by units, class and answer, to be valued under many weights."""

    units: int
    classes: int
    rows: NDArray[np.int64]
    """int64[m, d]: the units of each."""
    wanted: NDArray[np.int64]
    """int64[m]: the class."""
    said: NDArray[np.int64]
    """int64[m]: the class that was answered, ``classes`` for an answer outside, one more for no answer."""
    count: NDArray[np.float64]
    """float64[m]: how many there are."""

    def value(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean F1 under weights float64[B, units], over the classes that have weight; NaN where none has."""
        import numpy as np

        found = np.full(len(weights), np.nan)
        for place in range(len(weights)):
            hits, wanted, said, missing = self._sums(weights[place : place + 1])
            held = wanted > 0
            if held.any():
                spread = _worst(2.0 * hits[held], (wanted + said)[held], missing)
                found[place] = (2.0 * hits[held] / (wanted[held] + said[held] + spread)).mean()
        return found

    def influence(self) -> NDArray[np.float64]:
        """Return the derivative of the mean F1 by each unit's weight, float64[units], at weights of one."""
        import numpy as np

        hits, wanted, said, missing = self._sums(np.ones((1, self.units)))
        spread = _worst(2.0 * hits, wanted + said, missing)
        size = wanted + said + spread
        score = 2.0 * hits / size
        steep = score / size
        # By the envelope theorem one more row without answer costs what one more false positive costs where some are.
        harm = np.append(steep, [0.0, float(steep.max(initial=0.0, where=spread > 0)) if missing else 0.0])
        right = self.wanted == self.said
        moved = 2.0 * right / size[self.wanted] - steep[self.wanted] - harm[self.said]
        return unit_sums(self.count * moved / self.classes, self.rows, self.units)

    def leave_one_out(self) -> NDArray[np.float64]:
        """Return the mean F1 without each unit in turn, float64[units]."""
        return leave_one_out(self, self.units)

    def size(self) -> NDArray[np.float64]:
        """Return each unit's share of the rows, float64[units], each class weighing the same."""
        import numpy as np

        of_class = np.bincount(self.wanted, self.count, minlength=self.classes)
        return unit_sums(self.count / of_class[self.wanted] / max(self.classes, 1), self.rows, self.units)

    def bounds(self, confidence: float, seed: int) -> Bounds | None:  # noqa: ARG002 - nothing is drawn
        """Return two one-sided bounds from the influence of units."""
        return by_influence(self, confidence)

    def reservations(self) -> tuple[tuple[Words, ...], bool]:
        """Return what a reader should know: scarce classes weigh as much as others, and many decide nothing."""
        import numpy as np

        few = int((np.bincount(self.wanted, self.count, minlength=self.classes) < SCARCE).sum())
        if not few:
            return (), True
        said = Words(
            f"{few} of {self.classes} classes have fewer than {SCARCE} samples, and weigh as much as the others",
            f"{self.classes} 个类别中有 {few} 个不足 {SCARCE} 个样本，而权重与其他类别相同",
        )
        return (said,), few <= MOST_SCARCE * self.classes

    def _sums(
        self, weights: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
        """Return hits, references and answers of each class, float64[classes], and the weight without answer."""
        import numpy as np

        each = row_weights(weights, self.rows)[0] * self.count
        right = self.wanted == self.said
        hits = np.asarray(np.bincount(self.wanted[right], each[right], self.classes), np.float64)
        wanted = np.asarray(np.bincount(self.wanted, each, self.classes), np.float64)
        said = np.asarray(np.bincount(self.said, each, self.classes + 2), np.float64)
        return hits, wanted, said[: self.classes], float(said[self.classes + 1])


def _worst(hits: NDArray[np.float64], size: NDArray[np.float64], missing: float) -> NDArray[np.float64]:
    """Return how much of ``missing`` each class gets where Σ hits / (size + k) is least, float64[classes].

    >>> import numpy as np
    >>> _worst(np.array([2.0, 8.0]), np.array([2.0, 8.0]), 5.0)
    array([3., 2.])
    """
    import numpy as np

    spread = np.zeros_like(size)
    root = np.sqrt(hits)
    able = np.flatnonzero(root > 0)
    if missing <= 0.0 or not len(able):
        return spread
    # Classes get some in the order in which one false positive does most harm: hits / size², falling.
    order = able[np.argsort(size[able] / root[able], kind="stable")]
    level = (missing + np.cumsum(size[order])) / np.cumsum(root[order])
    used = int(np.count_nonzero(level > size[order] / root[order]))
    filled = order[:used]
    spread[filled] = np.maximum(root[filled] * level[used - 1] - size[filled], 0.0)
    return spread
