"""From the rows of a bundle to estimates, findings and verdicts: what the folder judges again with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from verify_report import CONFORMS, FAILS, INVALID, OPEN
from verify_report import estimate as pooled

from verifying.areas import Array, Bounds, area, kish
from verifying.methods import METHODS, Measure
from verifying.sequential import log_capital, looks, refuted

CLOSE = 1e-8
"""Relative difference up to which two numbers are the same."""
MOST_UNITS = 500
"""Units are shown apart up to so many."""


class Unknown(Exception):
    """What is not known here, and therefore not checked."""


class Rows(NamedTuple):
    """Rows of an indicator: its columns, the samples they stem from, the unit that each belongs to."""

    values: Mapping[str, Array]
    samples: Array
    units: Array

    def only(self, kept: Array) -> Rows:
        """Return some of them."""
        return Rows({name: column[kept] for name, column in self.values.items()}, self.samples[kept], self.units[kept])

    def sums(self, names: Sequence[str], count: int) -> Array:
        """Return the sum of columns over each unit."""
        return np.bincount(self.units, sum(self.values[name] for name in names), minlength=count)


def estimate(measure: Measure, strata: Sequence[Rows], confidence: float) -> dict[str, Any]:
    """Return value and bounds, by the names that they have in a report; of shares and ratios, as the file does."""
    if measure.kind != "ranks":
        counted = [
            np.concatenate([np.sum([rows.values[name] for name in names], axis=0) for rows in strata])
            for names in (measure.events, measure.of)
        ]
        places = np.repeat(np.arange(len(strata)), [len(rows.units) for rows in strata])
        units = np.concatenate([rows.units for rows in strata])
        rows = (*counted, places, units, measure.kind, measure.complement)
        return pooled(rows, list(np.eye(len(strata), dtype=bool)), 1.0 - confidence, None)
    if len(strata) != 1:
        raise Unknown("bounds of a mean of areas, which are resampled")
    found: dict[str, Any] = dict.fromkeys(("value", "lower", "upper", "log_error"))
    positive = strata[0].values[measure.of[0]] > 0.0
    value, bounds, size, fewer = area(strata[0].values[measure.events[0]], positive, strata[0].units, confidence)
    found |= {"confidence": confidence, "method": "none", "decisive": True, "events": float(positive.sum())}
    found |= {"opportunities": float(len(positive)), "units": int((size > 0.0).sum()), "effective_units": kish(size)}
    if not math.isfinite(value):
        return found
    return found | ends(measure, value, bounds) | {"decisive": bounds is not None and round(fewer, 6) >= 10}


def ends(
    measure: Measure, value: float, bounds: Bounds | None, span: tuple[float, float] | None = None
) -> dict[str, Any]:
    """Return value and bounds on the indicator's own scale, within its range or another."""
    value = 1.0 - value if measure.complement else value
    if bounds is None:
        return {"value": value}
    lower, upper = (1.0 - bounds.upper, 1.0 - bounds.lower) if measure.complement else bounds[:2]
    low, high = span or measure.range
    lower, upper = max(lower, min(low, value)), min(upper, max(high, value))
    return {"value": value, "lower": lower, "upper": upper, "method": bounds.method, "log_error": bounds.log_error}


def within(limit: Mapping[str, Any], value: float) -> bool:
    """Tell whether a limit holds."""
    edge = float(limit["value"])
    return {"<": value < edge, "<=": value <= edge, ">": value > edge, ">=": value >= edge}[limit["operator"]]


def decide(found: Mapping[str, Any], limit: Mapping[str, Any], kind: str, rule: str) -> str:
    """Return what an estimate proves."""
    value, lower, upper = found["value"], found["lower"], found["upper"]
    if value is None:
        return OPEN
    if kind == "census" or (kind == "sample" and rule == "simple"):
        return CONFORMS if within(limit, value) else FAILS
    if kind == "zero_tolerance" and found["events"] > 0:
        return FAILS
    if lower is None or upper is None:
        return OPEN
    if kind == "zero_tolerance":
        return CONFORMS
    worse, better = (upper, lower) if limit["operator"].startswith("<") else (lower, upper)
    if not found["decisive"]:
        return OPEN
    return CONFORMS if within(limit, worse) else OPEN if within(limit, better) else FAILS


@dataclass(frozen=True)
class Evidence:
    """What verdicts are computed from; arrays are counted through the split's samples."""

    plan: Mapping[str, Any]
    card: Mapping[str, Any]
    codes: Mapping[str, tuple[Array, Sequence[str]]]
    tested: Array
    rows: Mapping[tuple[str, str], Rows]
    order: Array | None

    def members(self, column: str, samples: Array | None = None) -> list[int]:
        """Return the codes that a column has among some samples, or all of the split."""
        codes = self.codes[column][0]
        return [int(code) for code in np.unique(codes if samples is None else codes[samples])]

    def shown(self) -> list[str]:
        """Return the groups that a report shows, and units that are few, where the plan or the card names them."""
        named = set(self.card["groups"])
        for reading in self.plan["clause"]["readings"]:
            cover = reading["mean_over"] or reading["cover"]
            named |= {reading["cluster"], reading["every"], *([cover["group"], *cover["each"]] if cover else [])} - {
                None
            }
        if named != self.codes.keys():
            raise ValueError("codes are of other groups and units than the plan and the card name")
        sizes = {name: len(self.members(name, self.tested)) for name in named}
        few = min(MOST_UNITS, len(self.tested) - 1)
        units = [name for name in self.card["units"] if sizes.get(name, few + 1) <= few]
        return [name for name in dict.fromkeys((*self.card["groups"], *units)) if sizes[name] > 1]

    def split(self, rows: Rows, column: str) -> dict[str, Rows]:
        """Return the rows of each group that the split has."""
        codes, names = self.codes[column]
        return {names[code]: rows.only(codes[rows.samples] == code) for code in self.members(column)}


def same(found: Any, said: Any) -> bool:
    """Tell whether two values are the same, numbers up to `CLOSE`."""
    numbers = [isinstance(each, int | float) and not isinstance(each, bool) for each in (found, said)]
    if all(numbers):
        return math.isclose(found, said, rel_tol=CLOSE, abs_tol=1e-12)
    return type(found) is type(said) and bool(found == said)


def of_all(verdicts: set[str]) -> str:
    """Return the verdict on several things that must all hold."""
    return next((each for each in (INVALID, FAILS, OPEN, CONFORMS) if each in verdicts), INVALID)


class Case(NamedTuple):
    """A requirement and the rows that it is held against."""

    requirement: Mapping[str, Any]
    measure: Measure
    strata: Sequence[Rows]
    scope: Mapping[str, str]
    decides: bool


class Judged:
    """One reading of the clause, judged again."""

    def __init__(self, evidence: Evidence, reading: Mapping[str, Any]) -> None:
        self.evidence, self.plan, self.reading = evidence, evidence.plan, reading
        self.confidence = float(self.plan["decision"]["confidence"])
        self.coverage = reading["mean_over"] or reading["cover"]
        self.gap = self.coverage is not None and self._is_short(self.coverage)

    def _is_short(self, coverage: Mapping[str, Any]) -> bool:
        codes, tested = self.evidence.codes, self.evidence.tested
        groups = self.evidence.members(coverage["group"], tested)
        inside = [tested[codes[coverage["group"]][0][tested] == group] for group in groups]
        full = [
            all(len(self.evidence.members(unit, some)) >= least for unit, least in coverage["each"].items())
            for some in inside
        ]
        return sum(full) < coverage["at_least"] or not all(full)

    def _rows(self, requirement: Mapping[str, Any]) -> tuple[Measure, Rows]:
        measure = METHODS[self.reading["method"]][requirement["indicator"]]
        return measure, self.evidence.rows[self.reading["name"], requirement["indicator"]]

    def cases(self) -> Iterator[Case]:
        """Yield what is judged, in the order of reports."""
        for requirement in self.reading["requirements"]:
            if requirement["kind"] == "statistic":
                continue
            measure, rows = self._rows(requirement)
            every, cover = self.reading["every"], self.coverage and self.coverage["group"]
            for name, part in self.evidence.split(rows, every).items() if every else [("", rows)]:
                scope = {every: name} if every else {}
                groups = self.evidence.split(part, cover) if cover else {}
                strata = list(groups.values()) if self.reading["mean_over"] else [part]
                yield Case(requirement, measure, strata, scope, decides=True)
                for group, some in groups.items():
                    yield Case(requirement, measure, [some], {**scope, cover: group}, decides=False)

    def decided(self, case: Case, confidence: float) -> tuple[dict[str, Any], str]:
        """Return estimate and verdict of a case at a confidence."""
        limit, kind = case.requirement["limit"], case.requirement["kind"]
        if self.plan["sequential"] is not None:
            found, verdict = self._watched(case, confidence)
        else:
            found = estimate(case.measure, case.strata, confidence)
            verdict = decide(found, limit, kind, self.plan["decision"]["rule"])
            if kind == "census" and self.plan["limit"] is not None:
                return found, OPEN if verdict == CONFORMS else verdict
        return found, OPEN if case.decides and self.gap else verdict

    def _watched(self, case: Case, failing: float) -> tuple[dict[str, Any], str]:
        """Return estimate and verdict of a sequential plan: either side once shown stays shown."""
        (most,) = (each for each in self.plan["sequential"] if each["requirement"] == case.requirement["name"])
        order, limit, measure = self.evidence.order, case.requirement["limit"], case.measure
        assert order is not None
        confidence = self.confidence if case.decides else failing
        count = max(int(case.strata[0].units.max(initial=-1)), int(order.max(initial=-1))) + 1
        events, of = (case.strata[0].sums(names, count)[order] for names in (measure.events, measure.of))
        events, of = events[(of > 0.0) | (events > 0.0)], of[(of > 0.0) | (events > 0.0)]
        bad, size = events / (most["most"] * most["ceiling"]), of / most["most"]
        if (bad > size * (1.0 + 1e-9)).any() or (size > 1.0 + 1e-9).any():
            raise ValueError("a cluster exceeds what the plan declares")
        bad = np.minimum(bad, size)
        found: dict[str, Any] = dict.fromkeys(("value", "lower", "upper", "log_error")) | {"confidence": confidence}
        found |= {"method": "none", "events": float(events.sum()), "opportunities": float(of.sum()), "units": len(of)}
        found |= {"effective_units": kish(of) if len(of) else 0.0, "decisive": True}
        if not len(of):
            return found, OPEN
        edge = (1.0 - limit["value"] if measure.complement else limit["value"]) / most["ceiling"]
        below, above = log_capital(size - bad, size, 1.0 - edge), log_capital(bad, size, edge)
        good = limit["operator"].startswith("<") != measure.complement
        bounds = Bounds(
            most["ceiling"] * max(refuted(bad[:n], size[:n], confidence) for n in looks(above, confidence)),
            most["ceiling"]
            * (1.0 - max(refuted((size - bad)[:n], size[:n], confidence) for n in looks(below, confidence))),
            "betting-ratio/1",
        )
        value = float(events.sum() / of.sum())
        found |= ends(measure, value, bounds, (-math.inf, math.inf))
        found |= {"lower": min(found["lower"], found["value"]), "upper": max(found["upper"], found["value"])}
        holds, fails = (below, above) if good else (above, below)
        if len(looks(holds, confidence)) > 1:
            return found, CONFORMS
        return found, FAILS if len(looks(fails, failing)) > 1 else OPEN

    def findings(self) -> list[tuple[Case, dict[str, Any], str]]:
        """Return cases, estimates and verdicts, failures taken back that chance may explain (Holm)."""
        found = [(case, *self.decided(case, self.confidence)) for case in self.cases()]
        family = [n for n, (case, _, _) in enumerate(found) if case.decides and case.requirement["kind"] == "sample"]
        failed: set[int] = set() if len(family) > 1 else set(family)
        while len(failed) < len(family):
            level = (1.0 - self.confidence) / (len(family) - len(failed))
            more = {n for n in family if n not in failed and self.decided(found[n][0], 1.0 - level)[1] == FAILS}
            if not more:
                break
            failed |= more
        return [
            (case, each, OPEN if verdict == FAILS and n in family and n not in failed else verdict)
            for n, (case, each, verdict) in enumerate(found)
        ]

    def of_group(self, column: str) -> Iterator[tuple[Case, dict[str, Any], str]]:
        """Yield what is found in each member of a group or unit, which decides nothing."""
        for requirement in self.reading["requirements"]:
            measure, rows = self._rows(requirement)
            parts = self.evidence.split(rows, column)
            single = column == self.reading["cluster"] and measure.kind != "ranks"
            for name, part in parts.items():
                case = Case(requirement, measure, [part], {column: name}, decides=False)
                if single:
                    found, verdict = estimate(measure, [part], self.confidence), OPEN
                    bare = dict.fromkeys(("lower", "upper", "log_error"))
                    found |= bare | {"method": "none", "decisive": False}
                else:
                    found, verdict = self.decided(case, 1.0 - (1.0 - self.confidence) / len(parts))
                if found["value"] is not None:  # of what has nothing to count, nothing is said
                    yield case, found, verdict
