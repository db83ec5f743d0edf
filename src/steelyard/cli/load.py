"""``steelyard load``: latency and throughput of a product under load, driven by MLPerf LoadGen."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import Granted, Isolated
from steelyard.core.words import Words

ABOUT = Words(
    "Measure a product under load with MLPerf LoadGen, and judge its latency or throughput. "
    "Exit codes: 0 conforms, 10 does not conform, 11 undetermined, 12 invalid, 2 the call was wrong, "
    "1 the bench failed.",
    "以 MLPerf LoadGen 对产品施加负载，并判定其延迟或吞吐量。"
    "退出码：0 合格，10 不合格，11 待定，12 无效，2 调用有误，1 检测台故障。",
)


SAY_SECONDS = 5.0


def _progress() -> Callable[[str, int, int], None]:
    """Return what says counts on standard error now and then; never a latency, which would invite to stop."""
    said = time.monotonic()

    def show(job: str, done: int, faults: int) -> None:
        nonlocal said
        if time.monotonic() - said >= SAY_SECONDS:
            said = time.monotonic()
            words = Words(
                f"{job}: {done:,} asked, {faults:,} without an answer", f"{job}：已提问 {done:,}，无回答 {faults:,}"
            )
            print(words, file=sys.stderr)

    return show


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
        str, typer.Option("--set", help=str(Words("Test set: name or folder.", "测试集：名称或目录。")))
    ],
    scenario: Annotated[
        str,
        typer.Option(
            metavar="single-stream|multi-stream|server|offline", help=str(Words("Of MLPerf.", "MLPerf 场景。"))
        ),
    ],
    latency_limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="pNN=TIME", help=str(Words("Again for each: p99=100ms.", "延迟限值，可重复：p99=100ms。"))
        ),
    ] = None,
    qps: Annotated[
        float | None,
        typer.Option(
            help=str(
                Words(
                    "In server the queries a second that are offered, in offline the samples a second required.",
                    "server 场景为每秒到达的查询数，offline 场景为每秒须处理的样本数。",
                )
            )
        ),
    ] = None,
    queries: Annotated[
        int | None,
        typer.Option(
            help=str(
                Words(
                    "The least number in each session; by default what the strictest percentile needs.",
                    "每次会话的最少查询数；缺省按最严格的百分位数确定。",
                )
            )
        ),
    ] = None,
    minutes: Annotated[
        float, typer.Option(help=str(Words("The least duration of each session.", "每次会话的最短时长（分钟）。")))
    ] = 0.5,
    sessions: Annotated[int, typer.Option(help=str(Words("Fresh starts of the product.", "产品重新启动的次数。")))] = 1,
    workers: Annotated[
        int,
        typer.Option(
            help=str(
                Words(
                    "Sessions at once: replicas of a process, connections to a service.",
                    "并行会话数：进程的副本数，或与服务的连接数。",
                )
            )
        ),
    ] = 1,
    per_query: Annotated[
        int, typer.Option(help=str(Words("Samples of a multi-stream query.", "multi-stream 每个查询的样本数。")))
    ] = 8,
    limit: Annotated[
        int | None,
        typer.Option(help=str(Words("Draw so many samples; else 1024 at most.", "抽取的样本数；缺省至多 1024。"))),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help=str(Words("Folder of plan, logs and load.json.", "方案、日志与 load.json 的目录。"))),
    ] = None,
    grant: Granted = None,
    isolate: Isolated = "none",
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print load.json.", "输出 load.json。")))] = False,
) -> None:
    """Measure a product under load, and judge it."""
    from datetime import datetime

    from steelyard import fields
    from steelyard.api import RUNS
    from steelyard.bench.load.load import perform_load, prepare_load
    from steelyard.cli._terminal import console
    from steelyard.core.product import Limits
    from steelyard.core.product import grant as granted
    from steelyard.products import open_product
    from steelyard.report.terminal.load import show_load, show_load_report

    load = prepare_load(
        open_product(product),
        fields.find(method),
        test_set,
        scenario,
        latency_limits=latency_limit or (),
        qps=qps,
        queries=queries,
        minutes=minutes,
        sessions=sessions,
        workers=workers,
        samples_per_query=per_query,
        limit=limit,
        limits=granted(Limits(), grant or []),
        isolation=isolate,
    )
    folder = out or RUNS / f"load-{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}"
    if not as_json:
        show_load(console(), load)
    report = perform_load(load, folder, _progress())
    if as_json:
        print(json.dumps(report.document(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        show_load_report(console(), report)
        where = folder / "load.json"
        console().print(str(Words(f"\nReport: {where}", f"\n报告：{where}")), soft_wrap=True)
    raise typer.Exit(report.exit_code)
