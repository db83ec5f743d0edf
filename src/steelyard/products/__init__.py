"""One file, one way to reach a product: ``open_product(address) -> Product``, named by its URI scheme."""

from __future__ import annotations

from types import ModuleType

from steelyard.core.errors import ProductError
from steelyard.core.plugins import load, plugins
from steelyard.core.product import Product
from steelyard.core.words import Words


def schemes() -> list[str]:
    """Return all URI schemes."""
    return list(plugins(__name__))


def scheme(name: str) -> ModuleType:
    """Return the module of a URI scheme: ``ABOUT``, ``EXAMPLE`` and ``open_product``.

    Raises
    ------
    UnknownName
        Where there is no such scheme.
    """
    return load(__name__, name, Words("way to reach a product", "产品接入方式"))


def open_product(uri: str) -> Product:
    """Return the product of a URI: ``SCHEME:ADDRESS``.

    Raises
    ------
    UnknownName
        Where there is no such scheme.
    ProductError
        Where the address leads nowhere.
    """
    name, colon, address = uri.partition(":")
    if not colon or not address:
        known = " ".join(f"{each}:…" for each in schemes())
        raise ProductError(
            Words(f"{uri!r} is not a product URI.", f"{uri!r} 不是产品 URI。"),
            Words(f"Write SCHEME:ADDRESS; there is {known}", f"请写作 方式:地址；现有 {known}"),
        )
    product = scheme(name).open_product(address)
    assert isinstance(product, Product)
    return product
