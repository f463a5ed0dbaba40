"""Row scores of a system: where an estimator needs the rows again, it says so here.

In the coordinates δ an estimate solves Σ_t s_t = 0 with s_t = M'L'(g_t ∘ v_t), where g_t holds
orthonormal regressors (X̂_i T_i⁻¹) or instruments at row t, and v_t the weighted residuals: u_t for
OLS and 2SLS, diag(Σ)⁻¹u_t for WLS and W2SLS, Σ⁻¹u_t for SUR and 3SLS. All equations are stacked
in s_t, so that covariance across them is in its outer products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simeq.linalg.bases import FloatArray

#: Yields W @ loadings block by block for given loadings (m, q).
RowBlocks: TypeAlias = Callable[[FloatArray], Iterator[FloatArray]]


@dataclass(frozen=True)
class Scores:
    """Scores as a function of the rows of W.

    Attributes
    ----------
    loadings : (m, q) array
        W @ loadings are the g_t.
    structural : (m, G) array
        W @ structural are the residuals u_t.
    mix : (G, q) array
        W @ structural @ mix are the v_t, each beside its g_t.
    transform : (q, K) array or None
        L; None when it is the identity.
    free : (K, p) array or None
        M; None without restrictions.
    units : (K, K) array
        Blocks T_i: what takes scores in γ to those of the regressors as they are, X̂_i'v_i.
    """

    loadings: FloatArray
    structural: FloatArray
    mix: FloatArray
    transform: FloatArray | None
    free: FloatArray | None
    units: FloatArray

    @property
    def loading(self) -> FloatArray:
        """What takes products g_t ∘ v_t to scores of δ (q, p): L M."""
        transform = np.eye(self.mix.shape[1]) if self.transform is None else self.transform
        return transform if self.free is None else transform @ self.free

    def blocks(self, rows: RowBlocks) -> Iterator[FloatArray]:
        """Yield scores (rows, p) in the coordinates δ, block by block."""
        for products in self._products(rows):
            yield products if self.free is None else products @ self.free

    def in_units(self, rows: RowBlocks) -> Iterator[FloatArray]:
        """Yield scores (rows, K) of the regressors as they are, block by block."""
        for products in self._products(rows):
            yield products @ self.units

    def _products(self, rows: RowBlocks) -> Iterator[FloatArray]:
        """Yield scores (rows, K) in the coordinates γ, block by block."""
        q = self.loadings.shape[1]
        for both in rows(np.hstack([self.loadings, self.structural @ self.mix])):
            products = both[:, :q] * both[:, q:]
            yield products if self.transform is None else products @ self.transform
