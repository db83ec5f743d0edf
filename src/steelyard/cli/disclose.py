"""``steelyard disclose``: open samples that a bundle withholds, for whom it concerns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import SealKey
from steelyard.core.errors import CallError
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
                Words(
                    "File; by default disclosure.json in the folder, but not of a sealed set.",
                    "输出文件；缺省为该目录中的 disclosure.json，密封数据集须指明。",
                )
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
    from steelyard.report.proof.container import unpacked
    from steelyard.report.proof.disclosure import disclose
    from steelyard.report.proof.evidence import WITHHELD

    if not run.is_dir():
        raise _no_run(run)
    if bool(sample) == everything:
        raise CallError(
            Words("Say which samples are to be opened.", "请说明披露哪些样本。"),
            Words("--sample ID (again for more), or --all.", "--sample 编号（可重复），或 --all。"),
        )
    use_seal_key(key)
    members = unpacked(bundle or run / "report.zip")
    if WITHHELD in members and out is None:
        raise CallError(
            Words(
                "The set is sealed: what is disclosed tells reference answers, and is not left where runs are kept.",
                "数据集已密封：披露内容会透露参考答案，不应留在检测目录中。",
            ),
            Words("Say with --out where it goes.", "请用 --out 指明存放位置。"),
        )
    found = disclose(run, members, None if everything else sample, test_set)
    path = out or run / "disclosure.json"
    before = os.umask(0o077)  # it is for whom it concerns
    try:
        write_where_told(path, found.document())
    finally:
        os.umask(before)
    print(path)


def _no_run(run: Path) -> CallError:
    if run.exists():
        what = Words(f"{run} is no folder of a run.", f"{run} 不是检测目录。")
    else:
        what = Words(f"there is no {run}.", f"{run} 不存在。")
    return CallError(
        what,
        Words(
            "Name the run's folder, where its salts are; --bundle names the bundle, where that is elsewhere.",
            "请指明检测目录，盐值在其中；报告包若在别处，用 --bundle 指明。",
        ),
    )
