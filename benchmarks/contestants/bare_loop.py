"""A bare loop over the product processes that Steelyard starts: ``bare_loop.py PRODUCT TEXTS [PROCESSES]``.

The same host, the same lines, 64 at a time, and the answers compared; no plan, no journal, no bounds, no report.
Several processes have a thread each and take the next 64 from one file.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import orjson
from peak import say

BATCH = 64


def loop(product: str, lines: BinaryIO, drawing: threading.Lock) -> tuple[int, int]:
    """Ask one product process until there is no more; return how many samples and errors there were."""
    module, _, name = product.removeprefix("python:").rpartition(":")
    text = {"type": "text"}
    samples = errors = 0
    with subprocess.Popen(
        [sys.executable, "-m", "steelyard.products._host"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        greeting = {"load": {"module": module, "callable": name}, "input": text, "output": text}
        process.stdin.write(orjson.dumps(greeting, option=orjson.OPT_APPEND_NEWLINE))
        process.stdin.flush()
        assert orjson.loads(process.stdout.readline()) == {"ready": True}
        while True:
            with drawing:
                batch = [orjson.loads(line) for line in itertools.islice(lines, BATCH)]
            if not batch:
                break
            asked = [
                orjson.dumps({"id": number, "input": each["input"]}, option=orjson.OPT_APPEND_NEWLINE)
                for number, each in enumerate(batch)
            ]
            process.stdin.write(b"".join(asked))
            process.stdin.flush()
            for each in batch:
                errors += orjson.loads(process.stdout.readline())["output"] != each["target"]
            samples += len(batch)
        process.stdin.close()
    return samples, errors


product, texts, *further = sys.argv[1:]
count = int(further[0]) if further else 1
with Path(texts, "texts.jsonl").open("rb") as lines, ThreadPoolExecutor(count) as pool:
    drawing = threading.Lock()
    done = list(pool.map(lambda _: loop(product, lines, drawing), range(count)))
say(*map(sum, zip(*done, strict=True)))
