"""Combined uncertainties against the examples that JCGM 100:2008 prints, and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from steelyard.core.sample import Rows
from steelyard.stats.folds.uncertainty import (
    Input,
    Measured,
    Reading,
    ReadingSums,
    combine,
    expanded,
    from_certificate,
    from_limits,
    from_readings,
    reading_bounds,
)
from steelyard.stats.intervals.bounds import SelfBounded


def test_end_gauge_of_annex_h_1() -> None:
    """JCGM 100:2008, H.1: lengths in nanometres, temperatures in degrees."""
    readings_of_difference = combine(
        # u(d) of H.1.3.2: repeated observations 5.8 (24), random 3.9 (5) and systematic 6.7 (8) effects of the device.
        lambda repeated, random, systematic: repeated + random + systematic,
        [Input(215.0, 5.8, 24), Input(0.0, 3.9, 5), Input(0.0, 6.7, 8)],
    )
    assert round(readings_of_difference.standard, 1) == 9.7
    assert readings_of_difference.freedom == 25  # 25.6, as printed
    standard = from_certificate(50_000_623.0, 75.0, 3.0, 18)
    assert standard.standard == 25.0
    found = combine(
        lambda length, difference, apart, temperature, expansion, warmer: (
            length + difference - length * (apart * temperature + expansion * warmer)
        ),
        [
            standard,
            Input(215.0, 9.7, 25.6),
            Input(0.0, 0.58e-6, 50),
            Input(-0.1, 0.41),
            from_limits(11.5e-6, 2e-6),
            Input(0.0, 0.029, 2),
        ],
    )
    assert found.value == pytest.approx(50_000_838.0)
    assert round(found.standard) == 32  # u_c = 32 nm
    assert found.freedom == 16  # 16.7, rounded down
    assert [round(abs(each), 1) for each in found.contributions] == [25.0, 9.7, 2.9, 0.0, 0.0, 16.7]  # table H.1
    uncertainty, factor = expanded(found, 0.99)
    assert (round(factor, 2), round(uncertainty)) == (2.92, 93)  # U_99 = 93 nm


RESISTANCE = np.array(
    # JCGM 100:2008, table H.2: volt, milliampere, radian.
    [
        [5.007, 19.663, 1.0456],
        [4.994, 19.639, 1.0438],
        [5.005, 19.640, 1.0468],
        [4.990, 19.685, 1.0428],
        [4.999, 19.678, 1.0433],
    ]
)


def test_resistance_and_reactance_of_annex_h_2() -> None:
    inputs = [from_readings(column) for column in RESISTANCE.T]
    assert [round(each.value, 5) for each in inputs] == [4.999, 19.661, 1.04446]
    assert [round(each.standard, digits) for each, digits in zip(inputs, (4, 4, 5), strict=True)] == [
        0.0032,
        0.0095,
        0.00075,
    ]
    correlations = np.corrcoef(RESISTANCE.T)
    assert np.round(correlations[[0, 0, 1], [1, 2, 2]], 2).tolist() == [-0.36, 0.86, -0.65]
    models = {
        "R": lambda volt, milliampere, angle: volt / (milliampere * 1e-3) * math.cos(angle),
        "X": lambda volt, milliampere, angle: volt / (milliampere * 1e-3) * math.sin(angle),
        "Z": lambda volt, milliampere, angle: volt / (milliampere * 1e-3) + 0.0 * angle,
    }
    found = {name: combine(model, inputs, correlations) for name, model in models.items()}
    for name, value, standard in [("R", 127.732, 0.071), ("X", 219.847, 0.295), ("Z", 254.260, 0.236)]:  # table H.3
        assert found[name].value == pytest.approx(value, abs=0.0006)
        assert found[name].standard == pytest.approx(standard, abs=0.0006)
        # The guide's second approach (table H.4): each set of readings by itself.
        each = np.array([models[name](*row) for row in RESISTANCE])
        assert found[name].standard == pytest.approx(each.std(ddof=1) / math.sqrt(5), rel=0.005)
    # Inputs of five joint readings: no more than four degrees of freedom, whatever Welch and Satterthwaite say.
    assert {each.freedom for each in found.values()} == {4}


@pytest.mark.parametrize(
    ("freedom", "probability", "factor"),
    # JCGM 100:2008, table G.2.
    [(1, 0.95, 12.71), (4, 0.95, 2.78), (10, 0.95, 2.23), (16, 0.99, 2.92), (50, 0.99, 2.68), (math.inf, 0.95, 1.960)],
)
def test_coverage_factors(freedom: float, probability: float, factor: float) -> None:
    assert expanded(Measured(0.0, 1.0, freedom, ()), probability)[1] == pytest.approx(factor, abs=0.005)


def test_readings_alone_are_scipy_s_t_test() -> None:
    readings = np.random.default_rng(5).normal(3.0, 0.2, 12)
    found = reading_bounds(readings, 0.95)
    assert found.upper == pytest.approx(ttest_1samp(readings, 0, alternative="less").confidence_interval(0.95).high)
    assert found.lower == pytest.approx(ttest_1samp(readings, 0, alternative="greater").confidence_interval(0.95).low)


def test_welch_satterthwaite_is_the_formula() -> None:
    parts, freedoms = np.array([0.3, 0.4, 1.2]), np.array([3.0, 7.0, 30.0])
    found = combine(lambda *each: sum(each), [Input(0.0, *pair) for pair in zip(parts, freedoms, strict=True)])
    exact = (parts**2).sum() ** 2 / (parts**4 / freedoms).sum()
    assert found.freedom == math.floor(exact)
    assert found.standard == pytest.approx(1.3)


def test_the_instrument_does_not_shrink_with_the_number_of_readings() -> None:
    readings = np.random.default_rng(6).normal(3.0, 0.2, 100_000)
    found = reading_bounds(readings, 0.95, instrument=0.5)
    assert found.upper - readings.mean() == pytest.approx(1.645 * 0.25, rel=0.01)


@pytest.mark.parametrize(("count", "instrument"), [(5, 0.0), (5, 1.0), (20, 0.5), (3, 4.0)])
def test_a_quantity_at_the_limit_is_judged_falsely_in_one_of_twenty_runs(count: int, instrument: float) -> None:
    generator = np.random.default_rng(20267)
    runs = 2000
    readings = generator.standard_normal((runs, count)) + generator.normal(0, max(instrument / 2, 1e-12), (runs, 1))
    found = [reading_bounds(each, 0.95, instrument=instrument) for each in readings]
    error = 3 * math.sqrt(0.05 * 0.95 / runs)
    assert np.mean([bounds.upper < 0 for bounds in found]) <= 0.05 + error
    assert np.mean([bounds.lower > 0 for bounds in found]) <= 0.05 + error


@given(
    st.lists(st.sampled_from([0.0, 1.0, 1.0, 1.0, 1e9]), max_size=6),
    st.sampled_from([0.0, 0.1]),
    st.sampled_from([0.0, 0.01]),
)
def test_bounds_enclose_the_mean_and_are_never_a_point(
    values: list[float], instrument: float, resolution: float
) -> None:
    found = reading_bounds(np.array(values), 0.95, instrument=instrument, resolution=resolution)
    if not values:
        assert math.isnan(found.lower)
        assert not found.decisive
        return
    assert found.lower < np.mean(values) < found.upper
    assert found.decisive == math.isfinite(found.upper)
    if len(values) == 1:
        assert found.upper == math.inf


def test_readings_that_tie_need_a_resolution() -> None:
    assert reading_bounds(np.full(5, 2.0), 0.95).flags[0].en.startswith("readings tie")
    found = reading_bounds(np.full(5, 2.0), 0.95, resolution=0.1)
    assert found.upper == pytest.approx(2.0 + t.ppf(0.95, np.inf) * 0.1 / math.sqrt(12))


def fold(
    values: list[float], units: list[int], count: int, instrument: float = 0.0, resolution: float = 0.0
) -> ReadingSums:
    rows = Rows(np.array(values)[:, None], np.arange(len(values)), np.array(units, dtype=np.int64)[:, None])
    return Reading("level", instrument, resolution=resolution)(rows, ("level",), count)


def test_single_readings_of_units_are_plain_readings() -> None:
    values = np.random.default_rng(9).normal(50.0, 1.0, 12)
    folded = fold(list(values), list(range(12)), 12, instrument=0.3, resolution=0.1)
    assert isinstance(folded, SelfBounded)
    found, plain = folded.bounds(0.95, 0), reading_bounds(values, 0.95, instrument=0.3, resolution=0.1)
    assert found is not None
    assert found[:2] == pytest.approx(plain[:2])
    assert folded.value(np.ones((1, 12)))[0] == pytest.approx(values.mean())


def test_readings_of_one_session_say_nothing_of_sessions() -> None:
    found = fold([1.0, 2.0, 3.0], [0, 0, 0], 1).bounds(0.95, 0)
    assert found is not None
    assert found.upper == math.inf
    assert not found.decisive
    assert fold([], [], 2).bounds(0.95, 0) is None


def test_a_mean_over_sessions_is_judged_falsely_in_one_of_twenty_runs() -> None:
    generator = np.random.default_rng(20273)
    runs, sessions = 500, [0] * 5 + [1] * 5 + [2] * 5 + [3] * 5 + [4] * 5 + [5] * 5
    shifts = generator.standard_normal((runs, 6)).repeat(5, axis=1)
    missed = np.zeros(2)
    for each in shifts + 0.5 * generator.standard_normal((runs, 30)):
        found = fold(list(each), sessions, 6).bounds(0.95, 0)
        assert found is not None
        missed += found.upper < 0, found.lower > 0
    assert (missed / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)).all()
