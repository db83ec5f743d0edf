"""A second program, which shares nothing with the first, comes to the same result on every bundle."""

from __future__ import annotations

import ast
import json
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import steelyard
from steelyard.report.proof.attestation import statements
from steelyard.report.proof.bundle import ATTESTATIONS, bundle
from steelyard.report.proof.container import packed
from steelyard.report.proof.keys import PrivateKey, new_key, private_key
from steelyard.report.proof.signing import sign
from steelyard.report.proof.verified import verified

TOOLS = Path(__file__).parents[2] / "tools"
attacks = runpy.run_path(str(Path(__file__).parent / "attacks.py"))
container = runpy.run_path(str(Path(__file__).parent / "test_container.py"))
Members = dict[str, bytes]
Bundles = dict[str, Members]
Check = Callable[..., tuple[int, str]]


def failed(printed: str) -> dict[str, str]:
    """Checks that do not hold, and why."""
    lines = [line.removeprefix("FAILS  ") for line in printed.splitlines() if line.startswith("FAILS")]
    return dict(line.split(": ", 1) for line in lines)


# --- It agrees -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", attacks["RUNS"])
def test_both_programs_agree(name: str, bundles: Bundles, key: PrivateKey, check: Check, check_alone: Check) -> None:
    for members in (bundles[name], sign(bundles[name], key)):
        wanted = verified(members, [key.public]).exit_code
        code, printed = check(members, key)
        assert (code, failed(printed)) == (wanted, {}), printed
        code, printed = check_alone(members, key)
        assert (code, failed(printed)) == (11 if name == "sequential" else wanted, {}), printed
        assert ("not proved by this program" in printed) == (name == "sequential")


def test_a_product_that_is_made_of_files(bundles: Bundles, key: PrivateKey, check: Check, check_alone: Check) -> None:
    product = json.loads(bundles["whole"]["plan.json"])["plan"]["product"]
    weights = {"name": "weights.onnx", "digest": "sha256:" + "1" * 64, "count": 1}
    made = attacks["change"]("plan.json", "plan", "product", to=product | {"digest": "sha256:0", "files": [weights]})
    members = sign(attacks["renamed"](made(dict(bundles["whole"]))), key)
    assert verified(members, [key.public]).exit_code == 0
    for program in (check, check_alone):
        code, printed = program(members, key)
        assert (code, failed(printed)) == (0, {}), printed


def test_as_a_stranger_calls_it(bundles: Bundles, key: PrivateKey, tmp_path: Path) -> None:
    (tmp_path / "report.zip").write_bytes(packed(sign(bundles["whole"], key)))
    (tmp_path / "laboratory.pub").write_bytes(key.public.pem)
    (tmp_path / "none.pub").write_text("no key", "utf-8")
    shutil.copy(TOOLS / "verify_report.py", tmp_path)

    def call(program: Path, *arguments: str) -> tuple[int, str]:
        command = [sys.executable, str(program), *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8")
        return done.returncode, done.stdout + done.stderr

    beside, copied = TOOLS / "verify_report.py", tmp_path / "verify_report.py"
    for program, holds, left in ((beside, 15, 1), (copied, 5, 10)):
        code, printed = call(program, "report.zip", "--trust", "laboratory.pub")
        assert (code, "Signed by laboratory." in printed) == (0, True), printed
        assert (printed.count("holds  "), printed.count("not checked here: ")) == (holds, left)
    assert call(copied, "report.zip")[0] == 11
    for wrong in ((), ("none.zip",), ("report.zip", "--trust", "none.pub"), ("report.zip", "--trusted")):
        assert call(copied, *wrong)[0] == 2, wrong


def test_what_it_does_not_know_is_not_proved(
    bundles: Bundles, key: PrivateKey, check: Check, second: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("program", "verdicts", "bundle", "records"):
        monkeypatch.setattr(second[name], "METHODS", {})
    code, printed = check(sign(bundles["whole"], key), key)
    assert (code, failed(printed)) == (11, {})
    assert "not checked here: estimates and verdict of the reading patient: what medical.diagnosis counts" in printed
    assert "not proved by this program" in printed


def test_what_a_file_says_does_not_steer_the_terminal(bundles: Bundles, check: Check) -> None:
    uri = "cmd:\x1b[2J\x1b[1;1HAll holds.\nSigned by you."
    members = attacks["change"]("report.json", "verdict", to=uri)(dict(bundles["whole"]))
    code, printed = check(attacks["renamed"](members))
    assert (code, "\x1b" in printed) == (12, False)
    assert not [line for line in printed.splitlines() if line.startswith(("All", "Signed"))]


def test_it_is_small_and_imports_nothing_of_the_first() -> None:
    program = TOOLS / "verify_report.py"
    assert len(program.read_text("utf-8").splitlines()) < 400
    own, more = imported(program), set().union(*map(imported, (TOOLS / "verifying").glob("*.py")))
    assert own - sys.stdlib_module_names == {"numpy", "cryptography"}
    assert more - sys.stdlib_module_names <= {"numpy", "cryptography", "verify_report", "verifying"}


def imported(path: Path) -> set[str]:
    """The packages that a file imports anywhere."""
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    names = [[each.name for each in node.names] for node in tree if isinstance(node, ast.Import)]
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    names += [[str(node.module)] for node in tree if isinstance(node, ast.ImportFrom)]
    return {each.partition(".")[0] for some in names for each in some}


def test_a_recorded_recogniser(mirror: Path, tmp_path: Path, check: Check, check_alone: Check) -> None:
    assert mirror.is_dir()
    steelyard.run("miit-2017-315#speech.recognition", "outputs:aishell1-test-hyp-zh", out=tmp_path / "run")
    for program in (check, check_alone):
        code, printed = program(dict(bundle(tmp_path / "run").members))
        assert (code, "not proved by this program" in printed) == (11, False), printed


# --- Whatever was done to a bundle, it finds too -------------------------------------------------------------------


@pytest.mark.parametrize(("name", "attack", "found_by", "says"), attacks["ATTACKS"])
def test_attacks(
    name: str,
    attack: Callable[[Members], Members],
    found_by: str,
    says: str,
    bundles: Bundles,
    key: PrivateKey,
    check: Check,
) -> None:
    assert found_by
    assert says is not None
    code, printed = check(attacks["renamed"](attack(dict(bundles[name]))))
    assert code == 12
    assert not failed(printed).keys() & {"file", "signed"}, "it is found by computing"
    code, printed = check(attacks["renamed"](attack(sign(bundles[name], key))), key)
    assert code == 12
    assert "signed" in failed(printed)


@pytest.mark.parametrize(("name", "attack", "found_by", "says"), attacks["ATTACKS"])
def test_attacks_on_the_file_alone(
    name: str,
    attack: Callable[[Members], Members],
    found_by: str,
    says: str,
    bundles: Bundles,
    key: PrivateKey,
    check_alone: Check,
) -> None:
    code, printed = check_alone(attacks["renamed"](attack(dict(bundles[name]))))
    left = attacks["NOT_ALONE"].get((name, found_by, says))
    assert (code, failed(printed).keys() & {"file", "signed"}) == (11 if left else 12, set()), left or printed
    assert name == "sequential" or not left or says not in attacks["FOUND_ALONE"]
    assert check_alone(attacks["renamed"](attack(sign(bundles[name], key))), key)[0] == 12, "a signature finds all"


def test_what_is_left_alone_is_an_attack() -> None:
    assert attacks["NOT_ALONE"].keys() <= {(run, by, says) for run, _, by, says in attacks["ATTACKS"]}


OF_THE_SAME_NAME = {"complete": "completeness", "said": "said", "counts": "counts"}


@pytest.mark.parametrize(
    ("name", "attack", "found_by"), [each[:3] for each in attacks["ATTACKS"] if each[2] in OF_THE_SAME_NAME]
)
def test_attacks_on_rows_groups_and_claims_are_found_where_they_are(
    name: str, attack: Callable[[Members], Members], found_by: str, bundles: Bundles, check: Check
) -> None:
    _, printed = check(attacks["renamed"](attack(dict(bundles[name]))))
    assert {OF_THE_SAME_NAME[found_by], "shape"} & failed(printed).keys(), printed


@pytest.mark.parametrize(("name", "trick", "says"), attacks["TRICKS"])
def test_tricks(
    name: str, trick: Callable[[bytes], bytes], says: str, bundles: Bundles, check: Check, check_alone: Check
) -> None:
    assert says is not None
    members = bundles["whole"] | {name: trick(bundles["whole"][name])}
    for program in (check, check_alone):
        code, printed = program(attacks["renamed"](members))
        assert code == 12, printed


def test_another_product_is_found_by_the_signature_alone(
    bundles: Bundles, key: PrivateKey, check: Check, check_alone: Check
) -> None:
    another = attacks["another_product"]
    for program, found in ((check, {"signed", "envelopes"}), (check_alone, {"signed"})):
        assert program(another(dict(bundles["whole"])))[0] == 11
        assert failed(program(another(sign(bundles["whole"], key)), key)[1]).keys() == found


@pytest.mark.parametrize(("name", "attack", "why"), attacks["LEFT"])
def test_what_no_computing_finds(
    name: str, attack: Callable[[Members], Members], why: str, bundles: Bundles, key: PrivateKey, check: Check
) -> None:
    code, printed = check(attacks["renamed"](attack(dict(bundles[name]))))
    assert (code, failed(printed)) == (11, {}), why
    assert check(attacks["renamed"](attack(sign(bundles[name], key))), key)[0] == 12


@pytest.mark.parametrize(("name", "attack", "found_by", "why"), attacks["LEFT_TO_ONE"])
def test_what_the_first_program_alone_finds(
    name: str,
    attack: Callable[[Members], Members],
    found_by: str,
    why: str,
    bundles: Bundles,
    key: PrivateKey,
    check: Check,
) -> None:
    changed = attacks["renamed"](attack(dict(bundles[name])))
    assert found_by in {each.name for each in verified(changed, []).checks if each.fault is not None}
    code, printed = check(changed)
    assert (code, failed(printed)) == (11, {}), why
    assert check(attacks["renamed"](attack(sign(bundles[name], key))), key)[0] == 12


@pytest.mark.parametrize(("data", "says"), container["ARCHIVES"])
def test_other_archives_are_refused(data: bytes, says: str, check_alone: Check) -> None:
    assert says
    code, printed = check_alone(data)
    assert (code, "file" in failed(printed)) == (12, True)


@given(which=st.integers(0, 10**6), share=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_byte_of_any_member(
    which: int, share: float, mask: int, bundles: Bundles, key: PrivateKey, check_alone: Check
) -> None:
    """The archive fits what was changed, and nothing else does."""
    signed = sign(bundles["drawn"], key)
    name = sorted(signed)[which % len(signed)]
    data = bytearray(signed[name])
    data[int(share * len(data))] ^= mask
    assert check_alone(signed | {name: bytes(data)}, key)[0] != 0


@pytest.mark.parametrize("program", ["check", "check_alone"])
def test_signatures(program: str, bundles: Bundles, key: PrivateKey, request: pytest.FixtureRequest) -> None:
    check = request.getfixturevalue(program)
    new_key("somebody")
    other = private_key("somebody")
    signed = sign(bundles["whole"], key)
    place = f"{ATTESTATIONS}judged.dsse.json"
    assert check(sign(bundles["whole"], other), key)[0] == 11
    assert check(sign(signed, other), key)[0] == 0
    forged = sign(bundles["whole"], other)
    forged = {each: data.replace(other.public.id.encode(), key.public.id.encode()) for each, data in forged.items()}
    assert failed(check(forged, key)[1])["signed"] == "InvalidSignature()"
    assert check({each: data for each, data in signed.items() if each != place}, key)[0] == 12
    assert check(signed | {f"{ATTESTATIONS}more.dsse.json": signed[place]}, key)[0] == 12
    drawn = sign(bundles["drawn"], key)
    assert (
        check(bundles["whole"] | {each: drawn[each] for each in drawn if each.startswith(ATTESTATIONS)}, key)[0] == 12
    )
    unsigned = rfc8785.dumps(json.loads(signed[place]) | {"signatures": []})
    assert check(signed | {place: unsigned}, key)[0] == 11
    assert statements(bundles["whole"]).keys() == {"judged", "test-result"}


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_no_bit_of_the_file_can_change(place: float, bit: int, bundles: Bundles, check_alone: Check) -> None:
    data = bytearray(packed(bundles["drawn"]))
    data[int(place * len(data))] ^= 1 << bit
    assert check_alone(bytes(data))[0] == 12


@given(cut=st.integers(0, 200), added=st.binary(min_size=1, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
def test_nothing_stands_before_after_or_instead(cut: int, added: bytes, bundles: Bundles, check_alone: Check) -> None:
    data = packed(bundles["drawn"])
    for changed in (data + added, added + data, data[:-cut] if cut else b"", added):
        assert check_alone(changed)[0] == 12


@given(which=st.integers(0, 10**6), edits=attacks["EDITS"], manifest_too=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_whatever_a_file_holds_it_is_the_file_s_fault(
    which: int,
    edits: list[tuple[float, int, bytes]],
    manifest_too: bool,
    bundles: Bundles,
    check: Check,
    check_alone: Check,
) -> None:
    members = attacks["edited"](bundles["drawn"], which, edits, manifest_too=manifest_too)
    holds = verified(members, []).exit_code == 11
    for program in (check, check_alone):
        code, printed = program(members)
        assert code in ((11,) if holds else (11, 12)), printed
