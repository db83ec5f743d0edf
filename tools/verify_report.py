"""Checks a bundle (report.zip) without Steelyard: a second program, so that trust does not rest on one.

    python verify_report.py report.zip [--trust KEY.pub …]

It needs Python, NumPy and cryptography, no other file; the folder `verifying` beside it checks more. Exit codes: 0 all
holds, signed by a trusted key; 11 not so signed, or not all is proved; 12 it does not hold; 2 the call was wrong.
"""

import argparse
import hashlib
import io
import json
import math
import re
import sys
import zipfile
from base64 import b64decode, b64encode
from bisect import bisect_left
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

Array = np.ndarray[Any, Any]
INVALID, FAILS, OPEN, CONFORMS = EXIT = {"invalid": 12, "does not conform": 10, "undetermined": 11, "conforms": 0}
INSIDE: dict[str, Any] = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
SIGNED = "urn:steelyard:attestation:judged:1", "https://in-toto.io/attestation/test-result/v0.1"
METHODS = {  # indicators of numbered columns: shares of yes and no (/), parts of a whole (in), rates (per)
    "medical.diagnosis": "detection_rate = 1 - 1 / 0, false_negative_rate = 1 / 0, false_positive_rate = 3 / 2,"
    " false_negative_rate_graded = 5 / 4, false_positive_rate_graded = 7 / 6, not_graded_rate = 9 / 8",
    "medical.probability": "brier_score = 2 in 3",
    "speech.recognition": "character_accuracy = 1 - 0 + 1 + 2 per 4, character_error_rate = 0 + 1 + 2 per 4,"
    " characters_correct = 1 - 0 + 1 per 4, sentence_accuracy = 1 - 6 / 5",
}
LEFT = "areas under curves; sequential plans; groups; sums; failures; answers; claims; seeds from logs; timestamps"
NEVER = "who answered; references, ids, groups and units; sentences; the page; whatever else docs/proof.md names"


def main(arguments: list[str] | None = None) -> int:
    """Read a bundle and the keys that are trusted; return the exit code."""
    parser = argparse.ArgumentParser(description="Check a bundle without Steelyard.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--trust", type=Path, action="append", default=[], metavar="KEY.pub", help="a public key (PEM)")
    given = parser.parse_args(arguments)
    try:
        data, keys = given.bundle.read_bytes(), {path: load_pem_public_key(path.read_bytes()) for path in given.trust}
    except (OSError, ValueError) as error:
        parser.error(str(error))
    trusted = [(path.stem, key) for path, key in keys.items() if isinstance(key, Ed25519PublicKey)]
    return verify(data, trusted) if len(trusted) == len(keys) else parser.error("a key is no Ed25519 key")


def verify(data: bytes, trusted: list[tuple[str, Ed25519PublicKey]]) -> int:
    """Print what comes of each check, what is not checked, and the verdict; return the exit code."""
    b, failed, folder = Bundle(data, trusted), False, Path(__file__).parent / "verifying"
    sys.modules.setdefault("verify_report", sys.modules[__name__])  # by this name the folder's modules find this one
    beyond = __import__("verifying").CHECKS if folder.is_dir() else ()
    for check in (file, signed, documents, evidence, report, *beyond):
        try:
            np.errstate(all="ignore")(check)(b)
            print(f"holds  {check.__name__}: {str(check.__doc__).removeprefix('Check that ')}")
        except Exception as error:  # whatever a file holds, it is the file's fault: nothing but its bytes is read here
            failed = True
            print(f"FAILS  {check.__name__}: {error!a:.300}")  # in ASCII, so that no file steers the terminal
    for each in (*b.unproved, *(() if beyond else LEFT.split("; ")), *b.left, NEVER):
        print(f"       not checked here: {each}")
    if failed:
        print("It does not hold: do not rely on it.")
        return 12
    proved = "" if not b.unproved else ", which is not proved by this program"
    print(f"All that is checked holds of {b.plan['product']['uri']!a}: {b.report['verdict']}{proved}.")
    print(f"Signed by {', '.join(b.signers)}." if b.signers else "Nobody whom you trust has signed it.")
    return 0 if b.signers and not b.unproved else 11


def demand(fits: object, otherwise: str) -> bool:
    """Raise an error unless something holds."""
    if not fits:
        raise ValueError(otherwise)
    return True


def canonical(value: Any) -> bytes:
    """Return RFC 8785's JSON of a value whose keys have no characters beyond U+FFFF."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))

    def written(found: re.Match[str]) -> str:
        number = float(found[2] or 0)
        if found[2] and (number == 0.0 or 1e-6 <= abs(number) < 1e21):
            return np.format_float_positional(number + 0.0, trim="-")
        return found[1] or re.sub("(?<=e[+-])0", "", found[2])

    return re.sub(r'((?:"(?:[^"\\]|\\.)*+"|[^-"\d])++)|(-?\d+(?:\.\d+)?(?:e[-+]\d+)?)', written, text).encode()


def read_json(data: bytes, *, loose: bool = False) -> Any:
    """Return what JSON says that two readers cannot understand in two ways; unless loose, it must be canonical."""
    found = json.loads(
        data.decode(),
        object_pairs_hook=lambda pairs: demand(len(dict(pairs)) == len(pairs), "a key stands twice") and dict(pairs),
        parse_int=lambda digits: demand(digits != "-0" and abs(int(digits)) < 2**53, "no number") and int(digits),
    )
    demand(canonical(found) == data or loose, "JSON is written in another way than the canonical one")
    return found


class Bundle:
    """A bundle, taken apart where it is asked for; every document is read once."""

    def __init__(self, data: bytes, trusted: list[tuple[str, Ed25519PublicKey]]) -> None:
        self.data, self.trusted, self.members = data, trusted, dict[str, bytes]()
        self.rows, self.signers, self.unproved, self.left = dict[Any, Any](), list[str](), list[str](), list[str]()
        self.json = cache(lambda name: read_json(self.members[name], loose=name in ("plan.json", "report.json")))

    plan = property(lambda b: b.json("plan.json")["plan"])
    digest = property(lambda b: "sha256:" + hashlib.sha256(canonical(b.plan)).hexdigest())
    readings = property(lambda b: b.plan["clause"]["readings"])
    report = property(lambda b: b.json("report.json"))
    card = property(lambda b: b.json("card.json"))
    index = property(lambda b: b.json("evidence/index.json"))
    split = property(lambda b: b.array("evidence/rows", None, b.card["samples"]))
    tested = property(lambda b: b.array("evidence/tested", None, len(b.split)))
    rounds = property(lambda b: b.plan["repeats"] * b.plan["sessions"])

    def array(self, name: str, length: int | None, below: int | None = None, dimensions: int = 1) -> Array:
        """Return an array of NumPy's format 1.0: whole numbers from 0 to below a bound, or without one finite ones."""
        data, again = self.members[f"{name}.npy"], io.BytesIO()
        found: Array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        np.lib.format.write_array(again, found, (1, 0))
        fits = again.getvalue() == data and found.dtype.kind in ("iu" if below else "f") and found.ndim == dimensions
        inside = (found >= 0) & (found < below) if below else np.isfinite(found)
        demand(fits and found.dtype.str[0] != ">" and length in (None, len(found)) and inside.all(), f"{name} is none")
        return found if below in (None, 256) else found.astype(np.int64)

    def codes(self, column: str | None) -> tuple[Array, list[str]]:
        """Return each sample's group or unit as a code, and what codes are called; without a column, one group."""
        if column is None:
            return np.zeros(len(self.split), dtype=np.int64), [""]
        n, names = next((n, each["names"]) for n, each in enumerate(self.index["codes"]) if each["column"] == column)
        return self.array(f"evidence/codes/{n}", len(self.split), len(names)), names

    def groups(self, column: str | None) -> dict[str, Array]:
        """Return which samples of the split each group has."""
        codes, names = self.codes(column)
        return {names[code]: codes == code for code in np.unique(codes).tolist()}


def file(b: Bundle) -> None:
    """Check that it is to the last byte the one archive that its members make."""
    with zipfile.ZipFile(io.BytesIO(b.data)) as archive:
        demand(sum(each.file_size for each in archive.infolist()) <= len(b.data), "its members are larger than itself")
        b.members = {each.filename: archive.read(each) for each in archive.infolist()}
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w") as archive:
        for name, content in sorted(b.members.items()):
            demand(re.fullmatch(r"[a-z0-9][a-z0-9_-]*([./][a-z0-9][a-z0-9_-]*)*", name), f"{name!r} cannot be a member")
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)
    demand(again.getvalue() == b.data, "its bytes are not those that its members make")


def signed(b: Bundle) -> None:
    """Check that this manifest is what was signed, and no signature of a trusted key is forged."""
    held = sorted(name for name in b.members if re.fullmatch("attestations/[^/]+", name))
    subject = {"name": "manifest.json", "digest": {"sha256": hashlib.sha256(b.members["manifest.json"]).hexdigest()}}
    signers = [(name, key, f"sha256:{hashlib.sha256(key.public_bytes_raw()).hexdigest()}") for name, key in b.trusted]
    for place, predicate in zip(held, SIGNED if held else (), strict=True):
        said, signs = b.json(place), {each["keyid"]: each["sig"] for each in b.json(place)["signatures"]}
        kind, payload = said["payloadType"], b64decode(said["payload"])
        told = read_json(payload)
        fits = all(b64encode(b64decode(each)).decode() == each for each in (said["payload"], *signs.values()))
        demand(fits and subject in told["subject"] and told["predicateType"] == predicate, f"{place} is of others")
        signers = [each for each in signers if each[2] in signs]
        for _, key, identity in signers:  # raises an error where a signature is forged
            key.verify(b64decode(signs[identity]), f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload)
    b.signers = [name for name, _, _ in signers if held]


def documents(b: Bundle) -> None:
    """Check that files are as the manifest names them; card, specification, rule and limits as the plan locks them."""
    plan, product, card, manifest = b.plan, b.plan["product"], b.card, b.json("manifest.json")
    own = [name for name in b.members if name != "manifest.json" and not name.startswith("attestations/")]
    files = {name: f"sha256:{hashlib.sha256(b.members[name]).hexdigest()}" for name in own}
    fits = manifest == {"format": "steelyard/bundle/1", "plan": b.digest, "files": files}
    demand(fits, f"missing, changed or too many: {sorted(dict(files.items() ^ manifest['files'].items()))}")
    fits = len(plan) - ("log" in plan) == {"steelyard/plan/1": 25, "steelyard/plan/2": 28}[plan["format"]]
    fits &= b.json("plan.json") == {"digest": b.digest, "plan": plan} and plan["method"] == b.readings[0]["method"]
    demand(fits and len(product) - ("files" in product) == 4, "the plan has another digest, method or parts")
    locks = {"test_set_card": files["card.json"], "specification_digest": files["specification.yaml"]}
    locks |= {"test_set_digest": card["digest"], "test_set": f"{card['name']}@{card['version']}"}
    demand(all(plan[name] == value for name, value in locks.items()), "the plan locks another set or specification")
    text, decision = b.members["specification.yaml"].decode(), plan["decision"]
    block = re.search(r"^decision:(.*?)(?=^\S|\Z)", text, re.DOTALL | re.MULTILINE)
    rule = dict(re.findall(r"\b(rule|confidence):\s*([\w.]+)", block[1] if block else ""))
    fits = decision["rule"] == rule.get("rule", "guarded")
    demand(fits and decision["confidence"] >= float(rule.get("confidence", 0.95)), "it decides by another rule")
    for name, limit in [(one["indicator"], one["limit"]) for each in b.readings for one in each["requirements"]]:
        sign, figures, unit = f"{limit['text']} ".replace("≤", "<=").replace("≥", ">=").split(" ", 2)
        value = limit["value"] * (100 if unit.strip() == "%" else 1)
        fits = sign == limit["operator"] and math.isclose(float(figures), value, rel_tol=1e-12)
        written = re.search(rf"\b{name}\s*{sign}\s*{re.escape(figures)}\s*{re.escape(unit.strip())}(?!\.?\d)", text)
        demand(fits and written, f"the specification does not say {name} {limit['text']}")


def evidence(b: Bundle) -> None:
    """Check that rows are the set's (Merkle tree, RFC 9162), those were tested that are drawn, and each counts once."""
    places, proof = [0, *(b.split + 1).tolist()], b.json("membership/proof.json")
    leaves, nodes = b.array("membership/leaves", len(places), 256, dimensions=2), iter(proof["nodes"])

    def root(start: int, end: int) -> bytes:
        first = bisect_left(places, start)
        if first == len(places) or places[first] >= end:
            return bytes.fromhex(next(nodes))
        if end - start == 1:
            return bytes(leaves[first])
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        return hashlib.sha256(b"\1" + root(start, middle) + root(middle, end)).digest()

    fits = f"sha256:{root(0, proof['size']).hex()}" == b.card["digest"] and next(nodes, None) is None
    fits &= all(each == each.lower() for each in proof["nodes"]) and proof["size"] == b.card["samples"] + 1
    fits &= len(proof) == 2 and bool((np.diff(places) > 0).all()) and len(b.split) == b.card["splits"][b.plan["split"]]
    demand(fits, "the rows are of another set or split")
    if "withheld/rows.npy" in b.members:
        return
    limit, ids = b.plan["limit"] or len(b.split), b.json("evidence/ids.json")
    order = [f'[{b.plan["seed"]},"draw {limit}",{json.dumps(each, ensure_ascii=False)}]'.encode() for each in ids]
    drawn = np.sort(sorted(range(len(ids)), key=lambda n: hashlib.sha256(order[n]).digest())[:limit])
    fits = len(ids) == len(b.split) == len(set(ids)) and b.plan["samples"] == len(drawn)
    fits &= np.isin(b.tested, drawn).all() if b.plan["sequential"] else np.array_equal(b.tested, drawn)
    demand(fits, "other samples were tested than the plan draws")
    wanted = {(each["name"], one["indicator"]): each for each in b.readings for one in each["requirements"]}
    fits = sorted(wanted) == sorted(tuple(use) for table in b.index["tables"] for use in table["uses"])
    fits &= len(b.index) == 3 and {len(each) for each in (*b.index["tables"], *b.index["codes"])} <= {2}
    demand(fits and b.index["rounds"] == b.rounds, "there are other tables than the plan makes, or other parts")
    for place, table in enumerate(b.index["tables"]):
        tables = [b.array(f"evidence/tables/{place}/{n}/values", len(b.tested), None, 2) for n in range(b.rounds)]
        values, tested = np.concatenate(tables), np.tile(b.tested, b.rounds)
        for use in map(tuple, table["uses"]):
            formula = rf"\b{use[1]} = (1 - )?([\d +]+) (/|in|per) ([\d +]+)"
            found = re.search(formula, METHODS.get(wanted[use]["method"], ""))
            if found and (b.plan["method_version"], b.plan["statistics"]) == ("1", "steelyard/statistics/1"):
                events, of = (values[:, [int(each) for each in found[n].split("+")]].sum(axis=1) for n in (2, 4))
                once = (np.isin([events, of], (0, 1)) & (events <= of)).all() if found[3] == "/" else (of >= 0).all()
                demand(once and (events >= 0).all(), f"{use[1]}: rows that no sample has")
                units = b.codes(wanted[use]["cluster"])[0][tested] if wanted[use]["cluster"] else tested
                b.rows[use] = events, of, tested, units, found[3], found[1] is not None


def report(b: Bundle) -> None:
    """Check that the report is what follows from plan, card and rows: estimates, findings and verdict."""
    said, clause = b.report, b.plan["clause"]
    verdicts = [judged(b, *pair) for pair in zip(b.readings, said["judgements"], strict=True)]
    code = 0 if clause["binding"] == "soft" and verdicts[0] != INVALID else EXIT[verdicts[0]]
    wanted = {"verdict": verdicts[0], "exit_code": code, "depends_on_reading": len(set(verdicts)) > 1}
    if (said["verdict"], said["exit_code"]) == (INVALID, EXIT[INVALID]):  # it claims nothing: the product has changed
        wanted = {"depends_on_reading": said["depends_on_reading"] and verdicts[0] == INVALID}
    wanted["plan"] = {n: v for n, v in said["plan"].items() if v is None or b.plan["format"][-1] == "1"} | b.plan
    wanted |= {"card": b.card, "plan_digest": b.digest, "clause": clause | {"readings": said["clause"]["readings"]}}
    for name, value in wanted.items():
        demand(canonical(value) == canonical(said[name]), f"the report's {name} does not follow")
    count = said["answered"] + sum(each["count"] for each in said["failures"])
    fits = count == len(b.tested) * b.rounds and len(said) == 22 and all(len(each) == 3 for each in said["failures"])
    fits &= all((len(each), len(each["estimate"])) == (11, 13) for some in said["groups"].values() for each in some)
    demand(fits and said["format"] == "steelyard/report/1", "the report has other parts")


def judged(b: Bundle, reading: Any, said: Any) -> str:
    """Return the verdict of a reading, once its findings are found to follow from its rows."""
    name, cover = reading["name"], reading["mean_over"] or reading["cover"]
    verdict = next((v for v in EXIT if v in {each["verdict"] for each in said["findings"] if each["decides"]}), INVALID)
    own = {"clause": b.plan["clause"]["name"], "reading": name, "primary": reading["primary"], "verdict": verdict}
    demand(said | own == said and len(said) == 6, f"{name}: another reading was judged, or {verdict} follows")
    if b.plan["sequential"] or not all((name, each["indicator"]) in b.rows for each in reading["requirements"]):
        b.unproved.append(f"estimates of the reading {name!a}: they rest on what is withheld, or not known here")
        return verdict
    cases = []
    for requirement in [each for each in reading["requirements"] if each["kind"] != "statistic"]:
        for every, part in b.groups(reading["every"]).items():
            scope = {reading["every"]: every} if reading["every"] else {}
            inside = {group: part & kept for group, kept in b.groups(cover["group"]).items()} if cover else {}
            cases += [(scope, requirement, list(inside.values()) if reading["mean_over"] else [part], True)]
            cases += [(scope | {cover["group"]: group}, requirement, [kept], False) for group, kept in inside.items()]
    units = {unit: b.codes(unit)[0][b.tested] for unit in cover["each"]} if cover else {}
    kept = [each[b.tested] for each in b.groups(cover["group"]).values() if each[b.tested].any()] if cover else []
    full = [all(len(np.unique(units[unit][each])) >= least for unit, least in cover["each"].items()) for each in kept]
    gap = bool(cover) and (sum(full) < cover["at_least"] or not all(full))
    demand(gap == (said["gap"] is not None), f"{name}: what it covers is said otherwise")

    def decided(level: float, requirement: Any, masks: list[Array], decides: bool, said: Any = None) -> str:
        kind, limit, rule = requirement["kind"], requirement["limit"], b.plan["decision"]["rule"]
        found = estimate(b.rows[name, requirement["indicator"]], masks, level, said)
        for part, value in found.items() if said else ():
            near = isinstance(value, float) and math.isclose(value, said[part], rel_tol=1e-8, abs_tol=1e-12)
            near = (near and not isinstance(said[part], bool)) or canonical(value) == canonical(said[part])
            demand(near, f"{requirement['name']}: {part} is {value}, and the report says {said[part]}")
        exactly = kind == "census" or (kind, rule) == ("sample", "simple")
        ends = [found["value"]] if exactly else [found["lower"], found["upper"]]
        held = {bool(INSIDE[limit["operator"]](each, limit["value"])) for each in ends if each is not None}
        verdict = (CONFORMS if True in held else FAILS) if len(held) == 1 and (exactly or found["decisive"]) else OPEN
        if kind == "zero_tolerance" and found["value"] is not None:
            verdict = FAILS if found["events"] else CONFORMS if held else OPEN
        partly = kind == "census" and b.plan["limit"] is not None  # of a list tested in part, only a failure is shown
        return OPEN if (partly and verdict == CONFORMS) or (gap and decides and not partly) else verdict

    level, shown = 1.0 - b.plan["decision"]["confidence"], [each["estimate"] for each in said["findings"]]
    found = [decided(level, *case[1:], each) for case, each in zip(cases, shown, strict=True)]
    family = {n for n, case in enumerate(cases) if case[3] and case[1]["kind"] == "sample"}
    failed = {n for n in family if found[n] == FAILS}
    stand = failed if len(family) == 1 else set[int]()
    while more := {n for n in failed - stand if decided(level / len(family - stand), *cases[n][1:]) == FAILS}:
        stand = stand | more  # Holm's steps: of many requirements, one fails by chance
    for n, ((scope, requirement, _, decides), each) in enumerate(zip(cases, said["findings"], strict=True)):
        follows = OPEN if n in failed - stand else found[n]
        own = {"requirement": requirement, "scope": scope, "decides": decides, "verdict": follows}
        fits = canonical(each | own) == canonical(each) and (len(each), len(each["estimate"])) == (11, 13)
        demand(fits, f"{name}: {requirement['name']} {scope or ''}: it follows {follows}")
    return verdict


def estimate(rows: Any, masks: list[Array], level: float, said: Any) -> dict[str, Any]:
    """Return what an estimate should be: of several groups, the mean; exact bounds as they are said, if tails agree."""
    (events, of), (samples, units, kind, complement) = rows[:2], rows[2:]
    events, of = (np.array([np.bincount(units, each * mask[samples]) for mask in masks]) for each in (events, of))
    total, happened = of.sum(axis=1, keepdims=True), events.sum(axis=1, keepdims=True)
    value, size = float((happened / total).mean()), (of / np.where(total > 0.0, total, 1.0)).mean(axis=0)
    effective, n = float(size.sum() ** 2 / (size @ size)) if size.any() else 0.0, int((size > 0.0).sum())
    found = dict.fromkeys(("value", "lower", "upper", "log_error")) | {"confidence": 1.0 - level, "method": "none"}
    found |= {"events": float(events.sum()), "opportunities": float(of.sum()), "units": n, "effective_units": effective}
    if not math.isfinite(value):
        return found | {"decisive": True}
    found |= {"value": 1.0 - value if complement else value, "decisive": False}
    if kind == "/" and len(masks) == 1 and np.isin([events, of], (0.0, of.max())).all():
        ends = said and ([1.0 - said["upper"], 1.0 - said["lower"]] if complement else [said["lower"], said["upper"]])
        bounds: Any = (*exact(round(events.sum() / of.max()), n, level, ends), "clopper-pearson/1", None)
    else:
        left = ((happened - events) / (total - of)).mean(axis=0)[size > 0.0]
        if n < 2 or not np.isfinite(left).all():
            return found
        bounds = jackknife(value, left, size, effective, level)
    lower, upper = bounds[0], min(bounds[1], max(value, math.inf if kind == "per" else 1.0))
    lower, upper = (1.0 - upper, 1.0 - lower) if complement else (lower, upper)
    found |= {"lower": lower, "upper": upper, "method": bounds[2], "log_error": bounds[3]}
    return found | {"decisive": bounds[2] == "clopper-pearson/1" or round(effective, 6) >= 10}


def exact(events: int, n: int, level: float, said: list[float] | None) -> list[float]:
    """Return exact bounds (Clopper, Pearson): those that are said, if binomial tails at them are of that level."""
    k = np.arange(n + 1)
    ways = np.concatenate([[0.0], np.cumsum(np.log(k[:0:-1]) - np.log(k[1:]))])

    def tail(share: float, part: slice) -> float:
        return float(np.exp(ways[part] + k[part] * np.log(share) + (n - k[part]) * np.log1p(-share)).sum())

    parts = slice(events, None), slice(events + 1)
    if said is None:  # at another level, for Holm's steps
        return [crossing(lambda x: tail(x, parts[0]) < level), crossing(lambda x: tail(x, parts[1]) > level)]
    for end, part, none, last in zip(said, parts, (events == 0, events == n), (0.0, 1.0), strict=True):
        fits = math.isclose(tail(end, part), level, rel_tol=1e-7) if 0.0 < end < 1.0 else none and end == last
        demand(fits, f"{end} is no exact bound of {events} among {n}")
    return said


def crossing(reached: Any, high: float = 1.0) -> float:
    """Return up to where a condition holds that holds at first."""
    low = 0.0
    for step in range(1, 100):
        low += high / 2.0**step * reached(low + high / 2.0**step)
    return low


def jackknife(value: float, left: Array, size: Array, effective: float, level: float) -> tuple[float, float, str, Any]:
    """Return bounds over clusters: jackknife-t on the log scale, version 2, or what replaces it; and its error."""
    rare = 1.0 - level ** (1.0 / effective)
    above = max(value + rare * (1.0 - value), value / (1.0 - rare))
    if value == 0.0 or np.ptp(left) <= 1e-12 * value:
        return value * (1.0 - rare), above, "unseen-cluster/1", None
    if left.min() <= 0.0:  # a quantile of the beta distribution of 2 and one less than the units
        few = crossing(lambda x: 1.0 - (1.0 - x) ** (effective - 1.0) * (1.0 + (effective - 1.0) * x) < 1.0 - level)
        return 0.0, max(few, above), "one-cluster/1", None
    freedom, (nodes, weights) = max(effective - 1.0, 1.0), np.polynomial.legendre.leggauss(100)
    most = min(math.pi / 2.0, 40.0 / math.sqrt(freedom))  # Student's t is √freedom · tan(angle)
    part = cache(lambda a: a * float(weights @ np.cos(a * (nodes + 1.0) / 2.0) ** (freedom - 1.0)))
    whole = part(most) if freedom > 99.0 else math.pi**0.5 * math.gamma(freedom / 2.0) / math.gamma(freedom / 2.0 + 0.5)
    angle = crossing(lambda a: part(a) < whole * (1.0 - 2.0 * level), most)
    t, moves = math.sqrt(freedom) * math.tan(angle), np.log(left).mean() - np.log(left)
    square, uneven = float(moves @ moves), float(size.sum() * (size**3).sum() / (size @ size) ** 2)
    error = math.sqrt((1.0 - 1.0 / len(left)) * square)
    shown, each = float((moves**3).sum()) / square**1.5 / error, (2.0 * t**2 + 1.0) / 6.0
    down = t * error + math.log1p(error**2 * max(0.0, t**2 / 2.0 - min(-0.5, shown) * each))
    up = t * error + math.log1p(error**2 * max(0.0, max(2.25 * uneven, shown) * each - t**2 / 2.0))
    return value * math.exp(-min(down, 700.0)), value * math.exp(min(up, 700.0)), "jackknife-t-log/2", error


if __name__ == "__main__":
    sys.exit(main())
