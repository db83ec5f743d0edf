"""``steelyard demo``: a real set, a product trained here, and what is proved of it."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Judge a real product by a national target. It is trained here, on a real medical set.",
    "按国家目标检测一个真实产品。产品用真实医学数据就地训练。",
)
SPEC, PRODUCT, SET = "miit-2017-315#medical", "reference:wdbc_logistic", "wdbc"


def command(
    out: Annotated[
        Path | None, typer.Option(help=str(Words("Folder of plan, journal and report.", "方案、日志与报告的目录。")))
    ] = None,
) -> None:
    """Judge a real product by a national target. It is trained here, on a real medical set."""
    from steelyard.api import RUNS, prepare_run
    from steelyard.cli._stopping import resumable
    from steelyard.cli._terminal import console, progress_bar
    from steelyard.report.terminal.trial import show_at_best, show_report, show_scope, show_trial

    folder = out or RUNS / f"demo-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    prepared = prepare_run(SPEC, PRODUCT, test_set=SET, out=folder, at_once=True)
    with resumable(folder), contextlib.closing(prepared):
        show_trial(console(), prepared.trial)
        show_scope(console(), prepared.trial.test_set.card)
        show_at_best(console(), prepared.at_best(), prepared.trial.test_set.card)
        with progress_bar() as progress:
            report = prepared.perform(progress)
    show_report(console(), report)
