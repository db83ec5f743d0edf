"""A method of a third party, found by its entry point: text in, text out, characters that differ counted."""

from __future__ import annotations

from steelyard.core.method import Direction, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.text import Text
from steelyard.measures.edit_distance import edit_counts
from steelyard.stats.folds.pooled import Pooled

WORDS = Words("characters", "字")


def rows(samples: Samples, records: Records) -> Rows:
    """Count one row for each text: its errors and its characters."""
    substitutions, deletions, insertions, characters = edit_counts(samples.references, records.outputs).T
    return rows_per_sample(samples, substitutions + deletions + insertions, characters)


def method() -> Method:
    """Return the method ``text.copying``."""
    rate = Indicator(
        name="error_rate",
        title=WORDS,
        direction=Direction.LOWER,
        rows=rows,
        columns=("errors", "characters"),
        fold=Pooled(("errors",), ("characters",)),
        family=Family.RATIO,
        event=WORDS,
        events=WORDS,
        opportunities=WORDS,
    )
    return Method(
        name="text.copying",
        version="1",
        question=WORDS,
        input=Text(),
        output=Text(),
        indicators=(rate,),
        no_answer=lambda _: "",
        examples=(),
    )
