"""``steelyard chart``: whether a reference product is still found to be what it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Control chart of a reference product over its runs: Shewhart limits, EWMA, Western Electric rules (ISO 7870). "
    "Exit codes: 0 in control, 10 out of control, 11 too few runs for limits.",
    "参考产品历次检测的控制图：休哈特控制限、EWMA、Western Electric 判异准则（ISO 7870）。"
    "退出码：0 受控，10 失控，11 检测次数不足以给出控制限。",
)


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN …",
            help=str(Words("Folders of runs, report.json files or bundles.", "检测目录、report.json 或报告包。")),
        ),
    ],
    indicator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=str(Words("One requirement or indicator.", "只画此项要求或指标。"))),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            metavar="we1|we2|we3|we4|ewma",
            help=str(Words("By which a run is out of control; again for more.", "判异准则，可重复。")),
            show_default="we1, ewma",
        ),
    ] = None,
    baseline: Annotated[
        int,
        typer.Option(metavar="8…20", help=str(Words("First runs that limits rest on.", "用于计算控制限的最初次数。"))),
    ] = 8,
    limits: Annotated[
        str,
        typer.Option(
            metavar="runs|bounds",
            help=str(
                Words(
                    "runs: from what varies between runs; bounds: each run drew samples of its own.",
                    "runs：由各次之间的变化得出；bounds：各次抽取的样本不同，由界限得出。",
                )
            ),
        ),
    ] = "runs",
    across: Annotated[
        bool,
        typer.Option(
            "--across",
            help=str(
                Words("Keep limits where product, set or version change.", "产品、数据集或版本变更时沿用控制限。")
            ),
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help=str(Words("One page with the chart.", "含图的单页。")))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Chart a reference product over its runs."""
    from steelyard.cli._terminal import console
    from steelyard.core.canonical import plain
    from steelyard.core.errors import CallError, UnknownName
    from steelyard.report.laboratory.chart import BOUNDS, RUNS, charts
    from steelyard.report.laboratory.chart_shown import EXIT_CODES, show_charts, state_of, write_chart_page
    from steelyard.report.reread import reread
    from steelyard.stats.control_chart import DEFAULT_RULES, Rule

    known = {each.value: each for each in Rule}
    for name in rule or ():
        if name not in known:
            raise UnknownName(Words("rule", "判异准则"), name, known)
    if limits not in (RUNS, BOUNDS):
        raise UnknownName(Words("source of limits", "控制限来源"), limits, (RUNS, BOUNDS))
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        raise CallError(
            Words(f"cannot write the page {out}.", f"无法写入页面 {out}。"),
            Words("Name a file in a folder that exists: --out chart.html", "请指明已有目录中的文件：--out chart.html"),
        )
    found = charts(
        [reread(run) for run in runs],
        indicator=indicator,
        rules=[known[name] for name in dict.fromkeys(rule)] if rule else DEFAULT_RULES,
        baseline=baseline,
        basis=limits,
        across=across,
    )
    if out is not None:
        write_chart_page(found, out)
    if as_json:
        states = {"format": "steelyard/chart/1", "state": state_of(found).value}
        said = [{"state": each.state.value, "says": plain(each.sentence)} | plain(each) for each in found]
        print(json.dumps(states | {"charts": said}, ensure_ascii=False, indent=2))
    else:
        show_charts(console(), found)
        if out is not None:
            console().print(str(Words(f"Page: {out}", f"页面：{out}")), soft_wrap=True)
    raise typer.Exit(EXIT_CODES[state_of(found)])
