"""``steelyard validate``: whether a method finds what is known to be there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Validate a method on a set: controls, planted errors, repeatability, detection limits, robustness. "
    "Exit codes: 0 all as it must, 10 something is not, in any record.",
    "在数据集上验证检测方法：对照产品、植入错误、重复性、检出限、稳健性。退出码：0 各项符合，10 任一记录有不符合。",
)


def command(
    method: Annotated[
        str | None,
        typer.Argument(
            help=str(
                Words("Name of a method; --check and --join need none.", "检测方法的名称；--check 与 --join 不需要。")
            )
        ),
    ] = None,
    test_set: Annotated[
        str | None, typer.Option("--set", help=str(Words("Name or folder of a set.", "数据集的名称或目录。")))
    ] = None,
    seed: Annotated[int, typer.Option(help=str(Words("Of all that is planted.", "植入所用的种子。")))] = 0,
    plantings: Annotated[
        int, typer.Option(help=str(Words("How often errors are planted at each rate.", "每个错误率植入的次数。")))
    ] = 20,
    workers: Annotated[
        int, typer.Option(help=str(Words("Workers, whose number must not matter.", "并行数；其多少不应影响结果。")))
    ] = 2,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE.json", help=str(Words("The record; a page is written beside it.", "记录文件；同时写出页面。"))
        ),
    ] = Path("validation.json"),
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help=str(Words("Compute this record again.", "重新计算此记录。"))),
    ] = None,
    join: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE.json",
            help=str(Words("Compare records of several hosts; once for each.", "比较多台主机的记录；每份一次。")),
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Validate a method."""
    from steelyard.bench.validation.record import check_apart, compare, read, write
    from steelyard.cli._terminal import console
    from steelyard.core.canonical import plain
    from steelyard.core.errors import CallError
    from steelyard.report.laboratory.validated import show_agreement, show_validation, write_validation_page

    if check is not None or join:
        if check is not None and join:
            raise CallError(
                Words("--check and --join are asked for at once.", "--check 与 --join 不能同时使用。"),
                Words("Leave out one of them.", "请去掉其一。"),
            )
        if check is not None:
            stored = read(check)
            _same_method(method, [stored])
            again = _record(
                stored["method"], test_set or stored["test_set"], stored["seed"], stored["plantings"], stored["workers"]
            )
            documents, names = [stored, again], [str(check), str(Words("computed here", "此处重算"))]
        else:
            paths = join or []
            documents, names = [read(path) for path in paths], [str(path) for path in paths]
            _same_method(method, documents)
            check_apart(documents, paths)
        found = compare(documents, names)
        if as_json:
            said = {"format": "steelyard/validation-agreement/1", "agrees": found.agrees, "valid": found.valid}
            document = said | plain(found)
            print(json.dumps(document, ensure_ascii=False, indent=2))
        else:
            show_agreement(console(), found)
        raise typer.Exit(0 if found.agrees and found.valid else 10)
    if method is None:
        from steelyard import fields

        known = ", ".join(fields.names())
        raise CallError(
            Words("name the method that is to be validated.", "请指明要验证的检测方法。"),
            Words(f"There is: {known}.", f"现有：{known}。"),
        )
    page = out.with_suffix(".html")
    if out.is_dir() or not out.parent.is_dir() or page == out:
        raise CallError(
            Words(f"cannot write the record {out}.", f"无法写入记录 {out}。"),
            Words(
                "Name a file in a folder that exists: --out validation.json",
                "请指明已有目录中的文件：--out validation.json",
            ),
        )
    document = _record(method, test_set, seed, plantings, workers)
    write(document, out)
    write_validation_page(document, page)
    if as_json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        show_validation(console(), document)
        console().print(str(Words(f"Record: {out} and {page}", f"记录：{out} 和 {page}")), soft_wrap=True)
    raise typer.Exit(0 if document["valid"] else 10)


def _record(method: str, test_set: str | None, seed: int, plantings: int, workers: int) -> dict[str, Any]:
    """Validate, and return the record."""
    from steelyard.bench.validation.ground import ground_of
    from steelyard.bench.validation.record import record
    from steelyard.bench.validation.validation import validate

    ground = ground_of(method, test_set)
    found = validate(ground, seed=seed, plantings=plantings, workers=workers, progress=_progress)
    return record(ground, found, seed=seed, plantings=plantings, workers=workers)


def _progress(what: Words) -> None:
    """Say on a terminal what is looked at."""
    if sys.stderr.isatty():
        print(what, file=sys.stderr)


def _same_method(method: str | None, documents: list[dict[str, Any]]) -> None:
    """Raise `CallError` where a method was named and a record is of another."""
    from steelyard.core.errors import CallError

    for document in documents:
        if method is not None and document["method"] != method:
            other = document["method"]
            raise CallError(
                Words(f"the record is of {other}, not of {method}.", f"记录所验证的是 {other}，而非 {method}。")
            )
