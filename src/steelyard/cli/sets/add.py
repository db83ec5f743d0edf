"""``steelyard sets add``: put a set of any known format into the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Put a set into the store, where NAME@VERSION finds it: Croissant, a Hugging Face folder, a table, a folder of "
    "classes, or Steelyard's own.",
    "将数据集存入库中，以 名称@版本 引用：Croissant、Hugging Face 目录、数据表、按类分目录，或 Steelyard 自有格式。",
)


def _help(en: str, zh: str) -> str:
    return str(Words(en, zh))


Text = str | None
Several = list[str] | None


def command(
    path: Annotated[Path, typer.Argument(metavar="PATH", help=_help("A file or a folder.", "文件或目录。"))],
    name: Annotated[Text, typer.Option(help=_help("Its name in the store.", "库中的名称。"))] = None,
    version: Annotated[Text, typer.Option(help=_help("Its version; 1 where none is said.", "版本；缺省为 1。"))] = None,
    title: Annotated[Text, typer.Option(help=_help("What readers call it.", "标题。"))] = None,
    licence: Annotated[Text, typer.Option(help=_help("SPDX identifier.", "SPDX 许可证标识。"))] = None,
    source: Annotated[Text, typer.Option(help=_help("Where the original stands.", "原始出处。"))] = None,
    citation: Annotated[Text, typer.Option(help=_help("How it is cited.", "引用方式。"))] = None,
    made: Annotated[
        Text, typer.Option(help=_help("How its reference answers were made.", "参考答案的制作方式。"))
    ] = None,
    records: Annotated[
        Text, typer.Option(help=_help("Record set or configuration that is meant.", "所指的记录集或配置。"))
    ] = None,
    id_: Annotated[Text, typer.Option("--id", metavar="COLUMN", help=_help("Column of ids.", "编号列。"))] = None,
    input_: Annotated[
        Several,
        typer.Option(
            "--input",
            metavar="COLUMN",
            help=_help(
                "Column of inputs; again for each of several numbers; none: recorded answers only.",
                "输入列；多个数值列可重复；none：仅有答案记录。",
            ),
        ),
    ] = None,
    type_: Annotated[
        Text,
        typer.Option(
            "--type",
            help=_help(
                "Data type of the inputs: text, audio:16000, picture:1, features, series:3; a column of text holds the "
                "paths of sounds and pictures.",
                "输入的数据类型：text、audio:16000、picture:1、features、series:3；文本列可为音频或图像文件的路径。",
            ),
        ),
    ] = None,
    reference: Annotated[
        Text, typer.Option(metavar="COLUMN", help=_help("Column of reference answers.", "参考答案列。"))
    ] = None,
    means: Annotated[
        Several,
        typer.Option(
            metavar="WRITTEN=MEANT",
            help=_help("What a method calls a reference answer, again for each.", "参考答案的标准名称，可重复。"),
        ),
    ] = None,
    split: Annotated[
        Text,
        typer.Option(
            metavar="COLUMN",
            help=_help("Column of splits; none: all are test samples.", "划分列；none：全部为测试样本。"),
        ),
    ] = None,
    test: Annotated[
        Text, typer.Option(metavar="SPLIT", help=_help("Split that a run uses.", "检测所用的划分。"))
    ] = None,
    group: Annotated[
        Several, typer.Option(metavar="COLUMN", help=_help("Reported apart; again for more.", "分组报告的列，可重复。"))
    ] = None,
    unit: Annotated[
        Several,
        typer.Option(
            metavar="COLUMN",
            help=_help("What samples come in bundles of (patient, speaker); again for more.", "抽样单元列，可重复。"),
        ),
    ] = None,
    method: Annotated[
        Several, typer.Option(help=_help("Method that it can test; again for more.", "可检测的方法，可重复。"))
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help=_help("The same in a TOML file.", "用 TOML 文件给出上述内容。"))
    ] = None,
    format_: Annotated[
        Text, typer.Option("--format", help=_help("Format, where it is not recognised.", "无法自动识别时指明格式。"))
    ] = None,
) -> None:
    """Put a set into the store."""
    from steelyard.cli._terminal import console
    from steelyard.library.adding import add_from
    from steelyard.library.foreign.description import Description, named, read_description, words
    from steelyard.report.terminal.catalogue import show_card

    said = Description(
        name=name,
        version=version,
        title=words(title) if title else None,
        licence=licence,
        source=source,
        citation=citation,
        made=words(made) if made else None,
        records=records,
        id=id_,
        input=tuple(input_ or ()),
        type=type_,
        reference=reference,
        means=_pairs(means or []),
        split=split,
        test=test,
        groups=named(group or []),
        units=named(unit or []),
        methods=tuple(method or ()),
    )
    added = add_from(path, said.over(read_description(mapping) if mapping else Description()), format_)
    show_card(console(), added.stored.card)
    for note in added.notes:
        print(Words(f"Inferred: {note.en}.", f"推断：{note.zh}。"))
    label = added.stored.card.label
    print(
        Words(f"In the store: {label}", f"已入库：{label}")
        if added.new
        else Words(f"It was in the store: {label}", f"库中已有：{label}")
    )


def _pairs(written: list[str]) -> dict[str, str]:
    from steelyard.core.errors import CallError

    pairs = [each.partition("=") for each in written]
    for name, equals, _ in pairs:
        if not equals:
            raise CallError(
                Words(f"--means {name} does not say what it means", f"--means {name} 未说明含义"),
                Words("Write --means M=positive.", "例：--means M=positive。"),
            )
    return {name: meant for name, _, meant in pairs}
