"""Row scores of a system: where an estimator needs the rows again, it says so here.

In the coordinates δ an estimate solves Σ_t s_t = 0 with s_t = M'L'(g_t ∘ v_t), where g_t holds
orthonormal regressors (X̂_i T_i⁻¹) or instruments at row t, and v_t the weighed residuals: u_t for
OLS and 2SLS, diag(Σ)⁻¹u_t for WLS and W2SLS, Σ⁻¹u_t for SUR and 3SLS. All equations are stacked
in s_t, so that covariance across them is in its outer products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simeq.estimators.estimate import Estimate
from simeq.estimators.projection import Projection
from simeq.estimators.restriction import Coordinates
from simeq.linalg.bases import FloatArray, IntArray, block_diagonal

#: Yields W @ weights block by block for given weights (m, q).
RowBlocks: TypeAlias = Callable[[FloatArray], Iterator[FloatArray]]


@dataclass(frozen=True)
class Scores:
    """Scores as a function of the rows of W.

    Attributes
    ----------
    regressors : (m, q) array
        W @ regressors are the g_t.
    structural : (m, G) array
        W @ structural are the residuals u_t.
    mix : (G, q) array
        W @ structural @ mix are the v_t, each beside its g_t.
    weights : (q, K) array or None
        L; None when it is the identity.
    free : (K, p) array or None
        M; None without restrictions.
    units : (K, K) array
        Blocks T_i: what takes scores in γ to those of the regressors as they are, X̂_i'v_i.
    """

    regressors: FloatArray
    structural: FloatArray
    mix: FloatArray
    weights: FloatArray | None
    free: FloatArray | None
    units: FloatArray

    @property
    def loading(self) -> FloatArray:
        """What takes products g_t ∘ v_t to scores of δ (q, p): L M."""
        loading = np.eye(self.mix.shape[1]) if self.weights is None else self.weights
        return loading if self.free is None else loading @ self.free

    def blocks(self, rows: RowBlocks) -> Iterator[FloatArray]:
        """Yield scores (rows, p) in the coordinates δ, block by block."""
        for products in self._products(rows):
            yield products if self.free is None else products @ self.free

    def in_units(self, rows: RowBlocks) -> Iterator[FloatArray]:
        """Yield scores (rows, K) of the regressors as they are, block by block."""
        for products in self._products(rows):
            yield products @ self.units

    def _products(self, rows: RowBlocks) -> Iterator[FloatArray]:
        q = self.regressors.shape[1]
        for both in rows(np.hstack([self.regressors, self.structural @ self.mix])):
            products = both[:, :q] * both[:, q:]
            yield products if self.weights is None else products @ self.weights


def make_scores(
    projection: Projection,
    coordinates: Coordinates,
    estimate: Estimate,
    structural: FloatArray,
    positions: Sequence[tuple[int, ...]],
    gmm: bool,
) -> Scores:
    """Scores of an estimate.

    Parameters
    ----------
    projection : Projection
    coordinates : Coordinates
    estimate : Estimate
    structural : (m, G) array
        B: each equation on the columns of W.
    positions : G tuples of int
        Columns of W that the loadings refer to.
    gmm : bool
        Whether this is the GMM form with instruments by equation.
    """
    m = len(structural)
    if gmm and projection.moments is not None:
        moments = projection.moments
        loadings, equation = moments.loadings, moments.equation
        omega = estimate.sigma[equation[:, None], equation] * moments.gram
        weights: FloatArray | None = np.asarray(np.linalg.solve(omega, moments.q))
        mix = np.eye(len(estimate.weight))
    else:
        loadings, equation = projection.loadings, projection.equation
        weights, mix = None, estimate.weight
    regressors = _placed(loadings, positions, equation, m)
    units = block_diagonal(list(projection.t))
    return Scores(regressors, structural, mix[:, equation], weights, coordinates.m, units)


def _placed(
    loadings: Sequence[FloatArray],
    positions: Sequence[tuple[int, ...]],
    equation: IntArray,
    m: int,
) -> FloatArray:
    """Set each equation's loadings into the rows of its columns of W."""
    out = np.zeros((m, equation.size))
    for i, (own, columns) in enumerate(zip(loadings, positions, strict=True)):
        out[np.ix_(np.array(columns), np.flatnonzero(equation == i))] = own
    return out
