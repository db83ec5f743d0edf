"""Spoken commands: which word of a small vocabulary was said."""

from __future__ import annotations

from collections.abc import Callable

from steelyard.core.errors import CallError
from steelyard.core.method import FLAG, ONE, Direction, Example, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.data.label import Label
from steelyard.stats.folds.pooled import Pooled

DIGITS = "zero one two three four five six seven eight nine"
NONE = "none"
"""None of the words: as an answer a rejection, as a reference something else that was said, or noise."""

COLUMNS = ("recordings", "wrong", "commands", "missed", "others", "false_acceptances")
SPANS = (ONE, *[FLAG] * 5)


def method(*, words: str = DIGITS) -> Method:
    """Return the method ``speech.commands``.

    Parameters
    ----------
    words : str
        The vocabulary, with a blank between words: ``打开 关闭``. ``none`` always belongs to it.

    Notes
    -----
    A word is right or wrong: there is no being nearly right. ``none`` for a word that was said is wrong; a word for
    what is none is a false acceptance. No answer (None) is wrong, and a false acceptance too where nothing was said.
    The mean recall of the words is the accuracy with ``mean_over: {group: …}`` over the group that bears the word.
    """
    vocabulary = tuple(str(words).split())
    if not vocabulary or len(set(vocabulary)) < len(vocabulary) or NONE in vocabulary:
        raise CallError(
            Words(f"these are no words of a vocabulary: {words!r}", f"词表不可用：{words!r}"),
            Words(
                f"Write each word once, with blanks between; {NONE} belongs to it by itself.",
                f"各词写一次，以空格分隔；{NONE} 自动包含在内。",
            ),
        )
    label = Label((*vocabulary, NONE))

    def rows(samples: Samples, records: Records) -> Rows:
        import numpy as np

        reference = np.asarray(samples.references, dtype=object)
        said = np.asarray(records.outputs, dtype=object)
        wrong, other = said != reference, reference == NONE
        return rows_per_sample(samples, np.ones(len(said)), wrong, ~other, wrong & ~other, other, wrong & other)

    return Method(
        name="speech.commands",
        version="1",
        question=Words("How often does it hear another command than was said?", "听错多少指令？"),
        input=Audio(),
        output=label,
        indicators=_indicators(rows),
        no_answer=lambda _: None,
        examples=_examples(vocabulary),
    )


def _indicators(rows: Callable[[Samples, Records], Rows]) -> tuple[Indicator, ...]:
    def share(
        name: str, title: Words, direction: Direction, fold: Pooled, events: tuple[Words, Words], opportunities: Words
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
            counter="条",
        )

    recordings = Words("recordings", "录音")
    wrong = (Words("wrong answer", "听错"), Words("wrong answers", "听错"))
    return (
        share(
            "command_accuracy",
            Words("command accuracy", "指令识别准确率"),
            Direction.HIGHER,
            Pooled(("wrong",), ("recordings",), complement=True),
            wrong,
            recordings,
        ),
        share(
            "command_error_rate",
            Words("command error rate", "指令识别错误率"),
            Direction.LOWER,
            Pooled(("wrong",), ("recordings",)),
            wrong,
            recordings,
        ),
        share(
            "command_miss_rate",
            Words("share of commands missed or taken for another", "指令漏识与误识率"),
            Direction.LOWER,
            Pooled(("missed",), ("commands",)),
            wrong,
            Words("commands", "指令"),
        ),
        share(
            "false_acceptance_rate",
            Words("share of other sounds taken for a command", "误受率"),
            Direction.LOWER,
            Pooled(("false_acceptances",), ("others",)),
            (Words("false acceptance", "误受"), Words("false acceptances", "误受")),
            Words("recordings without a command", "无指令录音"),
        ),
    )


def _examples(vocabulary: tuple[str, ...]) -> tuple[Example, ...]:
    import numpy as np

    silence = np.zeros(8_000, dtype=np.float32)  # stands in for a recording: examples show how answers are scored
    first, last = vocabulary[0], vocabulary[-1]
    return (
        Example(
            input=silence,
            reference=first,
            output=first,
            says=Words("the word that was said", "所说之词"),
            values=(("command_accuracy", 1.0), ("command_miss_rate", 0.0)),
        ),
        Example(
            input=silence,
            reference=last,
            output=NONE,
            says=Words("none is wrong where a word was said", "有指令而答 none，为错"),
            values=(("command_accuracy", 0.0), ("command_miss_rate", 1.0)),
        ),
        Example(
            input=silence,
            reference=NONE,
            output=first,
            says=Words("a word where none was said is a false acceptance", "无指令而答某词，为误受"),
            values=(("command_error_rate", 1.0), ("false_acceptance_rate", 1.0)),
        ),
    )
