"""Checks a bundle (report.zip) without Steelyard: a second program, so that trust does not rest on one.

    python tools/verify_report.py report.zip [--trust KEY.pub …]

It needs Python, NumPy and cryptography, and the folder `verifying` beside it, and nothing of Steelyard.

Exit codes: 0 all holds and a trusted key has signed; 11 all holds, but nobody trusted has signed, or the verdict rests
on what is not checked here; 12 something does not hold; 2 the call was wrong. docs/proof.md says what is checked.
"""

from __future__ import annotations

import argparse
import base64
import re
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from verifying.archive import canonical, log_seed, members_of, read_json, root_of, seed_of, sha256
from verifying.bounds import Bad
from verifying.bundle import MANIFEST, SIGNED, Bundle, demand, equal
from verifying.particulars import particulars
from verifying.shapes import hold_answers, hold_time, shape
from verifying.signatures import Key, signatures
from verifying.verdicts import CONFORMS, FAILS, INVALID, OPEN, Case, Judged, Unknown, of_all, possible, same

FAULTS = ("crash", "malformed", "missing", "refused", "timeout")
PARTS = {
    *("format", "exit_code", "plan_digest", "plan", "card", "clause", "verdict", "depends_on_reading", "judgements"),
    *("not_judged", "groups", "failures", "answered", "counts", "notes", "repeatability", "stopped", "sealed"),
    *("claims", "non_claims", "environment", "created"),
}
EXIT = {CONFORMS: 0, FAILS: 10, OPEN: 11, INVALID: 12}
NEVER = (
    "that the product gave these answers; that reference answers are right; that ids, groups, units, split are theirs; "
    "that a log's head is that log's own",
    "what else the clause says (units, groups, words): of the YAML only digest, limits and decision rule are read",
    "sentences (with what is not claimed), flags, bounds shown beside, tipping points, advice on new runs, "
    "repeatability, notes, why readings were not judged, the environment, the time, the page report.html; what the "
    "laboratory says beside (particulars)",
)


def manifest(b: Bundle) -> None:
    """Check that every file is the one that the manifest names."""
    files = {name: sha256(data) for name, data in b.members.items() if name != MANIFEST and not name.startswith(SIGNED)}
    said = b.json(MANIFEST)
    for name in sorted(files.keys() | said["files"].keys()):
        demand(files.get(name) == said["files"].get(name), f"{name} is missing, changed or too many")
    wanted = {"format": "steelyard/bundle/1", "plan": sha256(canonical(b.plan)), "files": files}
    demand(canonical(wanted) == b.members[MANIFEST], "it says something else than its files")


def plan(b: Bundle) -> None:
    """Check that the report is of the plan, which is locked by its digest."""
    locked = sha256(canonical(b.plan))
    demand(locked == b.json("plan.json")["digest"] == b.report["plan_digest"], "the plan has another digest")
    demand(b.plan["format"] in ("steelyard/plan/1", "steelyard/plan/2"), "it is a plan of another format")
    demand(b.plan["method"] == b.plan["clause"]["readings"][0]["method"], "another method decides")
    more = {name for name, value in b.report["plan"].items() if name not in b.plan and (name, value) != ("log", None)}
    demand(not more or b.plan["format"] == "steelyard/plan/1", "the report is of another plan")
    equal({name: b.report["plan"][name] for name in b.plan}, b.plan, "the report is of another plan")


def seed(b: Bundle) -> None:
    """Check that a plan that entered a log has that log's head beside it, and its seed if that should follow."""
    log = b.plan.get("log")
    demand((log is None) == ("head.json" not in b.members), "the plan names a log, or its head is here, and not both")
    if log is None:
        return
    head = read_json(base64.b64decode(b.json("head.json")["payload"], validate=True))
    demand((head["size"], head["root"]) == (log["size"], log["root"]), "the plan names another head of the log")
    if log["seeded"]:
        found = log_seed(b.plan, log["root"])
        demand(b.plan["seed"] == found, f"the log's head leads to the seed {found}")


def specification(b: Bundle) -> None:
    """Check that the specification is the one that the plan locks, says the limits, and is quoted in the report."""
    text, clause = b.members["specification.yaml"], b.plan["clause"]
    demand(sha256(text) == b.plan["specification_digest"], "it is another file")
    equal({**clause, "readings": None}, {**b.report["clause"], "readings": None}, "the report quotes another clause")
    named = [
        re.search(rf"^{key}:\s*(['\"]?)(.*?)\1\s*(#.*)?$", text.decode(), re.M) for key in ("specification", "edition")
    ]
    label = "@".join(each[2] if each else "" for each in named)
    demand(label == b.plan["specification"], f"it calls itself {label}")
    rule, confidence = _decision(text.decode())
    decision = b.plan["decision"]
    demand(decision["rule"] == rule and decision["confidence"] >= confidence, "it decides by another rule")
    quoted = {reading["name"]: reading for reading in b.report["clause"]["readings"]}
    for reading in clause["readings"]:
        equal(reading, quoted.get(reading["name"]), f"the report quotes another reading {reading['name']}")
        for each in reading["requirements"]:
            limit = each["limit"]
            operator, figures, unit = re.fullmatch(r"(\S+) (\S+) ?(.*)", limit["text"]).groups()  # type: ignore[union-attr]
            operator = {"≤": "<=", "≥": ">="}.get(operator, operator)
            value = Decimal(figures) / 100 if unit == "%" else Decimal(figures)
            demand(
                (operator, float(value)) == (limit["operator"], limit["value"]), f"{each['name']}: a limit in two ways"
            )
            written = rf"\b{each['indicator']}\s*{operator}\s*{re.escape(figures)}\s*{re.escape(unit)}"
            demand(
                re.search(written, text.decode()) is not None, f"it does not say {each['indicator']} {limit['text']}"
            )


def _decision(text: str) -> tuple[str, float]:
    """Return rule and confidence as the specification has them, by the keys of its block ``decision``."""
    block = re.search(r"^decision:(.*?)(?=^\S|\Z)", text, re.DOTALL | re.MULTILINE)
    said = dict(re.findall(r"\b(rule|confidence):\s*([\w.]+)", block[1])) if block else {}
    return said.get("rule", "guarded"), float(said.get("confidence", 0.95))


def card(b: Bundle) -> None:
    """Check that the set's card is the one that the plan locks."""
    demand(canonical(b.card) == b.members["card.json"], "it is written in another way")
    found = (sha256(canonical(b.card)), b.card["digest"], f"{b.card['name']}@{b.card['version']}")
    demand(found == tuple(b.plan[f"test_set{each}"] for each in ("_card", "_digest", "")), "it is another card or set")
    equal(b.report["card"], b.card, "the report quotes another card")


def membership(b: Bundle) -> None:
    """Check that the rows lead to the set's Merkle root, and are as many as the split has."""
    proof, leaves = b.json("membership/proof.json"), b.array("membership/leaves", 2, 256)
    places = [0, *(b.split + 1).tolist()]
    demand(proof["size"] == b.card["samples"] + 1, "the proof is of a set of another size")
    demand(leaves.shape == (len(places), 32), "there are hashes of other rows")
    nodes = [bytes.fromhex(node) for node in proof["nodes"]]
    root = root_of(places, [row.tobytes() for row in leaves], nodes, proof["size"])
    demand(f"sha256:{root.hex()}" == b.card["digest"], f"they lead to {root.hex()}")
    demand(len(b.split) == b.card["splits"][b.plan["split"]], f"the split has not {len(b.split)} rows")


def draw(b: Bundle) -> None:
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


def completeness(b: Bundle) -> None:
    """Check that every sample has its row in every round, of its own unit; failures are counted."""
    e = b.evidence
    for reading in b.plan["clause"]["readings"]:
        for requirement in () if b.withheld else reading["requirements"]:
            codes = None if reading["cluster"] is None else e.codes[reading["cluster"]][0]
            for values, samples, units in b.tables[reading["name"], requirement["indicator"]]:
                known = not b.knows(reading) or possible(reading["method"], values)
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


def estimates(b: Bundle) -> None:
    """Check that values, bounds and findings, computed again from the rows, are the report's."""
    clause = b.plan["clause"]
    for reading, said in zip(clause["readings"], b.report["judgements"], strict=True):
        named = (clause["name"], reading["name"], reading["primary"])
        demand(named == (said["clause"], said["reading"], said["primary"]), "another reading was judged")
        try:
            if not b.knows(reading):
                raise Unknown("what is withheld" if b.withheld else f"what {reading['method']} counts")
            judged = Judged(b.evidence, reading)
            found = judged.findings()
        except Unknown as unknown:
            b.unchecked.append(f"estimates and verdict of the reading {reading['name']}: {unknown} is not known here")
            continue
        demand(judged.gap == (said["gap"] is not None), f"{reading['name']}: what it covers is said otherwise")
        demand(len(found) == len(said["findings"]), f"{reading['name']}: there are {len(found)} findings")
        for each, finding in zip(found, said["findings"], strict=True):
            _same_finding(each, finding)


def _same_finding(found: tuple[Case, dict[str, Any], str], said: Mapping[str, Any]) -> None:
    case, estimate, verdict = found
    name = f"{case.requirement['name']} {dict(case.scope) or ''}".strip()
    wanted = [case.requirement, case.scope, case.decides]
    equal(wanted, [said["requirement"], said["scope"], said["decides"]], f"{name}: it is of something else")
    for field, value in estimate.items():
        shown = said["estimate"][field]
        demand(same(value, shown), f"{name}: {field} is {value}, and the report says {shown}")
    demand(verdict == said["verdict"], f"{name}: it follows {verdict}, and the report says {said['verdict']}")


def counts(b: Bundle) -> None:
    """Check that so are sums of columns, and results by group."""
    readings, sums = b.plan["clause"]["readings"], dict[str, float]()
    for (name, _), rows in b.evidence.rows.items():
        demand(name in {reading["name"] for reading in readings}, "rows of no reading")
        for column, values in rows.values.items():
            sums.setdefault(column, float(values.sum()))
    if not all(map(b.knows, readings)):
        b.unchecked.append("sums of columns, and results by group, of methods that are not known here")
        return
    demand(sums.keys() == b.report["counts"].keys(), "the report counts other columns")
    for column, total in sums.items():
        demand(same(total, b.report["counts"][column]), f"{column}: there are {total}")
    equal(sorted(b.report["groups"]), sorted(b.evidence.shown()), "the report shows other groups")
    for name, members in b.report["groups"].items():
        try:
            known = {_key(each[0]._asdict()): each for each in Judged(b.evidence, readings[0]).of_group(name)}
        except Unknown as unknown:
            b.unchecked.append(f"results by {name}: {unknown}")
            continue
        for member in members:
            demand(_key(member) in known, f"{name}: a member is unknown, or stands there twice")
            _same_finding(known.pop(_key(member)), member)
        demand(not known, f"{name}: {len(known)} results are left out")


def _key(finding: Mapping[str, Any]) -> bytes:
    return canonical([finding["requirement"], finding["scope"]])


def verdict(b: Bundle) -> None:
    """Check that the verdict follows from the findings, and so do exit code and "depends on the reading"."""
    report, found = b.report, []
    for judgement in report["judgements"]:
        found.append(of_all({each["verdict"] for each in judgement["findings"] if each["decides"]}))
        demand(found[-1] == judgement["verdict"], f"{judgement['reading']}: it follows {found[-1]}")
    if (report["verdict"], report["exit_code"]) == (INVALID, EXIT[INVALID]):
        demand(report["depends_on_reading"] is False or found[0] == INVALID, "what is invalid depends on no reading")
        return  # it claims nothing: the product was another one at the end
    demand(report["verdict"] == found[0], f"it follows {found[0]}, and the report says {report['verdict']}")
    demand(report["depends_on_reading"] is (len(set(found)) > 1), "whether it depends on the reading is said otherwise")
    code = 0 if b.plan["clause"]["binding"] == "soft" and found[0] != INVALID else EXIT[found[0]]
    demand(report["exit_code"] == code, f"its exit code is {code}")


def said(b: Bundle) -> None:
    """Check that the report has its parts and no others, and claims nothing that its verdict does not bear out."""
    report = b.report
    equal(sorted(report), sorted(PARTS), "the report has other parts")
    demand(report["format"] == "steelyard/report/1", "it is a report of another format")
    hold_time(report["created"])
    claim = b.plan["clause"]["readings"][0]["claim"]
    claims = [claim] if claim is not None and report["verdict"] == CONFORMS else []
    equal(report["claims"], claims, "it claims something else than its reading does")
    scope = [] if b.card["scope"] is None else [b.card["scope"]]
    equal(report["non_claims"][: len(scope)], scope, "it does not say what the set cannot show")
    judged = {reading["name"] for reading in b.plan["clause"]["readings"]}
    others = sorted({reading["name"] for reading in report["clause"]["readings"]} - judged)
    equal(sorted(report["not_judged"]), others, "other readings were not judged")
    demand((report["stopped"] is None) == (b.evidence.order is None), "only a sequential plan stops early")
    demand(bool(report["repeatability"]) <= (b.rounds > 1), "nothing was repeated")
    sealed = report["sealed"]
    demand((sealed is None) != b.withheld, "rows are withheld, and the set is not sealed, or the other way round")
    if b.withheld:
        demand(sealed["commitment"] == b.card["digest"], "the report is of another sealed set")
        shown = [name for name in b.members if name.startswith("evidence/tables/")]
        demand(not shown and sealed["inputs"] != ("evidence/ids.json" in b.members), "it withholds something else")


CHECKS = (
    *(
        manifest,
        plan,
        seed,
        specification,
        card,
        membership,
        draw,
        completeness,
        shape,
        estimates,
        counts,
        verdict,
        said,
    ),
    particulars,
)


def main(arguments: list[str] | None = None) -> int:
    """Check a file; return the exit code."""
    parser = argparse.ArgumentParser(description="Check a bundle without Steelyard.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--trust", type=Path, action="append", default=[], metavar="KEY.pub", help="a public key (PEM)")
    given = parser.parse_args(arguments)
    try:
        data, trusted = given.bundle.read_bytes(), list(map(_key_of, given.trust))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return verify(data, trusted)


def _key_of(path: Path) -> Key:
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} holds no Ed25519 key")
    return Key(path.stem, key)


def verify(data: bytes, trusted: list[Key]) -> int:
    """Print what comes of each check, and the verdict; return the exit code."""
    bundle, signers = Bundle({}), list[Key]()

    def file(_: Bundle) -> None:
        """Check that it is to the last byte the one archive that its members make."""
        bundle.members = members_of(data)

    def signed(_: Bundle) -> None:
        """Check that what was signed follows from the bundle, and no signature of a trusted key is forged."""
        signers.extend(signatures(bundle, trusted))

    checks: list[Callable[[Bundle], None]] = [file, signed, *CHECKS]
    with np.errstate(all="ignore"):
        failed = sum([not _holds(check, bundle) for check in checks])
    for unchecked in (*bundle.unchecked, *bundle.left, *NEVER):
        _say(f"       not checked here: {unchecked}")
    if failed:
        _say("It does not hold: do not rely on it.")
        return 12
    report = bundle.report
    product, clause = report["plan"]["product"]["uri"], report["clause"]["name"]
    _say(f"All that is checked holds: {product}, {clause}: {report['verdict']}.")
    _say(f"Signed by {', '.join(key.name for key in signers)}." if signers else "Nobody whom you trust has signed it.")
    if bundle.unchecked:
        _say("The verdict is not proved by this program: see what is not checked.")
    return 0 if signers and not bundle.unchecked else 11


def _holds(check: Callable[[Bundle], None], bundle: Bundle) -> bool:
    before = len(bundle.unchecked)
    try:
        check(bundle)
    except Exception as error:  # whatever a file holds, it is the file's fault: nothing but its bytes is read here
        why = str(error) if isinstance(error, Bad) else f"it cannot be read ({type(error).__name__}: {error})"
        _say(f"FAILS  {check.__name__}: {why[:300]}")
        return False
    how = "holds" if len(bundle.unchecked) == before else "part "
    _say(f"{how}  {check.__name__}: {str(check.__doc__).removeprefix('Check that ')}")
    return True


def _say(line: str) -> None:
    """Print a line; what a file holds may not steer the terminal."""
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
    print(shown.encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding or "utf-8"))


if __name__ == "__main__":
    sys.exit(main())
