"""Stories of bugs in tests of estimates: each began with one of these failing."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest

from simeq import SystemEquations
from simeq.errors import DataError, IdentificationError, SimeqError, SimeqWarning, SingularError

EQUATIONS = {"one": "y1 ~ y2 + z0 + y3", "two": "y2 ~ y1 + z1 + z2", "three": "y3 ~ z4"}
INSTRUMENTS = "~ z0 + z1 + z2 + z3 + z4 + z5"


def simultaneous(n: int = 200, seed: int = 1) -> pd.DataFrame:
    """Three equations, two of them driving each other, with eight rows of each unit."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 6))
    u = rng.normal(size=(n, 3)) @ np.array([[1.0, 0.5, 0.2], [0.0, 1.0, 0.3], [0.0, 0.0, 1.0]])
    y3 = 1.0 + z[:, 4] + u[:, 2]
    right = np.column_stack([z[:, 0] + 0.5 * y3, z[:, 1] - z[:, 2]]) + u[:, :2]
    y = np.linalg.solve([[1.0, -0.4], [0.3, 1.0]], right.T).T
    frame = pd.DataFrame(z, columns=[f"z{j}" for j in range(6)])
    unit, time = np.divmod(np.arange(n), 8)
    return frame.assign(y1=y[:, 0], y2=y[:, 1], y3=y3, unit=unit, time=time)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simultaneous()


def system(frame: pd.DataFrame, equations=EQUATIONS, instruments=INSTRUMENTS, **options):
    return SystemEquations(equations, frame, instruments=instruments, **options)


def by_test(result) -> pd.DataFrame:
    return result.diagnostics().set_index(["equation", "test"])


# ---------------------------------------------------------------------------- automatic lags


@pytest.mark.parametrize("kernel", ["bartlett", "parzen", "qs"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("HAC", {}),
        ("hac-panel", {"groups": "unit", "time": "time"}),
        ("hac-groupsum", {"time": "time"}),
    ],
)
def test_automatic_lags_are_those_of_the_covariance(frame, kernel, kind, options):
    """The moments of a test have no units of their own in which lags could be chosen."""
    options = {"kernel": kernel, **options}
    model = SystemEquations({"two": EQUATIONS["two"]}, frame, instruments="~ z0 + z1 + z2")
    automatic = model.fit("2sls", cov_type=kind, cov_kwds=options)
    lags = float(re.search(r"kernel, (\S+) lags", " ".join(automatic.notes))[1])
    given = model.fit("2sls", cov_type=kind, cov_kwds={**options, "maxlags": lags})
    pd.testing.assert_frame_equal(automatic.diagnostics(), given.diagnostics())
    ols = model.fit("ols")
    assert automatic.hausman(ols, robust=True).pvalue == given.hausman(ols, robust=True).pvalue


# ---------------------------------------------------------------------------- units


@pytest.mark.parametrize(("larger", "smaller"), [("y2", "y3"), ("y3", "y2"), ("y1", "z4")])
def test_units_of_regressors_side_by_side_do_not_matter(frame, larger, smaller):
    """Beside a regressor in units of 1e8, one of 1e-8 was taken for zero, and Sargan's test was
    of another equation; the system's J and Hausman's rank were lost in rounding."""
    scaled = frame.assign(**{larger: 1e8 * frame[larger], smaller: 1e-8 * frame[smaller]})
    one, two = (by_test(system(own).fit("3sls", cov_type="HC1")) for own in (frame, scaled))
    assert list(one.index) == list(two.index)
    # 1e-16 of units 1e16 apart are compared by way of each column's own length.
    np.testing.assert_allclose(two["statistic"], one["statistic"], rtol=1e-7)
    np.testing.assert_allclose(two["df"], one["df"], rtol=1e-7)


def test_nearly_collinear_instruments_leave_hausmans_rank(frame):
    """Instruments 1e-10 apart span what they span apart, and 2SLS and 3SLS agree as before."""
    near = frame.assign(z5=frame["z3"] + 1e-10 * frame["z5"])
    one, two = (system(own).fit("3sls").hausman(system(own).fit("2sls")) for own in (frame, near))
    assert two.df == one.df == 6
    # Ten of sixteen digits went into the span.
    assert two.statistic == pytest.approx(one.statistic, rel=1e-5)


@pytest.mark.parametrize("pair", [("2sls", "i3sls"), ("ols", "isur")])
def test_linearmodels_covariance_after_an_iteration_adds_no_rank(klein_model, pair):
    """Its Σ of the final residuals is not the one that the estimate was solved with: Hausman's test
    had a degree of freedom for each coefficient, and the robust one another value."""
    for robust in (False, True):
        ours, theirs = (
            klein_model.fit(pair[0], like=like).hausman(klein_model.fit(pair[1], like=like), robust)
            for like in (None, "linearmodels")
        )
        assert theirs.df == ours.df == 7
        # linearmodels stops when coefficients move by 1e-6.
        assert theirs.statistic == pytest.approx(ours.statistic, rel=1e-4)


@pytest.mark.parametrize(
    ("divisor", "expected"), [("none", 9.3868201937871), ("geomean", 7.5988544425062)]
)
def test_systemfits_hausman_is_a_difference_of_its_covariances(klein_model, divisor, expected):
    """Its digits, from its 2SLS covariance without the blocks across equations."""
    two, three = (
        klein_model.fit(method, like="systemfit", sigma_dof=divisor) for method in ("2sls", "3sls")
    )
    d = (two.params - three.params).to_numpy()
    v = (two.cov_params() - three.cov_params()).to_numpy()
    assert d @ np.linalg.solve(v, d) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("form", ["wald", "score"])
@pytest.mark.parametrize(("of_y", "of_x"), [(1e8, 1.0), (1e-8, 1e6), (1e-7, 1e-7), (1.0, 1e8)])
def test_units_of_an_equation_do_not_matter_to_its_confidence_set(frame, of_y, of_x, form):
    """Where y had units of 1e8 the polynomial's roots were lost, and the set was empty."""
    scaled = frame.assign(y2=of_y * frame["y2"], y1=of_x * frame["y1"])
    one, two = (
        system(own, {"two": EQUATIONS["two"]})
        .fit("2sls", cov_type="HC1")
        .tests.anderson_rubin(robust=True, form=form)
        .conf_set()
        for own in (frame, scaled)
    )
    expected = np.array(one.intervals) * of_y / of_x
    np.testing.assert_allclose(two.intervals, expected, rtol=1e-7)


# ---------------------------------------------------------------------------- tied regressors


def test_endogenous_regressors_tied_by_an_instrument_are_one_less(klein):
    """wages = privWage + govWage: with govWage an instrument, wages and privWage are one endogenous
    regressor and one exogenous. Wu-Hausman had two degrees of freedom, its robust form none."""
    instruments = "~ govExp + taxes + govWage + trend + capitalLag + corpProfLag"
    tied, apart = (
        SystemEquations({"c": f"consump ~ {right}"}, klein, instruments=instruments).fit("2sls")
        for right in ("wages + privWage", "govWage + privWage")
    )
    one, two = by_test(tied), by_test(apart)
    for test in (
        "Sargan",
        "Basmann",
        "Hansen J",
        "Wu-Hausman",
        "Wu-Hausman robust",
        "Wooldridge score",
        "Cragg-Donald",
        "Kleibergen-Paap",
    ):
        for column in ("statistic", "df", "df_denom", "pvalue"):
            found, expected = one.loc[("c", test), column], two.loc[("c", test), column]
            assert found == pytest.approx(expected, rel=1e-8, nan_ok=True), (test, column)
    assert one.loc[("c", "Wu-Hausman"), "df"] == 1
    assert tied.tests.durbin().statistic == pytest.approx(apart.tests.durbin().statistic, rel=1e-8)


def test_nearly_collinear_endogenous_regressors_have_robust_tests(frame):
    """y3 - y2 in place of y3, in units of 1e7: the regressors span the same space."""
    near = frame.assign(y3=frame["y2"] + 1e-7 * frame["y3"])
    one, two = (
        system(own, {"one": EQUATIONS["one"]}).fit("2sls", cov_type="HC1").tests
        for own in (frame, near)
    )
    for test in ("wu_hausman", "wu_hausman_robust", "wooldridge_score", "kleibergen_paap"):
        found, expected = getattr(two, test)("one"), getattr(one, test)("one")
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-6)  # 7 of 16 digits left
        assert found.df == expected.df


def test_endogeneity_of_no_regressor_is_an_error(frame):
    tests = system(frame).fit("2sls").tests
    with pytest.raises(SimeqError, match="Name endogenous regressors of one"):
        tests.wu_hausman("one", [])


def test_wu_hausman_without_degrees_of_freedom_is_left_out(frame):
    """It was a row of NaN; as many rows as columns in its regression are an error that counts."""
    few = frame.iloc[:6]
    model = SystemEquations({"two": "y2 ~ y1 + z1"}, few, instruments="~ z1 + z0 + z2")
    frame = model.fit("2sls").diagnostics()
    assert frame["pvalue"].notna().all()
    few = SystemEquations({"two": "y2 ~ y1 + y3 + z1"}, few, instruments="~ z1 + z0 + z2")
    assert (
        "6 rows for 4 regressors"
        in few.fit("2sls").diagnostics().attrs["left_out"]["Wu-Hausman, two"]
    )


def test_wu_hausman_where_first_stage_residuals_explain_all(frame):
    """It was -6e15 with no p value, rounding having left a negative sum of squares."""
    few = frame.iloc[:8].copy()
    z = np.column_stack([np.ones(8), few[["z1", "z0", "z2", "z3"]]])
    v = few["y1"] - z @ np.linalg.lstsq(z, few["y1"], rcond=None)[0]
    few["y2"] = 1.0 + 0.5 * few["y1"] - few["z1"] + 0.7 * v
    model = SystemEquations({"two": "y2 ~ y1 + z1"}, few, instruments="~ z1 + z0 + z2 + z3")
    result = model.fit("2sls")
    with pytest.raises(DataError, match="two fits exactly with its first-stage residuals in 8"):
        result.tests.wu_hausman()
    assert result.diagnostics()["pvalue"].notna().all()


# ---------------------------------------------------------------------------- few clusters


def few_clusters(frame: pd.DataFrame, number: int):
    kinds = {"cov_type": "cluster", "cov_kwds": {"groups": frame["unit"] % number}}
    with pytest.warns(SimeqWarning, match=f"{number} clusters"):
        return system(frame, {"two": EQUATIONS["two"]}).fit("2sls", **kinds)


@pytest.mark.parametrize("number", [2, 3, 4])
@pytest.mark.parametrize("form", ["wald", "score"])
def test_anderson_rubin_with_too_few_clusters_is_an_error(frame, number, form):
    """Four instruments: a singular covariance passed for one in rounding, with a statistic of 1e16,
    and the confidence set came out empty, as with invalid instruments."""
    test = few_clusters(frame, number).tests.anderson_rubin(robust=True, form=form)
    with pytest.raises(DataError, match=rf"two at \[two\]y1 = 0: .* rests on {number} clusters"):
        test.test()
    with pytest.raises(DataError, match="use more clusters, fewer moments"):
        test.conf_set()


def test_as_many_clusters_as_moments_fix_the_statistic(frame):
    """Sums over three clusters span three moments, and g'(Σ s s')⁻¹g is three whatever they say."""
    tests = few_clusters(frame, 3).tests
    with pytest.raises(DataError, match="rests on 3 clusters and makes the statistic 3 whatever"):
        tests.hansen_j("two")
    assert few_clusters(frame, 4).tests.hansen_j("two").pvalue > 0


def test_two_way_clusters_that_are_not_positive_definite_say_so(frame):
    labels = np.random.default_rng(0).integers(0, 12, (len(frame), 2))
    result = system(frame).fit("2sls", cov_type="cluster", cov_kwds={"groups": labels})
    left_out = result.diagnostics().attrs["left_out"]
    assert any("not positive definite, as two-way clusters" in text for text in left_out.values())


@pytest.mark.parametrize("value", ["0", np.nan, np.inf, None])
def test_anderson_rubin_of_no_number(frame, value):
    test = system(frame).fit("2sls").tests.anderson_rubin("two")
    with pytest.raises(SimeqError, match="can be tested for a finite number"):
        test.test(value)


def test_anderson_rubin_score_form_is_robust(frame):
    """Without robust=True it was the classical test, in silence."""
    with pytest.raises(SimeqError, match="set robust=True"):
        system(frame).fit("2sls").tests.anderson_rubin("two", form="score")


def test_confidence_set_prints_its_level(frame):
    """Three nines were 100 %."""
    found = system(frame).fit("2sls").tests.anderson_rubin("two").conf_set(0.001)
    assert str(found).startswith("99.9% confidence set of [two]y1: ")


@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("alpha", [1e-8, 1e-20])
def test_confidence_set_of_a_very_small_alpha(frame, robust, alpha):
    """1 - 1e-20 is 1, at which F is infinite: an error of numpy's."""
    test = system(frame).fit("2sls").tests.anderson_rubin("two", robust)
    ends = [end for pair in test.conf_set(alpha).intervals for end in pair if np.isfinite(end)]
    assert ends
    assert [test.test(end).pvalue for end in ends] == pytest.approx([alpha] * len(ends), rel=1e-5)


# ---------------------------------------------------------------------------- exact fits


@pytest.mark.parametrize("method", ["ols", "2sls"])
@pytest.mark.parametrize("exact", ["one", "three"])
def test_an_equation_that_fits_exactly_has_no_tests_of_its_residuals(frame, method, exact):
    """Its residuals are rounding errors, of which tests printed statistics and p values."""
    y3 = 2.0 + 3.0 * frame["z4"] if exact == "three" else frame["y3"]
    y1 = 1.0 + 2.0 * frame["y2"] - frame["z0"] + 0.5 * y3 if exact == "one" else frame["y1"]
    with pytest.warns(SimeqWarning, match=f"{exact} fits exactly"):
        result = system(frame.assign(y1=y1, y3=y3)).fit(method)
    found = result.diagnostics()
    left_out = found.attrs["left_out"]
    variance = "Pagan-Hall" if (method, exact) == ("2sls", "one") else "Breusch-Pagan"
    assert "fits exactly" in left_out[f"{variance} heteroskedasticity, {exact}"]
    assert "fits exactly" in left_out["Breusch-Pagan correlation, system"]
    about_residuals = ~found["test"].str.contains(
        "First-stage|Sanderson|Cragg|Kleibergen|Effective"
    )
    assert not (found["equation"].isin([exact, "system"]) & about_residuals).any()
    assert found.loc[found["equation"] == "two", "pvalue"].notna().all()


def test_equations_that_are_there_twice_have_no_likelihood_ratio(frame):
    """log det of a singular matrix is what rounding leaves of it."""
    model = system(frame, {"a": "y1 ~ z0 + z1", "b": "I(2 * y1) ~ z0 + z1"})
    with pytest.warns(SimeqWarning, match="without an endogenous regressor"):
        result = model.fit("2sls")
    with pytest.raises(SingularError, match="residuals of the 2 equations are tied"):
        result.tests.likelihood_ratio_of_residuals()


# ---------------------------------------------------------------------------- residuals


def feedback(rng: np.random.Generator, memory: float, spread: float) -> pd.DataFrame:
    """White errors u, and a regressor whose own errors remember u, or spread with an instrument."""
    n = 200
    z, u, w = rng.normal(size=(n, 2)), rng.normal(size=n + 1), rng.normal(size=n)
    v = (0.8 * u[1:] + 0.6 * w) * (1.0 + spread * z[:, 0]) + memory * u[:-1]
    x = 0.5 * z.sum(axis=1) + v
    return pd.DataFrame({"y": 0.5 * x + u[1:], "x": x, "z0": z[:, 0], "z1": z[:, 1]})


@pytest.mark.parametrize(
    ("test", "options"),
    [
        ("serial_correlation", {"memory": 0.8, "spread": 0.0}),
        ("heteroskedasticity", {"memory": 0.0, "spread": 1.0}),
    ],
)
def test_size_of_tests_of_residuals_where_the_first_stage_has_what_they_look_for(test, options):
    """Auxiliary regressions for OLS rejected in 18 and 23 % of samples in which errors of y are
    white and homoskedastic, since those of the first stage were not."""
    rng, draws = np.random.default_rng(5), 400
    models = (
        SystemEquations(["y ~ x"], feedback(rng, **options), instruments="~ z0 + z1")
        for _ in range(draws)
    )
    tests = (getattr(model.fit("2sls").tests, test)() for model in models)
    rejected = np.mean([own.pvalue < 0.05 for own in tests])
    # Three Monte Carlo errors, 3.3 %, and 1.5 % for 200 rows.
    assert abs(rejected - 0.05) < 0.033 + 0.015


def test_serial_correlation_without_a_constant_is_a_regression_without_one(frame):
    """R's lmtest::bgtest(lm(y1 ~ 0 + z0 + y3), order = 2) takes no constant beside the lags."""
    rows = frame.assign(y3=frame["y3"] + 2.0)
    x = rows[["z0", "y3"]].to_numpy()
    e = rows["y1"].to_numpy() - x @ np.linalg.lstsq(x, rows["y1"], rcond=None)[0]
    both = np.column_stack([x, np.r_[0.0, e[:-1]], np.r_[0.0, 0.0, e[:-2]]])
    fitted = both @ np.linalg.lstsq(both, e, rcond=None)[0]
    found = SystemEquations(["y1 ~ 0 + z0 + y3"], rows).fit("ols").tests.serial_correlation(lags=2)
    assert found.statistic == pytest.approx(len(e) * (fitted @ fitted) / (e @ e), rel=1e-9)


@pytest.mark.parametrize("method", ["ols", "2sls"])
def test_panels_of_one_row_have_no_serial_correlation_to_test(frame, method):
    """The lags were columns of zeros, and the statistic 0 with a p value of 1."""
    kinds = {"cov_type": "cluster", "cov_kwds": {"groups": np.arange(len(frame))}}
    result = system(frame).fit(method, **kinds)
    left_out = result.diagnostics().attrs["left_out"]
    assert "groups" not in left_out
    texts = [text for name, text in left_out.items() if "serial correlation" in name]
    assert len(texts) == 3
    assert all("panels has at most 1 row in a panel" in text for text in texts)
    with pytest.raises(DataError, match="unit has at most 8 rows in a panel, none of which lies 9"):
        result.tests.serial_correlation("one", lags=9, panels="unit")


@pytest.mark.parametrize("lags", [1.5, "2", True, None])
def test_lags_that_are_no_number_of_rows(frame, lags):
    result = system(frame).fit("ols")
    with pytest.raises(SimeqError, match="lags must be a whole number"):
        result.diagnostics(lags=lags)
    with pytest.raises(SimeqError, match="lags must be a whole number"):
        result.tests.serial_correlation("one", lags=lags)


def test_a_mistaken_number_of_lags_is_raised_not_left_out(frame):
    with pytest.raises(SimeqError, match="lags must be a whole number of rows, 1 or more; not 0"):
        system(frame).fit("ols").diagnostics(lags=0)


def test_a_single_series_with_its_times_has_a_test_of_serial_correlation(frame):
    """It was left out without a word wherever the covariance named times."""
    timed = frame.assign(t=np.arange(len(frame)))
    one, two = (
        system(timed).fit("2sls", cov_type="HAC", cov_kwds={"maxlags": 2, **options})
        for options in ({}, {"time": "t"})
    )
    pd.testing.assert_frame_equal(one.diagnostics(), two.diagnostics())


def test_sums_by_period_say_why_there_is_no_test_of_serial_correlation(frame):
    periods = {"time": np.arange(len(frame)) // 4}
    result = system(frame).fit("2sls", cov_type="hac-groupsum", cov_kwds=periods)
    left_out = result.diagnostics().attrs["left_out"]
    assert "panels=column" in left_out["Godfrey serial correlation, one"]
    assert "panels=column" in left_out["Breusch-Godfrey serial correlation, three"]


# ---------------------------------------------------------------------------- the frame


def test_what_has_no_degrees_of_freedom_is_left_out_of_the_frame(frame):
    """Rows of 1e-31 with 0 degrees of freedom and no p value."""
    model = SystemEquations(["y1 ~ y2 + z0"], frame, instruments="~ z0 + z1")
    result = model.fit("3sls")
    found = result.diagnostics()
    left_out = found.attrs["left_out"]
    assert found["pvalue"].notna().all()
    assert "exactly identified" in left_out["Sargan, y1"]
    assert "exactly identified" in left_out["Hansen J, system"]
    assert "the same whatever the data" in left_out["Hausman, system"]
    assert result.tests.sargan().statistic == pytest.approx(0.0, abs=1e-20)


def test_an_equation_called_system_is_told_from_all_equations(frame):
    equations = {"system": "y1 ~ y2 + z0", "other": "y2 ~ y1 + z1 + z2"}
    result = system(frame, equations).fit("3sls")
    found = result.diagnostics()
    assert not found.duplicated(["equation", "test"]).any()
    j = found.set_index(["equation", "test"])["statistic"]
    assert j["system", "Hansen J"] == result.tests.hansen_j("system").statistic
    assert j["all equations", "Hansen J"] == result.tests.hansen_j().statistic


def test_first_stage_without_its_robust_columns_where_clusters_are_few(frame):
    """The whole table was an error."""
    result = few_clusters(frame, 3)
    table = result.first_stage()
    plain = system(frame, {"two": EQUATIONS["two"]}).fit("2sls").first_stage()
    assert table["f_robust"].isna().all()
    assert "3 clusters" in table.attrs["left_out"]["First-stage F robust: y1, two"]
    pd.testing.assert_series_equal(table["f"], plain["f"])
    assert plain.attrs["left_out"] == {}


def test_first_stage_of_a_loaded_result_says_why_its_robust_columns_are_missing(frame):
    result = pickle.loads(pickle.dumps(system(frame).fit("2sls")))
    table = result.first_stage()
    assert table["f_robust"].isna().all()
    texts = table.attrs["left_out"]
    assert set(texts) == {f"First-stage F robust: {j}, {i}" for i, j in table.index}
    assert all("holds no rows" in text for text in texts.values())


def test_first_stage_of_the_equations_that_have_one(frame):
    equations = {"weak": "y1 ~ y2 + y3 + z0", "two": EQUATIONS["two"]}
    lists = {"weak": "~ z0 + z1", "two": "~ z1 + z2 + z3"}
    result = system(frame, equations, lists).fit("ols")
    table = result.first_stage()
    assert list(table.index) == [("two", "y1")]
    assert "weak is not identified" in table.attrs["left_out"]["weak"]
    with pytest.raises(IdentificationError, match="weak is not identified"):
        system(frame, {"weak": equations["weak"]}, lists["weak"]).fit("ols").first_stage()


# ---------------------------------------------------------------------------- Hausman's door


@pytest.mark.parametrize("other", ["2sls", None, 3.0])
def test_hausman_against_no_result(frame, other):
    result = system(frame).fit("3sls")
    with pytest.raises(SimeqError, match="compares two results"):
        result.hausman(other)
    with pytest.raises(SimeqError, match="compares two results"):
        result.hausman(result.equations["one"])


def test_hausman_among_the_tests_takes_results(frame):
    two, three = (system(frame).fit(method) for method in ("2sls", "3sls"))
    assert three.tests.hausman(two) == three.hausman(two)


def test_hausman_of_one_estimate_with_itself(frame):
    """It said: three-stage least squares is consistent as three-stage least squares is."""
    result = system(frame).fit("3sls")
    with pytest.raises(SimeqError, match="the same estimate, by three-stage least squares"):
        result.hausman(system(frame).fit("3sls", cov_type="HC1"))
    with pytest.raises(SimeqError, match="the same estimate"):
        result.hausman(pickle.loads(pickle.dumps(result)))


def test_null_hypotheses_name_what_could_fail(frame):
    model, regressions = system(frame), SystemEquations(["y3 ~ z4", "y1 ~ z0 + y3"], frame)
    sur = regressions.fit("sur").hausman(regressions.fit("ols"))
    assert "instruments" not in sur.null
    assert "regressors" in sur.null
    bound = [model.fit("2sls", constraints=f"[one]z0 = {value}") for value in ("1", "[two]z1")]
    assert "constraints" in bound[0].hausman(bound[1]).null
    tests = model.fit("3sls").tests
    assert "exogenous" in tests.breusch_pagan().null
    assert "exogenous" in tests.likelihood_ratio_of_residuals().null
    assert "exogenous" not in tests.correlation_robust().null


# ---------------------------------------------------------------------------- identification


def test_identification_prints_included_regressors_and_every_singular_value(klein_model):
    text = str(klein_model.identification())
    assert re.search(r"endogenous +included +excluded +order +rank", text)
    assert re.search(r"consumption +2 +2 +6 +4 +2", text)
    assert "canonical correlations 0.9908, 0.7562." in text


def test_as_many_instruments_as_rows_identify_nothing(frame):
    """The fit refused what identification called an equation without endogenous regressors."""
    few = system(frame.iloc[:7], {"three": EQUATIONS["three"]})
    own = few.identification().equations["three"]
    assert own.verdict == "not identified: 7 instruments for 7 rows"
    with pytest.raises(IdentificationError, match="7 instruments and only 7 rows"):
        few.fit("2sls")


# ---------------------------------------------------------------------------- indefinite sums


@pytest.fixture(scope="module")
def two_way(frame):
    """Results whose two-way sums are indefinite in several equations and tests."""
    found = []
    for seed in range(12):
        labels = np.random.default_rng(seed).integers(0, 4, (len(frame), 2))
        kinds = {"cov_type": "cluster", "cov_kwds": {"groups": labels}}
        with pytest.warns(SimeqWarning, match="clusters"):
            found.append(system(frame, {"two": EQUATIONS["two"]}).fit("2sls", **kinds))
    return found


def test_the_effective_f_of_an_indefinite_covariance_is_an_error(two_way):
    """It was negative, with negative degrees of freedom and no p value, in a row of the frame."""
    refused = 0
    for result in two_way:
        found = result.diagnostics()
        numbers = found[["statistic", "df", "pvalue"]]
        assert np.isfinite(numbers.to_numpy()).all()
        assert (numbers.to_numpy() >= 0.0).all()
        text = found.attrs["left_out"].get("Effective F: y1, two", "not positive definite")
        assert "not positive definite" in text
        refused += "Effective F: y1, two" in found.attrs["left_out"]
    assert refused


@pytest.mark.parametrize("form", ["wald", "score"])
def test_anderson_rubin_set_of_an_indefinite_covariance_is_an_error(two_way, form):
    """It was "array must not contain infs or NaNs", or a set with values that have no test."""
    for result in two_way:
        test = result.tests.anderson_rubin(robust=True, form=form)
        with pytest.raises(DataError, match=r"two at \[two\]y1 = .* not positive definite"):
            test.conf_set()


def test_anderson_rubin_set_where_the_covariance_stays_definite(frame):
    """Two-way sums of many labels are none the less a covariance at every value."""
    labels = np.random.default_rng(0).integers(0, 60, (len(frame), 2))
    kinds = {"cov_type": "cluster", "cov_kwds": {"groups": labels}}
    test = system(frame, {"two": EQUATIONS["two"]}).fit("2sls", **kinds).tests.anderson_rubin
    for low, high in test(robust=True).conf_set().intervals:
        for end in (low, high):
            assert test(robust=True).test(end).pvalue == pytest.approx(0.05, rel=1e-6)


# ---------------------------------------------------------------------------- rounding errors


@pytest.mark.parametrize("clustered", [False, True])
def test_instruments_that_are_dummies_of_the_clusters(frame, clustered):
    """Residuals of the first stage add up to zero in each cluster, and what rounding left of them
    was a covariance: first-stage F and Kleibergen-Paap statistics were 1e28."""
    six = frame["unit"] % 6
    x = frame["z0"] + 0.3 * six * (six - 2)
    rows = frame.assign(y2=x + frame["y2"], six=six)
    model = system(rows, {"two": "y1 ~ y2"}, "~ C(six)")
    options = {"groups": "six"} if clustered else None
    result = model.fit("2sls", cov_type="cluster" if clustered else "HC1", cov_kwds=options)
    found = result.diagnostics()
    assert (found["statistic"] < 1e4).all()
    left_out = found.attrs["left_out"]
    robust = (
        "First-stage F robust: y2",
        "Kleibergen-Paap",
        "Effective F: y2",
        "Anderson-Rubin robust",
    )
    for test in robust:
        assert (f"{test}, two" in left_out) == clustered, test
    if clustered:
        assert "rests on 6 clusters and is singular" in left_out["Kleibergen-Paap, two"]
        with pytest.raises(DataError, match="6 clusters and is singular"):
            result.tests.anderson_rubin(robust=True).conf_set()


def test_the_effective_f_beside_an_included_regressor_of_instruments_that_are_dummies(frame):
    """What the regressor left of the covariance had one rank of five, and F was far too large."""
    six = frame["unit"] % 6
    rows = frame.assign(y2=frame["y2"] + 0.3 * six * (six - 2), six=six)
    model = system(rows, {"two": "y1 ~ y2 + z1"}, "~ z1 + C(six)")
    tests = model.fit("2sls", cov_type="cluster", cov_kwds={"groups": "six"}).tests
    with pytest.raises(DataError, match="5 moments rests on 6 clusters and is singular"):
        tests.effective_f()


def test_the_effective_f_of_more_instruments_than_clusters(frame):
    """A trace needs no inverse."""
    tests = few_clusters(frame, 3).tests
    assert tests.effective_f().statistic > 0.0
    with pytest.raises(DataError, match="4 moments rests on 3 clusters and is singular"):
        tests.first_stage_f("two", robust=True)


@pytest.mark.parametrize("method", ["ols", "sur"])
def test_a_recursive_system_has_uncorrelated_residuals(frame, method):
    """y2's residual is among the regressors of y1: the likelihood ratio is zero, not -1e-15 with
    no p value."""
    equations = {"one": "y1 ~ y2 + z0 + z1", "two": "y2 ~ z0 + z1"}
    found = by_test(SystemEquations(equations, frame).fit(method))
    assert np.isfinite(found[["statistic", "df", "pvalue"]].to_numpy()).all()
    for test in ("LR of residuals", "LR of diagonal covariance"):
        assert found.loc[("system", test), "statistic"] == pytest.approx(0.0, abs=1e-10)
        assert found.loc[("system", test), "pvalue"] == pytest.approx(1.0, abs=1e-5)


def test_pagan_hall_without_a_variance_says_why():
    """It spoke of two-way clusters, of which there were none."""
    rng = np.random.default_rng(54)
    z, v = rng.normal(size=(25, 4)), rng.normal(size=25) ** 3
    frame = pd.DataFrame(z, columns=list("abcd"))
    frame = frame.assign(x=0.1 * z[:, 0] + v, y=0.1 * rng.normal(size=25) + v)
    result = SystemEquations(["y ~ x"], frame, instruments="~ 0 + a + b + c + d").fit("2sls")
    with pytest.raises(
        DataError, match="Pagan and Hall's statistic is not positive definite in 25"
    ):
        result.tests.heteroskedasticity()


def test_too_few_rows_for_any_lag(frame):
    """It asked for lags from 1 to 0."""
    few = SystemEquations(["y3 ~ z4 + z5"], frame.iloc[:4]).fit("ols")
    with pytest.raises(DataError, match="y3: 1 row beyond its other columns leave no degrees"):
        few.tests.serial_correlation()


# ---------------------------------------------------------------------------- each test alone


def test_every_test_alone_says_what_it_found(frame):
    """Anderson and Rubin's had no null hypothesis and printed its arrays; the effective F no p
    value."""
    tests = system(frame, {"two": EQUATIONS["two"]}).fit("2sls").tests
    for own in (tests.anderson_rubin(), tests.anderson_rubin(robust=True), tests.effective_f()):
        alone = own.test()
        for fact in ("statistic", "df", "df_denom", "pvalue", "null"):
            assert getattr(own, fact) == getattr(alone, fact)
    assert str(tests.anderson_rubin()) == (
        f"{tests.anderson_rubin().test()}\n{tests.anderson_rubin().conf_set()}"
    )
    assert "array" not in repr(tests.anderson_rubin())


def test_printing_what_cannot_be_tested_says_why(frame):
    text = str(few_clusters(frame, 3).tests.anderson_rubin(robust=True))
    assert text.count("rests on 3 clusters and is singular") == 2


def test_tests_name_themselves(frame):
    """They were an object at an address."""
    text = repr(system(frame).fit("2sls").tests)
    assert text.startswith("<Tests of one, two, three by 2sls: sargan, basmann, hansen_j, ")
    assert text.endswith("heteroskedasticity, serial_correlation>")


@pytest.mark.parametrize("test", ["first_stage_f", "sanderson_windmeijer"])
def test_an_only_endogenous_regressor_need_not_be_named(frame, test):
    tests = system(frame).fit("2sls").tests
    assert getattr(tests, test)("two") == getattr(tests, test)("two", "y1")
    with pytest.raises(SimeqError, match="Name one of the endogenous regressors of .* y2, y3"):
        getattr(tests, test)("one")
    with pytest.raises(SimeqError, match="three has no endogenous regressor"):
        getattr(tests, test)("three")


def test_an_equation_has_the_tests_of_its_own(frame):
    """They were to be found among those of the system alone."""
    result = system(frame).fit("3sls")
    whole, own = result.diagnostics(), result.equations["two"].diagnostics()
    expected = whole[whole["equation"] == "two"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, expected)
    assert own.attrs["left_out"] == {}
    pd.testing.assert_frame_equal(result.diagnostics(equation="two"), own)
    with pytest.raises(SimeqError, match="Name an equation, one of one, two, three, not 'tow'"):
        result.diagnostics(equation="tow")


def test_cragg_donald_as_an_f(frame):
    """Stock and Yogo's tables are of it; with one endogenous regressor it is the first stage's."""
    tests = system(frame).fit("2sls").tests
    assert tests.cragg_donald_f("two") == pytest.approx(tests.first_stage_f("two").statistic)
    assert 5 * tests.cragg_donald_f("one") == pytest.approx(tests.cragg_donald("one").statistic)
