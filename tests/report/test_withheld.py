"""A run on a sealed set is bundled: nothing gives an answer away, and what is disclosed is held to its hashes."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import steelyard
from steelyard.cli.disclose import command
from steelyard.core.canonical import canonical, sha256
from steelyard.core.errors import CallError, EvidenceError
from steelyard.core.verdict import Verdict
from steelyard.core.words import Words
from steelyard.library import store
from steelyard.library.sealed.age import KEY
from steelyard.library.sealed.sealed_set import open_into
from steelyard.library.sealed.sealing import seal_set
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set
from steelyard.report import exports
from steelyard.report.issued import issued_page
from steelyard.report.proof.answers import HASHES
from steelyard.report.proof.bundle import MANIFEST, bundle
from steelyard.report.proof.bundle_parts import Answers
from steelyard.report.proof.commitments import LOCKED, commitment, secret_of
from steelyard.report.proof.container import packed
from steelyard.report.proof.disclosure import MOST_BYTES, Disclosure, disclose, read_disclosure
from steelyard.report.proof.evidence import WITHHELD, loaded, saved
from steelyard.report.proof.keys import PrivateKey
from steelyard.report.proof.signing import sign
from steelyard.report.proof.verification import verify
from steelyard.report.proof.verified import Verified, verified
from steelyard.report.sealed import WITHHELD as WORDS
from steelyard.report.sealed import _tells_of_few

attacks = runpy.run_path(str(Path(__file__).parent / "attacks.py"))
change, renamed = attacks["change"], attacks["renamed"]
SPEC = "miit-2017-315#medical"
Members = dict[str, bytes]


class Sealed(NamedTuple):
    """A run on a sealed set."""

    folder: Path
    sealed: Path
    members: Members
    whole: Disclosure


def answers(measured: list[float]) -> str:
    """A product that errs about one time in eight."""
    right = "positive" if measured[0] == 1.0 else "negative"
    return right if measured[1] % 8 else "positive"


def exam(folder: Path) -> StoredSet:
    """Write a set whose ids and patients can be searched for."""
    import pyarrow as pa

    opened = store.open_set("wdbc")
    table = pa.Table.from_batches(list(opened.batches()))
    table = table.slice(0, 120)
    count, kept = table.num_rows, table["input"].type
    sick = [each == "positive" for each in table["reference"].to_pylist()]
    own = {
        "id": pa.array([f"sample-{number:04d}-x" for number in range(count)]),
        "patient": pa.array([f"patient-{number:04d}-x" for number in range(count)]),
        "input": pa.array([[float(each), float(number), *[0.0] * 28] for number, each in enumerate(sick)], kept),
        "split": pa.array(["training" if number % 4 == 0 else "test" for number in range(count)]),
    }
    for column, values in own.items():
        table = table.drop_columns([column] if column in table.column_names else []).append_column(column, values)
    return write_set(folder, replace(opened.card, name="exam", splits={}, answers={}, answers_digest={}), table)


@pytest.fixture(scope="module", params=[False, True], ids=["answers", "inputs"])
def sealed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, store_home: Path) -> Any:
    import pyrage

    folder = tmp_path_factory.mktemp("sealed")
    key = pyrage.x25519.Identity.generate()
    (folder / "lab.key").write_text(f"{key}\n", "utf-8")
    (folder / "lab.key").chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(store_home))
        patch.setenv(KEY, str(folder / "lab.key"))
        seal_set(exam(folder / "open"), folder / "set", [str(key.to_public())], inputs=request.param)
        steelyard.run(SPEC, answers, test_set=str(folder / "set"), out=folder / "run", limit=80)
        members = dict(bundle(folder / "run", str(folder / "set"), outputs=Answers.HASHED).members)
        whole = disclose(folder / "run", members, None, str(folder / "set"))
        yield Sealed(folder / "run", folder / "set", members, whole)


def faults(found: Verified) -> dict[str, str]:
    return {each.name: each.fault.en for each in found.checks if each.fault is not None}


def names(found: Verified) -> set[str]:
    return {each.name for each in found.checks}


def test_what_a_stranger_can_check(sealed: Sealed, key: PrivateKey) -> None:
    found = verified(sign(sealed.members, key), [key.public])
    assert faults(found) == {}
    assert not {"estimates", "counts"} & names(found)
    assert {"membership", "verdict", "withheld", "hashes"} <= names(found)
    assert found.exit_code == 11, "numbers that nobody can compute again are not proved, whoever signs"
    assert "rest on the signature" in found.not_proved[0].en


def test_nothing_gives_an_answer_away(sealed: Sealed, store_home: Path) -> None:
    """No member holds a row; with inputs sealed, none holds an id or a patient either."""
    assert store_home.is_dir()
    assert not [name for name in sealed.members if name.startswith(("evidence/tables", "answers/answers"))]
    everything = b"".join(sealed.members.values())
    hidden = json.loads(sealed.members["report.json"])["sealed"]["inputs"]
    assert (b"sample-0001-x" in everything) != hidden
    assert (b"patient-0001-x" in everything) != hidden
    assert (sealed.folder / LOCKED).stat().st_mode & 0o077 == 0
    # Two rows that are the same have hashes that are not: salts tell nothing.
    hashes = loaded(sealed.members[WITHHELD], 2)
    assert len(np.unique(hashes, axis=0)) == len(hashes)
    assert packed(bundle(sealed.folder, str(sealed.sealed), outputs=Answers.HASHED).members) == packed(sealed.members)


def test_all_disclosed_is_computed_again_as_if_the_set_were_open(sealed: Sealed, tmp_path: Path) -> None:
    path = tmp_path / "disclosure.json"
    path.write_bytes(sealed.whole.document())
    found = verified(sealed.members, [], store.open_set(str(sealed.sealed), sealed=True), None, read_disclosure(path))
    assert faults(found) == {}
    assert {"estimates", "counts", "answers", "set", "disclosed"} <= names(found)
    assert not found.withheld
    published = open_into(sealed.sealed, tmp_path / "published", publish=True)
    steelyard.run(SPEC, answers, test_set=str(published.folder), out=sealed.folder, limit=80)
    try:
        clear = bundle(sealed.folder, str(published.folder), outputs=Answers.CLEAR).members
    finally:
        steelyard.run(SPEC, answers, test_set=str(sealed.sealed), out=sealed.folder, limit=80)
    from steelyard.report.proof.disclosure import hold_disclosure

    _, restored = hold_disclosure(sealed.members, sealed.whole)
    rows = [name for name in clear if name.startswith(("evidence/tables", "answers/answers"))]
    assert rows
    assert {name: restored[name] for name in rows} == {name: clear[name] for name in rows}


def test_some_disclosed(sealed: Sealed) -> None:
    ids = [f"sample-{number:04d}-x" for number in (1, 2, 3)]
    some = disclose(sealed.folder, sealed.members, ids, str(sealed.sealed))
    found = verified(sealed.members, [], disclosed=some)
    assert (faults(found), found.withheld, found.exit_code) == ({}, True, 11)
    assert "3 of 90 samples are disclosed" in {each.name: each.what.en for each in found.checks}["disclosed"]
    said = json.loads(some.document())["samples"]
    assert [each["place"] for each in said[WITHHELD]] == [each["place"] for each in said[HASHES]] == [0, 1, 2]
    assert len({each["salt"] for member in said.values() for each in member}) == 6


def test_a_sequential_run(
    sealed: Sealed, tmp_path: Path, second: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clusters are asked in an order that is checked where ids are there, and when all is disclosed."""
    monkeypatch.setenv(KEY, str(sealed.folder.parent / "lab.key"))
    steelyard.run(SPEC, answers, test_set=str(sealed.sealed), out=tmp_path / "run", sequential=True)
    members = dict(bundle(tmp_path / "run", str(sealed.sealed)).members)
    assert "evidence/order.npy" in members
    assert faults(verified(members, [])) == {}
    assert second["program"].verify(packed(members), []) == 11
    whole = disclose(tmp_path / "run", members, None, str(sealed.sealed))
    found = verified(members, [], disclosed=whole)
    assert (faults(found), {"draw", "estimates"} <= names(found)) == ({}, True)


def with_hash(members: Members) -> Members:
    hashes = loaded(members[WITHHELD], 2).astype(np.uint8)
    hashes[0, 0] ^= 1
    return members | {WITHHELD: saved(hashes)}


def without_a_hash(members: Members) -> Members:
    return members | {WITHHELD: saved(loaded(members[WITHHELD], 2).astype(np.uint8)[:-1])}


FINDING = ("judgements", 0, "findings", 0)
ATTACKS: list[tuple[Callable[[Members], Members], str, str]] = [
    (with_hash, "disclosed", "not what withheld/rows.npy commits to"),
    (without_a_hash, "withheld", "hashes of 90 samples"),
    (change("report.json", "verdict", to="conforms"), "verdict", "the report says conforms"),
    (change("report.json", "exit_code", to=0), "verdict", ""),
    (change("report.json", *FINDING, "verdict", to="conforms"), "verdict", "the bounds said do not show conforms"),
    (change("report.json", *FINDING, "estimate", "lower", to=0.9999), "verdict", "its lower bound is"),
    (change("report.json", "judgements", 0, "findings", to=[]), "verdict", "other requirements"),
    (change("report.json", *FINDING, "estimate", "confidence", to=0.5), "verdict", "something else than the plan"),
    (change("report.json", *FINDING, "requirement", "limit", "value", to=0.1), "verdict", "something else than"),
    (change("report.json", *FINDING, "reading", to="other"), "verdict", "something else than the plan"),
    (change("report.json", *FINDING, "scope", to={"scene": "none"}), "verdict", "something else than the plan"),
    (change("report.json", *FINDING, "title", to={"en": "made up", "zh": "虚构"}), "verdict", "another title"),
    (change("report.json", *FINDING, "estimate", "value", to=0.123), "verdict", "its counts make"),
    (change("report.json", *FINDING, "estimate", "method", to="jackknife-t-log/2"), "verdict", "bounds are exact"),
    (change("report.json", *FINDING, "estimate", "units", to=999), "verdict", "bounds are exact"),
    (attacks["with_key"]("report.json", *FINDING), "verdict", "have other parts"),
    (attacks["with_key"]("report.json", *FINDING, "estimate"), "verdict", "have other parts"),
    (attacks["with_key"]("report.json", "judgements", 0), "verdict", "have other parts"),
    (change("report.json", "judgements", 0, "gap", to={"en": "a", "zh": "b"}), "verdict", ""),
    (change("report.json", "groups", to={"disease": [{"made": "up"}]}), "verdict", ""),
    (change("report.json", "groups", to={"disease": []}), "verdict", ""),
    (change("report.json", "counts", to={"missed": -5}), "verdict", "other columns"),
    (attacks["with_member"]("evidence/award.json"), "shape", "belongs to no such bundle"),
    (change("report.json", "sealed", to=None), "withheld", ""),
    (change("report.json", "sealed", "commitment", to="sha256:0"), "withheld", "of no sealed set"),
    (change("report.json", "sealed", "withheld", "en", to="nothing"), "withheld", "otherwise what is withheld"),
    (change("report.json", "answered", to=81), "complete", "other failures"),
    (change("plan.json", "plan", "limit", to=79), "withheld", "the plan draws 79 samples"),
    (change("plan.json", "plan", "decision", "rule", to="simple"), "specification", "decision rule"),
    (lambda members: members | {"evidence/tables/0/0/values.npy": b""}, "withheld", ""),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "check", "says"), ATTACKS)
def test_a_change_with_its_manifest_is_found(
    attack: Callable[[Members], Members], check: str, says: str, sealed: Sealed, second: dict[str, ModuleType]
) -> None:
    changed = renamed(attack(dict(sealed.members)))
    disclosed = replace(sealed.whole, bundle=sha256(changed[MANIFEST])) if check == "disclosed" else None
    assert says in faults(verified(changed, [], disclosed=disclosed))[check]
    assert second["program"].verify(packed(changed), []) == 12 or check == "disclosed" or says in KNOWN_LEFT


KNOWN_LEFT = {
    "the bounds said do not show conforms",
    "its lower bound is",
    "other requirements",
    "something else than the plan",
    "something else than",
    "another title",
    "its counts make",
    "bounds are exact",
    "",
    "other columns",
    "otherwise what is withheld",
}
"""What the second program leaves of bundles without rows: findings, which it computes from rows or not at all."""


def other_text(said: Disclosure) -> Disclosure:
    salt, text = said.opened[WITHHELD][0]
    opened = {**said.opened[WITHHELD], 0: (salt, canonical(json.loads(text) | {"rows": []}))}
    return replace(said, opened={**said.opened, WITHHELD: opened})


def other_salt(said: Disclosure) -> Disclosure:
    _, text = said.opened[WITHHELD][0]
    return replace(said, opened={**said.opened, WITHHELD: {**said.opened[WITHHELD], 0: (bytes(32), text)}})


def swapped(said: Disclosure) -> Disclosure:
    opened = said.opened[HASHES]
    return replace(said, opened={**said.opened, HASHES: {**opened, 0: opened[1], 1: opened[0]}})


def outside(said: Disclosure) -> Disclosure:
    return replace(said, opened={WITHHELD: {10**6: said.opened[WITHHELD][0]}})


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (other_text, "sample 0: what is disclosed is not what withheld/rows.npy commits to"),
        (other_salt, "sample 0: what is disclosed is not"),
        (swapped, "answers/hashes.npy commits to"),
        (outside, "sample 1000000"),
        (lambda said: replace(said, bundle="sha256:0"), "of another bundle"),
    ],
)
def test_a_forged_disclosure(forged: Callable[[Disclosure], Disclosure], says: str, sealed: Sealed) -> None:
    found = verified(sealed.members, [], disclosed=forged(sealed.whole))
    assert says in faults(found)["disclosed"]
    assert found.withheld, "what does not hold opens nothing"


def test_an_open_set_cannot_be_called_sealed(bundles: dict[str, Members], sealed: Sealed) -> None:
    """Rows that are taken out and replaced by hashes: then the report is of no sealed set."""
    members = {name: data for name, data in bundles["whole"].items() if not name.startswith("evidence/tables")}
    hashes = np.zeros((len(loaded(members["evidence/rows.npy"], 1)), 32), np.uint8)
    found = {each.name: each.fault for each in verify(renamed(members | {WITHHELD: saved(hashes)}))}
    assert found["withheld"] is not None
    assert sealed.members


def test_that_a_set_is_sealed_is_the_report_s_word(bundles: dict[str, Members]) -> None:
    """A report that says in all its parts that an open set is sealed proves nothing, and is said to."""
    members = {name: data for name, data in bundles["whole"].items() if not name.startswith("evidence/tables")}
    report = json.loads(members["report.json"])
    words = {"en": WORDS.en, "zh": WORDS.zh}
    report["sealed"] = {"commitment": report["card"]["digest"], "copy": "", "inputs": False, "canaries": None}
    report["sealed"]["withheld"] = words
    hashes = np.zeros((len(loaded(members["evidence/rows.npy"], 1)), 32), np.uint8)
    members |= {WITHHELD: saved(hashes), "report.json": json.dumps(report).encode()}
    found = verified(renamed(members), [])
    check = next(each for each in found.checks if each.name == "withheld")
    assert check.fault is None
    assert "by the report's own word" in check.what.en
    assert "据报告自述" in check.what.zh
    assert (found.withheld, found.exit_code == 0) == (True, False)


def test_wrong_calls(sealed: Sealed, bundles: dict[str, Members], tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"Did you mean sample-0001-x\?"):
        disclose(sealed.folder, sealed.members, ["sample-0001-y"], str(sealed.sealed))
    with pytest.raises(CallError, match="withholds nothing"):
        disclose(sealed.folder, bundles["whole"], None)
    with pytest.raises(CallError, match="with the salts that are there now"):
        disclose(sealed.folder, with_hash(sealed.members), None, str(sealed.sealed))
    with pytest.raises(CallError, match="Say --outputs hashed"):
        bundle(sealed.folder, str(sealed.sealed), outputs=Answers.CLEAR)
    with pytest.raises(CallError, match="cannot read"):
        read_disclosure(tmp_path / "none.json")
    text = sealed.whole.document()
    for wrong in (b"", b"{}", b"[1]", text[:-9], text.replace(b"disclosure/1", b"disclosure/2"), b'{"format":1e999}'):
        (tmp_path / "wrong.json").write_bytes(wrong)
        with pytest.raises(EvidenceError, match="is no disclosure"):
            read_disclosure(tmp_path / "wrong.json")


def of_first(part: str, value: object) -> Callable[[Any], None]:
    """Return what writes another value into the first sample."""

    def changed(said: Any) -> None:
        said["samples"][WITHHELD][0][part] = value

    return changed


@pytest.mark.parametrize(
    ("change_it", "says"),
    [
        (lambda said: said.update(award="gold"), "it has other parts"),
        (of_first("id", "sample-0007-x"), "a sample has other parts"),
        (of_first("place", True), "True is no place"),
        (of_first("place", 0.0), "0.0 is no place"),
        (of_first("place", -1), "-1 is no place"),
        (of_first("place", "0"), "'0' is no place"),
        (of_first("salt", ""), "the salt of sample 0 is none"),
        (of_first("salt", "AB" * 32), "the salt of sample 0 is none"),
        (of_first("salt", "ab " * 32), "the salt of sample 0 is none"),
        (of_first("salt", None), "the salt of sample 0 is none"),
        (of_first("said", "\ud800"), "half of a surrogate pair"),
    ],
)
def test_a_disclosure_is_written_in_one_way(
    change_it: Callable[[Any], None], says: str, sealed: Sealed, tmp_path: Path
) -> None:
    said = json.loads(sealed.whole.document())
    change_it(said)
    (tmp_path / "disclosure.json").write_text(json.dumps(said), "utf-8")
    with pytest.raises(EvidenceError, match="is no disclosure") as caught:
        read_disclosure(tmp_path / "disclosure.json")
    assert says in caught.value.what.en


def test_a_disclosure_of_numbers_beyond_all_is_none(sealed: Sealed, tmp_path: Path) -> None:
    text = sealed.whole.document().replace(b'"place":0', b'"place":1e400', 1)
    (tmp_path / "disclosure.json").write_bytes(text)
    with pytest.raises(EvidenceError, match="1e400 is no number"):
        read_disclosure(tmp_path / "disclosure.json")
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(MOST_BYTES + 1)  # no disk is taken
    with pytest.raises(EvidenceError, match="more than"):
        read_disclosure(tmp_path / "large.json")


def test_what_is_disclosed_is_for_whom_it_concerns(
    sealed: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, str(sealed.folder.parent / "lab.key"))
    (tmp_path / "report.zip").write_bytes(packed(sealed.members))
    call: Any = partial(
        command, sealed.folder, everything=True, bundle=tmp_path / "report.zip", test_set=str(sealed.sealed)
    )
    with pytest.raises(CallError, match="is not left where runs are kept"):
        call()
    assert not (sealed.folder / "disclosure.json").exists()
    call(out=tmp_path / "disclosure.json")
    assert (tmp_path / "disclosure.json").stat().st_mode & 0o777 == 0o600
    assert read_disclosure(tmp_path / "disclosure.json").samples == list(range(90))


def test_a_secret_is_drawn_once_and_kept(tmp_path: Path) -> None:
    secret = secret_of(tmp_path, None)
    assert secret_of(tmp_path, None) == secret
    assert len({secret, commitment(secret, b""), commitment(secret, b"1"), commitment(bytes(32), b"")}) == 4
    with pytest.raises(CallError, match=r"has no salts \(salts.key\)"):
        secret_of(tmp_path / "elsewhere", None, draw=False)
    with pytest.raises(CallError, match="cannot write"):
        secret_of(tmp_path / "elsewhere", None)
    (tmp_path / "salts.key").write_bytes(b"short")
    with pytest.raises(CallError, match="no salts that can be read"):
        secret_of(tmp_path, None)


def test_its_page_says_on_what_its_numbers_rest(sealed: Sealed) -> None:
    page = issued_page(sealed.members, verified(sealed.members, []))
    assert "numbers are the laboratory" in page
    assert "数值由实验室担保" in page
    report = json.loads(sealed.members["report.json"])
    assert f"{report['judgements'][0]['findings'][0]['estimate']['value'] * 100:.2f} %" in page
    assert not re.search(r"(sample|patient)-\d{4}-x", page)


def finding(group: str, indicator: str, opportunities: float) -> Any:
    """As much of a finding as says how many samples it speaks of."""
    said = {"scope": {"site": group}, "requirement": SimpleNamespace(indicator=indicator)}
    return SimpleNamespace(**said, estimate=SimpleNamespace(opportunities=opportunities))


@pytest.mark.parametrize(
    ("counted", "rounds", "tells", "why"),
    [
        ({("big", "misses"): 60, ("big", "alarms"): 120}, 1, False, "sixty and a hundred and twenty of 180"),
        ({("big", "misses"): 60, ("small", "misses"): 4}, 1, True, "one group is small: the other leaves it"),
        ({("big", "misses"): 171, ("big", "alarms"): 9}, 1, True, "nine are of the other class"),
        ({("big", "misses"): 171}, 1, True, "and so they are where nothing is asked of them"),
        ({("big", "misses"): 180, ("other", "misses"): 20}, 1, True, "all of one group are of one class"),
        ({("big", "errors"): 180, ("other", "errors"): 40}, 1, False, "every sample of every group is counted"),
        ({("big", "errors"): 4000, ("other", "errors"): 900}, 1, False, "characters"),
        ({("big", "errors"): 4000, ("small", "errors"): 900}, 1, True, "characters of five samples"),
        ({("big", "misses"): 18}, 2, True, "nine samples asked twice"),
    ],
)
def test_what_two_results_leave_is_withheld_too(
    counted: dict[tuple[str, str], float], rounds: int, tells: bool, why: str
) -> None:
    sizes = {"big": 180, "other": 40, "small": 5}
    found = [finding(*named, opportunities * 1.0) for named, opportunities in counted.items()]
    assert _tells_of_few(found, sizes, rounds) is tells, why


def test_no_difference_of_results_tells_of_few(
    tmp_path: Path, store_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group of five, all of one class: what the other group leaves of the whole would be the answers of these."""
    import pyarrow as pa
    import pyrage

    monkeypatch.setenv("STEELYARD_HOME", str(store_home))
    opened = exam(tmp_path / "open")
    table = pa.Table.from_batches(list(opened.batches()))
    asked = [place for place, split in enumerate(table["split"].to_pylist()) if split == "test"]
    own = {
        "site": ["small" if place in asked[:5] else "big" for place in range(table.num_rows)],
        "ward": ["even" if place % 2 else "odd" for place in range(table.num_rows)],
        # as wards but for three samples: what the two results differ by would be the answers of these
        "shift": ["even" if place % 2 or place in asked[:6:2] else "odd" for place in range(table.num_rows)],
        "floor": [f"floor {place // 2 % 2}" for place in range(table.num_rows)],
    }
    for name, values in own.items():
        table = table.append_column(name, pa.array(values))
    groups = dict(opened.card.groups) | {name: Words(name, name) for name in own}
    kept = replace(opened.card, name="sited", groups=groups, splits={}, answers={}, answers_digest={})
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "lab.key").write_text(f"{key}\n", "utf-8")
    (tmp_path / "lab.key").chmod(0o600)
    monkeypatch.setenv(KEY, str(tmp_path / "lab.key"))
    seal_set(write_set(tmp_path / "sited", kept, table), tmp_path / "set", [str(key.to_public())])
    steelyard.run(SPEC, answers, test_set=str(tmp_path / "set"), out=tmp_path / "run")
    report = json.loads((tmp_path / "run" / "report.json").read_bytes())
    assert "site" not in report["groups"]
    assert "ward" in report["groups"], "a grouping that tells of no few is shown"
    assert "shift" not in report["groups"], "three samples are what it adds to a ward"
    assert "floor" in report["groups"], "its cells with the wards are large"
    whole = {
        each["requirement"]["name"]: each["estimate"]["opportunities"] for each in report["judgements"][0]["findings"]
    }
    for found in report["groups"].values():
        for name, size in whole.items():
            shown = [each["estimate"]["opportunities"] for each in found if each["requirement"]["name"] == name]
            assert min(shown) >= 10
            assert sum(shown) == size, "nothing is left to be told by subtraction"


@pytest.mark.parametrize("name", exports.names())
def test_its_exports_say_that_nobody_computed_it_again(name: str, sealed: Sealed) -> None:
    found = exports.verified_report(sealed.members, Path("report.zip"))
    assert found.withheld
    said = exports.find(name).export(found).decode("utf-8-sig")
    assert "computes them again" not in said
    assert "can be computed again" not in said
    expected = {
        "csv": "computed_again",
        "cyclonedx": '"value": "false"',
        "junit": 'name="computed_again" value="false"',
        "model-card": "are withheld, and nobody can compute them again",
        "sarif": '"computedAgain": false',
    }
    assert expected[name] in said
    conforming = all_conforming(found)
    said = exports.find(name).export(conforming).decode("utf-8-sig")
    if name == "junit":
        cases = [case for case in ET.fromstring(said).iter("testcase") if case.find("skipped") is None]
        assert cases
        assert {error.get("type") for case in cases for error in case} - {None} == {"withheld"}
        assert all(case.find("error") is not None for case in cases), "what nobody computed does not pass"
    if name == "sarif":
        decides = [each for each in json.loads(said)["runs"][0]["results"] if each["properties"]["decides"]]
        assert {(each["kind"], each["level"]) for each in decides} == {("fail", "warning")}


def all_conforming(found: exports.VerifiedReport) -> exports.VerifiedReport:
    """The report as somebody would like it."""
    judgements = tuple(
        replace(
            judgement,
            verdict=Verdict.CONFORMS,
            findings=tuple(replace(each, verdict=Verdict.CONFORMS) for each in judgement.findings),
        )
        for judgement in found.report.judgements
    )
    return replace(found, report=replace(found.report, verdict=Verdict.CONFORMS, judgements=judgements))
