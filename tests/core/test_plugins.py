"""Plug-ins are found by folder and by entry points; none is imported before it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from steelyard.core import plugins
from steelyard.core.errors import UnknownName
from steelyard.core.words import Words

KIND = Words("weight", "秤砣")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A plug-in folder of its own: two plug-ins, a part that is none, and a third party's module beside it."""
    folder = tmp_path / "weights"
    (folder / "brass").mkdir(parents=True)
    (folder / "hidden").mkdir()
    for name in ("__init__", "iron", "_shared", "brass/__init__", "brass/small"):
        (folder / f"{name}.py").write_text("WHO = __name__\n")
    (tmp_path / "theirs.py").write_text("WHO = __name__\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.plugins.cache_clear()
    yield "weights"
    plugins.plugins.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] in ("weights", "theirs")]:
        del sys.modules[name]


def test_found_by_folder(package: str) -> None:
    assert dict(plugins.plugins(package)) == {"brass.small": "weights.brass.small", "iron": "weights.iron"}
    assert "weights.iron" not in sys.modules
    assert plugins.load(package, "iron", KIND).WHO == "weights.iron"


def test_found_by_entry_point_and_never_in_our_place(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = [EntryPoint("lead", "theirs", package), EntryPoint("iron", "theirs", package)]
    monkeypatch.setattr(plugins, "entry_points", lambda group: theirs if group == package else [])
    assert plugins.load(package, "lead", KIND).WHO == "theirs"
    assert plugins.load(package, "iron", KIND).WHO == "weights.iron"


def test_an_unknown_name_offers_the_nearest(package: str) -> None:
    with pytest.raises(UnknownName, match="no weight called 'irn'"):
        plugins.load(package, "irn", KIND)
