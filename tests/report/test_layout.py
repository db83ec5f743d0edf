"""Sentences on repeats: numbers of one and of many, and what did not vary bounds nothing."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from steelyard.bench.repeatability import Repeatability, Spread
from steelyard.core.words import Words
from steelyard.report._layout import facts, say, spread, table

FLAG = Words("one session: spread between sessions is not shown", "仅一个会话：无法给出会话之间的差异")


def repeated(sessions: int, repeats: int, found: Spread | None, *flags: Words) -> Repeatability:
    values = ((0.1,) * repeats,) * sessions
    return Repeatability("held", Words("error rate", "错误率"), "1", values, found, None, None, flags)


@pytest.mark.parametrize(
    ("shown", "en", "zh"),
    [
        (repeated(1, 3, Spread(0.01, 0.05), FLAG), "s_r = 1.00 % (≤ 5.00 %)", "重复性 s_r = 1.00 % (≤ 5.00 %)"),
        (repeated(1, 3, Spread(0.01, 0.05), FLAG), "from 1 session of 3 repeats. Note: one session", "仅一个会话"),
        (repeated(2, 1, None), "from 2 sessions of 1 repeat.", "共 2 个会话"),
        (
            repeated(2, 2, Spread(0.0, None)),
            "0.00 % (all alike: no upper bound can be given)",
            "各次相同，无法给出上限",
        ),
    ],
)
def test_repeats(shown: Repeatability, en: str, zh: str) -> None:
    assert en in spread(shown).en
    assert zh in spread(shown).zh


def test_what_strangers_wrote_steers_no_terminal() -> None:
    shown = io.StringIO()
    console = Console(file=shown, width=80)
    evil = "\x1b[2J\u202eone\x07"
    say(console, evil)
    facts(console, {Words(evil, evil): evil})
    rows = table(Words(evil, evil))
    rows.add_row(evil)
    console.print(rows)
    assert not set("\x1b\x07\u202e") & set(shown.getvalue())
    assert shown.getvalue().count("\\x1b[2J\\u202eone\\x07") >= 4
