"""How long a recogniser takes for what it hears: the real-time factor."""

from __future__ import annotations

import math

from steelyard.core.method import COUNT, Direction, Family, Indicator
from steelyard.core.sample import Records, Rows, Samples, rows_per_sample
from steelyard.core.words import Words
from steelyard.stats.folds.pooled import Pooled

COLUMNS = ("processing", "processing_beyond", "audio")
"""Whole microseconds, whose sums are the same in any order."""
MICROSECONDS = 1e6


def rows(samples: Samples, records: Records) -> Rows:
    """Return processing time, what of it is beyond the time granted, and duration of each recording, in microseconds.

    Nothing is counted where times or durations are not known.
    """
    import numpy as np

    timing = samples.timing
    if timing is None:
        return rows_per_sample(samples, *np.zeros((len(COLUMNS), len(samples.positions))))
    failed = np.array([fault is not None for fault in records.faults], dtype=bool)
    charged = np.where(failed, timing.granted, np.minimum(records.seconds, timing.granted))
    beyond = np.where(failed, 0.0, np.maximum(records.seconds - timing.granted, 0.0))
    return rows_per_sample(samples, *(np.rint(MICROSECONDS * each) for each in (charged, beyond, timing.durations)))


def real_time_factor() -> Indicator:
    """Return the indicator ``real_time_factor``: total processing time over total duration of the recordings.

    Notes
    -----
    A recording is charged at most the seconds that are granted to an answer (``answer_seconds``), and one without an
    answer all of them: else a product could give up what it is slow at. With a start, or with pauses that a busy
    service asks for, an answer can take longer; what is beyond stands in ``processing_beyond``.

    Pooled, as Kaldi (``OnlineTimingStats``), FunASR, WeNet and ESPnet (``calculate_rtf.py``) state it: short
    recordings weigh less than long ones. Seconds per second, and not a share: half of real time is 0.5 s/s, not 50 %.
    """
    return Indicator(
        name="real_time_factor",
        title=Words("real-time factor", "实时率"),
        direction=Direction.LOWER,
        rows=rows,
        columns=COLUMNS,
        spans=(COUNT,) * len(COLUMNS),
        fold=Pooled(("processing",), ("audio",)),
        family=Family.RATIO,
        event=Words("microsecond of processing", "微秒处理时间"),
        events=Words("microseconds of processing", "微秒处理时间"),
        opportunities=Words("microseconds of audio", "微秒音频"),
        unit="s/s",
        range=(0.0, math.inf),
        timed=True,
    )
