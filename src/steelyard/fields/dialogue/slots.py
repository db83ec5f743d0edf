"""Filling of slots: which details of what a user says it finds, and which it makes up."""

from __future__ import annotations

from steelyard.core.errors import UnknownName
from steelyard.core.method import COUNT, FLAG, ONE, Direction, Example, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.slots import Slots
from steelyard.data.text import Text
from steelyard.measures.named_values import COUNTED, set_counts
from steelyard.stats.folds.pooled import Pooled

COLUMNS = (*COUNTED, "utterances", "wrong_utterances")
SPANS = (*[COUNT] * len(COUNTED), ONE, FLAG)
MATCHES = ("span", "value")


def rows(samples: Samples, records: Records) -> Rows:
    """Count one row for each utterance: its slots, those said, missed and made up."""
    import numpy as np

    counted = set_counts(samples.references, records.outputs)
    wrong = (counted[:, 2] > 0) | (counted[:, 3] > 0)
    return rows_per_sample(samples, *counted.T, np.ones(len(counted)), wrong)


def method(*, match: str = "span") -> Method:
    """Return the method ``dialogue.slots``.

    Parameters
    ----------
    match : str
        ``span``: a slot is right where its name, its begin and its end are; ``value``: where its name and its value
        are, to the letter.

    Notes
    -----
    Micro-averaged over all slots of all utterances, exact matches only: the evaluation of CoNLL-2000 and CoNLL-2003
    (E. F. Tjong Kim Sang, S. Buchholz, CoNLL 2000; ``conlleval``), which seqeval computes. Slots made up are charged
    up to one more than the utterance has; those beyond stand in ``made_up_beyond``.
    """
    if match not in MATCHES:
        raise UnknownName(Words("way to match slots", "槽位匹配方式"), match, MATCHES)

    return Method(
        name="dialogue.slots",
        version="1",
        question=Words(
            "Which details of what the user says does it find, and which does it make up?",
            "用户话中的细节，找出多少，臆造多少？",
        ),
        input=Text(),
        output=Slots(spans=match == "span"),
        indicators=_indicators(),
        no_answer=lambda _: None,
        examples=_examples(match),
    )


def _indicators() -> tuple[Indicator, ...]:
    def share(name: str, title: Words, fold: Pooled, events: Words, of: Words, family: Family) -> Indicator:
        return Indicator(
            name=name,
            title=title,
            direction=Direction.HIGHER,
            rows=rows,
            columns=COLUMNS,
            spans=SPANS,
            fold=fold,
            family=family,
            event=events,
            events=events,
            opportunities=of,
        )

    return (
        share(
            "slot_f1",
            Words("F1 of slots", "槽位 F1"),
            Pooled(("missed", "made_up"), ("wanted", "said"), complement=True),
            Words("slots missed or made up", "漏检或臆造的槽位"),
            Words("slots wanted and slots said", "应有与所答槽位"),
            Family.RATIO,
        ),
        share(
            "slot_precision",
            Words("precision of slots", "槽位精确率"),
            Pooled(("made_up",), ("said",), complement=True),
            Words("slots made up", "臆造的槽位"),
            Words("slots said", "所答槽位"),
            Family.RATIO,
        ),
        share(
            "slot_recall",
            Words("recall of slots", "槽位召回率"),
            Pooled(("missed",), ("wanted",), complement=True),
            Words("slots missed", "漏检的槽位"),
            Words("slots wanted", "应有槽位"),
            Family.RATIO,
        ),
        share(
            "utterance_accuracy",
            Words("share of utterances with all slots right", "槽位全对的语句比例"),
            Pooled(("wrong_utterances",), ("utterances",), complement=True),
            Words("utterances with a slot wrong", "有误语句"),
            Words("utterances", "语句"),
            Family.PROPORTION,
        ),
    )


def _examples(match: str) -> tuple[Example, ...]:
    text = "a room from 3 May to 5 May"

    def slot(name: str, begin: int, end: int) -> list[str]:
        return [name, str(begin), str(end)] if match == "span" else [name, text[begin:end]]

    both = [slot("date_from", 12, 17), slot("date_to", 21, 26)]
    return (
        Example(
            input=text,
            reference=both,
            output=both[::-1],
            says=Words("both found; their order does not count", "两个槽位均找出；次序不计"),
            values=(("slot_f1", 1.0), ("utterance_accuracy", 1.0)),
        ),
        Example(
            input=text,
            reference=both,
            output=[both[0], slot("date_to", 18, 26)],
            says=Words("one begins too early: missed, and another made up", "一个起点过早：既漏检又臆造"),
            values=(("slot_f1", 0.5), ("slot_precision", 0.5), ("slot_recall", 0.5)),
        ),
        Example(
            input=text,
            reference=both,
            output=[],
            says=Words("none found, none made up", "未找出任何槽位，亦无臆造"),
            values=(("slot_f1", 0.0), ("slot_recall", 0.0)),
        ),
        Example(
            input="hello",
            reference=[],
            output=[],
            says=Words("nothing is named, and nothing said", "话中无细节，亦无回答"),
            values=(("utterance_accuracy", 1.0),),
        ),
    )
