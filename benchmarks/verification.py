"""Verification at size: bundling a run of a million samples, and checking the bundle with both programs."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from measuring import command, in_turn, ratio, table
from utterances import REGIONS, SPEAKERS, write_utterances

SAMPLES, ROUNDS = 1_000_000, 3
STEPS = {
    "bundle": "`steelyard bundle`",
    "verify": "`steelyard verify`",
    "second": "`tools/verify_report.py`",
}
PEER = "`sha256sum` and `unzip -t`"

TEXT = """
The bundle of a run on {samples:,} utterances of {speakers:,} speakers in {regions} regions, drawn at random from a
set a quarter larger, with two readings: {megabytes:.0f} MB. **bundle** counts the journal's answers and makes rows,
hashes of the set's rows and the Merkle proof; **verify** and the second program recompute all of it from the file
alone, offline: digests, proof, draw, completeness, estimates, bounds, groups, verdict. Each is a process of its own,
start included; the peak is its VmHWM. What a reader of the same file must do at least is beside them: {peer}
read it twice and check that it is whole, and nothing that it says.

    python benchmarks/table.py verification
"""


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    samples, rounds = (5_000, 1) if quick else (SAMPLES, ROUNDS)
    folder = Path(tempfile.mkdtemp(prefix="utterances-"))
    try:
        write_utterances(folder, samples)
        command([sys.executable, "contestants/verifying.py", "run", str(folder)])()
        file = str(folder / "report.zip")
        contestants = {
            name: command([sys.executable, "contestants/verifying.py", step, str(folder)])
            for step, name in STEPS.items()
        }
        contestants[PEER] = command(["sh", "-c", 'sha256sum "$1" && unzip -tq "$1"', "sh", file])
        measured = in_turn(contestants, rounds, warm=False)
        megabytes = Path(file).stat().st_size / 1e6
    finally:
        shutil.rmtree(folder)
    rows = []
    for name, taken in measured.items():
        peak = "" if name == PEER else taken.peak.show("", 1e6)
        paired = "" if name == PEER else ratio(taken, measured[PEER]).show("")
        rows.append((name, taken.spread.show(""), peak, paired))
    said = TEXT.format(samples=samples, speakers=SPEAKERS, regions=REGIONS, megabytes=megabytes, peer=PEER)
    return "\n".join(["## Verification at size", said, table(("", "s", "peak, MB", "this : peer, paired"), rows)])
