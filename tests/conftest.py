"""What all tests share: a store of their own, English messages, explicit seeds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steelyard", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("steelyard")

MIRROR = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def store_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the whole session shares, so that each set is made once."""
    return tmp_path_factory.mktemp("steelyard-home")


@pytest.fixture(autouse=True)
def _environment(store_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_HOME", str(store_home))
    monkeypatch.setenv("STEELYARD_LANGUAGE", "en")
    monkeypatch.delenv("STEELYARD_MIRROR", raising=False)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of real test data, set as the library's mirror."""
    folder = Path(os.environ.get("STEELYARD_TEST_MIRROR", MIRROR))
    if not folder.is_dir():
        pytest.skip(f"the test data are not here: {folder}")
    monkeypatch.setenv("STEELYARD_MIRROR", str(folder))
    yield folder
