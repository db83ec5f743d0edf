"""``steelyard sets check``: what is wrong with a set, which samples, and what to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.core.errors import CallError
from steelyard.core.words import Words

if TYPE_CHECKING:
    from steelyard.core.specification import Clause

ABOUT = Words(
    "Check the quality of a set: duplicates, leakage, label errors, agreement, balance, licence, personal data … "
    "Exit codes: 0 nothing serious, 10 something serious, 12 the set cannot be read, 2 the call was wrong.",
    "检查数据集质量：重复、泄漏、标签错误、评定一致性、均衡、许可、个人信息等。"
    "退出码：0 无严重问题，10 有严重问题，12 数据集无法读取，2 调用有误。",
)


def command(
    address: Annotated[str, typer.Argument(metavar="SET", help=str(Words("Name or folder.", "名称或目录。")))],
    spec: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC[#CLAUSE]",
            help=str(Words("Whether it holds the groups that this asks for.", "是否覆盖该规范所要求的分组。")),
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help=str(
                Words(
                    "Another set that must share no sample: what was trained on.",
                    "不得有共同样本的另一数据集，如训练集。",
                )
            ),
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="CHECK", help=str(Words("One check, again for more.", "只做此项检查，可重复。"))),
    ] = None,
    seed: Annotated[int, typer.Option(help=str(Words("Of all that is drawn.", "一切抽取所用的种子。")))] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help=str(Words("One page with pictures.", "含图示的单页报告。")))
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=str(Words("Print JSON, with every sample.", "输出 JSON，含全部样本。")))
    ] = False,
) -> None:
    """Check the quality of a set."""
    from steelyard.cli._terminal import console
    from steelyard.library.quality import examine, open_to_check
    from steelyard.library.quality._examination import Examination
    from steelyard.report.quality import write_quality_page
    from steelyard.report.terminal.quality import document, exit_code, show_quality

    if out is not None and (out.is_dir() or not out.parent.is_dir()):  # said before minutes of work
        raise CallError(
            Words(f"cannot write the page {out}.", f"无法写入报告 {out}。"),
            Words("Name a file in a folder that exists: --out page.html", "请指明已有目录中的文件：--out page.html"),
        )
    clauses = _clauses(spec)
    stored = open_to_check(address)
    other = None if against is None else open_to_check(against)
    quality = examine(stored, against=other, clauses=clauses, only=only or (), seed=seed, progress=_progress)
    if out is not None:
        words = ["steelyard", *sys.argv[1:]]
        write_quality_page(quality, Examination(stored, other, clauses, seed), out, words)
    if as_json:
        print(json.dumps(document(quality), ensure_ascii=False, indent=2))
    else:
        show_quality(console(), quality)
        if out is not None:
            console().print(str(Words(f"Page: {out}", f"报告：{out}")), soft_wrap=True)
    raise typer.Exit(exit_code(quality))


def _clauses(spec: str | None) -> tuple[Clause, ...]:
    """Return the clause that is named, or all of the specification."""
    if spec is None:
        return ()
    from steelyard.bench.trial import named
    from steelyard.specs.reader import read

    name, clause = named(spec)
    specification = read(name)
    return specification.clauses if clause is None else (specification.clause(clause),)


def _progress(check: str) -> None:
    """Say on a terminal what is looked for."""
    if sys.stderr.isatty():
        print(Words(f"checking {check} …", f"正在检查 {check} …"), file=sys.stderr)
