"""Symmetric positive definite matrices, one or a stack of them: solved and inverted by one verb.

One matrix has its Cholesky root. A stack has inverses, singular ones told apart, since LAPACK's
Cholesky would give up on all of them for one. Arrays only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.linalg import lapack

from simeq.linalg.bases import BoolArray, FloatArray

#: A matrix of a stack is singular when its condition number is above this.
MOST_CONDITION = 1e13

#: In coordinates where the whole sample's entries are one, those of a draw below this share of the
#: largest are rounding errors: it lacks the column.
VANISH_TOL = 1e-12

#: The same where regressors may lack and inverses are generalised.
PSEUDO_TOL = 1e-9


@dataclass(frozen=True)
class Root:
    """The lower Cholesky root (k, k) of one matrix, zeros above the diagonal."""

    lower: FloatArray

    def solve(self, side: FloatArray) -> FloatArray:
        """A⁻¹ side, for (k,) or (k, j)."""
        if not side.size:
            return side
        found, _ = lapack.dpotrs(self.lower, side, lower=True)
        return np.asarray(found)

    @property
    def inverse(self) -> FloatArray:
        """A⁻¹ (k, k)."""
        if not self.lower.size:
            return self.lower
        inverse, _ = lapack.dpotri(self.lower, lower=True, overwrite_c=False)
        full = inverse + inverse.T
        np.fill_diagonal(full, inverse.diagonal())
        return np.asarray(full)


@dataclass(frozen=True)
class Inverses:
    """Inverses (…, k, k) of a stack; without meaning where a matrix is singular."""

    inverse: FloatArray

    def solve(self, side: FloatArray) -> FloatArray:
        """A⁻¹ side, for (…, k) or (…, k, j)."""
        if side.ndim == self.inverse.ndim - 1:
            return np.asarray((self.inverse @ side[..., None])[..., 0])
        return np.asarray(self.inverse @ side)


Solvable: TypeAlias = Root | Inverses


def factored(
    a: FloatArray, skipped: BoolArray, floor: float = 0.0, generalised: bool = False
) -> tuple[Solvable, BoolArray]:
    """Make symmetric matrices (…, k, k) ready to be solved; say which of them (…) are singular.

    Parameters
    ----------
    a : (…, k, k) array
    skipped : (…) array of bool
        Matrices that are not looked at.
    floor : float
        In a stack, the share of the largest entry of a diagonal below which others stay as they
        are, being rounding errors.
    generalised : bool
        In a stack, whether singular matrices have a generalised inverse, eigenvalues below `floor`
        being zero.
    """
    if a.ndim > 2:
        return _inverses(a, skipped, floor, generalised)
    if not a.size:
        return Root(a), np.asarray(False)
    lower, info = lapack.dpotrf(a, lower=True, clean=True)
    return Root(lower), np.asarray(info != 0)


def _inverses(
    a: FloatArray, skipped: BoolArray, floor: float, generalised: bool
) -> tuple[Inverses, BoolArray]:
    """Invert a stack (D, k, k), brought to unit diagonals first, so that units don't count."""
    diagonal = np.diagonal(a, axis1=1, axis2=2)
    least = floor * diagonal.max(axis=1, keepdims=True, initial=0.0)
    size = np.sqrt(np.where(diagonal > least, diagonal, 1.0))
    scale = size[:, :, None] * size[:, None, :]
    unit = a / scale
    inverse = _plain_inverses(unit)
    condition = np.sqrt(_squares(unit) * _squares(inverse))
    failed = ~(condition < (1.0 / floor if generalised else MOST_CONDITION))
    if failed.any():
        again = failed & np.isfinite(unit).all(axis=(1, 2)) & ~skipped & generalised
        inverse[failed] = np.eye(a.shape[-1])
        inverse[again] = np.linalg.pinv(unit[again], rcond=floor, hermitian=True)
        failed = failed & ~again & ~skipped
    return Inverses(inverse / scale), failed


def _plain_inverses(a: FloatArray) -> FloatArray:
    """Inverses (D, k, k), infinite where a matrix is exactly singular."""
    try:
        return np.asarray(np.linalg.inv(a))
    except np.linalg.LinAlgError:
        finite = np.isfinite(a).all(axis=(1, 2), keepdims=True)
        regular = np.asarray(np.linalg.cond(np.where(finite, a, 0.0)) < MOST_CONDITION)
        inverse = np.linalg.inv(np.where(regular[:, None, None], a, np.eye(a.shape[-1])))
        inverse[~regular] = np.inf
        return np.asarray(inverse)


def _squares(a: FloatArray) -> FloatArray:
    """Sums of squares (D,) of each matrix."""
    rows = a.reshape(len(a), -1)
    return np.asarray(np.vecdot(rows, rows))
