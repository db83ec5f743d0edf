"""Measures by rank: areas under the curve, verification, free response, average precision."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit
from table import error_of, markdown, percent

from steelyard.core.sample import Rows
from steelyard.stats.folds.average_precision import AveragePrecision, average_precision_bounds
from steelyard.stats.folds.froc import LUNA16, FreeResponse
from steelyard.stats.folds.roc import AreaUnderCurve, RankedClasses, area_bounds
from steelyard.stats.folds.verification import EqualErrorRate, EqualErrors, MatchedAt, TrueMatchRate
from steelyard.stats.intervals.bounds import Bounds
from steelyard.stats.intervals.philox import multinomial_weights
from steelyard.stats.intervals.resampling import resampled

CONFIDENCE = 0.95
SEED = 24_444
RUNS = 2_000
RUNS_OF_PEOPLE = (800, 200)
RUNS_OF_MARKS = 800
RESAMPLES = 300
"""Of each run; a product's bounds take 2,000."""
Pair = tuple[float, float]


class Count(NamedTuple):
    """How often a truth lies outside bounds: above the upper one, below the lower one."""

    below: float
    above: float

    @property
    def text(self) -> str:
        """False conform and false fail of a quantity that is to be high."""
        return f"{percent(self.below)} / {percent(self.above)}"


def tables() -> Iterator[str]:
    """Yield the sections."""
    yield areas()
    yield clustered_areas()
    yield people()
    yield marks_and_precision()


def outside(truth: float, every: Sequence[Pair | Bounds | None]) -> Count:
    """Return the shares of bounds that exclude the truth; where there are none, nothing is excluded."""
    found = np.array([(each[0], each[1]) if each is not None else (-math.inf, math.inf) for each in every])
    return Count(float((found[:, 0] > truth).mean()), float((found[:, 1] < truth).mean()))


def _rows(scores: NDArray[np.float64], positive: NDArray[np.bool_], units: NDArray[np.int64]) -> Rows:
    return Rows(np.column_stack([scores, positive]).astype(np.float64), np.arange(len(scores)), units[:, None])


AREAS = """
## Areas under the curve, independent rows

Scores of two classes, {runs:,} runs a row; false conform / false fail; standard error at 5 %: {error}. *Alike*: two
normal distributions of equal spread; *spread*: positives have twice the spread of negatives; *blind*: some positives
score as negatives do, all others far above them. *DeLong*: area ± 1.645 standard errors, as it is usually given;
*logit*: the same on the logit scale; *verdict*: the bounds that decide. DeLong's standard error is right, but a few
telling rows make it up, and where they were not drawn it is far too small. So the verdict's bounds count degrees of
freedom by fourth powers, add one degree that says the greatest variance an area can have, and are those of a share.
Perfect separation of k rows in the scarcer class is never more than "above (0.05)^(1/k)", which is exact.
"""


def areas() -> str:
    """Return the section of independent rows."""
    generator = np.random.Generator(np.random.Philox(SEED))
    lines = []
    for kind in ("alike", "spread", "blind"):
        for area in (0.8, 0.9, 0.97, 0.99):
            print(f"ranks: area {area} {kind}", file=sys.stderr, flush=True)
            for positives, negatives in ((20, 20), (20, 200), (200, 20), (50, 50), (200, 200)):
                drawn = [_area(generator, kind, area, positives, negatives) for _ in range(RUNS)]
                texts = [
                    outside(area, [way(folded) for folded in drawn]).text for way in (_plain, _logit, _decisive_area)
                ]
                lines.append((kind, f"{area}", f"{positives}", f"{negatives}", *texts))
    head = ("scores", "area", "positives", "negatives", "DeLong", "logit", "verdict")
    return "\n".join([AREAS.format(runs=RUNS, error=error_of(RUNS)), markdown(head, lines)])


def _area(generator: np.random.Generator, kind: str, area: float, positives: int, negatives: int) -> RankedClasses:
    below = generator.normal(size=negatives)
    above = generator.normal(size=positives)
    if kind == "alike":
        above += math.sqrt(2.0) * ndtri(area)
    elif kind == "spread":
        above = 2.0 * above + math.sqrt(5.0) * ndtri(area)
    else:  # a blind positive is in order in half of its pairs
        above += np.where(generator.random(positives) < 2.0 * (1.0 - area), 0.0, 20.0)
    scores = np.concatenate([above, below])
    positive = np.arange(len(scores)) < positives
    rows = _rows(scores, positive, np.arange(len(scores)))
    return AreaUnderCurve("score", "positive")(rows, ("score", "positive"), len(scores))


def _value(folded: RankedClasses | MatchedAt | EqualErrors) -> float:
    return float(folded.value(np.ones((1, len(folded.size()))))[0])


def _plain(folded: RankedClasses) -> Pair:
    value, reach = _value(folded), stdtrit(math.inf, CONFIDENCE) * math.sqrt(folded.variance())
    return value - reach, value + reach


def _logit(folded: RankedClasses) -> Pair:
    value = _value(folded)
    if not 0.0 < value < 1.0:
        return value, value
    reach = stdtrit(math.inf, CONFIDENCE) * math.sqrt(folded.variance()) / (value * (1.0 - value))
    odds = value / (1.0 - value)
    return tuple(1.0 / (1.0 + math.exp(-sign * reach) / odds) for sign in (-1.0, 1.0))  # type: ignore[return-value]


def _decisive_area(folded: RankedClasses) -> Bounds | None:
    return area_bounds(folded, CONFIDENCE)


CLUSTERED = """
## Areas under the curve, several rows a patient

Every patient has rows of both classes (40 % positive); a patient's rows share a shift of their own, and his positives
another; spreads are given in units of the spread within. {runs:,} runs a row. *As if independent* is DeLong's
variance of rows taken for independent; *verdict* sums placements by patient (Obuchowski 1997).
"""


def clustered_areas() -> str:
    """Return the section of clustered rows."""
    generator = np.random.Generator(np.random.Philox(SEED + 1))
    lines = []
    for patients, each in ((20, 5), (50, 5), (100, 3), (50, 20)):
        for shift, own, area in ((1.0, 0.0, 0.85), (1.0, 1.0, 0.85), (1.0, 1.0, 0.95), (0.5, 0.5, 0.97)):
            every: list[tuple[Bounds | None, Bounds | None]] = []
            for _ in range(RUNS):
                units = np.repeat(np.arange(patients), each)
                positive = generator.random(len(units)) < 0.4
                apart = ndtri(area) * math.sqrt(2.0 * shift**2 + own**2 + 2.0)
                scores = generator.normal(size=len(units)) + shift * generator.normal(size=patients)[units]
                scores += positive * (apart + own * generator.normal(size=patients)[units])
                fold = AreaUnderCurve("score", "positive")
                single, both = (
                    area_bounds(fold(_rows(scores, positive, by), ("score", "positive"), len(units)), CONFIDENCE)
                    for by in (np.arange(len(units)), units)
                )
                every.append((single, both))
            texts = [outside(area, [pair[place] for pair in every]).text for place in (0, 1)]
            lines.append((f"{patients}", f"{each}", f"{shift}", f"{own}", f"{area}", *texts))
    head = ("patients", "rows each", "shift", "own", "area", "as if independent", "verdict")
    return "\n".join([CLUSTERED.format(runs=RUNS), markdown(head, lines)])


PEOPLE = """
## Verification

Each of n people is compared with himself once, and with everyone else; people have shifts of their own (in units of
the spread of one comparison), which all of their comparisons share. The true match rate is at a false match rate
(FMR) that is found on the same people. False conform / false fail; {few:,} runs up to 100 people (standard error at
5 %: {error}), {many} above ({more}); {resamples} resamples. *Percentile*: the plain quantiles of the resampled values.
*Bounds*: those of the product, which take only the variance from the resamples. *Behind*: effective number of people
in the false matches that the threshold rests on, median. Where few people make them, and one more of that kind was not
drawn, the threshold is too low and no resample knows it; so the product says how many there are, and with fewer than
20 decides nothing, as with fewer than ten effective people in all. *Verdict*: bounds that exclude the truth and decide.
An equal error rate is better low, so its false conform is the chance that the truth is *above* the upper bound.
"""
WORLDS = ((0.0, 0.0, 4.5), (0.5, 0.5, 5.5), (1.0, 1.0, 4.0))
"""Spread of shifts in all comparisons, in genuine ones besides, and how far genuine scores lie above."""


def people() -> str:
    """Return the section of verification."""
    generator = np.random.Generator(np.random.Philox(SEED + 2))
    lines = []
    for count in (20, 50, 100, 200, 500):
        print(f"ranks: {count} people", file=sys.stderr, flush=True)
        for world in WORLDS[: 1 if count == 500 else None]:
            lines += _world(generator, count, *world)
    head = ("people", "shift", "measure", "truth", "behind", "percentile", "bounds", "decides", "verdict")
    few, many = RUNS_OF_PEOPLE
    text = PEOPLE.format(few=few, many=many, error=error_of(few), more=error_of(many), resamples=RESAMPLES)
    return "\n".join([text, markdown(head, lines)])


def _world(generator: np.random.Generator, count: int, shift: float, own: float, apart: float) -> list[tuple[str, ...]]:
    runs = RUNS_OF_PEOPLE[0 if count <= 100 else 1]
    other, same = math.sqrt(1.0 + 2.0 * shift**2), math.sqrt(1.0 + own**2)
    rates = tuple(rate for rate in (0.05, 0.01, 0.001) if rate * count * (count - 1) >= 2.0)
    truths = [float(ndtr((apart - ndtri(1.0 - rate) * other) / same)) for rate in rates]
    truths.append(float(ndtr(-apart / (other + same))))
    names = ("score", "genuine")
    measures: list[TrueMatchRate | EqualErrorRate] = [TrueMatchRate(*names, rate) for rate in rates]
    measures.append(EqualErrorRate(*names))
    first, second = np.divmod(np.arange(count**2), count)
    weights = multinomial_weights(count, RESAMPLES, SEED)
    every: list[list[tuple[Pair, Bounds | None, float]]] = [[] for _ in measures]
    for _ in range(runs):
        mine = generator.normal(size=count)
        scores = generator.normal(size=(count, count)) + shift * (mine[:, None] + mine)
        # Of a genuine comparison the spread is the same, whatever the shifts of impostors.
        np.fill_diagonal(scores, apart + own * mine + generator.normal(size=count))
        values = np.column_stack([scores.ravel(), first == second]).astype(np.float64)
        rows = Rows(values, first, np.column_stack([first, second]))
        for fold, found in zip(measures, every, strict=True):
            folded = fold(rows, names, count)
            drawn = folded.value(weights)
            quantiles = np.quantile(drawn[np.isfinite(drawn)], [1.0 - CONFIDENCE, CONFIDENCE])
            behind = folded.behind() if isinstance(folded, MatchedAt) else math.nan
            found.append(((quantiles[0], quantiles[1]), resampled(folded, CONFIDENCE, SEED, RESAMPLES), behind))
    return [
        _line(count, shift, measure, truth, found)
        for measure, truth, found in zip(measures, truths, every, strict=True)
    ]


def _line(
    count: int,
    shift: float,
    measure: TrueMatchRate | EqualErrorRate,
    truth: float,
    found: list[tuple[Pair, Bounds | None, float]],
) -> tuple[str, ...]:
    decides = [bounds if bounds is not None and bounds.decisive else None for _, bounds, _ in found]
    ways: list[Sequence[Pair | Bounds | None]] = [[each[0] for each in found], [each[1] for each in found], decides]
    counts = [outside(truth, way) for way in ways]
    if isinstance(measure, TrueMatchRate):
        name, behind = f"at FMR {percent(measure.false_match_rate)}", f"{np.median([each[2] for each in found]):.0f}"
    else:
        name, behind = "equal error rate", "–"
        counts = [Count(each.above, each.below) for each in counts]
    decided = percent(float(np.mean([bounds is not None for bounds in decides])), 0)
    percentile, bounds, verdict = (each.text for each in counts)
    return f"{count}", f"{shift}", name, percent(truth, 2), behind, percentile, bounds, decided, verdict


MARKS = """
## Free response and average precision

{runs} runs a row; {resamples} resamples; false conform / false fail; standard error at 5 %: {error}. *Marks*: patients
have 1.3 lesions each on average and 3 or 8 false marks; the measure is LUNA16's mean sensitivity at 1/8 to 8 false
marks a scan. *Precision*: rows of two classes; the average precision of a set is a little above the truth when
positives are few (M. Zhu 2004 gives its definition; the bias is of the order of one over their number), which is why
it falsely conforms somewhat more often than it falsely fails.
"""


def marks_and_precision() -> str:
    """Return the section of marks and of precision."""
    print("ranks: marks and precision", file=sys.stderr, flush=True)
    generator = np.random.Generator(np.random.Philox(SEED + 3))
    lines = []
    for patients in (20, 50, 100, 200):
        for false, apart, spread in ((3.0, 1.5, 1.0), (3.0, 2.5, 1.5), (8.0, 2.5, 1.0)):
            thresholds = -ndtri(np.minimum(np.array(LUNA16) / false, 1.0))
            truth = float(ndtr((apart - thresholds) / math.hypot(spread, 0.5)).mean())
            found = [_marks(generator, patients, false, apart, spread) for _ in range(RUNS_OF_MARKS)]
            case = f"{false:.0f} false marks, lesions {apart} ± {spread}"
            lines.append(("marks", f"{patients} patients", case, percent(truth), outside(truth, found).text))
    for rows in (50, 200, 500):
        for share, apart in ((0.3, 1.5), (0.3, 3.0), (0.1, 2.0)):
            truth = _precision(share, apart)
            found = []
            for _ in range(RUNS_OF_MARKS):
                positive = generator.random(rows) < share
                scores = generator.normal(size=rows) + apart * positive
                names = ("score", "positive")
                folded = AveragePrecision(*names)(_rows(scores, positive, np.arange(rows)), names, rows)
                found.append(average_precision_bounds(folded, CONFIDENCE, SEED, RESAMPLES))
            case = f"{percent(share, 0)} positive, apart {apart}"
            lines.append(("precision", f"{rows} rows", case, percent(truth), outside(truth, found).text))
    head = ("measure", "size", "case", "truth", "verdict")
    return "\n".join(
        [MARKS.format(runs=RUNS_OF_MARKS, resamples=RESAMPLES, error=error_of(RUNS_OF_MARKS)), markdown(head, lines)]
    )


def _marks(generator: np.random.Generator, patients: int, false: float, apart: float, spread: float) -> Bounds | None:
    lesions, marks = generator.poisson(1.3, patients), generator.poisson(false, patients)
    scans = np.arange(patients)
    hit_by, false_by = np.repeat(scans, lesions), np.repeat(scans, marks)
    shift = 0.5 * generator.normal(size=patients)
    hits = apart + shift[hit_by] + spread * generator.normal(size=len(hit_by))
    values = np.zeros((patients + len(hit_by) + len(false_by), 5))
    values[:patients, 3], values[:patients, 4] = lesions, 1.0
    values[patients : patients + len(hit_by), :2] = np.column_stack([hits, np.ones(len(hits))])
    values[patients + len(hit_by) :, 0] = generator.normal(size=len(false_by))
    values[patients + len(hit_by) :, 2] = 1.0
    units = np.concatenate([scans, hit_by, false_by])
    names = ("score", "hit", "false", "lesions", "scans")
    folded = FreeResponse(*names)(Rows(values, units, units[:, None]), names, patients)
    return resampled(folded, CONFIDENCE, SEED, RESAMPLES)


def _precision(share: float, apart: float) -> float:
    """Return the average precision of endless data: the mean precision at a positive's score."""
    scores = np.linspace(-8.0, 12.0, 200_001)
    right, wrong = share * ndtr(apart - scores), (1.0 - share) * ndtr(-scores)
    density = np.exp(-((scores - apart) ** 2) / 2.0) / math.sqrt(2.0 * math.pi)
    return float((density * right / (right + wrong)).sum() * (scores[1] - scores[0]))
