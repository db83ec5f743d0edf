"""Several products at once: the same records, whoever made them, and nothing left when one of them breaks."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import steelyard
from steelyard.bench.conversations import Placed
from steelyard.bench.executor import Executor, Here, Work, Workers
from steelyard.core.errors import SteelyardError
from steelyard.core.sample import Record, Sample
from steelyard.report.report import Report

BATCHES = [
    [(place, Sample(str(place), None, None, {}, {})) for place in range(start, start + 7)] for start in range(0, 210, 7)
]


@contextlib.contextmanager
def work() -> Iterator[Work]:
    def each(batch: Sequence[Placed]) -> Iterator[Record]:
        time.sleep(0.001)
        yield from (Record(place, sample.id, 0.0) for place, sample in batch)

    yield each


@pytest.mark.parametrize("executor", [Here(), Workers(1), Workers(4), Workers(64)], ids=["here", "1", "4", "64"])
def test_every_sample_is_asked_once(executor: Executor) -> None:
    records = list(executor.each(work, BATCHES))
    assert sorted(record.position for record in records) == list(range(210))
    assert all(record.output == str(record.position) for record in records)


def test_workers_work_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=300)

    @contextlib.contextmanager
    def meeting() -> Iterator[Work]:
        together.wait()  # breaks unless four are open at once
        with work() as each:
            yield each

    assert len(list(Workers(4).each(meeting, BATCHES))) == 210


def test_more_workers_than_batches_start_no_more_products() -> None:
    opened = []

    @contextlib.contextmanager
    def counted() -> Iterator[Work]:
        opened.append(1)
        with work() as each:
            yield each

    assert len(list(Workers(8).each(counted, BATCHES[:2]))) == 14
    assert len(opened) <= 2


@pytest.mark.parametrize("executor", [Here(), Workers(3)], ids=["here", "3"])
def test_a_fault_of_one_stops_all_and_closes_what_was_open(executor: Executor) -> None:
    open_now: set[int] = set()

    @contextlib.contextmanager
    def breaking() -> Iterator[Work]:
        me = threading.get_ident()
        open_now.add(me)

        def each(batch: Sequence[Placed]) -> Iterator[Record]:
            for place, _ in batch:
                if place == 100:
                    raise OSError("the disk is full")
                yield Record(place, None, 0.0)

        try:
            yield each
        finally:
            open_now.discard(me)

    with pytest.raises(OSError, match="the disk is full"):
        list(executor.each(breaking, BATCHES))
    assert not open_now
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("worker-")]


def test_who_takes_no_more_records_ends_the_workers() -> None:
    records = Workers(3).each(work, BATCHES)
    next(records)
    records.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("worker-")]


def test_a_run_is_the_same_with_four_products(write_set: Callable[..., Path], tmp_path: Path) -> None:
    test_set = str(write_set(["positive", "negative"] * 300))

    def call(numbers: list[float]) -> str:
        if numbers[0] % 97 == 13:
            raise ValueError("cannot")
        return "positive" if numbers[0] % 2 == 0 and numbers[0] % 10 else "negative"

    for settings in ({}, {"repeats": 2, "sessions": 2}, {"sequential": True}):
        one, four = (
            steelyard.run(
                "miit-2017-315#medical",
                call,
                test_set=test_set,
                out=tmp_path / f"{workers}-{len(settings)}-{'sequential' in settings}",
                workers=workers,
                **settings,  # type: ignore[arg-type]
            )
            for workers in (1, 4)
        )
        assert one.plan.digest == four.plan.digest
        assert without_time(one) == without_time(four)


def without_time(report: Report) -> tuple[str, str]:
    """Return both files of a report but for when they were made."""
    assert report.path is not None
    documents = [Path(report.path).with_suffix(suffix).read_text("utf-8") for suffix in (".json", ".html")]
    json, html = (document.replace(report.created, "a moment") for document in documents)
    return json, html


def test_at_least_one_is_needed() -> None:
    with pytest.raises(SteelyardError, match="--workers 0"):
        steelyard.run("miit-2017-315#medical", "reference:wdbc_logistic", workers=0)
