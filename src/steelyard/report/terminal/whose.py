"""Whose copy of a sealed set leaked, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steelyard.core.words import Words
from steelyard.library.sealed.whose import FALSE_POSITIVES, Evidence
from steelyard.report._layout import say, table

if TYPE_CHECKING:
    from rich.console import Console


def show_evidence(console: Console, found: Sequence[Evidence]) -> None:
    """Show how like a table is to each recipient's copy, and who is named."""
    shown = table(
        Words("recipient", "接收者"),
        Words("copy", "副本"),
        Words("pairs of rows in its order", "次序相符的行对"),
        Words("by chance", "偶然概率"),
        Words("canaries answered alike", "答案相符的金丝雀样本"),
        Words("by chance", "偶然概率"),
    )
    for each in found:
        pairs = each.rows * (each.rows - 1) // 2
        share = f"{1 - each.inversions / pairs:.1%}" if pairs else "—"
        said = f"{each.alike} / {each.present}" if each.present else "—"
        shown.add_row(each.name, each.copy, share, f"{each.order:.1e}", said, f"{each.answers:.1e}")
    console.print(shown)
    first = found[0]
    if not first.named:
        say(
            console,
            Words(
                "Nobody can be named: by chance alone a table would look as like somebody's copy with probability "
                f"{first.probability:.1e}; a name needs {FALSE_POSITIVES:g}.",
                f"不能查明：仅凭偶然，某表与某份副本如此相像的概率为 {first.probability:.1e}；"
                f"查明须不超过 {FALSE_POSITIVES:g}。",
            ),
        )
        return
    for each in found:
        if each.named:
            say(
                console,
                Words(
                    f"It was taken from {each.copy}, the copy of {each.name}: a table that was taken from no copy "
                    f"looks so like any of {len(found)} copies with probability {each.probability:.1e} at most.",
                    f"取自 {each.copy}，即 {each.name} 的副本：并非取自任何副本的表，与 {len(found)} 份副本之一"
                    f"如此相像的概率至多为 {each.probability:.1e}。",
                ),
                style="bold",
            )
