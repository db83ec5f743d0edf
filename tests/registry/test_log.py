"""A log only grows: what was in it can be proved, and what was done to it is found."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from steelyard.core.canonical import canonical
from steelyard.core.errors import CallError, EvidenceError
from steelyard.registry.heads import Receipt, continues, read_receipt
from steelyard.registry.log import Log
from steelyard.report.proof.keys import PrivateKey, new_key, private_key


def plan(number: int) -> dict[str, Any]:
    return {"kind": "plan", "plan": f"sha256:{number % 100:064x}", "run": f"{number:032x}"}


def report(number: int) -> dict[str, Any]:
    return plan(number) | {"kind": "report", "bundle": f"sha256:{number + 1000:064x}", "verdict": "conforms"}


def withdrawn(number: int) -> dict[str, Any]:
    return {name: value for name, value in report(number).items() if name != "verdict"} | {
        "kind": "withdrawn",
        "reason": "a",
    }


@pytest.fixture
def folder(tmp_path: Path, key: PrivateKey) -> Path:
    log = Log(tmp_path / "log")
    for entry in (plan(0), plan(1), report(0), plan(2), report(1), withdrawn(0)):
        log.append(entry, key)
    return tmp_path / "log"


def test_what_stands_in_it(folder: Path, key: PrivateKey) -> None:
    log = Log(folder)
    audit = log.audit([key.public])
    assert (audit.size, audit.heads, audit.faults) == (6, 6, ())
    assert [entry["plan"] for entry in audit.unreported] == [plan(2)["plan"]]
    assert [entry["bundle"] for entry in audit.withdrawn] == [report(0)["bundle"]]
    assert [entry["kind"] for entry in log.entries()] == ["plan", "plan", "report", "plan", "report", "withdrawn"]


def test_the_same_again_is_no_other_entry(folder: Path, key: PrivateKey) -> None:
    receipt = Log(folder).append(plan(1), key)
    assert (receipt.index, receipt.size) == (1, 6)
    assert len(Log(folder).heads()) == 6


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (report(7), "the report's run does not stand in the log"),
        (report(100), "the report's run does not stand in the log"),
        (withdrawn(2), "no such report stands in the log"),
    ],
)
def test_what_does_not_follow_is_not_entered(entry: dict[str, Any], says: str, folder: Path, key: PrivateKey) -> None:
    with pytest.raises(CallError, match=says):
        Log(folder).append(entry, key)
    assert len(Log(folder).entries()) == 6


def test_a_receipt_proves_its_entry(folder: Path, key: PrivateKey) -> None:
    log = Log(folder)
    for each in (plan(0), report(1), withdrawn(0)):
        receipt = log.receipt(each)
        assert receipt.entry["kind"] == each["kind"]
        read = read_receipt(canonical(receipt.document()), Path("receipt.json"))
        assert read == receipt
        assert read.head.signed_by([key.public]) == [key.public]
    with pytest.raises(CallError, match="does not stand in the log"):
        log.receipt(plan(100))


@pytest.mark.parametrize(
    "change",
    [
        {"index": 0},
        {"size": 7},
        {"nodes": []},
        {"nodes": ["00" * 32]},
        {"nodes": ["zz"]},
        {"entry": report(2)},
        {"head": {}},
        {"index": "x"},
        {"index": -1},
    ],
)
def test_a_receipt_that_was_changed_proves_nothing(change: dict[str, Any], folder: Path) -> None:
    said = Log(folder).receipt(report(1)).document()
    with pytest.raises(EvidenceError, match=r"receipt\.json"):
        read_receipt(canonical(said | change), Path("receipt.json"))


def test_every_head_is_continued_by_every_later_one(folder: Path) -> None:
    log = Log(folder)
    *earlier, last = log.heads()
    for head in earlier:
        proof = log.grown_since(head.size)
        assert continues(head, last, proof)
        assert not continues(last, head, proof)


def rewritten(folder: Path, change: Callable[[list[bytes]], list[bytes]], name: str = "entries.jsonl") -> None:
    lines = (folder / name).read_bytes().splitlines()
    (folder / name).write_bytes(b"".join(line + b"\n" for line in change(lines)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines[:-1], "the log has 5 entries now"),
        (lambda lines: lines[:2] + lines[3:], "the log has 5 entries now"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "the entries before it are others"),
        (lambda lines: [lines[0].replace(b"0", b"1", 1), *lines[1:]], "the entries before it are others"),
        (lambda lines: [*lines, lines[0]], "entries follow the last head"),
    ],
)
def test_a_log_that_was_changed_is_found(
    change: Callable[[list[bytes]], list[bytes]], says: str, folder: Path, key: PrivateKey
) -> None:
    rewritten(folder, change)
    assert any(says in fault.en for fault in Log(folder).audit([key.public]).faults)


def test_a_log_cut_off_with_its_heads_is_found_by_who_saw_more(folder: Path, key: PrivateKey) -> None:
    seen = Log(folder).heads()[-1]
    rewritten(folder, lambda lines: lines[:-1])
    rewritten(folder, lambda lines: lines[:-1], "heads.jsonl")
    assert Log(folder).audit([key.public]).faults == ()  # by itself it looks well
    (fault,) = Log(folder).audit([key.public], [seen]).faults
    assert "the head of 6 entries that was seen: the log has 5 entries now" in fault.en


def test_a_fork_is_found_by_who_saw_the_other_branch(folder: Path, tmp_path: Path, key: PrivateKey) -> None:
    other = tmp_path / "fork"
    other.mkdir()
    for name in ("entries.jsonl", "heads.jsonl"):
        (other / name).write_bytes((folder / name).read_bytes())
    shown = Log(folder).append(plan(8), key).head
    Log(other).append(plan(9), key)
    assert Log(other).audit([key.public]).faults == ()
    (fault,) = Log(other).audit([key.public], [shown]).faults
    assert "the entries before it are others" in fault.en


def test_a_head_of_somebody_else(folder: Path, key: PrivateKey) -> None:
    new_key("somebody")
    Log(folder).append(plan(3), private_key("somebody"))
    (fault,) = Log(folder).audit([key.public]).faults
    assert fault.en == "head 7 is not signed by a trusted key"


def test_a_report_before_its_plan_is_found(folder: Path, key: PrivateKey) -> None:
    log = Log(folder)
    lines = (folder / "entries.jsonl").read_bytes()
    late = canonical(report(5) | {"at": "9999"}) + b"\n"
    (folder / "entries.jsonl").write_bytes(lines + late)
    log.append(plan(6), key)  # its head covers the line that was slipped in
    faults = [fault.en for fault in log.audit([key.public]).faults]
    assert faults == ["entry 7: a report without a plan before it", "entry 8: it is older than the one before it"]


def test_a_writer_that_was_killed_between_entry_and_head(folder: Path, key: PrivateKey) -> None:
    rewritten(folder, lambda lines: lines[:-1], "heads.jsonl")
    assert [fault.en for fault in Log(folder).audit([key.public]).faults] == ["entries follow the last head"]
    Log(folder).append(plan(3), key)
    assert Log(folder).audit([key.public]).faults == ()


def test_a_killed_writer_s_command_is_repeated(tmp_path: Path, key: PrivateKey) -> None:
    log = Log(tmp_path / "log")
    for number in range(2):
        log.append(plan(number), key)
        rewritten(tmp_path / "log", lambda lines: lines[:-1], "heads.jsonl")
        receipt = log.append(plan(number), key)  # the same again: it is signed now, and the receipt holds
        assert read_receipt(canonical(receipt.document()), Path("receipt.json")) == receipt
        assert log.audit([key.public]).faults == ()


def test_what_is_being_written_has_no_receipt_yet(folder: Path, key: PrivateKey) -> None:
    last = Log(folder).entries()[-1]
    rewritten(folder, lambda lines: lines[:-1], "heads.jsonl")
    receipt = Log(folder).receipt(report(1))
    assert read_receipt(canonical(receipt.document()), Path("receipt.json")).size == 5
    assert Log(folder).receipt(last).entry["kind"] == "report"  # of the bundle, before it was withdrawn
    assert key.public in receipt.head.signed_by([key.public])


def test_the_same_plan_run_twice_stands_there_twice(folder: Path, key: PrivateKey) -> None:
    log = Log(folder)
    log.append(plan(101), key)
    unreported = log.audit([key.public]).unreported
    assert [entry["run"] for entry in unreported] == [plan(2)["run"], plan(101)["run"]]
    assert plan(101)["plan"] == plan(1)["plan"]


def test_no_log_is_no_good_log(tmp_path: Path, key: PrivateKey) -> None:
    with pytest.raises(CallError, match="there is no log in"):
        Log(tmp_path / "nothing").audit([key.public])
    (tmp_path / "file").write_text("")
    with pytest.raises(CallError, match="cannot write to"):
        Log(tmp_path / "file").append(plan(0), key)
    with pytest.raises(CallError, match="cannot write to /proc: No such file"):
        Log(Path("/proc")).append(plan(0), key)


def test_a_line_that_is_not_whole(folder: Path, key: PrivateKey) -> None:
    with (folder / "entries.jsonl").open("ab") as file:
        file.write(b'{"kind":')
    with pytest.raises(EvidenceError, match=r"the last line of .* is not whole"):
        Log(folder).append(plan(3), key)


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"x",
        b'{"kind":"plan"}',
        b'{"kind": "plan", "plan": "a"}',
        b'{"kind":"gift","plan":"a"}',
        b'{"kind":"plan","plan":"a","run":"b"}',
        b'{"at":"a","by":"b","kind":"recall","name":"red","on":"a","reason":"r","recalls":"colour","root":"0"}',
    ],
)
def test_a_line_that_is_no_entry_is_named(line: bytes, folder: Path) -> None:
    rewritten(folder, lambda lines: [*lines, line])
    with pytest.raises(EvidenceError, match=r"entries\.jsonl, line 7"):
        Log(folder).entries()


def test_many_writers_at_once(tmp_path: Path, key: PrivateKey) -> None:
    def enter(number: int) -> Receipt:
        return Log(tmp_path / "log").append(plan(number), key)

    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(enter, range(12)))
    assert sorted(receipt.index for receipt in receipts) == list(range(12))
    assert Log(tmp_path / "log").audit([key.public]).faults == ()
