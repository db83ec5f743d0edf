"""Speaker diarisation: who spoke when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from steelyard.core.errors import UnknownName
from steelyard.core.method import COUNT, ONE, SHARE, Direction, Example, Family, Indicator, Method
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.data.segments import Segments
from steelyard.measures.timeline import MILLISECONDS, Stretch, Timeline, around_edges, merged, seconds_of, timeline
from steelyard.stats.folds.pooled import Pooled

COLUMNS = (
    "speech",
    "missed",
    "confused",
    "false_alarms",
    "heard_in_silence",
    "false_alarms_beyond",
    "recordings",
    "false_alarm_share",
)
SPANS = (*[COUNT] * 6, ONE, SHARE)
SILENCE = MILLISECONDS
"""What a recording without scored speech weighs at most, where somebody is heard in it: one second."""
OVERLAPS = ("scored", "left out")


class Errors(NamedTuple):
    """Milliseconds of speakers' time."""

    speech: int
    missed: int
    confused: int
    false_alarms: int


def method(*, collar: float = 0.25, overlap: str = "scored") -> Method:
    """Return the method ``speech.diarisation``.

    Parameters
    ----------
    collar : float
        Seconds to either side of each begin and end of a reference turn that are not scored.
    overlap : str
        Whether time in which several people speak is ``scored`` or ``left out``.

    Notes
    -----
    Diarisation error rate (missed + false alarm + confusion) / speech, as NIST's Rich Transcription evaluations define
    it (RT-09 evaluation plan, section 6): speakers are mapped one to one so that most time agrees; where several
    people speak, each counts. Other than NIST's, it is capped: false alarms are charged up to the recording's speech,
    those beyond stand in ``false_alarms_beyond``, else a runaway answer would cost more than none. In a recording
    without scored speech they are charged up to one second, and count as much among the speakers' time
    (``heard_in_silence``), so that the rate never exceeds one; no answer costs that second. Times are rounded to
    milliseconds.

    ``false_alarm_share`` is not capped by a recording's speech: false alarms / (speech + false alarms) of each
    recording, which more of them always raise, and its mean over recordings. No answer counts as false alarms alone.
    """
    if overlap not in OVERLAPS:
        raise UnknownName(Words("treatment of overlap", "重叠处理方式"), overlap, OVERLAPS)
    collar = seconds_of("collar", collar)

    def rows(samples: Samples, records: Records) -> Rows:
        import numpy as np

        pairs = zip(samples.references, records.outputs, strict=True)
        found = [diarisation_errors(wanted, said or [], collar, overlap == "scored") for wanted, said in pairs]
        speech, missed, confused, alarms = np.array(found, dtype=np.float64).reshape(-1, len(Errors._fields)).T
        silent = np.array([each is None for each in records.outputs], dtype=bool)
        charged = np.minimum(alarms, speech - missed - confused)
        heard = np.where(speech == 0, np.where(silent, SILENCE, np.minimum(alarms, SILENCE)), 0)
        beyond = np.maximum(alarms - charged - heard, 0)
        share = np.where(silent, 1.0, alarms / np.maximum(speech + alarms, 1))
        return rows_per_sample(samples, speech, missed, confused, charged, heard, beyond, np.ones(len(found)), share)

    return Method(
        name="speech.diarisation",
        version="1",
        question=Words("How much of the time does it not know who speaks?", "多少时间说不准谁在说话？"),
        input=Audio(),
        output=Segments(speakers=True),
        indicators=_indicators(rows),
        no_answer=lambda _: None,
        examples=_examples(),
    )


def _indicators(rows: Callable[[Samples, Records], Rows]) -> tuple[Indicator, ...]:
    def ratio(name: str, title: Words, fold: Pooled, events: tuple[Words, Words], opportunities: Words) -> Indicator:
        return Indicator(
            name=name,
            title=title,
            direction=Direction.LOWER,
            rows=rows,
            columns=COLUMNS,
            spans=SPANS,
            fold=fold,
            family=Family.RATIO,
            event=events[0],
            events=events[1],
            opportunities=opportunities,
        )

    wrong = (Words("wrong millisecond", "错误毫秒"), Words("wrong milliseconds", "错误毫秒"))
    shares = (Words("recording's share of false alarms", "录音的虚警占比"), Words("shares of false alarms", "虚警占比"))
    time = Words("milliseconds of speakers' time", "毫秒说话人时间")
    return (
        ratio(
            "diarisation_error_rate",
            Words("diarisation error rate (false alarms capped)", "说话人分离错误率（虚警封顶）"),
            Pooled(("missed", "confused", "false_alarms", "heard_in_silence"), ("speech", "heard_in_silence")),
            wrong,
            time,
        ),
        ratio(
            "missed_speech_rate",
            Words("share of speakers' time missed", "说话人时间漏检率"),
            Pooled(("missed",), ("speech",)),
            wrong,
            time,
        ),
        ratio(
            "false_alarm_share",
            Words("share of false alarms, not capped, mean over recordings", "虚警占比（不封顶，各录音均值）"),
            Pooled(("false_alarm_share",), ("recordings",)),
            shares,
            Words("recordings", "段录音"),
        ),
    )


def diarisation_errors(
    reference: Sequence[Sequence[float]], output: Sequence[Sequence[float]], collar: float, overlap: bool
) -> Errors:
    """Return the errors of one recording, in milliseconds of speakers' time.

    Parameters
    ----------
    reference, output : sequence of (begin, end, speaker)
        Turns, in seconds.
    collar : float
        Seconds to either side of each edge of the reference that are left out.
    overlap : bool
        Whether time in which several people speak is scored.

    Examples
    --------
    >>> diarisation_errors([[0, 2, 0], [2, 4, 1]], [[0, 3, 7], [3, 4, 5]], collar=0.0, overlap=True)
    Errors(speech=4000, missed=0, confused=1000, false_alarms=0)
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    spoken, told = _by_speaker(reference), _by_speaker(output)
    # Each turn's own edges, also where the same speaker goes on at once: so do md-eval and pyannote.
    turns = [stretch for row in reference for stretch in timeline([row])]
    edges = merged(stretch for turn in turns for stretch in around_edges([turn], collar)) if collar else []
    speech = missed = alarms = aligned = 0
    agreed = np.zeros((len(spoken), len(told)), dtype=np.int64)
    for size, here, heard in _pieces(spoken, told, edges):
        if len(here) > 1 and not overlap:
            continue
        speech += size * len(here)
        missed += size * max(0, len(here) - len(heard))
        alarms += size * max(0, len(heard) - len(here))
        aligned += size * min(len(here), len(heard))
        agreed[np.ix_(here, heard)] += size
    right = int(agreed[linear_sum_assignment(agreed, maximize=True)].sum()) if agreed.size else 0
    return Errors(speech, missed, aligned - right, alarms)


def _by_speaker(turns: Sequence[Sequence[float]]) -> list[Timeline]:
    """Return what each speaker's turns cover, in the order of their numbers."""
    speakers: dict[float, list[Sequence[float]]] = {}
    for turn in turns:
        speakers.setdefault(turn[2], []).append(turn)
    return [timeline(speakers[speaker]) for speaker in sorted(speakers)]


def _pieces(
    spoken: Sequence[Timeline], told: Sequence[Timeline], left_out: Timeline
) -> list[tuple[int, list[int], list[int]]]:
    """Return milliseconds, who speaks and who is said to, between any two changes of either; not what is left out."""
    changes: dict[int, list[tuple[int, int, bool]]] = {}

    def note(side: int, place: int, stretch: Stretch) -> None:
        changes.setdefault(stretch[0], []).append((side, place, True))
        changes.setdefault(stretch[1], []).append((side, place, False))

    for side, timelines in enumerate((spoken, told, [left_out])):
        for place, stretches in enumerate(timelines):
            for stretch in stretches:
                note(side, place, stretch)
    active: tuple[set[int], set[int], set[int]] = (set(), set(), set())
    found, last = [], 0
    for at in sorted(changes):
        if at > last and not active[2] and (active[0] or active[1]):
            found.append((at - last, sorted(active[0]), sorted(active[1])))
        last = at
        for side, place, begins in changes[at]:
            (active[side].add if begins else active[side].discard)(place)
    return found


def _examples() -> tuple[Example, ...]:
    import numpy as np

    silence = np.zeros(64_000, dtype=np.float32)  # stands in for a recording: examples show how turns are scored
    reference = [[0.0, 2.0, 0.0], [2.0, 4.0, 1.0]]
    return (
        Example(
            input=silence,
            reference=reference,
            output=[[0.0, 2.0, 5.0], [2.0, 4.0, 3.0]],
            says=Words("whom a number stands for does not count", "编号指谁不计"),
            values=(("diarisation_error_rate", 0.0),),
        ),
        Example(
            input=silence,
            reference=reference,
            output=[[0.0, 4.0, 0.0]],
            says=Words("two people taken for one: half of the time is confused", "将两人当作一人：一半时间混淆"),
            values=(("diarisation_error_rate", 0.5), ("missed_speech_rate", 0.0)),
        ),
        Example(
            input=silence,
            reference=reference,
            output=[],
            says=Words("nobody at all misses all, and alarms nothing", "未检出任何人：全部漏检，无虚警"),
            values=(("diarisation_error_rate", 1.0), ("missed_speech_rate", 1.0), ("false_alarm_share", 0.0)),
        ),
    )
