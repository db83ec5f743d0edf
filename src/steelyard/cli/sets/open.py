"""``steelyard sets open``: what a sealed set holds, in clear."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Write a sealed set in clear; with --publish without marks, for the day on which it ceases to be sealed.",
    "以明文写出密封数据集；加 --publish 则去除标记，用于解除密封、公开发布之日。",
)


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help=str(Words("Of the sealed set.", "密封数据集的目录。")))
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help=str(Words("New folder.", "新目录。")))],
    key: Annotated[
        Path | None,
        typer.Option(
            help=str(
                Words("File of your age key; else STEELYARD_SEAL_KEY.", "age 密钥文件；缺省用 STEELYARD_SEAL_KEY。")
            )
        ),
    ] = None,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help=str(
                Words(
                    "Leave out canaries and the order that tells whose copy it is; its digest is the commitment.",
                    "去除金丝雀样本和可识别副本的次序；摘要即承诺。",
                )
            ),
        ),
    ] = False,
) -> None:
    """Write a sealed set in clear."""
    from steelyard.cli._terminal import console
    from steelyard.library.sealed.age import keys
    from steelyard.library.sealed.sealed_set import open_into
    from steelyard.library.sealed.sealing import check_commitment
    from steelyard.report._layout import facts, say

    written = open_into(folder, out, None if key is None else keys(key), publish=publish)
    copy = check_commitment(folder, written.card.digest)
    what = (
        Words("the commitment: the set as it was sealed", "承诺：密封时的数据集")
        if copy is None
        else Words(f"the root of {copy.file}", f"{copy.file} 的根摘要")
    )
    facts(
        console(),
        {
            Words("Written", "已写出"): str(out),
            Words("Samples", "样本"): f"{written.card.samples:,}",
            Words("Digest", "摘要"): f"{written.card.digest} ({what})",
        },
    )
    if copy is not None:
        say(
            console(),
            Words(
                "This copy is in clear and marked as yours: who passes it on can be told. Do not publish it: some "
                "of its answers may be arbitrary.",
                "此副本为明文，并带有您的标记：外传可被查出。请勿发布：其中部分答案可能是任意的。",
            ),
            style="yellow",
        )
