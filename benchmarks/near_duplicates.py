"""Nearly the same among a million short texts: time and peak memory, beside datasketch with the same bands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HEAD = "| | texts | processor seconds | seconds | peak | planted pairs found | other pairs |"
FULL, PEER = 1_000_000, 50_000
TEXT = """
## Near-duplicates among short texts

Texts of 8 to 13 words of a vocabulary of 3,000, one in a hundred a copy with one character replaced. MinHash over
shingles of three characters, 32 bands of five; each candidate is confirmed by its edit similarity (≥ 0.9). datasketch
({version}) is given the same shingles, bands and confirmation, and takes a text at a time. Processor seconds are of one
core, and do not count what else the machine did; the peak is of the whole process, texts included.
"""


def measure(*, quick: bool) -> str:
    """Return the section of the page."""
    import datasketch

    sizes = [("Steelyard", 2_000 if quick else PEER), ("datasketch", 2_000 if quick else PEER)]
    sizes += [] if quick else [("Steelyard", FULL)]
    lines = [
        HEAD,
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for who, count in sizes:
        made = _run(who, count)
        lines.append(
            f"| {who} | {count:,} | {made['processor']:.1f} | {made['seconds']:.0f} | {made['peak'] / 2**20:.0f} MiB "
            f"| {100 * made['found']:.1f} % | {made['others']:,} |"
        )
    return TEXT.format(version=datasketch.__version__).strip() + "\n\n" + "\n".join(lines)


def _run(who: str, count: int) -> dict[str, float]:
    """Measure one contestant in a process of its own."""
    command = [sys.executable, str(HERE / "contestants" / "near_duplicates.py"), who, str(count)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    made: dict[str, float] = json.loads(ran.stdout)
    return made


if __name__ == "__main__":
    print(measure(quick="--quick" in sys.argv))
