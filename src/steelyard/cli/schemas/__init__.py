"""``steelyard schemas``: JSON Schemas of what is in a bundle, a run and a log."""

from __future__ import annotations

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "JSON Schemas of what is in a bundle, a run and a log; by itself it lists them.",
    "报告包、检测与日志内容的 JSON Schema；不带子命令时列出全部。",
)


def command(context: typer.Context) -> None:
    """List the schemas, unless something else is asked for."""
    if context.invoked_subcommand is None:
        from steelyard.report import schemas

        print("\n".join(schemas.listing()))
