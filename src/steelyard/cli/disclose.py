"""``steelyard disclose``: open samples that a bundle withholds, for whom it concerns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import SealKey
from steelyard.core.words import Words

ABOUT = Words(
    "Open samples of a bundle that stand there as salted hashes: a file for an auditor, who checks it with steelyard "
    "verify --disclosed.",
    "披露报告包中以加盐摘要封存的样本：生成披露文件，由审核者用 steelyard verify --disclosed 核验。",
)


def command(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help=str(Words("Folder of the run; its salts are there.", "检测所在目录。"))),
    ],
    sample: Annotated[
        list[str] | None,
        typer.Option(
            "--sample", metavar="ID", help=str(Words("Sample to open; again for more.", "样本编号；可重复。"))
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=str(Words("Open all samples.", "披露全部样本。")))] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(
            help=str(Words("The bundle; by default report.zip in the folder.", "报告包；缺省为该目录中的 report.zip。"))
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help=str(
                Words("File; by default disclosure.json in the folder.", "输出文件；缺省为该目录中的 disclosure.json。")
            )
        ),
    ] = None,
    test_set: Annotated[
        str | None,
        typer.Option("--set", help=str(Words("Its set, where that is not in the library.", "不在库中的测试集。"))),
    ] = None,
    key: SealKey = None,
) -> None:
    """Open samples of a bundle."""
    from steelyard.bench.durable import write_where_told
    from steelyard.cli._options import use_seal_key
    from steelyard.core.errors import CallError
    from steelyard.report.container import unpacked
    from steelyard.report.disclosure import disclose

    if bool(sample) == everything:
        raise CallError(
            Words("Say which samples are to be opened.", "请说明披露哪些样本。"),
            Words("--sample ID (again for more), or --all.", "--sample 编号（可重复），或 --all。"),
        )
    use_seal_key(key)
    members = unpacked(bundle or run / "report.zip")
    found = disclose(run, members, None if everything else sample, test_set)
    path = out or run / "disclosure.json"
    write_where_told(path, found.document())
    print(path)
