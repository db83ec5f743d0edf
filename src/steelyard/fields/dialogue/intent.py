"""Recognition of intent: what a user wants, and whether it is something that the product can do at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from steelyard.core.errors import CallError
from steelyard.core.method import FLAG, ONE, Direction, Example, Family, Fold, Indicator, Method, Span
from steelyard.core.sample import Records, Rows, Sample, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.intent import Intent, Said
from steelyard.data.text import Text
from steelyard.stats.folds.macro_f1 import NO_ANSWER, MacroF1
from steelyard.stats.folds.pooled import Pooled
from steelyard.stats.folds.roc import AreaUnderCurve
from steelyard.stats.folds.standardised import Standardised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS = (
    "in_scope",
    "wrong_in_scope",
    "refused_in_scope",
    "out_of_scope",
    "accepted_out_of_scope",
    "queries",
    "wrong",
    "score",
    "intent",
    "answer",
)
BELOW, ABOVE = -1.0, 2.0
"""Score of no answer: below every other where the query is out of scope, above where it is in scope."""
CODE = Span(NO_ANSWER, 2.0**48, summed=False)
SPANS = (*[FLAG] * 5, ONE, FLAG, Span(BELOW, ABOVE, whole=False), CODE, CODE)
LIKELY, UNLIKELY = 0.9, 0.1
"""Scores of the examples."""


def method(*, out_of_scope: str = "oos", threshold: float | None = None, rate: float = 0.1) -> Method:
    """Return the method ``dialogue.intent``.

    Parameters
    ----------
    out_of_scope : str
        How the set, and the product, call a query that is none of the intents.
    threshold : float, optional
        An answer whose score reaches it counts as out of scope, whatever intent it names. It is the plan's, locked
        before the first query; without one, the product alone decides. It is never chosen on the test set.
    rate : float
        Share of queries that are out of scope in use, for ``intent_accuracy_at_rate``; the set's own share is its
        makers' choice.

    Notes
    -----
    Accuracy over in-scope queries and recall of those out of scope: S. Larson et al., An evaluation dataset for intent
    classification and out-of-scope prediction, EMNLP-IJCNLP 2019, section 4. An in-scope query that is answered
    ``out_of_scope`` is wrong. A product without a score has one of 1 where it answers ``out_of_scope``, else of 0.
    """
    if threshold is not None and (isinstance(threshold, bool) or not 0.0 < float(threshold) <= 1.0):
        raise CallError(
            Words(f"threshold {threshold} is not above 0 and up to 1.", f"threshold {threshold} 不在 (0, 1] 内。"),
            Words("Scores run from 0 (in scope) to 1 (out of scope).", "分数取值 0（域内）至 1（域外）。"),
        )
    if isinstance(rate, bool) or not 0.0 <= float(rate) <= 1.0:
        raise CallError(
            Words(f"rate {rate} is no share from 0 to 1.", f"rate {rate} 不是 0 至 1 的比例。"),
            Words("Write a tenth as 0.1.", "十分之一请写作 0.1。"),
        )

    def rows(samples: Samples, records: Records) -> Rows:
        return _rows(samples, records, out_of_scope, threshold)

    return Method(
        name="dialogue.intent",
        version="1",
        question=Words(
            "How often does it know what the user wants, and when it cannot help?",
            "能否识别用户意图，能否判明哪些请求不在能力范围内？",
        ),
        input=Text(),
        output=Intent(),
        reference=Text(),
        indicators=(*_shares(rows), *_ranks(rows), _at_rate(rows, float(rate))),
        no_answer=lambda _: None,
        oracle=lambda sample: _oracle(sample, out_of_scope),
        examples=_examples(out_of_scope, threshold),
    )


def _rows(samples: Samples, records: Records, out_of_scope: str, threshold: float | None) -> Rows:
    """Count one row for each query; no answer (None) is wrong, refuses what is in scope and lets the rest pass."""
    import numpy as np

    wanted = np.array(samples.references, dtype=object)
    missing = np.array([output is None for output in records.outputs], dtype=bool)
    scores = np.array([_score_of(output, out_of_scope) for output in records.outputs], dtype=np.float64)
    said = np.array([_intent_of(output, out_of_scope, threshold) for output in records.outputs], dtype=object)
    outside, refused = wanted == out_of_scope, said == out_of_scope
    wrong = (said != wanted) | missing
    return rows_per_sample(
        samples,
        ~outside,
        ~outside & wrong,
        ~outside & (refused | missing),
        outside,
        outside & wrong,
        np.ones(len(wanted)),
        wrong,
        np.where(missing, np.where(outside, BELOW, ABOVE), scores),
        _codes(wanted),
        np.where(missing, NO_ANSWER, _codes(said)),
    )


def _score_of(output: Said | None, out_of_scope: str) -> float:
    if output is None:
        return 0.0
    score = output["out_of_scope"]
    return float(output["intent"] == out_of_scope) if score is None else score


def _intent_of(output: Said | None, out_of_scope: str, threshold: float | None) -> str:
    if output is None:
        return ""
    score = output["out_of_scope"]
    return out_of_scope if threshold is not None and score is not None and score >= threshold else output["intent"]


def _codes(names: NDArray[np.object_]) -> NDArray[np.float64]:
    import numpy as np

    return np.array([label_code(name) for name in names], dtype=np.float64)


@lru_cache(maxsize=2**16)
def label_code(name: str) -> int:
    """Return the first 48 bits of a name's SHA-256: the same in every batch and on every machine.

    >>> label_code("oos")
    232464924520415
    """
    from hashlib import sha256

    return int.from_bytes(sha256(name.encode("utf-8", "surrogatepass")).digest()[:6], "big")


def _oracle(sample: Sample, out_of_scope: str) -> Said:
    return Said(intent=sample.reference, out_of_scope=float(sample.reference == out_of_scope))


QUERY, QUERIES = Words("query", "查询"), Words("queries", "查询")
IN_SCOPE, OUTSIDE = Words("in-scope queries", "域内查询"), Words("out-of-scope queries", "域外查询")
Count = Callable[[Samples, Records], Rows]


def _indicator(
    rows: Count,
    name: str,
    title: Words,
    direction: Direction,
    fold: Fold,
    family: Family,
    event: tuple[Words, Words],
    of: Words,
) -> Indicator:
    return Indicator(
        name=name,
        title=title,
        direction=direction,
        rows=rows,
        columns=COLUMNS,
        spans=SPANS,
        fold=fold,
        family=family,
        event=event[0],
        events=event[1],
        opportunities=of,
        counter="条",
    )


def _shares(rows: Count) -> tuple[Indicator, ...]:
    """Return the indicators that are shares of queries."""
    wrong = (Words("query answered wrong", "答错"), Words("queries answered wrong", "答错"))
    refused = (Words("refused query", "误拒"), Words("refused queries", "误拒"))
    passed = (
        Words("query taken for an intent", "漏判"),
        Words("queries taken for intents", "漏判"),
    )
    higher, lower, yes = Direction.HIGHER, Direction.LOWER, Family.PROPORTION
    return (
        _indicator(
            rows,
            "in_scope_intent_accuracy",
            Words("in-scope intent accuracy", "域内意图识别准确率"),
            higher,
            Pooled(("wrong_in_scope",), ("in_scope",), complement=True),
            yes,
            wrong,
            IN_SCOPE,
        ),
        _indicator(
            rows,
            "intent_accuracy",
            Words("intent accuracy over all queries", "全部查询意图识别准确率"),
            higher,
            Pooled(("wrong",), ("queries",), complement=True),
            yes,
            wrong,
            QUERIES,
        ),
        _indicator(
            rows,
            "out_of_scope_recall",
            Words("out-of-scope recall", "域外查询召回率"),
            higher,
            Pooled(("accepted_out_of_scope",), ("out_of_scope",), complement=True),
            yes,
            passed,
            OUTSIDE,
        ),
        _indicator(
            rows,
            "in_scope_refusal_rate",
            Words("share of in-scope queries refused", "域内查询误拒率"),
            lower,
            Pooled(("refused_in_scope",), ("in_scope",)),
            yes,
            refused,
            IN_SCOPE,
        ),
    )


def _ranks(rows: Count) -> tuple[Indicator, ...]:
    """Return the indicators that are no shares."""
    wrong = (Words("query answered wrong", "答错"), Words("queries answered wrong", "答错"))
    outside = (Words("query out of scope", "域外查询"), Words("queries out of scope", "域外查询"))
    return (
        _indicator(
            rows,
            "macro_f1",
            Words("macro-averaged F1 over intents", "各意图 F1 的宏平均"),
            Direction.HIGHER,
            MacroF1("intent", "answer"),
            Family.RANK,
            wrong,
            QUERIES,
        ),
        _indicator(
            rows,
            "out_of_scope_area_under_curve",
            Words("area under the ROC curve of the out-of-scope score", "域外分数的 ROC 曲线下面积"),
            Direction.HIGHER,
            AreaUnderCurve("score", "out_of_scope"),
            Family.RANK,
            outside,
            QUERIES,
        ),
    )


def _at_rate(rows: Count, rate: float) -> Indicator:
    """Return accuracy over all queries where this share of them is out of scope, whatever share the set has."""
    parts = (
        (1.0 - rate, Pooled(("wrong_in_scope",), ("in_scope",))),
        (rate, Pooled(("accepted_out_of_scope",), ("out_of_scope",))),
    )
    return _indicator(
        rows,
        "intent_accuracy_at_rate",
        Words(
            f"intent accuracy with {100 * rate:.4g} % of queries out of scope",
            f"域外查询占 {100 * rate:.4g}% 时的意图识别准确率",
        ),
        Direction.HIGHER,
        Standardised(tuple(part for part in parts if part[0] > 0.0), complement=True),
        Family.RANK,
        (Words("query answered wrong", "答错"), Words("queries answered wrong", "答错")),
        QUERIES,
    )


def _examples(out_of_scope: str, threshold: float | None) -> tuple[Example, ...]:
    sure = UNLIKELY if threshold is None else min(UNLIKELY, threshold / 2)
    return (
        Example(
            input="play some jazz",
            reference="play_music",
            output=Said(intent="play_music", out_of_scope=sure),
            says=Words("an intent, found, with a score", "识别正确，并给出分数"),
            values=(("in_scope_intent_accuracy", 1.0), ("in_scope_refusal_rate", 0.0)),
        ),
        Example(
            input="播放爵士乐",
            reference="play_music",
            output=Said(intent=out_of_scope, out_of_scope=None),
            says=Words("what it could do is refused: wrong", "域内查询被拒：计为错误"),
            values=(("in_scope_intent_accuracy", 0.0), ("in_scope_refusal_rate", 1.0)),
        ),
        Example(
            input="why is the sky blue",
            reference=out_of_scope,
            output=Said(intent=out_of_scope, out_of_scope=LIKELY),
            says=Words("a query that it cannot serve, known as such", "域外查询，判明"),
            values=(("out_of_scope_recall", 1.0), ("intent_accuracy", 1.0)),
        ),
        Example(
            input="why is the sky blue",
            reference=out_of_scope,
            output=Said(intent="weather", out_of_scope=sure),
            says=Words("a query that it cannot serve, taken for an intent", "域外查询，误作某意图"),
            values=(("out_of_scope_recall", 0.0), ("intent_accuracy", 0.0)),
        ),
    )
