"""A bundle is computed again, and whatever was done to it is found."""

from __future__ import annotations

import io
import json
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_toto_attestation.v1.statement import Statement
from rich.console import Console
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.signer import SSlibKey

import steelyard
from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError, EvidenceError
from steelyard.library.store import open_set
from steelyard.report.proof.attestation import statements
from steelyard.report.proof.bundle import ATTESTATIONS, MANIFEST, bundle
from steelyard.report.proof.container import packed
from steelyard.report.proof.dsse import read_envelope
from steelyard.report.proof.keys import PrivateKey, PublicKey, new_key, private_key
from steelyard.report.proof.signing import sign, signed_by
from steelyard.report.proof.verification import verify
from steelyard.report.proof.verified import Verified, show_verified, verified
from steelyard.specs.reader import FOLDER

attacks = runpy.run_path(str(Path(__file__).parent / "attacks.py"))
ATTACKS, EDITS, RUNS, TRICKS = (attacks[name] for name in ("ATTACKS", "EDITS", "RUNS", "TRICKS"))
renamed, edited, another_product, change = (
    attacks[name] for name in ("renamed", "edited", "another_product", "change")
)
Members = dict[str, bytes]
Bundles = dict[str, Members]


@pytest.fixture
def signed(bundles: Bundles, key: PrivateKey) -> Members:
    return sign(bundles["drawn"], key)


@pytest.fixture
def trusted(key: PrivateKey) -> PublicKey:
    return key.public


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


def test_where_its_own_specification_is_not_found_its_file_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = (FOLDER / "miit-2017-315.yaml").read_text("utf-8")
    own = shipped.replace("specification: miit-2017-315", "specification: ours")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ours.yaml").write_text(own, "utf-8")
    steelyard.run(f"{tmp_path}/ours.yaml#medical", "reference:wdbc_logistic", out=tmp_path / "run", limit=20)
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(CallError, match="There is no specification called 'ours@") as caught:
        bundle(tmp_path / "run")
    assert caught.value.remedy is not None
    assert "--spec" in caught.value.remedy.en
    assert "--spec" in caught.value.remedy.zh
    assert bundle(tmp_path / "run", None, str(tmp_path / "ours.yaml")).members["specification.yaml"] == own.encode()


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


@pytest.mark.parametrize(("name", "attack", "why"), attacks["LEFT"])
def test_what_no_computing_finds(
    name: str, attack: Callable[[Members], Members], why: str, bundles: Bundles, key: PrivateKey
) -> None:
    assert faults(renamed(attack(dict(bundles[name])))) == {}, why
    assert verified(renamed(attack(sign(bundles[name], key))), [key.public]).exit_code == 12


@given(which=st.integers(0, 10**6), share=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_byte_of_any_member(which: int, share: float, mask: int, signed: Members, trusted: PublicKey) -> None:
    name = sorted(signed)[which % len(signed)]
    data = bytearray(signed[name])
    data[int(share * len(data))] ^= mask
    assert verified(signed | {name: bytes(data)}, [trusted]).exit_code != 0


# --- The set is at hand ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_a_bundle_is_held_against_its_set(name: str, bundles: Bundles, runs: dict[str, Path], store_home: Path) -> None:
    opened = open_set(str(runs["grouped"].parent / "set") if name == "grouped" else "wdbc")
    found = verified(bundles[name], [], opened)
    assert [each.fault for each in found.checks] == [None] * len(found.checks)
    assert found.checks[-1].name == "set"
    assert len(found.not_proved) == len(verified(bundles[name], []).not_proved) - 1
    assert store_home.is_dir()


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        (attacks["other_ids"], "rows have other ids"),
        (attacks["with_arrays"](attacks["another_place"]), "not those of the split"),
        (attacks["with_arrays"](attacks["another_row"]), "membership/leaves.npy is another one"),
        (attacks["with_arrays"](attacks["other_bands"]), "other members of band"),
    ],
)
def test_what_the_set_alone_can_tell(
    attack: Callable[[Members], Members], says: str, bundles: Bundles, runs: dict[str, Path]
) -> None:
    opened = open_set(str(runs["grouped"].parent / "set"))
    changed = renamed(attack(dict(bundles["grouped"])))
    assert says in {each.name: str(each.fault) for each in verify(changed, opened)}["set"]
    assert "another set" in {each.name: str(each.fault) for each in verify(bundles["whole"], opened)}["set"]


def test_other_ids_are_found_by_the_set_alone(bundles: Bundles, runs: dict[str, Path]) -> None:
    changed = renamed(attacks["other_ids"](dict(bundles["grouped"])))
    assert faults(changed) == {}
    assert [each.name for each in verify(changed, open_set(str(runs["grouped"].parent / "set"))) if each.fault] == [
        "set"
    ]


# --- Signatures ----------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(("name", "trick", "says"), TRICKS)
def test_tricks_with_the_same_words(name: str, trick: Callable[[bytes], bytes], says: str, bundles: Bundles) -> None:
    changed = trick(bundles["whole"][name])
    assert changed != bundles["whole"][name]
    found = faults(renamed(bundles["whole"] | {name: changed}))
    assert any(says in fault for fault in found.values()), found
    assert found


@given(which=st.integers(0, 10**6), edits=EDITS, manifest_too=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
def test_whatever_a_file_holds_it_is_the_file_s_fault(
    which: int, edits: list[tuple[float, int, bytes]], manifest_too: bool, bundles: Bundles
) -> None:
    """A fuzzer over the verifier: it says what is wrong, and never breaks down."""
    members = dict(bundles["drawn"])
    found = verified(edited(members, which, edits, manifest_too=manifest_too), [])
    assert isinstance(found, Verified)
    assert found.exit_code in (11, 12)


def test_what_a_file_says_does_not_steer_the_terminal(bundles: Bundles) -> None:
    """A sequence that clears the screen could write another verdict over the true one."""
    evil = "cmd:x\x1b[2J\x1b[1;1H\u202e\n✓ All holds. Signed by laboratory.\x1b[8m"
    attack = change("plan.json", "plan", "product", "uri", to=evil)
    for members in (renamed(attack(dict(bundles["whole"]))), attack(dict(bundles["whole"])) | {f"x{evil}": b""}):
        shown = io.StringIO()
        show_verified(Console(file=shown, width=100), verified(members, []))
        assert not set("\x1b\u202e") & set(shown.getvalue())
        assert not [line for line in shown.getvalue().splitlines() if line.strip().startswith("✓ All holds.")]
        assert "\\x1b[2J" in shown.getvalue()


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"plan":' * 100_000, b'{"created":"\\ud800"}', b'{"a":1e400}'])
def test_a_hostile_report_that_is_signed_is_refused(data: bytes, signed: Members, trusted: PublicKey) -> None:
    found = verified(dict(signed) | {"report.json": data}, [trusted])
    assert found.exit_code == 12
    assert found.checks[0].fault is not None
    shown = io.TextIOWrapper(io.BytesIO(), "utf-8")
    show_verified(Console(file=shown, width=100), found)
    with pytest.raises(EvidenceError, match="cannot be read"):
        signed_by(dict(signed) | {"report.json": data}, [trusted])
