"""A second program, which shares nothing with the first, comes to the same result on every bundle."""

from __future__ import annotations

import contextlib
import io
import json
import runpy
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


@pytest.fixture(scope="module")
def check(second: dict[str, ModuleType]) -> Check:
    """Return exit code and output of the second program on members, or on the bytes of a file."""

    def checked(found: Members | bytes, *keys: PrivateKey) -> tuple[int, str]:
        data = found if isinstance(found, bytes) else packed(found)
        program = second["program"]
        trusted = [program.Key(key.public.name, key.public._key) for key in keys]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = program.verify(data, trusted)
        return code, printed.getvalue()

    return checked


def failed(printed: str) -> dict[str, str]:
    """Checks that do not hold, and why."""
    lines = [line.removeprefix("FAILS  ") for line in printed.splitlines() if line.startswith("FAILS")]
    return dict(line.split(": ", 1) for line in lines)


# --- It agrees -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", attacks["RUNS"])
def test_both_programs_agree(name: str, bundles: Bundles, key: PrivateKey, check: Check) -> None:
    for members in (bundles[name], sign(bundles[name], key)):
        code, printed = check(members, key)
        assert code == verified(members, [key.public]).exit_code, printed
        assert not failed(printed)


def test_as_a_stranger_calls_it(bundles: Bundles, key: PrivateKey, tmp_path: Path) -> None:
    (tmp_path / "report.zip").write_bytes(packed(sign(bundles["whole"], key)))
    (tmp_path / "laboratory.pub").write_bytes(key.public.pem)
    (tmp_path / "none.pub").write_text("no key", "utf-8")

    def call(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, str(TOOLS / "verify_report.py"), *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8")
        return done.returncode, done.stdout + done.stderr

    code, printed = call("report.zip", "--trust", "laboratory.pub")
    assert (code, "Signed by laboratory." in printed) == (0, True), printed
    assert printed.count("holds  ") == 16
    assert printed.count("not checked here: ") == 3
    assert call("report.zip")[0] == 11
    for wrong in ((), ("none.zip",), ("report.zip", "--trust", "none.pub"), ("report.zip", "--trusted")):
        assert call(*wrong)[0] == 2, wrong


def test_what_it_does_not_know_is_not_proved(
    bundles: Bundles, key: PrivateKey, check: Check, second: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second["verdicts"], "METHODS", {})
    monkeypatch.setattr(second["bundle"], "METHODS", {})
    code, printed = check(sign(bundles["whole"], key), key)
    assert (code, failed(printed)) == (11, {})
    assert "not checked here: estimates and verdict of the reading patient: what medical.diagnosis counts" in printed
    assert "The verdict is not proved by this program" in printed


def test_what_a_file_says_does_not_steer_the_terminal(bundles: Bundles, check: Check) -> None:
    uri = "cmd:\x1b[2J\x1b[1;1HAll holds.\nSigned by you."
    members = attacks["change"]("report.json", "verdict", to=uri)(dict(bundles["whole"]))
    code, printed = check(attacks["renamed"](members))
    assert (code, "\x1b" in printed) == (12, False)
    assert not [line for line in printed.splitlines() if line.startswith(("All", "Signed"))]


def test_it_imports_nothing_of_the_first() -> None:
    for path in [TOOLS / "verify_report.py", *(TOOLS / "verifying").glob("*.py")]:
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) < 400
        assert not [line for line in lines if line.lstrip().startswith(("import steelyard", "from steelyard"))]


def test_a_recorded_recogniser(mirror: Path, tmp_path: Path, check: Check) -> None:
    assert mirror.is_dir()
    steelyard.run("miit-2017-315#speech.recognition", "outputs:aishell1-test-hyp-zh", out=tmp_path / "run")
    code, printed = check(dict(bundle(tmp_path / "run").members))
    assert code == 11, printed
    assert "not proved by this program" not in printed


SPECIFICATION = """
specification: made
edition: '1'
document: a made specification
title: {{en: made, zh: 自拟}}
source: made
decision: {{rule: {rule}, confidence: 0.9}}
clauses:
  ill:
    where: '1'
    words: it must
    meaning: {{en: it must, zh: 必须}}
    axis: intelligence
    binding: {binding}
    silent_on: []
    readings:
      one:
        because: {{en: made, zh: 自拟}}
        method: {method}
        {scope}
        require:
{requirements}
"""


METHODS = ("medical.diagnosis", "medical.probability")


def diagnosis(rule: str = "guarded", binding: str = "hard", scope: str = "") -> str:
    """A specification of errors of a diagnosis."""
    requirements = "          misses: false_negative_rate < 20 %\n          alarms: false_positive_rate <= 30 %\n"
    return SPECIFICATION.format(
        rule=rule, binding=binding, scope=scope, method="medical.diagnosis", requirements=requirements
    )


OWN: dict[str, str] = {
    "simple acceptance": diagnosis("simple"),
    "a soft target": diagnosis(binding="soft"),
    "patients with several rows": diagnosis(scope="cluster: patient"),
    "each disease by itself": diagnosis(scope="cluster: patient\n        every: disease"),
    "a mean over diseases": diagnosis(
        scope="cluster: patient\n        mean_over: {group: disease, at_least: 2, each: {patient: 10}}"
    ),
    "one cluster after another": diagnosis(scope="cluster: patient\n        every: disease"),
    "ranks": SPECIFICATION.format(
        rule="guarded",
        binding="hard",
        scope="cluster: patient",
        method="medical.probability",
        requirements="          area: area_under_curve > 0.8\n          distance: brier_score < 0.2\n",
    ),
    "diseases that are not covered": diagnosis(scope="cover: {group: disease, at_least: 2, each: {patient: 99}}"),
}


def sometimes(measured: list[float]) -> str:
    """A product that errs in about one of seven."""
    number = round(measured[0])
    right = "positive" if number % 3 == 0 else "negative"
    return right if number * 37 % 7 else "negative" if right == "positive" else "positive"


def likely(measured: list[float]) -> float:
    """A product that says what is likely, and errs as often."""
    return (0.8 if sometimes(measured) == "positive" else 0.1) + round(measured[0]) % 11 / 100.0


@pytest.mark.parametrize("name", OWN)
def test_specifications_of_one_s_own(
    name: str, write_own_set: Callable[..., Path], tmp_path: Path, check: Check
) -> None:
    path = tmp_path / "made.yaml"
    path.write_text(OWN[name], "utf-8")
    folder = write_own_set()
    product = likely if "probability" in OWN[name] else sometimes
    sequential = "after" in name
    steelyard.run(f"{path}#ill", product, test_set=str(folder), out=tmp_path / "run", sequential=sequential)
    members = dict(bundle(tmp_path / "run", str(folder), str(path)).members)
    code, printed = check(members)
    assert (code, failed(printed)) == (11, {})
    assert verified(members, []).exit_code == 11


@pytest.fixture
def write_own_set(write_set: Callable[..., Path], tmp_path: Path) -> Callable[[], Path]:
    """Return a function that writes a set of two diseases, and of patients with two rows each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from steelyard.library.card_file import read_card
    from steelyard.library.writing import write_set as write

    def made() -> Path:
        folder = write_set(
            ["positive" if number % 3 == 0 else "negative" for number in range(120)], name="first", methods=METHODS
        )
        (path,) = folder.rglob("*.parquet")
        table = pq.read_table(path)
        changed = {
            "disease": pa.array(["one" if number % 2 else "two" for number in range(120)]),
            "patient": pa.array([f"patient-{number // 4}" for number in range(120)]),
        }
        for column, values in changed.items():
            table = table.set_column(table.column_names.index(column), column, values)
        write(tmp_path / "own", read_card(folder), table)
        return tmp_path / "own"

    return made


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
    assert not failed(printed).keys() & {"file", "signed", "manifest"}, "it is found by computing"
    code, printed = check(attacks["renamed"](attack(sign(bundles[name], key))), key)
    assert code == 12
    assert "signed" in failed(printed)


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
def test_tricks(name: str, trick: Callable[[bytes], bytes], says: str, bundles: Bundles, check: Check) -> None:
    assert says is not None
    members = bundles["whole"] | {name: trick(bundles["whole"][name])}
    code, printed = check(attacks["renamed"](members))
    assert code == 12, printed


def test_another_product_is_found_by_the_signature_alone(bundles: Bundles, key: PrivateKey, check: Check) -> None:
    another = attacks["another_product"]
    assert check(another(dict(bundles["whole"])))[0] == 11
    assert failed(check(another(sign(bundles["whole"], key)), key)[1]).keys() == {"signed"}


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
def test_other_archives_are_refused(data: bytes, says: str, check: Check) -> None:
    assert says
    code, printed = check(data)
    assert (code, "file" in failed(printed)) == (12, True)


@given(which=st.integers(0, 10**6), share=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_byte_of_any_member(
    which: int, share: float, mask: int, bundles: Bundles, key: PrivateKey, check: Check
) -> None:
    """The archive fits what was changed, and nothing else does."""
    signed = sign(bundles["drawn"], key)
    name = sorted(signed)[which % len(signed)]
    data = bytearray(signed[name])
    data[int(share * len(data))] ^= mask
    assert check(signed | {name: bytes(data)}, key)[0] != 0


def test_signatures(bundles: Bundles, key: PrivateKey, check: Check) -> None:
    new_key("somebody")
    other = private_key("somebody")
    signed = sign(bundles["whole"], key)
    place = f"{ATTESTATIONS}judged.dsse.json"
    assert check(sign(bundles["whole"], other), key)[0] == 11
    assert check(sign(signed, other), key)[0] == 0
    forged = sign(bundles["whole"], other)
    forged = {each: data.replace(other.public.id.encode(), key.public.id.encode()) for each, data in forged.items()}
    assert failed(check(forged, key)[1])["signed"].endswith("the signature in laboratory's name is forged")
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
def test_no_bit_of_the_file_can_change(place: float, bit: int, bundles: Bundles, check: Check) -> None:
    data = bytearray(packed(bundles["drawn"]))
    data[int(place * len(data))] ^= 1 << bit
    assert check(bytes(data))[0] == 12


@given(cut=st.integers(0, 200), added=st.binary(min_size=1, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
def test_nothing_stands_before_after_or_instead(cut: int, added: bytes, bundles: Bundles, check: Check) -> None:
    data = packed(bundles["drawn"])
    for changed in (data + added, added + data, data[:-cut] if cut else b"", added):
        assert check(changed)[0] == 12


@given(which=st.integers(0, 10**6), edits=attacks["EDITS"], manifest_too=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_whatever_a_file_holds_it_is_the_file_s_fault(
    which: int, edits: list[tuple[float, int, bytes]], manifest_too: bool, bundles: Bundles, check: Check
) -> None:
    members = attacks["edited"](bundles["drawn"], which, edits, manifest_too=manifest_too)
    code, printed = check(members)
    assert code in (11, 12)
    if verified(members, []).exit_code == 11:
        assert code == 11, printed
