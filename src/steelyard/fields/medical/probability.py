"""The probability of one disease for each patient: whether it ranks the sick above the well, how far off it is.

Where it is used at no fixed operating point, misses and false alarms cannot be counted; its order and its distance
from the truth can.
"""

from __future__ import annotations

from steelyard.core.method import FLAG, ONE, SHARE, Direction, Example, Family, Indicator, Method, Span
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.features import Features
from steelyard.data.label import Label
from steelyard.data.score import Score
from steelyard.stats.folds.pooled import Pooled
from steelyard.stats.folds.roc import AreaUnderCurve

POSITIVE, NEGATIVE = "positive", "negative"
COLUMNS = ("probability", "diseased", "squared_error", "patients")
BELOW, ABOVE = -1.0, 2.0
"""In the place of no probability: below every other for a diseased patient, above for a disease-free one."""
SPANS = (Span(BELOW, ABOVE, whole=False), FLAG, SHARE, ONE)


def rows(samples: Samples, records: Records) -> Rows:
    """Count one row for each patient; no probability at all (None) is as wrong as can be."""
    import numpy as np

    diseased = np.array([reference == POSITIVE for reference in samples.references], dtype=bool)
    missing = np.array([output is None for output in records.outputs], dtype=bool)
    said = np.array([0.0 if output is None else output for output in records.outputs], dtype=np.float64)
    probability = np.where(missing, np.where(diseased, BELOW, ABOVE), said)
    squared = np.where(missing, 1.0, (said - diseased) ** 2)
    return rows_per_sample(samples, probability, diseased, squared, np.ones(len(said)))


def method() -> Method:
    """Return the method ``medical.probability``."""
    return Method(
        name="medical.probability",
        version="1",
        question=Words(
            "Does it give the sick higher probabilities than the well, and how far are they from the truth?",
            "给患病者的概率是否高于给未患病者的，与实际相差多少？",
        ),
        input=Features(),
        output=Score(),
        reference=Label((NEGATIVE, POSITIVE)),
        indicators=(
            Indicator(
                name="area_under_curve",
                title=Words("area under the ROC curve", "ROC 曲线下面积"),
                direction=Direction.HIGHER,
                rows=rows,
                columns=COLUMNS,
                spans=SPANS,
                fold=AreaUnderCurve("probability", "diseased"),
                family=Family.RANK,
                event=Words("patient with the disease", "患病受检者"),
                events=Words("patients with the disease", "患病受检者"),
                opportunities=Words("patients", "受检者"),
                counter="名",
            ),
            Indicator(
                name="brier_score",
                title=Words("Brier score", "布里尔分数"),
                direction=Direction.LOWER,
                rows=rows,
                columns=COLUMNS,
                spans=SPANS,
                fold=Pooled(("squared_error",), ("patients",)),
                family=Family.RATIO,
                event=Words("squared error", "平方误差"),
                events=Words("squared errors", "平方误差"),
                opportunities=Words("patients", "受检者"),
                counter="名",
            ),
        ),
        no_answer=lambda _: None,
        oracle=lambda sample: 1.0 if sample.reference == POSITIVE else 0.0,
        examples=(
            Example(
                input=[0.9, 0.8],
                reference=POSITIVE,
                output=0.75,
                says=Words("a patient with the disease, found likely to have it", "患病，判为很可能患病"),
                values=(("brier_score", 0.0625),),
            ),
            Example(
                input=[0.1, 0.2],
                reference=NEGATIVE,
                output=0.5,
                says=Words("a healthy patient of whom it says nothing either way", "未患病，未作倾向性判断"),
                values=(("brier_score", 0.25),),
            ),
            Example(
                input=[0.2, 0.1],
                reference=NEGATIVE,
                output=1.0,
                says=Words(
                    "a healthy patient, said to be ill for certain: as wrong as can be", "未患病，断言患病：错到极点"
                ),
                values=(("brier_score", 1.0),),
            ),
        ),
    )
