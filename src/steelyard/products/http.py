"""A service of your own: ``http://HOST[:PORT]/PATH[#OPTIONS]``; docs/products/http.md tells what passes.

It is posted ``{"input": …}`` and answers ``{"output": …}``; sound and images come to it as a form with a file.
"""

from __future__ import annotations

from steelyard.core.product import Product
from steelyard.core.words import Words
from steelyard.products._objects import open_service

ABOUT = Words(
    'A service on this machine or in a network you trust: {"input": …} is posted to it, it answers {"output": …}. '
    "Sound and images are sent as a form with a file. A token is taken from the environment variable STEELYARD_TOKEN.",
    '本机或可信网络中的服务：向其 POST {"input": …}，它回 {"output": …}。声音和图像以表单文件发送。'
    "令牌取自环境变量 STEELYARD_TOKEN。",
)
EXAMPLE = "http://localhost:8000/classify"


def open_product(address: str) -> Product:
    """Return the service at ``//HOST[:PORT]/PATH[#OPTIONS]``."""
    return open_service("http", address, EXAMPLE)
