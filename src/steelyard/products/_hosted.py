"""A Python product, run by our host in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.product import OPEN, Identity, Isolation, Limits, Product
from steelyard.core.words import Words
from steelyard.products._process import ProcessSession
from steelyard.products._sandbox import interpreter


def hosted(
    identity: Identity,
    load: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
    *,
    folders: Iterable[Path] = (),
    needs_open: Words | None = None,
) -> Product:
    """Return a product that the host loads as ``load`` says, with ``environment`` added to its own.

    ``folders`` are its own: it can read them, interpreter and packages even in isolation; ``needs_open`` says why it
    cannot be isolated.
    """

    def start(
        seen: DataType[Any] | None, said: DataType[Any], limits: Limits, isolation: Isolation = OPEN, /
    ) -> ProcessSession:
        greeting = {
            "load": load,
            "input": None if seen is None else seen.declaration(),
            "output": said.declaration(),
        }
        command = [sys.executable, "-m", "steelyard.products._host"]
        readable = () if isolation == OPEN else (*interpreter(), *folders)
        return ProcessSession(command, limits, environment or {}, greeting, isolation, readable)

    return Product(identity=identity, assurance="B", start=start, needs_open=needs_open, keeps_episodes=True)
