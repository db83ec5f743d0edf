"""``steelyard check``: shake hands with a product, and say what is wrong with its answers."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.cli._options import Granted, Isolated
from steelyard.core.words import Words

ABOUT = Words(
    "Say what is wrong with a product's answers. A few samples are asked. Exit codes: 0 all answers can be scored, "
    "10 not all, 2 it cannot be started.",
    "指出产品答案的问题。提问少量样本。退出码：0 答案均可评分，10 有不可评分者，2 无法启动。",
)
NOT_USABLE = 10


def command(
    product: Annotated[
        str,
        typer.Option(help=str(Words("Product URI; see: steelyard products.", "产品 URI；参见 steelyard products。"))),
    ],
    method: Annotated[
        str,
        typer.Option(help=str(Words("Name of a method; see: steelyard fields.", "检测方法；参见 steelyard fields。"))),
    ],
    test_set: Annotated[
        str | None, typer.Option("--set", help=str(Words("Test set: name or folder.", "测试集：名称或目录。")))
    ] = None,
    grant: Granted = None,
    isolate: Isolated = "none",
) -> None:
    """Ask a product a few samples and say what is wrong with its answers."""
    from steelyard import fields
    from steelyard.bench.handshake import LIMITS, shake_hands
    from steelyard.cli._terminal import console
    from steelyard.core.product import grant as granted
    from steelyard.products import open_product
    from steelyard.report.terminal.trial import show_handshake

    found = fields.find(method)
    handshake = shake_hands(open_product(product), found, test_set, granted(LIMITS, grant or []), isolate)
    show_handshake(console(), handshake)
    raise typer.Exit(0 if handshake.usable else NOT_USABLE)
