"""Variances of functions of coefficients, by the delta method: j'Vj and JVJ'. Arrays only.

A combination of coefficients may vary by rounding alone, as one that constraints impose; a
coefficient may have no variance, as one that cannot be resampled. Both are kept apart here, once.
"""

from __future__ import annotations

import numpy as np

from simeq.linalg.bases import BoolArray, FloatArray

#: A standard error below this share of its parts' is rounding: the combination is imposed.
IMPOSED_TOL = 1e-7


def standard_errors(cov: FloatArray) -> FloatArray:
    """Roots of the variances; NaN for one that is negative, as two-way clusters can give."""
    variance = cov.diagonal()
    return np.sqrt(np.where(variance < 0.0, np.nan, variance))


def delta_covariance(jacobian: FloatArray, cov: FloatArray) -> FloatArray:
    """J V J' (r, r) for J (r, K), zero for rows that are imposed."""
    known = among_used(jacobian, cov)
    out = np.asarray(jacobian @ known @ jacobian.T)
    imposed = is_imposed(jacobian, known)
    out[imposed], out[:, imposed] = 0.0, 0.0
    return out


def delta_variance(jacobian: FloatArray, cov: FloatArray) -> FloatArray:
    """j'V j for each row of a Jacobian (r, K).

    Zero where it is rounding; NaN where it is negative, or where a coefficient without a variance
    has a part in it.
    """
    known = np.isfinite(cov.diagonal())
    finite = np.where(np.logical_and.outer(known, known), cov, 0.0)
    variance = quadratic_form(jacobian, finite)
    variance[has_unknown_part(jacobian, cov)] = np.nan
    return variance


def quadratic_form(x: FloatArray, cov: FloatArray) -> FloatArray:
    """x_t'Vx_t for each row of x (n, k): zero where it is rounding, NaN where it is negative."""
    variance = np.einsum("tj,tj->t", x @ cov, x)
    with np.errstate(invalid="ignore"):
        scale = np.abs(x) @ np.sqrt(cov.diagonal())
    variance[_is_rounding(np.abs(variance), scale)] = 0.0
    variance[variance < 0.0] = np.nan
    return np.asarray(variance, dtype=np.float64)


def is_imposed(r: FloatArray, cov: FloatArray) -> BoolArray:
    """Whether the variance of a combination R b is zero beside those of its coefficients."""
    variance = np.einsum("ij,jk,ik->i", r, cov, r)
    return _is_rounding(variance, np.abs(r) @ standard_errors(cov))


def _is_rounding(variance: FloatArray, scale: FloatArray) -> BoolArray:
    """Whether variances are zero beside the sum of their parts' standard errors."""
    return np.asarray(variance <= (IMPOSED_TOL * scale) ** 2)


def among_used(r: FloatArray, cov: FloatArray) -> FloatArray:
    """Covariance with zeros for coefficients that no row of R has a part in, defined or not."""
    used = r.any(axis=0)
    return np.where(np.logical_and.outer(used, used), cov, 0.0)


def has_unknown_part(jacobian: FloatArray, cov: FloatArray) -> BoolArray:
    """Rows of a Jacobian (r, K) in which a coefficient without a variance has a part."""
    return np.asarray(jacobian[:, ~np.isfinite(cov.diagonal())].any(axis=1))
