"""Tests that read an estimate: identities, the book, linearmodels, ivmodels and pyfixest."""

from __future__ import annotations

import itertools
import json
import pickle
import warnings
from pathlib import Path

import linearmodels.iv as lm
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

import oracle
import oracle_diagnostics as book
from oracle import System, systems
from simeq import SystemEquations, datasets
from simeq.diagnostics.hausman import at_its_sigma, difference
from simeq.errors import DataError, IdentificationError, SimeqError, SimeqWarning, SingularError

#: Two routes through the same algebra, one by way of normal equations.
RTOL = 1e-8

IV = json.loads((Path(__file__).parents[1] / "reference" / "iv.json").read_text())


def by_equation(result, test: str) -> np.ndarray:
    frame = result.diagnostics()
    return frame.loc[frame["test"] == test, "statistic"].to_numpy()


@pytest.fixture(scope="module")
def interaction() -> pd.DataFrame:
    return datasets.simulate_interaction(seed=11)


@pytest.fixture(scope="module")
def interaction_model(interaction) -> SystemEquations:
    return SystemEquations(datasets.INTERACTION_EQUATIONS, interaction)


@st.composite
def clustered(draw: st.DrawFn, **shape) -> tuple[System, np.ndarray]:
    """Draw a system, with a label of one of twenty unequal clusters for each row."""
    own = draw(systems(**{"max_equations": 2} | shape))
    seed = draw(st.integers(0, 2**32 - 1))
    labels = np.random.default_rng(seed).integers(0, 20, own.n)
    assume(len(np.unique(labels)) > 15)
    return own, labels


def fitted(system: System, labels: np.ndarray | None = None, method: str = "2sls", **options):
    """A result whose robust tests sum over rows, or over clusters."""
    if labels is None:
        return system.model().fit(method, cov_type="HC1", **options)
    return system.model().fit(method, cov_type="cluster", cov_kwds={"groups": labels}, **options)


# ---------------------------------------------------------------------------- Klein


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("Sargan", [8.771507185526, 1.814965475287, 12.495220104084]),
        ("Basmann", [9.324909875799, 1.229841476091, 19.099596149583]),
        ("Wu-Hausman", [5.603267505234, 16.230224745460, 0.000693629426]),
    ],
)
def test_klein_equation_by_equation(klein_model, test, expected):
    # The last Wu-Hausman has nine digits; the others twelve or more.
    np.testing.assert_allclose(by_equation(klein_model.fit("2sls"), test), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("method", "options", "test", "expected"),
    [
        ("ols", {}, "Breusch-Pagan correlation", 8.36586),
        ("2sls", {}, "Breusch-Pagan correlation", 10.235139233083),
        ("3sls", {}, "Breusch-Pagan correlation", 12.053640117734),
        ("i3sls", {}, "Breusch-Pagan correlation", 13.3522545651),
        ("2sls", {}, "LR of residuals", 18.308910790764),
        ("3sls", {}, "LR of residuals", 25.882652789902),
        ("ols", {}, "LR of diagonal covariance", 17.278),
        ("3sls", {}, "Hansen-Sargan", 24.291023055),
        ("3sls", {"sigma_dof": "geomean"}, "Hansen-Sargan", 19.664161521),
        ("3sls", {}, "Hausman", 12.9515570),
        ("3sls", {"sigma_dof": "geomean"}, "Hausman", 10.4845937),
    ],
)
def test_klein_all_equations(klein_model, method, options, test, expected):
    found = by_equation(klein_model.fit(method, **options), test)[-1]
    digits = len(f"{expected:g}".replace(".", "")) if expected in (8.36586, 17.278) else 9
    assert found == pytest.approx(expected, rel=0.6 * 10.0 ** (1 - digits))


def test_klein_degrees_of_freedom(klein_model):
    tests = klein_model.fit("3sls").tests
    assert (tests.sargan("consumption").df, tests.hansen_sargan().df) == (4, 12)
    assert klein_model.fit("3sls").hausman(klein_model.fit("2sls")).df == 7
    wu = tests.wu_hausman("investment")
    assert (wu.df, wu.df_denom) == (1, 16)
    assert klein_model.fit("ols").tests.breusch_pagan().df == 3


def test_the_order_of_estimates_in_hausmans_test_does_not_matter(klein_model):
    two, three = klein_model.fit("2sls"), klein_model.fit("3sls")
    assert two.hausman(three) == three.hausman(two)


# ---------------------------------------------------------------------------- the frame


def test_frame_has_a_row_for_each_test_and_equation(klein_model):
    frame = klein_model.fit("3sls").diagnostics()
    columns = ["equation", "test", "statistic", "df", "df_denom", "pvalue", "null"]
    assert list(frame.columns) == columns
    assert not frame.duplicated(["equation", "test"]).any()
    assert set(frame["equation"]) == {"consumption", "investment", "private_wages", "system"}
    assert frame["null"].str.len().min() > 10
    assert frame["pvalue"].between(0, 1).all()
    assert frame.attrs["left_out"] == {}


def test_frame_says_what_it_leaves_out_and_why(klein_model):
    loaded = pickle.loads(pickle.dumps(klein_model.fit("3sls")))
    frame = loaded.diagnostics()
    assert {"Sargan", "Wu-Hausman", "Hansen-Sargan", "Hausman"} <= set(frame["test"])
    assert "holds no rows" in frame.attrs["left_out"]["Hansen J, consumption"]
    assert not {"Hansen J", "Kleibergen-Paap"} & set(frame["test"])


@pytest.mark.parametrize("method", oracle.METHODS)
def test_frame_of_every_method(roads_model, method):
    frame = roads_model.fit(method, cov_type="cluster", cov_kwds={"groups": "state"}).diagnostics()
    assert frame.attrs["left_out"] == {}
    assert frame["statistic"].ge(0).all()


def test_p_values_are_those_of_the_distribution_named(klein_model):
    for row in klein_model.fit("3sls").diagnostics().itertuples():
        if row.test.startswith("Effective"):
            expected = stats.ncx2.sf(row.statistic * row.df, row.df, 10 * row.df)
        elif np.isnan(row.df_denom):
            expected = stats.chi2.sf(row.statistic, row.df)
        else:
            expected = stats.f.sf(row.statistic, row.df, row.df_denom)
        assert row.pvalue == pytest.approx(expected, rel=1e-10)


def test_a_test_prints_its_null(klein_model):
    text = str(klein_model.fit("2sls").tests.sargan("investment"))
    assert text.startswith("Sargan, investment: chi2(4) = 1.8150, p = 0.7697\nH0: the instruments")


def test_equations_without_instruments_have_tests_of_residuals_alone(states):
    model = SystemEquations(
        ["np.log(gsp) ~ np.log(pc) + unemp", "np.log(hwy) ~ np.log(util) + unemp"], states
    )
    found = set(model.fit("sur").diagnostics()["test"])
    assert found == {
        "Breusch-Pagan heteroskedasticity",
        "Breusch-Godfrey serial correlation",
        "Hausman",
        "Breusch-Pagan correlation",
        "Correlation robust",
        "LR of residuals",
        "LR of diagonal covariance",
    }


# ---------------------------------------------------------------------------- identities


@given(systems(exactly_identified=True))
def test_exactly_identified_equations_leave_nothing_to_test(system):
    result = system.model().fit("3sls")
    exact = [label for label, own in book.equations(system) if own.z2.shape[1] == own.y2.shape[1]]
    for label in exact:
        for test in (result.tests.sargan, result.tests.basmann, result.tests.hansen_j):
            assert test(label).df == 0
            assert test(label).statistic == pytest.approx(0.0, abs=1e-10)
            assert np.isnan(test(label).pvalue)
    if result.tests.hansen_sargan().df == 0:
        assert result.tests.hansen_sargan().statistic == pytest.approx(0.0, abs=1e-8)
        # Three stages are two, so that there is no difference to test.
        assert result.hausman(system.model().fit("2sls")).df == 0


@given(systems(differing=False))
def test_durbin_is_hausman_with_the_variance_of_ols(system):
    label, own = book.equations(system)[0]
    i = system.labels.index(label)
    one = SystemEquations(
        {label: system.formula(i)}, system.frame, instruments=system.instrument_formula(i)
    )
    ols, two = one.fit("ols"), one.fit("2sls")
    ratio = float(two.sigma.iloc[0, 0] / ols.sigma.iloc[0, 0])
    durbin = two.tests.durbin()
    found = two.hausman(ols)
    assert found.df == durbin.df == own.y2.shape[1]
    assert found.statistic * ratio == pytest.approx(durbin.statistic, rel=1e-6)


@given(systems(differing=False, max_equations=3))
def test_hausman_is_hansen_sargan_where_it_has_as_many_degrees(system):
    three = system.model().fit("3sls")
    test, sargan = three.hausman(system.model().fit("2sls")), three.tests.hansen_sargan()
    assert test.df <= sargan.df
    assert test.statistic <= sargan.statistic * (1 + 1e-6)
    if test.df == sargan.df:
        assert test.statistic == pytest.approx(sargan.statistic, rel=1e-5)


def test_one_endogenous_regressor_makes_the_measures_one(interaction_model):
    tests = interaction_model.fit("2sls").tests
    f = tests.first_stage_f("productivity", "manufacture")
    assert tests.sanderson_windmeijer("productivity", "manufacture").statistic == pytest.approx(
        f.statistic
    )
    assert tests.cragg_donald("productivity").statistic == pytest.approx(f.df * f.statistic)
    robust = tests.first_stage_f("productivity", "manufacture", robust=True)
    assert tests.kleibergen_paap_f("productivity") == pytest.approx(robust.statistic)


def test_with_one_instrument_the_effective_f_is_the_robust_one(interaction):
    model = SystemEquations(["productivity ~ manufacture"], interaction, instruments="~ efficiency")
    tests = model.fit("2sls").tests
    f = tests.first_stage_f(None, "manufacture", robust=True).statistic
    effective = tests.effective_f()
    assert effective.statistic == pytest.approx(f, rel=1e-10)
    assert tests.kleibergen_paap_f() == pytest.approx(f, rel=1e-10)
    # Critical values for one instrument: (1.645 + √(1/τ))², 37.4, 23.1, 15.1 and 12.0.
    known = {0.05: 37.42, 0.1: 23.11, 0.2: 15.06, 0.3: 12.05}
    for tau, critical in known.items():
        assert effective.critical_values[tau] == pytest.approx(critical, abs=0.005)
        assert effective.dof[tau] == pytest.approx(1.0)


def test_exactly_identified_anderson_rubin_is_zero_at_the_estimate(interaction):
    model = SystemEquations(["productivity ~ manufacture"], interaction, instruments="~ efficiency")
    result = model.fit("2sls")
    for robust in (False, True):
        test = result.tests.anderson_rubin(robust=robust)
        assert test.test(result.params.iloc[1]).statistic == pytest.approx(0.0, abs=1e-12)


def test_no_endogeneity_makes_hausman_small(states):
    """A regressor that is its own instrument, beside another that is not needed."""
    frame = states.assign(x=np.random.default_rng(5).normal(size=len(states)))
    frame["y"] = frame["x"] + np.random.default_rng(6).normal(size=len(states))
    frame["z"] = frame["x"] + 0.1 * np.random.default_rng(7).normal(size=len(states))
    model = SystemEquations(["y ~ x"], frame, instruments="~ z")
    assert model.fit("2sls").hausman(model.fit("ols")).pvalue > 0.01
    assert model.fit("2sls").tests.wu_hausman().pvalue > 0.01


def test_units_of_the_data_do_not_matter(interaction):
    scaled = interaction.assign(
        manufacture=1e6 * interaction["manufacture"], green=1e-5 * interaction["green"]
    )
    one, two = (
        SystemEquations(datasets.INTERACTION_EQUATIONS, frame)
        .fit("3sls", cov_type="cluster", cov_kwds={"groups": "unit"})
        .diagnostics()
        for frame in (interaction, scaled)
    )
    np.testing.assert_allclose(one["statistic"], two["statistic"], rtol=1e-6)
    np.testing.assert_array_equal(one["df"].round(6), two["df"].round(6))


@given(
    systems(max_equations=3),
    st.sampled_from(list(itertools.combinations(oracle.METHODS, 2))),
    st.sampled_from([None, "linearmodels", "systemfit", "gretl", "stata"]),
)
def test_two_estimates_differ_by_what_their_weights_make_of_the_dependents(system, pair, like):
    """b₁ − b₂ = (C₁ − C₂)y, whatever the methods: C is not an approximation."""
    model = system.model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SimeqWarning)  # the GLS form, and iterations that stop
        try:
            fits = [model.fit(method, like=like).fit for method in pair]
        except SingularError:  # iterations of simultaneous equations need not converge
            assume(False)
    safe, efficient = (at_its_sigma(fit) for fit in fits)
    scores = difference(safe, efficient)
    g = model.factor.r @ scores.loadings
    found = (g * (model.system.y @ scores.mix)).sum(axis=0) @ scores.loading
    size = np.sqrt(safe.cov.diagonal())
    np.testing.assert_allclose(found / size, (safe.b - efficient.b) / size, atol=1e-8)


# ---------------------------------------------------------------------------- by the book


@given(clustered(), st.booleans())
def test_hansen_j_by_the_book(drawn, by_cluster):
    system, labels = drawn
    result = fitted(system, labels if by_cluster else None)
    for label, own in book.equations(system):
        if own.z2.shape[1] > own.y2.shape[1]:
            # More instruments than clusters would leave S singular.
            assume(not by_cluster or own.z.shape[1] < 15)
            expected = book.hansen_j(own, labels if by_cluster else None)
            found = result.tests.hansen_j(label)
            assert found.statistic == pytest.approx(expected, rel=1e-6)
            assert found.df == own.z2.shape[1] - own.y2.shape[1]


@given(systems(max_equations=3))
def test_system_j_by_the_book(system):
    assume(sum(own.shape[1] for own in system.z) < 0.7 * system.n)
    result = fitted(system, method="3sls")
    test = result.tests.hansen_j()
    assert test.df == sum(own.shape[1] for own in system.z) - len(system.terms)
    if test.df:
        assert test.statistic == pytest.approx(book.system_j(system), rel=1e-5)


@given(systems(max_equations=3), st.sampled_from(oracle.DIVISORS))
def test_hansen_sargan_by_the_book(system, divisor):
    try:
        result = system.model().fit("3sls", sigma_dof=divisor)
    except SingularError:  # Theil's divisor need not give a positive definite Σ
        assume(False)
    expected = book.hansen_sargan(system, oracle.estimate(system, "3sls", divisor))
    test = result.tests.hansen_sargan()
    assert test.statistic == pytest.approx(expected, rel=RTOL, abs=1e-9)
    assert test.df == sum(own.shape[1] for own in system.z) - len(system.terms)


@given(systems(max_equations=3), st.data())
def test_constraints_add_degrees_of_freedom(system, data):
    r, q = data.draw(oracle.restrictions(system))
    result = system.model().fit("3sls", constraints=(r, q))
    expected = oracle.estimate(system, "3sls", restriction=(r, q))
    test = result.tests.hansen_sargan()
    assert test.statistic == pytest.approx(book.hansen_sargan(system, expected), rel=1e-7)
    assert test.df == sum(own.shape[1] for own in system.z) - len(system.terms) + len(r)
    free = system.model().fit("3sls").tests.hansen_sargan()
    # Fewer free coefficients cannot come nearer to the moments, at one and the same Σ.
    if np.allclose(result.sigma, system.model().fit("3sls").sigma):
        assert test.statistic >= free.statistic * (1 - 1e-9)


@given(clustered(), st.booleans())
def test_strength_by_the_book(drawn, by_cluster):
    system, labels = drawn
    given_labels = labels if by_cluster else None
    result = fitted(system, given_labels)
    for label, own in book.equations(system):
        tests = result.tests
        names = tests.endogenous[label]
        for j, name in enumerate(names):
            expected = book.sanderson_windmeijer(own, j)
            found = tests.sanderson_windmeijer(label, name).statistic
            assert found == pytest.approx(expected, rel=1e-7)
        for form in ("wald", "lm"):
            expected = book.kleibergen_paap(own, given_labels, form == "lm")
            found = tests.kleibergen_paap(label, form)
            assert found.statistic == pytest.approx(expected, rel=1e-6)
            assert found.df == own.z2.shape[1] - len(names) + 1
        if len(names) == 1:
            expected, w = book.effective_f(own, given_labels)
            found = tests.effective_f(label)
            assert found.statistic == pytest.approx(expected, rel=1e-7)
            trace, largest = np.trace(w), np.linalg.eigvalsh(w)[-1]
            dof = trace**2 * 21 / (np.trace(w @ w) + 20 * trace * largest)
            assert found.dof[0.1] == pytest.approx(dof, rel=1e-7)
            critical = stats.ncx2.ppf(0.95, dof, 10 * dof) / dof
            assert found.critical_values[0.1] == pytest.approx(critical, rel=1e-7)


@given(clustered(), st.sampled_from(["classical", "HC1", "cluster"]), st.floats(-2, 2))
def test_anderson_rubin_by_the_book(drawn, kind, value):
    system, labels = drawn
    given_labels = labels if kind == "cluster" else None
    result = fitted(system, given_labels)
    for label, own in book.equations(system):
        if own.y2.shape[1] == 1:
            test = result.tests.anderson_rubin(label, robust=kind != "classical")
            expected = book.anderson_rubin(own, value, given_labels, kind != "classical")
            found = test.test(value)
            assert found.statistic == pytest.approx(expected, rel=1e-6)
            g = len(np.unique(labels))
            assert found.df_denom == (g - 1 if kind == "cluster" else own.free)


@given(clustered(), st.booleans(), st.floats(-2, 2))
def test_score_form_of_anderson_rubin_by_the_book(drawn, by_cluster, value):
    system, labels = drawn
    given_labels = labels if by_cluster else None
    result = fitted(system, given_labels)
    for label, own in book.equations(system):
        if own.y2.shape[1] == 1:
            test = result.tests.anderson_rubin(label, robust=True, form="score")
            expected = book.score_test(own, value, given_labels)
            found = test.test(value)
            assert found.statistic == pytest.approx(expected, rel=1e-6)
            assert (found.df, found.df_denom) == (own.z2.shape[1], None)


@given(clustered(max_equations=3), st.booleans(), st.booleans())
def test_correlation_by_the_book(drawn, by_cluster, instruments):
    system, labels = drawn
    result = fitted(system, labels if by_cluster else None, "2sls" if instruments else "ols")
    expected = book.correlation(system, labels if by_cluster else None, instruments)
    g = len(system.left)
    test = result.tests.correlation_robust()
    assert test.statistic == pytest.approx(expected, rel=1e-6)
    assert test.df == g * (g - 1) / 2


def test_equal_exogenous_regressors_leave_the_plain_moment(states):
    model = SystemEquations(
        ["np.log(hwy) ~ np.log(pc) + unemp", "np.log(util) ~ np.log(pc) + unemp"], states
    )
    result = model.fit("ols")
    product = result.resid.prod(axis=1)
    expected = product.sum() ** 2 / (product**2).sum()
    assert result.tests.correlation_robust().statistic == pytest.approx(expected, rel=1e-10)


@settings(max_examples=40)
@given(
    clustered(), st.sampled_from(["classical", "HC1", "cluster", "score"]), st.floats(0.001, 0.6)
)
def test_confidence_set_holds_what_the_test_does_not_reject(drawn, kind, alpha):
    system, labels = drawn
    result = fitted(system, labels if kind in ("cluster", "score") else None)
    for label, own in book.equations(system):
        if own.y2.shape[1] > 1:
            continue
        form = "score" if kind == "score" else "wald"
        test = result.tests.anderson_rubin(label, robust=kind != "classical", form=form)
        found = test.conf_set(alpha)
        centre = float(result.params[label].filter(like=result.tests.endogenous[label][0]).iloc[0])
        wide = 50 * float(result.bse[label].max())
        for value in [*np.linspace(centre - wide, centre + wide, 301), -1e6, 1e6]:
            assert (value in found) == (test.test(value).pvalue >= alpha)
        for end in (end for pair in found.intervals for end in pair if np.isfinite(end)):
            assert test.test(end).pvalue == pytest.approx(alpha, rel=1e-4)


@settings(max_examples=50)
@given(clustered(differing=False), st.sampled_from(["classical", "HC", "cluster"]))
def test_hausman_by_the_book(drawn, kind):
    system, labels = drawn
    two = fitted(system, labels if kind == "cluster" else None)
    three = system.model().fit("3sls")
    found = two.hausman(three, robust=kind != "classical")
    sigma = two.sigma.to_numpy()
    given_labels = labels if kind == "cluster" else None
    statistic, rank = book.hausman(system, sigma, kind != "classical", given_labels)
    assert found.df == rank
    assert found.statistic == pytest.approx(statistic, rel=1e-4)


@given(systems())
def test_heteroskedasticity_with_instruments_by_the_book(system):
    tests = system.model().fit("2sls").tests
    for label, own in book.equations(system):
        found = tests.heteroskedasticity(label)
        assert found.statistic == pytest.approx(book.pagan_hall(own), rel=1e-6)
        constant = np.ptp(own.z, axis=0).min() == 0
        assert found.df == own.z.shape[1] - constant


@given(clustered(), st.integers(1, 3), st.booleans())
def test_serial_correlation_with_instruments_by_the_book(drawn, lags, in_panels):
    system, labels = drawn
    tests = system.model().fit("3sls").tests
    for label, own in book.equations(system):
        found = tests.serial_correlation(label, lags, labels if in_panels else None)
        expected = book.godfrey(own, lags, labels if in_panels else None)
        assert found.statistic == pytest.approx(expected, rel=1e-6)
        assert (found.df, found.df_denom) == (lags, own.n - own.x.shape[1] - lags)


# ---------------------------------------------------------------------------- linearmodels


def peer(own: book.Equation):
    frames = [pd.DataFrame(part) for part in (own.x1, own.y2, own.z2)]
    for frame, name in zip(frames, "xyz", strict=True):
        frame.columns = [f"{name}{j}" for j in range(frame.shape[1])]
    return lm.IV2SLS(pd.Series(own.y, name="dependent"), *frames)


@settings(max_examples=40)
@given(systems(max_equations=3))
def test_as_linearmodels_classical(system):
    tests = system.model().fit("2sls").tests
    for label, own in book.equations(system):
        fit = peer(own).fit(cov_type="unadjusted", debiased=True)
        pairs = [(tests.wu_hausman(label), fit.wu_hausman()), (tests.durbin(label), fit.durbin())]
        if own.z2.shape[1] > own.y2.shape[1]:
            pairs += [
                (tests.sargan(label), fit.sargan),
                (tests.basmann(label), fit.basmann),
            ]
        pairs.append((tests.cragg_donald(label), fit.first_stage.cragg_donald))
        for found, expected in pairs:
            assert found.statistic == pytest.approx(expected.stat, rel=1e-6)
            assert found.pvalue == pytest.approx(expected.pval, rel=1e-5, abs=1e-12)
        table = tests.first_stage().loc[label]
        expected = fit.first_stage.diagnostics
        for ours, theirs in {
            "rsquared": "rsquared",
            "partial_rsquared": "partial.rsquared",
            "shea_rsquared": "shea.rsquared",
            "f": "f.stat",
        }.items():
            if ours == "rsquared" and "1" not in system.right[system.labels.index(label)]:
                continue  # linearmodels looks for a constant among all instruments by another rule
            np.testing.assert_allclose(
                table[ours], expected[theirs].astype(float), rtol=1e-6, err_msg=ours
            )


@given(systems())
def test_as_linearmodels_endogeneity_of_some(system):
    tests = system.model().fit("2sls").tests
    for label, own in book.equations(system):
        names = tests.endogenous[label]
        if len(names) > 1:
            fit = peer(own).fit(cov_type="unadjusted")
            for j, name in enumerate(names):
                found, expected = tests.wu_hausman(label, [name]), fit.wu_hausman(f"y{j}")
                assert found.statistic == pytest.approx(expected.stat, rel=1e-6, abs=1e-9)
                assert (found.df, found.df_denom) == (expected.df, expected.df_denom)


@settings(max_examples=40)
@given(clustered(), st.booleans())
def test_as_linearmodels_robust(drawn, by_cluster):
    system, labels = drawn
    if by_cluster:
        kinds = {"groups": labels, "use_correction": False}
        tests = system.model().fit("2sls", cov_type="cluster", cov_kwds=kinds).tests
        options = {"cov_type": "clustered", "clusters": labels}
    else:
        tests = system.model().fit("2sls", cov_type="HC0").tests
        options = {"cov_type": "robust"}
    for label, own in book.equations(system):
        fit = peer(own).fit(**options)
        found, expected = tests.wu_hausman_robust(label), fit.wooldridge_regression
        assert found.statistic == pytest.approx(expected.stat, rel=1e-6)
        found, expected = tests.kleibergen_paap(label, "lm"), fit.first_stage.kleibergen_paap
        assert found.statistic == pytest.approx(expected.stat, rel=1e-6)
        for j, name in enumerate(tests.endogenous[label]):
            wald = fit.first_stage.diagnostics["f.stat"].iloc[j]
            f = tests.first_stage_f(label, name, robust=True)
            assert f.statistic * f.df == pytest.approx(float(wald), rel=1e-6)
        if not by_cluster:
            expected = fit.wooldridge_score.stat
            assert tests.wooldridge_score(label).statistic == pytest.approx(expected, rel=1e-6)
        if not by_cluster and own.z2.shape[1] > own.y2.shape[1]:
            # Wooldridge's robust score test is two-step GMM's J.
            expected = fit.wooldridge_overid.stat
            assert tests.hansen_j(label).statistic == pytest.approx(expected, rel=1e-6)


@given(clustered(), st.booleans())
def test_kleibergen_paap_f_as_linearmodels(drawn, by_cluster):
    system, labels = drawn
    tests = fitted(system, labels if by_cluster else None).tests
    options = (
        {"cov_type": "clustered", "clusters": labels} if by_cluster else {"cov_type": "robust"}
    )
    for label, own in book.equations(system):
        expected = peer(own).fit(**options).first_stage.kleibergen_paap_f
        assert tests.kleibergen_paap_f(label) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kernel", ["bartlett", "parzen", "qs"])
def test_j_with_serial_correlation_as_linearmodels(klein, klein_model, kernel):
    kinds = {"kernel": kernel, "maxlags": 2}
    tests = klein_model.fit("2sls", cov_type="HAC", cov_kwds=kinds).tests
    names = {"parzen": "parzen", "bartlett": "bartlett", "qs": "qs"}
    exog = klein[["corpProfLag", "capitalLag"]].assign(one=1.0)
    fit = lm.IVGMM(
        klein["invest"],
        exog,
        klein[["corpProf"]],
        klein[["govExp", "taxes", "govWage", "trend", "gnpLag"]],
        weight_type="kernel",
        kernel=names[kernel],
        bandwidth=2,
    ).fit()
    assert tests.hansen_j("investment").statistic == pytest.approx(fit.j_stat.stat, rel=1e-6)


# ---------------------------------------------------------------------------- others


def test_anderson_rubin_as_ivmodels(interaction_model):
    test = interaction_model.fit("2sls").tests.anderson_rubin("productivity")
    expected = IV["anderson_rubin"]
    for value, statistic in expected["statistic"].items():
        found = test.test(float(value))
        assert found.statistic == pytest.approx(statistic, rel=1e-9)
        assert found.pvalue == pytest.approx(expected["pvalue"][value], rel=1e-7, abs=1e-14)
    ((low, high),) = test.conf_set().intervals
    assert [low, high] == pytest.approx(expected["set"], rel=1e-9)
    rank = interaction_model.fit("2sls").tests.cragg_donald("productivity").statistic
    assert rank == pytest.approx(expected["rank"], rel=1e-9)


@pytest.mark.parametrize("kind", ["hetero", "cluster"])
def test_effective_f_as_pyfixest(interaction_model, kind):
    """Its factor counts the four excluded instruments alone, ours all eight."""
    options = {"cov_type": "HC1"}
    if kind == "cluster":
        options = {"cov_type": "cluster", "cov_kwds": {"groups": "unit"}}
    found = interaction_model.fit("2sls", **options).tests.effective_f("productivity").statistic
    expected = IV["effective_f"][kind] * (360 - 8) / (360 - 4)
    assert found == pytest.approx(expected, rel=1e-9)


def test_residual_tests_as_statsmodels(states):
    import statsmodels.api as sm
    from statsmodels.stats.diagnostic import acorr_breusch_godfrey, het_breuschpagan

    x = sm.add_constant(np.column_stack([np.log(states["pc"]), states["unemp"]]))
    fit = sm.OLS(np.log(states["gsp"]), x).fit()
    model = SystemEquations(["np.log(gsp) ~ np.log(pc) + unemp"], states)
    tests = model.fit("ols").tests
    expected = het_breuschpagan(fit.resid, x)
    assert tests.heteroskedasticity().statistic == pytest.approx(expected[0], rel=1e-9)
    assert tests.heteroskedasticity().df == 2
    for lags in (1, 3):
        expected = acorr_breusch_godfrey(fit, nlags=lags, store=True)[0]
        found = tests.serial_correlation(lags=lags)
        assert found.statistic == pytest.approx(expected, rel=1e-8)


def test_serial_correlation_with_instruments_as_gretl(klein_model):
    """reference/residuals.inp; gretl's normal equations leave some ten digits."""
    expected = {
        "consumption": [0.83540830514544617, 0.71712119020102649, 0.5068057438749628],
        "investment": [0.075495025438385863, 0.74385785344984345, 0.52982858304277125],
        "private_wages": [0.049451195154749564, 0.33845176481984196, 0.75617642519745887],
    }
    tests = klein_model.fit("2sls").tests
    for label, statistics in expected.items():
        found = [tests.serial_correlation(label, lags).statistic for lags in (1, 2, 3)]
        np.testing.assert_allclose(found, statistics, rtol=1e-8)


def test_lags_stay_within_panels(states):
    import statsmodels.api as sm

    x = sm.add_constant(np.column_stack([np.log(states["pc"]), states["unemp"]]))
    e = sm.OLS(np.log(states["gsp"]), x).fit().resid
    before = e.groupby(states["state"]).shift(1).fillna(0.0)
    expected = 816 * sm.OLS(e, np.column_stack([x, before])).fit().rsquared
    mixed = states.sample(frac=1.0, random_state=1).sort_values("year", kind="stable")
    for frame in (states, mixed):
        model = SystemEquations(["np.log(gsp) ~ np.log(pc) + unemp"], frame)
        found = model.fit("ols").tests.serial_correlation(panels="state")
        assert found.statistic == pytest.approx(expected, rel=1e-8)
        assert "within state" in found.null


# ---------------------------------------------------------------------------- identification


def test_identification_before_any_fit(klein):
    model = SystemEquations(
        {
            "consumption": "consump ~ corpProf + wages",
            "investment": "invest ~ corpProf + capitalLag + corpProfLag",
            "wages": "privWage ~ trend",
        },
        klein,
        instruments={
            "consumption": "~ taxes",
            "investment": "~ capitalLag + corpProfLag + govExp",
            "wages": "~ trend",
        },
    )
    found = model.identification()
    assert found.frame["order"].tolist() == [-1, 0, 0]
    assert found.frame["rank"].tolist() == [1, 1, 0]
    assert found.equations["consumption"].endogenous == ("corpProf", "wages")
    assert found.equations["investment"].excluded == ("govExp",)
    assert [own.identified for own in found.equations.values()] == [False, True, True]
    assert "order condition fails" in found.equations["consumption"].verdict
    assert found.frame["verdict"].tolist()[1:] == ["exactly identified", "no endogenous regressor"]
    assert "2 endogenous regressors, 1 excluded instrument" in str(found)
    with pytest.raises(IdentificationError, match="Equation consumption is not identified"):
        model.fit("2sls")


def test_redundant_instruments_do_not_count(klein):
    frame = klein.assign(other=2 * klein["taxes"])
    model = SystemEquations(
        ["consump ~ corpProf + wages"], frame, instruments="~ taxes + other + I(taxes**2)"
    )
    own = model.identification().equations["consump"]
    assert own.excluded == ("taxes", "I(taxes ** 2)")
    assert own.verdict == "exactly identified"


def test_identification_sees_a_rank_that_fails(klein):
    """Two regressors that the instruments move along one line."""
    z = np.column_stack([np.ones(21), klein["taxes"], klein["govExp"]])
    noise = np.random.default_rng(3).normal(size=(21, 2))
    noise -= z @ np.linalg.lstsq(z, noise, rcond=None)[0]
    moved = klein["taxes"] + 2 * klein["govExp"]
    frame = klein.assign(a=moved + noise[:, 0], b=3 * moved + noise[:, 1])
    model = SystemEquations(["consump ~ a + b"], frame, instruments="~ taxes + govExp")
    own = model.identification().equations["consump"]
    assert (own.order, own.rank, own.identified) == (0, 1, False)
    assert own.smallest_singular_value == pytest.approx(0.0, abs=1e-12)
    assert "do not move b apart from the other regressors" in own.verdict


@given(systems())
def test_singular_values_are_canonical_correlations(system):
    found = system.model().identification()
    for label, own in book.equations(system):
        y, z = own.partialled()
        qy, qz = np.linalg.qr(y)[0], np.linalg.qr(z)[0]
        expected = np.linalg.svd(qy.T @ qz, compute_uv=False)
        np.testing.assert_allclose(found.equations[label].singular_values, expected, rtol=1e-8)
        assert found.frame.loc[label, "order"] == own.z2.shape[1] - own.y2.shape[1]


# ---------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda tests: tests.sargan(), "Name an equation, one of consumption, investment"),
        (lambda tests: tests.sargan("consumtion"), "Did you mean 'consumption'"),
        (lambda tests: tests.wu_hausman("investment", ["taxes"]), "no endogenous regressor of"),
        (lambda tests: tests.effective_f("consumption"), "has 2. See Sanderson-Windmeijer"),
        (lambda tests: tests.effective_f("investment").test(0.15), "bias must be one of"),
        (lambda tests: tests.anderson_rubin("consumption"), "one endogenous regressor"),
        (lambda tests: tests.likelihood_ratio(), "compares OLS with iterated SUR"),
        (lambda tests: tests.serial_correlation("investment", lags=0), "lags must be from 1 to 12"),
        (lambda tests: tests.serial_correlation("investment", lags=20), "lags must be from 1"),
        (lambda tests: tests.kleibergen_paap("investment", form="rk"), "choose from wald, lm"),
    ],
)
def test_what_cannot_be_tested(klein_model, call, message):
    with pytest.raises(SimeqError, match=message):
        call(klein_model.fit("3sls").tests)


def test_other_estimators_have_no_hansen_sargan(klein_model, roads_model):
    with pytest.raises(SimeqError, match="belongs to three-stage least squares"):
        klein_model.fit("2sls").tests.hansen_sargan()
    with pytest.raises(SimeqError, match="takes no instruments"):
        klein_model.fit("sur").tests.hansen_j()


def test_gls_form_with_different_instruments_minimises_nothing(klein):
    model = SystemEquations(
        {"c": "consump ~ corpProf + corpProfLag", "i": "invest ~ corpProf + capitalLag"},
        klein,
        instruments={"c": "~ corpProfLag + taxes + govExp", "i": "~ capitalLag + taxes"},
    )
    with pytest.warns(SimeqWarning, match="GLS form"):
        result = model.fit("3sls", form="gls")
    with pytest.raises(SimeqError, match="form='gmm'"):
        result.tests.hansen_sargan()
    frame = result.diagnostics()
    assert "minimises no criterion" in frame.attrs["left_out"]["Hansen-Sargan, system"]


def test_hausman_needs_one_system(klein_model, roads_model):
    with pytest.raises(SimeqError, match="same equations on the same rows"):
        klein_model.fit("2sls").hausman(roads_model.fit("3sls"))


def test_few_clusters_leave_a_robust_test_undefined(interaction_model, interaction):
    labels = interaction["unit"] % 2
    kinds = {"cov_type": "cluster", "cov_kwds": {"groups": labels}}
    with pytest.warns(SimeqWarning, match="2 clusters"):
        result = interaction_model.fit("2sls", **kinds)
    with pytest.raises(DataError, match="rests on 2 clusters and is singular"):
        result.tests.hansen_j("productivity")
    left_out = result.diagnostics().attrs["left_out"]
    assert "rests on 2 clusters" in left_out["Hansen J, productivity"]


def test_equation_that_only_constraints_identify(klein):
    model = SystemEquations(
        {"c": "consump ~ corpProf + wages", "i": "invest ~ corpProf + capitalLag"},
        klein,
        instruments="~ capitalLag",
    )
    result = model.fit(
        "2sls", constraints=["[c]corpProf = 0.1", "[i]corpProf = 0.2", "[c]wages = 0.8"]
    )
    frame = result.diagnostics()
    assert "not identified by its own instruments" in frame.attrs["left_out"]["Sargan, c"]
