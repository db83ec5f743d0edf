"""Reads the card of a product from TOML."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from steelyard.core.errors import CallError, UnknownName
from steelyard.core.product_card import ProductCard
from steelyard.core.words import Words

EXAMPLE = """
    name = "nuclei"
    version = "2.1"
    trained_on = ["wdbc@1#training"]"""


def read_product_card(path: Path) -> ProductCard:
    """Return the card in a TOML file.

    Raises
    ------
    CallError
        Where it cannot be read, or says what a card does not say; the message names the field.
    """
    try:
        written: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise _unreadable(path, Words(error.strerror or "", error.strerror or "")) from None
    except ValueError as error:
        raise _unreadable(path, Words(str(error), str(error))) from None
    known = [field.name for field in fields(ProductCard)]
    for name in written:
        if name not in known:
            raise UnknownName(
                Words(f"field of a product's card (in {path})", f"产品卡片字段（见 {path}）"), name, known
            )
    for name in ("name", "version", "maker"):
        if (name in written or name != "maker") and not isinstance(written.get(name), str):
            raise _unreadable(path, Words(f"{name} must be text", f"{name} 应为文本"))
    trained_on = written.get("trained_on")
    if trained_on is not None and not (
        isinstance(trained_on, list) and all(isinstance(one, str) for one in trained_on)
    ):
        raise _unreadable(path, Words("trained_on must be a list of texts", "trained_on 应为文本列表"))
    use = written.get("intended_use")
    if isinstance(use, str):
        use = {"en": use, "zh": use}
    if use is not None and not (isinstance(use, dict) and use.keys() == {"en", "zh"}):
        raise _unreadable(
            path, Words("intended_use must be text, or en and zh", "intended_use 应为文本，或含 en 与 zh")
        )
    return ProductCard(
        name=written["name"],
        version=written["version"],
        trained_on=None if trained_on is None else tuple(trained_on),
        intended_use=None if use is None else Words(str(use["en"]), str(use["zh"])),
        maker=written.get("maker"),
    )


def _unreadable(path: Path, why: Words) -> CallError:
    return CallError(
        Words(f"{path} is no card of a product: {why.en}.", f"{path} 不是产品卡片：{why.zh}。"),
        Words(f"Write, for example:{EXAMPLE}", f"例如：{EXAMPLE}"),
    )
