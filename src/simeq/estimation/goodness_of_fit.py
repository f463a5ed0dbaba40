"""How well a fitted system fits: R² by equation and as a whole, likelihood. From R alone.

Residuals E and dependents Y are columns in the coordinates of R. All take the final residuals.
"""

from __future__ import annotations

import numpy as np

from simeq.estimation.fit import Fit
from simeq.linalg.bases import BoolArray, FloatArray


def residuals_on_r(fit: Fit) -> FloatArray:
    """Residuals E (p, G) in the coordinates of R: E'E = U'U."""
    return fit.system.factor.r @ fit.system.structural(fit.b)


def residual_correlation(fit: Fit) -> FloatArray:
    """Correlation (G, G) of the residuals; NaN where an equation fits exactly."""
    size = np.sqrt(fit.sigma_resid.diagonal())
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(fit.sigma_resid / np.multiply.outer(size, size))


def root_mean_square(fit: Fit) -> FloatArray:
    """Root mean square of the residuals (G,), √(RSS/n)."""
    squares = (residuals_on_r(fit) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(squares / fit.system.factor.nobs))


def rsquared(fit: Fit) -> FloatArray:
    """R² (G,) = 1 − RSS/TSS, or the squared correlation of y and ŷ where a preset says so.

    TSS is about the mean where the constant is in the span of the regressors.
    """
    system = fit.system
    if fit.choices.convention.rsquared == "correlation":
        fitted = system.factor.r @ system.right_side(fit.b)
        a, b = system.y_centred, system.factor.centred(fitted)
        return np.asarray((a * b).sum(axis=0) ** 2 / ((a**2).sum(axis=0) * (b**2).sum(axis=0)))
    about_mean, about_zero = (system.y_centred**2).sum(axis=0), (system.y**2).sum(axis=0)
    tss = np.where(_is_centred(fit), about_mean, about_zero)
    return np.asarray(1.0 - (residuals_on_r(fit) ** 2).sum(axis=0) / tss)


def adjusted_rsquared(fit: Fit) -> FloatArray:
    """Adjusted R² (G,) = 1 − (1 − R²)(n − 1)/(n − k), n for n − 1 when not centred."""
    n, k = fit.system.factor.nobs, fit.counted_sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - (1.0 - rsquared(fit)) * (n - _is_centred(fit)) / (n - k))


def _is_centred(fit: Fit) -> BoolArray:
    """Whether the total sum of squares of each equation is about the mean (G,)."""
    return np.asarray(fit.system.has_constant | (fit.choices.convention.rsquared == "centred"))


def system_rsquared(fit: Fit) -> dict[str, float]:
    """R² of the whole system.

    McElroy (1977) 1 − e'(S⁻¹⊗I)e / Σ s^{ij}(y_i − ȳ_i)'(y_j − ȳ_j); Berndt (1991) 1 − |E'E|/|Y'Y|;
    Judge et al. (1985) 1 − ΣRSS/ΣTSS; Dhrymes (1974) ΣR²_i TSS_i/ΣTSS. McElroy's does not depend on
    the scale of S, which is the residual cross product, or Σ with its divisor where a preset says
    so. NaN where S is singular.
    """
    e, y = residuals_on_r(fit), fit.system.y_centred
    residual, total = e.T @ e, y.T @ y
    tss = total.diagonal()
    s = fit.sigma_resid if fit.choices.convention.mcelroy_divisor else residual
    return {
        "mcelroy": 1.0 - _trace_ratio(s, residual, total),
        "berndt": 1.0 - float(np.exp(_logdet(residual) - _logdet(total))),
        "judge": float(1.0 - residual.trace() / tss.sum()),
        "dhrymes": float((rsquared(fit) * tss).sum() / tss.sum()),
    }


def log_likelihood(e: FloatArray, nobs: int) -> float:
    """Normal log-likelihood −n/2 (G(1 + log 2π) + log|E'E/n|); infinite when a residual is zero."""
    g = e.shape[1]
    return float(-0.5 * nobs * (g * (1.0 + np.log(2.0 * np.pi)) + _logdet(e.T @ e / nobs)))


def information_criterion(fit: Fit, penalty: float) -> float:
    """−2 log-likelihood + penalty × parameters, Σ's among them; NaN without a likelihood."""
    if not fit.estimator.has_likelihood:
        return np.nan
    g = len(fit.system.labels)
    parameters = fit.b.size - len(fit.constraints) + g * (g + 1) // 2
    likelihood = log_likelihood(residuals_on_r(fit), fit.system.factor.nobs)
    return float(-2.0 * likelihood + penalty * parameters)


def _trace_ratio(sigma: FloatArray, residual: FloatArray, total: FloatArray) -> float:
    """tr(S⁻¹E'E) / tr(S⁻¹Y'Y), NaN when S is singular."""
    try:
        both = np.linalg.solve(sigma, np.hstack([residual, total]))
    except np.linalg.LinAlgError:
        return np.nan
    g = len(sigma)
    return float(both[:, :g].trace() / both[:, g:].trace())


def _logdet(a: FloatArray) -> float:
    """Log-determinant, −∞ where it is not positive."""
    sign, value = np.linalg.slogdet(a)
    return float(value) if sign > 0 else -np.inf
