"""A command may set the garbage collector and Arrow's memory; whatever comes of it, the settings are put back."""

from __future__ import annotations

import gc

import pyarrow as pa
import pytest

from steelyard.cli._sparing import SELDOM, sparing


def settings() -> tuple[object, ...]:
    return gc.get_threshold(), gc.isenabled(), pa.default_memory_pool().backend_name


def test_all_is_put_back_whatever_comes() -> None:
    earlier = settings()
    with sparing():
        assert settings() == (SELDOM, True, "system")
    assert settings() == earlier
    with pytest.raises(ValueError, match="wrong"), sparing():
        raise ValueError("wrong")
    assert settings() == earlier


def test_cycles_are_still_collected() -> None:
    class Cyclic:
        alive = 0

        def __init__(self) -> None:
            self.self = self
            Cyclic.alive += 1

        def __del__(self) -> None:
            Cyclic.alive -= 1

    with sparing():
        most = 0
        for _ in range(3 * SELDOM[0]):
            Cyclic()
            most = max(most, Cyclic.alive)
    assert most <= SELDOM[0] + 1
    gc.collect()
    assert Cyclic.alive == 0
