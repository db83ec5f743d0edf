"""``steelyard schemas list``: which schemas there are."""

from __future__ import annotations

from steelyard.core.words import Words

ABOUT = Words("List the schemas: name, identifier, and what they describe.", "列出各模式：名称、标识与所描述的内容。")


def command() -> None:
    """List the schemas."""
    from steelyard.report import schemas

    print("\n".join(schemas.listing()))
