"""Start: what one waits for before anything happens, against other benches."""

from __future__ import annotations

import sys
from pathlib import Path

from measuring import command, in_turn, ratio, table

ROUNDS = 5
SLOW_ROUNDS = 3
"""Of what takes many seconds."""
PYTHON = "python -c pass"
GROUPS = {
    "Help": (
        "steelyard --help",
        "inspect --help",
        "lm_eval --help",
        "sacrebleu --help",
    ),
    "List what can be tested": (
        "steelyard specs",
        "lm_eval ls tasks",
        "sacrebleu --list",
    ),
    "Import": (
        "python -c 'import steelyard'",
        "python -c 'import inspect_ai'",
        "python -c 'import lm_eval'",
        "python -c 'import sacrebleu'",
    ),
    "Import what runs": (
        "python -c 'from steelyard import run'",
        "python -c 'from inspect_ai import eval'",
        "python -c 'from lm_eval import simple_evaluate'",
        "python -c 'from sacrebleu import corpus_bleu'",
    ),
}
SLOW = {"lm_eval ls tasks"}

TEXT = """
Whole commands, from start to end, files in the cache, in turn; a bare interpreter is measured along with each group.
inspect_ai has no list of tasks of its own to show. lm_eval and Steelyard import on first use, hence the last group.
sacrebleu is no bench but a small tool that computes scores of translations.
"""


def measure(*, quick: bool = False) -> str:
    """Return the section of the page."""
    rows = []
    for title, commands in GROUPS.items():
        slow = {each for each in commands if each in SLOW}
        contestants = {each: command(_words(each)) for each in (PYTHON, *commands) if each not in slow}
        measured = in_turn(contestants, 1 if quick else ROUNDS)
        for each in () if quick else slow:
            both = {commands[0]: contestants[commands[0]], each: command(_words(each))}
            again = in_turn(both, SLOW_ROUNDS, warm=False)
            measured[each] = again[each]
            measured[f"{each}: paired"] = again[commands[0]]
        ours = measured[commands[0]]
        rows.append((f"**{title}**", "", ""))
        for each in (*commands, PYTHON):
            if each not in measured:
                continue
            theirs = measured[each]
            paired = "" if each == commands[0] else ratio(theirs, measured.get(f"{each}: paired", ours)).show("")
            rows.append((f"`{each}`", theirs.spread.show("", 1e-3), paired))
    return "\n".join(["## Start", TEXT, table(("", "ms", "this : Steelyard, paired"), rows)])


def _words(line: str) -> list[str]:
    """Return the words of a command, run by the interpreter or from the scripts of this environment."""
    program, _, rest = line.partition(" ")
    scripts = Path(sys.executable).parent
    if program == "python":
        flag, _, code = rest.partition(" ")
        return [sys.executable, flag, code.strip("'")]
    return [str(scripts / program), *rest.split()]
