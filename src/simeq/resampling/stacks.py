"""Inverses of stacks of symmetric matrices, singular ones told apart. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq._linalg import BoolArray, FloatArray

#: A matrix is singular when its condition number is above this.
MOST_CONDITION = 1e13

#: Eigenvalues below this share of the largest are zero in a generalised inverse. In coordinates
#: where the whole sample's are one, those of a draw are far above it or rounding errors.
PSEUDO_TOL = 1e-9


@dataclass(frozen=True)
class Inverses:
    """Inverses of a stack.

    Attributes
    ----------
    inverse : (D, k, k) array
        A generalised one where that was asked for; without meaning where a matrix is singular.
    singular : (D,) array of bool
        Matrices without the inverse that was asked for, those with infinite entries among them.
    """

    inverse: FloatArray
    singular: BoolArray


def inverses(a: FloatArray, skipped: BoolArray, generalised: bool) -> Inverses:
    """Invert symmetric matrices, brought to a unit diagonal first, so that units don't count.

    Parameters
    ----------
    a : (D, k, k) array
    skipped : (D,) array of bool
        Matrices that are not looked at.
    generalised : bool
        Whether singular matrices have a generalised inverse.
    """
    diagonal = np.diagonal(a, axis1=1, axis2=2)
    floor = PSEUDO_TOL * diagonal.max(axis=1, keepdims=True) if generalised else 0.0
    size = np.sqrt(np.where(diagonal > floor, diagonal, 1.0))  # what vanishes is left as it is
    scale = size[:, :, None] * size[:, None, :]
    unit = a / scale
    inverse = _plain_inverses(unit)
    condition = np.sqrt(_squares(unit) * _squares(inverse))
    failed = ~(condition < (1.0 / PSEUDO_TOL if generalised else MOST_CONDITION))
    if failed.any():
        again = failed & np.isfinite(unit).all(axis=(1, 2)) & ~skipped & generalised
        inverse[failed] = np.eye(a.shape[-1])
        inverse[again] = np.linalg.pinv(unit[again], rcond=PSEUDO_TOL, hermitian=True)
        failed = failed & ~again & ~skipped
    return Inverses(inverse / scale, failed)


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
