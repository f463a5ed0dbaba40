"""Identities of the theory, which need nobody's permission and nobody's numbers."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linearmodels.iv import IV2SLS
from statsmodels.regression.linear_model import OLS

from klein import INSTRUMENTS
from oracle import METHODS, System, convergent, systems
from simeq import SystemEquations
from simeq.design.design import compress
from simeq.errors import RankWarning, SimeqWarning
from simeq.estimation.system import System as OnFactor
from simeq.linalg.triangle import Factor, RowPart, accumulate, factorize
from simeq.results.system import SystemResults

#: Two routes through the same algebra on well-conditioned columns.
TOL = 1e-10

ONE_STEP = ["ols", "wls", "sur", "2sls", "w2sls", "3sls"]


def assert_same(found: SystemResults, expected: SystemResults, tol: float = TOL) -> None:
    """Coefficients in standard errors, covariances in theirs, whatever the order of names."""
    names = list(expected.params.index)
    se = expected.bse.to_numpy()
    assert sorted(found.params.index) == sorted(names)
    assert np.abs((found.params[names] - expected.params) / se).max() <= tol
    cov = found.cov_params().loc[names, names] - expected.cov_params()
    assert np.abs(cov / np.outer(se, se)).max(axis=None) <= tol


# ------------------------------------------------------------------ when estimators coincide


@given(system=systems(exactly_identified=True))
@settings(max_examples=20)
def test_exactly_identified_three_stage_is_two_stage_also_with_differing_instruments(system):
    model = system.model()
    three, two = model.fit("3sls"), model.fit("2sls")
    # X'Z is square: the weights cancel, and the full sandwich of 2SLS is 3SLS's covariance.
    assert_same(three, two, 1e-9)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_exactly_identified_three_stage_is_two_stage_with_common_instruments(seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(60, 3))
    u = rng.normal(size=(60, 2)) @ [[1.0, 0.5], [0.0, 1.0]]
    y = (z @ [[1.0, 0.5], [1.5, 0.0], [0.0, -1.5]] + u) @ np.linalg.inv([[1, -0.3], [0.4, 1]])
    frame = pd.DataFrame(np.hstack([y, z]), columns=["y0", "y1", "a", "b", "c"])
    model = SystemEquations(
        {"first": "y0 ~ y1 + a + b", "second": "y1 ~ y0 + a + c"}, frame, instruments="~ a + b + c"
    )
    assert_same(model.fit("3sls"), model.fit("2sls"), 1e-9)


@given(seed=st.integers(0, 2**32 - 1), g=st.integers(2, 5))
@settings(max_examples=10)
def test_with_the_same_regressors_sur_is_ols(seed, g):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(50, 3))
    y = rng.normal(size=(50, g)) @ rng.normal(size=(g, g)) + x @ rng.normal(size=(3, g))
    names = [f"y{i}" for i in range(g)]
    frame = pd.DataFrame(np.hstack([y, x]), columns=[*names, "a", "b", "c"])
    model = SystemEquations([f"{name} ~ a + b + c" for name in names], frame)
    # Σ⊗(X'X)⁻¹ for both; random mixes of five errors may be nearly singular, hence 1e-8.
    assert_same(model.fit("sur"), model.fit("ols"), 1e-8)
    assert_same(model.fit("isur"), model.fit("ols"), 1e-8)


def test_with_the_same_regressors_and_instruments_three_stage_is_two_stage(klein):
    model = SystemEquations(
        {"consumption": "consump ~ corpProf + wages", "investment": "invest ~ corpProf + wages"},
        klein,
        instruments=INSTRUMENTS,
    )
    assert_same(model.fit("3sls"), model.fit("2sls"))


def orthogonal_errors(seed: int) -> tuple[pd.DataFrame, dict[str, str], str]:
    """Errors orthogonal to the instruments and to each other, and regressors that hold them."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(60, 5))
    q, _ = np.linalg.qr(np.column_stack([np.ones(60), z, rng.normal(size=(60, 3))]))
    u = q[:, 6:] * [1.0, 2.0, 5.0]
    x = z @ rng.normal(size=(5, 3)) + 0.1 * rng.normal(size=(60, 3)) + 2.0 * u
    y = 1.0 + x * [1.0, -1.0, 0.5] + z[:, :3] + u
    columns = [*"abcde", "x0", "x1", "x2", "y0", "y1", "y2"]
    frame = pd.DataFrame(np.hstack([z, x, y]), columns=columns)
    formulas = {f"eq{i}": f"y{i} ~ x{i} + {'abc'[i]}" for i in range(3)}
    return frame, formulas, "~ a + b + c + d + e"


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_with_a_diagonal_sigma_three_stage_is_two_stage_and_weights_do_not_matter(seed):
    frame, formulas, instruments = orthogonal_errors(seed)
    model = SystemEquations(formulas, frame, instruments=instruments)
    two, three = model.fit("2sls"), model.fit("3sls")
    size = np.sqrt(np.diag(two.sigma))
    off = two.sigma.to_numpy() / np.outer(size, size) - np.eye(3)
    assert np.abs(off).max() < 1e-12  # orthogonal by construction
    assert_same(three, two)
    assert_same(model.fit("w2sls"), two)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_with_a_diagonal_sigma_sur_is_ols(seed):
    frame, _, _ = orthogonal_errors(seed)
    for i, slope in enumerate([1.0, -1.0, 0.5]):
        frame[f"y{i}"] -= slope * frame[f"x{i}"]  # y_i = 1 + z_i + u_i, and u_i is its residual
    model = SystemEquations([f"y{i} ~ {' + '.join('abc'[: i + 1])}" for i in range(3)], frame)
    ols = model.fit("ols")
    size = np.sqrt(np.diag(ols.sigma))
    assert np.abs(ols.sigma.to_numpy() / np.outer(size, size) - np.eye(3)).max() < 1e-12
    assert_same(model.fit("sur"), ols)
    assert_same(model.fit("wls"), ols)


@given(system=systems())
@settings(max_examples=10)
def test_without_constraints_across_equations_weights_do_not_move_least_squares(system):
    model = system.model()
    assert_same(model.fit("wls"), model.fit("ols"))
    assert_same(model.fit("w2sls"), model.fit("2sls"))


@given(data=st.data())
@settings(max_examples=10)
def test_when_every_regressor_is_an_instrument_three_stage_is_sur(data):
    system = data.draw(convergent("isur", max_equations=4, differing=False))
    model = system.model()
    with pytest.warns(SimeqWarning, match="without an endogenous regressor"):
        assert_same(model.fit("3sls"), model.fit("sur"))
    with pytest.warns(SimeqWarning, match="without an endogenous regressor"):
        assert_same(model.fit("2sls"), model.fit("ols"))


@given(data=st.data())
@settings(max_examples=8)
def test_each_step_towards_full_sigma_raises_the_likelihood(data):
    model = data.draw(convergent("isur", max_equations=4)).model()
    ols, sur, isur = (model.fit(method).llf for method in ("ols", "sur", "isur"))
    # OLS minimises each variance, not |Σ|; iterated SUR maximises the likelihood.
    assert isur >= sur - 1e-9
    assert isur >= ols - 1e-9


# ------------------------------------------------------------------ one equation


@pytest.mark.parametrize("right", ["corpProf + corpProfLag + wages", "0 + corpProf + wages"])
def test_one_equation_is_statsmodels_ols(klein, right):
    found = SystemEquations({"consumption": f"consump ~ {right}"}, klein).fit(
        "ols", sigma_dof="geomean", use_t=True
    )
    theirs = OLS.from_formula(f"consump ~ {right}", klein).fit()
    np.testing.assert_allclose(found.params, theirs.params, rtol=TOL)
    np.testing.assert_allclose(found.bse, theirs.bse, rtol=TOL)
    np.testing.assert_allclose(found.cov_params(), theirs.cov_params(), rtol=1e-9)
    # Relative precision of a tail probability: t² times that of t.
    np.testing.assert_allclose(found.pvalues, theirs.pvalues, rtol=1e-7)
    np.testing.assert_allclose(found.conf_int(), theirs.conf_int(), rtol=1e-9)
    assert found.llf == pytest.approx(theirs.llf, rel=1e-12)
    assert found.rsquared["consumption"] == pytest.approx(theirs.rsquared, rel=1e-12)
    assert found.rsquared_adj["consumption"] == pytest.approx(theirs.rsquared_adj, rel=1e-12)
    assert found.df_resid == theirs.df_resid
    # statsmodels does not count the variance among the parameters.
    assert found.aic == pytest.approx(theirs.aic + 2, rel=1e-12)
    assert found.bic == pytest.approx(theirs.bic + np.log(21), rel=1e-12)


def test_one_equation_s_joint_test_is_statsmodels_f_test(klein):
    model = SystemEquations({"c": "consump ~ corpProf + corpProfLag + wages"}, klein)
    found = model.fit("ols", sigma_dof="geomean", use_t=True)
    theirs = OLS.from_formula("consump ~ corpProf + corpProfLag + wages", klein).fit()
    ours = found.f_test("[c]corpProf = [c]corpProfLag, [c]wages = 0.8")
    expected = theirs.f_test("corpProf = corpProfLag, wages = 0.8")
    assert float(ours.fvalue) == pytest.approx(float(expected.fvalue), rel=1e-9)
    assert float(ours.pvalue) == pytest.approx(float(expected.pvalue), rel=1e-8)


@pytest.mark.parametrize(("sigma_dof", "debiased"), [("none", False), ("geomean", True)])
def test_one_equation_is_linearmodels_iv2sls(klein, sigma_dof, debiased):
    model = SystemEquations(
        {"c": "consump ~ corpProf + corpProfLag + wages"}, klein, instruments=INSTRUMENTS
    )
    found = model.fit("2sls", sigma_dof=sigma_dof)
    constant = klein.assign(one=1.0)
    theirs = IV2SLS(
        constant["consump"],
        constant[["one", "corpProfLag"]],
        constant[["corpProf", "wages"]],
        constant[["govExp", "taxes", "govWage", "trend", "capitalLag", "gnpLag"]],
    ).fit(cov_type="unadjusted", debiased=debiased)
    order = ["one", "corpProf", "corpProfLag", "wages"]
    # linearmodels forms inner products: nine digits are left on these columns.
    np.testing.assert_allclose(found.params, theirs.params[order], rtol=1e-9)
    np.testing.assert_allclose(found.bse, theirs.std_errors[order], rtol=1e-9)


def test_one_equation_alone_has_nothing_to_weigh(klein):
    model = SystemEquations(
        {"c": "consump ~ corpProf + corpProfLag + wages"}, klein, instruments=INSTRUMENTS
    )
    for full, plain in [("sur", "ols"), ("isur", "ols"), ("3sls", "2sls"), ("i3sls", "2sls")]:
        assert_same(model.fit(full), model.fit(plain))


# ------------------------------------------------------------------ constraints


@pytest.mark.parametrize("method", ["ols", "wls", "2sls", "w2sls"])
def test_a_constraint_that_the_estimate_meets_does_not_move_it(klein_model, method):
    free = klein_model.fit(method)
    r = np.zeros((1, 12))
    r[0, [1, 5]] = 1.0, -1.0
    bound = klein_model.fit(method, constraints=(r, r @ free.params.to_numpy()))
    assert np.abs((bound.params - free.params) / free.bse).max() <= TOL


@pytest.mark.parametrize(("method", "first"), [("sur", "ols"), ("3sls", "2sls")])
def test_a_constraint_that_both_steps_meet_moves_neither(klein_model, method, first):
    """Orthogonal to the way from the first step to the second: Σ stays what it was."""
    free = klein_model.fit(method).params.to_numpy()
    way = free - klein_model.fit(first).params.to_numpy()
    r = np.zeros((1, 12))
    r[0, [1, 5]] = way[5], -way[1]
    result = klein_model.fit(method, constraints=(r, r @ free))
    assert np.abs((result.params - free) / klein_model.fit(method).bse).max() <= TOL


@pytest.mark.parametrize("method", METHODS)
def test_a_coefficient_of_zero_is_a_column_left_out(klein, klein_model, method):
    bound = klein_model.fit(method, constraints="[private_wages]gnpLag = 0")
    formulas = klein_model.equations | {"private_wages": "privWage ~ gnp + trend"}
    smaller = SystemEquations(formulas, klein, instruments=INSTRUMENTS).fit(method)
    kept = list(smaller.params.index)
    # Iterated forms stop at 1e-10 of γ in coordinates that differ.
    tol = 1e-7 if method.startswith("i") else TOL
    assert np.abs((bound.params[kept] - smaller.params) / smaller.bse).max() <= tol
    np.testing.assert_allclose(bound.bse[kept], smaller.bse, rtol=tol)
    assert bound.params["private_wages", "gnpLag"] == pytest.approx(0, abs=1e-14)
    assert bound.bse["private_wages", "gnpLag"] == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_a_given_coefficient_is_a_column_moved_to_the_left(klein, klein_model, method):
    bound = klein_model.fit(method, constraints="[consumption]wages = 0.8")
    frame = klein.assign(rest=klein["consump"] - 0.8 * klein["wages"])
    formulas = klein_model.equations | {"consumption": "rest ~ corpProf + corpProfLag"}
    moved = SystemEquations(formulas, frame, instruments=INSTRUMENTS).fit(method)
    kept = list(moved.params.index)
    tol = 1e-7 if method.startswith("i") else TOL
    assert np.abs((bound.params[kept] - moved.params) / moved.bse).max() <= tol
    np.testing.assert_allclose(bound.bse[kept], moved.bse, rtol=tol)


def test_equal_coefficients_are_a_sum_of_columns(klein, klein_model):
    bound = klein_model.fit("3sls", constraints="[private_wages]gnp = [private_wages]gnpLag")
    formulas = klein_model.equations | {"private_wages": "privWage ~ both + trend"}
    frame = klein.assign(both=klein["gnp"] + klein["gnpLag"])
    summed = SystemEquations(formulas, frame, instruments=INSTRUMENTS).fit("3sls")
    found = bound.params["private_wages", "gnp"]
    assert found == pytest.approx(summed.params["private_wages", "both"], rel=TOL)
    assert bound.llf == pytest.approx(summed.llf, rel=TOL)


# ------------------------------------------------------------------ units and orders


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
@pytest.mark.parametrize("method", METHODS)
def test_coefficients_follow_the_units_of_columns(klein, klein_model, method, seed):
    """Units may be binary or not, over twelve powers of ten."""
    rng = np.random.default_rng(seed)
    unit = pd.Series(10.0 ** rng.uniform(-6, 6, size=klein.shape[1]), index=klein.columns)
    left = {"consumption": "consump", "investment": "invest", "private_wages": "privWage"}
    scaled = SystemEquations(klein_model.equations, klein * unit, instruments=INSTRUMENTS)
    plain, found = klein_model.fit(method), scaled.fit(method)
    ratio = np.array(
        [unit.get(term, 1.0) / unit[left[equation]] for equation, term in plain.params.index]
    )
    # Ten digits through QR; iterated forms may end one step apart at a tolerance of 1e-10.
    tol = 1e-7 if method.startswith("i") else 1e-9
    assert np.abs((found.params * ratio - plain.params) / plain.bse).max() <= tol
    np.testing.assert_allclose(found.bse * ratio, plain.bse, rtol=tol)
    np.testing.assert_allclose(found.rsquared, plain.rsquared, rtol=tol)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_order_of_rows_does_not_matter(klein, klein_model, method, seed):
    shuffled = SystemEquations(
        klein_model.equations,
        klein.sample(frac=1.0, random_state=seed),
        instruments=INSTRUMENTS,
    )
    tol = 1e-8 if method.startswith("i") else TOL
    assert_same(shuffled.fit(method), klein_model.fit(method), tol)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_columns_in_data_formulas_and_instruments_does_not_matter(
    klein, klein_model, method
):
    turned = SystemEquations(
        {
            "consumption": "consump ~ wages + corpProfLag + corpProf",
            "investment": "invest ~ capitalLag + corpProf + corpProfLag",
            "private_wages": "privWage ~ trend + gnp + gnpLag",
        },
        klein[klein.columns[::-1]],
        instruments="~ gnpLag + corpProfLag + capitalLag + trend + govWage + taxes + govExp",
    )
    tol = 1e-8 if method.startswith("i") else TOL
    assert_same(turned.fit(method), klein_model.fit(method), tol)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("turn", [1, 2])
def test_the_order_of_equations_does_not_matter(klein, klein_model, method, turn):
    items = list(klein_model.equations.items())
    turned = SystemEquations(dict(items[turn:] + items[:turn]), klein, instruments=INSTRUMENTS).fit(
        method
    )
    plain = klein_model.fit(method)
    assert_same(turned, plain, 1e-8 if method.startswith("i") else TOL)
    labels = list(plain.sigma.index)
    np.testing.assert_allclose(turned.sigma.loc[labels, labels], plain.sigma, rtol=1e-8)


@given(system=systems(max_equations=4, differing=True))
@settings(max_examples=10)
def test_the_order_of_equations_does_not_matter_with_differing_instruments(system):
    turned = System(system.frame, system.left[::-1], system.right[::-1], system.lists[::-1])
    plain, found = system.model().fit("3sls"), turned.model().fit("3sls")
    names = dict(zip(turned.labels, system.labels[::-1], strict=True))
    back = found.params.rename(index=names, level=0)[list(plain.params.index)]
    assert np.abs((back - plain.params) / plain.bse).max() <= TOL


@given(system=systems(max_equations=4, differing=True), seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_instruments_matter_by_their_span_alone(system, seed):
    """Any invertible mix of an equation's instruments gives the same GMM-form estimate."""
    rng = np.random.default_rng(seed)
    frame, lists = system.frame.copy(), []
    for i, own in enumerate(system.lists):
        names = [name for name in own if name != "1"]
        mix = np.eye(len(names)) + 0.3 * np.triu(rng.normal(size=(len(names),) * 2), 1)
        mixed = [f"m{i}_{j}" for j in range(len(names))]
        frame[mixed] = frame[names].to_numpy() @ mix
        lists.append((*(["1"] if "1" in own else []), *mixed))
    other = System(frame, system.left, system.right, tuple(lists))
    assert_same(other.model().fit("3sls"), system.model().fit("3sls"), 1e-9)


def test_the_same_instruments_in_another_order_are_common_instruments(klein, klein_model):
    """Neither form is then inconsistent, so there is nothing to warn of (warnings are errors)."""
    turned = "~ gnpLag + corpProfLag + capitalLag + trend + govWage + taxes + govExp"
    lists = [INSTRUMENTS, turned, INSTRUMENTS]
    model = SystemEquations(
        klein_model.equations,
        klein,
        instruments=dict(zip(klein_model.labels, lists, strict=True)),
    )
    for form in ("gmm", "gls"):
        assert_same(model.fit("3sls", form=form), klein_model.fit("3sls"))


def test_a_repeated_instrument_is_set_aside_by_name_and_changes_nothing(klein, klein_model):
    frame = klein.assign(spending=2.0 * klein["govExp"] + klein["taxes"])
    model = SystemEquations(klein_model.equations, frame, instruments=f"{INSTRUMENTS} + spending")
    with pytest.warns(RankWarning, match="spending is redundant"):
        found = model.fit("3sls")
    assert_same(found, klein_model.fit("3sls"))


# ------------------------------------------------------------------ consistency


@pytest.fixture(scope="module")
def valid_by_equation() -> SystemEquations:
    """Instruments valid in their own equation; the first equation's move the second's error.

    u₂ = .7u₁ + e. The first equation's instruments a, b hold e, which u₁ does not; both true
    slopes are one.
    """
    rng = np.random.default_rng(20240229)
    n = 400_000
    u1, e, a, b, c, d, v1, v2 = rng.normal(size=(8, n))
    u2 = 0.7 * u1 + e
    a, b = a + e, b + 0.5 * e
    x1 = a + b + u1 + v1
    x2 = c + d + u2 + v2
    columns = {"y1": x1 + u1, "y2": x2 + u2, "x1": x1, "x2": x2, "a": a, "b": b, "c": c, "d": d}
    return SystemEquations(
        {"first": "y1 ~ x1", "second": "y2 ~ x2"},
        pd.DataFrame(columns),
        instruments={"first": "~ a + b", "second": "~ c + d"},
    )


def test_the_gmm_form_is_consistent_where_instruments_are_valid_in_their_own_equation_only(
    valid_by_equation,
):
    found = valid_by_equation.fit("3sls").params
    # Standard errors are .0009 or less at n = 400,000: five of them.
    assert found["first", "x1"] == pytest.approx(1.0, abs=0.005)
    assert found["second", "x2"] == pytest.approx(1.0, abs=0.005)


def test_the_gls_form_is_not_consistent_there_and_warns(valid_by_equation):
    with pytest.warns(SimeqWarning, match="inconsistent"):
        found = valid_by_equation.fit("3sls", form="gls").params
    # Its probability limit is far away: hundreds of standard errors.
    assert abs(found["first", "x1"] - 1.0) > 0.1


# ------------------------------------------------------------------ repetition, parts and blocks


@pytest.mark.parametrize("method", METHODS)
def test_the_same_input_gives_the_same_bits(klein, klein_model, method):
    again = SystemEquations(klein_model.equations, klein, instruments=INSTRUMENTS)
    one, two, three = klein_model.fit(method), klein_model.fit(method), again.fit(method)
    for other in (two, three):
        assert one.params.to_numpy().tobytes() == other.params.to_numpy().tobytes()
        assert one.cov_params().to_numpy().tobytes() == other.cov_params().to_numpy().tobytes()
        assert one.sigma.to_numpy().tobytes() == other.sigma.to_numpy().tobytes()


def test_one_fit_leaves_nothing_behind_for_the_next(klein, klein_model):
    fresh = SystemEquations(klein_model.equations, klein, instruments=INSTRUMENTS)
    fresh.fit("i3sls", constraints="[private_wages]gnp = 0.45", sigma_dof="geomean")
    fresh.fit("sur", like="systemfit")
    one, two = fresh.fit("3sls"), klein_model.fit("3sls")
    assert one.params.to_numpy().tobytes() == two.params.to_numpy().tobytes()
    assert one.bse.to_numpy().tobytes() == two.bse.to_numpy().tobytes()


def test_the_input_frame_is_never_changed(states):
    frame = states.copy(deep=True)
    frame.loc[3, "gsp"] = np.nan
    frame["unemp"] = frame["unemp"].astype("Float64")
    frame["state"] = frame["state"].astype("category")
    before = frame.copy(deep=True)
    result = SystemEquations(
        {
            "output": "np.log(gsp) ~ np.log(pcap) + np.log(emp) + unemp + C(year)",
            "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util)",
        },
        frame,
    ).fit("3sls")
    result.summary()
    result.predict(frame)
    pd.testing.assert_frame_equal(frame, before, check_exact=True)
    assert (frame.dtypes == before.dtypes).all()


def test_the_input_mapping_and_its_arrays_are_never_changed(klein):
    arrays = {name: klein[name].to_numpy().copy() for name in klein.columns}
    before = {name: values.copy() for name, values in arrays.items()}
    model = SystemEquations({"c": "consump ~ corpProf + wages"}, arrays)
    first = model.fit("ols").params
    for name, values in arrays.items():
        np.testing.assert_array_equal(values, before[name])
        values[:] = -1.0
    np.testing.assert_array_equal(model.fit("ols").params, first)


def test_rows_that_miss_values_may_fill_whole_blocks(klein):
    """A column that begins late: the first block, or any other, keeps no row."""
    gaps = pd.DataFrame(np.nan, index=range(60_000), columns=klein.columns)
    plain = SystemEquations({"c": "consump ~ corpProf + wages"}, klein).fit("ols")
    for parts in ([klein, gaps], [klein[:9], gaps, klein[9:]], [gaps, klein]):
        frame = pd.concat(parts, ignore_index=True)
        found = SystemEquations({"c": "consump ~ corpProf + wages"}, frame).fit("ols")
        assert (found.nobs, found.nobs_dropped) == (21, 60_000)
        assert_same(found, plain)


def on_factor(model: SystemEquations, factor: Factor) -> SystemEquations:
    """The same equations on another factor of the same columns."""
    other = copy.copy(model)
    other.system = OnFactor(model.system.design, factor, "raise")
    return other


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cuts", [[400], [5, 6, 300, 810], [1]])
def test_factors_of_parts_merge_into_the_factor_of_the_whole(states, roads_model, method, cuts):
    """Several holders of rows, none of whom shares them: even one row alone is a part."""
    design, values = roads_model.system.design, roads_model.sample_rows.values
    w = np.empty((len(states), len(design.names)), order="F")
    (part,) = values.parts(design.columns, len(states))
    assert part.write(w) == len(states)

    def factor(start: int, stop: int) -> Factor:
        return factorize(w[start:stop], design.names)

    ends = [0, *cuts, len(states)]
    merged = factor(ends[0], ends[1])
    for start, stop in itertools.pairwise(ends[1:]):
        merged = merged.merge(factor(start, stop))
    assert merged.nobs == len(states)
    # Logarithms and a constant: condition 1e4 at length one, twelve digits of R leave nine.
    tol = 1e-7 if method.startswith("i") else 1e-9
    assert_same(on_factor(roads_model, merged).fit(method), roads_model.fit(method), tol)


@pytest.mark.parametrize("block_rows", [1, 7, 100, 815, 816, 10_000])
def test_the_answer_does_not_depend_on_the_size_of_blocks(roads_model, block_rows):
    factor = compress(
        roads_model.system.design, roads_model.sample_rows.values, block_rows=block_rows
    )
    assert factor.nobs == roads_model.nobs
    r, whole = factor.r, roads_model.factor.r
    # R'R in units of the columns' lengths: a few units of rounding per row.
    size = np.linalg.norm(whole, axis=0)
    assert np.abs((r.T @ r - whole.T @ whole) / np.outer(size, size)).max() <= 1e-13
    other = on_factor(roads_model, factor)
    for method in ONE_STEP:
        assert_same(other.fit(method), roads_model.fit(method), 1e-9)


@given(
    n=st.integers(1, 200), m=st.integers(1, 6), block=st.integers(1, 64), seed=st.integers(0, 99)
)
@settings(max_examples=40)
def test_r_has_the_cross_products_of_the_rows_for_every_shape_and_block(n, m, block, seed):
    w = np.random.default_rng(seed).normal(size=(n, m))
    kept = w[w[:, 0] > -1.0]

    def part(rows: np.ndarray) -> RowPart:
        def write(out: np.ndarray) -> int:  # rows may be left out on the way
            own = rows[rows[:, 0] > -1.0]
            out[: len(own)] = own
            return len(own)

        return RowPart(len(rows), write)

    parts = (part(w[i : i + block]) for i in range(0, n, block))
    factor = accumulate(parts, tuple("abcdef"[:m]), block_rows=block)
    assert factor.nobs == len(kept)
    np.testing.assert_array_equal(factor.r, np.triu(factor.r))
    np.testing.assert_allclose(factor.r.T @ factor.r, kept.T @ kept, atol=1e-13 * n)
