"""Weights by the published rule, against a generator written here from the paper."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from steelyard.stats.intervals.philox import (
    CELLS,
    EXPONENTIAL,
    MULTINOMIAL,
    UNIFORM,
    Draw,
    exponential_weights,
    in_blocks,
    multinomial_weights,
    over_blocks,
    uniforms,
)

MASK = 2**64 - 1


def philox(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x64-10 (Salmon, Moraes, Dror, Shaw, SC '11)."""
    first, second, third, fourth = counter
    low, high = key
    for _ in range(10):
        one, other = 0xD2E7470EE14C6C93 * first, 0xCA5A826395121157 * third
        first, second, third, fourth = (
            (other >> 64) ^ second ^ low,
            other & MASK,
            (one >> 64) ^ fourth ^ high,
            one & MASK,
        )
        low, high = (low + 0x9E3779B97F4A7C15) & MASK, (high + 0xBB67AE8584CAA73B) & MASK
    return [first, second, third, fourth]


@pytest.mark.parametrize(
    ("counter", "key", "block"),
    [
        # Known answers of the authors' own library, Random123, tests/kat_vectors.
        ("0 0 0 0", "0 0", "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
        (
            "ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff",
            "ffffffffffffffff ffffffffffffffff",
            "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0",
        ),
        (
            "243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89",
            "452821e638d01377 be5466cf34e90c6c",
            "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
        ),
    ],
)
def test_the_generator_written_here_is_the_authors_(counter: str, key: str, block: str) -> None:
    def words(text: str) -> list[int]:
        return [int(word, 16) for word in text.split()]

    assert philox(words(counter), words(key)) == words(block)


def words(stream: int, each: int, resample: int, seed: int) -> list[int]:
    """The words of one resample, of which it needs ``each``."""
    blocks = math.ceil(each / 4)
    key = [seed & MASK, seed >> 64]
    found: list[int] = []
    for block in range(blocks * resample + 1, blocks * (resample + 1) + 1):
        found += philox([block, 0, 0, stream], key)
    return found[:each]


def multinomial(units: int, resample: int, seed: int) -> list[int]:
    halves = [half for word in words(MULTINOMIAL, math.ceil(units / 2), resample, seed) for half in divmod(word, 2**32)]
    halves = [half for pair in zip(halves[1::2], halves[::2], strict=True) for half in pair][:units]
    drawn = [half * units // 2**32 for half in halves]
    return [drawn.count(unit) for unit in range(units)]


def uniform(stream: int, units: int, resample: int, seed: int) -> list[float]:
    exact = [(Fraction(word // 2**12) + Fraction(1, 2)) / 2**52 for word in words(stream, units, resample, seed)]
    assert all(Fraction(float(each)) == each for each in exact), "each is a double precision number"
    return [float(each) for each in exact]


SEEDS = st.integers(0, 2**128 - 1)


@given(units=st.integers(1, 40), seed=SEEDS, start=st.integers(0, 10**6))
def test_weights_are_those_of_the_rule(units: int, seed: int, start: int) -> None:
    weights = multinomial_weights(units, 3, seed, start)
    assert weights.dtype == np.float64
    assert weights.tolist() == [multinomial(units, start + place, seed) for place in range(3)]
    plain = [uniform(UNIFORM, units, start + place, seed) for place in range(3)]
    assert uniforms(units, 3, seed, start).tolist() == plain
    waits = [[-math.log(each) for each in uniform(EXPONENTIAL, units, start + place, seed)] for place in range(3)]
    scaled = [[units * each / sum(row) for each in row] for row in waits]
    assert exponential_weights(units, 3, seed, start) == pytest.approx(np.array(scaled), rel=1e-12)


def test_golden_weights() -> None:
    """What a verifier in any language can check itself against: seed 20260, six units, resamples 0, 1 and 1,000."""
    assert multinomial_weights(6, 2, 20260).astype(int).tolist() == GOLDEN[:2]
    assert multinomial_weights(6, 1, 20260, start=1000).astype(int).tolist() == GOLDEN[2:]


GOLDEN = [[1, 1, 0, 2, 1, 1], [0, 2, 1, 1, 1, 1], [3, 1, 0, 0, 1, 1]]


@pytest.mark.parametrize("draw", [multinomial_weights, exponential_weights, uniforms])
@pytest.mark.parametrize("units", [1, 2, 7, 8, 9, 1000])
def test_weights_do_not_hang_on_how_many_are_drawn_at_once(draw: Draw, units: int) -> None:
    whole = draw(units, 12, 5)
    parts = [draw(units, 5, 5, 0), draw(units, 1, 5, 5), draw(units, 6, 5, 6)]
    assert (np.concatenate(parts) == whole).all()


@pytest.mark.parametrize("draw", [multinomial_weights, exponential_weights])
@pytest.mark.parametrize("units", [1, 3, 10**4])
def test_blocks_are_the_whole_in_pieces_of_bounded_size(draw: Draw, units: int) -> None:
    resamples = 3 * CELLS // units if units > 3 else 20
    whole = draw(units, min(resamples, 100), 5)
    blocks = list(in_blocks(draw, units, min(resamples, 100), 5))
    assert (np.concatenate(blocks) == whole).all()
    assert max(block.size for block in blocks) <= max(CELLS, units)
    sums = over_blocks(lambda weights: weights.sum(axis=1), draw, units, len(whole), 5)
    assert sums == pytest.approx([units] * len(whole))


def test_no_resample_is_no_weights() -> None:
    assert multinomial_weights(4, 0, 1).shape == (0, 4)
    assert over_blocks(lambda weights: weights[:, 0], multinomial_weights, 4, 0, 1).shape == (0,)


def test_seeds_and_streams_share_nothing() -> None:
    some = {round(float(each), 12) for seed in range(50) for each in uniforms(20, 1, seed)[0]}
    assert len(some) == 1000
    assert not np.isclose(np.sort(uniforms(50, 1, 3)), np.sort(exponential_weights(50, 1, 3))).all()


def test_units_are_drawn_alike() -> None:
    drawn = multinomial_weights(37, 4000, 11).sum(axis=0)
    assert chisquare(drawn).pvalue > 0.001
    # How often one unit is drawn is binomial: its variance is 1 − 1/37.
    assert multinomial_weights(37, 20_000, 12)[:, 5].var() == pytest.approx(1 - 1 / 37, rel=0.03)
    assert kstest(uniforms(100, 100, 13).ravel(), "uniform").pvalue > 0.001
    # A Dirichlet share of 37 alike is beta(1, 36).
    assert kstest(exponential_weights(37, 3000, 14)[:, 8] / 37, "beta", (1, 36)).pvalue > 0.001


def test_least_and_greatest_word_stay_inside_the_open_interval() -> None:
    for word in (0, 2**64 - 1):
        value = ((word >> 12) + 0.5) * 2.0**-52
        assert 0.0 < value < 1.0
