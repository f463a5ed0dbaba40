"""Impact, interim, cumulative and long-run multipliers, and whether effects fade."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.tsa.api import VAR

from klein import DYNAMIC_IDENTITIES, DYNAMIC_WEIGHTS, EQUATIONS, IDENTITIES, LAGS
from oracle_reduced import Closed, closed_systems, differences, errors, jacobian, plain_of
from simeq import FormulaError, SimeqError, SimeqWarning, SystemEquations


@pytest.fixture(scope="module")
def model(klein) -> SystemEquations:
    data = klein.assign(capital=klein["capitalLag"] + klein["invest"])
    return SystemEquations(EQUATIONS, data, identities=DYNAMIC_IDENTITIES, lags=LAGS)


@pytest.fixture(scope="module")
def plain(model):
    return plain_of(
        model, DYNAMIC_WEIGHTS, {name: (variable, 1) for name, variable in LAGS.items()}
    )


@pytest.fixture(scope="module")
def reduced(model):
    return model.fit("3sls").reduced_form()


# ---------------------------------------------------------------------- Klein's Model I


def test_impact_multipliers_are_total_effects_without_the_lags(reduced):
    columns = ["Intercept", "trend", "govExp", "taxes", "govWage"]
    assert list(reduced.impact.params.columns) == columns
    pd.testing.assert_frame_equal(reduced.impact.params, reduced.params[columns])
    pd.testing.assert_frame_equal(reduced.impact.bse, reduced.bse[columns], rtol=1e-12)


@pytest.mark.parametrize("horizon", [0, 1, 2, 7])
@pytest.mark.parametrize("kind", ["interim", "cumulative"])
def test_kleins_multipliers_are_a_path_moved_by_one_unit(model, plain, kind, horizon):
    result = model.fit("3sls")
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    found = getattr(result.reduced_form(), kind)(horizon)
    expected = getattr(plain, kind)(b, horizon)
    np.testing.assert_allclose(found.params, expected, rtol=1e-9, atol=1e-10)
    change = jacobian(lambda own: getattr(plain, kind)(own, horizon), b)
    np.testing.assert_allclose(found.bse, errors(change, cov), rtol=1e-7, atol=1e-11)


def test_kleins_long_run_is_a_steady_state(model, plain):
    result = model.fit("3sls")
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    found = result.reduced_form().long_run
    np.testing.assert_allclose(found.params, plain.long_run(b), rtol=1e-8, atol=1e-11)
    expected = errors(jacobian(plain.long_run, b), cov)
    np.testing.assert_allclose(found.bse, expected, rtol=1e-6, atol=1e-11)
    # Capital stands still in the end: no net investment, known without error.
    assert (found.params.loc["invest"] == 0.0).all()
    assert (found.bse.loc["invest"] == 0.0).all()
    assert found.pvalues.loc["invest"].isna().all()


def test_the_long_run_is_the_sum_of_all_interim_multipliers(reduced):
    assert reduced.dynamic_radius.value < 0.9
    # 0.8713 to the power of 300 is 1e-18.
    late = reduced.cumulative(300)
    np.testing.assert_allclose(late.params, reduced.long_run.params, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(late.bse, reduced.long_run.bse, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("method", ["ols", "2sls", "3sls"])
def test_kleins_dynamics_have_the_oracles_radius(model, plain, method):
    result = model.fit(method)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    radius = result.reduced_form().dynamic_radius
    assert radius.value == pytest.approx(plain.dynamic_radius(b), rel=1e-9)
    expected = float(errors(differences(plain.dynamic_radius, b), cov))
    # Central differences of 1e-5 leave about 1e-8 of the derivative.
    assert radius.bse == pytest.approx(expected, rel=1e-5)


# ---------------------------------------------------------------------- random systems


@settings(max_examples=50)
@given(closed_systems(lagged=True), st.integers(0, 5))
def test_random_systems_have_the_oracles_multipliers(closed, horizon):
    result, plain = solved(closed)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    reduced = result.reduced_form()
    # What is zero in theory is rounding in the oracle: beside the impact it is judged.
    size, spread = np.abs(plain.total(b)).max(), errors(jacobian(plain.total, b), cov).max()
    for kind in ("interim", "cumulative"):
        found, of = getattr(reduced, kind)(horizon), getattr(plain, kind)
        np.testing.assert_allclose(found.params, of(b, horizon), rtol=1e-7, atol=1e-9 * size)
        expected = errors(jacobian(lambda own, of=of: of(own, horizon), b), cov)
        np.testing.assert_allclose(found.bse, expected, rtol=1e-5, atol=1e-8 * spread)


@settings(max_examples=50)
@given(closed_systems(lagged=True))
def test_random_systems_have_the_oracles_long_run(closed):
    result, plain = solved(closed)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    reduced, radius = result.reduced_form(), plain.dynamic_radius(b)
    # Eigenvalues that are zero in theory are roots of rounding errors in the oracle.
    assert reduced.dynamic_radius.value == pytest.approx(radius, rel=1e-6, abs=1e-4)
    expected = plain.long_run(b)
    size = np.abs(expected).max()
    np.testing.assert_allclose(reduced.long_run.params, expected, rtol=1e-7, atol=1e-9 * size)
    change = errors(jacobian(plain.long_run, b), cov)
    np.testing.assert_allclose(reduced.long_run.bse, change, rtol=1e-5, atol=1e-8 * change.max())


def solved(closed: Closed):
    """Fit a random system that has a solution and fades, with a column that is no lag."""
    model = closed.model()
    assume(closed.plain(model).current)
    result, plain = model.fit("2sls"), closed.plain(model)
    b = result.params.to_numpy()
    gamma = plain.gamma(b)
    assume(np.linalg.det(np.eye(len(gamma)) - gamma) > 0.05)
    assume(plain.dynamic_radius(b) < 0.97)
    return result, plain


# ---------------------------------------------------------------------- other people's


def test_a_vector_autoregression_is_statsmodels():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=200), np.zeros((200, 2))
    for t in range(2, 200):
        y[t] = 0.4 * y[t - 1] @ [[1, 0.5], [-0.5, 0.8]] + 0.2 * y[t - 2] + rng.normal(size=2)
    frame = pd.DataFrame({"a": y[:, 0], "b": y[:, 1], "x": x})
    lags = {f"{name}{s}": (name, s) for s in (1, 2) for name in ("a", "b")}
    for column, (name, s) in lags.items():
        frame[column] = frame[name].shift(s)
    right = " + ".join([*lags, "x"])
    model = SystemEquations([f"a ~ {right}", f"b ~ {right}"], frame, lags=lags)
    reduced = model.fit("ols").reduced_form()
    peer = VAR(frame[["a", "b"]], exog=frame[["x"]]).fit(2)
    impact = reduced.impact.params["x"]
    for h, impulse in enumerate(peer.ma_rep(6)):
        found = reduced.interim(h).params["x"]
        np.testing.assert_allclose(found, impulse @ impact, rtol=1e-8, atol=1e-12)
    assert reduced.dynamic_radius.value == pytest.approx(1 / np.abs(peer.roots).min(), rel=1e-8)


# ---------------------------------------------------------------------- draws


def test_multipliers_of_draws(model, plain):
    result = model.fit("2sls", cov_type="bootstrap", cov_kwds={"n_boot": 40, "seed": 5})
    with_draws = result.reduced_form()
    draws = result.bootstrap.params.to_numpy()
    for found, of in (
        (with_draws.interim(2), lambda b: plain.interim(b, 2)),
        (with_draws.cumulative(2), lambda b: plain.cumulative(b, 2)),
        (with_draws.long_run, plain.long_run),
    ):
        each = np.array([of(b) for b in draws])
        expected = each.std(axis=0, ddof=1)
        np.testing.assert_allclose(found.bse, expected, rtol=1e-6, atol=1e-9 * expected.max())
        low, high = np.quantile(each, [0.025, 0.975], axis=0)
        np.testing.assert_allclose(found.conf_int()["lower"], low.ravel(), rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(found.conf_int()["upper"], high.ravel(), rtol=1e-6, atol=1e-8)
    radii = np.array([plain.dynamic_radius(b) for b in draws])
    assert with_draws.dynamic_radius.bse == pytest.approx(radii.std(ddof=1), rel=1e-8)


# ---------------------------------------------------------------------- what cannot be


def walk(growth: float) -> SystemEquations:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=80), np.zeros(81)
    for t in range(80):
        y[t + 1] = growth * y[t] + x[t] + 0.01 * rng.normal()
    return SystemEquations(
        ["y ~ before + x"], {"y": y[1:], "before": y[:-1], "x": x}, lags={"before": "y"}
    )


def test_effects_that_do_not_fade_have_no_long_run():
    result = walk(1.1).fit("ols")
    text = (
        r"The dynamic radius is 1.100, not below 1: effects do not fade, and there are no "
        r"long-run multipliers\."
    )
    with pytest.warns(SimeqWarning, match=text):
        reduced = result.reduced_form()
    with pytest.raises(SimeqError, match=text + r" See interim\(h\) and cumulative\(h\)"):
        _ = reduced.long_run
    assert reduced.interim(3).params.loc["y", "x"] == pytest.approx(1.1**3, rel=1e-2)
    assert "effects do not fade" in str(reduced)


def test_a_fading_effect_is_a_geometric_series():
    result = walk(0.5).fit("ols")
    reduced = result.reduced_form()
    rho, beta = result.params["y", "before"], result.params["y", "x"]
    assert reduced.interim(4).params.loc["y", "x"] == pytest.approx(beta * rho**4)
    assert reduced.long_run.params.loc["y", "x"] == pytest.approx(beta / (1 - rho))
    cov = result.cov_params().loc["y", "y"].loc[["before", "x"], ["before", "x"]].to_numpy()
    gradient = np.array([beta / (1 - rho) ** 2, 1 / (1 - rho)])
    expected = np.sqrt(gradient @ cov @ gradient)
    assert reduced.long_run.bse.loc["y", "x"] == pytest.approx(expected, rel=1e-9)
    assert reduced.dynamic_radius.value == pytest.approx(rho)
    assert reduced.dynamic_radius.bse == pytest.approx(np.sqrt(cov[0, 0]))
    last = str(reduced).split("\nfeedback\n")[1].splitlines()[0].split()
    assert last == ["dynamic", "radius", "0.4985", "9.06e-04", "0.4967", "0.5002"]


def test_effects_that_lead_nowhere_are_gone_after_the_last_lag():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(50, 5)), columns=["y1", "y2", "lag2", "x1", "x2"])
    model = SystemEquations(["y1 ~ lag2 + x1", "y2 ~ x2"], data, lags={"lag2": ("y2", 2)})
    reduced = model.fit("ols").reduced_form()
    assert (reduced.dynamic_radius.value, reduced.dynamic_radius.bse) == (0.0, 0.0)
    assert reduced.interim(1).params.eq(0.0).all(axis=None)
    assert reduced.interim(2).params.loc["y1", "x2"] != 0.0
    assert reduced.interim(3).params.eq(0.0).all(axis=None)
    assert "  x2         0.0000" in str(reduced.interim(3))
    pd.testing.assert_frame_equal(reduced.cumulative(2).bse, reduced.long_run.bse)


def test_a_system_of_lags_alone_has_no_multipliers_and_a_radius():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(40, 2)), columns=["y", "before"])
    reduced = SystemEquations(["y ~ 0 + before"], data, lags={"before": "y"}).fit("ols")
    reduced = reduced.reduced_form()
    assert reduced.long_run.params.shape == (1, 0)
    assert str(reduced.long_run).startswith("Long-run multipliers\n")
    slope = reduced.params.loc["y", "before"]
    assert reduced.dynamic_radius.value == pytest.approx(abs(slope))


def test_without_declared_lags_there_are_no_dynamics(klein):
    found = SystemEquations(EQUATIONS, klein, identities=IDENTITIES).fit("ols").reduced_form()
    message = r"No right side holds a declared lag.*lags=\{'gnpLag': 'gnp'\}"
    for ask in (
        lambda: found.impact,
        lambda: found.interim(1),
        lambda: found.cumulative(1),
        lambda: found.long_run,
        lambda: found.dynamic_radius,
    ):
        with pytest.raises(FormulaError, match=message):
            ask()


@pytest.mark.parametrize("term", ["before:x", "I(before**2)", "np.exp(before)"])
def test_a_function_of_a_declared_lag_has_no_dynamics_and_a_reduced_form(term):
    rng = np.random.default_rng(4)
    data = pd.DataFrame(rng.normal(size=(60, 3)), columns=["y", "before", "x"])
    model = SystemEquations([f"y ~ before + x + {term}"], data, lags={"before": "y"})
    result = model.fit("ols")
    reduced = result.reduced_form()
    np.testing.assert_allclose(reduced.params.loc["y"], result.params, rtol=1e-12)
    assert "dynamic radius" not in str(reduced)
    for ask in (
        lambda: reduced.impact,
        lambda: reduced.cumulative(2),
        lambda: reduced.long_run,
        lambda: reduced.dynamic_radius,
        lambda: result.get_prediction(kind="dynamic"),
        lambda: result.get_prediction(data, kind="dynamic"),
    ):
        with pytest.raises(FormulaError, match="is a function of the declared lag before and no d"):
            ask()
    assert result.get_prediction(data, kind="reduced").mean.shape == (60, 1)


def test_a_lagged_transformation_declared_as_such_is_no_function_of_a_lag():
    rng = np.random.default_rng(4)
    data = pd.DataFrame(rng.normal(size=(60, 5)), columns=["y", "before", "z", "last", "x"])
    data[["z", "last"]] = np.exp(data[["z", "last"]])
    data["change"] = data["y"] - data["before"]
    found = SystemEquations(
        ["y ~ before + np.log(last) + x", "np.log(z) ~ np.log(last)"],
        data,
        identities="change = y - before",
        lags={"before": "y", "np.log(last)": "np.log(z)"},
    )
    reduced = found.fit("ols").reduced_form()
    total, slope = reduced.params, reduced.params.loc["np.log(z)", "np.log(last)"]
    expected = total.loc["y", "x"] * (total.loc["y", "before"] - 1.0)
    assert reduced.interim(1).params.loc["change", "x"] == pytest.approx(expected)
    largest = max(abs(total.loc["y", "before"]), abs(slope))
    assert reduced.dynamic_radius.value == pytest.approx(largest)


@pytest.mark.parametrize("horizon", [-1, 1.5, "2", True, None])
def test_a_horizon_is_a_number_of_periods(reduced, horizon):
    for ask in (reduced.interim, reduced.cumulative):
        with pytest.raises(SimeqError, match=r"A horizon is a whole number of periods from 0 on"):
            ask(horizon)


def test_multipliers_print_and_name_themselves(reduced):
    assert str(reduced.impact).startswith("Impact multipliers\n===")
    assert str(reduced.interim(1)).startswith("Interim multipliers, 1 period later\n")
    assert str(reduced.cumulative(2)).startswith("Cumulative multipliers, 2 periods later\n")
    text = str(reduced.long_run)
    assert text.startswith("Long-run multipliers\n")
    assert "\ninvest\n" not in text
    assert "  govExp       2.3816   0.1254  0.000    2.1358    2.6275" in text
    assert "<caption>Long-run multipliers</caption>" in reduced.long_run._repr_html_()
    frame = reduced.long_run.to_frame().loc[("gnp", "govExp")]
    assert frame["effect"] == reduced.long_run.params.loc["gnp", "govExp"]
