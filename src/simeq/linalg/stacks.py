"""Inverses of stacks of symmetric matrices, singular ones told apart. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.linalg.bases import BoolArray, FloatArray

#: A matrix is singular when its condition number is above this.
MOST_CONDITION = 1e13

#: In coordinates where the whole sample's entries are one, those of a draw below this share of the
#: largest are rounding errors: it lacks the column.
VANISH = 1e-12

#: The same where regressors may lack and inverses are generalised.
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


def inverses(
    a: FloatArray, skipped: BoolArray, floor: float = 0.0, generalised: bool = False
) -> Inverses:
    """Invert symmetric matrices, brought to a unit diagonal first, so that units don't count.

    Parameters
    ----------
    a : (D, k, k) array
    skipped : (D,) array of bool
        Matrices that are not looked at.
    floor : float
        Share of the largest entry of the diagonal below which others stay as they are, being
        rounding errors.
    generalised : bool
        Whether singular matrices have a generalised inverse, eigenvalues below `floor` being zero.
    """
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
