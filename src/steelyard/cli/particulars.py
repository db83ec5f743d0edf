"""``steelyard particulars``: what a laboratory says beside the numbers, to fill in."""

from __future__ import annotations

from steelyard.core.words import Words

ABOUT = Words(
    "Print a file to fill in: laboratory, customer, dates and whoever authorises the report (ISO/IEC 17025, 7.8.2.1).",
    "输出待填写的文件：实验室、委托方、日期与批准人等（ISO/IEC 17025，7.8.2.1）。",
)


def command() -> None:
    """Print a file to fill in."""
    from steelyard.report.particulars.template import blank

    print(blank(), end="")
