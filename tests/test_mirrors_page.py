"""Sets are shared as docs/mirrors.md shows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "mirrors.md"
executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))


def test_the_page_s_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.delenv("STEELYARD_MIRROR_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    made = next(executed_page["blocks"](DOCS / "own-sets.md", "python"))
    exec(compile(made, "own-sets.md", "exec"), {})
    from steelyard.library.store import open_set

    open_set("wdbc")
    executed_page["write_files"](PAGE, tmp_path)
    typed: list[Any] = []
    executed_page["type_commands"](PAGE, tmp_path, typed.append)
    assert [each.code for each in typed] == [each.expected for each in typed], typed
    said = [each.said for each in typed]
    assert [re.sub(r"sha256:\S+", "…", text) for text in said] == [
        "wdbc@1: pulled, 569 samples, …\n",
        "",
        "ward-7@1: pulled, 3 samples, …\n",
        "ward-7@1: 3 samples are what the card says, …\nwdbc@1: 569 samples are what the card says, …\n",
        "ward-7@1: is there already, 3 samples, …\n",
    ]
    assert "it wants a token: set STEELYARD_MIRROR_TOKEN" in typed[1].errors


def test_the_page_states_the_limits_that_hold() -> None:
    from steelyard.library.sharing.fetching import MOST_BYTES
    from steelyard.library.sharing.http_mirror import FOR_NOW, MOST_REDIRECTS
    from steelyard.library.sharing.mirrors import Patience

    page = PAGE.read_text("utf-8")
    assert Patience() == Patience(seconds=30.0, tries=4, pace=1024.0)
    assert f"({', '.join(map(str, FOR_NOW))})" in page
    assert f"{MOST_BYTES // 2**30} GiB" in page
    assert MOST_REDIRECTS == 5
