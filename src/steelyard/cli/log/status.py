"""``steelyard log status``: what a log says of a report, and whether others may rely on it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from steelyard.cli._options import LogFolder, LoggedReport, Trusted
from steelyard.core.words import Words

ABOUT = Words(
    "Say what a report is by a log: a draft, issued, suspended, withdrawn, expired, recalled; and whether a new test "
    "is due, where product, specification or set are given as they are now. Exit codes: 0 valid, 11 a draft, or a new "
    "test is due, 12 not valid, not in the log, or the log does not hold.",
    "按日志说明报告状态：草案、已出具、已暂停、已撤回、已过期、被召回；给出现有产品、规范或数据集时，另说明是否应重新检测。"
    "退出码：0 有效，11 草案或应重新检测，12 无效、不在日志中或日志不成立。",
)


def command(
    folder: LogFolder,
    report: LoggedReport,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="DATE", help=str(Words("On this day (UTC); without, today.", "在该日（UTC）；缺省为今日。"))
        ),
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", help=str(Words("The product as it is now.", "产品现状（URI）。")))
    ] = None,
    spec: Annotated[
        str | None, typer.Option("--spec", help=str(Words("The specification as it is now.", "规范现行版本。")))
    ] = None,
    test_set: Annotated[
        str | None, typer.Option("--set", help=str(Words("The set as it is now.", "数据集现行版本。")))
    ] = None,
    trust: Trusted = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Say what a report is."""
    from steelyard.cli._terminal import console
    from steelyard.registry.deciding import day_of
    from steelyard.registry.entries import answers_of, bundle_entry, plan_in
    from steelyard.registry.shown import show_standing
    from steelyard.registry.standing import due_for, standing, today
    from steelyard.report.proof.container import unpacked
    from steelyard.report.proof.keys import trusted_keys

    day = today() if on is None else day_of("--on", on)
    bundle = bundle_entry(report)["bundle"]
    plan = plan_in(report)
    due = due_for(plan, product, spec, test_set)
    keys, answers = trusted_keys(trust or []), answers_of(unpacked(report))
    found = standing(folder, bundle, keys, day, plan=plan, answers=answers, due=due)
    if as_json:
        print(json.dumps(found.document(), ensure_ascii=False, indent=2))
    else:
        show_standing(console(), found)
    raise typer.Exit(found.exit_code)
