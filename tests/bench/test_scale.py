"""A million samples of text, asked of a live product, stay below 500 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import numpy as np
import pyarrow as pa

from steelyard.core.card import Card
from steelyard.core.words import Words
from steelyard.library.writing import write_set

SAMPLES = 1_000_000
MOST_BYTES = 500e6

# A method of a third party, found by its entry point: text in, text out.
METHOD = """
    from steelyard.core.method import Direction, Family, Indicator, Method
    from steelyard.core.sample import rows_per_sample
    from steelyard.core.words import Words
    from steelyard.data.text import Text
    from steelyard.measures.edit_distance import edit_counts
    from steelyard.stats.folds.pooled import Pooled

    WORDS = Words("characters", "字")

    def rows(samples, records):
        substitutions, deletions, insertions, characters = edit_counts(samples.references, records.outputs).T
        return rows_per_sample(samples, substitutions + deletions + insertions, characters)

    def method():
        rate = Indicator("error_rate", WORDS, Direction.LOWER, rows, ("errors", "characters"),
                         Pooled(("errors",), ("characters",)), Family.RATIO, WORDS, WORDS, WORDS)
        return Method("text.copying", "1", WORDS, Text(), Text(), (rate,), lambda _: "", ())
"""
SPEC = """
    specification: copying
    edition: "1"
    document: test
    title: test
    clauses:
      copying:
        where: "1"
        words: 错误率低于4%
        meaning: test
        axis: intelligence
        readings:
          only:
            because: test
            method: text.copying
            cluster: writer
            require: {errors: error_rate < 4 %}
"""
DRIVER = r"""
    import json, pathlib, re, sys
    import steelyard

    spec, product, test_set, out = sys.argv[1:]
    report = steelyard.run(spec, product, test_set=test_set, out=out)
    status = pathlib.Path("/proc/self/status").read_text()  # getrusage would count the parent's peak before exec
    peak = 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    print(json.dumps([peak, report.verdict.value, report.counts]))
"""


def test_a_million_samples_in_bounded_memory(tmp_path: Path, make_card: Callable[..., Card]) -> None:
    generator = np.random.Generator(np.random.Philox(1_000_000))
    letters = generator.integers(0x4E00, 0x4E00 + 3000, (SAMPLES, 12), dtype=np.uint32)
    texts = np.frombuffer(letters.tobytes(), dtype="<U12")
    card = make_card(methods=("text.copying",), input={"type": "text"}, units={"writer": Words("writers", "作者")})
    writers = np.char.add("writer-", (np.arange(SAMPLES) % 500).astype(str))
    ids = np.char.add("text-", np.arange(SAMPLES).astype(str))
    table = pa.table({"id": ids, "input": texts, "reference": texts, "writer": writers})
    write_set(tmp_path / "texts", card, table)

    package = tmp_path / "package"
    (package / "copying-1.dist-info").mkdir(parents=True)
    (package / "copying-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: copying\nVersion: 1\n")
    (package / "copying-1.dist-info" / "entry_points.txt").write_text("[steelyard.fields]\ntext.copying = copying\n")
    (package / "copying.py").write_text(dedent(METHOD), "utf-8")
    (tmp_path / "spec.yaml").write_text(dedent(SPEC), "utf-8")
    (tmp_path / "product.py").write_text(
        "def copy(text):\n    return text[:-1] if text[0] < '\u5000' else text\n", "utf-8"
    )
    (tmp_path / "driver.py").write_text(dedent(DRIVER), "utf-8")

    product = f"python:{tmp_path / 'product.py'}:copy"
    command = [sys.executable, str(tmp_path / "driver.py"), str(tmp_path / "spec.yaml"), product]
    done = subprocess.run(
        [*command, str(tmp_path / "texts"), str(tmp_path / "out")],
        env=os.environ | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=True,
    )
    peak, verdict, counts = json.loads(done.stdout)
    assert counts == {"errors": int((letters[:, 0] < 0x5000).sum()), "characters": 12 * SAMPLES}
    assert verdict == "conforms"
    assert peak < MOST_BYTES
