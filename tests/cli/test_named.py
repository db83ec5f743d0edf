"""The command line imports the command that is named, and all where none is."""

from __future__ import annotations

import pytest

from steelyard.cli import _named

COMMANDS = ["run", "sets.list", "sets.show", "show"]
CASES = [
    pytest.param(["run"], ["run"], id="a command"),
    pytest.param(["sets"], ["sets.list", "sets.show"], id="a folder of commands"),
    pytest.param(["show"], ["show"], id="a command that bears the name of another one of a folder"),
    pytest.param([], COMMANDS, id="nothing: help lists them"),
    pytest.param(["--help"], COMMANDS, id="help"),
    pytest.param(["rnu"], COMMANDS, id="an error offers the nearest"),
    pytest.param(["sets.list"], COMMANDS, id="no command's name"),
]


@pytest.mark.parametrize(("words", "expected"), CASES)
def test_named(words: list[str], expected: list[str]) -> None:
    assert _named(COMMANDS, words) == expected
