"""Finds near-duplicates among texts that it makes: ``near_duplicates.py Steelyard|datasketch COUNT``."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WORDS = 3000
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def texts(count: int) -> tuple[list[str], set[tuple[int, int]]]:
    """Return texts, and which are planted copies: the last hundredth."""
    generator = np.random.Generator(np.random.Philox(7))
    words = ["".join(generator.choice(LETTERS, size)) for size in generator.integers(2, 9, WORDS)]
    fresh = count - count // 100
    lengths, chosen = generator.integers(8, 14, fresh), generator.integers(0, WORDS, (fresh, 14))
    made = [" ".join(words[each] for each in row[:length]) for row, length in zip(chosen, lengths, strict=True)]
    copied = generator.permutation(fresh)[: count // 100]
    planted = set()
    for original in copied.tolist():
        text = made[original]
        place = int(generator.integers(len(text)))
        planted.add((original, len(made)))
        made.append(f"{text[:place]}#{text[place + 1 :]}")
    return made, planted


def by_steelyard(made: list[str]) -> set[tuple[int, int]]:
    """Return the pairs that the check's search finds, from a set on disk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from steelyard.core.card import Card
    from steelyard.core.words import Words
    from steelyard.library.quality._examination import Examination
    from steelyard.library.stored_set import SAMPLES, StoredSet

    words = Words("made", "虚构")
    card = Card("made", "1", words, "CC0-1.0", "", "", (), words, input={"type": "text"}, samples=len(made))
    with tempfile.TemporaryDirectory() as folder:
        table = pa.table({"id": [str(row) for row in range(len(made))], "input": made})
        pq.write_table(table, Path(folder, SAMPLES), row_group_size=2**16)
        del table
        near = Examination(StoredSet(card, Path(folder))).near
    assert near is not None
    return {(int(one), int(other)) for one, other in near.pairs}


def by_datasketch(made: list[str]) -> set[tuple[int, int]]:
    """Return the pairs that datasketch's index finds and the same similarity confirms."""
    from datasketch import MinHash, MinHashLSH
    from rapidfuzz.distance import Levenshtein

    index, found = MinHashLSH(params=(32, 5), num_perm=160), set()
    for row, text in enumerate(made):
        sketch = MinHash(num_perm=160)
        sketch.update_batch([text[place : place + 3].encode() for place in range(max(1, len(text) - 2))])
        for other in index.query(sketch):
            if Levenshtein.normalized_similarity(made[other], text, score_cutoff=0.9):
                found.add((other, row))
        index.insert(row, sketch)
    return found


def main() -> None:
    """Print what it took and what was found."""
    made, planted = texts(int(sys.argv[2]))
    started, before = time.perf_counter(), time.process_time()
    found = {"Steelyard": by_steelyard, "datasketch": by_datasketch}[sys.argv[1]](made)
    seconds, processor = time.perf_counter() - started, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    share = len(planted & found) / max(len(planted), 1)
    others = len(found - planted)
    print(json.dumps({"seconds": seconds, "processor": processor, "peak": peak, "found": share, "others": others}))


if __name__ == "__main__":
    main()
