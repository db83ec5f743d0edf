"""What indicators of time need of a trial, and why there may be nothing: no time was taken, or no input lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.bench.trial import Basis
from steelyard.core.data_type import Lasting
from steelyard.core.errors import CallError
from steelyard.core.words import Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECORDED = "C"
"""Assurance of answers that were recorded before the run."""


def is_timed(basis: Basis) -> bool:
    """Tell whether a reading that is judged weighs how long answers took."""
    return any(
        method.indicator(requirement.indicator).timed
        for reading, method in zip(basis.readings, basis.methods, strict=True)
        for requirement in reading.requirements
    )


def untimed(basis: Basis) -> Words | None:
    """Return why indicators of time have no value here; None where they have one."""
    if basis.plan.assurance == RECORDED:
        return Words("recorded answers do not tell how long they took", "答案记录不含作答用时")
    if not isinstance(basis.test_set.input, Lasting):
        return Words("the set holds no recordings to weigh the time against", "数据集不含可与用时相比的录音")
    return None


def durations(basis: Basis) -> NDArray[np.float64] | None:
    """Return the seconds that each row's input lasts, float64[n]; None where nobody asks, or nobody knows."""
    return basis.test_set.durations if is_timed(basis) and untimed(basis) is None else None


def check_alone(basis: Basis, *, shares: bool) -> None:
    """Raise `CallError` where several of a product are to be asked at once, and a reading weighs their time.

    How many there are is no part of the plan, and products that share a machine are each slower than one alone.
    """
    if shares and is_timed(basis) and untimed(basis) is None:
        raise CallError(
            Words(
                "the time that answers take is judged: several of a product at once would slow each other down.",
                "本次判定涉及作答用时：多个进程同时作答会互相拖慢。",
            ),
            Words(
                "Leave out --workers and --ray: the product is then asked alone.",
                "请去掉 --workers 与 --ray，使产品单独作答。",
            ),
        )
