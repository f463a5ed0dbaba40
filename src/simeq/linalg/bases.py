"""Linear algebra with names: orthonormal bases, rank by column, null spaces. Arrays only."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eig, lapack
from threadpoolctl import ThreadpoolController

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]

#: A column of length one whose distance from the span of earlier ones is below this is in it.
#: Exact collinearity leaves about 5e-15, NIST's hardest polynomial 1e-9.
RANK_TOL = 1e-12

#: An eigenvalue is real when its imaginary part is below this share of its size.
REAL_TOL = 1e-7


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


def block_diagonal(blocks: list[FloatArray]) -> FloatArray:
    """Place rectangular blocks along the diagonal of a matrix of zeros."""
    rows = np.cumsum([0, *(b.shape[0] for b in blocks)])
    columns = np.cumsum([0, *(b.shape[1] for b in blocks)])
    out = np.zeros((rows[-1], columns[-1]))
    for i, block in enumerate(blocks):
        out[rows[i] : rows[i + 1], columns[i] : columns[i + 1]] = block
    return out


def real_eigenvalues(m0: FloatArray, m1: FloatArray, m2: FloatArray) -> list[float]:
    """Real τ at which m₀ + τm₁ + τ²m₂ is singular: eigenvalues of its linearisation."""
    eye, zero = np.eye(len(m0)), np.zeros_like(m0)
    left, right = np.block([[zero, eye], [-m0, -m1]]), np.block([[eye, zero], [zero, m2]])
    alpha, beta = eig(left, right, right=False, homogeneous_eigvals=True)
    finite = np.abs(beta) > 1e-12 * np.abs(alpha)
    tau = alpha[finite] / beta[finite]
    real = tau[np.abs(tau.imag) <= REAL_TOL * (1.0 + np.abs(tau))].real
    return [float(t) for t in real]


def inverse_from_root(root: FloatArray) -> FloatArray:
    """Inverse of a matrix from its lower Cholesky root, zeros above the diagonal."""
    if not root.size:
        return root
    inverse, _ = lapack.dpotri(root, lower=True, overwrite_c=False)
    full = inverse + inverse.T
    np.fill_diagonal(full, inverse.diagonal())
    return np.asarray(full)


#: Unknowns from which a system is solved on one BLAS thread: with two, small steps on a busy
#: machine were seen to stall for longer than they take.
SINGLE_THREAD_SIZE = 64


@functools.cache
def _blas() -> ThreadpoolController:
    """Return the controller, made once: each new one would search the loaded libraries again."""
    return ThreadpoolController()


def single_thread() -> AbstractContextManager[Any]:
    """Return a context in which BLAS runs on one thread."""
    limit: AbstractContextManager[Any] = _blas().limit(limits=1)
    return limit


def threads_for(size: int) -> AbstractContextManager[Any]:
    """Return the context in which a system of that many unknowns is best solved.

    Entering `single_thread` costs some twenty microseconds, which small systems don't repay.
    """
    return single_thread() if size >= SINGLE_THREAD_SIZE else nullcontext()
