"""Options that several commands have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

Granted = Annotated[
    list[str] | None,
    typer.Option(
        "--grant",
        metavar="NAME=NUMBER",
        help=str(
            Words(
                "What the product is granted, again for each: answer_seconds, start_seconds, line_bytes, output_bytes, "
                "memory_bytes, processes. Defaults: docs/limits.md.",
                "产品可用的限额，可重复：answer_seconds、start_seconds、line_bytes、output_bytes、memory_bytes、"
                "processes。默认值见 docs/limits.md。",
            )
        ),
    ),
]
Isolated = Annotated[
    str,
    typer.Option(
        "--isolate",
        metavar="none|bwrap",
        help=str(
            Words(
                "bwrap: the product sees the system and its own folder, no sets and no network.",
                "bwrap：产品只能看到系统与自身目录，看不到数据集，也无网络。",
            )
        ),
    ),
]
Trusted = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust",
        help=str(Words("Public key to trust for this once; again for more.", "本次信任的公钥文件；可重复。")),
    ),
]
LogFolder = Annotated[Path, typer.Argument(metavar="LOG", help=str(Words("Folder of the log.", "日志目录。")))]
LoggedReport = Annotated[Path, typer.Argument(metavar="REPORT.ZIP", help=str(Words("The bundle.", "报告包。")))]
KeeperKey = Annotated[str, typer.Option("--key", help=str(Words("The log keeper's key.", "日志保管者的密钥。")))]
Reason = Annotated[str, typer.Option("--reason", help=str(Words("Why.", "理由。")))]
DecidedBy = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="KEY",
        help=str(
            Words("Key of who decides; without, the log keeper decides.", "决定者的密钥；缺省时由日志保管者决定。")
        ),
    ),
]
SealKey = Annotated[
    Path | None,
    typer.Option(
        "--seal-key",
        metavar="FILE",
        help=str(
            Words(
                "File of the age key of a sealed set; else STEELYARD_SEAL_KEY.",
                "密封数据集的 age 密钥文件；缺省用 STEELYARD_SEAL_KEY。",
            )
        ),
    ),
]


def use_seal_key(path: Path | None) -> None:
    """Have sealed sets opened with the key of a file, where one is named."""
    from steelyard.library.sealed.age import KEY

    if path is not None:
        os.environ[KEY] = str(path)
