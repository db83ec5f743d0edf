"""``steelyard sets serve``: share sets with others, by HTTP and read-only."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Share sets, and the files of their recipes, with others who name this address in STEELYARD_MIRROR; read-only, "
    "until Ctrl-C.",
    "只读共享数据集及其配方文件，供他人在 STEELYARD_MIRROR 中填写本地址；按 Ctrl-C 结束。",
)


def command(
    sets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SET",
            help=str(Words("Names or folders; without, all that the store holds.", "名称或目录；缺省为库中全部。")),
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help=str(Words("Address to listen on; 0.0.0.0: all.", "监听地址；0.0.0.0 表示全部。")))
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help=str(Words("Port; 0: any that is free.", "端口；0 表示任一空闲端口。")))
    ] = 8765,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help=str(
                Words(
                    "Restricts sets: in each line a token (or its sha256:…) and the sets that it opens; *: all.",
                    "限制访问：每行为令牌（或其 sha256:…）及其可访问的数据集；* 表示全部。",
                )
            )
        ),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help=str(Words("PEM file, for https.", "PEM 文件，用于 https。")))
    ] = None,
    key: Annotated[Path | None, typer.Option(help=str(Words("Its key, a PEM file.", "其私钥，PEM 文件。")))] = None,
) -> None:
    """Share sets with others."""
    from steelyard.core.errors import CallError
    from steelyard.library.sharing.access import Access, read_access
    from steelyard.library.sharing.serving import application, listen, serve, server
    from steelyard.library.sharing.shared import Shelf

    if (certificate is None) != (key is None):
        raise CallError(Words("--certificate and --key go together.", "--certificate 与 --key 须同时给出。"))
    shelf = Shelf(sets or [])
    access = Access() if token_file is None else read_access(token_file, shelf.all_labels())
    running = server(application(shelf, access), certificate, key)
    with listen(host, port) as listening:
        bound, where = listening.getsockname()[1], f"[{host}]" if ":" in host else host
        url = f"{'http' if certificate is None else 'https'}://{where}:{bound}"

        def ready() -> None:
            labels = shelf.labels()
            restricted = sum(map(access.restricted, labels))
            print(
                Words(
                    f"{len(labels)} sets at {url}, {restricted} of them for token holders; Ctrl-C ends it.",
                    f"{url} 共享 {len(labels)} 个数据集，其中 {restricted} 个须凭令牌；按 Ctrl-C 结束。",
                ),
                flush=True,
            )

        with contextlib.suppress(KeyboardInterrupt):
            serve(running, listening, ready)
        print(Words("Nothing is shared any more.", "已停止共享。"), flush=True)
