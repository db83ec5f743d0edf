"""What every format keeps: each is found, none is listed."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from steelyard.core.errors import CallError
from steelyard.library import exchange, store


@pytest.mark.parametrize("name", exchange.names())
def test_a_format_says_what_it_is(name: str) -> None:
    format_ = exchange.find(name)
    assert format_.ABOUT.en.startswith(f"{name} (")
    assert re.search(r"[\u4e00-\u9fff]", format_.ABOUT.zh)
    assert inspect.getdoc(format_)
    assert list(inspect.signature(format_.recognises).parameters) == ["path"]
    assert list(inspect.signature(format_.files).parameters) == ["path"]
    assert list(inspect.signature(format_.read).parameters) == ["path", "description"]
    if hasattr(format_, "write"):
        assert list(inspect.signature(format_.write).parameters) == ["stored", "folder"]


@pytest.mark.parametrize("name", exchange.names())
def test_a_format_recognises_nothing_in_what_is_no_set(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "card.txt").write_bytes(b"\xff\xfe\0")
    (tmp_path / "broken.json").write_bytes(b"\xff{")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in ("empty", "card.txt", "broken.json", "nothing", "loop", "a\0b"):
        assert exchange.find(name).recognises(tmp_path / path) is False


@pytest.mark.parametrize("address", ["./nothing", "a/b/c", "./" + "x" * 5000, "./a\0b", "."])
def test_a_path_that_leads_nowhere_is_an_unknown_set(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = r"no set in a format" if address == "." else r"no test set called"
    with pytest.raises(CallError, match=said) as caught:
        store.open_set(address)
    assert caught.value.exit_code == 2
