"""Keys: a pair is kept whole or not at all, and signs only where both halves belong together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard.core.errors import CallError
from steelyard.report.proof.keys import PRIVATE, PUBLIC, new_key, own_keys, private_key, trust


@pytest.fixture(name="keys")
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "keys"


def test_a_private_half_of_another_key_does_not_sign(keys: Path) -> None:
    first, _ = new_key("first"), new_key("second")
    assert private_key("first").public == first
    (keys / f"second{PRIVATE}").replace(keys / f"first{PRIVATE}")
    with pytest.raises(CallError, match="is not the private half of first") as caught:
        private_key("first")
    assert "私钥" in caught.value.what.zh


@pytest.mark.parametrize("make", [new_key, lambda name: trust(Path("some.pub"), name)], ids=["new", "trust"])
def test_a_home_that_cannot_be_written_to(
    make: Callable[[str], object], keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_key("some")
    (tmp_path / "some.pub").write_bytes((keys / f"some{PUBLIC}").read_bytes())
    (tmp_path / "file").write_text("no folder")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "file"))
    with pytest.raises(CallError, match=r"cannot write to .*: Not a directory") as caught:
        make("laboratory")
    assert "STEELYARD_HOME" in str(caught.value.remedy)


def test_half_a_key_is_not_left(keys: Path) -> None:
    (keys / f"laboratory{PUBLIC}").mkdir(parents=True)
    with pytest.raises(CallError, match="cannot write to"):
        new_key("laboratory")
    assert not (keys / f"laboratory{PRIVATE}").exists()
    (keys / f"laboratory{PUBLIC}").rmdir()
    new_key("laboratory")
    assert [key.name for key in own_keys()] == ["laboratory"]
