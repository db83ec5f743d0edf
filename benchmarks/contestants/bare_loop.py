"""A bare loop over the product process that Steelyard starts: ``bare_loop.py PRODUCT TEXTS``.

The same host, the same lines, 64 at a time, and the answers compared; no plan, no journal, no bounds, no report.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import orjson
from peak import say

BATCH = 64

product, texts = sys.argv[1:]
module, _, name = product.removeprefix("python:").rpartition(":")
text = {"type": "text"}
with (
    subprocess.Popen(
        [sys.executable, "-m", "steelyard.products._host"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process,
    Path(texts, "texts.jsonl").open("rb") as lines,
):
    assert process.stdin is not None
    assert process.stdout is not None
    greeting = {"load": {"module": module, "callable": name}, "input": text, "output": text}
    process.stdin.write(orjson.dumps(greeting, option=orjson.OPT_APPEND_NEWLINE))
    process.stdin.flush()
    assert orjson.loads(process.stdout.readline()) == {"ready": True}
    samples = errors = 0
    while batch := [orjson.loads(line) for line in itertools.islice(lines, BATCH)]:
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
say(samples, errors)
