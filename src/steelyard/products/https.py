"""A service of your own behind TLS: ``https://HOST[:PORT]/PATH[#OPTIONS]``; all else as in ``http:``."""

from __future__ import annotations

from steelyard.core.product import Product
from steelyard.core.words import Words
from steelyard.products._objects import open_service

ABOUT = Words(
    'A service behind TLS, with all that http: has: {"input": …} is posted to it, it answers {"output": …}. Its '
    "certificate is checked.",
    '经 TLS 访问的服务，其余同 http:：向其 POST {"input": …}，它回 {"output": …}。证书会被校验。',
)
EXAMPLE = "https://models.example/classify#concurrency=4"


def open_product(address: str) -> Product:
    """Return the service at ``//HOST[:PORT]/PATH[#OPTIONS]``."""
    return open_service("https", address, EXAMPLE)
