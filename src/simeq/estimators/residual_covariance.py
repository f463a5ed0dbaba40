"""Divisors of Σ, the residual covariance, for one sample or many."""

from __future__ import annotations

import numpy as np

from simeq.estimators.conventions import Divisor
from simeq.estimators.equations import Equations
from simeq.linalg.bases import FloatArray, IntArray


def divisors(
    kind: Divisor, nobs: int | IntArray, k: IntArray, overlap: FloatArray | None = None
) -> FloatArray:
    """Divisor (…, G, G) of the residual cross products.

    Parameters
    ----------
    kind : {"none", "geomean", "mean", "max", "theil"}
        n; √((n−k_i)(n−k_j)); the mean of n−k_i over equations; n − max(k_i, k_j); and
        n − k_i − k_j + tr[(X_i'X_i)⁻¹X_i'X_j(X_j'X_j)⁻¹X_j'X_i].
    nobs : (…) array of int
    k : (…, G) array of int
        Regressors of each equation, with the constant, before constraints.
    overlap : (…, G, G) array, optional
        The traces of "theil"; see `overlaps`.

    Notes
    -----
    Theil (1971), *Principles of Econometrics*, p. 322; Judge et al. (1985), p. 469.
    """
    n = np.asarray(nobs, dtype=np.float64)[..., None, None]
    k_i, k_j = k[..., :, None], k[..., None, :]
    if kind == "geomean":
        return np.asarray(np.sqrt((n - k_i) * (n - k_j)))
    if kind == "max":
        return np.asarray(n - np.maximum(k_i, k_j))
    if kind == "theil" and overlap is not None:
        return np.asarray(n - k_i - k_j + overlap)
    if kind == "mean":
        n = (n - k_i).mean(axis=-2, keepdims=True)
    return np.asarray(n + np.zeros_like(k_i + k_j))


def overlaps(equations: Equations, metric: FloatArray | None = None) -> FloatArray:
    """Traces tr[(X_i'X_i)⁻¹X_i'X_j(X_j'X_j)⁻¹X_j'X_i] (…, G, G), X_i of each sample.

    Parameters
    ----------
    equations : Equations
    metric : (D, p, p) array, optional
        Grams of D samples; one sample by default.
    """
    x, g = equations.x, equations.sizes.size
    gram = x.T @ (x if metric is None else metric @ x)
    own = [np.flatnonzero(equations.equation == i) for i in range(g)]
    shares = [[_share(gram, i, j) for j in own] for i in own]
    out = np.empty((*gram.shape[:-2], g, g))
    for i in range(g):
        for j in range(g):
            product = shares[i][j] * shares[j][i].swapaxes(-2, -1)
            out[..., i, j] = product.sum(axis=(-2, -1))
    return out


def _share(gram: FloatArray, i: IntArray, j: IntArray) -> FloatArray:
    """(X_i'X_i)⁻¹X_i'X_j (…, k_i, k_j); zero where a sample lacks a column."""
    left = gram[..., i, :]
    return np.asarray(np.linalg.pinv(left[..., i]) @ left[..., j])
