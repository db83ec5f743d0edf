"""How many samples of which kind a reading needs, before there is a product; and what a set can show at best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from steelyard import fields
from steelyard.bench.judging import judge
from steelyard.bench.needs import POWER, Needs, needs
from steelyard.bench.scoring import Scored, of_oracle, score
from steelyard.bench.trial import named, not_testable, obstacle, prepare
from steelyard.core.card import Card
from steelyard.core.errors import CallError
from steelyard.core.method import Family, Method
from steelyard.core.product import Identity, Product
from steelyard.core.specification import Clause, Reading, Specification
from steelyard.core.verdict import Judgement
from steelyard.core.words import Words
from steelyard.specs.reader import read
from steelyard.stats.sequential import cluster_sums


@dataclass(frozen=True)
class Planned:
    """What a clause needs and, where a set was named, what it can show at best."""

    specification: str
    clause: Clause
    needs: Needs
    card: Card | None
    at_best: tuple[Judgement, ...]
    """Of a product without any error, on that set."""


def plan_run(
    spec: str | Path,
    *,
    reading: str | None = None,
    test_set: str | None = None,
    expected: Sequence[str] = (),
    power: float = POWER,
    variation: float | None = None,
    per_cluster: float | None = None,
    groups: int | None = None,
) -> Planned:
    """Return what a clause needs, and what a set can show at best.

    Parameters
    ----------
    spec : str or path
        ``SPEC#CLAUSE``.
    reading : str, optional
        Of the clause; by default the first that has a method.
    test_set : str, optional
        Name or folder of a set.
    expected : sequence of str
        ``misses=0.4%``, or the value alone where there is one requirement.
    power, variation, groups
        As `needs` takes them; by default as many groups as the set has.
    per_cluster : float, optional
        Yes/no rows that each cluster gives; by default as many as in the set.

    Examples
    --------
    >>> planned = plan_run("miit-2017-315#medical", expected=["misses=0.5%"])
    >>> [(str(need.requirement.name), need.alone.settles) for need in planned.needs.each]
    [('detection', 410), ('misses', 2185), ('false_alarms', 410)]
    """
    name, wanted = named(str(spec))
    specification = read(name)
    clause = _clause(specification, wanted)
    at_best: tuple[Judgement, ...] = ()
    gives: dict[str, float] = {}
    if test_set is None:
        chosen, card = _reading(clause, reading), None
    else:
        trial = prepare(specification, ORACLE, clause=clause.name, reading=reading, test_set=test_set)
        scored = score(trial, of_oracle(trial.method))
        at_best = judge(trial, scored)
        chosen, card = trial.readings[0], trial.test_set.card
        gives = _rows_per_cluster(chosen, trial.method, scored)
        if chosen.every is not None and groups is None:
            groups = len({finding.scope[chosen.every] for finding in at_best[0].findings if finding.decides})
    assert chosen.method is not None
    needed = needs(
        chosen,
        fields.find(chosen.method, chosen.options),
        expected=_expected(expected, chosen),
        decision=specification.decision,
        power=power,
        variation=variation,
        per_cluster=gives if per_cluster is None else {each.name: per_cluster for each in chosen.requirements},
        groups=1 if groups is None else groups,
        card=card,
    )
    return Planned(f"{specification.name}@{specification.edition}", clause, needed, card, at_best)


def _never(*_: object) -> NoReturn:
    raise AssertionError("a control of planning is never started")


ORACLE = Product(
    identity=Identity("oracle:", "declared", None, Words("a product without any error", "毫无错误的产品")),
    assurance="B",
    start=_never,
    answered=frozenset(),
)
"""The control that planning judges in the place of a product."""
_EXPECTED = re.compile(r"(?:(?P<name>[a-z][a-z0-9_]*)\s*=\s*)?(?P<value>[-+]?[0-9.]+(?:e[-+]?\d+)?)\s*(?P<percent>%)?")


def _expected(texts: Sequence[str], reading: Reading) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in texts:
        match = _EXPECTED.fullmatch(text.strip())
        try:
            value = float(match["value"]) if match else None
        except ValueError:
            value = None
        names = [requirement.name for requirement in reading.requirements]
        if match is None or value is None or (match["name"] is None and len(names) > 1):
            raise CallError(
                Words(
                    f"--expect {text}: of which requirement, and which number?", f"--expect {text}：哪项要求、何值？"
                ),
                Words(
                    f"Write, for example, --expect {names[0]}=97%. The requirements: {', '.join(names)}.",
                    f"例如 --expect {names[0]}=97%。各项要求：{'、'.join(names)}。",
                ),
            )
        found[match["name"] or names[0]] = value / 100.0 if match["percent"] else value
    return found


def _clause(specification: Specification, name: str | None) -> Clause:
    if name is not None:
        return specification.clause(name)
    listed = ", ".join(f"{specification.name}#{clause.name}" for clause in specification.clauses)
    raise CallError(
        Words("which clause is planned?", "为哪一条款作计划？"), Words(f"Name one: {listed}", f"请指明其一：{listed}")
    )


def _reading(clause: Clause, name: str | None) -> Reading:
    """Return the reading of this name, or the first that can be planned; a missing condition is no hindrance."""
    wanted = [clause.reading(name)] if name is not None else [each for each in clause.readings if each.primary]
    able = [each for each in wanted if each.requirements and each.method in fields.names()]
    if not able:
        raise not_testable(clause, [(each, reason) for each in wanted if (reason := obstacle(each)) is not None])
    return able[0]


def _rows_per_cluster(reading: Reading, method: Method, scored: Scored) -> dict[str, float]:
    """Return how many rows each cluster of a set gives on average to each requirement; in groups, the most of any."""
    import numpy as np

    found = {}
    for requirement in reading.requirements if reading.cluster is not None else ():
        indicator = method.indicator(requirement.indicator)
        rows = scored.rows(indicator, reading.cluster)
        if indicator.family is not Family.PROPORTION or rows.units.shape[1] != 1:
            continue
        parts = [rows] if reading.every is None else scored.split(rows, reading.every).values()
        sums = [cluster_sums(indicator, part, np.unique(part.units[:, 0]))[1] for part in parts]
        found[requirement.name] = max([float(each[each > 0].mean()) for each in sums if (each > 0).any()], default=1.0)
    return found
