"""What is said of a product in a process of its own that answered wrongly, ended, or never began."""

from __future__ import annotations

from collections.abc import Iterator

from steelyard.core.errors import ProductError
from steelyard.core.product import Reply
from steelyard.core.sample import Fault
from steelyard.core.words import Words

MOST_DETAIL = 1000
"""Characters of what a product said of a fault."""


def lose(waiting: dict[int, int], fault: Fault, detail: Words, seconds: float) -> Iterator[tuple[int, Reply]]:
    """Yield a reply for each ask that was left open."""
    lost = list(waiting.values())
    waiting.clear()
    for index in lost:
        yield index, Reply(None, seconds, fault, detail, lost=True)


def malformed(seconds: float, en: str, zh: str) -> Reply:
    """Return the reply of a product whose answer cannot be read, and why."""
    return Reply(None, seconds, Fault.MALFORMED, Words(clean(en), clean(zh)))


def does_not_start(detail: Words) -> ProductError:
    """Return the error of a product that never came to be asked."""
    return ProductError(
        Words(f"the product does not start: {clean(detail.en)}", f"产品无法启动：{clean(detail.zh)}"),
        Words("Mend it, then repeat the command.", "请修复后重复该命令。"),
    )


def clean(text: str) -> str:
    """Return text that any file can hold: JSON can carry half a character."""
    return text[:MOST_DETAIL].encode("utf-8", "replace").decode()
