"""Verdicts on several things, and the codes that a shell sees."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from steelyard.core.verdict import Verdict

C, N, U, I = Verdict.CONFORMS, Verdict.DOES_NOT_CONFORM, Verdict.UNDETERMINED, Verdict.INVALID  # noqa: E741


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], I),  # nothing was judged: that proves nothing
        ([C], C),
        ([C, C], C),
        ([C, U], U),
        ([C, N], N),
        ([U, N], N),  # one failure fails, whatever else is in doubt
        ([C, U, N, I], I),  # bad evidence spoils everything
    ],
)
def test_of_all(verdicts: Sequence[Verdict], expected: Verdict) -> None:
    assert {Verdict.of_all(order) for order in permutations(verdicts)} == {expected}


@pytest.mark.parametrize(
    ("verdict", "code", "en", "zh"),
    [
        (C, 0, "conforms", "合格"),
        (N, 10, "does not conform", "不合格"),
        (U, 11, "undetermined", "待定"),
        (I, 12, "invalid", "无效"),
    ],
)
def test_codes_and_words(verdict: Verdict, code: int, en: str, zh: str) -> None:
    assert (verdict.exit_code, verdict.words.en, verdict.words.zh) == (code, en, zh)


def test_the_table_above_holds_every_verdict() -> None:
    assert set(Verdict) == {C, N, U, I}
