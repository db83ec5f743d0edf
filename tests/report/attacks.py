"""What can be done to a bundle: whatever checks bundles must find it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from steelyard.core.canonical import canonical, digest, sha256
from steelyard.fields.medical.diagnosis import COLUMNS
from steelyard.report.proof.bundle import ATTESTATIONS, MANIFEST
from steelyard.report.proof.evidence import loaded, saved

Members = dict[str, bytes]

RUNS: dict[str, dict[str, Any]] = {
    "whole": {},
    "drawn": {"limit": 60, "seed": 7},
    "repeated": {"limit": 40, "repeats": 2, "sessions": 2},
    "sequential": {"sequential": True},
    "grouped": {"test_set": "grouped"},
}


def renamed(members: Members) -> Members:
    """The manifest made anew, as anybody can."""
    said = json.loads(members[MANIFEST])
    files = {
        name: sha256(data)
        for name, data in sorted(members.items())
        if name != MANIFEST and not name.startswith(ATTESTATIONS)
    }
    try:
        plan = digest(json.loads(members["plan.json"])["plan"])
    except (ValueError, KeyError, TypeError, RecursionError):
        plan = said["plan"]
    return members | {MANIFEST: canonical(said | {"files": files, "plan": plan})}


def change(document: str, *path: str | int, to: Any) -> Callable[[Members], Members]:
    """Return what changes a value in a JSON file; of plan and report the digests are made to fit."""

    def changed(members: Members) -> Members:
        said = json.loads(members[document])
        inner = said
        for step in path[:-1]:
            inner = inner[step]
        assert inner[path[-1]] != to
        inner[path[-1]] = to
        if document == "plan.json":
            said["digest"] = digest(said["plan"])
            report = json.loads(members["report.json"])
            report |= {"plan": said["plan"], "plan_digest": said["digest"]}
            members = members | {"report.json": json.dumps(report).encode()}
        return members | {document: json.dumps(said, ensure_ascii=False).encode()}

    return changed


def with_arrays(changed: Callable[[dict[str, Any]], None]) -> Callable[[Members], Members]:
    """Return what changes the evidence's arrays, all of them written as they should be."""

    def change_them(members: Members) -> Members:
        arrays: dict[str, Any] = {}
        for name, data in members.items():
            if name.endswith(".npy"):
                float_ = "values" in name or "seconds" in name
                two = "values" in name or "units" in name or "leaves" in name
                arrays[name] = loaded(data, 2 if two else 1, float_=float_)
        changed(arrays)
        return members | {
            name: saved(array.astype(np.uint8) if name.endswith(("leaves.npy", "faults.npy")) else array)
            for name, array in arrays.items()
        }

    return change_them


TABLE = "evidence/tables/0/0"


def worst(arrays: dict[str, Any]) -> int:
    """A sample that counts against the product."""
    return int(np.flatnonzero(arrays[f"{TABLE}/values.npy"][:, 1])[0])


def drop_the_worst(arrays: dict[str, Any]) -> None:
    row = worst(arrays)
    for part in ("values", "samples", "units"):
        arrays[f"{TABLE}/{part}.npy"] = np.delete(arrays[f"{TABLE}/{part}.npy"], row, axis=0)


def leave_the_worst_out(arrays: dict[str, Any]) -> None:
    tested = arrays["evidence/tested.npy"]
    place = int(np.searchsorted(tested, arrays[f"{TABLE}/samples.npy"][worst(arrays)]))
    drop_the_worst(arrays)
    arrays["evidence/tested.npy"] = np.delete(tested, place)
    for name in ("faults", "seconds"):
        arrays[f"records/{name}.npy"] = np.delete(arrays[f"records/{name}.npy"], place)


def count_a_good_one_twice(arrays: dict[str, Any]) -> None:
    row = int(np.flatnonzero(arrays[f"{TABLE}/values.npy"][:, 1] == 0)[0])
    for part in ("values", "samples", "units"):
        array = arrays[f"{TABLE}/{part}.npy"]
        arrays[f"{TABLE}/{part}.npy"] = np.concatenate([array, array[row : row + 1]])


def count_as(column: str, value: float) -> Callable[[dict[str, Any]], None]:
    """Return what lets one sample count for many, or for less than none."""

    def counted(arrays: dict[str, Any]) -> None:
        arrays[f"{TABLE}/values.npy"][0, COLUMNS.index(column)] = value

    return counted


def in_another_order(arrays: dict[str, Any]) -> None:
    for part in ("values", "samples", "units"):
        arrays[f"{TABLE}/{part}.npy"] = arrays[f"{TABLE}/{part}.npy"][::-1]


def put_it_to_two(arrays: dict[str, Any]) -> None:
    units = arrays[f"{TABLE}/units.npy"]
    arrays[f"{TABLE}/units.npy"] = np.concatenate([units, units[::-1]], axis=1)


def put_it_to_another(arrays: dict[str, Any]) -> None:
    arrays[f"{TABLE}/units.npy"] = np.roll(arrays[f"{TABLE}/units.npy"], 1, axis=0)


def better(arrays: dict[str, Any]) -> None:
    arrays[f"{TABLE}/values.npy"][worst(arrays), 1] = 0


def another_row(arrays: dict[str, Any]) -> None:
    arrays["membership/leaves.npy"][3, 0] ^= 1


def another_place(arrays: dict[str, Any]) -> None:
    rows = arrays["evidence/rows.npy"]
    arrays["evidence/rows.npy"] = np.concatenate([rows[:-1], rows[-1:] + 1])


def shorter_split(arrays: dict[str, Any]) -> None:
    arrays["evidence/rows.npy"] = arrays["evidence/rows.npy"][:-1]
    arrays["membership/leaves.npy"] = arrays["membership/leaves.npy"][:-1]


def no_fault(arrays: dict[str, Any]) -> None:
    arrays["records/faults.npy"][:] = 0


def other_bands(arrays: dict[str, Any]) -> None:
    arrays["evidence/codes/0.npy"] = arrays["evidence/codes/0.npy"][::-1]


def other_ids(members: Members) -> Members:
    ids = json.loads(members["evidence/ids.json"])
    return members | {"evidence/ids.json": canonical(ids[::-1])}


def without(*path: str | int) -> Callable[[Members], Members]:
    """Return what takes a value out of the report."""

    def taken(members: Members) -> Members:
        said = json.loads(members["report.json"])
        inner = said
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        return members | {"report.json": json.dumps(said, ensure_ascii=False).encode()}

    return taken


def with_more(members: Members) -> Members:
    """A part that no report has."""
    said = json.loads(members["report.json"]) | {"award": "gold"}
    return members | {"report.json": json.dumps(said).encode()}


def one_group_twice(members: Members) -> Members:
    """One member stands where another one did."""
    said = json.loads(members["report.json"])
    said["groups"]["band"][0] = said["groups"]["band"][-1]
    return members | {"report.json": json.dumps(said).encode()}


def no_codes(members: Members) -> Members:
    """As if the set told nothing of bands: then none could be shown."""
    index = json.loads(members["evidence/index.json"])
    codes = {f"evidence/codes/{place}.npy": each for place, each in enumerate(index["codes"])}
    kept = [name for name, each in codes.items() if each["column"] != "band"]
    moved = {f"evidence/codes/{place}.npy": members[name] for place, name in enumerate(kept)}
    index["codes"] = [codes[name] for name in kept]
    others = {name: data for name, data in members.items() if name not in codes}
    return without("groups", "band")(others) | moved | {"evidence/index.json": canonical(index)}


def with_key(document: str, *path: str | int, of_digest: bool = False) -> Callable[[Members], Members]:
    """Return what adds a key that no such document has; of plan and card the digests are made to fit, where asked."""

    def added(members: Members) -> Members:
        said = json.loads(members[document])
        inner = said
        for step in path:
            inner = inner[step]
        inner["award"] = "gold"
        written = canonical(said) if document != "report.json" else json.dumps(said, ensure_ascii=False).encode()
        if document == "plan.json" and of_digest:
            said["digest"] = digest(said["plan"])
            report = json.loads(members["report.json"]) | {"plan": said["plan"], "plan_digest": said["digest"]}
            return members | {document: json.dumps(said).encode(), "report.json": json.dumps(report).encode()}
        return members | {document: written}

    return added


def another_set(members: Members) -> Members:
    """The card of another set, whose digests everything names; rows and proof are those of the first."""
    card = json.loads(members["card.json"]) | {"name": "easier", "digest": "sha256:" + "7" * 64}
    said, report = json.loads(members["plan.json"]), json.loads(members["report.json"])
    plan = said["plan"] | {"test_set": "easier@1", "test_set_digest": card["digest"], "test_set_card": digest(card)}
    report |= {"plan": plan, "plan_digest": digest(plan), "card": card}
    return members | {
        "card.json": canonical(card),
        "plan.json": json.dumps({"digest": digest(plan), "plan": plan}).encode(),
        "report.json": json.dumps(report, ensure_ascii=False).encode(),
    }


def two_samples_swapped(members: Members) -> Members:
    """The worst sample's rows under another one's number, and the other way round: no sum changes."""

    def swap(arrays: dict[str, Any]) -> None:
        values, row = arrays[f"{TABLE}/values.npy"], worst(arrays)
        other = int(np.flatnonzero(values[:, 1] == 0)[0])
        values[[row, other]] = values[[other, row]]

    return with_arrays(swap)(members)


def decomposed(members: Members) -> Members:
    """What reads the same, in other characters (NFD): other bytes are another name."""
    ids = json.loads(members["evidence/ids.json"])
    return members | {"evidence/ids.json": canonical([ids[0] + "e\u0301", *ids[1:]])}


def written_otherwise(name: str, old: bytes, new: bytes) -> Callable[[Members], Members]:
    """Return what says the same in other bytes."""

    def written(members: Members) -> Members:
        assert old in members[name]
        return members | {name: members[name].replace(old, new, 1)}

    return written


def backwards_in_time(arrays: dict[str, Any]) -> None:
    arrays["records/seconds.npy"][0] = -1.0


def in_no_time(arrays: dict[str, Any]) -> None:
    arrays["records/seconds.npy"][:] = 0.0


def one_id_twice(members: Members) -> Members:
    ids = json.loads(members["evidence/ids.json"])
    return members | {"evidence/ids.json": canonical([ids[1], *ids[1:]])}


def with_member(name: str, data: bytes = b"{}") -> Callable[[Members], Members]:
    """Return what adds a member that nobody asks for."""
    return lambda members: members | {name: data}


def a_second_table(members: Members) -> Members:
    """Rows with no error, said to be of the same use as the first: whoever reads the last one takes them."""
    index = json.loads(members["evidence/index.json"])
    place = len(index["tables"])
    index["tables"].append(index["tables"][0])
    values = loaded(members[f"{TABLE}/values.npy"], 2, float_=True).copy()
    values[:, 1] = 0
    copied = {f"evidence/tables/{place}/0/{part}.npy": members[f"{TABLE}/{part}.npy"] for part in ("samples", "units")}
    made = {f"evidence/tables/{place}/0/values.npy": saved(values), "evidence/index.json": canonical(index)}
    return members | copied | made


def one_use_twice(members: Members) -> Members:
    """A use that stands there a second time."""
    index = json.loads(members["evidence/index.json"])
    index["tables"][0]["uses"].append(index["tables"][0]["uses"][0])
    return members | {"evidence/index.json": canonical(index)}


def one_use_less(members: Members) -> Members:
    """A use that is left out."""
    index = json.loads(members["evidence/index.json"])
    del index["tables"][0]["uses"][0]
    return members | {"evidence/index.json": canonical(index)}


FINDING = ("judgements", 0, "findings", 0)
NOWHERE = {"method": "none", "lower": 0.0, "upper": 1.0}
MADE_UP = {"en": "made up", "zh": "虚构"}

ATTACKS: list[tuple[str, Callable[[Members], Members], str, str]] = [
    ("whole", change("report.json", "verdict", to="conforms"), "verdict", "the report says conforms"),
    ("whole", change("report.json", "exit_code", to=0), "verdict", ""),
    ("drawn", change("report.json", "depends_on_reading", to=True), "verdict", ""),
    ("whole", change("report.json", "judgements", 0, "findings", 0, "estimate", "upper", to=0.001),
     "estimates", "estimate"),
    ("whole", change("report.json", "judgements", 0, "findings", 0, "verdict", to="conforms"), "estimates", "verdict"),
    ("whole", change("report.json", "judgements", 0, "verdict", to="conforms"), "estimates", "verdict"),
    ("whole", change("report.json", "counts", "missed", to=0), "counts", ""),
    ("whole", change("report.json", "answered", to=189), "complete", "other failures"),
    ("whole", change("report.json", "failures", to=[]), "complete", "other failures"),
    ("whole", change("report.json", "card", "title", "en", to="A better set"), "card", "quotes another card"),
    ("whole", change("report.json", "clause", "words", to="合格"), "specification", "quotes another clause"),
    ("whole", change("report.json", "plan_digest", to="sha256:" + "0" * 64), "plan", "another plan"),
    ("whole", change("report.json", "plan", "product", "uri", to="cmd:better"), "plan", "another plan"),
    ("whole", change("plan.json", "plan", "clause", "readings", 0, "requirements", 0, "limit", "value", to=0.5),
     "specification", "is another one"),
    ("whole", change("plan.json", "plan", "clause", "words", to="合格"), "specification", "says something else"),
    ("whole", change("plan.json", "plan", "method", to="medical.probability"), "estimates", "its first reading is by"),
    ("whole", change("plan.json", "plan", "decision", "rule", to="simple"), "specification", "decision rule"),
    ("whole", change("plan.json", "plan", "decision", "confidence", to=0.5), "specification", "decision rule"),
    ("whole", change("plan.json", "plan", "specification_digest", to="sha256:" + "0" * 64),
     "specification", "another file"),
    ("whole", change("plan.json", "plan", "test_set_digest", to="sha256:" + "0" * 64), "card", "another set"),
    ("whole", change("plan.json", "plan", "test_set", to="wdbc@2"), "card", "another set"),
    ("drawn", change("plan.json", "plan", "seed", to=8), "draw", "other samples"),
    ("drawn", change("plan.json", "plan", "limit", to=59), "draw", "the plan draws 59 samples"),
    ("drawn", change("plan.json", "plan", "limit", to=None), "draw", "the plan draws 189 samples"),
    ("drawn", change("plan.json", "plan", "samples", to=59), "draw", "the plan draws 60 samples"),
    ("repeated", change("plan.json", "plan", "repeats", to=1), "draw", "rounds"),
    ("sequential", change("plan.json", "plan", "seed", to=1), "draw", "another order"),
    ("whole", change("card.json", "splits", "test", to=188), "card", "another card"),
    ("whole", with_arrays(drop_the_worst), "complete", "1 samples have no rows"),
    ("whole", with_arrays(leave_the_worst_out), "draw", "other samples"),
    ("sequential", with_arrays(drop_the_worst), "complete", "1 samples have no rows"),
    ("whole", with_arrays(count_a_good_one_twice), "counts", "counts something else"),
    ("whole", with_arrays(count_a_good_one_twice), "complete", "stand there twice"),
    ("whole", with_arrays(count_as("diseased", 500.0)), "complete", "diseased 500, which no sample can"),
    ("whole", with_arrays(count_as("missed", -1.0)), "complete", "missed -1"),
    ("whole", with_arrays(count_as("disease_free", 0.5)), "complete", "disease_free 0.5"),
    ("whole", with_arrays(count_as("patients", 0.0)), "complete", "patients 0"),
    ("whole", with_arrays(count_as("false_alarms", float("inf"))), "complete", "false_alarms inf"),
    ("whole", with_arrays(in_another_order), "complete", "0 samples have no rows"),
    ("whole", with_arrays(put_it_to_two), "complete", "other units"),
    ("whole", with_arrays(put_it_to_another), "complete", "other units"),
    ("whole", with_arrays(better), "estimates", "differs"),
    ("repeated", with_arrays(better), "estimates", "differs"),
    ("whole", with_arrays(another_row), "membership", "they lead to"),
    ("whole", with_arrays(another_place), "membership", ""),
    ("whole", with_arrays(shorter_split), "membership", ""),
    ("whole", with_arrays(no_fault), "complete", "the report counts other failures"),
    ("drawn", other_ids, "draw", "other samples"),
    ("whole", change("report.json", "claims", to=[{"en": "It heals.", "zh": "可治病。"}]), "said", "another claims"),
    ("whole", change("report.json", "claims", to=None), "said", "another claims"),
    ("whole", change("report.json", "format", to="steelyard/report/9"), "said", "it is no steelyard/report/1"),
    ("whole", with_more, "said", "other parts: award"),
    ("whole", without("notes"), "said", "other parts: notes"),
    ("whole", without("created"), "said", ""),
    ("whole", change("report.json", "stopped", to={"en": "all was settled", "zh": "已可判定"}), "said", "stopped"),
    ("whole", change("report.json", "not_judged", to={"none": {"en": "made", "zh": "自拟"}}), "said", "other readings"),
    ("whole", change("report.json", "repeatability", to=[{"limit": 0.0}]), "said", "another repeatability"),
    ("whole", change("report.json", "sealed", to={"commitment": "sha256:0"}), "said", "another sealed"),
    ("whole", without("non_claims", 0), "said", "another non_claims"),
    ("sequential", change("report.json", "stopped", to=None), "said", "another stopped"),
    ("grouped", change("report.json", "groups", to={}), "counts", "shows other groups: band, patient"),
    ("grouped", without("groups", "patient"), "counts", "shows other groups: patient"),
    ("grouped", without("groups", "band", 0), "counts", "is left out"),
    ("grouped", without("groups", "patient", -1), "counts", "is left out"),
    ("grouped", one_group_twice, "counts", "band: "),
    ("grouped", no_codes, "counts", "other groups and units"),
    ("whole", another_set, "membership", "they lead to"),
    ("drawn", decomposed, "draw", "other samples"),
    ("whole", one_id_twice, "draw", "not one for one"),
    ("whole", with_key("report.json", *FINDING), "estimates", "differs"),
    ("whole", with_key("report.json", *FINDING, "estimate"), "estimates", "differs"),
    ("whole", with_key("report.json", "judgements", 0), "estimates", "differs"),
    ("grouped", with_key("report.json", "groups", "band", 0), "counts", "differs"),
    ("whole", with_key("report.json", "plan"), "plan", "another plan"),
    ("whole", with_key("report.json", "card"), "card", "quotes another card"),
    ("whole", with_key("report.json", "failures", 0), "shape", "other parts: award"),
    ("whole", with_key("plan.json"), "shape", "plan.json has other parts: award"),
    ("whole", with_key("plan.json", "plan", of_digest=True), "plan", "its digest does not fit"),
    ("whole", with_key("plan.json", "plan", "product", of_digest=True), "plan", "its digest does not fit"),
    ("whole", with_key("card.json"), "card", "award"),
    ("whole", with_key("evidence/index.json"), "shape", "other parts: award"),
    ("whole", with_key("evidence/index.json", "tables", 0), "shape", "other parts: award"),
    ("whole", with_key("membership/proof.json"), "shape", "other parts: award"),
    ("whole", written_otherwise("evidence/ids.json", b",", b", "), "shape", "in another way"),
    ("whole", written_otherwise("evidence/index.json", b'"rounds":1', b'"rounds":1.0'), "shape", "in another way"),
    ("whole", written_otherwise("membership/proof.json", b'":[', b'": ['), "shape", "in another way"),
    ("whole", with_arrays(backwards_in_time), "shape", "less than no time"),
    ("whole", a_second_table, "estimates", "names other tables than the plan makes"),
    ("whole", one_use_twice, "estimates", "names other tables than the plan makes"),
    ("whole", one_use_less, "estimates", "names other tables than the plan makes"),
    ("whole", with_member("evidence/award.json"), "shape", "evidence/award.json belongs to no such bundle"),
    ("whole", with_member("evidence/tables/9/0/values.npy"), "shape", "belongs to no such bundle"),
    ("whole", with_member("evidence/tables/0/1/values.npy"), "shape", "belongs to no such bundle"),
    ("whole", with_member("evidence/codes/99.npy"), "shape", "belongs to no such bundle"),
    ("whole", with_member("evidence/order.npy"), "shape", "belongs to no such bundle"),
    ("whole", with_member("head.json"), "shape", "belongs to no such bundle"),
    ("whole", with_member("run.json", b"[1]"), "shape", ""),
    ("whole", change("report.json", "created", to="Jan 2099"), "said", "no time with its zone"),
    ("whole", change("report.json", "created", to="2099-01-01T00:00:00"), "said", "no time with its zone"),
    ("whole", change("report.json", "created", to="2099-01-01 00:00:00+00:00"), "said", "no time with its zone"),
    ("whole", change("report.json", "created", to="2099-01-01T00:00:00Z"), "said", "no time with its zone"),
    ("whole", change("report.json", "created", to=4070908800), "said", "no time with its zone"),
    ("whole", with_member("run.json", b'{"run":1}'), "shape", "run.json says no text"),
    ("whole", with_member("run.json", b'{"award":"gold","run":"a"}'), "shape", "run.json has other parts: award"),
]  # fmt: skip


NOT_ALONE: dict[tuple[str, str, str], str] = {
    ("whole", "counts", ""): "sums of columns decide nothing",
    ("sequential", "draw", "another order"): "nothing of a sequential plan is proved alone: it ends with 11 at best",
    ("whole", "complete", "patients 0"): "the column is of an indicator that is not required",
    ("whole", "complete", "0 samples have no rows"): "rows in another order have the same sums",
    ("whole", "complete", "other units"): "alone, the unit of a row is that of its sample, whatever stands beside it",
    ("whole", "complete", "the report counts other failures"): "faults decide nothing: rows count what failed",
    ("whole", "said", "another claims"): "claims follow from the verdict",
    ("whole", "said", "stopped"): "words on a plan's end",
    ("whole", "said", "other readings"): "why others were not judged",
    ("whole", "said", "another repeatability"): "it decides nothing",
    ("whole", "said", "another sealed"): "words on the set",
    ("whole", "said", "another non_claims"): "what is not claimed",
    ("sequential", "said", "another stopped"): "words on a plan's end",
    ("grouped", "counts", "shows other groups: band, patient"): "results by group decide nothing",
    ("grouped", "counts", "shows other groups: patient"): "results by group decide nothing",
    ("grouped", "counts", "is left out"): "results by group decide nothing",
    ("grouped", "counts", "band: "): "results by group decide nothing",
    ("grouped", "counts", "other groups and units"): "groups that no requirement asks for",
    ("whole", "shape", "less than no time"): "no requirement is about time",
    ("whole", "shape", "evidence/award.json belongs to no such bundle"): "nobody reads it, and the manifest names it",
    ("whole", "shape", "belongs to no such bundle"): "nobody reads it, and the manifest names it",
    ("whole", "shape", ""): "the number of the run in a log",
    ("whole", "said", "no time with its zone"): "when it was made is the laboratory's word",
    ("whole", "shape", "run.json says no text"): "the number of the run in a log",
    ("whole", "shape", "run.json has other parts: award"): "the number of the run in a log",
}
"""Attacks, by run, check and what is said, that `tools/verify_report.py` does not find without its folder, and why."""

FOUND_ALONE = (
    *("1 samples have no rows", "other samples", "counts something else", "stand there twice", "they lead to"),
    "differs",
    *("is another one", "decision rule", "another set", "another card", "rounds", "another plan", "other parts: award"),
    *("its digest does not fit", "in another way", "not one for one", "names other tables than the plan makes"),
)
"""What is said of samples, sets, limits, seeds, rules, plans and parts that were changed: a verdict rests on them."""


def another_product(members: Members) -> Members:
    """What no computing finds: it was another product that answered."""
    return renamed(change("plan.json", "plan", "product", "digest", to="sha256:" + "1" * 64)(members))


def _in_capitals(data: bytes) -> bytes:
    """The proof's hashes in capital digits."""
    said = json.loads(data)
    return canonical(said | {"nodes": [node.upper() for node in said["nodes"]]})


LEFT: list[tuple[str, Callable[[Members], Members], str]] = [
    ("whole", another_product, "which product answered is the signer's word"),
    ("whole", change("plan.json", "plan", "product", "uri", to="cmd:better"), "so is its name"),
    ("whole", change("plan.json", "plan", "assurance", to="A"), "so is who watched"),
    ("whole", change("plan.json", "plan", "attempt", to=1), "so is how often it was tried: a log tells"),
    ("whole", change("plan.json", "plan", "batch", to=1), "so is how it was asked"),
    ("whole", two_samples_swapped, "no sum changes: answers in the bundle, and the set, tell (check answers)"),
    ("whole", decomposed, "all are tested, and no draw hangs on ids: the set tells (check set)"),
    ("whole", with_arrays(in_no_time), "no requirement is about time: seconds are a record beside"),
    ("whole", change("report.json", "created", to="1999-01-01T00:00:00+00:00"), "time: a log, or a timestamp, tells"),
    ("whole", change("report.json", "environment", to={}), "the laboratory's word"),
    ("whole", change("report.json", "notes", to=[MADE_UP]), "the laboratory's word"),
    ("whole", change("report.json", "failures", 0, "first", to=MADE_UP), "what a failure said is not in the rows"),
    (
        "whole",
        written_otherwise("report.html", b"<body", b"<body hidden"),
        "a page shows report.json, and proves nothing",
    ),
    ("whole", written_otherwise("report.json", b'"answered": ', b'"answered":   '), "JSON that is signed as it is"),
]
"""What no computing finds, and why; a signature does. With what else tells."""

LEFT_TO_ONE: list[tuple[str, Callable[[Members], Members], str, str]] = [
    ("whole", change("report.json", *FINDING, "title", to=MADE_UP), "estimates", "titles are the method's words"),
    ("whole", change("report.json", *FINDING, "because", to=MADE_UP), "estimates", "sentences on bounds"),
    ("whole", change("report.json", *FINDING, "tipping", to=None), "estimates", "wrong references that it survives"),
    ("whole", change("report.json", *FINDING, "new_run", to=MADE_UP), "estimates", "advice on the size of a new run"),
    ("whole", change("report.json", *FINDING, "estimate", "flags", to=[MADE_UP]), "estimates", "flags of the bounds"),
    ("whole", change("report.json", *FINDING, "estimate", "beside", to=[NOWHERE]),
     "estimates", "bounds that are shown beside decide nothing"),
    ("whole", change("report.json", "non_claims", 1, to=MADE_UP), "said", "sentences on what is not claimed"),
    ("repeated", change("report.json", "repeatability", 0, "title", to=MADE_UP), "said", "it decides nothing"),
]  # fmt: skip
"""What `steelyard verify` finds and the second program leaves, since it decides nothing; with a signature both do."""


TRICKS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("report.json", lambda data: data.replace(b'"verdict"', b'"verdict":"conforms","verdict"', 1), "twice"),
    ("report.json", lambda data: data.replace(b'"value": 0.', b'"value": NaN, "x": 0.', 1), "NaN is no number"),
    ("report.json", lambda data: data.replace(b'"upper": 0.', b'"upper": 1e400, "x": 0.', 1), "1e400 is no number"),
    ("report.json", lambda data: data.replace(b'"missed": ', b'"missed": -0, "x": ', 1), ""),
    ("report.json", lambda data: data.decode().encode("utf-16"), "cannot be read"),
    ("report.json", lambda _: b"[]", "no object"),
    ("report.json", lambda _: b"[" * 100_000, "nested too deeply"),
    ("plan.json", lambda _: b'{"plan":' * 100_000, "nested too deeply"),
    ("plan.json", lambda _: b"{}", "no plan"),
    ("card.json", lambda data: data.replace(b'"name"', b'"\\u006eame"', 1), "another card"),
    ("card.json", lambda data: data + b"\n", "another card"),
    ("evidence/rows.npy", lambda data: data.replace(b"'<", b"'>", 1), ""),
    ("evidence/tested.npy", lambda data: data.replace(b"'|u1'", b"'|O8'", 1), ""),
    ("evidence/index.json", lambda data: data.replace(b'"rounds":1', b'"rounds":10000000000', 1), ""),
    ("membership/proof.json", lambda data: data.replace(b'"size":', b'"size":9', 1), ""),
    ("membership/proof.json", _in_capitals, "a hash is written in another way"),
    ("report.json", lambda data: b"\xef\xbb\xbf" + data, "cannot be read"),
    ("report.json", lambda data: data.replace(b'"claims"', b'"clai\\ud800ms"', 1), "half of a surrogate pair"),
    ("report.json", lambda data: data.replace(b'"created": "', b'"created": "\\uDFFF', 1), "half of a surrogate pair"),
    ("evidence/ids.json", lambda data: data.replace(b'"', b'"\\ud800', 1), "half of a surrogate pair"),
    ("report.json", lambda data: data.replace(b'"lower": 0.', b'"lower": -0.', 1), "differs"),
    ("report.json", lambda data: re.sub(rb'"answered": \d+', b'"answered": true', data, count=1), "other failures"),
    ("report.json", lambda data: re.sub(rb'"answered": \d+', b'"answered": 9007199254740993', data, count=1), "other"),
    ("report.json", lambda data: re.sub(rb'"exit_code": (\d+)', rb'"exit_code": "\1"', data, count=1), "it follows"),
    ("evidence/ids.json", lambda data: data.replace(b'"', b'"\\u0061', 1), "in another way"),
    ("evidence/tested.npy", lambda data: data.replace(b"'shape': (1", b"'shape': (01", 1), ""),
    ("evidence/rows.npy", lambda data: data.replace(b"\x93NUMPY\x01", b"\x93NUMPY\x02", 1), ""),
]

EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=4)


def edited(members: Members, which: int, edits: list[tuple[float, int, bytes]], *, manifest_too: bool) -> Members:
    """One member with something written over what it holds, and perhaps the manifest made anew."""
    name = sorted(members)[which % len(members)]
    content = bytearray(members[name])
    for share, length, said in edits:
        start = round(share * len(content))
        content[start : start + length] = said
    members = members | {name: bytes(content)}
    return renamed(members) if manifest_too and name != MANIFEST else members
