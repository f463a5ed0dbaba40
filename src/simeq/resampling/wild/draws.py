"""Draws under a null hypothesis, estimated in one batch: their Grams, scores and Wald statistics.

A draw gives each cluster one weight v_c. Exogenous columns stay; disturbances become v_c ε. So in
the coordinates (Q_Z, ε), with Q_Z an orthonormal basis of the exogenous columns, every column of
the system is the same linear combination in all draws, and a draw is its Gram alone, of blocks
Q_Z'Q_Z, Σ_c v_c Q_Zc'ε_c and Σ_c v_c² ε_c'ε_c. With every weight 1 it is the sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.estimators.restriction import FreeParameters
from simeq.inference.linear_tests import SINGULAR_TOL
from simeq.linalg.bases import FloatArray
from simeq.resampling.jackknife_bootstrap import with_progress
from simeq.resampling.plan import BATCH_ENTRIES, Draws, Estimated, ResamplingPlan, score_columns


@dataclass(frozen=True)
class Hypothesis:
    """R b = q on the coefficients that are left, in a Wald statistic.

    Attributes
    ----------
    r : (j, K') array
    q : (j,) array
    factors : (K',) array
        Roots of the small-sample factors of each coefficient's variance.
    """

    r: FloatArray
    q: FloatArray
    factors: FloatArray


@dataclass(frozen=True)
class NullModel:
    """What draws under a null hypothesis are estimated from.

    Attributes
    ----------
    plan : ResamplingPlan
    free : FreeParameters
        The equations in the coordinates (Q_Z, ε), and what restricts them.
    grams : (g, f, f) array
        Grams of the clusters in these coordinates.
    fixed : int
        Coordinates that stay: the columns of Q_Z.
    """

    plan: ResamplingPlan
    free: FreeParameters
    grams: FloatArray
    fixed: int

    def distances(self, weights: FloatArray, null: Hypothesis) -> tuple[FloatArray, FloatArray]:
        """Gaps R b − q (D, j) of draws, and their Wald statistics (D,); NaN where a draw failed.

        Parameters
        ----------
        weights : (D, g) array
            Weight of each cluster in each draw.
        null : Hypothesis
        """
        size = self._batch_size
        parts = [
            self._distances(weights[start : start + size], null)
            for start in with_progress(range(0, len(weights), size), "wild bootstrap")
        ]
        return np.concatenate([gap for gap, _ in parts]), np.concatenate([w for _, w in parts])

    @property
    def _batch_size(self) -> int:
        """Draws that are estimated at once."""
        f, k = self.free.equations.x.shape
        return max(int(BATCH_ENTRIES // (4 * f * f + 4 * k * k + 4 * len(self.grams))), 16)

    @np.errstate(all="ignore")  # draws that fail may overflow
    def _distances(self, v: FloatArray, null: Hypothesis) -> tuple[FloatArray, FloatArray]:
        """Gaps and Wald statistics of one batch of draws."""
        nobs = np.full(len(v), self.plan.clusters.sizes.sum())
        lacking = np.zeros((len(v), self.plan.vanishing.shape[1]), dtype=np.intp)
        found = self.plan.estimate(Draws(self.draw(v), nobs, lacking), self.free)
        delta = np.where(found.failed[:, None], np.nan, found.estimate.delta)
        gap = self.free.coefficients(delta) @ null.r.T - null.q
        directions = null.r * null.factors @ self.free.directions
        along = directions @ found.estimate.normal.inverse
        sums = self.sums(found, v, along.swapaxes(1, 2))
        return gap, wald(gap, sums @ sums.swapaxes(1, 2))

    def draw(self, v: FloatArray) -> FloatArray:
        """Grams (D, f, f) of draws."""
        stay, move = slice(None, self.fixed), slice(self.fixed, None)
        out = np.empty((len(v), *self.grams.shape[1:]))
        out[:, stay, stay] = self.grams[:, stay, stay].sum(axis=0)
        out[:, stay, move] = np.tensordot(v, self.grams[:, stay, move], axes=1)
        out[:, move, stay] = out[:, stay, move].swapaxes(1, 2)
        out[:, move, move] = np.tensordot(v * v, self.grams[:, move, move], axes=1)
        return out

    def sums(self, found: Estimated, v: FloatArray, along: FloatArray) -> FloatArray:
        """Sums by cluster (D, j, g) of the scores of δ along directions (D, p, j).

        A score is M'(X̂_c ∘ u_c), so that its sum along a is the sum of the elements of
        X̂ diag(M a) u' beside the cluster's Gram, block by block with its power of v_c.
        """
        along = along if self.free.m is None else self.free.m @ along
        beside, weighted, transform = score_columns(self.plan, found)
        along = along if transform is None else transform @ along
        rows = beside[:, None] * along.swapaxes(1, 2)[:, :, None]
        pairs = rows @ weighted.swapaxes(1, 2)[:, None]
        stay, move = slice(None, self.fixed), slice(self.fixed, None)
        out = np.zeros((*pairs.shape[:2], v.shape[1]))
        blocks = ((stay, stay, 0), (stay, move, 1), (move, stay, 1), (move, move, 2))
        for left, right, power in blocks:
            own = pairs[:, :, left, right]
            if own.any():  # projections on instruments have no part in the disturbances
                sums = np.tensordot(own, self.grams[:, left, right], axes=((2, 3), (1, 2)))
                out += v[:, None] ** power * sums
        return out


def wald(gap: FloatArray, cov: FloatArray) -> FloatArray:
    """Wald statistics g'V⁻¹g (D,) of gaps (D, j) with variances (D, j, j); NaN if singular."""
    size = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    good = np.isfinite(gap).all(axis=1) & np.isfinite(size).all(axis=1) & (size > 0.0).all(axis=1)
    out = np.full(len(gap), np.nan)
    scale = size[good]
    values, vectors = np.linalg.eigh(cov[good] / (scale[:, :, None] * scale[:, None, :]))
    along = (vectors.swapaxes(1, 2) @ (gap[good] / scale)[:, :, None])[:, :, 0]
    regular = values[:, 0] > SINGULAR_TOL
    values = np.where(regular[:, None], values, 1.0)
    out[good] = np.where(regular, (along**2 / values).sum(axis=1), np.nan)
    return out
