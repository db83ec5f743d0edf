"""A report of a hundred thousand rows is bundled and verified, by both programs, in bounded memory."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SAMPLES = 100_000
MOST_BYTES = 350e6
"""A million takes less than a gigabyte (docs/benchmarks.md); a Python with its libraries takes 160 MB."""

STEPS = REPOSITORY / "benchmarks" / "contestants" / "verifying.py"


def test_a_hundred_thousand_rows_in_bounded_memory(tmp_path: Path) -> None:
    runpy.run_path(str(REPOSITORY / "benchmarks" / "utterances.py"))["write_utterances"](tmp_path, SAMPLES)
    peaks = {}
    for step in ("run", "bundle", "verify", "second"):
        # The script itself holds exit codes and what is proved against what they should be.
        done = subprocess.run(
            [sys.executable, str(STEPS), step, str(tmp_path)],
            env=os.environ | {"STEELYARD_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        peaks[step] = json.loads(done.stdout.splitlines()[-1])["peak"]
    assert json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))["plan"]["samples"] == SAMPLES
    assert max(peaks.values()) < MOST_BYTES, peaks
