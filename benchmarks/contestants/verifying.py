"""Steelyard's proof, step by step: ``verifying.py run|bundle|verify|second FOLDER``."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
from pathlib import Path

from peak import say

step, folder = sys.argv[1], Path(sys.argv[2])
run, bundle, own = folder / "run", str(folder / "report.zip"), ["--set", f"{folder}/set"]
TOOLS = Path(__file__).parents[2] / "tools"
WORDS = {
    "run": [
        "run",
        f"{folder}/utterances.yaml",
        "--product",
        f"outputs:{folder}/answers.jsonl",
        *own,
        "--out",
        str(run),
    ],
    "bundle": ["bundle", str(run), *own, "--spec", f"{folder}/utterances.yaml", "--out", bundle],
    "verify": ["verify", bundle],
    "second": [bundle],
}
sys.argv = [step, *WORDS[step]]
printed, ended = io.StringIO(), SystemExit()
try:
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        if step == "second":
            sys.path.insert(0, str(TOOLS))
            runpy.run_path(str(TOOLS / "verify_report.py"), run_name="__main__")
        else:
            from steelyard.cli import main

            main()
except SystemExit as exited:
    ended = exited
# Nobody has signed the bundle: all holds, and the exit code says that nobody stands for it.
expected = 11 if step in ("verify", "second") else 0
assert (ended.code or 0) == expected, f"{step}: exit code {ended.code}\n{printed.getvalue()[-2000:]}"
assert "not proved by this program" not in printed.getvalue()
say(0, 0)
