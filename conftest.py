"""What tests and the examples of docstrings share: a store of their own, and English messages."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def store_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the whole session shares, so that each set is made once."""
    return tmp_path_factory.mktemp("steelyard-home")


@pytest.fixture(autouse=True)
def _environment(store_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(store_home))
    monkeypatch.setenv("STEELYARD_LANGUAGE", "en")
    monkeypatch.delenv("STEELYARD_MIRROR", raising=False)
