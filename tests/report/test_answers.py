"""A bundle holds the product's answers: with the set, the method counts the rows again."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import steelyard
from steelyard.core.canonical import canonical
from steelyard.core.errors import UnknownName
from steelyard.library.store import open_set
from steelyard.library.stored_set import StoredSet
from steelyard.report.proof.answers import ANSWERS, HASHES
from steelyard.report.proof.bundle import bundle
from steelyard.report.proof.bundle_parts import Answers, answers_named
from steelyard.report.proof.container import packed
from steelyard.report.proof.disclosure import disclose
from steelyard.report.proof.evidence import loaded, saved
from steelyard.report.proof.verified import Verified, verified

attacks = runpy.run_path(str(Path(__file__).parent / "attacks.py"))
renamed, RUNS = attacks["renamed"], attacks["RUNS"]
Members = dict[str, bytes]


@pytest.fixture(scope="module")
def answered(runs: dict[str, Path], store_home: Path) -> dict[str, Members]:
    """The members of each run's bundle, with answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(store_home))
        return {
            name: dict(bundle(folder, own_set(folder), outputs=Answers.CLEAR).members) for name, folder in runs.items()
        }


def own_set(folder: Path) -> str | None:
    return str(folder.parent / "set") if folder.name == "grouped" else None


@pytest.fixture
def opened(runs: dict[str, Path], store_home: Path) -> Callable[[str], StoredSet]:
    assert store_home.is_dir()
    return lambda name: open_set(own_set(runs[name]) or "wdbc")


def faults(found: Verified) -> dict[str, str]:
    return {each.name: each.fault.en for each in found.checks if each.fault is not None}


def what(found: Verified) -> str:
    return {each.name: each.what.en for each in found.checks}["answers"]


@pytest.mark.parametrize("name", RUNS)
def test_rows_are_counted_again(
    name: str, answered: dict[str, Members], bundles: dict[str, Members], opened: Callable[[str], StoredSet]
) -> None:
    members = answered[name]
    assert members.keys() - bundles[name].keys() == {ANSWERS}
    assert canonical(json.loads(members[ANSWERS])) == members[ANSWERS]
    alone = verified(members, [])
    assert (faults(alone), "there is an answer" in what(alone)) == ({}, True)
    found = verified(members, [], opened(name))
    assert (faults(found), "counted again" in what(found)) == ({}, True)


@pytest.mark.parametrize("name", RUNS)
def test_the_second_program_reads_them(name: str, answered: dict[str, Members], second: dict[str, ModuleType]) -> None:
    assert second["program"].verify(packed(answered[name]), []) == 11


def other_answer(members: Members) -> Members:
    said = json.loads(members[ANSWERS])
    place = next(number for number, answer in enumerate(said[0]) if answer == "negative")
    said[0][place] = "positive"
    return members | {ANSWERS: canonical(said)}


def one_less(members: Members) -> Members:
    said = json.loads(members[ANSWERS])
    return members | {ANSWERS: canonical([said[0][:-1], *said[1:]])}


def a_failed_one(members: Members) -> Members:
    said = json.loads(members[ANSWERS])
    said[0][said[0].index(None)] = "negative"
    return members | {ANSWERS: canonical(said)}


def none_at_all(members: Members) -> Members:
    said = json.loads(members[ANSWERS])
    return members | {ANSWERS: canonical([[None] * len(said[0])])}


def another_kind(members: Members) -> Members:
    said = json.loads(members[ANSWERS])
    return members | {ANSWERS: canonical([[7 if each else each for each in said[0]]])}


def better_rows(members: Members) -> Members:
    """All that is said is computed from rows that no answer bears out: nothing but answers and set find it."""
    name = "evidence/tables/0/0/values.npy"
    values = loaded(members[name], 2, float_=True).copy()
    values[int(np.flatnonzero(values[:, 1])[0]), 1] = 0
    return members | {name: saved(values)}


@pytest.mark.parametrize(
    ("attack", "says", "second_finds"),
    [
        (other_answer, "counted from the answers, row", False),
        (better_rows, "counted from the answers, row", True),
        (one_less, "answers to other samples", True),
        (a_failed_one, "has an answer, and a failure", True),
        (none_at_all, "has no answer, and no failure", True),
        (another_kind, "", False),
        (lambda members: members | {ANSWERS: b"{}"}, "answers to other samples", True),
        (lambda members: members | {ANSWERS: members[ANSWERS].replace(b"[[", b"[[1e400,")}, "", True),
    ],
)
def test_answers_that_are_not_those_that_were_counted(
    attack: Callable[[Members], Members],
    says: str,
    second_finds: bool,
    answered: dict[str, Members],
    opened: Callable[[str], StoredSet],
    second: dict[str, ModuleType],
) -> None:
    changed = renamed(attack(dict(answered["whole"])))
    assert says in faults(verified(changed, [], opened("whole")))["answers"]
    assert (second["program"].verify(packed(changed), []) == 12) == second_finds, "it does not count answers again"


def test_hashed_answers_are_opened_one_by_one(
    runs: dict[str, Path], store_home: Path, opened: Callable[[str], StoredSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(store_home))
    members = dict(bundle(runs["repeated"], outputs=Answers.HASHED).members)
    assert HASHES in members
    assert faults(verified(members, [], opened("repeated"))) == {}
    whole = disclose(runs["repeated"], members, None)
    found = verified(members, [], opened("repeated"), disclosed=whole)
    assert (faults(found), "counted again" in what(found), found.withheld) == ({}, True, False)
    short = renamed(members | {HASHES: saved(loaded(members[HASHES], 2).astype(np.uint8)[1:])})
    assert "hashes of 189 samples" in faults(verified(short, []))["hashes"]


def test_a_recorded_recogniser(mirror: Path, tmp_path: Path) -> None:
    assert mirror.is_dir()
    steelyard.run("miit-2017-315#speech.recognition", "outputs:aishell1-test-hyp-zh", out=tmp_path / "run", limit=500)
    members = bundle(tmp_path / "run", outputs=Answers.CLEAR).members
    found = verified(members, [], open_set("aishell1-test-hyp-zh"))
    assert (faults(found), "counted again" in what(found)) == ({}, True)


def test_a_wrong_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean hashed"):
        answers_named("hash")
