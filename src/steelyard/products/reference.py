"""A reference product of ours: ``reference:NAME``, in its own process like any other."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import replace
from pathlib import Path

from steelyard.core.canonical import digest, sha256
from steelyard.core.errors import UnknownName
from steelyard.core.installed import version
from steelyard.core.plugins import plugins
from steelyard.core.product import Identity, Product
from steelyard.core.product_card import ProductCard
from steelyard.core.words import Words
from steelyard.library.home import home
from steelyard.products._hosted import hosted

ABOUT = Words(
    "A reference product of ours, in its own process like any other.",
    "本项目的参考产品，与其他产品一样在独立进程中运行。",
)
EXAMPLE = "reference:wdbc_logistic"
FOLDER = "steelyard.references"


def listed() -> list[str]:
    """Return the names of the reference products."""
    return list(plugins(FOLDER))


def open_product(address: str) -> Product:
    """Return the reference product of this name: class ``Product`` of its file."""
    known = plugins(FOLDER)
    if address not in known:
        raise UnknownName(Words("reference product", "参考产品"), address, known)
    spec = importlib.util.find_spec(known[address])
    assert spec is not None
    assert spec.origin is not None
    identity = Identity(
        uri=f"reference:{address}",
        kind="digest",
        digest=digest([sha256(Path(spec.origin).read_bytes()), version("steelyard")]),
        covers=Words("its source file and the version of Steelyard", "其源文件与 Steelyard 版本"),
    )
    # It is ours, and trains on the training part of a set: it may know where the store is. Were the store shown to it
    # in isolation, the plan would claim that it could not read the answers, and it could.
    made = hosted(
        identity,
        {"module": known[address], "callable": "Product"},
        {"STEELYARD_HOME": str(home())},
        needs_open=Words(
            "reference products learn from the store of sets, which isolation hides",
            "参考产品须读取数据集库进行训练，而隔离会将其隐藏",
        ),
    )
    learned = getattr(importlib.import_module(known[address]), "TRAINED_ON", None)
    return replace(made, card=ProductCard(address, version("steelyard"), learned))
