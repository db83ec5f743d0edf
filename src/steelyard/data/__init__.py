"""One file, one data type: a frozen dataclass that bears the file's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steelyard.core.data_type import DataType
from steelyard.core.plugins import load
from steelyard.core.words import Words


def declared(declaration: Mapping[str, Any]) -> DataType[Any]:
    """Return the data type of a declaration, as cards and plans write it.

    Examples
    --------
    >>> declared({"type": "features", "size": 30})
    Features(size=30)
    """
    parameters = {
        key: tuple(value) if isinstance(value, list) else value for key, value in declaration.items() if key != "type"
    }
    name = str(declaration.get("type"))
    module = load(__name__, name, Words("data type", "数据类型"))
    kind = next(value for key, value in vars(module).items() if key.lower() == name and isinstance(value, type))
    return kind(**parameters)  # type: ignore[no-any-return]
