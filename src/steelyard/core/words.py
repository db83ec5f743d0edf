"""What users read, in English and Chinese, side by side so that neither goes stale."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass


def language() -> str:
    """Return the user's language, ``"zh"`` or ``"en"``.

    ``STEELYARD_LANGUAGE`` decides; without it the locale does (``LC_ALL``, ``LC_MESSAGES``, ``LANG``).
    """
    for variable in ("STEELYARD_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence or name in both languages; ``str()`` gives the user's.

    Examples
    --------
    >>> Words("conforms", "合格").zh
    '合格'
    """

    en: str
    zh: str

    def __str__(self) -> str:
        return self.zh if language() == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Quoting(Words):
    """Words that quote what a product wrote; of a run on a sealed set they are withheld."""


def listed(words: Iterable[Words]) -> Words:
    """Return several names as one list, in both languages.

    Examples
    --------
    >>> listed([Words("speech", "语音"), Words("text", "文本")])
    Words(en='speech, text', zh='语音、文本')
    """
    both = list(words)
    return Words(", ".join(each.en for each in both), "、".join(each.zh for each in both))
