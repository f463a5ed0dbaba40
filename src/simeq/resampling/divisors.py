"""Divisors of Σ for draws, from the rows and the cross products of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq._linalg import FloatArray, IntArray
from simeq.conventions import Divisor
from simeq.sigma import divisors


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

    def __call__(self, nobs: IntArray, grams: FloatArray) -> FloatArray:
        """Divisors (D, G, G) for the numbers of rows (D,) and Grams (D, s, s) of draws."""
        if self.kind == "theil":
            overlap = _overlaps(self.x.T @ grams @ self.x, self.equation) + self.removed
            return np.asarray(nobs[:, None, None] - np.add.outer(self.k, self.k) + overlap)
        sizes, place = np.unique(nobs, return_inverse=True)
        return np.array([divisors(self.kind, int(n), self.k) for n in sizes])[place]


def _overlaps(gram: FloatArray, equation: IntArray) -> FloatArray:
    """Theil's traces (D, G, G) from the regressors' Grams (D, K, K) of each draw."""
    g = int(equation[-1]) + 1
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
