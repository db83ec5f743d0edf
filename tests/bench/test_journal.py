"""The journal keeps what it was given, and says so where it cannot."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from steelyard.bench.journal import Journal
from steelyard.core.errors import BenchError, CallError, JournalError
from steelyard.core.sample import Fault, Record
from steelyard.core.words import Words
from steelyard.data.text import Text


def records(*positions: int) -> list[Record]:
    return [
        Record(n, None, 0.5, Fault.CRASH, Words("exit code 1", "退出码 1")) if n % 3 == 0 else Record(n, f"文{n}", 0.25)
        for n in positions
    ]


def written(folder: Path, *parts: Sequence[Record]) -> Journal:
    journal = Journal(folder, Text(), "sha256:plan")
    for part in parts:
        with journal.writing() as writer:
            for record in part:
                writer.append(record)
    return journal


def test_records_come_back_by_position(tmp_path: Path) -> None:
    journal = written(tmp_path, records(5, 1), records(0, 9), [], records(2))
    table = journal.read()
    assert table["position"].to_pylist() == [0, 1, 2, 5, 9]
    assert table["output"].to_pylist() == [None, "文1", "文2", "文5", None]
    assert table["fault"].to_pylist() == ["crash", None, None, None, "crash"]
    assert table["detail_zh"].to_pylist() == ["退出码 1", None, None, None, "退出码 1"]
    assert journal.done().tolist() == [0, 1, 2, 5, 9]
    assert len(list(tmp_path.glob("*.arrow"))) == 3


@pytest.mark.parametrize(
    "parts", [[records(1, 2), records(4, 5, 7)], [records(4, 1), records(2)]], ids=["apart", "mixed"]
)
def test_what_was_let_go_comes_again(
    parts: Sequence[Sequence[Record]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steelyard.bench.journal.MAPPED_BYTES", 0)
    journal = written(tmp_path, *parts)
    table = journal.read()
    before = table.to_pylist()
    assert [row["position"] for row in before] == sorted(record.position for part in parts for record in part)
    journal.let_go()
    assert table.to_pylist() == before
    assert journal.done().tolist() == [row["position"] for row in before]
    assert table.to_pylist() == before


def test_an_empty_journal_holds_nothing(tmp_path: Path) -> None:
    assert Journal(tmp_path, Text(), "sha256:plan").read().num_rows == 0


def test_records_are_on_disk_within_a_second_or_so(
    tmp_path: Path, comes_true: Callable[[Callable[[], bool]], bool]
) -> None:
    """All that has come is written each second, as far as the machine lets it, while the journal is open."""
    journal, waited = Journal(tmp_path, Text(), "sha256:plan"), set[float | None]()

    class Noted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.add(timeout)
            return super().wait(timeout)

    with journal.writing() as writer:
        writer._due = Noted()
        for number in range(3):
            writer.append(records(2 * number)[0])
            writer.append(records(2 * number + 1)[0])
            assert comes_true(lambda: len(journal.done()) == 2 * number + 2)  # noqa: B023 - it is called here
    assert waited == {1.0}


def test_many_records_are_not_kept_for_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comes_true: Callable[[Callable[[], bool]], bool]
) -> None:
    monkeypatch.setattr("steelyard.bench.journal.FLUSH_SECONDS", 600.0)
    monkeypatch.setattr("steelyard.bench.journal.MOST_PENDING", 4)
    journal = Journal(tmp_path, Text(), "sha256:plan")
    with journal.writing() as writer:
        for record in records(1, 2, 4, 5):
            writer.append(record)
        assert comes_true(lambda: len(journal.done()) == 4), "four records were still kept, when four are many"
        writer.append(records(7)[0])
    assert journal.done().tolist() == [1, 2, 4, 5, 7]


def test_a_changed_byte_is_noticed_and_the_part_is_named(tmp_path: Path) -> None:
    journal = written(tmp_path, records(1, 2))
    part = next(tmp_path.glob("*.arrow"))
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(JournalError, match=f"{part.name} cannot be used: its bytes") as caught:
        journal.read()
    assert caught.value.exit_code == 12
    assert "only its samples are asked again" in str(caught.value)
    assert part.exists(), "nothing is thrown away"


def test_a_part_of_another_plan_is_refused(tmp_path: Path) -> None:
    written(tmp_path, records(1))
    with pytest.raises(JournalError, match="another plan"):
        Journal(tmp_path, Text(), "sha256:other").read()


def test_a_sample_in_two_parts_is_refused(tmp_path: Path) -> None:
    journal = written(tmp_path, records(1, 2), records(2, 4))
    with pytest.raises(JournalError, match="row 2 stands in two parts"):
        journal.read()


def test_what_a_crash_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "half.new").write_bytes(b"half")
    journal = written(tmp_path, records(1))
    assert journal.done().tolist() == [1]
    assert not list(tmp_path.glob("*.new"))


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path, Text(), "sha256:plan")
    with journal.writing(), pytest.raises(CallError, match="another run is writing"), journal.writing():
        pytest.fail("two writers")


def test_a_full_disk_is_the_bench_s_fault_and_loses_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = written(tmp_path, records(1))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("steelyard.bench.journal.write_durably", full)
    with pytest.raises(BenchError, match="No space left on device") as caught:
        written(tmp_path, records(2))
    assert caught.value.exit_code == 1
    monkeypatch.undo()
    assert journal.done().tolist() == [1]
    assert written(tmp_path, records(2)).done().tolist() == [1, 2]
