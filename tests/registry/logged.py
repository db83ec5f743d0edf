"""Entries as runs and bundles make them, without either: a plan, a report, an event, a recall."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from steelyard.core.log_seed import log_seed
from steelyard.registry.attempts import attempt_after
from steelyard.registry.heads import Receipt
from steelyard.registry.lifecycle import Event
from steelyard.registry.log import Log
from steelyard.registry.signed import signed
from steelyard.report.proof.keys import PrivateKey

PRODUCT = {"uri": "cmd:./a", "name": None, "maker": None, "digest": "sha256:aa"}
ON = {"specification": "spec@1", "clause": "c"}
USED = {**ON, "test_set": "digits@1", "test_set_digest": "sha256:dd", "method": "m", "method_version": "1"}


def named(number: int) -> dict[str, str]:
    """Return what names a run."""
    return {"plan": f"sha256:{number:064x}", "run": f"{number:032x}"}


def bundle_of(number: int) -> str:
    """Return the digest of a run's bundle."""
    return f"sha256:{number + 1000:064x}"


def run(number: int, **changes: Any) -> Callable[[Sequence[Mapping[str, Any]], str], dict[str, Any]]:
    """Return what makes the entry of a run whose seed follows from the log."""

    def make(known: Sequence[Mapping[str, Any]], root: str) -> dict[str, Any]:
        entry = {"kind": "plan", **named(number), **USED, "steelyard": "1.0", "product": PRODUCT, "seeded": True}
        entry |= {"unseeded": f"sha256:{number:064x}", "seed": log_seed(f"sha256:{number:064x}", root)} | changes
        return {"attempt": attempt_after(known, entry), **entry}

    return make


def report(number: int, known: Sequence[Mapping[str, Any]], roots: Mapping[int, str], **changes: Any) -> dict[str, Any]:
    """Return the entry of a run's report; what is changed to None it does not say."""
    place, entry = next(
        (place, each)
        for place, each in enumerate(known)
        if each["kind"] == "plan" and each["run"] == named(number)["run"]
    )
    kept = {name: entry[name] for name in (*USED, "steelyard", "attempt", "seed", "seeded", "unseeded")}
    said = {"kind": "report", **named(number), "bundle": bundle_of(number), "verdict": "conforms"}
    entry = {**said, "answers": f"sha256:{number + 2000:064x}", **kept, "root": roots[place], **changes}
    return {name: value for name, value in entry.items() if value is not None}


def event(number: int, what: Event, key: PrivateKey, root: str, **changes: Any) -> dict[str, Any]:
    """Return a signed entry of an event on a run's report."""
    until = {"until": "2099-12-31"} if what is Event.ISSUED else {}
    said = {"kind": "event", "event": what.value, **named(number), "bundle": bundle_of(number), **until, "reason": "a"}
    return signed(said | changes, key, root)


class Filled:
    """A log that is filled in one call after another."""

    def __init__(self, folder: Path, key: PrivateKey) -> None:
        self.log, self.key = Log(folder), key
        self.roots: dict[int, str] = {}
        """Of the log before each entry."""

    def add(self, make: Callable[[Sequence[Mapping[str, Any]], str], Mapping[str, Any]]) -> Receipt:
        """Add an entry."""

        def noted(known: Sequence[Mapping[str, Any]], root: str) -> Mapping[str, Any]:
            self.roots[len(known)] = root
            return make(known, root)

        return self.log.append_made(noted, self.key)

    def run(self, number: int, **changes: Any) -> Receipt:
        """Enter a run."""
        return self.add(run(number, **changes))

    def report(self, number: int, **changes: Any) -> Receipt:
        """Enter a run's report."""
        return self.add(lambda known, _: report(number, known, self.roots, **changes))

    def event(self, number: int, what: Event, key: PrivateKey | None = None, **changes: Any) -> Receipt:
        """Enter an event on a run's report, whether it may follow or not."""
        return self.add(lambda _, root: event(number, what, key or self.key, root, **changes))

    def recall(self, **said: str) -> Receipt:
        """Enter a recall."""
        return self.add(lambda _, root: signed({"kind": "recall", "reason": "b", **said}, self.key, root))
