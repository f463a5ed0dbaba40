"""Divisors of Σ for draws, from the rows and the cross products of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.estimators.conventions import Divisor
from simeq.estimators.residual_covariance import divisors
from simeq.linalg.bases import FloatArray, IntArray


@dataclass(frozen=True)
class DrawDivisor:
    """Divisors as a function of draws; it can be pickled.

    Attributes
    ----------
    kind : Divisor
    k : (G,) array of int
        Regressors of each equation as divisors count them.
    x : (s, K) array
        Regressors in the coordinates of the Grams.
    equation : (K,) array of int
        Equation of each column of x.
    removed : int
        Columns that stand in every equation and were partialled out.
    """

    kind: Divisor
    k: IntArray
    x: FloatArray
    equation: IntArray
    removed: int

    def __call__(self, nobs: IntArray, lacking: IntArray, grams: FloatArray) -> FloatArray:
        """Divisors (D, G, G) of draws.

        Parameters
        ----------
        nobs : (D,) array of int
            Rows of each draw.
        lacking : (D, G + 1) array of int
            Regressors of each equation that a draw has not; last, those of the `removed`.
        grams : (D, s, s) array
        """
        overlap = None
        if self.kind == "theil":
            there = self.removed - lacking[:, -1]
            overlap = _overlaps(self.x.T @ grams @ self.x, self.equation, self.k.size)
            overlap += there[:, None, None]
        return divisors(self.kind, nobs, self.k - lacking[:, :-1], overlap)


def _overlaps(gram: FloatArray, equation: IntArray, g: int) -> FloatArray:
    """Theil's traces (D, G, G) from the regressors' Grams (D, K, K) of each draw."""
    own = [np.flatnonzero(equation == i) for i in range(g)]
    out = np.empty((len(gram), g, g))
    shares = [[_share(gram, own[i], own[j]) for j in range(g)] for i in range(g)]
    for i in range(g):
        for j in range(g):
            out[:, i, j] = (shares[i][j] * shares[j][i].swapaxes(1, 2)).sum(axis=(1, 2))
    return out


def _share(gram: FloatArray, i: IntArray, j: IntArray) -> FloatArray:
    """(X_i'X_i)⁻¹X_i'X_j (D, k_i, k_j); zero where a draw lacks a column."""
    return np.asarray(np.linalg.pinv(gram[:, i[:, None], i]) @ gram[:, i[:, None], j])
