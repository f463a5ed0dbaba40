"""Linear algebra with names: orthonormal bases, rank by column, null spaces. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]

#: A column of length one whose distance from the span of earlier ones is below this is in it.
#: Exact collinearity leaves about 5e-15, NIST's hardest polynomial 1e-9.
RANK_TOL = 1e-12


@dataclass(frozen=True)
class Basis:
    """An orthonormal basis of the columns of a matrix X (m, k), rank found column by column.

    Attributes
    ----------
    q : (m, r) array
        Orthonormal columns that span X.
    t : (r, r) array
        Upper triangle with ``X[:, kept] = q @ t``.
    kept : (r,) tuple of int
        The independent columns of X, in order.
    set_aside : tuple of (int, tuple of int)
        Each dependent column with the earlier ones whose combination it is.
    """

    q: FloatArray
    t: FloatArray
    kept: tuple[int, ...]
    set_aside: tuple[tuple[int, tuple[int, ...]], ...]


def lengths(x: FloatArray) -> FloatArray:
    """Euclidean length of each column, with 1 for a column of zeros."""
    peak = np.abs(x).max(axis=0, initial=0.0)
    peak[peak == 0.0] = 1.0
    unit = x / peak
    size = np.sqrt((unit * unit).sum(axis=0))
    size[size == 0.0] = 1.0
    return np.asarray(peak * size)


def basis(x: FloatArray, scale: FloatArray | None = None) -> Basis:
    """Orthonormal basis of the columns of `x`, the dependent ones named and set aside.

    Householder QR without pivoting on columns divided by `scale`: the j-th diagonal entry is the
    distance of column j from the span of the earlier ones. When it is below `RANK_TOL`, the column
    leaves and the factorisation starts again, since its reflector points anywhere.

    Parameters
    ----------
    x : (m, k) array
    scale : (k,) array, optional
        Lengths in which rank is judged; those of the columns themselves by default.
    """
    size = lengths(x) if scale is None else scale
    unit = x / size
    kept = list(range(x.shape[1]))
    aside: list[tuple[int, tuple[int, ...]]] = []
    while True:
        q, t = np.linalg.qr(unit[:, kept] if aside else unit)
        first = _first_dependent(t)
        if first is None:
            return Basis(q, t * size[kept] if aside else t * size, tuple(kept), tuple(aside))
        share = np.linalg.solve(t[:first, :first], t[:first, first])
        partners = tuple(kept[i] for i in np.flatnonzero(np.abs(share) > 1e-8))
        aside.append((kept.pop(first), partners))


def _first_dependent(t: FloatArray) -> int | None:
    """Position of the first column of the triangle `t` in the span of the earlier ones."""
    distance = np.abs(t.diagonal())
    if t.shape[1] <= t.shape[0] and (distance.size == 0 or distance.min() > RANK_TOL):
        return None
    small = np.flatnonzero(distance <= RANK_TOL)
    return int(small[0]) if small.size else t.shape[0]


def distances(x: FloatArray, q: FloatArray) -> FloatArray:
    """Distance of each column of `x`, at length one, from the span of the orthonormal `q`."""
    unit = x / lengths(x)
    return np.asarray(np.linalg.norm(unit - q @ (q.T @ unit), axis=0))


def triangle_inverse(t: FloatArray) -> FloatArray:
    """Inverse of a triangle, for covariances and loadings; coefficients are back-substituted."""
    return np.asarray(np.linalg.solve(t, np.eye(len(t))))


def regress(y: FloatArray, x: FloatArray) -> FloatArray:
    """Least squares coefficients (k, j) of `y` (m, j) on `x` (m, k), in units of its columns.

    Columns in their own units, such as 1e8 beside 1e-8, would have the smaller one taken for zero.
    """
    size = lengths(x)
    return np.asarray(np.linalg.lstsq(x / size, y, rcond=None)[0] / size[:, None])


def null_space(r: FloatArray) -> FloatArray:
    """Orthonormal basis (k, k − j) of the vectors that a full-rank `r` (j, k) sends to zero."""
    q, _ = np.linalg.qr(r.T, mode="complete")
    return np.asarray(q[:, r.shape[0] :])
