"""``steelyard keys list``: the keys that sign here, and those that are trusted."""

from __future__ import annotations

from steelyard.core.words import Words

ABOUT = Words("List the keys that sign here, and those that are trusted.", "列出本机签名密钥及可信密钥。")


def command() -> None:
    """List the keys."""
    from steelyard.cli._terminal import console
    from steelyard.report.proof.keys import own_keys, trusted_keys
    from steelyard.report.proof.verified import show_keys

    show_keys(console(), own_keys(), trusted_keys())
