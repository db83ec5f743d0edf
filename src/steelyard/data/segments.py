"""Stretches of time, such as those in which somebody speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steelyard.core.canonical import JSON
from steelyard.core.data_type import DataType, is_finite, wrong_type
from steelyard.core.errors import MalformedValue
from steelyard.core.words import Words

if TYPE_CHECKING:
    import pyarrow as pa
    from hypothesis.strategies import SearchStrategy

SHOWN = 8
"""Stretches on a page; the rest is counted."""
LONGEST = 1e6
"""What no number of a stretch is above: eleven days of seconds, and more speakers than any recording has."""


@dataclass(frozen=True)
class Segments(DataType[list[list[float]]]):
    """Stretches of time as ``[begin, end]`` in seconds from the begin of the recording, in any order; any number.

    No number is above a million (`LONGEST`): times can be counted in whole milliseconds, and speakers told apart.

    Attributes
    ----------
    speakers : bool
        Whether each bears a speaker's number, ``[begin, end, speaker]``; which number is whom is its maker's matter.
    seconds : float, optional
        How long the recording is: no stretch ends later.

    Examples
    --------
    >>> Segments().decode([[0, 1.5], [2.25, 3]])
    [[0.0, 1.5], [2.25, 3.0]]
    >>> Segments(speakers=True).decode([[0, 1.5, 0], [1.25, 3, 1]])
    [[0.0, 1.5, 0.0], [1.25, 3.0, 1.0]]
    """

    speakers: bool = False
    seconds: float | None = None

    def schema(self) -> dict[str, Any]:
        width = 2 + self.speakers
        most = LONGEST if self.seconds is None or self.speakers else min(self.seconds, LONGEST)
        number: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": most}
        row = {"type": "array", "items": number, "minItems": width, "maxItems": width}
        return {"type": "array", "items": row}

    def arrow(self) -> pa.DataType:
        import pyarrow as pa

        return pa.list_(pa.list_(pa.float64()))

    def decode(self, wire: JSON) -> list[list[float]]:
        if not isinstance(wire, list):
            raise wrong_type(Words("an array of stretches", "由时间段组成的数组"), wire)
        return [self._row(place, row) for place, row in enumerate(wire)]

    def _row(self, place: int, row: JSON) -> list[float]:
        parts = "begin, end, speaker" if self.speakers else "begin, end"
        if not isinstance(row, list) or len(row) != 2 + self.speakers:
            raise wrong_type(Words(f"stretch {place} to be [{parts}]", f"第 {place} 段为 [{parts}]"), row)
        for number in row:
            if isinstance(number, bool) or not isinstance(number, int | float) or not is_finite(number) or number < 0:
                shown = repr(number)[:40]
                raise MalformedValue(
                    Words(
                        f"stretch {place} holds what is no number from 0: {shown}",
                        f"第 {place} 段含非数或负数：{shown}",
                    )
                )
            if number > LONGEST:
                shown = repr(number)[:40]
                raise MalformedValue(
                    Words(
                        f"stretch {place} holds a number above {LONGEST:,.0f}: {shown}; times are in seconds",
                        f"第 {place} 段含大于 {LONGEST:,.0f} 的数：{shown}；时间以秒计",
                    )
                )
        begin, end, *speaker = map(float, row)
        if end < begin:
            raise MalformedValue(
                Words(f"stretch {place} ends before it begins: {row}", f"第 {place} 段止早于起：{row}")
            )
        if self.seconds is not None and end > self.seconds:
            raise MalformedValue(
                Words(
                    f"stretch {place} ends at {end:g} s, beyond the {self.seconds:g} s of the recording",
                    f"第 {place} 段止于 {end:g} 秒，超出录音的 {self.seconds:g} 秒",
                )
            )
        if speaker and not speaker[0].is_integer():
            raise MalformedValue(
                Words(
                    f"stretch {place}: the speaker is no whole number: {speaker[0]:g}",
                    f"第 {place} 段：说话人编号不是整数：{speaker[0]:g}",
                )
            )
        return [begin, end, *speaker]

    def load(self, stored: Any) -> list[list[float]]:
        return self.decode(stored)

    def strategy(self) -> SearchStrategy[list[list[float]]]:
        from hypothesis import strategies as st

        most = LONGEST if self.seconds is None else min(self.seconds, LONGEST)
        times = st.floats(0, most) | st.sampled_from([0.0, most])
        pair = st.tuples(times, times).map(lambda both: sorted(both))
        if not self.speakers:
            return st.lists(pair, max_size=6)
        speaker = (st.integers(0, 4) | st.integers(0, int(LONGEST))).map(float)
        return st.lists(st.tuples(pair, speaker).map(lambda each: [*each[0], each[1]]), max_size=6)

    def html(self, value: list[list[float]]) -> str:
        shown = "; ".join(
            f"{begin:.2f}–{end:.2f} s" + (f" ({speaker[0]:g})" if speaker else "")
            for begin, end, *speaker in value[:SHOWN]
        )
        return f"{len(value)}: {shown}{'; …' if len(value) > SHOWN else ''}"
