"""Recognition of speech in languages written with blanks: how many words it gets wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from steelyard.core.errors import UnknownName
from steelyard.core.method import COUNT, FLAG, ONE, Direction, Example, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Sample, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.data.text import Text
from steelyard.fields.speech._real_time import real_time_factor
from steelyard.measures.alternatives import CLOSE, NOTHING, OPEN, OR, Reference, align, longest, wordings
from steelyard.measures.edit_distance import LEVENSHTEIN, SCLITE, Weights, edit_counts, words_as_numbers
from steelyard.measures.normalisation import normaliser as find_normaliser
from steelyard.measures.shown_alignment import shown
from steelyard.stats.folds.pooled import Pooled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS = (
    "substitutions",
    "deletions",
    "insertions",
    "insertions_beyond",
    "words",
    "heard_in_silence",
    "sentences",
    "wrong_sentences",
)
SPANS = (*[COUNT] * 5, FLAG, ONE, FLAG)
WEIGHTS = {"sclite": SCLITE, "levenshtein": LEVENSHTEIN}
NOTATIONS = ("plain", "sclite")
SIGNS = (OPEN, OR, CLOSE, NOTHING)
WORD = "x"
"""Answer to silence that no normaliser removes: there, saying nothing is right and cannot stand for no answer."""


def method(*, normaliser: str = "en/1", reference: str = "plain", alignment: str = "sclite") -> Method:
    """Return the method ``speech.words``.

    Parameters
    ----------
    normaliser : str
        What of a text counts: ``en/1``, ``case/1``, ``verbatim/1`` …, or several joined by ``+``. It must leave blanks.
    reference : str
        ``plain``, or ``sclite``: references hold alternatives, ``{ INDUSTRY'S / INDUSTRY }``, and ``@`` for no word.
    alignment : str
        ``sclite``: a substitution costs 4, an insertion or a deletion 3; ``levenshtein``: as few errors as can be.

    Notes
    -----
    Word error rate (S + D + I) / N, where N are the words of the wording that the alignment took. As many insertions
    are charged as leave an utterance with no more errors than words; those beyond stand in ``insertions_beyond``. No
    answer at all costs the words of the longest wording. An utterance without words in which something was heard is one
    error of one word, so that N is never less than what is charged: else not answering could pay.
    """
    normal, weights, slots = find_normaliser(normaliser), _weights(alignment), _notation(reference)

    def rows(samples: Samples, records: Records) -> Rows:
        import numpy as np

        outputs = [normal(each).split() for each in records.outputs]
        counts = _counts([slots(each, normal) for each in samples.references], outputs, weights)
        substitutions, deletions, insertions, words = counts.T
        charged = np.minimum(insertions, np.maximum(words, 1) - substitutions - deletions)
        return rows_per_sample(
            samples,
            substitutions,
            deletions,
            charged,
            insertions - charged,
            words,
            (words == 0) & (insertions > 0),
            np.ones(len(outputs)),
            substitutions + deletions + insertions > 0,
        )

    def no_answer(sample: Sample) -> str:
        return "" if longest(slots(sample.reference, normal)) else WORD

    return Method(
        name="speech.words",
        version="1",
        question=Words("How many words does it get wrong?", "错多少词？"),
        input=Audio(),
        output=Text(),
        indicators=_indicators(rows),
        no_answer=no_answer,
        examples=_examples(),
        oracle=lambda sample: _first_wording(sample.reference) if reference == "sclite" else sample.reference,
        differs=lambda wanted, said: shown(slots(wanted, normal), normal(said).split(), weights),
    )


def _weights(alignment: str) -> Weights:
    if alignment not in WEIGHTS:
        raise UnknownName(Words("alignment", "对齐方式"), alignment, WEIGHTS)
    return WEIGHTS[alignment]


def _notation(name: str) -> Callable[[str, Callable[[str], str]], Reference]:
    """Return what makes slots of a reference and normalises its words."""
    if name not in NOTATIONS:
        raise UnknownName(Words("notation of references", "参考文本记法"), name, NOTATIONS)
    if name == "plain":
        return lambda text, normal: tuple(((word,),) for word in normal(text).split())

    def with_alternatives(text: str, normal: Callable[[str], str]) -> Reference:
        # Word by word: a normaliser would take the signs for punctuation.
        return wordings(" ".join(each if each in SIGNS else normal(each) for each in text.split()))

    return with_alternatives


def _first_wording(text: str) -> str:
    return " ".join(word for slot in wordings(text) for word in slot[0])


def _counts(references: Sequence[Reference], outputs: Sequence[Sequence[str]], weights: Weights) -> NDArray[np.int64]:
    """Return substitutions, deletions, insertions and words of the wording taken, int64[n, 4]."""
    import numpy as np

    plain = [tuple(word for slot in each for word in slot[0]) for each in references]
    wanted, said = words_as_numbers(plain, outputs)
    counts = edit_counts(wanted, said, weights)
    for place, (reference, output) in enumerate(zip(references, outputs, strict=True)):
        if all(len(slot) == 1 for slot in reference):
            continue
        if output:
            counts[place] = align(reference, output, weights)
        else:  # the cheapest wording would make saying nothing pay
            counts[place] = (0, longest(reference), 0, longest(reference))
    return np.asarray(counts)


def _indicators(rows: Callable[[Samples, Records], Rows]) -> tuple[Indicator, ...]:
    errors, lost = ("substitutions", "deletions", "insertions"), ("substitutions", "deletions")
    words = ("words", "heard_in_silence")

    def ratio(name: str, title: Words, direction: Direction, fold: Pooled) -> Indicator:
        return Indicator(
            name=name,
            title=title,
            direction=direction,
            rows=rows,
            columns=COLUMNS,
            spans=SPANS,
            fold=fold,
            family=Family.RATIO,
            event=Words("wrong word", "错误"),
            events=Words("wrong words", "错误"),
            opportunities=Words("words", "词"),
        )

    higher, lower = Direction.HIGHER, Direction.LOWER
    return (
        ratio("word_error_rate", Words("word error rate", "词错误率"), lower, Pooled(errors, words)),
        ratio("word_accuracy", Words("word accuracy", "词准确率"), higher, Pooled(errors, words, complement=True)),
        ratio("words_correct", Words("words correct", "词正确率"), higher, Pooled(lost, ("words",), complement=True)),
        Indicator(
            name="sentence_error_rate",
            title=Words("sentence error rate", "句错误率"),
            direction=lower,
            rows=rows,
            columns=COLUMNS,
            spans=SPANS,
            fold=Pooled(("wrong_sentences",), ("sentences",)),
            family=Family.PROPORTION,
            event=Words("wrong sentence", "错句"),
            events=Words("wrong sentences", "错句"),
            opportunities=Words("sentences", "句"),
        ),
        real_time_factor(),
    )


def _examples() -> tuple[Example, ...]:
    import numpy as np

    silence = np.zeros(16_000, dtype=np.float32)  # stands in for a recording: examples show how texts are scored
    return (
        Example(
            input=silence,
            reference="HE HOPED THERE WOULD BE STEW",
            output="He hoped there would be stew.",
            says=Words("case and punctuation do not count", "大小写与标点不计"),
            values=(("word_error_rate", 0.0), ("sentence_error_rate", 0.0)),
        ),
        Example(
            input=silence,
            reference="he hoped there would be",
            output="he hoped their would",
            says=Words("one word substituted and one deleted of five", "五词中替换一词、删一词"),
            values=(("word_error_rate", 0.4), ("words_correct", 0.6)),
        ),
        Example(
            input=silence,
            reference="he hoped",
            output="",
            says=Words("no answer costs every word", "无回答则全错"),
            values=(("word_error_rate", 1.0), ("word_accuracy", 0.0)),
        ),
    )
