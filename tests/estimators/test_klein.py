"""Klein's Model I, 1921–41: published and recomputed numbers.

Klein (1950); data and estimates in Greene, *Econometric Analysis*. Computed with systemfit 1.1-28,
gretl 2022c and linearmodels 7.1, which agree to ten digits or more (gretl's iterated forms to
6–9). Standard errors with divisor n. The 3SLS numbers that Zellner and Theil printed in 1962 are
wrong and are not these.
"""

from __future__ import annotations

import numpy as np
import pytest

from klein import EQUATIONS, INSTRUMENTS

#: The numbers have 11–16 digits; two routes through well-conditioned data agree to 1e-10.
RTOL = 1e-9

#: Iterated forms: the peers stop where steps fall below 1e-10, and print 11–12 digits.
ITERATED = 1e-8

COEFFICIENTS = {
    "ols": """
        16.23660027190459 .19293438131194 .08988489781481 .79621874971891
        10.12578854203738 .47963564455953 .33303871351359 -.11179468366079
        1.49704384673743 .43947696715294 .14608994682207 .13024523025466""",
    "2sls": """
        16.55475576538917 .01730221179976 .21623404048495 .81018269759922
        20.2782089393809 .15022182389881 .61594357733984 -.15778763654548
        1.50029688602846 .43885906513715 .14667382150154 .13039568720376""",
    "3sls": """
        16.440790064285 .12489047478333 .16314409278383 .7900809364436
        28.177846867976 -.013079182419 .755723962123 -.194848249287
        1.7972177277 .400491879798 .181291014959 .149674115069""",
    "i3sls": """
        16.5589839819 .164509766196 .176564112498 .765801083712
        42.896309293 -.356532276739 1.01129936767 -.260200063923
        2.62477084115 .374779108976 .193650652948 .167926359192""",
    "sur": """
        15.980519737012 .230158887940 .067287445982 .796156096082
        12.92926804986 .442859712336 .365479692587 -.125329050754
        1.63472471145 .409827868868 .174423809512 .155845865002""",
    "isur": """
        15.844503471 .301602547341 .042390365797 .780173294410
        15.828051118 .380685286010 .410921565562 -.138260989648
        2.070328553 .370503899643 .207640290845 .184538650039""",
}

STANDARD_ERRORS = {
    "ols": """
        1.17208376273 .08206501820 .08155915945 .03593895910
        4.91754576330 .08737741332 .09074661705 .02404773470
        1.14269279254 .02915825189 .03367091732 .02871083372""",
    "2sls": """
        1.32079241571857 .11804941047152 .10726796435653 .04024971444357
        7.54270589659866 .17322929246092 .16278539183023 .03612623850954
        1.1477802016892 .03563191701483 .03883613291598 .02914098038482""",
    "3sls": """
        1.3045487581188 .10812904818144 .10043819278652 .037937905400049
        6.7937701717507 .16189623875816 .15293312857477 .032530694862134
        1.1158549810677 .031813413711063 .034158775817013 .027935236382413""",
    "i3sls": """
        1.22440134116 .0961978416941 .0901001101864 .0347599302286
        10.593870666 .260157128849 .248774839612 .0508694477706
        1.1955606115 .0311027356740 .0324018209707 .0289290797825""",
}

LOG_LIKELIHOOD = {
    "ols": -72.3210645902,
    "sur": -70.0458846658,
    "isur": -69.258120307,
    "2sls": -76.3123358829,
    "3sls": -76.1387653192,
    "i3sls": -82.3062866058,
}


def numbers(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=float)


def rtol(method: str) -> float:
    return ITERATED if method.startswith("i") else RTOL


def symmetric(lower: list[float]) -> np.ndarray:
    """Fill a 3 × 3 matrix from its lower triangle by rows."""
    out = np.zeros((3, 3))
    out[np.tril_indices(3)] = lower
    return out + np.tril(out, -1).T


@pytest.mark.parametrize("method", COEFFICIENTS)
def test_coefficients(klein_model, method):
    found = klein_model.fit(method).params
    expected = numbers(COEFFICIENTS[method])
    # ISUR's 15.844503471 and its like have eleven digits, the small ones to 1e-12 absolutely.
    np.testing.assert_allclose(found, expected, rtol=rtol(method), atol=0)


@pytest.mark.parametrize("method", STANDARD_ERRORS)
def test_standard_errors_with_divisor_n(klein_model, method):
    found = klein_model.fit(method).bse
    np.testing.assert_allclose(found, numbers(STANDARD_ERRORS[method]), rtol=rtol(method))


@pytest.mark.parametrize("method", ["ols", "2sls", "3sls"])
def test_with_geomean_and_equal_k_standard_errors_grow_by_the_root_of_n_by_n_minus_k(
    klein_model, method
):
    found = klein_model.fit(method, sigma_dof="geomean")
    expected = np.sqrt(21 / 17) * numbers(STANDARD_ERRORS[method])
    np.testing.assert_allclose(found.bse, expected, rtol=RTOL)
    # Every divisor is 17, so that the weights, hence the coefficients, stay.
    np.testing.assert_allclose(found.params, numbers(COEFFICIENTS[method]), rtol=RTOL)


def test_sigma_that_weighs_three_stage_least_squares_is_that_of_two_stage_residuals(klein_model):
    expected = symmetric(
        [
            1.0440593974520,
            0.4378477529256,
            1.3831837362188,
            -0.3852275657287,
            0.1926062450914,
            0.4764268556811,
        ]
    )
    np.testing.assert_allclose(klein_model.fit("3sls").sigma, expected, rtol=RTOL)
    np.testing.assert_allclose(klein_model.fit("2sls").sigma, expected, rtol=RTOL)


def test_sigma_of_the_final_residuals_of_three_stage_least_squares(klein_model):
    expected = symmetric(
        [
            0.891759825965,
            0.411318818915,
            2.09304660686,
            -0.393614538743,
            0.403045891306,
            0.520026651488,
        ]
    )
    np.testing.assert_allclose(klein_model.fit("3sls").sigma_resid, expected, rtol=RTOL)


def test_iterated_sigma_is_its_own_fixed_point(klein_model):
    result = klein_model.fit("i3sls")
    assert result.converged
    # The last step changed γ by less than 1e-10 of its length, and Σ by as little.
    np.testing.assert_allclose(result.sigma, result.sigma_resid, rtol=1e-8)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("2sls", [0.9767106864699, 0.8848839132054, 0.9874137072590]),
        ("3sls", [0.9801079572377, 0.8258052574281, 0.9862618834545]),
    ],
)
def test_r_squared_by_equation(klein_model, method, expected):
    np.testing.assert_allclose(klein_model.fit(method).rsquared, expected, rtol=RTOL)


@pytest.mark.parametrize(
    ("method", "judge", "mcelroy"),
    [
        ("ols", 0.977267722563, 0.991301620226),
        ("2sls", 0.969337697463, 0.992418067548),
        ("3sls", 0.962989508874, 0.994950978802),
        ("i3sls", 0.935839298128, 0.996224587776),
    ],
)
def test_r_squared_of_the_system(klein_model, method, judge, mcelroy):
    found = klein_model.fit(method).system_rsquared
    assert found["judge"] == pytest.approx(judge, rel=rtol(method))
    assert found["mcelroy"] == pytest.approx(mcelroy, rel=rtol(method))
    # Every equation has a constant: both weigh R² by the same centred sums of squares.
    assert found["dhrymes"] == pytest.approx(found["judge"], rel=1e-14)


@pytest.mark.parametrize("method", LOG_LIKELIHOOD)
def test_log_likelihood_of_the_residuals(klein_model, method):
    # Twelve digits are printed; iterated forms: the likelihood is flat at its maximum.
    assert klein_model.fit(method).llf == pytest.approx(LOG_LIKELIHOOD[method], rel=RTOL)


def test_the_sum_of_profits_in_consumption_and_capital_in_investment_is_not_far_from_zero(
    klein_model,
):
    result = klein_model.fit("3sls", sigma_dof="geomean")
    test = result.wald_test("[consumption]corpProf + [investment]capitalLag = 0")
    assert test.statistic == pytest.approx(0.31228, abs=5e-6)  # five digits are printed
    assert test.df_denom == 1


@pytest.mark.parametrize(
    ("method", "printed", "accuracy"),
    [
        ("ols", 8.36586, 5e-6),
        ("2sls", 10.235139233083, 1e-9),
        ("3sls", 12.053640117734, 1e-9),
        ("i3sls", 13.3522545651, 1e-7),
    ],
)
def test_breusch_and_pagan_from_the_final_sigma(klein_model, method, printed, accuracy):
    sigma = klein_model.fit(method).sigma_resid.to_numpy()
    correlation = sigma / np.sqrt(np.outer(sigma.diagonal(), sigma.diagonal()))
    found = 21 * (correlation[np.tril_indices(3, -1)] ** 2).sum()
    assert found == pytest.approx(printed, abs=accuracy)


@pytest.mark.parametrize(
    ("method", "printed"), [("2sls", 18.308910790764), ("3sls", 25.882652789902)]
)
def test_likelihood_ratio_of_a_diagonal_sigma_on_the_same_residuals(klein_model, method, printed):
    sigma = klein_model.fit(method).sigma_resid.to_numpy()
    found = 21 * (np.log(sigma.diagonal()).sum() - np.linalg.slogdet(sigma)[1])
    assert found == pytest.approx(printed, rel=RTOL)


def test_likelihood_ratio_of_ols_against_iterated_sur(klein_model):
    diagonal = np.log(klein_model.fit("ols").sigma.to_numpy().diagonal()).sum()
    full = np.linalg.slogdet(klein_model.fit("isur").sigma_resid)[1]
    assert 21 * (diagonal - full) == pytest.approx(17.278, abs=5e-4)  # gretl prints five digits


@pytest.mark.parametrize(
    ("sigma_dof", "printed"), [("none", 24.291023055), ("geomean", 19.664161521)]
)
def test_hansen_and_sargan_from_residuals_and_the_sigma_used(
    klein, klein_model, sigma_dof, printed
):
    result = klein_model.fit("3sls", sigma_dof=sigma_dof)
    names = ["govExp", "taxes", "govWage", "trend", "capitalLag", "corpProfLag", "gnpLag"]
    z = np.column_stack([np.ones(21), klein[names]])
    q, _ = np.linalg.qr(z)
    projected = q.T @ result.resid.to_numpy()
    found = np.trace(np.linalg.solve(result.sigma.to_numpy(), projected.T @ projected))
    assert found == pytest.approx(printed, rel=RTOL)


def test_the_year_with_gaps_leaves_the_sample():
    from simeq import SystemEquations
    from simeq.datasets import load_klein

    result = SystemEquations(
        {"consumption": EQUATIONS["consumption"]}, load_klein(), instruments=INSTRUMENTS
    ).fit("2sls")
    assert (result.nobs, result.nobs_dropped) == (21, 1)
    np.testing.assert_allclose(result.params, numbers(COEFFICIENTS["2sls"])[:4], rtol=RTOL)


def test_k_g_and_n_settle_the_degrees_of_freedom(klein_model):
    free = klein_model.fit("3sls")
    bound = klein_model.fit("3sls", constraints="[consumption]corpProf = [investment]corpProf")
    assert (free.df_resid, bound.df_resid) == (3 * 21 - 12, 3 * 21 - 12 + 1)
    assert (free.df_model, bound.df_model) == (9, 8)


def test_information_criteria_count_coefficients_and_the_entries_of_sigma(klein_model):
    sur, iv = klein_model.fit("sur"), klein_model.fit("3sls")
    assert sur.aic == pytest.approx(2 * 70.0458846658 + 2 * (12 + 6), rel=RTOL)
    assert sur.bic == pytest.approx(2 * 70.0458846658 + np.log(21) * (12 + 6), rel=RTOL)
    assert np.isnan(iv.aic)
    assert np.isnan(iv.bic)
