"""``steelyard sets rotate``: a fresh version of a set, drawn from a pool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Draw a fresh version of a set from a pool; no sample and no unit of an earlier version is used again.",
    "从样本池抽取数据集的新版本；不重复使用先前版本的样本和抽样单元。",
)


def command(
    pool: Annotated[str, typer.Argument(metavar="POOL", help=str(Words("Set to draw from.", "样本池数据集。")))],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help=str(Words("New folder for the version.", "存放新版本的新目录。")))
    ],
    name: Annotated[str, typer.Option(help=str(Words("Of the set that is rotated.", "轮换数据集的名称。")))],
    size: Annotated[
        int, typer.Option(help=str(Words("Samples, at least: units are drawn whole.", "最少样本数：单元整体抽取。")))
    ],
    after: Annotated[
        list[str] | None,
        typer.Option(
            help=str(
                Words(
                    "Folder of an earlier version; again for more. Those of this name in the store count anyway.",
                    "先前版本的目录，可重复。库中同名的版本自动计入。",
                )
            )
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help=str(
                Words(
                    "Column of units that no two versions share; again for more. Without it: all units of the card.",
                    "各版本不得共用的单元列，可重复。缺省为卡片所列全部单元。",
                )
            )
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option(help=str(Words("Without it: the next number.", "缺省为下一序号。")))
    ] = None,
    seed: Annotated[int, typer.Option(help=str(Words("Of the draw.", "抽取种子。")))] = 0,
) -> None:
    """Draw a fresh version of a set from a pool."""
    from steelyard.cli._terminal import console
    from steelyard.library import store
    from steelyard.library.sealed.rotation import Rotation, next_version, rotate
    from steelyard.report._layout import facts

    labels = [label for label in store.kept() if label.partition("@")[0] == name]
    earlier = [store.open_set(each, sealed=True) for each in dict.fromkeys([*labels, *(after or ())])]
    asked = Rotation(name, version or next_version(name, earlier), size, seed, by)
    made = rotate(store.open_set(pool), folder, asked, earlier)
    facts(
        console(),
        {
            Words("Drawn", "已抽取"): f"{made.drawn.card.label} → {folder}",
            Words("Samples", "样本"): f"{made.drawn.card.samples:,}",
            Words("Rule", "规则"): made.drawn.card.split_rule,
            Words("Digest", "摘要"): made.drawn.card.digest,
            Words("Used before", "此前已用"): f"{made.used:,}",
            Words("Left in the pool", "池中剩余"): f"{made.left:,}",
        },
    )
