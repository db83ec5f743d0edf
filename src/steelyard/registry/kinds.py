"""What the entries of a log say, kind by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steelyard.core.words import Words

NEEDED = {
    "plan": ("plan", "run", "at"),
    "report": ("plan", "run", "bundle", "verdict", "at"),
    "withdrawn": ("plan", "run", "bundle", "reason", "at"),
    "event": ("event", "plan", "run", "bundle", "reason", "by", "on", "root", "at"),
    "recall": ("recalls", "name", "reason", "by", "on", "root", "at"),
}
"""What an entry of each kind says; withdrawals of earlier logs are entries of a kind of their own."""
USED = ("test_set", "test_set_digest", "method", "method_version", "steelyard", "specification", "clause")
"""What entries of runs and reports say beside, since products, sets and methods can be asked for."""
OPTIONAL: Mapping[str, type] = {
    **dict.fromkeys((*USED, "answers", "unseeded", "root", "until", "version"), str),
    **dict.fromkeys(("attempt", "seed"), int),
    "seeded": bool,
    "product": dict,
    "signatures": list,
}
"""What an entry need not say, and what it is where it does."""
WHAT = {
    "test_set": Words("test set", "测试集"),
    "method": Words("method", "检测方法"),
    "steelyard": Words("Steelyard", "Steelyard"),
}
"""What can be recalled."""


def check_entry(entry: Mapping[str, Any]) -> None:
    """Raise `ValueError` unless an entry says all that one of its kind must say."""
    needed = NEEDED.get(str(entry.get("kind")))
    if needed is None:
        raise ValueError("it is an entry of no known kind")
    for name in needed:
        if not isinstance(entry.get(name), str):
            raise ValueError(f"it does not say its {name}")
    for name, kind in OPTIONAL.items():
        if name in entry and type(entry[name]) is not kind:
            raise ValueError(f"its {name} is no {kind.__name__}")
    if entry["kind"] == "recall" and entry["recalls"] not in WHAT:
        raise ValueError(f"it recalls {entry['recalls']!r}, which is none of {', '.join(WHAT)}")


def agrees(report: Mapping[str, Any], plan: Mapping[str, Any], root: str) -> bool:
    """Whether a report says the same of its run as the run's own entry, and as the log before that."""
    said = {name: plan.get(name) for name in ("attempt", "seed", "seeded", "unseeded")}
    return {"root": root, **said} == {name: report.get(name) for name in ("root", *said)}


def run_of(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what names a run: its plan, and which of the runs of this plan it was."""
    return entry["plan"], entry["run"]


def is_same(known: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Whether an entry stands in the log already: a run and a report enter once, whatever else is said of them."""
    if known["kind"] != entry["kind"]:
        return False
    if entry["kind"] == "plan":
        return run_of(known) == run_of(entry)
    if entry["kind"] == "report":
        return (run_of(known), known["bundle"]) == (run_of(entry), entry["bundle"])
    return {**known, "at": None} == {**entry, "at": None}
