"""``steelyard schemas list``: which schemas there are."""

from __future__ import annotations

from steelyard.core.words import Words

ABOUT = Words("List the schemas: name, identifier, and what they describe.", "列出各模式：名称、标识与所描述的内容。")


def command() -> None:
    """List the schemas."""
    from steelyard.report import schemas

    known = [(name, schemas.schema(name)) for name in schemas.names()]
    width = max(len(name) for name, _ in known)
    longest = max(len(said["$id"]) for _, said in known)
    for name, said in known:
        print(f"{name:{width}}  {said['$id']:{longest}}  {said['title']}")
