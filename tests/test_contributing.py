"""The method that CONTRIBUTING.md shows works as it says, by being put where it says."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from steelyard import fields
from steelyard.core.plugins import plugins
from steelyard.core.sample import Records, Samples
from steelyard.stats.estimate import estimate

PAGE = Path(__file__).parents[1] / "CONTRIBUTING.md"


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the page's file into a folder of methods."""
    found = re.search(r"<!-- executed by .*? -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    (tmp_path / "document").mkdir()
    (tmp_path / "document" / "__init__.py").touch()
    (tmp_path / "document" / "serial_number.py").write_text(found[1], "utf-8")
    monkeypatch.setattr(fields, "__path__", [*fields.__path__, str(tmp_path)])
    plugins.cache_clear()
    yield
    plugins.cache_clear()
    for name in [name for name in sys.modules if name.startswith("steelyard.fields.document")]:
        del sys.modules[name]


@pytest.mark.usefixtures("added")
def test_the_method_is_found_and_its_examples_come_out() -> None:
    assert "document.serial_number" in fields.names()
    method = fields.find("document.serial_number")
    for example in method.examples:
        samples = Samples([example.reference], np.array([0]), np.array([[0]]))
        records = Records([example.output], np.zeros(1), [None])
        for name, value in example.values:
            indicator = method.indicator(name)
            assert estimate(indicator, [indicator.rows(samples, records)], 1, 0.95).value == value
