"""Steelyard: ``steelyard_run.py PRODUCT TEXTS [WORKERS]``; the whole of ``steelyard run … --json``, plan to report."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

from peak import say

from steelyard.cli import main

product, texts, *further = sys.argv[1:]
spec = Path(__file__).parents[1] / "plugin" / "copying.yaml"
os.environ["STEELYARD_HOME"] = texts
out = Path(tempfile.mkdtemp(dir=texts, prefix="run-"))
options = ["--set", "texts@1", "--out", str(out), "--workers", further[0] if further else "1", "--json"]
sys.argv = ["steelyard", "run", str(spec), "--product", product, *options]
with contextlib.suppress(SystemExit):
    main()
report = json.loads((out / "report.json").read_text("utf-8"))
assert report["verdict"] == "conforms", report["verdict"]
say(report["plan"]["samples"], int(report["counts"]["errors"]))
