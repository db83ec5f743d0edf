"""Whether there are rows and records of just the samples that were asked, each of its own unit."""

from __future__ import annotations

import hashlib

import numpy as np
from verify_report import canonical, demand

from verifying.areas import Array
from verifying.bundle import Further
from verifying.methods import METHODS

FAULTS = ("crash", "malformed", "missing", "refused", "timeout")


def draw(b: Further) -> None:
    """Check that of the ids as named just those were tested that the seed draws; if sequential, in that order."""
    if b.withheld and "evidence/ids.json" not in b.members:
        b.unchecked.append("which samples were drawn: ids are withheld")
        drawn = min(len(b.split), b.plan["limit"] or len(b.split))
        demand(drawn == b.plan["samples"], f"the plan draws {drawn} samples")
        demand(b.plan["sequential"] is not None or drawn == len(b.evidence.tested), "other samples were tested")
        return
    seed, limit, e, wanted = b.plan["seed"], b.plan["limit"], b.evidence, np.arange(len(b.ids))
    if limit is not None and limit < len(wanted):
        order = sorted(wanted.tolist(), key=lambda place: seed_of(seed, f"draw {limit}", b.ids[place]))
        wanted = np.array(sorted(order[:limit]), dtype=np.int64)
    demand(b.plan["samples"] == len(wanted), f"the plan draws {len(wanted)} samples")
    if e.order is not None:
        cluster = b.plan["clause"]["readings"][0]["cluster"]
        codes, names = (np.arange(len(b.ids)), b.ids) if cluster is None else e.codes[cluster]
        drawn = sorted(np.unique(codes[wanted]).tolist(), key=lambda code: seed_of(seed, "sequence", names[code]))
        demand(len(e.order) > 0 and drawn[: len(e.order)] == e.order.tolist(), "clusters were asked in another order")
        wanted = wanted[np.isin(codes[wanted], e.order)]
    demand(np.array_equal(wanted, e.tested), "other samples were tested than the plan draws")


def seed_of(seed: int, purpose: str, name: str) -> bytes:
    """Return what a sample or cluster is sorted by when it is drawn."""
    return hashlib.sha256(canonical([seed, purpose, name])).digest()[:8]


def completeness(b: Further) -> None:
    """Check that every sample has its row in every round, of its own unit; failures are counted."""
    e = b.evidence
    for reading in b.plan["clause"]["readings"]:
        for requirement in () if b.withheld else reading["requirements"]:
            codes = None if reading["cluster"] is None else e.codes[reading["cluster"]][0]
            for values, samples, units in b.tables[reading["name"], requirement["indicator"]]:
                known = not b.knows(reading) or METHODS[reading["method"]][requirement["indicator"]].possible(values)
                demand(known, f"{requirement['indicator']}: rows that no sample can have")
                found = samples if b.knows(reading) else np.unique(samples)
                demand(
                    np.array_equal(found, e.tested), f"{requirement['indicator']}: samples without a row, or with two"
                )
                demand(np.array_equal(units[:, 0], samples if codes is None else codes[samples]), "rows of other units")
    for name in ("withheld/rows", "answers/hashes"):
        demand(f"{name}.npy" not in b.members or b.array(name, 2, 256).shape == (len(b.split), 32), "hashes of others")
    faults, count = b.array("records/faults", below=len(FAULTS) + 1), b.rounds * len(e.tested)
    hold_answers(b, faults)
    demand(len(faults) == len(b.array("records/seconds")) == count, "there are other records than samples")
    failed = {FAULTS[code - 1]: int((faults == code).sum()) for code in np.unique(faults[faults > 0]).tolist()}
    demand(
        failed == {each["fault"]: each["count"] for each in b.report["failures"]}, "the report counts other failures"
    )
    demand(len(failed) == len(b.report["failures"]), "the report counts a failure twice")
    demand(b.report["answered"] == int((faults == 0).sum()), "the report counts other answers")


def hold_answers(b: Further, faults: Array) -> None:
    """Check that answers, where they are here, are of the samples that were asked; they are not counted again."""
    if "answers/answers.json" not in b.members:
        return
    answers = b.json("answers/answers.json")
    demand(canonical(answers) == b.members["answers/answers.json"], "answers are written in another way")
    demand([len(each) for each in answers] == [len(b.evidence.tested)] * b.rounds, "there are answers to other samples")
    said = [answer for each in answers for answer in each]
    fits = [bool(fault) == (answer is None) for fault, answer in zip(faults, said, strict=True)]
    demand(all(fits), "a failure has an answer, or a sample without one has none")
