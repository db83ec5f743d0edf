"""Steelyard: ``steelyard_run.py PRODUCT TEXTS [WORKERS]``; the whole of `steelyard.run`, plan to report."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from peak import say

import steelyard

product, texts, *further = sys.argv[1:]
spec = Path(__file__).parents[1] / "plugin" / "copying.yaml"
out = tempfile.mkdtemp(dir=texts, prefix="run-")
report = steelyard.run(spec, product, test_set=f"{texts}/set", out=out, workers=int(further[0]) if further else 1)
assert report.verdict.value == "conforms", report.verdict
say(report.plan.samples, int(report.counts["errors"]))
