"""Simulated panels: Table 3's names and ranges, the paper's equations, errors as stated."""

import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from simeq import SimeqError, SystemEquations, datasets
from simeq.datasets.interaction import REGIONS, TABLE_3
from simeq.datasets.simulation import ERROR_CORRELATION, ERROR_SD, LOGNORMAL

simulate = datasets.simulate_interaction
TRUTH = pd.Series(datasets.INTERACTION_PARAMS)
INDICES = list(datasets.INTERACTION_EQUATIONS)


@pytest.fixture(scope="module")
def panels():
    """Four hundred panels of the paper's size."""
    return [simulate(seed=[3, draw]) for draw in range(400)]


@pytest.fixture(scope="module")
def million():
    return simulate(50_000, 20, seed=4)


@pytest.fixture(scope="module")
def fit(million):
    return SystemEquations(datasets.INTERACTION_EQUATIONS, million).fit("3sls")


def errors(frame):
    """What is left of each index after the right side of its printed equation."""
    right = {
        "productivity": -0.342
        - 0.035 * np.log(frame["education"])
        + 0.037 * np.log(frame["research"])
        + 0.016 * np.log(frame["patent"])
        + 0.717 * frame["manufacture"],
        "manufacture": -0.056
        + 0.006 * np.log(frame["creativity"])
        + 0.006 * np.log(frame["information"])
        + 0.180 * frame["green"]
        - 2.105 * frame["efficiency"]
        + 0.455 * frame["productivity"],
    }
    return frame[INDICES] - pd.DataFrame(right)


# ---------------------------------------------------------------------- the frame


def test_a_panel_is_that_of_the_paper():
    panel = simulate(seed=0)
    assert list(panel) == ["unit", "year", "region", *TABLE_3]
    assert panel.groupby("unit")["year"].agg(list).map(lambda y: y == [*range(2011, 2023)]).all()
    assert panel["unit"].unique().tolist() == [*range(1, 31)]
    assert panel.notna().all(axis=None)


@pytest.mark.parametrize(
    ("n_units", "counts"),
    [(30, [10, 6, 11, 3]), (300, [100, 60, 110, 30]), (12, [4, 2, 5, 1]), (1, [0, 1, 0, 0])],
)
def test_regions_are_in_proportion(n_units, counts):
    panel = simulate(n_units, 2, seed=0)
    assert panel["region"].cat.categories.tolist() == list(REGIONS)
    assert panel.groupby("region", observed=False)["unit"].nunique().tolist() == counts
    assert panel.groupby("unit")["region"].nunique().eq(1).all()


def test_a_frame_says_that_it_is_simulated_and_counts_negative_indices(million):
    marks = million.attrs
    assert marks["simulated"] is True
    assert marks["source"] == "simeq.datasets.simulate_interaction"
    assert marks["negative"] == {name: int((million[name] < 0.0).sum()) for name in INDICES}
    assert all(0.02 < negative / 1e6 < 0.06 for negative in marks["negative"].values())
    assert json.loads(json.dumps(marks)) == marks  # Parquet and its kin write attrs as JSON
    assert million.copy().attrs == marks


def test_the_same_seed_gives_the_same_bits():
    assert_frame_equal(simulate(seed=7), simulate(seed=7), check_exact=True)
    assert_frame_equal(simulate(seed=7), simulate(seed=np.random.default_rng(7)), check_exact=True)
    assert (simulate(seed=7)["green"] != simulate(seed=8)["green"]).all()


def test_a_generator_goes_on():
    generator = np.random.default_rng(7)
    first, second = simulate(seed=generator), simulate(seed=generator)
    assert (first["green"] != second["green"]).all()


def test_memory_is_that_of_the_frame_and_little_more():
    # At 200,000 rows a column takes 1.6 MB. Three more than the frame are alive at once at most.
    tracemalloc.start()
    panel = simulate(20_000, 10, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < panel.memory_usage(deep=True).sum() + 3 * 8 * len(panel)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_units": 0}, "n_units must be a whole number from 1 on, not 0"),
        ({"n_periods": -3}, "n_periods must be a whole number from 1 on, not -3"),
        ({"n_units": 2.5}, "n_units .* not 2.5"),
        ({"n_units": True}, "n_units .* not True"),
        ({"n_periods": "12"}, "n_periods .* not '12'"),
        ({"icc": 1.0}, "icc.*from 0 to below 1, not 1.0"),
        ({"icc": -0.1}, "icc.*from 0 to below 1, not -0.1"),
        ({"icc": float("nan")}, "icc.*from 0 to below 1, not nan"),
        ({"icc": None}, "icc.*from 0 to below 1, not None"),
        ({"seed": -1}, "seed must be .* not -1"),
        ({"seed": "now"}, "seed must be .* not 'now'"),
    ],
)
def test_what_is_wrong_is_said(arguments, message):
    with pytest.raises(SimeqError, match=message):
        simulate(**{"seed": 0} | arguments)


def test_numpy_numbers_are_numbers():
    assert_frame_equal(
        simulate(np.int64(4), np.int32(3), icc=np.float64(0.5), seed=0),
        simulate(4, 3, icc=0.5, seed=0),
    )


# ---------------------------------------------------------------------- Table 3


@pytest.mark.parametrize("name", [*LOGNORMAL, "green"])
def test_means_are_those_of_table_3(panels, name):
    # Four standard errors of a mean over panels.
    means = np.array([panel[name].mean() for panel in panels])
    assert abs(means.mean() - TABLE_3[name].mean) < 4 * means.std() / len(panels) ** 0.5


@pytest.mark.parametrize("name", LOGNORMAL)
def test_logs_are_as_widely_spread_as_table_3_has_them(panels, name):
    # Of 5.4 standard deviations, two digits are known: within 3 %.
    lows, highs = np.array([[panel[name].min(), panel[name].max()] for panel in panels]).T
    table = TABLE_3[name]
    width = np.log(highs / lows).mean() / np.log(table.high / table.low)
    assert width == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("name", [*LOGNORMAL, "green"])
def test_ranges_are_near_those_of_table_3(panels, name):
    # With the mean and the width right, a lognormal has no parameter left for where the range lies.
    lows, highs = np.array([[panel[name].min(), panel[name].max()] for panel in panels]).T
    assert 1 / 1.5 < np.median(lows) / TABLE_3[name].low < 1.5
    assert 1 / 1.5 < np.median(highs) / TABLE_3[name].high < 1.5


@pytest.mark.parametrize("name", INDICES)
def test_means_of_the_indices_come_out_near_table_3(panels, name):
    # Nothing is fitted here: the coefficients are printed with three digits.
    mean = np.mean([panel[name].mean() for panel in panels])
    assert mean == pytest.approx(TABLE_3[name].mean, abs=0.01)


def test_controls_have_components_of_unit_and_year():
    panel = simulate(400, 400, seed=5)
    logs = np.log(panel[list(LOGNORMAL)])
    # Shares of the variance are .7 and .1; √(2/400) = .07 is a standard error relative to them.
    by_unit = logs.groupby(panel["unit"]).mean().var() / logs.var()
    by_year = logs.groupby(panel["year"]).mean().var() / logs.var()
    np.testing.assert_allclose(by_unit, 0.7, atol=0.08)
    np.testing.assert_allclose(by_year, 0.1, atol=0.03)


# ---------------------------------------------------------------------- equations and errors


@pytest.mark.parametrize("icc", [0.0, 0.5, 0.9])
def test_errors_have_the_stated_variances_correlation_and_icc(icc):
    frame = simulate(40_000, 5, icc=icc, seed=6)
    left = errors(frame)
    # With 40,000 units a correlation has a standard error of .005 at most, a deviation of .4 %.
    np.testing.assert_allclose(left.mean(), 0.0, atol=4 * 0.034 / 200)
    np.testing.assert_allclose(left.std(), ERROR_SD, rtol=0.016)
    assert left.corr().iloc[0, 1] == pytest.approx(ERROR_CORRELATION, abs=0.02)
    for name in INDICES:
        wide = left[name].to_numpy().reshape(40_000, 5)
        np.testing.assert_allclose(np.corrcoef(wide.T)[np.triu_indices(5, 1)], icc, atol=0.02)


def test_the_equations_hold_with_errors_of_one_draw_per_unit_and_one_per_row():
    # √icc · a + √(1 − icc) · w: the same seed gives the same w at icc = 0, so that a can be had;
    # 1e-12 is rounding in indices of size one.
    alone, shared = (errors(simulate(50, 8, icc=icc, seed=9)) for icc in (0.0, 0.5))
    of_unit = (shared / 0.5**0.5 - alone).to_numpy().reshape(50, 8, 2)
    assert np.ptp(of_unit, axis=1).max() < 1e-12
    assert of_unit[:, 0].std(axis=0) == pytest.approx(ERROR_SD, rel=0.4)


def test_icc_leaves_the_controls_alone():
    first, second = simulate(icc=0.0, seed=2), simulate(icc=0.7, seed=2)
    controls = [*LOGNORMAL, "green"]
    assert_frame_equal(first[controls], second[controls], check_exact=True)


# ---------------------------------------------------------------------- recovery


def test_a_million_rows_give_table_7_back(fit):
    assert fit.nobs == 1_000_000
    distance = (fit.params - TRUTH) / fit.bse
    assert len(distance) == 11
    assert distance.abs().max() < 4.0


def test_system_rsquared_is_near_that_of_the_paper(fit):
    # The paper's column (3) has .884. Twenty years leave 3 % to chance in the controls' variances.
    assert fit.system_rsquared["mcelroy"] == pytest.approx(0.875, abs=0.005)
    assert fit.system_rsquared["judge"] == pytest.approx(0.885, abs=0.005)


def test_ols_tends_to_what_the_simulator_states(million):
    found = SystemEquations(datasets.INTERACTION_EQUATIONS, million).fit("ols").params
    assert found["productivity", "manufacture"] == pytest.approx(0.95, abs=0.01)
    assert found["manufacture", "productivity"] == pytest.approx(0.54, abs=0.01)
