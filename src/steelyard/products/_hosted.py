"""A Python product, run by our host in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.product import Identity, Limits, Product
from steelyard.products._process import ProcessSession


def hosted(identity: Identity, load: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Product:
    """Return a product that the host loads as ``load`` says, with ``environment`` added to its own."""

    def start(seen: DataType[Any] | None, said: DataType[Any], limits: Limits) -> ProcessSession:
        greeting = {
            "load": load,
            "input": None if seen is None else seen.declaration(),
            "output": said.declaration(),
        }
        return ProcessSession([sys.executable, "-m", "steelyard.products._host"], limits, environment or {}, greeting)

    return Product(identity=identity, assurance="B", start=start)
