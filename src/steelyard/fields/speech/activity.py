"""Speech activity: when somebody speaks, and when nobody does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steelyard.core.method import COUNT, Direction, Example, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.data.segments import Segments
from steelyard.measures.timeline import MILLISECONDS, around_edges, common, length, seconds_of, timeline, without
from steelyard.stats.folds.pooled import Pooled
from steelyard.stats.folds.weighted import Weighted

COLUMNS = ("speech", "missed", "silence", "false_alarms")
MISS, FALSE_ALARM = Pooled(("missed",), ("speech",)), Pooled(("false_alarms",), ("silence",))
COST = Weighted(((0.75, MISS), (0.25, FALSE_ALARM)))
"""NIST, Open Speech Activity Detection evaluation plan (2015 and later): DCF = 0.75 Pmiss + 0.25 Pfa."""


def method(*, seconds: float = 2.0, collar: float = 0.0) -> Method:
    """Return the method ``speech.activity``.

    Parameters
    ----------
    seconds : float
        How long each recording is: all of it that is not speech is silence, where false alarms can be. A set whose
        speech ends later is refused.
    collar : float
        Seconds to either side of each begin and end of speech that are not scored.

    Notes
    -----
    Times are rounded to milliseconds; what is said beyond the recording's end does not count. No answer at all
    is all speech missed and all silence alarmed.
    """
    seconds, collar = seconds_of("seconds", seconds, positive=True), seconds_of("collar", collar)
    whole = [(0, round(seconds * MILLISECONDS))]

    def rows(samples: Samples, records: Records) -> Rows:
        import numpy as np

        counted = []
        for reference, output in zip(samples.references, records.outputs, strict=True):
            spoken = common(timeline(reference), whole)
            scored = without(whole, around_edges(spoken, collar)) if collar else whole
            speech, silence = common(spoken, scored), without(scored, spoken)
            if output is None:
                missed, alarmed = speech, silence
            else:
                said = timeline(output)
                missed, alarmed = without(speech, said), common(silence, said)
            counted.append(tuple(map(length, (speech, missed, silence, alarmed))))
        return rows_per_sample(samples, *np.array(counted, dtype=np.float64).reshape(-1, len(COLUMNS)).T)

    return Method(
        name="speech.activity",
        version="1",
        question=Words(
            "How much speech does it miss, how much silence does it take for speech?", "漏检多少语音，误检多少静音？"
        ),
        input=Audio(),
        output=Segments(),
        reference=Segments(seconds=seconds),
        indicators=_indicators(rows),
        no_answer=lambda _: None,
        examples=_examples(min(seconds, 1.0), collar),
    )


def _indicators(rows: Callable[[Samples, Records], Rows]) -> tuple[Indicator, ...]:
    def rate(name: str, title: Words, fold: Any, events: tuple[Words, Words], opportunities: Words) -> Indicator:
        return Indicator(
            name=name,
            title=title,
            direction=Direction.LOWER,
            rows=rows,
            columns=COLUMNS,
            spans=(COUNT,) * len(COLUMNS),
            fold=fold,
            family=Family.RATIO,
            event=events[0],
            events=events[1],
            opportunities=opportunities,
        )

    missed = (Words("missed millisecond", "漏检毫秒"), Words("missed milliseconds", "漏检毫秒"))
    alarmed = (Words("millisecond of false alarm", "误检毫秒"), Words("milliseconds of false alarm", "误检毫秒"))
    return (
        rate(
            "miss_rate",
            Words("share of speech missed", "语音漏检率"),
            MISS,
            missed,
            Words("milliseconds of speech", "毫秒语音"),
        ),
        rate(
            "false_alarm_rate",
            Words("share of silence taken for speech", "静音误检率"),
            FALSE_ALARM,
            alarmed,
            Words("milliseconds of silence", "毫秒静音"),
        ),
        rate(
            "detection_cost",
            Words("detection cost (NIST)", "检测代价（NIST）"),
            COST,
            (Words("wrong millisecond", "错误毫秒"), Words("wrong milliseconds", "错误毫秒")),
            Words("milliseconds", "毫秒"),
        ),
    )


def _examples(longest: float, collar: float) -> tuple[Example, ...]:
    import numpy as np

    silence = np.zeros(32_000, dtype=np.float32)  # stands in for a recording: examples show how stretches are scored
    half, quarter = longest / 2, longest / 4
    plain = collar == 0.0
    return (
        Example(
            input=silence,
            reference=[[0.0, half]],
            output=[[0.0, quarter], [quarter, half]],
            says=Words("stretches that touch are one", "相接的时间段视为一段"),
            values=(("miss_rate", 0.0), ("false_alarm_rate", 0.0)) if plain else (),
        ),
        Example(
            input=silence,
            reference=[[0.0, half]],
            output=[[quarter, half]],
            says=Words("half of the speech is missed", "漏检一半语音"),
            values=(("miss_rate", 0.5), ("detection_cost", 0.375)) if plain else (),
        ),
        Example(
            input=silence,
            reference=[[0.0, half]],
            output=[],
            says=Words("no stretch at all misses everything, and alarms nothing", "未检出任何语音：全部漏检，无误检"),
            values=(("miss_rate", 1.0), ("false_alarm_rate", 0.0)) if plain else (),
        ),
    )
