"""One file, one way to reach a product: ``open_product(address) -> Product``, named by its URI scheme."""

from __future__ import annotations

from types import ModuleType

from steelyard.core.errors import CallError, ProductError
from steelyard.core.plugins import load, plugins
from steelyard.core.product import Limits, Product
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


def check_surroundings(product: Product, limits: Limits, isolation: str) -> None:
    """Raise `CallError` where this machine cannot hold a product as asked, before anything is started or written."""
    from steelyard.products import _child, _sandbox

    _sandbox.check(isolation)
    if isolation != "none" and product.needs_open is not None:
        raise CallError(
            Words(
                f"{product.identity.uri} cannot be isolated: {product.needs_open.en}.",
                f"{product.identity.uri} 无法隔离：{product.needs_open.zh}。",
            ),
            Words("Go without --isolate.", "请不用 --isolate。"),
        )
    if product.elsewhere:
        for name in ("memory_bytes", "processes"):
            if getattr(limits, name) is not None:
                raise CallError(
                    Words(
                        f"{name} cannot be granted to a service: it runs elsewhere.",
                        f"无法为服务设置 {name}：它在别处运行。",
                    ),
                    Words("Limit it where it runs, and leave this out.", "请在其运行处设限，此处不设。"),
                )
    elif product.answered is None:
        _child.check(limits)
