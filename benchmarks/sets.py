"""Sets on disk: digest against `sha256sum`, reading against pyarrow, load and iterate against `datasets`.

``measure()`` gives the section of the page; run as a script it is one contestant that loads and iterates:
``sets.py steelyard|datasets FOLDER``.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import Measured, Spread, command, in_turn, ratio, table

ROUNDS = 7
SLOW_ROUNDS = 5
ROWS = {
    "sound, 100 kB a row": (4_000, 100_000),
    "pictures, 10 kB a row": (40_000, 10_000),
    "texts, 36 B a row": (1_000_000, 36),
}
"""Rows, and bytes of the input of each."""
ITERATED = {"sound, 100 kB a row": 4_000, "texts, 36 B a row": 200_000}
"""Rows that are iterated as Python values."""
PARQUET, CONTENT = "samples.parquet", "content"

TEXT = """
**Digest.** `StoredSet.verify`: every row is read from Parquet and hashed as a leaf of a Merkle tree, the card's counts
are compared. **sha256sum** (coreutils) reads a file of the same bytes: all cells of all rows, one after another. Sound
and pictures are random bytes, which nothing packs; texts are 12 Chinese characters, with an id and a reference
answer. Files are in the cache.

**Reading.** `StoredSet.batches()`, all columns, against `ParquetFile.iter_batches()` with what pyarrow has by default,
and against the same on one thread: Steelyard reads on one thread, some megabytes at a time, so that memory is flat.

**Load and iterate.** A process that opens the set and takes every row as Python values: id, input, reference.
`steelyard` checks the file's digest first. **datasets** is `load_dataset("parquet", data_files=…)`, once with an empty
cache, for which it writes the set anew as Arrow, and once with its cache filled; it checks nothing. Seconds are those
of the whole process.

    cd benchmarks
    python sets.py steelyard FOLDER
    python sets.py datasets FOLDER
"""


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    parts: dict[str, list[tuple[str, ...]]] = {"digest": [], "read": [], "iterate": []}
    with tempfile.TemporaryDirectory(prefix="sets-") as made:
        for title, (rows, size) in ROWS.items():
            folder = Path(made) / "set"
            count = rows // 100 if quick else rows
            write(folder, count, size)
            parts["digest"] += _digested(title, folder, 1 if quick else ROUNDS)
            parts["read"] += _read(title, folder, 1 if quick else ROUNDS)
            if title in ITERATED:
                if ITERATED[title] < count:
                    shutil.rmtree(folder)
                    write(folder, ITERATED[title], size)
                parts["iterate"] += _iterated(title, folder, 1 if quick else SLOW_ROUNDS)
            shutil.rmtree(folder)
    digest = table(
        ("rows", "content, MB", "Steelyard, MB/s", "sha256sum, MB/s", "Steelyard's speed : sha256sum's, paired"),
        parts["digest"],
    )
    read = table(
        (
            "rows",
            "Steelyard, s",
            "pyarrow, s",
            "pyarrow, one thread, s",
            "Steelyard's speed : pyarrow's, paired",
            "… one thread's, paired",
        ),
        parts["read"],
    )
    iterate = table(("rows", "way", "whole process, s", "peak, MB", "to Steelyard, paired"), parts["iterate"])
    return "\n\n".join(["## Sets on disk" + "\n" + TEXT.rstrip(), digest, read, iterate])


def write(folder: Path, rows: int, size: int) -> None:
    """Write a set, and beside it a file of its content: the same bytes, without any structure."""
    import numpy as np
    import pyarrow as pa

    from steelyard.core.card import Card
    from steelyard.core.words import Words
    from steelyard.library.writing import write_set

    generator = np.random.Generator(np.random.Philox(rows))
    ids = [f"sample-{number:07d}" for number in range(rows)]
    words = Words("made for benchmarks", "为测速而造")
    card = Card("bytes", "1", words, "CC0-1.0", "made", "made", (), words, input={"type": "text"})
    if size < 100:
        letters = generator.integers(0x4E00, 0x4E00 + 3000, (rows, size // 3), dtype=np.uint32)
        texts = [str(each) for each in np.frombuffer(letters.tobytes(), dtype=f"<U{size // 3}")]
        columns: dict[str, Any] = {"id": ids, "input": texts, "reference": texts}
    else:
        # Bytes stand in a column that no data type looks into: what is measured is reading and hashing.
        data = generator.bytes(rows * size)
        columns = {
            "id": ids,
            "reference": ids,
            "input": pa.array([data[at : at + size] for at in range(0, len(data), size)], pa.binary()),
        }
        card = Card("bytes", "1", words, "CC0-1.0", "made", "made", (), words)
    write_set(folder, card, pa.table(columns))
    with (folder / CONTENT).open("wb") as file:
        for batch in _opened(folder).batches():
            for name in sorted(columns):
                file.write(
                    b"".join(
                        each.encode() if isinstance(each, str) else each for each in batch.column(name).to_pylist()
                    )
                )


def _opened(folder: Path) -> Any:
    from steelyard.library.store import open_set

    return open_set(str(folder))


def _digested(title: str, folder: Path, rounds: int) -> list[tuple[str, ...]]:
    stored, content = _opened(folder), folder / CONTENT

    def sha256sum() -> None:
        subprocess.run(["sha256sum", str(content)], check=True, capture_output=True)

    measured = in_turn({"ours": stored.verify, "theirs": sha256sum}, rounds)
    megabytes = content.stat().st_size / 1e6
    speeds = {name: Spread(tuple(megabytes / each for each in of.seconds)) for name, of in measured.items()}
    return [
        (
            f"{stored.card.samples:,} {title}",
            f"{megabytes:,.0f}",
            speeds["ours"].show(""),
            speeds["theirs"].show(""),
            ratio(measured["theirs"], measured["ours"]).show(""),
        )
    ]


def _read(title: str, folder: Path, rounds: int) -> list[tuple[str, ...]]:
    import pyarrow.parquet as pq

    stored = _opened(folder)

    def ours() -> None:
        assert sum(batch.num_rows for batch in stored.batches()) == stored.card.samples

    def pyarrow(**how: bool) -> Callable[[], None]:
        def read() -> None:
            with pq.ParquetFile(folder / PARQUET) as file:
                assert sum(batch.num_rows for batch in file.iter_batches(**how)) == stored.card.samples

        return read

    measured = in_turn({"ours": ours, "theirs": pyarrow(), "one": pyarrow(use_threads=False)}, rounds)
    return [
        (
            f"{stored.card.samples:,} {title}",
            *(measured[name].spread.show("") for name in ("ours", "theirs", "one")),
            ratio(measured["theirs"], measured["ours"]).show(""),
            ratio(measured["one"], measured["ours"]).show(""),
        )
    ]


def _iterated(title: str, folder: Path, rounds: int) -> list[tuple[str, ...]]:
    (folder / CONTENT).unlink(missing_ok=True)
    cache = folder.parent / "cache"
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(cache)}
    warm = command([sys.executable, "sets.py", "datasets", str(folder)], **offline)

    def cold() -> dict[str, Any] | None:
        shutil.rmtree(cache, ignore_errors=True)
        return warm()

    contestants = {
        "Steelyard": command([sys.executable, "sets.py", "steelyard", str(folder)]),
        "datasets, empty cache": cold,
        "datasets, filled cache": warm,
    }
    measured: dict[str, Measured] = in_turn(contestants, rounds)
    seen = {(said["samples"], said["characters"]) for taken in measured.values() for said in taken.said}
    if len(seen) != 1:
        raise RuntimeError(f"they saw other rows: {sorted(seen)}")
    shutil.rmtree(cache, ignore_errors=True)
    return [
        (
            f"{seen.copy().pop()[0]:,} {title}",
            name,
            taken.spread.show(""),
            taken.peak.show("", 1e6),
            "" if name == "Steelyard" else ratio(taken, measured["Steelyard"]).show(""),
        )
        for name, taken in measured.items()
    ]


def _rows_of_steelyard(folder: str) -> Any:
    for batch in _opened(Path(folder)).batches(["id", "input", "reference"]):
        yield from batch.to_pylist()


def _rows_of_datasets(folder: str) -> Any:
    from datasets import load_dataset

    with contextlib.redirect_stderr(io.StringIO()):
        found = load_dataset("parquet", data_files=str(Path(folder) / PARQUET), split="train")
    yield from found


def main() -> None:
    """Load and iterate, and print what was seen."""
    way, folder = sys.argv[1:]
    samples = characters = 0
    started = time.perf_counter()
    for row in {"steelyard": _rows_of_steelyard, "datasets": _rows_of_datasets}[way](folder):
        samples += 1
        characters += len(row["id"]) + len(row["input"]) + len(row["reference"])
    seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text("utf-8")
    peak = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
    print(json.dumps({"seconds": seconds, "samples": samples, "characters": characters, "peak": peak}))


if __name__ == "__main__":
    main()
