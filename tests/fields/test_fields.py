"""Methods are found by their files' names, and made with the options that a specification sets."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from steelyard import fields
from steelyard.core.errors import CallError, UnknownName


def test_an_unknown_method_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean speech\.recognition"):
        fields.find("speech.recognitions")


def test_a_method_bears_the_name_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(fields.find("medical.diagnosis"), name="medical.diagnoses")
    monkeypatch.setattr(fields, "load", lambda *_: SimpleNamespace(method=lambda: other))
    fields._make.cache_clear()
    with pytest.raises(CallError, match=r"the file of medical\.diagnosis declares the method medical\.diagnoses"):
        fields.find("medical.diagnosis")
    fields._make.cache_clear()


@pytest.mark.parametrize("value", [5, True])
def test_an_option_of_the_wrong_type_is_an_unknown_value(value: Any) -> None:
    with pytest.raises(CallError):
        fields.find("speech.recognition", {"normaliser": value})
