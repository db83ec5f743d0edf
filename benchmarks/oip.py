"""A served model through ``oip:`` against Triton's own client alone: samples a second, of the same batches.

``measure()`` gives the section of the page; run as a script it is one contestant:
``oip.py WAY HOST:PORT CONCURRENCY BATCH REQUESTS ROWS``, after ``oip.py rows ROWS``.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from measuring import Measured, Spread, command, in_turn, ratio, table

ROOT = Path(__file__).parents[1]
VENVS = ROOT / ".venv-servers"
SERVER, CLIENT = VENVS / "kserve", VENVS / "mlserver"
"""What `make servers` makes: KServe's own server, and MLServer's packages, of which ``tritonclient`` is one."""
MODELS = ROOT / "tests" / "products" / "servers" / "kserve" / "models.py"
MODEL = "cells"
STEELYARD, ALONE = "Steelyard, `oip:`", "tritonclient alone"
WAYS = {"steelyard": STEELYARD, "tritonclient": ALONE}
REQUESTS = {1: 1_000, 50: 300}
"""By samples in a request; as many again, up to a twentieth, are asked before the clock starts."""
QUICK_REQUESTS = 40
CONCURRENCY = (1, 4)
ROUNDS = 5
START_SECONDS, END_SECONDS = 90.0, 10.0

TEXT = """
Rows of `wdbc` (30 numbers each) for a model on KServe's own server, one process on loopback: a threshold, answered with
a class's name. Binary tensors both ways, connections kept. **tritonclient alone** (`tritonclient.http`) has the rows in
one array, cuts its batches from it, and stops at the array of names that comes back; for several requests at once it
has a client in each of several threads, which is faster here than its own `async_infer`. **Steelyard** is asked as in a
run: a session takes samples as JSON values, checks and stacks them, reads each name as a class, and gives each sample
its reply. Both find the same number of positive rows (checked in the run). Seconds run from the first request to the
last answer, after a twentieth of as many requests; starting is not counted.

    make servers
    .venv-servers/kserve/bin/python tests/products/servers/kserve/models.py PORT
    cd benchmarks
    python oip.py rows ROWS
    python oip.py steelyard 127.0.0.1:PORT 1 50 300 ROWS
    ../.venv-servers/mlserver/bin/python oip.py tritonclient 127.0.0.1:PORT 1 50 300 ROWS
"""
ABSENT = """
Not measured: `.venv-servers` lacks {absent}. `make servers` brings what is missing.
"""


def measure(*, quick: bool = False) -> str:
    """Return the section of the page; without the servers' environments, a sentence in its place."""
    head = "## A served model"
    absent = [venv.name for venv in (SERVER, CLIENT) if not (venv / "made").exists()]
    if absent:
        return "\n".join([head, ABSENT.format(absent=" and ".join(absent)).rstrip()])
    rows = []
    with tempfile.TemporaryDirectory(prefix="oip-") as made:
        file = Path(made) / "rows.json"
        _write_rows(file)
        with _serving(Path(made)) as server:
            for batch, count in REQUESTS.items():
                for concurrency in CONCURRENCY:
                    requests = QUICK_REQUESTS if quick else count
                    words = [server, str(concurrency), str(batch), str(requests), str(file)]
                    rows += _rows(_run(words, 1 if quick else ROUNDS), concurrency, batch, requests)
    columns = (
        "samples in a request",
        "requests at once",
        "way",
        "samples a second",
        "seconds to tritonclient's, paired",
    )
    return "\n".join([head, TEXT, table(columns, rows)])


def _run(words: list[str], rounds: int) -> dict[str, Measured]:
    """Return what came of both ways, with the seconds that they printed as those that were measured."""
    pythons = {"steelyard": sys.executable, "tritonclient": str(CLIENT / "bin" / "python")}
    measured = in_turn(
        {title: command([pythons[way], "oip.py", way, *words]) for way, title in WAYS.items()}, rounds, warm=False
    )
    seen = {(said["samples"], said["positive"]) for taken in measured.values() for said in taken.said}
    if len(seen) != 1:
        raise RuntimeError(f"the two ways differ in samples and positive answers: {sorted(seen)}")
    return {name: Measured([said["seconds"] for said in taken.said], taken.said) for name, taken in measured.items()}


def _rows(measured: dict[str, Measured], concurrency: int, batch: int, requests: int) -> list[tuple[str, ...]]:
    """Return a row of the table for each way."""
    return [
        (
            str(batch),
            str(concurrency),
            title,
            Spread(tuple(batch * requests / seconds for seconds in taken.seconds)).show(""),
            "" if title == ALONE else ratio(taken, measured[ALONE]).show(""),
        )
        for title, taken in measured.items()
    ]


def _write_rows(file: Path) -> None:
    """Write the inputs of ``wdbc``: what both ways read."""
    from steelyard.library.readers.wdbc import read

    file.write_text(json.dumps(read({}).samples.column("input").to_pylist()), "utf-8")


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Run the server until the block ends; give its host and port once it has its models."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
    log = folder / "log"
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [str(SERVER / "bin" / "python"), str(MODELS), str(port)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _is_ready(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server does not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
                time.sleep(0.2)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    try:
        connection.request("GET", f"/v2/models/{MODEL}/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


Ask = Callable[[int, int], int]
"""Asks as many requests from one of them on, and returns how many answers were positive."""


@contextlib.contextmanager
def _steelyard(server: str, concurrency: int, batch: int, rows: list[list[float]]) -> Iterator[Ask]:
    from steelyard.core.product import Ask as Asked
    from steelyard.core.product import Limits
    from steelyard.data.features import Features
    from steelyard.data.label import Label
    from steelyard.products import open_product

    uri = f"oip:http://{server}/v2/models/{MODEL}#data=binary&concurrency={concurrency}&batch={batch}"
    session = open_product(uri).start(Features(30), Label(("negative", "positive")), Limits())

    def ask(first: int, count: int) -> int:
        asks = [Asked(str(n), rows[n % len(rows)]) for n in range(first * batch, (first + count) * batch)]
        replies = [reply for _, reply in session.ask(asks, lambda: True)]
        failed = [reply for reply in replies if reply.fault is not None]
        if failed or len(replies) != len(asks):
            raise RuntimeError(f"{len(replies)} replies to {len(asks)} samples, of which failed: {failed[:1]}")
        return sum(reply.output == "positive" for reply in replies)

    try:
        yield ask
    finally:
        session.close()


@contextlib.contextmanager
def _tritonclient(server: str, concurrency: int, batch: int, rows: list[list[float]]) -> Iterator[Ask]:
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    from tritonclient.http import InferenceServerClient, InferInput

    cells = np.array(rows + rows[:batch])  # so that a batch goes on at the first row where the last one was

    def positive(client: InferenceServerClient, places: Iterator[int]) -> int:
        found = 0
        for place in places:
            start = place * batch % len(rows)
            made = InferInput("cells", [batch, cells.shape[1]], "FP64")
            made.set_data_from_numpy(cells[start : start + batch], binary_data=True)
            found += int((client.infer(MODEL, [made]).as_numpy("diagnosis") == b"positive").sum())
        return found

    with contextlib.ExitStack() as stack:
        # A thread for each client from its first request to its last: their event loops are a thread's own.
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(concurrency)]
        clients = [thread.submit(InferenceServerClient, server).result() for thread in threads]

        def ask(first: int, count: int) -> int:
            places = iter(range(first, first + count))  # whoever is free takes the next
            asked = [thread.submit(positive, client, places) for thread, client in zip(threads, clients, strict=True)]
            return sum(each.result() for each in asked)

        yield ask
        for thread, client in zip(threads, clients, strict=True):
            thread.submit(client.close).result()


def main() -> None:
    """Write the rows, or run one contestant and print its seconds."""
    if sys.argv[1:2] == ["rows"]:
        _write_rows(Path(sys.argv[2]))
        return
    way, server, *numbers, file = sys.argv[1:]
    concurrency, batch, requests = map(int, numbers)
    rows = json.loads(Path(file).read_text("utf-8"))
    opened = {"steelyard": _steelyard, "tritonclient": _tritonclient}[way]
    with opened(server, concurrency, batch, rows) as ask:
        ask(0, max(requests // 20, concurrency))
        started = time.perf_counter()
        positive = ask(0, requests)
        seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "samples": batch * requests, "positive": positive}))


if __name__ == "__main__":
    main()
