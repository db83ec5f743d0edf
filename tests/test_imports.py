"""Light imports are kept: each is tried in a Python of its own."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import steelyard
from steelyard import core

HEAVY = {"numpy", "pandas", "pyarrow", "scipy", "sklearn", "pydantic", "yaml", "rich", "hypothesis", "PIL"}
CORE = sorted(module.name for module in pkgutil.iter_modules(core.__path__, "steelyard.core."))
HELP = """
import sys
sys.argv = ["steelyard", "--help"]
from steelyard.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""


def loaded(program: str) -> set[str]:
    """Top-level packages that are loaded once a program has run."""
    report = "\nimport json, sys; print(); print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    ran = subprocess.run([sys.executable, "-c", program + report], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("program", "light"),
    [
        ("import steelyard", HEAVY),
        *((f"import {name}", HEAVY) for name in CORE),
        # pydantic and yaml may come with a command that reads specifications; what computes and what prints may not.
        (HELP, {"numpy", "pandas", "pyarrow", "scipy", "sklearn", "rich"}),
    ],
    ids=["steelyard", *CORE, "steelyard --help"],
)
def test_nothing_heavy_is_loaded(program: str, light: set[str]) -> None:
    assert not loaded(program) & light


def test_what_the_package_offers_is_found_on_first_use() -> None:
    assert steelyard.run.__module__ == "steelyard.api"
    assert set(steelyard.__all__) == set(steelyard._HOMES)
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        steelyard.__getattr__("rum")


def test_the_check_above_would_notice() -> None:
    assert "numpy" in loaded("import numpy")
