"""A bundle is computed again, and whatever was done to it is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.signer import SSlibKey

import steelyard
from steelyard.core.canonical import canonical, digest, sha256
from steelyard.core.errors import EvidenceError
from steelyard.report.attestation import statements
from steelyard.report.bundle import ATTESTATIONS, MANIFEST, bundle
from steelyard.report.container import packed
from steelyard.report.dsse import read_envelope
from steelyard.report.evidence import loaded, saved
from steelyard.report.keys import PrivateKey, new_key, private_key
from steelyard.report.signing import sign, signed_by
from steelyard.report.verification import verify
from steelyard.report.verified import Verified, verified

Members = dict[str, bytes]


def calls(measured: list[float]) -> str:
    """A product with faults of both kinds, and some answers that are none."""
    if measured[0] > 25:
        raise ValueError("too large for me")
    return "positive" if measured[0] > 14 else "negative"


class Bundles(dict[str, Members]):
    """The members of each run's bundle; a failing test need not print them."""

    def __repr__(self) -> str:
        return f"<bundles of {', '.join(self)}>"


RUNS: dict[str, dict[str, Any]] = {
    "whole": {},
    "drawn": {"limit": 60, "seed": 7},
    "repeated": {"limit": 40, "repeats": 2, "sessions": 2},
    "sequential": {"sequential": True},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, store_home: Path) -> Iterator[dict[str, Path]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(store_home))
        folder = tmp_path_factory.mktemp("runs")
        for name, options in RUNS.items():
            steelyard.run("miit-2017-315#medical", calls, out=folder / name, **options)
        yield {name: folder / name for name in RUNS}


@pytest.fixture(scope="module")
def bundles(runs: dict[str, Path], store_home: Path) -> Bundles:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(store_home))
        return Bundles({name: dict(bundle(folder).members) for name, folder in runs.items()})


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PrivateKey:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "keys"))
    new_key("laboratory")
    return private_key("laboratory")


@pytest.mark.parametrize("name", RUNS)
def test_a_bundle_is_computed_again(name: str, bundles: Bundles, key: PrivateKey) -> None:
    members = bundles[name]
    assert [each.fault for each in verify(members)] == [None] * len(verify(members))
    assert verified(members, [key.public]).exit_code == 11  # it holds, and nobody stands for it
    signed = verified(sign(members, key), [key.public])
    assert (signed.exit_code, signed.signed.trusted) == (0, (key.public,))


def test_two_builds_are_the_same_bytes(runs: dict[str, Path], bundles: Bundles, store_home: Path) -> None:
    assert packed(bundle(runs["drawn"]).members) == packed(bundles["drawn"])
    assert store_home.is_dir()


def test_a_recorded_recogniser(mirror: Path, tmp_path: Path) -> None:
    assert mirror.is_dir()
    steelyard.run("miit-2017-315#speech.recognition", "outputs:aishell1-test-hyp-zh", out=tmp_path / "run")
    members = bundle(tmp_path / "run").members
    assert [each.fault for each in verify(members)] == [None] * len(verify(members))


# --- Somebody changes it and leaves it at that ---------------------------------------------------------------------


def test_any_member_that_is_changed_missing_or_added_is_found(bundles: Bundles) -> None:
    members = bundles["drawn"]
    for name, data in members.items():
        if name == MANIFEST:
            continue
        for changed in (data[:-1] + bytes([data[-1] ^ 1]), data + b" ", b""):
            assert faults(members | {name: changed})["manifest"] == f"{name} has been changed"
        assert faults({other: members[other] for other in members if other != name})["manifest"] == f"{name} is missing"
    assert faults(members | {"more.txt": b""})["manifest"] == "more.txt is not in the manifest"


def faults(members: Mapping[str, bytes]) -> dict[str, str]:
    return {each.name: each.fault.en for each in verify(members) if each.fault is not None}


# --- Somebody changes it, and the manifest with it -----------------------------------------------------------------


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
    except (ValueError, KeyError, TypeError):
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


def other_ids(members: Members) -> Members:
    ids = json.loads(members["evidence/ids.json"])
    return members | {"evidence/ids.json": canonical(ids[::-1])}


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
    ("whole", with_arrays(put_it_to_another), "complete", "other units"),
    ("whole", with_arrays(better), "estimates", "differs"),
    ("repeated", with_arrays(better), "estimates", "differs"),
    ("whole", with_arrays(another_row), "membership", "they lead to"),
    ("whole", with_arrays(another_place), "membership", ""),
    ("whole", with_arrays(shorter_split), "membership", ""),
    ("whole", with_arrays(no_fault), "complete", "other failures"),
    ("drawn", other_ids, "draw", "other samples"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "attack", "check", "says"), ATTACKS)
def test_a_change_with_its_manifest_is_found_by_computing(
    name: str, attack: Callable[[Members], Members], check: str, says: str, bundles: Bundles
) -> None:
    found = faults(renamed(attack(dict(bundles[name]))))
    assert check in found, found
    assert says in found[check]


@pytest.mark.parametrize(("name", "attack", "check", "says"), ATTACKS)
def test_and_by_its_signature(
    name: str, attack: Callable[[Members], Members], check: str, says: str, bundles: Bundles, key: PrivateKey
) -> None:
    assert check
    assert says is not None
    found = verified(renamed(attack(sign(bundles[name], key))), [key.public])
    assert found.exit_code == 12
    assert found.checks[0].fault is not None


# --- Signatures ----------------------------------------------------------------------------------------------------


def another_product(members: Members) -> Members:
    """What no computing finds: it was another product that answered."""
    return renamed(change("plan.json", "plan", "product", "digest", to="sha256:" + "1" * 64)(members))


def test_another_product_is_found_by_the_signature_alone(bundles: Bundles, key: PrivateKey) -> None:
    assert faults(another_product(dict(bundles["whole"]))) == {}
    found = verified(another_product(sign(bundles["whole"], key)), [key.public])
    assert found.exit_code == 12
    assert "does not follow from the bundle" in str(found.checks[0].fault)


def test_signed_by_another_key(bundles: Bundles, key: PrivateKey) -> None:
    new_key("somebody")
    forged = sign(another_product(dict(bundles["whole"])), private_key("somebody"))
    found = verified(forged, [key.public])
    assert found.exit_code == 11
    assert [len(each) for each in found.signed.unknown] == [len("sha256:") + 64]
    both = sign(sign(bundles["whole"], key), private_key("somebody"))
    assert verified(both, [key.public]).exit_code == 0
    assert len(signed_by(both, [key.public, private_key("somebody").public]).trusted) == 2


def test_a_signature_in_another_s_name(bundles: Bundles, key: PrivateKey) -> None:
    new_key("somebody")
    signed = sign(bundles["whole"], private_key("somebody"))
    forged = {
        name: data.replace(private_key("somebody").public.id.encode(), key.public.id.encode())
        for name, data in signed.items()
    }
    with pytest.raises(EvidenceError, match="the signature in laboratory's name is forged"):
        signed_by(forged, [key.public])


def test_signatures_of_another_report(bundles: Bundles, key: PrivateKey) -> None:
    signed = sign(bundles["drawn"], key)
    replayed = bundles["whole"] | {name: data for name, data in signed.items() if name.startswith(ATTESTATIONS)}
    assert "does not follow from the bundle" in str(verified(replayed, [key.public]).checks[0].fault)
    with pytest.raises(EvidenceError, match="it is on another bundle"):
        sign(replayed, key)


@pytest.mark.parametrize("statement", ["judged", "test-result"])
def test_half_of_what_is_signed_is_not_enough(statement: str, bundles: Bundles, key: PrivateKey) -> None:
    signed = sign(bundles["whole"], key)
    place = f"{ATTESTATIONS}{statement}.dsse.json"
    without = {name: data for name, data in signed.items() if name != place}
    assert verified(without, [key.public]).exit_code == 12
    unsigned = json.loads(signed[place]) | {"signatures": []}
    assert verified(signed | {place: canonical(unsigned)}, [key.public]).exit_code == 11
    more = signed | {f"{ATTESTATIONS}more.dsse.json": signed[place]}
    assert verified(more, [key.public]).exit_code == 12


def test_others_read_what_was_signed(bundles: Bundles, key: PrivateKey) -> None:
    """securesystemslib checks the envelopes, in-toto-attestation the statements."""
    signed = sign(bundles["whole"], key)
    public = key.public._key.public_bytes_raw().hex()
    theirs = SSlibKey(key.public.id, "ed25519", "ed25519", {"public": public})
    for name, payload in statements(bundles["whole"]).items():
        document = json.loads(signed[f"{ATTESTATIONS}{name}.dsse.json"])
        envelope = TheirEnvelope.from_dict(document)
        assert envelope.payload == payload
        assert envelope.verify([theirs], 1).keys() == {key.public.id}
        assert read_envelope(signed[f"{ATTESTATIONS}{name}.dsse.json"]).payload == payload
        said = json.loads(payload)
        statement = Statement([], said["predicateType"], said["predicate"])
        statement.pb.Clear()
        from google.protobuf import json_format

        json_format.ParseDict(said, statement.pb)
        statement.validate()
    test_result = json.loads(statements(bundles["whole"])["test-result"])["predicate"]
    assert test_result["result"] == "FAILED"
    assert test_result["failedTests"]


# --- Files that are none -------------------------------------------------------------------------------------------

TRICKS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("report.json", lambda data: data.replace(b'"verdict"', b'"verdict":"conforms","verdict"', 1), "twice"),
    ("report.json", lambda data: data.replace(b'"value": 0.', b'"value": NaN, "x": 0.', 1), "NaN is no number"),
    ("report.json", lambda data: data.replace(b'"upper": 0.', b'"upper": 1e400, "x": 0.', 1), ""),
    ("report.json", lambda data: data.replace(b'"missed": ', b'"missed": -0, "x": ', 1), ""),
    ("report.json", lambda data: data.decode().encode("utf-16"), "cannot be read"),
    ("report.json", lambda _: b"[]", "no object"),
    ("report.json", lambda _: b"[" * 100_000, "cannot be read"),
    ("plan.json", lambda _: b"{}", "no plan"),
    ("card.json", lambda data: data.replace(b'"name"', b'"\\u006eame"', 1), "another card"),
    ("card.json", lambda data: data + b"\n", "another card"),
    ("evidence/rows.npy", lambda data: data.replace(b"'<", b"'>", 1), ""),
    ("evidence/tested.npy", lambda data: data.replace(b"'|u1'", b"'|O8'", 1), ""),
    ("evidence/index.json", lambda data: data.replace(b'"rounds":1', b'"rounds":10000000000', 1), ""),
    ("membership/proof.json", lambda data: data.replace(b'"size":', b'"size":9', 1), ""),
]


@pytest.mark.parametrize(("name", "trick", "says"), TRICKS)
def test_tricks_with_the_same_words(name: str, trick: Callable[[bytes], bytes], says: str, bundles: Bundles) -> None:
    changed = trick(bundles["whole"][name])
    assert changed != bundles["whole"][name]
    found = faults(renamed(bundles["whole"] | {name: changed}))
    assert any(says in fault for fault in found.values()), found
    assert found


EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=4)


@given(which=st.integers(0, 10**6), edits=EDITS, manifest_too=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
def test_whatever_a_file_holds_it_is_the_file_s_fault(
    which: int, edits: list[tuple[float, int, bytes]], manifest_too: bool, bundles: Bundles
) -> None:
    """A fuzzer over the verifier: it says what is wrong, and never breaks down."""
    members = dict(bundles["drawn"])
    name = sorted(members)[which % len(members)]
    content = bytearray(members[name])
    for share, length, said in edits:
        start = round(share * len(content))
        content[start : start + length] = said
    members[name] = bytes(content)
    found = verified(renamed(members) if manifest_too and name != MANIFEST else members, [])
    assert isinstance(found, Verified)
    assert found.exit_code in (11, 12)
