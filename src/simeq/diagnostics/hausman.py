"""Hausman's test between two estimates of one system, with a variance that cannot be negative."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simeq.diagnostics.hypothesis_test import SYSTEM, HypothesisTest, chi2_test
from simeq.diagnostics.robust_moments import RobustRows, quadratic
from simeq.errors import SimeqError
from simeq.estimation.columns import residuals
from simeq.estimation.fit import Fit, refit
from simeq.linalg.bases import FloatArray
from simeq.moments.scores import Scores

#: A direction in which the difference has less than this share of the estimate's standard error has
#: none: the estimators are the same there, and what is left is rounding, of the order of 1e-15.
SAME_TOL = 1e-9


def hausman(first: Fit, second: Fit, rows: RobustRows | None = None) -> HypothesisTest:
    """d'V⁺d with d the difference of the coefficients, χ²(rank V).

    Both estimates are linear in the errors, b − β = C(u), so that d has the variance
    V = (C₁ − C₂)(Σ⊗I)(C₁ − C₂)', positive semi-definite whatever the sample. Σ is that of the
    estimate that needs less: of 2SLS against 3SLS, and of 2SLS against OLS. The robust form sums
    (C₁ − C₂) u u' (C₁ − C₂)' over rows, clusters or lags.

    Hausman (1978), "Specification tests in econometrics".

    Parameters
    ----------
    first, second : Fit
        Of the same equations and rows, in any order.
    rows : RobustRows, optional

    Raises
    ------
    SimeqError
        If the two are not estimates of one system, or one estimate twice.
    DataError
        If an equation fits exactly.
    """
    _require_same_system(first, second)
    _require_two(first, second)
    safe, efficient = sorted(map(at_its_sigma, (first, second)), key=_assumes)
    residuals(safe.system, safe.system.structural(safe.b))
    scores = difference(safe, efficient)
    g = np.hstack([_orthonormal(safe), _orthonormal(efficient)])
    axes = _axes(_root(scores, g, safe.sigma), safe.cov.diagonal())
    gap = axes.T @ (safe.b - efficient.b)
    null = _null(safe, efficient)
    if rows is None or not gap.size:  # V is the identity in these axes
        return chi2_test("Hausman", SYSTEM, float(gap @ gap), gap.size, null)
    meat = rows.summed(replace(scores, transform=scores.loading @ axes))
    return chi2_test("Hausman robust", SYSTEM, quadratic(gap, meat, SYSTEM), gap.size, null)


def at_its_sigma(fit: Fit) -> Fit:
    """The estimate as a function of the errors at the Σ that it was solved with.

    linearmodels' covariance after an iteration takes Σ of the final residuals instead, which is
    another function of the errors as long as the two are not equal to the last digit.
    """
    if not fit.choices.final_sigma:
        return fit
    return refit(fit, fit.estimator, replace(fit.choices, final_sigma=False))


def difference(safe: Fit, efficient: Fit) -> Scores:
    """C₁u − C₂u row by row, at the residuals of the safe estimate."""
    one, two = safe.scores, efficient.scores
    return Scores(
        np.hstack([one.loadings, two.loadings]),
        one.structural,
        np.hstack([one.mix, two.mix]),
        np.vstack([_influence(safe), -_influence(efficient)]),
        None,
        np.eye(safe.b.size),
    )


def _influence(fit: Fit) -> FloatArray:
    """What takes products g_t ∘ v_t to the coefficients (q, K): L M A⁻¹ J'."""
    return np.asarray(fit.scores.loading @ fit.bread @ fit.free.directions.T)


def _root(scores: Scores, g: FloatArray, sigma: FloatArray) -> FloatArray:
    """D (Gp, K) with D'D = V, not formed as V, whose rank would be lost in rounding.

    The rows of D in equation i are g ∘ mix_i times the loading; Σ = HH' mixes the equations.
    """
    parts = np.array([(g * own) @ scores.loading for own in scores.mix])
    size = np.sqrt(sigma.diagonal())
    values, vectors = np.linalg.eigh(sigma / np.multiply.outer(size, size))
    half = size[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    mixed = np.einsum("ij,ipk->jpk", half, parts)
    return np.asarray(mixed.reshape(len(g) * len(sigma), -1))


def _orthonormal(fit: Fit) -> FloatArray:
    """The g_t of an estimate's scores in coordinates of R (p, q), orthonormal as they were made.

    From the columns of W, as rows need them, near-collinear ones would come with rounding errors in
    which rank is lost.
    """
    own = fit.samples.equations
    parts = fit.estimator.score_parts(fit.samples, fit.estimate, fit.choices)
    return own.f if parts.beside == "regressors" else own.stacked_z


def _axes(root: FloatArray, variance: FloatArray) -> FloatArray:
    """Directions (K, rank V) of variance 1; rank is judged in the estimate's standard errors."""
    unit = np.sqrt(np.where(variance > 0.0, variance, 1.0))
    triangle = np.linalg.qr(root / unit, mode="r")
    _, values, vt = np.linalg.svd(triangle, full_matrices=False)
    there = values > SAME_TOL
    return np.asarray(vt[there].T / values[there] / unit[:, None])


def _assumes(fit: Fit) -> tuple[bool, bool, bool, bool]:
    """How much an estimate assumes: its constraints weigh more than other equations do."""
    own = fit.estimator.assumes
    constrained = fit.restriction is not None
    return own.exogenous_regressors, constrained, own.other_equations, own.fixed_point


def _null(safe: Fit, efficient: Fit) -> str:
    """Write the null hypothesis: what makes both estimates consistent."""
    one, two = safe.estimator.title.lower(), efficient.estimator.title.lower()
    if safe.constraints != efficient.constraints:
        return "the constraints hold, and both estimates are consistent"
    exogenous = safe.estimator.assumes.exogenous_regressors
    if efficient.estimator.assumes.exogenous_regressors and not exogenous:
        return f"the regressors are exogenous: {two} is consistent as {one} is"
    what = "regressors correlated with others' errors" if exogenous else "instruments invalid"
    return f"no equation is misspecified, nor its {what}: {two} is consistent as {one} is"


def _require_two(first: Fit, second: Fit) -> None:
    if first.estimator.name == second.estimator.name and np.array_equal(first.b, second.b):
        raise SimeqError(
            f"Both are the same estimate, by {first.estimator.title.lower()}; Hausman's test "
            f"compares two that are consistent under different assumptions, such as OLS and 2SLS."
        )


def _require_same_system(first: Fit, second: Fit) -> None:
    one, two = first.system, second.system
    same = one is two or (
        one.coefficient_names == two.coefficient_names
        and one.factor.nobs == two.factor.nobs
        and one.factor.names == two.factor.names
        and np.array_equal(one.factor.r, two.factor.r)
    )
    if not same:
        raise SimeqError(
            "Hausman's test compares two estimates of the same equations on the same rows; fit "
            "one model by two methods."
        )
