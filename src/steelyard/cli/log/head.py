"""``steelyard log head``: the last signed head, to hand around."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Print the last signed head: who keeps it can show later that the log was changed.",
    "输出最后的签名树头：保存者日后可据此证明日志是否被改动。",
)


def command(
    folder: Annotated[Path, typer.Argument(metavar="LOG", help=str(Words("Folder of the log.", "日志目录。")))],
) -> None:
    """Print the last signed head."""
    from steelyard.registry.log import Log, no_log

    heads = Log(folder).heads()
    if not heads:
        raise no_log(folder)
    print(heads[-1].envelope.decode())
