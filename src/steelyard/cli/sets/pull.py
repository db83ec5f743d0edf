"""``steelyard sets pull``: put sets into the store."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.core.words import Words

if TYPE_CHECKING:
    from steelyard.library.sharing.pulling import Pulled

ABOUT = Words(
    "Put test sets into the store: made from their recipes, or whole from a mirror (STEELYARD_MIRROR), and checked. "
    "Exit codes: 0 all are there, 12 one cannot be had or is not what it should be, 2 the call was wrong.",
    "将测试集放入本地库：由配方生成，或整体取自镜像（STEELYARD_MIRROR），并予核对。"
    "退出码：0 全部就绪，12 有数据集无法取得或与说明不符，2 调用有误。",
)


def command(
    sets: Annotated[
        list[str] | None,
        typer.Argument(metavar="SET", help=str(Words("Names, with or without @VERSION.", "名称，可带 @版本。"))),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help=str(Words("All that steelyard sets list names.", "列表中的全部数据集。")))
    ] = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help=str(Words("Use folders only, and what was fetched before.", "只用目录与已取得的文件。"))
        ),
    ] = False,
    digest: Annotated[
        str | None,
        typer.Option(
            metavar="sha256:…",
            help=str(Words("That the set must have, as told by its makers.", "数据集应有的摘要，由制作方告知。")),
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=0.1, help=str(Words("Seconds in which a mirror must send something.", "镜像须在此秒数内发来数据。"))
        ),
    ] = 30.0,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help=str(Words("An object a set on standard output, events on standard error.", "以 JSON 输出。")),
        ),
    ] = False,
) -> None:
    """Put sets into the store."""
    from steelyard.cli._terminal import transfer_bar
    from steelyard.core.errors import CallError, SteelyardError
    from steelyard.library import store
    from steelyard.library.sharing.fetching import Way
    from steelyard.library.sharing.mirrors import Patience
    from steelyard.library.sharing.pulling import pull

    wanted = store.names() if every else list(dict.fromkeys(sets or []))
    if not wanted or (every and sets) or (digest and len(wanted) != 1):
        raise CallError(
            Words(
                "name the sets to pull, or --all; --digest is of one set.",
                "请指明数据集或 --all；--digest 只用于一个数据集。",
            ),
            Words("There is a list: steelyard sets list", "可查看列表：steelyard sets list"),
        )
    worst: SteelyardError | None = None
    with transfer_bar(events=as_json) as told:
        way = Way(offline, Patience(timeout), told)
        for address in wanted:
            try:
                pulled = pull(address, way, digest=digest)
            except SteelyardError as error:
                if len(wanted) == 1:
                    raise
                print(f"steelyard: {error}", file=sys.stderr)
                worst = max(worst or error, error, key=lambda each: each.exit_code)
                continue
            _show(pulled, as_json)
    if worst is not None:
        raise typer.Exit(worst.exit_code)


def _show(pulled: Pulled, as_json: bool) -> None:
    card = pulled.card
    if as_json:
        about = {"set": card.label, "samples": card.samples, "digest": card.digest, "folder": str(pulled.folder)}
        print(json.dumps(about | {"was_there": pulled.was_there}, ensure_ascii=False), flush=True)
        return
    new = Words("is there already", "已在库中") if pulled.was_there else Words("pulled", "已获取")
    samples = "sample" if card.samples == 1 else "samples"
    print(
        Words(
            f"{card.label}: {new.en}, {card.samples:,} {samples}, {card.digest}",
            f"{card.label}：{new.zh}，{card.samples:,} 个样本，{card.digest}",
        ),
        flush=True,
    )
