"""The cases of reference/gretl.json (gretl 2022c) that the README beside it calls sound.

Left out there and here: LIML and FIML; divisors of `--geomean` under constraints and with
instruments listed by equation; covariances of constrained OLS and 2SLS; iterated SUR with
`--geomean` and unequal k, which gretl stops too early.
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

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "gretl.json").read_text())
DATA = REFERENCE["datasets"]


def differing(case: dict) -> bool:
    return not isinstance(DATA[case["dataset"]]["instruments"], str)


def sound(case: dict) -> bool:
    if case["method"] in ("liml", "fiml") or case["error"]:
        return False
    if case["sigma_dof"] == "geomean":
        early = case["method"] == "isur" and case["dataset"] != "klein"
        return not (case["constrained"] or differing(case) or early)
    return True


def name(case: dict) -> str:
    bound = "-constrained" if case["constrained"] else ""
    return f"{case['dataset']}-{case['call'].removeprefix('method=').replace(' ', '')}{bound}"


CASES = [case for case in REFERENCE["cases"] if sound(case)]
COVARIANCES = [
    case for case in CASES if not (case["constrained"] and case["method"] in ("ols", "2sls"))
]


def tolerance(case: dict) -> float:
    """Of coefficients in standard errors and of covariances relative to theirs.

    The README's distances between gretl and systemfit: 1e-11 (Klein) and 3e-8 (US states, where
    normal equations square the condition number) in one step; iterated 3SLS 3e-8; iterated SUR
    1e-5, since it stops when the log-likelihood rises by too little.
    """
    if case["method"] == "isur":
        return 1e-4
    if case["method"] == "i3sls":
        return 3e-7
    return 1e-9 if case["dataset"] == "klein" else 2e-7


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
    """Fit with gretl's conventions; where the case departs from its defaults, say so."""
    options.setdefault("like", "gretl")
    if case["bse_dof"] == "none" or case["sigma_dof"] == "geomean":
        options["sigma_dof"] = case["sigma_dof"]
    if case["constrained"]:
        options["constraints"] = ", ".join(DATA[case["dataset"]]["constraints"])
    if case["method"].startswith("i"):
        options["tol"] = 1e-12
    warns = case["method"] in ("3sls", "i3sls") and differing(case)
    with pytest.warns(SimeqWarning, match="inconsistent") if warns else contextlib.nullcontext():
        return models[case["dataset"]].fit(case["method"], **options)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_coefficients_and_residuals_like_gretl(models, case):
    found, tol = fit(models, case), tolerance(case)
    assert found.converged
    assert list(found.params.index) == [tuple(term) for term in DATA[case["dataset"]]["terms"]]
    scale = found.bse.to_numpy()
    assert np.abs((found.params - case["params"]) / scale).max() <= tol
    np.testing.assert_allclose(found.rmse**2 * found.nobs, case["rss"], rtol=tol)
    # Squared correlations, from sums of positive terms.
    np.testing.assert_allclose(found.rsquared, case["rsquared"], atol=tol)
    np.testing.assert_allclose(found.rsquared, case["rsquared_printed"], atol=2e-6)  # six digits
    assert found.nobs == case["nobs"]


@pytest.mark.parametrize("case", COVARIANCES, ids=name)
def test_covariance_like_gretl(models, case):
    found, tol = fit(models, case), tolerance(case)
    expected = np.array(case["cov"])
    size = np.sqrt(expected.diagonal())
    np.testing.assert_allclose(found.bse, case["bse"], rtol=tol)
    gap = (found.cov_params().to_numpy() - expected) / np.outer(size, size)
    assert np.abs(gap).max() <= tol


@pytest.mark.parametrize("case", CASES, ids=name)
def test_sigma_of_the_final_residuals_like_gretl(models, case):
    """gretl's $sigma has divisor n in OLS and 2SLS whatever its standard errors have."""
    found, tol = fit(models, case), tolerance(case)
    expected = np.array(case["sigma_resid"])
    ours = found.sigma_resid.to_numpy()
    if case["method"] in ("ols", "2sls"):
        ours = found.resid.T.to_numpy() @ found.resid.to_numpy() / found.nobs
    size = np.sqrt(expected.diagonal())
    # An error of b in standard errors moves a residual's variance by less, relatively.
    assert np.abs((ours - expected) / np.outer(size, size)).max() <= tol


DEFAULT = [case for case in COVARIANCES if case["bse_dof"] != "none"]


@pytest.mark.parametrize("case", DEFAULT, ids=name)
def test_distribution_like_gretl(models, case):
    """t(n − k_i) for OLS, 2SLS and SUR, the normal for 3SLS."""
    found = fit(models, case)
    assert found.use_t is (case["distribution"] == "t")


LIKELIHOODS = [case for case in CASES if case["llf"] is not None and case["sigma_dof"] == "none"]


@pytest.mark.parametrize("case", LIKELIHOODS, ids=name)
def test_log_likelihood_of_iterated_sur_like_gretl(models, case):
    """At divisor n; with `--geomean` gretl evaluates it beside its maximum."""
    # gretl stops when the likelihood rises by less than about 1e-8 of itself.
    assert fit(models, case).llf == pytest.approx(case["llf"], rel=1e-7)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["breusch_pagan"] and not case["constrained"]], ids=name
)
def test_breusch_and_pagan_like_gretl(models, case):
    found = fit(models, case)
    sigma = found.sigma_resid.to_numpy()
    root = np.sqrt(sigma.diagonal())
    lower = (sigma / np.outer(root, root))[np.tril_indices(len(root), -1)]
    stat = found.nobs * (lower**2).sum()
    assert stat == pytest.approx(case["breusch_pagan"]["stat"], rel=10 * tolerance(case))


FREE = [case for case in CASES if not case["constrained"] and not differing(case)]


@pytest.mark.parametrize("case", FREE, ids=name)
def test_coefficients_under_the_default_conventions(models, case):
    found = fit(models, case, like=None)
    assert np.abs((found.params - case["params"]) / found.bse).max() <= tolerance(case)


STOPPED = [case for case in REFERENCE["cases"] if case["error"]]


@pytest.mark.parametrize("case", STOPPED, ids=name)
def test_where_gretl_finds_sigma_not_positive_definite_simeq_says_that_it_became_singular(
    models, case
):
    assert case["error"] == "Matrix is not positive definite"
    with pytest.raises(SingularError, match="residual covariance is singular"):
        fit(models, case)
