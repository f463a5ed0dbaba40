"""How well a system fits: R² by equation and as a whole, likelihood. Arrays on R only.

Residuals E and dependents Y are columns in the coordinates of R, whose first row is that of the
column of ones: without it they are centred.
"""

from __future__ import annotations

import numpy as np

from simeq.linalg.bases import BoolArray, FloatArray, IntArray


def rsquared(e: FloatArray, y: FloatArray, centred: BoolArray) -> FloatArray:
    """R² (G,) = 1 − RSS/TSS, TSS about the mean where `centred`."""
    tss = np.where(centred, (y[1:] ** 2).sum(axis=0), (y**2).sum(axis=0))
    return np.asarray(1.0 - (e**2).sum(axis=0) / tss)


def squared_correlation(y: FloatArray, fitted: FloatArray) -> FloatArray:
    """Squared correlation (G,) of y and ŷ, which gretl reports as R²."""
    a, b = y[1:], fitted[1:]
    return np.asarray((a * b).sum(axis=0) ** 2 / ((a**2).sum(axis=0) * (b**2).sum(axis=0)))


def adjusted(r2: FloatArray, nobs: int, k: IntArray, centred: BoolArray) -> FloatArray:
    """Adjusted R² (G,) = 1 − (1 − R²)(n − 1)/(n − k), n for n − 1 when not centred."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - (1.0 - r2) * (nobs - centred) / (nobs - k))


def system_rsquared(
    e: FloatArray, y: FloatArray, r2: FloatArray, sigma: FloatArray | None = None
) -> dict[str, float]:
    """R² of the whole system.

    McElroy (1977) 1 − e'(S⁻¹⊗I)e / Σ s^{ij}(y_i − ȳ_i)'(y_j − ȳ_j); Berndt (1991) 1 − |E'E|/|Y'Y|;
    Judge et al. (1985) 1 − ΣRSS/ΣTSS; Dhrymes (1974) ΣR²_i TSS_i/ΣTSS. McElroy's does not depend on
    the scale of S, which is `sigma` or the residual cross product. NaN where S is singular.
    """
    residual, total = e.T @ e, y[1:].T @ y[1:]
    tss = total.diagonal()
    return {
        "mcelroy": 1.0 - _trace_ratio(residual if sigma is None else sigma, residual, total),
        "berndt": 1.0 - float(np.exp(_logdet(residual) - _logdet(total))),
        "judge": float(1.0 - residual.trace() / tss.sum()),
        "dhrymes": float((r2 * tss).sum() / tss.sum()),
    }


def log_likelihood(e: FloatArray, nobs: int) -> float:
    """Normal log-likelihood −n/2 (G(1 + log 2π) + log|E'E/n|); infinite when a residual is zero."""
    g = e.shape[1]
    return float(-0.5 * nobs * (g * (1.0 + np.log(2.0 * np.pi)) + _logdet(e.T @ e / nobs)))


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
