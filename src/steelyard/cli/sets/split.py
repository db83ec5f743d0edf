"""``steelyard sets split``: a set cut into training, validation and test, or one of its parts by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.errors import CallError
from steelyard.core.words import Words

ABOUT = Words(
    "Cut a set into parts such that no unit (speaker, patient, device) stands in two; the rule goes into its card.",
    "把数据集划分为若干部分，同一单元（说话人、受检者、设备）只在一个部分；规则写入卡片。",
)
EXAMPLE = "training=0.7,validation=0.1,test=0.2"


def command(
    address: Annotated[str, typer.Argument(metavar="SET", help=str(Words("Name or folder.", "名称或目录。")))],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help=str(Words("New folder for the result.", "存放结果的新目录。")))
    ],
    parts: Annotated[
        str | None,
        typer.Option("--parts", help=str(Words(f"Shares of the parts: {EXAMPLE}", f"各部分占比：{EXAMPLE}"))),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            help=str(
                Words(
                    "Take one part that the set has already, with a proof that it belongs to the set.",
                    "取出数据集已有的一个部分，并附其属于该数据集的证明。",
                )
            ),
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            help=str(
                Words(
                    "Column of units to keep together; again for more. Without it: all units of the card. "
                    "'--by id' splits samples one by one.",
                    "须保持在一起的单元列；可重复。缺省为卡片所列全部单元；“--by id”则逐个样本划分。",
                )
            ),
        ),
    ] = None,
    stratify: Annotated[
        list[str] | None,
        typer.Option(
            "--stratify",
            help=str(
                Words("Column to spread evenly (reference, a group); again for more.", "须均匀分布的列；可重复。")
            ),
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help=str(Words("Of the draw; else 0.", "抽取种子；缺省为 0。")))
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help=str(Words("Of the result; else its folder's.", "结果名称；缺省取目录名。"))),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option("--version", help=str(Words("Of the result; else the set's.", "结果版本；缺省同原集。"))),
    ] = None,
) -> None:
    """Cut a set into parts, or take one of its parts."""
    from steelyard.cli._terminal import console
    from steelyard.library.splitting import Split, write_split
    from steelyard.library.store import open_set
    from steelyard.library.subsets import write_subset
    from steelyard.report.terminal.catalogue import show_card

    if (parts is None) == (only is None):
        raise CallError(
            Words("say how to cut the set.", "请说明如何划分。"),
            Words(
                f"Either --parts {EXAMPLE}, or --only with a part that it has.",
                f"请用 --parts {EXAMPLE}，或用 --only 指明已有的部分。",
            ),
        )
    if only is not None:
        _of_parts_alone({"--by": by, "--stratify": stratify, "--seed": seed})
    stored = open_set(address)
    if only is not None:
        chosen = name or f"{stored.card.name}-{only}"
        written = write_subset(stored, stored.positions(only), folder, chosen, version)
    else:
        asked = Split(
            name=name or folder.name,
            version=version or stored.card.version,
            shares=_shares(parts or ""),
            by=None if by is None else [column for column in by if column != "id"],
            stratify=stratify or (),
            seed=seed or 0,
        )
        written = write_split(stored, folder, asked)
    show_card(console(), written.card)


def _of_parts_alone(options: Mapping[str, object]) -> None:
    """Refuse options that say how to cut a set, where a part is taken as it is."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise CallError(
            Words(
                f"{', '.join(given)}: --only takes a part as it is and draws nothing.",
                f"{'、'.join(given)}：--only 原样取出已有部分，不作抽取。",
            ),
            Words("Leave it out, or cut the set anew with --parts.", "请去掉该选项，或用 --parts 重新划分。"),
        )


def _shares(written: str) -> dict[str, float]:
    try:
        pairs = [item.split("=") for item in written.split(",")]
        return {part.strip(): float(share) for part, share in pairs}
    except ValueError:
        raise CallError(
            Words(f"cannot read --parts {written}.", f"无法读取 --parts {written}。"),
            Words(f"Write it as {EXAMPLE}.", f"请写作 {EXAMPLE}。"),
        ) from None
