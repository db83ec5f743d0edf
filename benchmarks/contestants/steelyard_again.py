"""Steelyard from Python, where it runs already: ``steelyard_again.py PRODUCT TEXTS``; seconds are the second run's.

``steelyard.run``, plan to report, the product's process started anew; only the interpreter and its modules are there.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from peak import say

import steelyard

product, texts = sys.argv[1:]
spec = Path(__file__).parents[1] / "plugin" / "copying.yaml"
os.environ["STEELYARD_HOME"] = texts
for _ in range(2):
    out = tempfile.mkdtemp(dir=texts, prefix="run-")
    started = time.perf_counter()
    report = steelyard.run(spec, product, test_set="texts@1", out=out)
    seconds = time.perf_counter() - started
assert report.verdict.value == "conforms", report.verdict
say(report.plan.samples, int(report.counts["errors"]), seconds)
