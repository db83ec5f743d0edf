"""Puts the demo's real output into both READMEs; with ``--check`` only tells whether it is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
BLOCK = re.compile(r"(?<=```text\n).*?(?=\n```)", re.DOTALL)
MOMENT = re.compile(r"demo-\d{8}-\d{6}")
"""The folder's name is a time: the one part that differs from run to run."""


def demo(language: str) -> str:
    """Return what ``steelyard demo`` prints."""
    with tempfile.TemporaryDirectory() as folder:
        shown = subprocess.run(
            [sys.executable, "-m", "steelyard", "demo"],
            capture_output=True,
            check=True,
            cwd=folder,
            env=os.environ | {"STEELYARD_LANGUAGE": language},
            text=True,
        )
    return "\n".join(line.rstrip() for line in shown.stdout.strip().splitlines())


def main() -> int:
    """Update or check both pages; return 1 where a page was out of date and only checked."""
    stale = []
    for language, page in PAGES.items():
        text, output = page.read_text("utf-8"), demo(language)
        shown = BLOCK.search(text)
        assert shown is not None, f"{page} has no ```text block"
        if MOMENT.sub("", shown[0]) != MOMENT.sub("", output):
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(BLOCK.sub(lambda _, output=output: output, text, count=1), "utf-8")
    print(f"out of date: {', '.join(stale) or 'none'}")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
