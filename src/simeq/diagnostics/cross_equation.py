"""Across equations: tests that their errors are uncorrelated."""

from __future__ import annotations

import itertools

import numpy as np

from simeq.diagnostics.hypothesis_test import SYSTEM, HypothesisTest, chi2_test
from simeq.diagnostics.robust_moments import RobustRows, quadratic
from simeq.errors import SimeqError, SingularError
from simeq.estimation import goodness_of_fit as measures
from simeq.estimation.columns import residuals
from simeq.estimation.fit import Fit, refit, whole_sample
from simeq.estimators.choices import Asked
from simeq.estimators.registry import ESTIMATORS, agree
from simeq.estimators.samples import SIGMA_TOL
from simeq.linalg.bases import FloatArray
from simeq.moments.scores import Scores

_NULL = "errors of different equations are uncorrelated"
_NULL_EXOGENOUS = f"{_NULL}, all regressors being exogenous"


def breusch_pagan(fit: Fit) -> HypothesisTest:
    """n Σ_{i<j} r_ij², χ²(G(G−1)/2), r the correlations of the final residuals.

    It takes the regressors of every equation for exogenous in all of them: a dependent on another's
    right side, instrumented or not, moves the statistic. See `correlation_robust`.

    Breusch and Pagan (1980), "The Lagrange multiplier test and its applications to model
    specification in econometrics".
    """
    r = _correlation(fit)
    statistic = fit.system.factor.nobs * float((np.tril(r, -1) ** 2).sum())
    return chi2_test("Breusch-Pagan correlation", SYSTEM, statistic, _pairs(fit), _NULL_EXOGENOUS)


def correlation_robust(fit: Fit, rows: RobustRows) -> HypothesisTest:
    """Σ_t e_it e_jt against its own variance, χ²(G(G−1)/2), e the residuals of OLS or 2SLS.

    The errors of coefficients enter by X_i'u_j, which is not small where y_j moves X_i: so
    Σ e_i e_j has the variance of Σ s_t, s_t = u_it u_jt − u_it h_ijt − h_jit u_jt with
    h_ij = X̂_i(X̂_i'X̂_i)⁻¹X_i'e_j. A moment with estimated parameters; Newey (1984).
    """
    _require_several(fit)
    system = fit.system
    if fit.uses_instruments:
        system.require_identified(constrained=False)
    free = whole_sample(system, fit.estimator, fit.choices, None)
    structural = system.structural(free.free.coefficients(free.unweighted()[0]))
    e = residuals(system, structural)
    pairs = np.array(list(itertools.combinations(range(len(system.labels)), 2))).T
    first, second = pairs
    h = _moved(fit, e)
    scores = Scores(
        np.hstack([structural[:, first], h[second, first].T]),
        np.hstack([structural[:, second] - h[first, second].T, structural[:, second]]),
        np.eye(2 * first.size),
        np.vstack([np.eye(first.size), -np.eye(first.size)]),
        None,
        np.eye(first.size),
    )
    gap = (e[:, first] * e[:, second]).sum(axis=0)
    statistic = quadratic(gap, rows.summed(scores), SYSTEM)
    return chi2_test("Correlation robust", SYSTEM, statistic, first.size, f"{_NULL} (robust)")


def _moved(fit: Fit, e: FloatArray) -> FloatArray:
    """Weights (G, G, m) on the columns of W of h_ij = X̂_i(X̂_i'X̂_i)⁻¹X_i'e_j."""
    r, seen = fit.system.factor.r, fit.samples.equations
    places = seen.places
    out = np.zeros((len(places), len(places), r.shape[1]))
    for i, (own, z) in enumerate(zip(fit.system.used, places, strict=True)):
        along = np.linalg.solve(seen.t[i].T, r[:, own].T @ e)
        out[i][:, list(z)] = (seen.loadings[i] @ along).T
    return out


def likelihood_ratio_of_residuals(fit: Fit) -> HypothesisTest:
    """n(Σ log σ̂_i² − log|Σ̂|) of one set of residuals, as linearmodels' `likelihood_ratio`.

    Raises
    ------
    SingularError
        If the residuals of equations are tied.
    """
    values = np.linalg.eigvalsh(_correlation(fit))
    if values[0] <= SIGMA_TOL:
        raise SingularError(
            f"The residuals of the {len(values)} equations are tied (smallest eigenvalue of their "
            f"correlation {values[0]:.1e}), so that the likelihood ratio is infinite: is one "
            f"equation there twice or an identity, or are there more equations than rows? Remove "
            f"one."
        )
    # Of a recursive system by OLS they are uncorrelated, and the logarithm is a rounding error.
    statistic = max(-fit.system.factor.nobs * float(np.log(values).sum()), 0.0)
    return chi2_test("LR of residuals", SYSTEM, statistic, _pairs(fit), _NULL_EXOGENOUS)


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
    if fit.uses_instruments or fit.restriction is not None:
        why = "constraints" if fit.restriction is not None else fit.estimator.title.lower()
        raise SimeqError(
            f"The likelihood ratio of a diagonal covariance compares OLS with iterated SUR, which "
            f"{why} do not maximise; see the Breusch-Pagan test."
        )
    n, full = fit.system.factor.nobs, _maximum(fit, "isur")
    single = _residuals(_maximum(fit, "ols")).T
    free = sum(measures.log_likelihood(own[:, None], n) for own in single)
    statistic = max(2.0 * (measures.log_likelihood(_residuals(full), n) - free), 0.0)
    return chi2_test("LR of diagonal covariance", SYSTEM, statistic, _pairs(fit), _NULL_EXOGENOUS)


def _maximum(fit: Fit, method: str) -> Fit:
    """Maximise the likelihood: divisors n, and until nothing moves."""
    found = refit(fit, ESTIMATORS[method], agree(ESTIMATORS[method], Asked()))
    if not found.converged:
        raise SimeqError(
            f"Iterated SUR did not converge in {found.choices.maxiter:,} iterations, so that "
            f"its likelihood is not at a maximum; see the Breusch-Pagan test."
        )
    return found


def _residuals(fit: Fit) -> FloatArray:
    """Residuals (p, G) in coordinates of R, of equations that do not fit exactly."""
    _require_several(fit)
    return residuals(fit.system, fit.system.structural(fit.b))


def _correlation(fit: Fit) -> FloatArray:
    """Correlations (G, G) of the final residuals."""
    e = _residuals(fit)
    unit = e / np.linalg.norm(e, axis=0)
    return np.asarray(unit.T @ unit)


def _require_several(fit: Fit) -> None:
    if len(fit.system.labels) < 2:
        raise SimeqError("One equation has no other to be correlated with.")


def _pairs(fit: Fit) -> int:
    """Pairs of equations, G(G − 1)/2."""
    g = len(fit.system.labels)
    return g * (g - 1) // 2
