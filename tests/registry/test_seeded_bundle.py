"""Both verifiers find a seed that was chosen where it should follow from a log."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from steelyard.api import Run, prepare_run
from steelyard.bench.durable import write_durably
from steelyard.bench.trial import Trial, drawn
from steelyard.cli._issuing import checked
from steelyard.core.errors import EvidenceError
from steelyard.core.plan import Entered, Plan
from steelyard.registry.entering import enter_run
from steelyard.registry.entries import answers_of, plan_in, report_entry, report_of, run_entry
from steelyard.registry.log import Log
from steelyard.registry.standing import standing, today
from steelyard.report.proof.bundle import MANIFEST, bundle, manifest
from steelyard.report.proof.bundle_parts import Answers
from steelyard.report.proof.container import packed
from steelyard.report.proof.keys import new_key, private_key
from steelyard.report.proof.verification import verify

TOOL = Path(__file__).parents[2] / "tools" / "verify_report.py"
Members = dict[str, bytes]


def answer(measured: list[float]) -> str:
    return "positive" if measured[0] > 14 else "negative"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seeded")


@pytest.fixture(scope="module")
def performed(folder: Path) -> Callable[[Callable[[Trial], Trial]], tuple[Members, Plan]]:
    """Performs a run that entered a log, once its plan was changed behind the log's back."""

    def perform(change: Callable[[Trial], Trial]) -> tuple[Members, Plan]:
        out = folder / change.__name__
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("STEELYARD_HOME", str(folder / "home"))
            if not (folder / "home").exists():
                new_key("keeper")
                Log(folder / "log").append({"kind": "plan", "plan": "p", "run": "r"}, private_key("keeper"))
            run: Run = prepare_run("miit-2017-315#medical", answer, limit=20, out=out, attempt=1)
            entered = enter_run(run.trial, out, folder / "log", "keeper", seeded=True)
        replace(run, trial=change(entered)).perform()
        return dict(bundle(out).members), change(entered).plan

    return perform


@pytest.fixture(scope="module")
def honest(performed: Callable[[Callable[[Trial], Trial]], tuple[Members, Plan]]) -> tuple[Members, Plan]:
    def as_it_was(trial: Trial) -> Trial:
        return trial

    return performed(as_it_was)


def faults(members: Members, path: Path) -> tuple[set[str], set[str]]:
    """Return the checks that fail, of Steelyard and of the second program."""
    path.write_bytes(packed(members))
    done = subprocess.run([sys.executable, str(TOOL), str(path)], capture_output=True, text=True, check=False)
    second = {line.split()[1].rstrip(":") for line in done.stdout.splitlines() if line.startswith("FAILS")}
    assert done.returncode == (12 if second else 11), done.stdout + done.stderr
    return {check.name for check in verify(MappingProxyType(members)) if check.fault is not None}, second


def test_a_seed_of_the_log_holds(honest: tuple[Members, Plan], tmp_path: Path) -> None:
    assert faults(honest[0], tmp_path / "report.zip") == (set(), set())


def test_a_log_says_nothing_of_a_file_that_was_changed(honest: tuple[Members, Plan], tmp_path: Path) -> None:
    members, plan = honest
    (tmp_path / "report.zip").write_bytes(packed(members))
    assert plan_in(tmp_path / "report.zip") == plan
    for name in ("report.html", "plan.json"):
        (tmp_path / "report.zip").write_bytes(packed({**members, name: members[name] + b" "}))
        with pytest.raises(EvidenceError, match="its files are others"):
            plan_in(tmp_path / "report.zip")


def test_a_log_that_counts_otherwise_than_the_plan(honest: tuple[Members, Plan], folder: Path, tmp_path: Path) -> None:
    """The laboratory shows a first attempt; its log, kept by hand, has a second one of the same bundle."""
    members, plan = honest
    (tmp_path / "report.zip").write_bytes(packed(members))
    entry = report_entry(tmp_path / "report.zip")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STEELYARD_HOME", str(folder / "home"))
        key = private_key("keeper")
    bundle_digest = str(entry["bundle"])
    run = {name: entry[name] for name in ("plan", "run")}
    own = Log(folder / "log")
    own.append(entry, key)
    assert standing(folder / "log", bundle_digest, [key.public], today(), plan=plan).faults == ()
    other = Log(tmp_path / "other")
    product = {**run_entry(plan, run["run"]), "run": "earlier"}
    other.append({**product, "seeded": False}, key)
    other.append({**product, **run, "attempt": 2, "seeded": False}, key)
    root = other.heads()[0].root
    other.append({**entry, "attempt": 2, "seeded": False, "root": root}, key)
    assert other.audit([key.public]).faults == ()  # by itself that log holds
    (fault,) = standing(tmp_path / "other", bundle_digest, [key.public], today(), plan=plan).faults
    assert "another attempt, seed or place" in fault.en
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STEELYARD_HOME", str(folder / "home"))
        *_, issued = checked(tmp_path / "report.zip", [], None, tmp_path / "other")
    assert issued is not None
    assert (issued.valid, issued.words.en) == (False, "The log does not hold: it shows nothing of this report.")


@pytest.mark.parametrize("told", [{"product": {"uri": "cmd:other", "digest": None}}, {"clause": "c"}, {"answers": "a"}])
def test_a_log_that_names_another_product_or_other_answers(
    told: dict[str, object], honest: tuple[Members, Plan], folder: Path, tmp_path: Path
) -> None:
    members, plan = honest
    (tmp_path / "report.zip").write_bytes(packed(members))
    entry = report_entry(tmp_path / "report.zip")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STEELYARD_HOME", str(folder / "home"))
        key = private_key("keeper")
    for change, faults in ({}, 0), (told, 1):
        other = Log(tmp_path / f"other{faults}")
        other.append({"kind": "plan", "plan": "p", "run": "r"}, key)
        # The head is another one here, so that all that speaks of it is made to agree.
        log = Entered(1, other.heads()[-1].root)
        moved = replace(plan, log=log, seed=0)
        run = {**run_entry(moved, entry["run"]), **({} if "answers" in change else change)}
        other.append(run, key)
        answers = {"answers": entry["answers"]} | ({"answers": "a"} if "answers" in change else {})
        report = {name: entry[name] for name in ("kind", "run", "bundle", "verdict", "steelyard")}
        other.append({**report, **report_of(moved), **answers}, key)
        bundle_digest = str(entry["bundle"])
        found = standing(other.folder, bundle_digest, [key.public], today(), plan=moved, answers=answers_of(members))
        assert len(found.faults) == faults, found.faults


def test_a_bundle_that_is_made_again_has_the_same_answers(honest: tuple[Members, Plan], folder: Path) -> None:
    again = dict(bundle(folder / "as_it_was", outputs=Answers.CLEAR).members)
    assert again.keys() != honest[0].keys()
    assert answers_of(again) == answers_of(honest[0])
    seconds = again["records/seconds.npy"]
    assert answers_of(again | {"records/seconds.npy": seconds[:-1] + b"\1"}) != answers_of(honest[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda members, _: {name: data for name, data in members.items() if name != "head.json"},
        lambda members, other: {**members, "head.json": other},
        lambda members, _: {**members, "head.json": b"{}"},
    ],
)
def test_another_head_does_not_hold(
    change: Callable[[Members, bytes], Members], honest: tuple[Members, Plan], folder: Path, tmp_path: Path
) -> None:
    members, plan = honest
    other = Log(folder / "log").heads()[-1].envelope
    changed = change({name: data for name, data in members.items() if name != MANIFEST}, other)
    changed[MANIFEST] = manifest(changed, plan)
    first, second = faults(changed, tmp_path / "report.zip")
    assert first == second
    assert {"seed"} <= first <= {"seed", "shape"}  # a head that is missing is a member that is missing too


def test_a_seed_that_was_picked_does_not_hold(
    performed: Callable[[Callable[[Trial], Trial]], tuple[Members, Plan]], tmp_path: Path
) -> None:
    def lucky(trial: Trial) -> Trial:
        plan = replace(trial.plan, seed=7)
        return replace(trial, plan=plan, positions=drawn(trial.test_set, plan.limit, plan.seed))

    members, _ = performed(lucky)
    assert faults(members, tmp_path / "report.zip") == ({"seed"}, {"seed"})
    write_durably(tmp_path / "report.zip", packed(members))
    with pytest.raises(Exception, match="leads to the seed"):
        report_entry(tmp_path / "report.zip")
