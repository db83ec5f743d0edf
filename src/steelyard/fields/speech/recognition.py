"""Speech recognition: how many characters it gets wrong."""

from __future__ import annotations

import math

from steelyard.core.method import COUNT, FLAG, ONE, Direction, Example, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Sample, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.data.text import Text
from steelyard.fields.speech._real_time import real_time_factor
from steelyard.measures.edit_distance import LEVENSHTEIN, edit_counts
from steelyard.measures.normalisation import normaliser as find_normaliser
from steelyard.measures.shown_alignment import shown
from steelyard.stats.folds.pooled import Pooled

COLUMNS = (
    "substitutions",
    "deletions",
    "insertions",
    "insertions_beyond",
    "characters",
    "sentences",
    "wrong_sentences",
)
SPANS = (*[COUNT] * 5, ONE, FLAG)
LETTER = "x"
"""Answer to silence that no normaliser removes: there, saying nothing is right and cannot stand for no answer."""


def method(*, normaliser: str = "zh/1") -> Method:
    """Return the method ``speech.recognition``.

    Parameters
    ----------
    normaliser : str
        What of a text counts: ``zh/1``, ``verbatim/1``, or several joined by ``+``: ``numerals/1+zh/1+case/1``.

    Notes
    -----
    An utterance costs at most as many errors as it has characters (one, where it has none): insertions beyond are
    counted apart, in ``insertions_beyond``, and charged to nobody. Else a runaway answer would cost more than none,
    and not answering would pay.
    """
    normal = find_normaliser(normaliser)

    def rows(samples: Samples, records: Records) -> Rows:
        import numpy as np

        references, outputs = list(map(normal, samples.references)), list(map(normal, records.outputs))
        substitutions, deletions, insertions, characters = edit_counts(references, outputs).T
        charged = np.minimum(insertions, np.maximum(characters, 1) - substitutions - deletions)
        wrong = (substitutions + deletions + insertions) > 0
        return rows_per_sample(
            samples,
            substitutions,
            deletions,
            charged,
            insertions - charged,
            characters,
            np.ones(len(references)),
            wrong,
        )

    def no_answer(sample: Sample) -> str:
        return "" if normal(sample.reference) else LETTER

    def ratio(name: str, title: Words, direction: Direction, events: tuple[str, ...], complement: bool) -> Indicator:
        # Text where nothing was said is an error without a character: a rate can exceed one.
        return Indicator(
            name=name,
            title=title,
            direction=direction,
            rows=rows,
            columns=COLUMNS,
            spans=SPANS,
            fold=Pooled(events, ("characters",), complement),
            family=Family.RATIO,
            event=Words("wrong character", "错误"),
            events=Words("wrong characters", "错误"),
            opportunities=Words("characters", "字"),
            range=(-math.inf, 1.0) if complement else (0.0, math.inf),
        )

    import numpy as np

    silence = np.zeros(16_000, dtype=np.float32)  # stands in for a recording: examples show how texts are scored
    errors = ("substitutions", "deletions", "insertions")
    return Method(
        name="speech.recognition",
        version="1",
        question=Words("How many characters does it get wrong?", "错多少字？"),
        input=Audio(),
        output=Text(),
        indicators=(
            ratio("character_accuracy", Words("character accuracy", "字准确率"), Direction.HIGHER, errors, True),
            ratio("character_error_rate", Words("character error rate", "字错误率"), Direction.LOWER, errors, False),
            ratio("characters_correct", Words("characters correct", "字正确率"), Direction.HIGHER, errors[:2], True),
            Indicator(
                name="sentence_accuracy",
                title=Words("sentence accuracy", "句准确率"),
                direction=Direction.HIGHER,
                rows=rows,
                columns=COLUMNS,
                spans=SPANS,
                fold=Pooled(("wrong_sentences",), ("sentences",), complement=True),
                family=Family.PROPORTION,
                event=Words("wrong sentence", "错句"),
                events=Words("wrong sentences", "错句"),
                opportunities=Words("sentences", "句"),
            ),
            real_time_factor(),
        ),
        no_answer=no_answer,
        differs=lambda wanted, said: shown(tuple(((each,),) for each in normal(wanted)), normal(said), LEVENSHTEIN, ""),
        examples=(
            Example(
                input=silence,
                reference="杆秤称重",
                output="杆秤，称重。",
                says=Words("punctuation does not count", "标点不计"),
                values=(("character_accuracy", 1.0), ("sentence_accuracy", 1.0)),
            ),
            Example(
                input=silence,
                reference="杆秤称重",
                output="杆称重量",
                says=Words("one deletion and one insertion of four characters", "四字中删一字、增一字"),
                values=(("character_error_rate", 0.5), ("characters_correct", 0.75)),
            ),
            Example(
                input=silence,
                reference="杆秤",
                output="",
                says=Words("no answer costs every character", "无回答则全错"),
                values=(("character_accuracy", 0.0),),
            ),
        ),
    )
