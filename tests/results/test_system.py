"""Results: the contract of names, statistics, tests, prediction, saving."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.iolib.summary2 import summary_col
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contrast import ContrastResults

import simeq
from simeq import ConstraintError, DataError, SystemEquations
from simeq.datasets import INTERACTION_EQUATIONS, simulate_interaction

METHODS = ["ols", "wls", "sur", "isur", "2sls", "w2sls", "3sls", "i3sls"]


@pytest.fixture(scope="module")
def result(klein_model):
    return klein_model.fit("3sls")


def test_series_and_frames_stand_over_equation_and_term(result):
    index = result.params.index
    assert index.names == ["equation", "term"]
    assert index[0] == ("consumption", "Intercept")
    for series in (result.bse, result.tvalues, result.pvalues):
        assert series.index is index or series.index.equals(index)
    assert list(result.conf_int().columns) == ["lower", "upper"]
    assert result.cov_params().index.equals(index)
    assert result.cov_params().columns.equals(index)


def test_statistics_follow_from_estimate_and_covariance(result):
    np.testing.assert_allclose(result.bse**2, np.diag(result.cov_params()), rtol=1e-14)
    z = result.params / result.bse
    np.testing.assert_array_equal(result.tvalues, z)
    np.testing.assert_allclose(result.pvalues, 2 * stats.norm.sf(np.abs(z)), rtol=1e-12)
    reach = stats.norm.ppf(0.95) * result.bse
    np.testing.assert_allclose(result.conf_int(0.1)["upper"], result.params + reach, rtol=1e-12)


def test_students_t_has_ng_less_k_degrees_of_freedom(klein_model):
    result = klein_model.fit("3sls", use_t=True)
    assert result.df_resid == 21 * 3 - 12
    expected = 2 * stats.t.sf(np.abs(result.tvalues), 51)
    np.testing.assert_allclose(result.pvalues, expected, rtol=1e-11)
    np.testing.assert_allclose(
        result.conf_int()["lower"], result.params - stats.t.ppf(0.975, 51) * result.bse, rtol=1e-11
    )


@pytest.mark.parametrize("method", METHODS)
def test_residuals_on_rows_agree_with_those_on_r(klein_model, klein, method):
    result = klein_model.fit(method)
    u = result.resid.to_numpy()
    assert result.resid.index.equals(klein.index)
    assert list(result.resid.columns) == list(klein_model.labels)
    np.testing.assert_allclose(u.T @ u / 21, result.sigma_resid, rtol=1e-10)
    y = klein[["consump", "invest", "privWage"]].to_numpy()
    np.testing.assert_allclose(result.fittedvalues + u, y, rtol=1e-12)
    np.testing.assert_allclose(result.rmse, np.sqrt((u**2).mean(axis=0)), rtol=1e-10)
    tss = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(result.rsquared, 1 - (u**2).sum(axis=0) / tss, rtol=1e-10)
    _, logdet = np.linalg.slogdet(u.T @ u / 21)
    assert result.llf == pytest.approx(-21 / 2 * (3 * (1 + np.log(2 * np.pi)) + logdet), rel=1e-10)


def test_information_criteria_count_sigma_and_are_undefined_with_instruments(klein_model):
    sur, three = klein_model.fit("sur"), klein_model.fit("3sls")
    assert sur.aic == pytest.approx(-2 * sur.llf + 2 * (12 + 6))
    assert sur.bic == pytest.approx(-2 * sur.llf + np.log(21) * (12 + 6))
    assert np.isnan(three.aic)
    assert np.isnan(three.bic)


def test_one_equation_is_statsmodels_ols(klein):
    system = SystemEquations(["consump ~ corpProf + wages"], klein).fit(
        "ols", sigma_dof="geomean", use_t=True
    )
    one = system.equations["consump"]
    peer = OLS.from_formula("consump ~ corpProf + wages", klein).fit()
    for name in ("params", "bse", "tvalues", "pvalues", "resid", "fittedvalues"):
        np.testing.assert_allclose(getattr(one, name), getattr(peer, name), rtol=1e-9, atol=1e-12)
    for name in ("rsquared", "rsquared_adj", "nobs", "df_model", "df_resid"):
        assert getattr(one, name) == pytest.approx(getattr(peer, name), rel=1e-10), name
    np.testing.assert_allclose(one.conf_int(), peer.conf_int(), rtol=1e-9)
    np.testing.assert_allclose(one.cov_params(), peer.cov_params(), rtol=1e-9)
    assert system.llf == pytest.approx(peer.llf, rel=1e-12)
    text = "corpProf = 0.2, wages = 0.8"
    ours, theirs = one.f_test(text), peer.f_test(text)
    assert ours.fvalue == pytest.approx(theirs.fvalue, rel=1e-9)
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.df_denom == theirs.df_denom == 18
    ours, theirs = one.t_test("corpProf - wages = 0"), peer.t_test("corpProf - wages = 0")
    np.testing.assert_allclose(np.ravel(ours.tvalue), np.ravel(theirs.tvalue), rtol=1e-9)
    np.testing.assert_allclose(np.ravel(ours.pvalue), np.ravel(theirs.pvalue), rtol=1e-9)
    np.testing.assert_allclose(ours.conf_int(), theirs.conf_int(), rtol=1e-9)


def test_an_equation_without_constant_has_the_uncentred_r2(klein):
    one = SystemEquations(["consump ~ 0 + corpProf + wages"], klein).fit("ols")
    peer = OLS.from_formula("consump ~ 0 + corpProf + wages", klein).fit()
    assert one.rsquared["consump"] == pytest.approx(peer.rsquared, rel=1e-12)
    assert one.rsquared_adj["consump"] == pytest.approx(peer.rsquared_adj, rel=1e-12)
    assert one.df_model == peer.df_model == 2


def test_a_full_set_of_dummies_spans_the_constant(klein):
    data = klein.assign(half=np.where(klein["year"] < 1932, "a", "b"))
    one = SystemEquations(["consump ~ 0 + half + wages"], data).fit("ols")
    peer = OLS.from_formula("consump ~ half + wages", data).fit()
    assert one.rsquared["consump"] == pytest.approx(peer.rsquared, rel=1e-10)


def test_equations_are_views_of_the_system(result):
    for label, one in result.equations.items():
        np.testing.assert_array_equal(one.params, result.params[label])
        np.testing.assert_array_equal(one.bse, result.bse[label])
        np.testing.assert_array_equal(one.pvalues, result.pvalues[label])
        assert one.rsquared == result.rsquared[label]
        assert one.df_resid == 21 - 4
        assert one.model.endog_names in ("consump", "invest", "privWage")
        pd.testing.assert_series_equal(one.resid, result.resid[label])
        assert all(isinstance(name, str) for name in one.params.index)


def test_equations_go_into_statsmodels_summary_col(result):
    text = str(summary_col(list(result.equations.values()), stars=True))
    assert "0.1249" in text
    assert "capitalLag" in text


# ---------------------------------------------------------------------- tests of restrictions

EQUAL = "[consumption]corpProf = [investment]corpProf"


def by_hand(result, r, q):
    b, v = result.params.to_numpy(), result.cov_params().to_numpy()
    gap = r @ b - q
    return gap @ np.linalg.solve(r @ v @ r.T, gap)


def test_wald_tests_are_chi_squared_unless_asked(result):
    r = np.zeros((1, 12))
    r[0, [1, 5]] = 1, -1
    test = result.wald_test(EQUAL)
    assert isinstance(test, ContrastResults)
    assert test.distribution == "chi2"
    assert isinstance(test.statistic, float)
    assert test.statistic == pytest.approx(by_hand(result, r, 0.0), rel=1e-12)
    assert float(test.pvalue) == pytest.approx(stats.chi2.sf(test.statistic, 1), rel=1e-10)
    np.testing.assert_array_equal(result.wald_test(r).statistic, test.statistic)
    assert result.wald_test(EQUAL, scalar=False).statistic.shape == (1, 1)
    f = result.wald_test(EQUAL, use_f=True)
    assert f.distribution == "F"
    assert f.fvalue == pytest.approx(test.statistic, rel=1e-12)
    assert f.df_denom == 51


def test_joint_restrictions_with_values(result):
    text = f"{EQUAL}, [private_wages]gnp = 0.4"
    r = np.zeros((2, 12))
    r[0, [1, 5]] = 1, -1
    r[1, 9] = 1
    q = np.array([0.0, 0.4])
    statistic = by_hand(result, r, q)
    assert result.wald_test(text).statistic == pytest.approx(statistic, rel=1e-12)
    assert result.wald_test((r, q)).statistic == pytest.approx(statistic, rel=1e-12)
    assert result.f_test(text).fvalue == pytest.approx(statistic / 2, rel=1e-12)
    assert result.wald_test(text).df_denom == 2
    each = result.t_test(text)
    assert each.tvalue.shape == (2,)
    assert each.distribution == "norm"
    assert result.t_test(text, use_t=True).distribution == "t"
    assert "0.4" in str(each)


def test_another_covariance_may_be_given(result):
    double = 4 * result.cov_params().to_numpy()
    assert result.wald_test(EQUAL, cov_p=double).statistic == pytest.approx(
        result.wald_test(EQUAL).statistic / 4
    )
    assert result.t_test(EQUAL, cov_p=double).tvalue[0] == pytest.approx(
        result.t_test(EQUAL).tvalue[0] / 2
    )


def test_restrictions_that_cannot_be_tested(klein_model, result):
    with pytest.raises(ConstraintError, match="Did you mean"):
        result.wald_test("[consumption]corpProff = 0")
    with pytest.raises(ConstraintError, match="not independent"):
        result.wald_test(f"{EQUAL}, {EQUAL}")
    tied = klein_model.fit("3sls", constraints="[consumption]corpProf = 0.1")
    with pytest.raises(ConstraintError, match="imposed"):
        tied.wald_test("[consumption]corpProf = 0")
    with pytest.raises(DataError, match="alpha"):
        result.conf_int(95)


# ---------------------------------------------------------------------- prediction and saving


def test_predict_needs_the_regressors_columns_alone(klein_model, klein, result):
    used = klein[["corpProf", "corpProfLag", "wages", "capitalLag", "gnp", "gnpLag", "trend"]]
    size = 1e-14 * result.fittedvalues.abs().to_numpy().max()  # rounding where terms cancel
    np.testing.assert_allclose(result.predict(used), result.fittedvalues, rtol=1e-13, atol=size)
    pd.testing.assert_frame_equal(result.predict(), result.fittedvalues)
    new = result.predict(used.iloc[:2].to_dict("list"))
    np.testing.assert_allclose(new, result.fittedvalues.iloc[:2], rtol=1e-13, atol=size)
    with pytest.raises(DataError, match="^Equation private_wages: the data have no column 'trend'"):
        result.predict(used.drop(columns="trend"))
    gaps = used.assign(gnp=np.nan)
    assert result.predict(gaps)["private_wages"].isna().all()


@pytest.fixture(scope="module")
def categorical():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("yxz"))
    data["colour"] = np.tile(["red", "green", "blue"], 20)
    model = SystemEquations(
        {"one": "y ~ C(colour, Treatment('red')) * np.exp(x)", "two": "z ~ 0 + colour + I(x > 0)"},
        data,
    )
    return data, model.fit("sur")


def test_predict_uses_the_levels_of_the_sample(categorical):
    data, result = categorical
    few = data[data["colour"] == "green"].head(3)
    np.testing.assert_allclose(result.predict(few), result.fittedvalues.loc[few.index], rtol=1e-12)
    with pytest.raises(DataError, match="'pink' is not one of the categories of"):
        result.predict(few.assign(colour="pink"))


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))],
    ids=["deepcopy", "pickle"],
)
def test_copies_hold_estimate_and_factor_but_no_rows(categorical, copied):
    data, result = categorical
    assert result.resid is not None
    other = copied(result)
    pd.testing.assert_series_equal(other.params, result.params)
    pd.testing.assert_frame_equal(other.cov_params(), result.cov_params())
    pd.testing.assert_series_equal(other.rsquared, result.rsquared)
    assert str(other.summary()) == str(result.summary())
    np.testing.assert_array_equal(other.predict(data), result.predict(data))
    np.testing.assert_array_equal(other.model.fit("ols").params, result.model.fit("ols").params)
    for name in ("resid", "fittedvalues"):
        with pytest.raises(DataError, match="holds no rows.*data"):
            getattr(other, name)


def test_a_saved_file_is_small_and_loads(categorical, tmp_path):
    data, result = categorical
    path = tmp_path / "result.pickle"
    result.save(path)
    assert len(path.read_bytes()) < 20_000
    loaded = simeq.load(path)
    pd.testing.assert_series_equal(loaded.params, result.params)
    np.testing.assert_array_equal(loaded.predict(data), result.predict(data))


def test_a_loaded_results_errors_name_the_equation():
    def half(values):
        return values / 2.0

    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(40, 4)), columns=["y", "v", "x", "z"])
    data["kind"] = np.tile(["p", "q"], 20)
    result = SystemEquations({"one": "y ~ x + kind", "two": "v ~ half(z)"}, data).fit("ols")
    loaded = pickle.loads(pickle.dumps(result))
    with pytest.raises(DataError, match=r"^Equation one: 'r' is not one of the categories of kind"):
        loaded.equations["one"].predict(data.assign(kind="r"))
    with pytest.raises(DataError, match=r"^Equation two: the term half\(z\) calls half, which a l"):
        loaded.predict(data)


def test_no_row_and_no_patsy_object_is_in_the_pickle():
    rng = np.random.default_rng(0)
    marks = rng.normal(size=(500, 2))
    data = pd.DataFrame(marks, columns=["y", "x"])
    raw = pickle.dumps(SystemEquations(["y ~ bs(x, 4)"], data).fit("ols"))
    assert b"patsy" not in raw
    assert not any(value.tobytes() in raw for value in marks[1:].ravel())


def test_what_learned_a_state_asks_for_data_after_loading(tmp_path):
    data = pd.DataFrame({"y": [1.0, 2, 4, 3, 7], "x": [1.0, 3, 2, 5, 6]})
    result = SystemEquations(["y ~ center(x)"], data).fit("ols")
    assert result.predict(data)["y"].notna().all()
    result.save(tmp_path / "r")
    with pytest.raises(DataError, match=r"center\(x\) learned.*build the model from data again"):
        simeq.load(tmp_path / "r").predict(data)


def test_a_file_of_something_else_is_not_loaded(tmp_path):
    path = tmp_path / "other"
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DataError, match="holds list"):
        simeq.load(path)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_input_gives_the_same_bits(klein, method):
    def bits():
        model = SystemEquations(
            {"c": "consump ~ corpProf + wages", "i": "invest ~ corpProf + capitalLag"},
            klein,
            instruments="~ govExp + taxes + trend + capitalLag + gnpLag",
        )
        result = model.fit(method)
        return result.params.to_numpy().tobytes() + result.cov_params().to_numpy().tobytes()

    assert bits() == bits()


def test_models_results_and_draws_say_in_one_line_what_they_are(klein_model, klein):
    assert repr(klein_model) == "<SystemEquations: 3 equations, 21 rows>"
    one = SystemEquations(["consump ~ wages"], klein)
    assert repr(one) == "<SystemEquations: 1 equation, 21 rows>"
    assert repr(one.fit("ols")) == (
        "<SystemResults: ordinary least squares, 1 equation, 2 coefficients, 21 rows>"
    )
    panel = SystemEquations(INTERACTION_EQUATIONS, simulate_interaction(seed=1))
    kinds = {"groups": "unit"}
    jackknife = panel.fit("2sls", cov_type="jackknife", cov_kwds=kinds).jackknife
    assert repr(jackknife) == "<Jackknife: 30 groups, 11 coefficients, 0 failed>"
    kinds |= {"n_boot": 40, "seed": 1}
    bootstrap = panel.fit("2sls", cov_type="bootstrap", cov_kwds=kinds).bootstrap
    assert repr(bootstrap) == "<Bootstrap: 40 draws of 30 groups, 11 coefficients, 0 failed>"
    test = panel.fit("2sls").wild_test(
        "[manufacture]productivity = 0.5", groups="unit", n_boot=9, seed=1
    )
    assert "array" not in repr(test)


def test_equations_and_functions_say_where_their_errors_come_from(roads_model):
    result = roads_model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "state"})
    gain = result.nonlinear("[roads]unemp * [output]unemp")
    kind = result.cov_description
    assert "state" in kind
    assert (result.equations["roads"].cov_description, gain.cov_description) == (kind, kind)


def test_a_copy_has_rows_and_equations_of_its_own(categorical):
    _, result = categorical
    other = copy.copy(result)
    pd.testing.assert_frame_equal(other.resid, result.resid)
    for label, equation in other.equations.items():
        assert equation.system is other
        assert result.equations[label].system is result


def test_draws_are_saved_once(roads_model):
    options = {"groups": "state", "n_boot": 999, "seed": 1}
    result = roads_model.fit("2sls", cov_type="bootstrap", cov_kwds=options)
    loaded = pickle.loads(pickle.dumps(result))
    assert loaded.coefficients.draws is loaded.bootstrap.values
    np.testing.assert_array_equal(loaded.bootstrap.params, result.bootstrap.params)
