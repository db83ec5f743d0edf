"""A recipe pins the bytes that its set is made of, and says where they come from."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from steelyard.core.errors import SetError, UnknownName
from steelyard.library import recipe
from steelyard.library.home import MIRROR
from steelyard.library.recipe import Recipe, contents

WITH_FILES = [name for name in recipe.names() if recipe.read(name).files]


@pytest.fixture(params=WITH_FILES)
def needy(request: pytest.FixtureRequest) -> Recipe:
    """A recipe that needs files."""
    return recipe.read(request.param)


def assert_refused(needy: Recipe, *pieces: str) -> None:
    with pytest.raises(SetError) as caught:
        contents(needy)
    assert caught.value.exit_code == 12
    for piece in (*pieces, needy.card.source):
        assert piece in str(caught.value), f"it does not say {piece}"
    assert caught.value.remedy is not None


def test_some_recipe_needs_files() -> None:
    assert WITH_FILES, "the tests below would test nothing"


@pytest.mark.parametrize("value", [None, ""])
def test_no_mirror(value: str | None, needy: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is not None:
        monkeypatch.setenv(MIRROR, value)
    assert_refused(needy, "STEELYARD_MIRROR", next(iter(needy.files)))


def test_a_mirror_without_the_file(needy: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR, str(tmp_path))
    assert_refused(needy, str(tmp_path / next(iter(needy.files))), "does not exist", needy.card.name)


def test_a_file_with_other_bytes(needy: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR, str(tmp_path))
    for below in needy.files:
        path = tmp_path / below
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"other bytes")
    below, expected = next(iter(needy.files.items()))
    found = hashlib.sha256(b"other bytes").hexdigest()
    assert_refused(needy, str(tmp_path / below), expected, found)


def test_one_flipped_bit_in_a_real_file(
    needy: Recipe, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for below in needy.files:
        path = tmp_path / below
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(mirror / below, path)
    monkeypatch.setenv(MIRROR, str(tmp_path))
    last = tmp_path / list(needy.files)[-1]
    data = bytearray(last.read_bytes())
    data[len(data) // 2] ^= 1
    last.write_bytes(data)
    assert_refused(needy, str(last), needy.files[list(needy.files)[-1]])


def test_an_unknown_recipe_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean wdbc"):
        recipe.read("wdcb")
