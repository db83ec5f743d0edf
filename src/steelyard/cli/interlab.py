"""``steelyard interlab``: whether laboratories found the same of one product."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Compare what laboratories found of one product on one set by one clause: z, z′, ζ and E_n scores (ISO 13528). "
    "Exit codes: 0 all satisfactory, 10 some unsatisfactory, 11 questionable or not evaluated.",
    "比对各实验室对同一产品、同一测试集、同一条款的结果：z、z′、ζ、E_n 分值（ISO 13528）。"
    "退出码：0 全部满意，10 有不满意，11 有问题或未评定。",
)


def command(
    reports: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]REPORT …",
            help=str(
                Words(
                    "Folder of each laboratory's run, its report.json, or a bundle.",
                    "各实验室的检测目录、report.json 或报告包。",
                )
            ),
        ),
    ],
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=str(
                Words(
                    "The laboratory whose result is the assigned value; else the robust mean of three or more is.",
                    "以其结果为指定值的实验室；否则以三个以上实验室的稳健均值为指定值。",
                )
            ),
        ),
    ] = None,
    sigma: Annotated[
        str | None,
        typer.Option(
            help=str(
                Words(
                    "Standard deviation for proficiency assessment, what is fit for the purpose, with its unit: 0.5%.",
                    "能力评定标准差，即适合用途的离散，带单位：如 0.5%。",
                )
            )
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Compare what laboratories found of one product."""
    from steelyard.cli._terminal import console
    from steelyard.core.canonical import plain
    from steelyard.report.laboratory.interlab import compare_laboratories
    from steelyard.report.laboratory.interlab_terminal import EXIT_CODES, show_interlab
    from steelyard.report.reread import reread

    named = [_named(each) for each in reports]
    deviation, unit = (None, None) if sigma is None else _sigma(sigma)
    found = compare_laboratories(
        [reread(path) for _, path in named],
        [name for name, _ in named],
        reference=reference,
        sigma=deviation,
        sigma_unit=unit,
    )
    if as_json:
        document = {"format": "steelyard/interlab/1", "standing": found.standing.value} | plain(found)
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        show_interlab(console(), found)
    raise typer.Exit(EXIT_CODES[found.standing])


def _sigma(text: str) -> tuple[float, str | None]:
    """Return σ_pt and its unit as a user writes them: ``0.5%``, ``0.3 dB``, ``0.005``.

    >>> _sigma("0.5%"), _sigma("0.3 dB"), _sigma("0.005")
    ((0.005, '1'), (0.3, 'dB'), (0.005, None))
    """
    from steelyard.core.errors import CallError

    match = re.fullmatch(r"\s*(\+?\d*\.?\d+(?:[eE][-+]?\d+)?)\s*(\D.*?)?\s*", text)
    value, unit = (float(match[1]), match[2]) if match else (0.0, None)
    if not 0.0 < value < math.inf:
        raise CallError(
            Words(f"--sigma {text}: a number above zero is needed.", f"--sigma {text}：须为大于零的数。"),
            Words("Write, for example, --sigma 0.5%", "例如：--sigma 0.5%"),
        )
    return (value / 100.0, "1") if unit == "%" else (value, unit)


def _named(said: str) -> tuple[str, Path]:
    """Return name and path of ``NAME=PATH``; a path alone is its own name."""
    name, equals, path = said.partition("=")
    if equals and name and "/" not in name and not Path(said).exists():
        return name, Path(path)
    return said, Path(said)
