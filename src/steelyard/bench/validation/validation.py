"""Validates a method on a set: whether it finds what is known to be there (ISO/IEC 17025:2017, 7.2.2).

Products whose accuracy is known take the place of a product under test: an oracle, a constant, a random one, one that
never answers, and oracles in which errors were planted at known rates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from steelyard.bench.validation.ground import Ground
from steelyard.bench.validation.planting import planter_of
from steelyard.bench.validation.robustness import Sameness, order, through_the_bench
from steelyard.bench.validation.trueness import (
    Control,
    Detection,
    Planting,
    Trueness,
    controls,
    detection,
    plant,
    shuffled,
    trueness,
)
from steelyard.core.errors import CallError
from steelyard.core.words import Words

ROBUST_RATE = 0.05
"""Of the answers that are asked in other orders, in other batches and by other numbers of workers."""
PLANTINGS = 20
MOST_SEED = 2**52
"""Seeds are written into records and digests, whose numbers are exact up to 2⁵³, and each planting adds one."""


@dataclass(frozen=True)
class Validation:
    """What validation found: the same on any host."""

    controls: tuple[Control, ...]
    trueness: tuple[Trueness, ...]
    """Empty where nobody says how to plant errors for the method."""
    detection: tuple[Detection, ...]
    repeatability: tuple[Sameness, ...]
    robustness: tuple[Sameness, ...]
    notes: tuple[Words, ...]

    @property
    def valid(self) -> bool:
        """Whether all came out as it must."""
        return (
            all(control.as_it_must for control in self.controls)
            and all(each.recovers for each in self.trueness)
            and all(each.same for each in (*self.repeatability, *self.robustness))
        )


def validate(
    ground: Ground,
    *,
    seed: int = 0,
    plantings: int = PLANTINGS,
    workers: int = 2,
    progress: Callable[[Words], None] | None = None,
) -> Validation:
    """Validate a method on a set.

    Parameters
    ----------
    ground : Ground
        The method and the set.
    seed : int
        Of all that is planted.
    plantings : int
        How often errors are planted at each rate.
    workers : int
        How many of a product are asked at once, where that must not matter.
    progress : callable, optional
        Called with what is looked at next.

    Raises
    ------
    CallError
        Where a number is none that can be meant.

    Examples
    --------
    >>> from steelyard.bench.validation.ground import ground_of
    >>> found = validate(ground_of("medical.diagnosis", "wdbc"), plantings=2)
    >>> found.valid, found.controls[0].values["false_negative_rate"], found.trueness[0].indicator
    (True, 0.0, 'detection_rate')
    """
    if not 0 <= seed <= MOST_SEED:
        raise CallError(
            Words(f"--seed {seed}: it must be from 0 to {MOST_SEED}.", f"--seed {seed}：须在 0 到 {MOST_SEED} 之间。"),
            Words("--seed 0", "--seed 0"),
        )
    for option, number in (("--plantings", plantings), ("--workers", workers)):
        if number < 1:
            raise CallError(
                Words(f"{option} {number}: at least one is needed.", f"{option} {number}：至少为一。"),
            )
    say = progress or (lambda _: None)
    say(Words("controls", "对照产品"))
    found = controls(ground, seed)
    say(Words("trueness: planted errors", "正确度：植入错误"))
    planter = planter_of(ground.method.name)
    made: dict[float, list[Planting]] = {} if planter is None else plant(ground, planter, seed, plantings)
    say(Words("repeatability and robustness", "重复性与稳健性"))
    if planter is None:
        best = ground.oracle()
        outputs = [best[place] for place in shuffled(len(best), seed)]
    else:
        outputs = planter(ground.references, ROBUST_RATE, seed).outputs
    repeatability, robustness = through_the_bench(ground, outputs, workers)
    name = ground.method.name
    unplanted = Words(
        f"trueness was not evaluated: nobody says how to plant known errors for {name}",
        f"未评定正确度：{name} 没有已知错误的植入方法",
    )
    return Validation(
        controls=found,
        trueness=trueness(ground, made) if made else (),
        detection=detection(ground, made),
        repeatability=repeatability,
        robustness=(order(ground, outputs, seed), *robustness),
        notes=() if made else (unplanted,),
    )
