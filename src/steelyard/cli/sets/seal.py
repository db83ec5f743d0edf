"""``steelyard sets seal``: a set that may be handed to anyone, and that a key alone opens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Seal a set: its answers are encrypted for those you name, and committed to.",
    "密封数据集：参考答案只为所列接收者加密，并作出承诺。",
)


def command(
    address: Annotated[str, typer.Argument(metavar="SET", help=str(Words("Name or folder.", "名称或目录。")))],
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help=str(Words("New folder for what is sealed.", "存放密封内容的新目录。"))),
    ],
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="AGE1…|KEYFILE",
            help=str(
                Words(
                    "Who may open it: a public age key, or a file of keys; again for more, each with its own copy.",
                    "可打开者：age 公钥，或密钥文件。可重复：每个接收者各有一份。",
                )
            ),
        ),
    ],
    inputs: Annotated[
        bool,
        typer.Option(
            "--inputs", help=str(Words("Seal inputs, groups and units as well.", "输入、分组与抽样单元也一并密封。"))
        ),
    ] = False,
    canaries: Annotated[
        int,
        typer.Option(
            help=str(
                Words(
                    "Take so many samples out of the test, and give them arbitrary answers: who gives these, has seen "
                    "the copy.",
                    "从检测中取出若干样本并给以任意答案：答出这些答案者见过该副本。",
                )
            )
        ),
    ] = 0,
) -> None:
    """Seal a set."""
    from steelyard.cli._terminal import console
    from steelyard.library import store
    from steelyard.library.sealed.marks import ledger_of
    from steelyard.library.sealed.sealing import seal_set
    from steelyard.report._layout import facts, say

    opened = store.open_set(address)
    sealing = seal_set(opened, folder, to, inputs=inputs, canaries=canaries)
    ledger = ledger_of(folder)
    facts(
        console(),
        {
            Words("Sealed", "已密封"): f"{opened.card.label} → {folder}",
            Words("Commitment", "承诺"): sealing.commitment,
            Words("Copies", "副本"): "; ".join(
                f"{copy.file}: {name}" for copy, name in zip(sealing.copies, to, strict=True)
            ),
            Words("In clear", "明文部分"): str(
                Words("the card alone", "仅卡片")
                if inputs
                else Words("card, inputs, groups, units", "卡片、输入、分组、单元")
            ),
            Words("Canaries", "金丝雀样本"): sealing.canaries,
            Words("Ledger", "台账"): str(ledger),
        },
    )
    say(
        console(),
        Words(
            f"Publish the commitment now: it binds you. Keep {ledger} to yourself, with the set in clear: it tells "
            "whose copy leaked, and nothing can replace it. The set in clear is still where it was.",
            f"请即公布承诺：它对您有约束力。请自行保管 {ledger} 与明文数据集：台账可查出泄露的副本，无可替代。"
            "明文数据集仍在原处。",
        ),
    )
