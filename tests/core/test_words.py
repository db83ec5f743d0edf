"""Both languages side by side; the environment chooses."""

from __future__ import annotations

import pytest

from steelyard.core.words import Words, language


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),  # POSIX: LC_ALL goes before LANG
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),  # empty is unset
        ({"LC_ALL": "zh_CN.UTF-8", "STEELYARD_LANGUAGE": "en"}, "en"),  # our own variable goes first
        ({"STEELYARD_LANGUAGE": "ZH"}, "zh"),
    ],
)
def test_language(environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("STEELYARD_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert language() == expected
    assert str(Words("conforms", "合格")) == {"en": "conforms", "zh": "合格"}[expected]
