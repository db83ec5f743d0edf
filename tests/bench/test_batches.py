"""The plan fixes the batches: by count and by bytes, the same ones for whoever asks them, and after a resume."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some

import steelyard
from steelyard.api import prepare_run
from steelyard.bench.batches import AHEAD, Cutting, batches
from steelyard.bench.reopened import reopen, scored
from steelyard.bench.run import Progress
from steelyard.bench.trial import Trial
from steelyard.core.card import Card
from steelyard.core.errors import CallError, Interrupted, PlanMismatch
from steelyard.core.method import Conversation
from steelyard.core.plan import BATCH_BYTES, Plan
from steelyard.core.sample import Fault, Sample
from steelyard.core.words import Words
from steelyard.data.audio import Audio
from steelyard.library.row_bytes import row_bytes
from steelyard.library.writing import write_set

SPEC = "miit-2017-315#medical"
SAMPLES = 300
BYTES = 16  # of two numbers, which is what an input of these sets is


# --- Cutting ------------------------------------------------------------------------------------------------------


@given(
    sizes=some.lists(some.integers(0, 50), max_size=60),
    most=some.integers(1, 9),
    most_bytes=some.integers(1, 80),
    blocks=some.lists(some.integers(0, 60), max_size=4),
)
def test_batches_are_cut_as_full_as_can_be_however_they_are_read(
    sizes: list[int], most: int, most_bytes: int, blocks: list[int]
) -> None:
    expected: list[list[int]] = []
    for place, size in enumerate(sizes):
        full = not expected or len(expected[-1]) == most
        if full or sum(sizes[each] for each in expected[-1]) + size > most_bytes:
            expected.append([])
        expected[-1].append(place)
    cutting = Cutting(most, most_bytes)
    for part in np.split(np.arange(len(sizes)), sorted(min(each, len(sizes)) for each in blocks)):
        cutting.cut(part, np.array(sizes, np.int64)[part])
    assert [[cutting.batch_of(place) for place in batch] for batch in expected] == [
        [number] * len(batch) for number, batch in enumerate(expected, 1)
    ]


@given(some.lists(some.none() | some.lists(some.none() | some.binary(max_size=5), max_size=4), max_size=8))
def test_bytes_of_rows_hang_on_what_they_hold(rows: list[list[bytes | None] | None]) -> None:
    column = pa.array([[b"x"], *rows], pa.list_(pa.binary()))[1:]  # which begins in the middle of its buffers
    assert row_bytes(column).tolist() == [sum(len(each or b"") for each in row or []) for row in rows]
    assert row_bytes(column.cast(pa.large_list(pa.large_binary()))).tolist() == row_bytes(column).tolist()


# --- What is handed over ------------------------------------------------------------------------------------------


@pytest.fixture
def trial(write_set: Callable[..., Path], program: Callable[[str], str], tmp_path: Path) -> Trial:
    folder = write_set(["positive", "negative"] * 600)
    return prepare_run(SPEC, program("pass"), test_set=str(folder), out=tmp_path / "out").trial


def handed(trial: Trial, *, shares: bool = False, done: int = 0) -> list[int]:
    cutting = Cutting(trial.plan.batch, trial.plan.batch_bytes)
    found = batches(trial, [(0, trial.positions[done:])], cutting, threading.Event(), None, shares=shares)
    return [len(batch) for batch in found]


def twice(sample: Sample) -> Conversation:
    yield sample.input
    return (yield sample.input)


def test_one_turn_goes_ahead_of_the_batch_and_is_shared_a_batch_at_a_time(trial: Trial) -> None:
    assert handed(trial) == [trial.plan.batch * AHEAD, 1200 - trial.plan.batch * AHEAD]
    assert handed(trial, shares=True) == [64] * 18 + [48]


def test_several_turns_move_a_batch_at_a_time(trial: Trial) -> None:
    method = replace(trial.method, ask=twice)
    assert handed(replace(trial, methods=(method,))) == [64] * 18 + [48]


@pytest.mark.parametrize(("most_bytes", "together"), [(160 * BYTES, 128), (10 * BYTES, 10), (1, 1)])
def test_large_inputs_are_fewer(trial: Trial, monkeypatch: pytest.MonkeyPatch, most_bytes: int, together: int) -> None:
    trial = replace(trial, plan=replace(trial.plan, batch_bytes=most_bytes))
    assert handed(trial)[0] == together
    monkeypatch.setattr("steelyard.library._batches.MOST_BYTES", most_bytes)  # however many are read at once
    assert handed(trial)[0] == together
    assert sum(len(batch) for batch in trial.test_set.batches(["input"])) == 1200
    assert max(len(batch) for batch in trial.test_set.batches(["input"])) < 1200


def test_what_was_done_leaves_the_rest_in_their_batches(trial: Trial) -> None:
    assert handed(trial, shares=True, done=100) == [28, *[64] * 16, 48]


# --- What a product sees ------------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """A model of the Open Inference Protocol that takes any number of samples, and remembers which came together."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[int, ...]] = []
        self.silent = False

    @property
    def product(self) -> str:
        return f"oip:http://127.0.0.1:{self.server_port}/v2/models/recording#data=json&canaries=0&retries=0"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def say(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        tensor = {"datatype": "FP64", "shape": [-1, 2]}
        answer = {"name": "answer", "datatype": "BYTES", "shape": [-1]}
        self.say({"name": "recording", "inputs": [{"name": "x", **tensor}], "outputs": [answer]})

    def do_POST(self) -> None:
        data = json.loads(self.rfile.read(int(self.headers["content-length"])))["inputs"][0]["data"]
        numbers = tuple(int(each) for each in data[::2])
        assert isinstance(self.server, Server)
        self.server.requests.append(numbers)
        if self.server.silent:
            self.close_connection = True  # and says nothing
            return
        said = ["positive" if each % 2 == 0 and each % 10 else "negative" for each in numbers]
        self.say({"outputs": [{"name": "answer", "datatype": "BYTES", "shape": [len(said)], "data": said}]})

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def recording() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def planned(size: int) -> Counter[tuple[int, ...]]:
    return Counter(tuple(range(start, min(start + size, SAMPLES))) for start in range(0, SAMPLES, size))


@pytest.mark.parametrize(
    ("settings", "size"),
    [({}, 64), ({"batch": 7}, 7), ({"batch_bytes": 10 * BYTES}, 10), ({"batch_bytes": BYTES - 1}, 1)],
    ids=["as planned by default", "by count", "by bytes", "each too large"],
)
def test_a_product_sees_the_same_batches_whoever_asks(
    write_set: Callable[..., Path], tmp_path: Path, settings: dict[str, int], size: int
) -> None:
    test_set = str(write_set(["positive", "negative"] * (SAMPLES // 2)))
    with recording() as server:
        for number, asking in enumerate(({}, {"workers": 2}, {"workers": 4})):
            server.requests.clear()
            steelyard.run(SPEC, server.product, test_set=test_set, out=tmp_path / str(number), **asking, **settings)
            assert Counter(server.requests) == planned(size)


def test_a_product_sees_the_same_batches_on_a_cluster(write_set: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'steelyard[ray]'")
    test_set = str(write_set(["positive", "negative"] * (SAMPLES // 2)))
    with recording() as server:
        words = ["run", SPEC, "--product", server.product, "--set", test_set, "--out", str(tmp_path / "out")]
        # A process of its own, and a cluster of its own: one of other tests would be joined, and be left behind.
        done = subprocess.run(
            [sys.executable, "-m", "steelyard", *words, "--ray", "auto", "--workers", "2", "--batch", "50"],
            env={**os.environ, "RAY_ADDRESS": "local"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 10, done.stderr
        assert Counter(server.requests) == planned(50)


def test_batches_of_a_sequential_plan_stay_in_their_clusters(write_set: Callable[..., Path], tmp_path: Path) -> None:
    test_set = str(write_set(["positive", "negative"] * (SAMPLES // 2)))
    with recording() as server:
        seen = []
        for workers in (1, 2):
            server.requests.clear()
            steelyard.run(
                SPEC, server.product, test_set=test_set, out=tmp_path / str(workers), workers=workers, sequential=True
            )
            assert {len(request) for request in server.requests} == {1}  # each patient has one sample
            seen.append(set(server.requests))
    assert seen[0] <= seen[1] or seen[1] <= seen[0]  # of several at once some may ask a patient more


def test_of_a_sequential_plan_a_part_is_in_memory(
    write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_set = str(write_set(["positive", "negative"] * (SAMPLES // 2)))
    with recording() as server:
        seen = []
        for number, (rows, size) in enumerate([(2**16, 2**26), (7, 2**26), (2**16, 5 * BYTES), (1, 1)]):
            monkeypatch.setattr("steelyard.bench.batches.WINDOW_ROWS", rows)
            monkeypatch.setattr("steelyard.bench.batches.WINDOW_BYTES", size)
            server.requests.clear()
            steelyard.run(SPEC, server.product, test_set=test_set, out=tmp_path / str(number), sequential=True)
            seen.append(list(server.requests))
    assert seen[0]
    assert all(each == seen[0] for each in seen)


def test_a_product_that_never_answers_is_given_up(write_set: Callable[..., Path], tmp_path: Path) -> None:
    test_set = str(write_set(["positive", "negative"] * (SAMPLES // 2)))
    with recording() as server:
        server.silent = True
        report = steelyard.run(SPEC, server.product, test_set=test_set, out=tmp_path / "out", batch=50)
    assert [len(request) for request in server.requests] == [50, *[1] * 8]
    assert {failure.fault: failure.count for failure in report.failures} == {Fault.CRASH: SAMPLES}


def test_who_goes_on_asks_what_is_open_of_each_batch(write_set: Callable[..., Path], tmp_path: Path) -> None:
    test_set = str(write_set(["positive", "negative"] * (SAMPLES // 2)))

    def stop(progress: Progress) -> None:
        if progress.done == 150:
            raise KeyboardInterrupt

    with recording() as server:
        settings: dict[str, Any] = {"test_set": test_set, "out": tmp_path / "out", "batch": 50}
        for _ in range(3):
            with pytest.raises(Interrupted) if not server.requests else pytest.MonkeyPatch.context():
                steelyard.run(SPEC, server.product, **settings, progress=stop if not server.requests else None)
        whole = list(planned(50))
        assert set(whole[:3]) <= set(server.requests)
        assert all(any(set(request) <= set(batch) for batch in whole) for request in server.requests)
        with pytest.raises(PlanMismatch, match=r"it differs in: batch_bytes\."):
            steelyard.run(SPEC, server.product, **settings, batch_bytes=100)


# --- The plan -----------------------------------------------------------------------------------------------------


def test_the_limits_of_a_batch_are_part_of_the_plan(trial: Trial) -> None:
    assert (trial.plan.batch, trial.plan.batch_bytes) == (64, BATCH_BYTES)
    digests = {trial.plan.digest, replace(trial.plan, batch_bytes=1).digest, replace(trial.plan, batch=1).digest}
    assert len(digests) == 3


@pytest.mark.parametrize(("name", "option"), [("batch", "--batch"), ("batch_bytes", "--batch-bytes")])
def test_a_batch_holds_something(name: str, option: str) -> None:
    with pytest.raises(CallError, match=f"{option} 0: at least one is needed"):
        steelyard.run(SPEC, "reference:wdbc_logistic", **{name: 0})  # type: ignore[arg-type]


def test_a_run_of_the_format_before_can_be_read(write_set: Callable[..., Path], tmp_path: Path) -> None:
    test_set = str(write_set(["positive", "negative"] * 20))
    prepared = prepare_run(SPEC, lambda _: "positive", test_set=test_set, out=tmp_path / "old")
    old: Plan = replace(prepared.trial.plan, format="steelyard/plan/1")
    replace(prepared, trial=replace(prepared.trial, plan=old)).perform()
    written = json.loads((tmp_path / "old" / "plan.json").read_text("utf-8"))
    assert "batch_bytes" not in written["plan"]
    basis = reopen(tmp_path / "old", test_set)
    assert basis.plan.digest == written["digest"]
    assert len(scored(basis, tmp_path / "old").rounds) == 1
    with pytest.raises(PlanMismatch, match=r"it differs in: batch_bytes, format[,.]"):
        prepared.perform()


# --- Memory -------------------------------------------------------------------------------------------------------

RECORDINGS = 200
RECORDING_BYTES = 2 * 10**6
MOST_PEAK = 700e6
"""Twice as many recordings take no more; all of them, unpacked, would take 800 MB and the bench."""

# Asks what is a line each, and is not unpacked: the bench is what is measured.
DEAF = r"""
    import sys

    for number, _ in enumerate(sys.stdin.buffer, 1):
        print(f'{{"id": {number}, "output": "是"}}', flush=True)
"""
DRIVER = r"""
    import json, pathlib, re, sys
    import steelyard

    spec, product, test_set, out = sys.argv[1:]
    report = steelyard.run(spec, product, test_set=test_set, out=out, workers=2)
    status = pathlib.Path("/proc/self/status").read_text()  # getrusage would count the parent's peak before exec
    print(json.dumps([1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]), report.counts]))
"""


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 400 MB, and twice as much when it is unpacked."""
    noise = np.random.Generator(np.random.Philox(315)).bytes(RECORDING_BYTES + 2 * RECORDINGS)
    head = Audio().store(np.zeros(RECORDING_BYTES // 2, np.float32))[:44]  # what a WAV file of this size begins with
    sounds = [head + noise[2 * number :][:RECORDING_BYTES] for number in range(RECORDINGS)]
    names = [str(number) for number in range(RECORDINGS)]
    said = Words("made for this test", "为本测试而造")
    card = Card(
        name="recordings", version="1", title=said, licence="CC0-1.0", source="made", citation="made", reference=said,
        methods=("speech.recognition",), input={"type": "audio", "sample_rate": 16_000},
        groups={"scene": said}, units={"speaker": said},
    )  # fmt: skip
    columns = {"id": names, "reference": ["是"] * RECORDINGS, "scene": [name[-1] for name in names], "speaker": names}
    folder = tmp_path_factory.mktemp("large") / "recordings"
    write_set(folder, card, pa.table({**columns, "input": pa.array(sounds, pa.binary())}))
    return folder


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
def test_large_rows_take_no_more_memory_than_a_few_batches(
    recordings: Path, program: Callable[[str], str], tmp_path: Path
) -> None:
    """With two workers, which hold more than one; how much the allocator keeps differs from machine to machine."""
    (tmp_path / "driver.py").write_text(dedent(DRIVER), "utf-8")
    words = ["miit-2017-315#speech.recognition", program(DEAF), str(recordings), str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, str(tmp_path / "driver.py"), *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    peak, counts = json.loads(done.stdout)
    assert counts["characters"] == RECORDINGS
    assert peak < MOST_PEAK
