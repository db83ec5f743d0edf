"""What docs/sealed-sets.md types comes true, and its threats are answered as it says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

executed_page = runpy.run_path(str(Path(__file__).parent / "executed_page.py"))
PAGE = Path(__file__).parents[1] / "docs" / "sealed-sets.md"


def test_the_page_s_commands(tmp_path: Path) -> None:
    typed = []
    executed_page["type_commands"](PAGE, tmp_path, typed.append)
    assert len(typed) == 15
    assert [each for each in typed if each.code != each.expected] == []
    said = {each.line.partition("   #")[0]: " ".join(each.said.split()) for each in typed}
    run = next(line for line in said if "--set ./sealed" in line)
    assert "The set was sealed to the root sha256:" in said[run]
    assert "the copy of clinic.key" in said["steelyard sets whose ours --of sealed"]
    assert "Nobody can be named" in said["steelyard sets whose published --of sealed"]
    verified = said["steelyard sets verify ./published ./part --against sealed"]
    assert verified.count("the commitment fits") == 2
    assert "may be called equally hard" in said[next(line for line in said if "sets equate" in line)]
    held = {path.name for path in (tmp_path / "sealed").iterdir()}
    shown = set(re.findall(r"^\| `([\w.-]+)`", PAGE.read_text("utf-8"), re.MULTILINE))
    assert shown == held - {"copy-2.age"}
