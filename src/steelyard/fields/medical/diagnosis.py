"""Diagnosis of one disease for each patient: who has it, who is missed, who is alarmed for nothing."""

from __future__ import annotations

from steelyard.core.method import FLAG, ONE, Direction, Example, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.features import Features
from steelyard.data.label import Label
from steelyard.stats.folds.pooled import Pooled

POSITIVE, NEGATIVE, NOT_GRADABLE = "positive", "negative", "not gradable"

COLUMNS = (
    "diseased",
    "missed",
    "disease_free",
    "false_alarms",
    "diseased_graded",
    "missed_graded",
    "disease_free_graded",
    "false_alarms_graded",
    "patients",
    "not_graded",
)
SPANS = (*[FLAG] * 8, ONE, FLAG)


def rows(samples: Samples, records: Records) -> Rows:
    """Count one row for each patient.

    *Not gradable* counts as missed for a diseased and as a false alarm for a disease-free patient. No call at all
    (None) is all of these and *not graded* too, so that it is never the better answer.
    """
    import numpy as np

    reference = np.asarray(samples.references, dtype=object)
    call = np.asarray(records.outputs, dtype=object)
    diseased = reference == POSITIVE
    missed = diseased & (call != POSITIVE)
    alarmed = ~diseased & (call != NEGATIVE)
    graded = call != NOT_GRADABLE
    not_graded = ~np.isin(call, (POSITIVE, NEGATIVE))
    return rows_per_sample(
        samples,
        diseased,
        missed,
        ~diseased,
        alarmed,
        diseased & graded,
        missed & graded,
        ~diseased & graded,
        alarmed & graded,
        np.ones(len(call)),
        not_graded,
    )


def method() -> Method:
    """Return the method ``medical.diagnosis``."""
    lower, higher = Direction.LOWER, Direction.HIGHER
    misses = (Words("miss", "漏诊"), Words("misses", "漏诊"))
    alarms = (Words("false alarm", "误诊"), Words("false alarms", "误诊"))
    not_graded = (Words("patient not graded", "不可判读"), Words("patients not graded", "不可判读"))
    diseased = Words("patients with the disease", "患病受检者")
    disease_free = Words("patients without the disease", "未患病受检者")

    def share(
        name: str, title: Words, direction: Direction, events: tuple[Words, Words], opportunities: Words, fold: Pooled
    ) -> Indicator:
        return Indicator(
            name=name,
            title=title,
            direction=direction,
            rows=rows,
            columns=COLUMNS,
            spans=SPANS,
            fold=fold,
            family=Family.PROPORTION,
            event=events[0],
            events=events[1],
            opportunities=opportunities,
            counter="名",
        )

    return Method(
        name="medical.diagnosis",
        version="1",
        question=Words(
            "How many of the sick does it miss, how many of the healthy does it alarm?", "漏诊多少，误诊多少？"
        ),
        input=Features(),
        output=Label((NEGATIVE, POSITIVE, NOT_GRADABLE)),
        reference=Label((NEGATIVE, POSITIVE)),
        indicators=(
            share(
                "detection_rate",
                Words("implied detection rate", "推算检出率"),
                higher,
                misses,
                diseased,
                Pooled(("missed",), ("diseased",), complement=True),
            ),
            share(
                "false_negative_rate",
                Words("false-negative rate", "假阴性率"),
                lower,
                misses,
                diseased,
                Pooled(("missed",), ("diseased",)),
            ),
            share(
                "false_positive_rate",
                Words("false-positive rate", "假阳性率"),
                lower,
                alarms,
                disease_free,
                Pooled(("false_alarms",), ("disease_free",)),
            ),
            share(
                "false_negative_rate_graded",
                Words("false-negative rate of graded patients", "可判读者假阴性率"),
                lower,
                misses,
                Words("graded patients with the disease", "可判读的患病受检者"),
                Pooled(("missed_graded",), ("diseased_graded",)),
            ),
            share(
                "false_positive_rate_graded",
                Words("false-positive rate of graded patients", "可判读者假阳性率"),
                lower,
                alarms,
                Words("graded patients without the disease", "可判读的未患病受检者"),
                Pooled(("false_alarms_graded",), ("disease_free_graded",)),
            ),
            share(
                "not_graded_rate",
                Words("share of patients not graded", "不可判读率"),
                lower,
                not_graded,
                Words("patients", "受检者"),
                Pooled(("not_graded",), ("patients",)),
            ),
        ),
        no_answer=lambda _: None,
        examples=(
            Example(
                input=[0.9, 0.8],
                reference=POSITIVE,
                output=POSITIVE,
                says=Words("a patient with the disease, found", "患病，检出"),
                values=(("false_negative_rate", 0.0), ("detection_rate", 1.0)),
            ),
            Example(
                input=[0.4, 0.5],
                reference=POSITIVE,
                output=NOT_GRADABLE,
                says=Words("not gradable counts as missed", "不可判读计为漏诊"),
                values=(("false_negative_rate", 1.0), ("not_graded_rate", 1.0)),
            ),
            Example(
                input=[0.1, 0.2],
                reference=NEGATIVE,
                output=POSITIVE,
                says=Words("a healthy patient, alarmed for nothing", "未患病，误诊"),
                values=(("false_positive_rate", 1.0), ("not_graded_rate", 0.0)),
            ),
        ),
    )
