"""Across equations: tests that their errors are uncorrelated."""

from __future__ import annotations

import warnings

import numpy as np

from simeq import measures
from simeq._linalg import FloatArray
from simeq.conventions import METHODS, PRESETS
from simeq.diagnostics.record import SYSTEM, HypothesisTest, chi2_test
from simeq.errors import ConvergenceWarning, SimeqError
from simeq.fitted import Fit, estimate

_NULL = "errors of different equations are uncorrelated"


def breusch_pagan(fit: Fit) -> HypothesisTest:
    """n Σ_{i<j} r_ij², χ²(G(G−1)/2), r the correlations of the final residuals.

    Breusch and Pagan (1980), "The Lagrange multiplier test and its applications to model
    specification in econometrics".
    """
    e = _residuals(fit)
    size = np.sqrt((e**2).sum(axis=0))
    r = (e / size).T @ (e / size)
    statistic = fit.system.factor.nobs * float((np.tril(r, -1) ** 2).sum())
    return chi2_test("Breusch-Pagan correlation", SYSTEM, statistic, _pairs(fit), _NULL)


def likelihood_ratio_of_residuals(fit: Fit) -> HypothesisTest:
    """n(Σ log σ̂_i² − log|Σ̂|) of one set of residuals, as linearmodels' `likelihood_ratio`."""
    e = _residuals(fit)
    n = fit.system.factor.nobs
    sigma = e.T @ e / n
    _, logdet = np.linalg.slogdet(sigma)
    statistic = n * float(np.log(sigma.diagonal()).sum() - logdet)
    return chi2_test("LR of residuals", SYSTEM, statistic, _pairs(fit), _NULL)


def likelihood_ratio(fit: Fit) -> HypothesisTest:
    """2(log L of iterated SUR − Σ log L of OLS), each at its own maximum, χ²(G(G−1)/2).

    Raises
    ------
    SimeqError
        If the estimator takes instruments, or constraints tie the equations.
    SingularError
        If iterated SUR runs into a singular covariance.
    """
    _require_several(fit)
    if fit.method.instruments or fit.restriction is not None:
        why = "constraints" if fit.restriction is not None else fit.method.title.lower()
        raise SimeqError(
            f"The likelihood ratio of a diagonal covariance compares OLS with iterated SUR, which "
            f"{why} do not maximise; see the Breusch-Pagan test."
        )
    n, full = fit.system.factor.nobs, _maximum(fit, "isur")
    single = _residuals(_maximum(fit, "ols")).T
    free = sum(measures.log_likelihood(own[:, None], n) for own in single)
    statistic = 2.0 * (measures.log_likelihood(_residuals(full), n) - free)
    return chi2_test("LR of diagonal covariance", SYSTEM, statistic, _pairs(fit), _NULL)


def _maximum(fit: Fit, method: str) -> Fit:
    """Maximise the likelihood: divisors n, and until nothing moves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = estimate(fit.system, METHODS[method], PRESETS["simeq"])
    if not found.estimate.converged:
        raise SimeqError(
            f"Iterated SUR did not converge in {found.convention.maxiter:,} iterations, so that "
            f"its likelihood is not at a maximum; see the Breusch-Pagan test."
        )
    return found


def _residuals(fit: Fit) -> FloatArray:
    """Residuals (p, G) in coordinates of R."""
    _require_several(fit)
    return fit.system.factor.r @ fit.system.structural(fit.b)


def _require_several(fit: Fit) -> None:
    if len(fit.system.labels) < 2:
        raise SimeqError("One equation has no other to be correlated with.")


def _pairs(fit: Fit) -> int:
    g = len(fit.system.labels)
    return g * (g - 1) // 2
