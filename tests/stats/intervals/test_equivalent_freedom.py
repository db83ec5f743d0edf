"""Allan deviations against NIST's test data, degrees of freedom against covariances written out and simulation."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import chi2

from steelyard.stats.intervals.equivalent_freedom import (
    Noise,
    allan_bounds,
    allan_freedom,
    chi_square_bounds,
    identify_noise,
    overlapping_allan,
    root_mean_square,
)


@pytest.mark.parametrize("freedom", [0.6, 1.0, 5.0, 12.8, 500.0])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_chi_square_bounds_are_scipy_s(freedom: float, confidence: float) -> None:
    expected = [3.0 * math.sqrt(freedom / chi2.ppf(level, freedom)) for level in (confidence, 1 - confidence)]
    assert chi_square_bounds(3.0, freedom, confidence) == pytest.approx(expected, rel=1e-9)


NBS_MONOGRAPH_140 = [892.0, 809, 823, 798, 671, 644, 883, 903, 677]


def nist_test_data() -> NDArray[np.float64]:
    """The 1000 frequencies of NIST SP 1065, section 12.4: a prime modulus generator."""
    number, numbers = 1234567890, []
    for _ in range(1000):
        numbers.append(number)
        number = 16807 * number % 2147483647
    assert numbers[1:4] == [395529916, 1209410747, 633705974]  # as the handbook prints them
    return np.array(numbers) / 2147483647


@pytest.mark.parametrize(
    ("data", "factor", "published"),
    [
        # NIST SP 1065, section 12.4, tables of the 9-point (NBS Monograph 140, annex 8.E) and the 1000-point set.
        (np.array(NBS_MONOGRAPH_140), 1, 91.22945),
        (np.array(NBS_MONOGRAPH_140), 2, 85.95287),
        (nist_test_data(), 1, 2.922319e-01),
        (nist_test_data(), 10, 9.159953e-02),
        (nist_test_data(), 100, 3.241343e-02),
    ],
)
def test_published_overlapping_deviations(data: NDArray[np.float64], factor: int, published: float) -> None:
    assert overlapping_allan(data, factor) == pytest.approx(published, rel=3e-7)


@pytest.mark.parametrize(
    ("noise", "factor", "phases", "freedom"),
    [
        # allantools 2024.6, ci.edf_greenhall(alpha, 2, m, N, overlapping=True), itself checked against Stable32.
        (Noise.WHITE_PHASE, 1, 1000, 513.52),
        (Noise.WHITE_PHASE, 10, 1000, 506.66),
        (Noise.WHITE_PHASE, 100, 1000, 439.69),
        (Noise.WHITE_PHASE, 2000, 10001, 3724.63),
        (Noise.FLICKER_PHASE, 1, 1000, 634.83),
        (Noise.FLICKER_PHASE, 10, 1000, 247.06),
        (Noise.FLICKER_PHASE, 300, 1001, 19.31),
        (Noise.WHITE_FREQUENCY, 100, 1000, 12.80),
        (Noise.WHITE_FREQUENCY, 300, 1001, 3.157),
        (Noise.WHITE_FREQUENCY, 2000, 10001, 5.401),
        (Noise.FLICKER_FREQUENCY, 10, 1000, 114.55),
        (Noise.FLICKER_FREQUENCY, 50, 10000, 232.91),
        (Noise.FLICKER_FREQUENCY, 2000, 10001, 4.127),
        (Noise.RANDOM_WALK_FREQUENCY, 10, 1000, 90.95),
        (Noise.RANDOM_WALK_FREQUENCY, 100, 1000, 7.744),
        (Noise.RANDOM_WALK_FREQUENCY, 2000, 10001, 3.137),
    ],
)
def test_freedom_is_that_of_greenhall_and_riley(noise: Noise, factor: int, phases: int, freedom: float) -> None:
    assert allan_freedom(noise, factor, phases - 1) == pytest.approx(freedom, rel=0.01)


@pytest.mark.parametrize(("factor", "count"), [(1, 50), (3, 50), (10, 50), (20, 50), (25, 50)])
@pytest.mark.parametrize("noise", [Noise.WHITE_PHASE, Noise.WHITE_FREQUENCY])
def test_freedom_is_that_of_the_covariances_written_out(noise: Noise, factor: int, count: int) -> None:
    # Every difference as a row of coefficients of independent numbers: phases, or frequencies.
    terms = count + 1 - 2 * factor
    rows = np.zeros((terms, count + 1))
    for place in range(terms):
        rows[place, [place, place + factor, place + 2 * factor]] = 1.0, -2.0, 1.0
    if noise is Noise.WHITE_FREQUENCY:
        rows = rows @ np.tril(np.ones((count + 1, count)), -1)
    covariance = rows @ rows.T
    exact = np.trace(covariance) ** 2 / (covariance**2).sum()
    assert allan_freedom(noise, factor, count) == pytest.approx(exact)


def test_white_frequency_noise_is_near_the_older_formula() -> None:
    # D. A. Howe, D. W. Allan, J. A. Barnes (1981), in NIST SP 1065, table 5.
    n, m = 1000, 10
    older = (3 * (n - 1) / (2 * m) - 2 * (n - 2) / n) * 4 * m**2 / (4 * m**2 + 5)
    assert allan_freedom(Noise.WHITE_FREQUENCY, m, n - 1) == pytest.approx(older, rel=1e-3)


def records(noise: Noise, length: int, runs: int) -> NDArray[np.float64]:
    """Frequencies of a power law: white, differenced, summed, half summed (N. J. Kasdin, Proc. IEEE 83 (1995) 802)."""
    generator = np.random.default_rng(20265)
    if noise is Noise.WHITE_PHASE:
        return np.diff(generator.standard_normal((runs, length + 1)), axis=1)
    if noise is not Noise.FLICKER_FREQUENCY:
        white = generator.standard_normal((runs, length))
        return white if noise is Noise.WHITE_FREQUENCY else white.cumsum(axis=1)
    past = np.arange(1, 8 * length)
    response = np.concatenate(([1.0], np.cumprod((past - 0.5) / past)))
    padded = 16 * length
    spectrum = np.fft.rfft(generator.standard_normal((runs, 8 * length)), padded) * np.fft.rfft(response, padded)
    return np.fft.irfft(spectrum, padded)[:, 7 * length : 8 * length]


KINDS = [Noise.WHITE_PHASE, Noise.WHITE_FREQUENCY, Noise.FLICKER_FREQUENCY, Noise.RANDOM_WALK_FREQUENCY]


@pytest.mark.parametrize("noise", KINDS)
@pytest.mark.parametrize("factor", [8, 32])
def test_freedom_is_that_of_simulated_noise(noise: Noise, factor: int) -> None:
    variances = [overlapping_allan(each, factor) ** 2 for each in records(noise, 256, 1200)]
    seen = 2 * np.mean(variances) ** 2 / np.var(variances)
    assert seen == pytest.approx(allan_freedom(noise, factor, 256), rel=0.2)


@pytest.mark.parametrize("noise", KINDS)
def test_kinds_of_noise_are_told_apart(noise: Noise) -> None:
    found = [identify_noise(each, 2) for each in records(noise, 1000, 30)]
    assert found.count(noise) >= 27


@pytest.mark.parametrize("noise", KINDS)
@pytest.mark.parametrize(("length", "factor"), [(256, 8), (512, 51)])
def test_a_product_at_the_limit_is_seldom_judged_falsely(noise: Noise, length: int, factor: int) -> None:
    runs = 400
    each = records(noise, length, runs)
    truth = math.sqrt(np.mean([overlapping_allan(one, factor) ** 2 for one in records(noise, length, 1900)[runs:]]))
    found = [allan_bounds(one, factor, 0.95).bounds for one in each]
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert np.mean([bounds.upper < truth for bounds in found]) <= 0.05 + error
    assert np.mean([bounds.lower > truth for bounds in found]) <= 0.05 + error


@pytest.mark.parametrize(("correlation", "mean"), [(0.0, 0.0), (0.5, 1.0), (0.9, 0.0), (-0.8, 0.0)])
def test_root_mean_square_of_an_autocorrelated_record(correlation: float, mean: float) -> None:
    generator = np.random.default_rng(20266)
    runs, length = 400, 1500
    values = generator.standard_normal((length, runs))
    for place in range(1, length):
        values[place] = correlation * values[place - 1] + math.sqrt(1 - correlation**2) * values[place]
    found = [root_mean_square(column + mean, 0.95) for column in values.T]
    squares = [each.value**2 for each in found]
    seen = 2 * np.mean(squares) ** 2 / np.var(squares)
    assert np.median([each.freedom for each in found]) == pytest.approx(seen, rel=0.2)
    truth, error = math.hypot(1.0, mean), 3 * math.sqrt(0.05 * 0.95 / runs)
    assert np.mean([each.bounds.upper < truth for each in found]) <= 0.06 + error
    assert np.mean([each.bounds.lower > truth for each in found]) <= 0.06 + error
    assert all(each.bounds.decisive for each in found)


def test_a_record_shorter_than_its_correlations_decides_nothing() -> None:
    found = root_mean_square(np.sin(np.arange(100) / 30), 0.95)
    assert not found.bounds.decisive
    assert "correlations last longer" in found.bounds.flags[0].en


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 0.5, 3.0, 3.0, 3.0]), max_size=40),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.01]),
)
def test_degenerate_records_have_no_zero_width_bounds(values: list[float], factor: int, resolution: float) -> None:
    record = np.array(values)
    for found in (
        allan_bounds(record, factor, 0.95, resolution=resolution),
        root_mean_square(record, 0.95, resolution),
    ):
        if math.isnan(found.value):
            assert math.isnan(found.bounds.lower)
            assert math.isnan(found.bounds.upper)
        else:
            assert found.bounds.lower <= found.value <= found.bounds.upper
            assert found.bounds.lower < found.bounds.upper


def test_readings_that_do_not_vary_hide_what_the_resolution_hides() -> None:
    still = np.full(1000, 2.0)
    assert allan_bounds(still, 4, 0.95, resolution=0.01).bounds[:2] == (0.0, 0.005)
    blind = allan_bounds(still, 4, 0.95)
    assert blind.bounds.upper == math.inf
    assert not blind.bounds.decisive


def test_a_real_gyroscope_at_rest(mirror: Path) -> None:
    path = mirror / "sensor/px4-static-imu/auav_x21_static.csv.gz"
    if not path.is_file():
        pytest.skip(f"not here: {path}")
    with gzip.open(path, "rt") as file:
        table = np.loadtxt(file, delimiter=",", skiprows=1)
    step = float(np.diff(table[:, 0]).mean())
    rate = table[:, 3]
    one_second = round(1.0 / step)
    found = allan_bounds(rate, one_second, 0.95)
    # 57 s are enough for the angle random walk: white noise falls with the root of the averaging time.
    tenth = overlapping_allan(rate, round(0.1 / step))
    assert found.value == pytest.approx(tenth * math.sqrt(0.1), rel=0.15)
    assert identify_noise(rate, round(0.1 / step)) is Noise.WHITE_FREQUENCY
    assert 5.0 < found.freedom < 3.0 * len(rate) / (2 * one_second)
    assert found.bounds.lower < found.value < found.bounds.upper < 1.5 * found.value
