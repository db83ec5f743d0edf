"""How files come in is shown on standard error: as events for programs, a line now and then, or a bar on a terminal."""

from __future__ import annotations

import io
import json

import pytest

from steelyard.cli import _terminal
from steelyard.cli._terminal import transfer_bar
from steelyard.library.sharing.fetching import Transfer

COMING = [Transfer("a.wav", "http://mirror", 0, 2, 1_500_000, 4_000_000), Transfer("b.wav", "", 2, 2, 4_000_000, None)]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_terminal, "EVENT_SECONDS", 0.0)
    monkeypatch.setattr(_terminal, "PLAIN_SECONDS", 0.0)


def show(*, events: bool = False) -> None:
    with transfer_bar(events=events) as told:
        for each in COMING:
            told(each)


def test_events(capsys: pytest.CaptureFixture[str]) -> None:
    show(events=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [Transfer(**json.loads(line)) for line in shown.err.splitlines()] == COMING


def test_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    show()
    assert capsys.readouterr().err == "0 of 2 files, 1.5/4.0 MB: a.wav from http://mirror\n"
    monkeypatch.setenv("STEELYARD_LANGUAGE", "zh")
    show()
    assert capsys.readouterr().err == "0/2 个文件，1.5/4.0 MB：a.wav，来自 http://mirror\n"


def test_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    import sys

    show()
    assert "2/2 b.wav" in sys.stderr.getvalue()  # type: ignore[attr-defined]
