"""``steelyard demo``, with the clock on what it does besides computing: ``demo_timed.py OUT``."""

from __future__ import annotations

import builtins
import importlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

spent: Counter[str] = Counter()
under_way: list[str] = []


def timed(home: Any, name: str, kind: str) -> None:
    """Add up the time that a function takes in the main thread; what it calls of other kinds is theirs."""
    function: Callable[..., Any] = getattr(home, name)

    def measured(*values: Any, **named: Any) -> Any:
        if threading.current_thread() is not threading.main_thread() or (under_way and under_way[-1] == kind):
            return function(*values, **named)
        started = time.perf_counter()
        under_way.append(kind)
        try:
            return function(*values, **named)
        finally:
            under_way.pop()
            seconds = time.perf_counter() - started
            spent[kind] += seconds  # type: ignore[assignment]
            if under_way:
                spent[under_way[-1]] -= seconds  # type: ignore[assignment]

    setattr(home, name, measured)


timed(builtins, "__import__", "importing")
timed(importlib, "import_module", "importing")
timed(selectors.DefaultSelector, "select", "waiting")
timed(subprocess.Popen, "wait", "ending")
timed(os, "fsync", "flushing")

from steelyard.cli import main  # noqa: E402

sys.argv = ["steelyard", "demo", "--out", sys.argv[1]]
try:
    main()
finally:
    print(json.dumps(spent))
