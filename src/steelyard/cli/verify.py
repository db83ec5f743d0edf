"""``steelyard verify``: whether a bundle holds what it says, and who stands for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import SealKey, Trusted, use_seal_key
from steelyard.core.words import Words

ABOUT = Words(
    "Check a bundle offline: signatures, digests, and every number computed again. Exit codes: 0 all holds and a "
    "trusted key has signed, 11 all holds but nobody who is trusted has signed, 12 something does not hold, "
    "2 the call was wrong.",
    "离线核验报告包：签名、摘要，并重新计算全部数值。退出码：0 全部成立且有可信签名，"
    "11 全部成立但无可信签名，12 有内容不成立，2 调用有误。",
)


UNKNOWN = Words(
    "Whether it is valid today is not known here: a log says whether it was issued, suspended, withdrawn or recalled, "
    "and whether attempt and seed are the log's own (--log).",
    "此处无从得知报告今日是否有效：是否出具、暂停、撤回或召回，以及次数与种子是否出自日志，由日志说明（--log）。",
)
NOT_ASKED = Words(
    "The log was not asked: what does not hold is not the report that entered it.",
    "未查询日志：不成立的文件并非登记的报告。",
)


def command(
    file: Annotated[Path, typer.Argument(metavar="REPORT.ZIP", help=str(Words("The bundle.", "报告包。")))],
    trust: Trusted = None,
    test_set: Annotated[
        str | None,
        typer.Option(
            "--set",
            metavar="SET",
            help=str(
                Words(
                    "The set's name or folder: split, ids, groups and units are held against it too.",
                    "数据集名称或目录：另核对划分、编号、分组与抽样单元。",
                )
            ),
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log",
            metavar="LOG",
            help=str(
                Words(
                    "Folder of a transparency log: whether the report is valid today by it; one that is suspended, "
                    "withdrawn, expired, recalled or not in it ends with 12, a draft with 11.",
                    "透明日志目录：说明报告今日是否有效；已暂停、撤回、过期、被召回、不在其中：12；草案：11。",
                )
            ),
        ),
    ] = None,
    authorities: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust-timestamps",
            metavar="CA.PEM",
            help=str(
                Words(
                    "Root certificates of timestamping authorities that are trusted; again for more.",
                    "可信时间戳机构的根证书，用以核验时间戳；可重复。",
                )
            ),
        ),
    ] = None,
    disclosed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=str(
                Words(
                    "What steelyard disclose made: it is held against the bundle's salted hashes.",
                    "steelyard disclose 生成的披露文件：与报告包中的加盐摘要核对。",
                )
            ),
        ),
    ] = None,
    seal_key: SealKey = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Check a bundle."""
    from steelyard.cli._terminal import console
    from steelyard.library.store import open_set
    from steelyard.report._layout import say
    from steelyard.report.proof.container import unpacked
    from steelyard.report.proof.disclosure import read_disclosure
    from steelyard.report.proof.keys import trusted_keys
    from steelyard.report.proof.timestamps import authorities_in
    from steelyard.report.proof.verified import show_verified, verified

    members, trusted = unpacked(file), trusted_keys(trust or [])
    use_seal_key(seal_key)
    told = None if disclosed is None else read_disclosure(disclosed)
    clocks = None if authorities is None else authorities_in(authorities)
    found = verified(members, trusted, None if test_set is None else open_set(test_set, sealed=True), clocks, told)
    stood = None
    if log is not None and found.holds:
        from steelyard.bench.reopened import plan_of
        from steelyard.registry.entries import answers_of
        from steelyard.registry.standing import standing, today

        plan = plan_of(json.loads(members["plan.json"]), file)
        stood = standing(log, str(found.said.get("bundle")), trusted, today(), plan=plan, answers=answers_of(members))
    if as_json:
        said = {**found.document(), "standing": None if stood is None else stood.document()}
        print(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        show_verified(console(), found)
        if log is None:
            say(console(), UNKNOWN, style="dim")
        elif stood is None:
            say(console(), NOT_ASKED)
        else:
            from steelyard.registry.shown import show_standing

            show_standing(console(), stood)
    raise typer.Exit(max(found.exit_code, 0 if stood is None else stood.exit_code))
