"""``steelyard bundle``: a run as one file that a stranger can compute again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli._options import SealKey
from steelyard.core.words import Words

ABOUT = Words(
    "Put a run into one file that a stranger can compute again, and sign it.",
    "将一次检测打包为他人可重新计算的单一文件，并签名。",
)


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help=str(Words("Folder of a run.", "检测所在目录。")))],
    out: Annotated[
        Path | None,
        typer.Option(
            help=str(Words("File; by default report.zip in the folder.", "输出文件；缺省为该目录中的 report.zip。"))
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help=str(Words("Key that signs it; again for more.", "签名密钥；可重复。"))),
    ] = None,
    test_set: Annotated[
        str | None,
        typer.Option("--set", help=str(Words("Its set, where that is not in the library.", "不在库中的测试集。"))),
    ] = None,
    spec: Annotated[
        str | None,
        typer.Option(
            "--spec",
            help=str(Words("Its specification's file, where Steelyard does not ship it.", "非内置规范的文件。")),
        ),
    ] = None,
    particulars: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.yaml",
            help=str(
                Words(
                    "Laboratory, customer, dates and whoever authorises it; steelyard particulars makes one.",
                    "实验室、委托方、日期与批准人等；可用 steelyard particulars 生成。",
                )
            ),
        ),
    ] = None,
    outputs: Annotated[
        str,
        typer.Option(
            metavar="none|clear|hashed",
            help=str(
                Words(
                    "The product's answers: with the set, verify counts them again. hashed: salted hashes, which "
                    "steelyard disclose opens one by one.",
                    "产品答案：持有数据集者可用 verify 重新计数；hashed：加盐摘要，可用 steelyard disclose 逐个披露。",
                )
            ),
        ),
    ] = "none",
    seal_key: SealKey = None,
) -> None:
    """Put a run into one file."""
    from steelyard.cli._options import use_seal_key
    from steelyard.report.particulars.read import read_particulars
    from steelyard.report.proof.bundle import Bundle, bundle
    from steelyard.report.proof.bundle_parts import answers_named
    from steelyard.report.proof.keys import private_key
    from steelyard.report.proof.signing import sign

    keys = [private_key(name) for name in key or []]
    said = None if particulars is None else read_particulars(particulars)
    use_seal_key(seal_key)
    members = bundle(run, test_set, spec, said, answers_named(outputs)).members
    for each in keys:
        members = sign(members, each)
    path = out or run / "report.zip"
    Bundle(members).write(path)
    print(path)
