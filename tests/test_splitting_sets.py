"""The commands of docs/splitting-sets.md do what the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import steelyard
from steelyard.core.errors import CallError
from steelyard.library.store import card
from steelyard.products._card import read_product_card

PAGE = Path(__file__).parents[1] / "docs" / "splitting-sets.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = re.findall(r"<!-- executed by .*? -->\n```(\w+)\n(.*?)```", TEXT, re.DOTALL)


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
    assert len(commands) == 4
    said = {}
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "steelyard"
        ended = subprocess.run(
            [sys.executable, "-m", "steelyard", *arguments], capture_output=True, text=True, check=False
        )
        assert ended.returncode == (10 if "diff" in arguments else 0), ended.stderr
        said[arguments[1]] = " ".join(ended.stdout.split())
    assert "changed in split" in said["diff"]
    cut = card("./cut")
    assert cut.split_rule is not None
    found = re.search(r"split by   (.*?)```", TEXT, re.DOTALL)
    assert found is not None
    assert cut.split_rule.en == " ".join(found[1].split())
    assert {name: round(count / cut.samples, 2) for name, count in cut.splits.items()} == {
        "training": 0.6,
        "validation": 0.1,
        "test": 0.3,
    }
    assert card("./wdbc-test").splits == {"test": 189}


def test_a_card_of_the_page_is_obeyed(tmp_path: Path) -> None:
    (said,) = (block for kind, block in BLOCKS if kind == "toml")
    path = tmp_path / "nuclei.toml"
    path.write_text(said, "utf-8")

    def never(_: list[float]) -> str:
        return "negative"

    product_card = read_product_card(path)
    report = steelyard.run("miit-2017-315#medical", never, out=tmp_path / "run", limit=20, product_card=product_card)
    assert any("records of our own ward could not be compared" in words.en for words in report.non_claims)
    path.write_text(said.replace("#training", "#test"), "utf-8")
    with pytest.raises(CallError, match="trained on wdbc@1#test"):
        steelyard.run("miit-2017-315#medical", never, out=tmp_path / "no", product_card=read_product_card(path))
