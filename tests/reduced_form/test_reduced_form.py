"""Total effects: the plain oracle, theorems, Klein's printed multipliers, another program."""

from __future__ import annotations

import contextlib
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

import simeq
from klein import EQUATIONS, IDENTITIES, WEIGHTS
from oracle_reduced import closed_systems, errors, jacobian, plain_of
from simeq import DataError, ReducedForm, SystemEquations

REFERENCE = Path(__file__).parents[1] / "reference" / "gretl_reduced.json"


@pytest.fixture(scope="module")
def model(klein):
    return SystemEquations(EQUATIONS, klein, identities=IDENTITIES)


@pytest.fixture(scope="module")
def result(model):
    return model.fit("3sls")


@pytest.fixture(scope="module")
def reduced(result):
    return result.reduced_form()


# ---------------------------------------------------------------------- Klein's Model I


def test_klein_has_the_printed_impact_multipliers(reduced):
    # 3SLS with Klein's identities, as gretl prints them: five significant digits.
    printed = {
        "consump": [46.727, 0.16399, -0.19585, 1.2915, 0.63465],
        "invest": [27.618, 0.00066652, 0.014501, -0.010048, -0.012718],
        "gnp": [74.346, 0.16466, -0.18135, 1.2815, 1.6219],
    }
    columns = ["Intercept", "trend", "taxes", "govWage", "govExp"]
    for name, values in printed.items():
        np.testing.assert_allclose(reduced.params.loc[name, columns], values, rtol=5e-5)


@pytest.mark.parametrize("method", ["ols", "2sls", "3sls"])
def test_klein_is_gretls_to_its_rounding(klein, method):
    # Two routes through the same algebra; gretl's normal equations leave 1e-11.
    reference = json.loads(REFERENCE.read_text())
    case = next(case for case in reference["cases"] if case["method"] == method)
    columns = [f"{name}Lag" for name in reference["lags"]] + reference["exog"]
    data = klein.assign(capital=klein["capitalLag"] + klein["invest"])
    texts = [*IDENTITIES, "capital = capitalLag + invest"]
    found = SystemEquations(EQUATIONS, data, identities=texts).fit(method).reduced_form().params
    expected = np.array(case["total"])
    size = np.abs(expected).max(axis=0)
    gap = found.loc[reference["endog"], columns].to_numpy() - expected
    assert (np.abs(gap) <= 1e-9 * size).all()


def test_frames_stand_over_endogenous_and_exogenous(reduced):
    rows = ["consump", "invest", "privWage", "gnp", "corpProf", "wages"]
    columns = ["Intercept", "corpProfLag", "capitalLag", "gnpLag", "trend"]
    columns += ["govExp", "taxes", "govWage"]
    for frame in (reduced.params, reduced.bse, reduced.tvalues, reduced.pvalues):
        assert list(frame.index) == rows
        assert list(frame.columns) == columns
    assert list(reduced.structural.index) == rows
    assert list(reduced.structural.columns) == columns
    assert list(reduced.structural_endogenous.columns) == rows
    assert reduced.conf_int().index.names == ["endogenous", "exogenous"]
    assert reduced.conf_int().shape == (48, 2)


def test_structural_frames_hold_the_coefficients_and_the_identities(result, reduced):
    b, direct = result.params, reduced.structural
    assert direct.loc["consump", "corpProfLag"] == b["consumption", "corpProfLag"]
    assert direct.loc["privWage", "Intercept"] == b["private_wages", "Intercept"]
    assert direct.loc["consump", "capitalLag"] == 0.0
    assert direct.loc["corpProf"].to_dict()["taxes"] == -1.0
    among = reduced.structural_endogenous
    assert among.loc["privWage", "gnp"] == b["private_wages", "gnp"]
    assert among.loc["gnp", ["consump", "invest"]].tolist() == [1.0, 1.0]
    # y = A y + C x holds for total effects.
    np.testing.assert_allclose(reduced.params, among @ reduced.params + direct, atol=1e-12)


def test_identities_add_up_in_every_column(reduced):
    pi = reduced.params
    unit = pd.Series(0.0, index=pi.columns)
    for left, weights in WEIGHTS.items():
        parts = sum(
            weight * (pi.loc[name] if name in pi.index else unit.where(unit.index != name, 1.0))
            for name, weight in weights.items()
        )
        np.testing.assert_allclose(pi.loc[left], parts, atol=1e-12)


def test_statistics_follow_from_effects_and_errors(result, reduced):
    z = reduced.params / reduced.bse
    np.testing.assert_allclose(reduced.tvalues, z, rtol=1e-14)
    np.testing.assert_allclose(reduced.pvalues, 2 * stats.norm.sf(np.abs(z)), rtol=1e-12)
    low, high = reduced.conf_int(0.1).loc[("gnp", "govExp")]
    middle, reach = reduced.params.loc["gnp", "govExp"], reduced.bse.loc["gnp", "govExp"]
    assert low == pytest.approx(middle - stats.norm.ppf(0.95) * reach, rel=1e-12)
    assert high == pytest.approx(middle + stats.norm.ppf(0.95) * reach, rel=1e-12)
    frame = reduced.to_frame().loc[("gnp", "govExp")]
    assert frame["structural"] == 1.0
    assert frame["effect"] == middle
    assert frame["std_error"] == reach


def test_students_t_is_the_results(model):
    reduced = model.fit("3sls", use_t=True).reduced_form()
    expected = 2 * stats.t.sf(np.abs(reduced.tvalues), 21 * 3 - 12)
    np.testing.assert_allclose(reduced.pvalues, expected, rtol=1e-11)
    pairs = {"groups": np.arange(21) // 1.5}
    clustered = model.fit("2sls", use_t=True, cov_type="jackknife", cov_kwds=pairs)
    t = clustered.reduced_form().tvalues
    expected = 2 * stats.t.sf(np.abs(t), 13)
    np.testing.assert_allclose(clustered.reduced_form().pvalues, expected, rtol=1e-11)


def test_degrees_of_freedom_by_equation_meet_in_those_of_joint_tests(klein):
    equations = EQUATIONS | {"private_wages": "privWage ~ gnp + trend"}
    found = SystemEquations(equations, klein, identities=IDENTITIES).fit("2sls", like="systemfit")
    reduced = found.reduced_form()
    expected = 2 * stats.t.sf(np.abs(reduced.tvalues), found.df_resid)
    np.testing.assert_allclose(reduced.pvalues, expected, rtol=1e-11)


# ---------------------------------------------------------------------- the oracle


COVARIANCES = [{}, {"cov_type": "HC1"}, {"cov_type": "jackknife"}]


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls"])
@pytest.mark.parametrize("options", COVARIANCES, ids=str)
def test_kleins_errors_are_those_of_numerical_derivatives(model, method, options):
    result = model.fit(method, **options)
    plain = plain_of(model, WEIGHTS)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    reduced = result.reduced_form()
    assert list(reduced.params.index) == plain.variables
    assert list(reduced.params.columns) == plain.columns
    np.testing.assert_allclose(reduced.params, plain.total(b), rtol=1e-9, atol=1e-11)
    expected = errors(jacobian(plain.total, b), cov)
    np.testing.assert_allclose(reduced.bse, expected, rtol=1e-8, atol=1e-12)


@settings(max_examples=50)
@given(closed_systems(), st.sampled_from(["ols", "2sls", "3sls"]))
def test_random_systems_are_the_oracles(closed, method):
    model = closed.model()
    result = model.fit(method)
    plain = closed.plain(model)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    gamma = plain.gamma(b)
    assume(np.linalg.det(np.eye(len(gamma)) - gamma) > 0.01)  # far from singular, no warning
    reduced = result.reduced_form()
    total = plain.total(b)
    size = np.abs(total).max()
    np.testing.assert_allclose(reduced.params, total, rtol=1e-8, atol=1e-10 * size)
    expected = errors(jacobian(plain.total, b), cov)
    np.testing.assert_allclose(reduced.bse, expected, rtol=1e-6, atol=1e-9 * expected.max())
    np.testing.assert_allclose(reduced.gamma, gamma, rtol=1e-10, atol=1e-12)
    shocks = plain.shocks(b)
    omega = shocks @ result.sigma_resid.to_numpy() @ shocks.T
    np.testing.assert_allclose(reduced.sigma, omega, rtol=1e-8, atol=1e-9 * np.abs(omega).max())


def test_effects_do_not_depend_on_the_units_of_the_data(klein, reduced):
    unit = {"consump": 1e-9, "invest": 1e6, "gnp": 1e3, "govExp": 1e-3, "wages": 1e9}
    data = klein.assign(**{name: klein[name] * by for name, by in unit.items()})
    texts = [
        "gnp = 1e12*consump + 1e-3*invest + 1e6*govExp",
        "corpProf = gnp/1e3 - taxes - privWage",
        "wages = 1e9*(privWage + govWage)",
    ]
    found = SystemEquations(EQUATIONS, data, identities=texts).fit("3sls").reduced_form()
    rows = pd.Series(unit).reindex(reduced.params.index, fill_value=1.0)
    columns = pd.Series(unit).reindex(reduced.params.columns, fill_value=1.0)
    for ours, theirs in ((found.params, reduced.params), (found.bse, reduced.bse)):
        back = ours.div(rows, axis=0).mul(columns, axis=1)
        np.testing.assert_allclose(back, theirs, rtol=1e-7)
    for name in ("determinant", "spectral_radius"):
        ours, theirs = getattr(found, name), getattr(reduced, name)
        assert ours.value == pytest.approx(theirs.value, rel=1e-9)
        assert ours.bse == pytest.approx(theirs.bse, rel=1e-7)


def test_effects_do_not_depend_on_where_a_variable_has_its_zero():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(200, 4)), columns=["u1", "u2", "x", "z"])
    first, second = data["x"] + data["u1"], data["z"] + data["u2"]
    data["y"] = (first + 0.5 * second) / 0.85
    data["v"] = (second + 0.3 * first) / 0.85
    data["s"] = data["y"] - data["v"]
    shifted = data.assign(y=data["y"] + 1e8, s=data["s"] + 1e8)
    here, there = (
        SystemEquations(["y ~ v + x", "v ~ s + z"], frame, identities="s = y - v")
        .fit("3sls")
        .reduced_form()
        for frame in (data, shifted)
    )
    # Beside its mean y keeps eight of its sixteen digits.
    for name in ("params", "bse"):
        expected = getattr(here, name)[["x", "z"]]
        np.testing.assert_allclose(getattr(there, name)[["x", "z"]], expected, rtol=1e-5, atol=1e-6)
    assert there.determinant.value == pytest.approx(here.determinant.value, rel=1e-5)


def test_a_sum_that_is_constant_in_the_sample_hides_no_effect():
    rng = np.random.default_rng(4)
    data = pd.DataFrame(rng.normal(size=(80, 4)), columns=["a", "x", "z", "w"])
    data["a"] += 0.3 * data["x"]
    data["b"] = 1.0 - data["a"]
    equations = ["a ~ x + z", "b ~ x + w"]
    plain = SystemEquations(equations, data).fit("ols").reduced_form()
    data["t"] = data["a"] + data["b"]
    found = SystemEquations(equations, data, identities="t = a + b").fit("ols").reduced_form()
    np.testing.assert_allclose(found.params.loc[["a", "b"]], plain.params, rtol=1e-12)
    np.testing.assert_allclose(found.params.loc["t"], plain.params.sum(), rtol=1e-12)


# ---------------------------------------------------------------------- theorems


@pytest.mark.parametrize("method", ["ols", "2sls"])
def test_one_equation_is_its_own_reduced_form(klein, method):
    instruments = "~ taxes + govExp + trend" if method == "2sls" else None
    formula = "consump ~ taxes + govExp + trend"
    warned = pytest.warns(simeq.SimeqWarning, match="without an endogenous regressor")
    with warned if instruments else contextlib.nullcontext():
        result = SystemEquations([formula], klein, instruments=instruments).fit(method, use_t=True)
    reduced = result.reduced_form()
    for ours, theirs in (
        (reduced.params, result.params),
        (reduced.bse, result.bse),
        (reduced.pvalues, result.pvalues),
    ):
        np.testing.assert_allclose(ours.loc["consump"], theirs["consump"], rtol=1e-12)
    np.testing.assert_allclose(reduced.conf_int(), result.conf_int(), rtol=1e-12)


def exactly_identified(g: int, seed: int, n: int = 120) -> tuple[pd.DataFrame, list[str]]:
    """Each equation has all other dependents, a constant and one exogenous regressor of its own."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, g)) + 1.0
    gamma = rng.uniform(-0.4, 0.4, (g, g)) * (1 - np.eye(g)) / g
    u = rng.normal(size=(n, g)) @ rng.normal(size=(g, g))
    y = (1.0 + 2.0 * x + u) @ np.linalg.inv(np.eye(g) - gamma).T
    names = [f"y{i}" for i in range(g)] + [f"x{i}" for i in range(g)]
    lefts = names[:g]
    equations = [
        f"y{i} ~ {' + '.join([*(name for name in lefts if name != f'y{i}'), f'x{i}'])}"
        for i in range(g)
    ]
    return pd.DataFrame(np.hstack([y, x]), columns=names), equations


@settings(max_examples=40)
@pytest.mark.parametrize("options", [{}, {"cov_type": "HC0"}, {"cov_type": "cluster"}], ids=str)
@given(st.integers(2, 5), st.integers(0, 10_000))
def test_exactly_identified_systems_reduce_to_least_squares_on_all_columns(options, g, seed):
    # Indirect least squares: not only coefficients but covariances agree, V(Π) = Ω⊗(X'X)⁻¹.
    data, equations = exactly_identified(g, seed)
    if options.get("cov_type") == "cluster":
        kinds = {"groups": np.arange(len(data)) // 2, "use_correction": False}
        options = options | {"cov_kwds": kinds}
    structural = SystemEquations(equations, data).fit("2sls", **options)
    right = " + ".join(f"x{i}" for i in range(g))
    direct = SystemEquations([f"y{i} ~ {right}" for i in range(g)], data).fit("ols", **options)
    gamma = plain_of(structural.model, {}).gamma(structural.params.to_numpy())
    assume(np.linalg.cond(np.eye(g) - gamma) < 1e3)
    assume(np.linalg.det(np.eye(g) - gamma) > 0.0)
    reduced = structural.reduced_form()
    columns = direct.params["y0"].index
    for ours, theirs in ((reduced.params, direct.params), (reduced.bse, direct.bse)):
        expected = theirs.unstack()[columns]
        np.testing.assert_allclose(ours[columns], expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(reduced.sigma, direct.sigma_resid, rtol=1e-7, atol=1e-9)


def test_what_no_path_carries_is_zero_and_known():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(80, 6)), columns=["y1", "y2", "y3", "x1", "x2", "x3"])
    model = SystemEquations(["y3 ~ y2 + x3", "y1 ~ x1", "y2 ~ y1 + x2"], data)
    reduced = model.fit("2sls").reduced_form()
    for name, columns in {"y1": ["x2", "x3"], "y2": ["x3"]}.items():
        assert (reduced.params.loc[name, columns] == 0.0).all()
        assert (reduced.bse.loc[name, columns] == 0.0).all()
        assert reduced.pvalues.loc[name, columns].isna().all()
    assert reduced.params.loc["y3", "x1"] == pytest.approx(
        reduced.structural_endogenous.loc["y3", "y2"]
        * reduced.structural_endogenous.loc["y2", "y1"]
        * reduced.structural.loc["y1", "x1"]
    )
    assert (reduced.spectral_radius.value, reduced.spectral_radius.bse) == (0.0, 0.0)
    assert (reduced.determinant.value, reduced.determinant.bse) == (1.0, 0.0)
    assert "Feedback" not in str(reduced)


def test_what_constraints_fix_has_no_error(model):
    fixed = ", ".join(
        f"[{label}]{name} = {value}"
        for label, name, value in [
            ("consumption", "corpProf", 0.1),
            ("consumption", "wages", 0.8),
            ("investment", "corpProf", 0.2),
            ("private_wages", "gnp", 0.4),
        ]
    )
    for options in ({}, {"cov_type": "bootstrap", "cov_kwds": {"n_boot": 20, "seed": 0}}):
        reduced = model.fit("3sls", constraints=fixed, **options).reduced_form()
        assert (reduced.bse[["govExp", "taxes", "govWage"]] == 0.0).all(axis=None)
        assert (reduced.bse[["trend", "Intercept"]] > 0.0).all(axis=None)
        assert (reduced.determinant.bse, reduced.spectral_radius.bse) == (0.0, 0.0)


# ---------------------------------------------------------------------- bootstrap


@pytest.fixture(scope="module")
def drawn(model):
    return model.fit("2sls", cov_type="bootstrap", cov_kwds={"n_boot": 60, "seed": 3})


def test_bootstrap_errors_are_those_of_each_draw_solved(drawn):
    plain = plain_of(drawn.model, WEIGHTS)
    totals = np.array([plain.total(b) for b in drawn.bootstrap.params.to_numpy()])
    reduced = drawn.reduced_form()
    np.testing.assert_allclose(reduced.bse, totals.std(axis=0, ddof=1), rtol=1e-8)
    np.testing.assert_allclose(reduced.total.numbers.draws, totals, rtol=1e-7, atol=1e-9)
    low, high = np.quantile(totals, [0.025, 0.975], axis=0)
    middle = plain.total(drawn.params.to_numpy())
    percentile, basic = reduced.conf_int(), reduced.conf_int(kind="basic")
    np.testing.assert_allclose(percentile["lower"], low.ravel(), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(percentile["upper"], high.ravel(), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(basic["lower"], (2 * middle - high).ravel(), rtol=1e-6, atol=1e-8)
    normal = reduced.conf_int(kind="normal")
    np.testing.assert_allclose(
        normal["upper"] - normal["lower"],
        2 * stats.norm.ppf(0.975) * reduced.bse.to_numpy().ravel(),
        rtol=1e-10,
    )
    assert "60 draws" in str(reduced)


def test_delta_errors_may_be_asked_for_beside_draws(drawn):
    reduced = drawn.reduced_form(errors="delta")
    plain = plain_of(drawn.model, WEIGHTS)
    b, cov = drawn.params.to_numpy(), drawn.cov_params().to_numpy()
    np.testing.assert_allclose(reduced.bse, errors(jacobian(plain.total, b), cov), rtol=1e-8)
    with pytest.raises(DataError, match="needs draws: fit with cov_type='bootstrap'"):
        reduced.conf_int(kind="percentile")


def test_failed_draws_are_left_out(drawn):
    other = pickle.loads(pickle.dumps(drawn))
    other.bootstrap.values[[0, 7]] = np.nan
    kept = drawn.bootstrap.params.drop(index=[0, 7]).to_numpy()
    plain = plain_of(drawn.model, WEIGHTS)
    totals = np.array([plain.total(b) for b in kept])
    reduced = other.reduced_form()
    np.testing.assert_allclose(reduced.bse, totals.std(axis=0, ddof=1), rtol=1e-8)
    assert "58 draws, 2 failed" in str(reduced)


def test_a_coefficient_without_an_error_spreads_no_further_than_it_reaches(states):
    equations = {
        "output": "np.log(gsp) ~ np.log(pc) + np.log(emp) + unemp + C(state)",
        "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util) + unemp",
    }
    few = states[states["state"].isin(states["state"].unique()[:12])]
    model = SystemEquations(equations, few, exog="np.log(water)")
    for kind, options in (("jackknife", {}), ("bootstrap", {"n_boot": 30, "seed": 1})):
        result = model.fit("2sls", cov_type=kind, cov_kwds={"groups": "state", **options})
        gone = result.bse[result.bse.isna()].index
        assert len(gone) == 12
        reduced = result.reduced_form()
        slopes = ["np.log(pc)", "np.log(emp)", "unemp", "np.log(util)"]
        assert (reduced.bse.loc["np.log(hwy)", slopes] > 0.0).all()
        assert reduced.bse.drop(columns=slopes).isna().all(axis=None)
        assert (reduced.bse.loc["np.log(gsp)", "np.log(util)"], reduced.determinant.bse) == (0, 0)
        bounds = reduced.conf_int().loc["np.log(hwy)"]
        assert bounds.loc[slopes].notna().all(axis=None)
        assert bounds.drop(index=slopes).isna().all(axis=None)


def test_draws_must_be_there_to_be_used(result):
    with pytest.raises(DataError, match="hold no bootstrap; fit with cov_type='bootstrap'"):
        result.reduced_form(errors="bootstrap")
    with pytest.raises(simeq.SimeqError, match="Unknown kind of errors 'boot'"):
        result.reduced_form(errors="boot")
    with pytest.raises(DataError, match="alpha"):
        result.reduced_form().conf_int(5)
    with pytest.raises(simeq.SimeqError, match="Unknown kind of interval 'studentised'"):
        result.reduced_form().conf_int(kind="studentised")


# ---------------------------------------------------------------------- forms, saving, print


def test_forms_of_a_system_have_reduced_forms(model, klein):
    dropped = model.fit_dropping("trend", method="2sls")
    for name, result in dropped.results.items():
        assert isinstance(result.reduced_form(), ReducedForm)
        assert ("trend" in result.reduced_form().params.columns) == (name is None)
    smaller = EQUATIONS | {"private_wages": "privWage ~ gnp + gnpLag"}
    instruments = "~ govExp + taxes + govWage + capitalLag + corpProfLag + gnpLag"
    expected = SystemEquations(smaller, klein, instruments=instruments, identities=IDENTITIES)
    pd.testing.assert_frame_equal(
        dropped.results["trend"].reduced_form().bse,
        expected.fit("2sls").reduced_form().bse,
        rtol=1e-8,
    )


def test_a_control_that_an_identity_keeps_is_still_exogenous(model):
    result = model.fit_dropping("taxes", method="ols").results["taxes"]
    assert "taxes" not in result.model.instrument_names["consumption"]
    assert result.reduced_form().structural.loc["corpProf", "taxes"] == -1.0


def test_groups_of_rows_have_reduced_forms(states):
    data = states.assign(
        lgsp=np.log(states["gsp"]),
        lhwy=np.log(states["hwy"]),
        both=np.log(states["gsp"]) + np.log(states["hwy"]),
    )
    model = SystemEquations(
        {
            "output": "lgsp ~ np.log(pc) + np.log(emp) + lhwy",
            "roads": "lhwy ~ lgsp + np.log(util) + unemp",
        },
        data,
        identities="both = lgsp + lhwy",
    )
    groups = model.fit_by("region", "2sls")
    own = states["region"] == 3
    alone = SystemEquations(
        model.equations,
        data[own],
        identities="both = lgsp + lhwy",
    )
    found, expected = groups.results[3].reduced_form(), alone.fit("2sls").reduced_form()
    pd.testing.assert_frame_equal(found.params, expected.params, rtol=1e-7)
    pd.testing.assert_frame_equal(found.bse, expected.bse, rtol=1e-6)


def test_loaded_results_have_the_same_reduced_form(result, drawn, reduced, tmp_path):
    result.save(tmp_path / "klein")
    pd.testing.assert_frame_equal(
        simeq.load(tmp_path / "klein").reduced_form().to_frame(), reduced.to_frame()
    )
    drawn.save(tmp_path / "drawn")
    loaded = simeq.load(tmp_path / "drawn").reduced_form()
    pd.testing.assert_frame_equal(loaded.to_frame(), drawn.reduced_form().to_frame())
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(reduced)).bse, reduced.bse)


def test_summary_names_the_covariance_of_the_coefficients(model):
    text = " ".join(str(model.fit("3sls", cov_type="HC1").reduced_form()).split())
    assert "delta method; covariance of coefficients: heteroskedasticity" in text
    assert "sandwich across equations, HC1." in text


def test_summary_sets_direct_beside_total_effects(reduced):
    text = str(reduced)
    assert text.splitlines()[0] == "Reduced form: Three-stage least squares"
    assert (text.splitlines()[2].split()) == [
        "structural",
        "total",
        "std",
        "err",
        "P>|z|",
        "[0.025",
        "0.975]",
    ]
    block = text.split("\nconsump\n")[1].split("-----")[0]
    assert "  corpProfLag          0.1631    0.7463   0.1254  0.000   0.5006    0.9920\n" in block
    assert "  govExp                         0.6347   0.2140  0.003   0.2152    1.0541\n" in block
    assert "  wages                0.7901\n" in block
    assert "invest" not in block
    assert "Standard errors: delta method." in text
    summary = reduced.summary(0.1)
    assert "[0.05" in summary.to_text()
    assert "<table" in reduced._repr_html_()
    assert "tabular" in summary.to_latex()
    assert "| structural |" in summary.to_markdown()
    assert repr(reduced) == (
        "<ReducedForm: three-stage least squares, 6 endogenous variables, 8 exogenous>"
    )
    assert repr(reduced.total) == "<Effects: total effects, 6 variables by 8 columns>"


def test_long_names_are_explained_beneath():
    rng = np.random.default_rng(5)
    data = pd.DataFrame(rng.normal(size=(40, 3)), columns=["y", "x", "a_column_with_a_long_name"])
    reduced = SystemEquations(["y ~ x + a_column_with_a_long_name"], data).fit("ols").reduced_form()
    assert "a_column_…_long_name = a_column_with_a_long_name" in str(reduced)
