"""A command may let the garbage collector look seldom; whatever comes of it, the setting is put back."""

from __future__ import annotations

import gc

import pytest

from steelyard.cli._collecting import SELDOM, collecting_seldom


def test_it_is_put_back_whatever_comes() -> None:
    earlier = gc.get_threshold()
    with collecting_seldom():
        assert gc.get_threshold() == SELDOM
        assert gc.isenabled()
    assert gc.get_threshold() == earlier
    with pytest.raises(ValueError, match="wrong"), collecting_seldom():
        raise ValueError("wrong")
    assert gc.get_threshold() == earlier


def test_cycles_are_still_collected() -> None:
    class Cyclic:
        alive = 0

        def __init__(self) -> None:
            self.self = self
            Cyclic.alive += 1

        def __del__(self) -> None:
            Cyclic.alive -= 1

    with collecting_seldom():
        most = 0
        for _ in range(3 * SELDOM[0]):
            Cyclic()
            most = max(most, Cyclic.alive)
    assert most <= SELDOM[0] + 1
    gc.collect()
    assert Cyclic.alive == 0
