"""``steelyard specs``: the specifications, or one whole."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "List the specifications, or show one whole. Every clause is shown with its words, readings and why.",
    "列出规范，或显示其一的全文：各条款原文、解读及理由。",
)


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="SPEC[#CLAUSE]", help=str(Words("Name or YAML file.", "名称或 YAML 文件。")))
    ] = None,
) -> None:
    """List the specifications, or show one whole."""
    from steelyard.bench.trial import named
    from steelyard.cli._terminal import console
    from steelyard.report.terminal.catalogue import show_specification, show_specifications
    from steelyard.specs.reader import names, read

    if name is None:
        show_specifications(console(), [read(each) for each in names()], names())
        return
    address, clause = named(name)
    specification = read(address)
    show_specification(console(), specification, [specification.clause(clause)] if clause else specification.clauses)
