"""Every case of reference/systemfit.json: R's systemfit 1.1-28, method × divisor × constraints.

The README beside the file says which conventions systemfit follows and how many of its digits
deserve trust: it forms normal equations, and the tolerances below are ten to fifty times the
distance to a second computation in orthonormal coordinates that is recorded there.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest

from simeq import SystemEquations
from simeq.datasets import load_klein, load_us_states
from simeq.errors import SimeqWarning, SingularError

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "systemfit.json").read_text())
DATA = REFERENCE["datasets"]

#: simeq has these forms of three-stage least squares; systemfit also iv, schmidt and eviews.
CASES = [case for case in REFERENCE["cases"] if case["form"] in (None, "gls", "gmm")]

#: Coefficients in units of their standard errors; the others relative or in such units. The US
#: states in logarithms have nearly collinear columns, which normal equations square.
TOLERANCE = {
    "klein": {"params": 1e-9, "cov": 1e-9, "r2": 1e-10},
    "us_states": {"params": 1e-7, "cov": 1e-8, "r2": 1e-9},
}

#: Iterated cases stop where ‖Δb‖/‖b‖ is 1e-12 (Klein) or 1e-10 (US states); README: 4e-8.
ITERATED = {"params": 1e-6, "cov": 1e-7, "r2": 1e-8}


def name(case: dict) -> str:
    bound = "-constrained" if case["constrained"] else ""
    form = f"-{case['form']}" if case["form"] and case["dataset"].endswith("equation") else ""
    pooled = "-by_equation" if case["single_eq_sigma"] and case["constrained"] else ""
    return f"{case['dataset']}-{case['method']}-{case['sigma_dof']}{form}{bound}{pooled}"


def iterated(case: dict) -> bool:
    return case["method"] in ("isur", "i3sls")


def tolerance(case: dict) -> dict[str, float]:
    if iterated(case):
        return ITERATED
    return TOLERANCE["klein" if case["dataset"] == "klein" else "us_states"]


def differing(case: dict) -> bool:
    return not isinstance(DATA[case["dataset"]]["instruments"], str)


@pytest.fixture(scope="module")
def models() -> dict[str, SystemEquations]:
    frames = {"klein": load_klein().query("year != 1920"), "us": load_us_states()}
    return {
        key: SystemEquations(
            spec["equations"],
            frames["klein" if key == "klein" else "us"],
            instruments=spec["instruments"],
        )
        for key, spec in DATA.items()
    }


def fit(models: dict[str, SystemEquations], case: dict, **options):
    """Fit as the case asks; the GLS form with instruments that differ must warn."""
    if case["constrained"]:
        options["constraints"] = DATA[case["dataset"]]["constraints"]["text"]
    if iterated(case):
        options["tol"] = 1e-12
    if case["form"]:
        options.setdefault("form", case["form"])
    warns = options.get("form") == "gls" and differing(case)
    with pytest.warns(SimeqWarning, match="inconsistent") if warns else contextlib.nullcontext():
        return models[case["dataset"]].fit(case["method"], sigma_dof=case["sigma_dof"], **options)


def assert_coefficients(found, case: dict) -> None:
    gap = (found.params.to_numpy() - case["params"]) / np.array(case["bse"])
    assert np.abs(gap).max() <= tolerance(case)["params"]


def assert_matrix(found, expected, tol: float) -> None:
    """Entries in units of the product of their diagonal's roots."""
    expected = np.array(expected)
    size = np.sqrt(expected.diagonal())
    assert np.abs((np.asarray(found) - expected) / np.outer(size, size)).max() <= tol


SOUND = [case for case in CASES if case["error"] is None]

#: simeq has no pooled s² for one equation's Σ under constraints with systemfit's other choices.
LIKE = [case for case in SOUND if not (case["constrained"] and case["single_eq_sigma"])]


@pytest.mark.parametrize("case", LIKE, ids=name)
def test_like_systemfit(models, case):
    found = fit(models, case, like="systemfit")
    tol = tolerance(case)
    assert found.converged
    assert list(found.params.index) == [tuple(term) for term in DATA[case["dataset"]]["terms"]]
    assert_coefficients(found, case)
    np.testing.assert_allclose(found.bse, case["bse"], rtol=tol["cov"])
    assert_matrix(found.cov_params(), case["cov"], tol["cov"])
    assert_matrix(found.sigma_resid, case["sigma_resid"], tol["cov"])
    if case["sigma"] is not None:
        diagonal = case["method"] in ("wls", "w2sls")  # systemfit keeps what its weights use
        used = np.diag(np.diag(found.sigma)) if diagonal else found.sigma
        assert_matrix(np.asarray(used), case["sigma"], tol["cov"])
    np.testing.assert_allclose(found.rsquared, case["rsquared"], atol=tol["r2"])
    np.testing.assert_allclose(found.rmse**2 * found.nobs, case["rss"], rtol=tol["cov"])
    # p = 2(1 − F(|t|)) has an absolute precision of 1e-16 only, and moves at most 2φ(0) = 0.8
    # times as much as t, whose error is that of b and of a standard error times t; |t|φ(t) < 0.25.
    np.testing.assert_allclose(found.pvalues, case["pvalues"], atol=tol["params"] + tol["cov"])
    assert found.df_resid == case["df_resid"]
    # The likelihood moves by n times the relative change of |Σ|, at most 2 tol in each equation.
    atol = 4 * found.nobs * tol["cov"]
    assert found.llf == pytest.approx(case["llf"], abs=atol)
    assert found.system_rsquared["judge"] == pytest.approx(case["ols_rsquared"], abs=tol["r2"])


@pytest.mark.parametrize("case", LIKE, ids=name)
def test_adjusted_r_squared_like_systemfit(models, case):
    """k_i there is less the constraints within equation i, as in the divisors."""
    found = fit(models, case, like="systemfit")
    np.testing.assert_allclose(found.rsquared_adj, case["rsquared_adj"], atol=tolerance(case)["r2"])


@pytest.mark.parametrize("case", LIKE, ids=name)
def test_mcelroy_like_systemfit(models, case):
    """With the chosen divisor, which may be indefinite and give more than one."""
    found = fit(models, case, like="systemfit").system_rsquared["mcelroy"]
    sigma = np.array(case["sigma_resid"])
    root = np.sqrt(sigma.diagonal())
    # Σ⁻¹ enlarges an error of Σ by the condition number of its correlation form.
    condition = np.linalg.cond(sigma / np.outer(root, root))
    assert found == pytest.approx(case["mcelroy"], abs=tolerance(case)["r2"] * max(condition, 1))


FREE = [case for case in SOUND if not case["constrained"]]


@pytest.mark.parametrize("case", FREE, ids=name)
def test_unconstrained_coefficients_under_the_default_conventions(models, case):
    """The divisor alone decides; common instruments need no word about the form."""
    options = {"form": case["form"]} if differing(case) and case["form"] else {}
    assert_coefficients(fit(models, case, **options), case)


@pytest.mark.parametrize(
    "case",
    [case for case in SOUND if case["constrained"] and case["sigma_dof"] == "none"],
    ids=name,
)
def test_constrained_coefficients_with_divisor_n_under_the_default_conventions(models, case):
    """With n there is no k_i to disagree on."""
    assert_coefficients(fit(models, case), case)


BY_EQUATION = [case for case in SOUND if case["constrained"] and case["single_eq_sigma"]]


@pytest.mark.parametrize("case", BY_EQUATION, ids=name)
def test_constrained_ols_and_2sls_coefficients_do_not_depend_on_whose_variance_follows(
    models, case
):
    """systemfit's singleEqSigma = TRUE changes its covariance alone.

    That one is (N'X'(diag Σ)⁻¹XN)⁻¹, right for weights that OLS and 2SLS do not have.
    """
    found = fit(models, case, like="systemfit")
    assert_coefficients(found, case)
    model = models[case["dataset"]]
    weighted = model.fit(
        {"ols": "wls", "2sls": "w2sls"}[case["method"]],
        like="systemfit",
        sigma_dof=case["sigma_dof"],
        constraints=DATA[case["dataset"]]["constraints"]["text"],
    )
    assert_matrix(weighted.cov_params(), case["cov"], tolerance(case)["cov"])


STOPPED = [case for case in CASES if case["error"] and iterated(case)]


@pytest.mark.parametrize("like", ["systemfit", None])
@pytest.mark.parametrize("case", STOPPED, ids=name)
def test_where_systemfit_finds_a_singular_matrix_or_no_end_simeq_says_that_sigma_became_singular(
    models, case, like
):
    """Dependents on each other's right sides whose residuals become proportional, or a divisor
    (max, theil) that leaves Σ indefinite."""
    words = ("computationally singular", "no convergence in 500 iterations")
    assert any(word in case["error"] for word in words)
    with pytest.raises(SingularError, match=r"residual covariance is singular"):
        fit(models, case, like=like)


UNDEFINED = [case for case in CASES if case["error"] and not iterated(case)]


@pytest.mark.parametrize("case", UNDEFINED, ids=name)
def test_where_systemfit_has_no_pooled_variance_by_theil_the_coefficients_are_those_of_any_divisor(
    models, case
):
    """Constrained OLS and 2SLS are least squares; the divisor touches the covariance alone."""
    assert "can only be calculated" in case["error"]
    text = DATA[case["dataset"]]["constraints"]["text"]
    other = models[case["dataset"]].fit(case["method"], constraints=text)
    found = fit(models, case, like="systemfit")
    np.testing.assert_array_equal(found.params, other.params)
    assert np.isfinite(found.bse).all()


def test_every_case_of_the_file_is_compared_or_named():
    left_out = [case for case in REFERENCE["cases"] if case["form"] in ("iv", "schmidt", "eviews")]
    assert len(LIKE) + len(BY_EQUATION) + len(STOPPED) + len(UNDEFINED) == len(CASES)
    assert len(CASES) + len(left_out) == len(REFERENCE["cases"]) == 292
