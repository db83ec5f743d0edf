"""``steelyard run``: judge a product by a clause of a specification."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import Granted, Isolated
from steelyard.cli._sparing import sparing
from steelyard.core.errors import CallError
from steelyard.core.words import Words

ABOUT = Words(
    "Judge a product by a clause of a specification. The same command again, in the same folder, resumes. "
    "Exit codes: 0 conforms, 10 does not conform, 11 undetermined, 12 invalid, 2 the call was wrong, "
    "1 the bench failed.",
    "按规范的某一条款检测产品。在同一目录重复同一命令即可继续。"
    "退出码：0 合格，10 不合格，11 待定，12 无效，2 调用有误，1 检测台故障。",
)


@sparing()
def command(
    spec: Annotated[
        str, typer.Argument(metavar="SPEC[#CLAUSE]", help=str(Words("Name or YAML file.", "名称或 YAML 文件。")))
    ],
    product: Annotated[
        str,
        typer.Option(help=str(Words("Product URI; see: steelyard products.", "产品 URI；参见 steelyard products。"))),
    ],
    test_set: Annotated[
        str | None, typer.Option("--set", help=str(Words("Test set: name or folder.", "测试集：名称或目录。")))
    ] = None,
    reading: Annotated[str | None, typer.Option(help=str(Words("Reading of the clause.", "条款的解读。")))] = None,
    out: Annotated[
        Path | None, typer.Option(help=str(Words("Folder of plan, journal and report.", "方案、日志与报告的目录。")))
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help=str(Words("Draw so many samples: a trial run.", "只抽取若干样本：试运行。")))
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER|log",
            help=str(
                Words(
                    "Of all that is drawn, by default 0; log: it follows from the log, so that nobody can choose it.",
                    "一切抽取所用的种子，缺省为 0；log：由日志得出，任何人无从挑选。",
                )
            ),
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            help=str(
                Words(
                    "File of the age key of a sealed set; else STEELYARD_SEAL_KEY.",
                    "密封数据集的 age 密钥文件；缺省用 STEELYARD_SEAL_KEY。",
                )
            )
        ),
    ] = None,
    grant: Granted = None,
    isolate: Isolated = "none",
    attempt: Annotated[
        int | None,
        typer.Option(
            help=str(
                Words(
                    "Which attempt of this product family it is; without, a log counts it (--log), or the report says "
                    "that nobody knows.",
                    "该产品系列的第几次检测；缺省时由日志计数（--log），没有日志则报告注明次数不详。",
                )
            )
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option(help=str(Words("How often every sample is asked.", "每个样本提问的次数。")))
    ] = 1,
    sessions: Annotated[
        int, typer.Option(help=str(Words("How often the product is started afresh.", "产品重新启动的次数。")))
    ] = 1,
    product_card: Annotated[
        Path | None,
        typer.Option(
            help=str(
                Words(
                    "TOML file in which the product's makers say what it is and what it was trained on.",
                    "产品研制者说明产品及其训练数据的 TOML 文件。",
                )
            )
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            help=str(
                Words(
                    "File or folder of files that the product is made of, such as its weights: its digest covers them.",
                    "产品所由组成的文件或目录（如权重）：其摘要随之涵盖。",
                )
            )
        ),
    ] = None,
    sequential: Annotated[
        bool,
        typer.Option(
            "--sequential",
            help=str(
                Words(
                    "Ask cluster by cluster and stop when all is settled: for costly tests.",
                    "逐群提问，一旦可判定即停止：用于成本高的检测。",
                )
            ),
        ),
    ] = False,
    batch: Annotated[
        int, typer.Option(help=str(Words("Most samples that are asked together.", "每批至多包含的样本数。")))
    ] = 64,
    batch_bytes: Annotated[
        int,
        typer.Option(
            help=str(
                Words(
                    "Most bytes of the inputs of a batch; a larger sample is asked by itself.",
                    "每批输入至多包含的字节数；更大的样本单独成批。",
                )
            )
        ),
    ] = 2**24,
    workers: Annotated[
        int | None,
        typer.Option(
            help=str(
                Words(
                    "How many of the product are asked at once: 1, or with --ray one on each machine.",
                    "同时提问的产品数：默认 1，用 --ray 时每台机器一个。",
                )
            )
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT|auto",
            help=str(
                Words(
                    "Run it on a Ray cluster; auto: the one of this machine, else one started here.",
                    "在 Ray 集群上运行；auto：本机所在集群，若无则在本机启动。",
                )
            ),
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(help=str(Words("Enter the plan into this transparency log first.", "先将方案登记入此透明日志。"))),
    ] = None,
    log_key: Annotated[str | None, typer.Option(help=str(Words("The log keeper's key.", "日志保管者的密钥。")))] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help=str(
                Words(
                    "Print report.json, and progress as JSON lines on standard error.",
                    "输出 report.json；进度以 JSON 行写到标准错误。",
                )
            ),
        ),
    ] = False,
) -> None:
    """Judge a product by a clause of a specification."""
    from steelyard.api import prepare_run
    from steelyard.bench.relocking import chosen_seed, is_seeded
    from steelyard.cli._stopping import resumable
    from steelyard.cli._terminal import SHOWN_SECONDS, console, progress_bar
    from steelyard.core.product import Limits
    from steelyard.core.product import grant as granted
    from steelyard.library.sealed.age import KEY
    from steelyard.products._card import read_product_card
    from steelyard.report.terminal.trial import show_at_best, show_report, show_trial

    if log_key is not None and log is None:
        raise CallError(
            Words("--log-key is of a log, and none is named.", "给出了 --log-key，但未指明日志。"),
            Words("Give --log FOLDER too, or leave out --log-key.", "请同时给出 --log 目录，或去掉 --log-key。"),
        )
    if key is not None:
        os.environ[KEY] = str(key)  # no product is told
    limits, number = granted(Limits(), grant or []), chosen_seed(seed, log is not None)
    prepared = prepare_run(
        spec,
        product,
        reading=reading,
        test_set=test_set,
        model=model,
        out=out,
        limit=limit,
        seed=number or 0,
        limits=limits,
        isolation=isolate,
        attempt=1 if log is not None and attempt is None else attempt,  # the log counts before the plan is locked
        repeats=repeats,
        sessions=sessions,
        batch=batch,
        batch_bytes=batch_bytes,
        product_card=None if product_card is None else read_product_card(product_card),
        sequential=sequential,
        workers=workers,
        ray=ray,
        at_once=True,
    )
    with resumable(prepared.out), contextlib.closing(prepared):
        if log is not None:
            from steelyard.registry.entering import enter_run

            seeded = is_seeded(seed, prepared.trial)
            trial = enter_run(prepared.trial, prepared.out, log, log_key, attempt=attempt, seeded=seeded)
            prepared = replace(prepared, trial=trial)
        if not as_json:
            show_trial(console(), prepared.trial)
            show_at_best(console(), prepared.at_best(), prepared.trial.test_set.card)
        with progress_bar(events=as_json) as progress:
            report = prepared.perform(progress, SHOWN_SECONDS)
    if as_json:
        assert report.path is not None
        print(Path(report.path).read_text("utf-8"), end="")
    else:
        show_report(console(), report)
    raise typer.Exit(report.exit_code)
