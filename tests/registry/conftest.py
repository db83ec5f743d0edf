"""A keeper's key in a home of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.report.proof.keys import PrivateKey, new_key, private_key


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PrivateKey:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    new_key("keeper")
    return private_key("keeper")
