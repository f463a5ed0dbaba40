"""Predictions with standard errors: right sides, the reduced form, dynamic paths."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.tsa.api import VAR

from klein import DYNAMIC_IDENTITIES, DYNAMIC_WEIGHTS, EQUATIONS, LAGS
from oracle_reduced import closed_systems, errors, jacobian, plain_of
from simeq import DataError, FormulaError, SimeqError, SystemEquations
from simeq.errors import RankWarning

REFERENCE = Path(__file__).parents[1] / "reference"

GIVEN = ["govExp", "taxes", "govWage", "trend", *LAGS]


@pytest.fixture(scope="module")
def data(klein) -> pd.DataFrame:
    return klein.assign(capital=klein["capitalLag"] + klein["invest"]).set_index("year")


@pytest.fixture(scope="module")
def model(data) -> SystemEquations:
    return SystemEquations(EQUATIONS, data, identities=DYNAMIC_IDENTITIES, lags=LAGS)


@pytest.fixture(scope="module")
def plain(model):
    return plain_of(
        model, DYNAMIC_WEIGHTS, {name: (variable, 1) for name, variable in LAGS.items()}
    )


@pytest.fixture(scope="module")
def result(model):
    return model.fit("3sls")


# ---------------------------------------------------------------------- right sides


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls"])
def test_right_sides_are_systemfits(klein_model, method):
    reference = json.loads((REFERENCE / "systemfit_predict.json").read_text())
    case = next(case for case in reference["cases"] if case["method"] == method)
    found = klein_model.fit(method, like="systemfit").get_prediction()
    for label, other in case["equations"].items():
        ours = found.equations["private_wages" if label == "wages" else label]
        np.testing.assert_allclose(ours.predicted_mean, other["fit"], rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(ours.se_mean, other["se_fit"], rtol=1e-9)
        np.testing.assert_allclose(ours.se_obs, other["se_pred"], rtol=1e-9)


# ---------------------------------------------------------------------- reduced form


@pytest.mark.parametrize("method", ["ols", "2sls", "3sls"])
@pytest.mark.parametrize("kind", ["static", "dynamic"])
def test_klein_is_gretls_to_its_rounding(model, method, kind):
    # Two routes through the same algebra; gretl's normal equations leave 1e-11.
    reference = json.loads((REFERENCE / "gretl_reduced.json").read_text())
    case = next(case for case in reference["cases"] if case["method"] == method)
    ours = {"static": "reduced", "dynamic": "dynamic"}
    found = model.fit(method).get_prediction(kind=ours[kind])
    size = np.abs(case[kind]).max(axis=0)
    gap = found.predicted_mean[reference["endog"]].to_numpy() - case[kind]
    assert (np.abs(gap) <= 1e-9 * size).all()
    # gretl's errors leave out the coefficients, take n for Σ, and are right in the first row alone.
    first = np.sqrt(found.se_obs**2 - found.se_mean**2)[reference["endog"]].iloc[0]
    np.testing.assert_allclose(first, case["dynamic_se"][0], rtol=1e-9)


@pytest.mark.parametrize("options", [{}, {"cov_type": "HC1"}, {"cov_type": "jackknife"}], ids=str)
def test_klein_is_the_oracles(model, plain, data, options):
    result = model.fit("3sls", **options)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    x = data.assign(Intercept=1.0)[plain.columns].to_numpy()
    found = result.get_prediction(kind="reduced")
    assert list(found.predicted_mean.columns) == plain.variables
    assert found.predicted_mean.index.equals(data.index)
    np.testing.assert_allclose(found.predicted_mean, x @ plain.total(b).T, rtol=1e-9)
    expected = errors(jacobian(lambda own: x @ plain.total(own).T, b), cov)
    np.testing.assert_allclose(found.se_mean, expected, rtol=1e-7)
    shocks = plain.shocks(b)
    spread = np.diag(shocks @ result.sigma_resid.to_numpy() @ shocks.T)
    np.testing.assert_allclose(found.se_obs, np.sqrt(expected**2 + spread), rtol=1e-8)


def test_forecasts_obey_the_identities_and_the_reduced_form(result, data):
    found = result.get_prediction(kind="reduced").predicted_mean
    np.testing.assert_allclose(
        found["gnp"], found["consump"] + found["invest"] + data["govExp"], rtol=1e-12
    )
    np.testing.assert_allclose(found["capital"], data["capitalLag"] + found["invest"], rtol=1e-12)
    pi = result.reduced_form().params
    x = data.assign(Intercept=1.0)[list(pi.columns)]
    np.testing.assert_allclose(found, x @ pi.T, rtol=1e-12)


def test_forecasts_are_from_exogenous_columns_alone(result, data):
    whole = result.get_prediction(kind="reduced")
    new = result.get_prediction(data[GIVEN], kind="reduced")
    pd.testing.assert_frame_equal(new.summary_frame(), whole.summary_frame(), rtol=1e-12)
    few = result.get_prediction(data[GIVEN].iloc[-2:].to_dict("list"), kind="reduced")
    np.testing.assert_allclose(few.mean, whole.mean[-2:], rtol=1e-12)
    lacking = (
        r"^Identity 'corpProf = .*': the data have no column 'taxes', which the term taxes reads"
    )
    with pytest.raises(DataError, match=lacking):
        result.get_prediction(data[GIVEN].drop(columns="taxes"), kind="reduced")
    gaps = data[GIVEN].assign(taxes=data["taxes"].where(data.index != 1930))
    missing = result.get_prediction(gaps, kind="reduced").predicted_mean.isna()
    assert missing.any(axis=1).pipe(lambda own: own.index[own].tolist()) == [1930]


def test_frames_of_forecasts_are_by_variable(result):
    found = result.get_prediction(kind="reduced")
    frame = found.summary_frame(0.1)
    assert frame.columns.names == ["variable", None]
    assert frame["gnp"].columns.tolist() == [
        "mean",
        "mean_se",
        "mean_ci_lower",
        "mean_ci_upper",
        "obs_ci_lower",
        "obs_ci_upper",
    ]
    reach = stats.norm.ppf(0.95) * found.se_obs["gnp"]
    np.testing.assert_allclose(frame["gnp"]["obs_ci_upper"], found.predicted_mean["gnp"] + reach)
    assert repr(found) == "<Prediction: reduced, 7 variables, 21 rows>"
    assert repr(result.get_prediction()) == "<Prediction: structural, 3 equations, 21 rows>"
    assert result.get_prediction().summary_frame().columns.names == ["equation", None]


def test_students_t_is_the_results(model):
    found = model.fit("2sls", use_t=True).get_prediction(kind="reduced")
    np.testing.assert_array_equal(found.dof, np.full(7, 21 * 3 - 12))
    low, high = found.conf_int().loc[1930, "gnp"]
    reach = stats.t.ppf(0.975, 51) * found.se_mean.loc[1930, "gnp"]
    assert (high - low) / 2 == pytest.approx(reach)


@settings(max_examples=50)
@given(closed_systems(), st.sampled_from(["2sls", "3sls"]))
def test_random_systems_have_the_oracles_forecasts(closed, method):
    model = closed.model()
    result, plain = model.fit(method), closed.plain(model)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    gamma = plain.gamma(b)
    assume(np.linalg.det(np.eye(len(gamma)) - gamma) > 0.01)
    x = closed.frame.assign(Intercept=1.0)[plain.columns].to_numpy()[:9]
    new = closed.frame.drop(columns=plain.variables).iloc[:9]
    found = result.get_prediction(new, kind="reduced")
    mean = x @ plain.total(b).T
    size = np.abs(mean).max()
    np.testing.assert_allclose(found.predicted_mean, mean, rtol=1e-7, atol=1e-10 * size)
    expected = errors(jacobian(lambda own: x @ plain.total(own).T, b), cov)
    np.testing.assert_allclose(found.se_mean, expected, rtol=1e-5, atol=1e-9 * expected.max())


def test_indirect_least_squares_forecasts_as_least_squares_does():
    rng = np.random.default_rng(11)
    x = rng.normal(size=(70, 2))
    y = (x + rng.normal(size=(70, 2))) @ np.linalg.inv([[1, -0.3], [0.2, 1]])
    data = pd.DataFrame(np.hstack([y, x]), columns=["y1", "y2", "x1", "x2"])
    structural = SystemEquations(["y1 ~ y2 + x1", "y2 ~ y1 + x2"], data).fit("2sls")
    direct = SystemEquations(["y1 ~ x1 + x2", "y2 ~ x1 + x2"], data).fit("ols")
    new = pd.DataFrame({"x1": [0.0, 2.0, -9.0], "x2": [1.0, 0.0, 9.0]})
    pd.testing.assert_frame_equal(
        structural.get_prediction(new, kind="reduced").summary_frame(),
        direct.get_prediction(new).summary_frame(),
        check_names=False,
        rtol=1e-9,
    )


def test_a_transformed_dependent_stays_transformed(states):
    model = SystemEquations(
        {
            "output": "np.log(gsp) ~ np.log(pc) + np.log(emp) + np.log(hwy)",
            "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util) + unemp",
        },
        states,
    )
    new = states[["pc", "emp", "util", "unemp"]].head(4)
    found = model.fit("2sls").get_prediction(new, kind="reduced").predicted_mean
    assert list(found.columns) == ["np.log(gsp)", "np.log(hwy)"]
    assert (np.abs(found["np.log(gsp)"] - np.log(states["gsp"].head(4))) < 0.5).all()


def test_an_unknown_effect_makes_an_unknown_error_only_where_it_counts(states):
    few = states[states["state"].isin(states["state"].unique()[:12])]
    model = SystemEquations(
        {
            "output": "np.log(gsp) ~ np.log(pc) + np.log(emp)",
            "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util) + C(state)",
        },
        few,
        exog="np.log(water)",
    )
    result = model.fit("2sls", cov_type="jackknife", cov_kwds={"groups": "state"})
    found = result.get_prediction(kind="reduced")
    assert found.se_mean["np.log(gsp)"].notna().all()
    assert found.se_mean["np.log(hwy)"].isna().all()
    assert found.predicted_mean.notna().all(axis=None)


def test_loaded_results_forecast_new_data(result, data):
    loaded = pickle.loads(pickle.dumps(result))
    for kind in ("reduced", "dynamic"):
        pd.testing.assert_frame_equal(
            loaded.get_prediction(data[GIVEN], kind=kind).summary_frame(),
            result.get_prediction(data[GIVEN], kind=kind).summary_frame(),
        )
        with pytest.raises(DataError, match="holds no rows"):
            loaded.get_prediction(kind=kind)


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            {"gnp": None},
            "structural",
            r"^Equation private_wages: the data have no column 'gnp', which the term gnp reads\. "
            r"It is endogenous: give its values, or let get_prediction\(data, kind='red",
        ),
        ({"gnpLag": None, "gnp_lag": 1.0}, "structural", r"'gnpLag'.* Did you mean 'gnp_lag'\?$"),
        ({"gnpLag": None}, "reduced", r"^Equation private_wages: .*'gnpLag'.*term gnpLag reads\.$"),
        ({"capitalLag": None}, "dynamic", "^Equation investment: the data have no column 'capita"),
        ({"taxes": "much"}, "reduced", r"taxes needs numbers.* text: 'much' in row 1921"),
        ({"gnpLag": "much"}, "structural", r"gnpLag needs numbers.* text: 'much' in row 1921"),
        (
            {"taxes": np.inf},
            "reduced",
            r"^Identity 'corpProf = gnp - taxes - privWage': the term taxes is infinite in 21 rows "
            r"of the data, first in row 1921; recode it, or set it to NaN\.$",
        ),
        ({"trend": -np.inf}, "dynamic", "^Equation private_wages: the term trend is infinite in"),
        ({"wages": np.inf}, "structural", "^Equation consumption: the term wages is infinite in 2"),
    ],
)
def test_data_that_cannot_be_used_are_named(result, data, saved, change, kind, message):
    gone = [name for name, value in change.items() if value is None]
    new = data.assign(**change).drop(columns=gone)
    fitted = pickle.loads(pickle.dumps(result)) if saved else result
    with pytest.raises(DataError, match=message):
        fitted.get_prediction(new, kind=kind)


def test_unknown_kinds_and_open_systems_are_errors(result, klein_model):
    with pytest.raises(SimeqError, match="Unknown kind of prediction 'reducd'.*Did you mean 'red"):
        result.get_prediction(kind="reducd")
    with pytest.raises(FormulaError, match="nothing determines it"):
        klein_model.fit("2sls").get_prediction(kind="reduced")


def test_a_row_in_which_a_dropped_column_would_matter_has_no_prediction():
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.normal(size=(80, 5)), columns=["y", "v", "x", "z", "w"])
    tied = data.assign(sum=data["x"] - 2.0 * data["z"] + 3.0)
    with pytest.warns(RankWarning, match="sum lies in the span"):
        model = SystemEquations(["y ~ v + x + z + sum", "v ~ y + w"], tied, rank="drop")
    with pytest.warns(RankWarning, match="The instrument sum is redundant"):
        result = model.fit("3sls")
    plain = SystemEquations(["y ~ v + x + z", "v ~ y + w"], data).fit("3sls")
    broken = tied.assign(sum=tied["sum"] + (np.arange(80) == 7))
    for kind in ("structural", "reduced"):
        expected = plain.get_prediction(data, kind=kind)
        for new in (tied, data):
            found = result.get_prediction(new, kind=kind)
            np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-9, atol=1e-10)
            np.testing.assert_allclose(found.se_obs, expected.se_obs, rtol=1e-9)
        missing = result.get_prediction(broken, kind=kind).predicted_mean.isna()
        assert missing.index[missing["y"]].tolist() == [7]
        assert missing["v"].any() == (kind == "reduced")


# ---------------------------------------------------------------------- dynamic paths


def test_dynamic_forecasts_are_the_oracles_path(model, plain, data):
    result = model.fit("3sls")
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    x = data.assign(Intercept=1.0)[plain.columns].to_numpy()
    found = result.get_prediction(kind="dynamic")
    np.testing.assert_allclose(found.predicted_mean, plain.path(b, x), rtol=1e-9, atol=1e-10)
    expected = errors(jacobian(lambda own: plain.path(own, x), b), cov)
    np.testing.assert_allclose(found.se_mean, expected, rtol=1e-7)
    spread = accumulated(plain, b, result.sigma_resid.to_numpy(), len(x))
    np.testing.assert_allclose(found.se_obs, np.sqrt(expected**2 + spread), rtol=1e-8)


def accumulated(plain, b, sigma, n):
    """Variance (n, M) of a path's errors: each period's error followed through all later ones."""
    g, m = sigma.shape[0], len(plain.variables)
    effect = np.zeros((n, m, g))
    for i in range(g):
        before = [np.zeros(m) for _ in range(n)]
        for t in range(n):
            inputs = np.zeros(len(plain.columns))
            for name, (variable, order) in plain.lags.items():
                if order <= t:
                    place = plain.variables.index(variable)
                    inputs[plain.columns.index(name)] = before[t - order][place]
            before[t] = plain.total(b) @ inputs + (plain.shocks(b)[:, i] if t == 0 else 0.0)
            effect[t, :, i] = before[t]
    each = np.array([np.diag(own @ sigma @ own.T) for own in effect])
    return each.cumsum(axis=0)


@settings(max_examples=30)
@given(closed_systems(lagged=True))
def test_random_paths_are_the_oracles(closed):
    model = closed.model()
    result, plain = model.fit("2sls"), closed.plain(model)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    gamma = plain.gamma(b)
    assume(np.linalg.det(np.eye(len(gamma)) - gamma) > 0.05)
    assume(plain.dynamic_radius(b) < 0.99)
    x = closed.frame.assign(Intercept=1.0)[plain.columns].to_numpy()[:8]
    new = closed.frame.drop(columns=plain.variables).iloc[:8]
    found = result.get_prediction(new, kind="dynamic")
    path = plain.path(b, x)
    size = np.abs(path).max()
    np.testing.assert_allclose(found.predicted_mean, path, rtol=1e-7, atol=1e-9 * size)
    expected = errors(jacobian(lambda own: plain.path(own, x), b), cov)
    np.testing.assert_allclose(found.se_mean, expected, rtol=1e-5, atol=1e-9 * expected.max())
    spread = accumulated(plain, b, result.sigma_resid.to_numpy(), 8)
    np.testing.assert_allclose(found.se_obs, np.sqrt(expected**2 + spread), rtol=1e-6)


def test_later_lags_are_not_read(result, data):
    blank = data[GIVEN].copy()
    blank.loc[blank.index[1:], list(LAGS)] = np.nan
    pd.testing.assert_frame_equal(
        result.get_prediction(blank, kind="dynamic").summary_frame(),
        result.get_prediction(kind="dynamic").summary_frame(),
        rtol=1e-10,
    )
    one = result.get_prediction(data[GIVEN].head(1), kind="dynamic")
    static = result.get_prediction(data[GIVEN].head(1), kind="reduced")
    pd.testing.assert_frame_equal(one.summary_frame(), static.summary_frame(), rtol=1e-12)
    assert result.get_prediction(data[GIVEN].head(0), kind="dynamic").mean.shape == (0, 7)


def test_a_missing_column_ends_a_path(result, data):
    gaps = data[GIVEN].assign(taxes=data["taxes"].where(data.index != 1930))
    there = result.get_prediction(gaps, kind="dynamic").predicted_mean["gnp"].notna()
    assert there.loc[:1929].all()
    assert not there.loc[1930:].any()


def test_an_autoregression_is_statsmodels_forecast():
    rng = np.random.default_rng(5)
    y = np.zeros((150, 2))
    for t in range(1, 150):
        y[t] = [1.0, 0.5] + y[t - 1] @ [[0.6, 0.2], [-0.1, 0.5]] + rng.normal(size=2)
    frame = pd.DataFrame(y, columns=["a", "b"])
    frame[["a1", "b1"]] = frame[["a", "b"]].shift(1)
    model = SystemEquations(["a ~ a1 + b1", "b ~ a1 + b1"], frame, lags={"a1": "a", "b1": "b"})
    new = pd.DataFrame(np.nan, index=range(12), columns=["a1", "b1"])
    new.loc[0] = y[-1]
    found = model.fit("ols").get_prediction(new, kind="dynamic")
    peer = VAR(frame[["a", "b"]]).fit(1)
    np.testing.assert_allclose(found.mean, peer.forecast(y[-1:], 12), rtol=1e-9)
    # statsmodels' variance of a forecast leaves the coefficients' part out; its Σ has n − 3.
    spread = np.array([own.diagonal() for own in peer.mse(12)]) * (149 - 3) / 149
    np.testing.assert_allclose(found.se_obs**2 - found.se_mean**2, spread, rtol=1e-8)


def test_rows_that_are_no_periods_have_no_dynamic_forecast(data):
    result = SystemEquations(
        EQUATIONS, data.drop(index=[1924, 1930]), identities=DYNAMIC_IDENTITIES, lags=LAGS
    ).fit("ols")
    before, given = data.loc[1923, "gnp"], data.loc[1925, "gnpLag"]
    message = (
        rf"needs rows that are consecutive periods of one unit: in row 1925 gnpLag is "
        rf"{given:g}, but gnp was {before:g} 1 row before"
    )
    with pytest.raises(DataError, match=message):
        result.get_prediction(kind="dynamic")
    assert result.get_prediction(kind="reduced").mean.shape == (19, 7)


def test_dynamic_forecasts_need_declared_lags(data):
    result = SystemEquations(EQUATIONS, data, identities=DYNAMIC_IDENTITIES).fit("ols")
    with pytest.raises(FormulaError, match="No right side holds a declared lag"):
        result.get_prediction(kind="dynamic")
