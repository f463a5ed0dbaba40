"""Feedback carried to its end: x = Γ x + r solved for x, and whether it can be. Arrays only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simeq.errors import SingularError, listing
from simeq.linalg.bases import FloatArray

#: I − Γ, each variable in units of its own size, is singular when its least singular value is
#: below this share of the largest, or of one, the size of I. Constraints that make a gain one
#: leave about 1e-16; where each equation repeats an identity, so does all of I − Γ.
LOOP_TOL = 1e-12

#: A variable is named as one of the loop when its part in it is above this share of the largest.
LOOP_SHARE = 1e-3

#: What is below this share of the largest in its column, each variable in units of its own size,
#: is rounding: effects that cancel on their way.
CANCELLED_TOL = 1e-13


def in_units(gamma: FloatArray, size: FloatArray) -> FloatArray:
    """Γ (…, g, g) with each variable in units of its own size (g,)."""
    return np.asarray(gamma * size / size[:, None])


def settled(gamma: FloatArray, right: FloatArray, size: FloatArray) -> FloatArray:
    """(I − Γ)⁻¹ r, in units of the variables' sizes, so that those of the data don't matter.

    Parameters
    ----------
    gamma : (…, g, g) array
    right : (…, g, q) array
    size : (g,) array

    Returns
    -------
    (…, g, q) array
        NaN where I − Γ is exactly singular.
    """
    eye = np.eye(len(size))
    matrix = eye - in_units(gamma, size)
    singular = np.asarray(np.linalg.det(matrix) == 0.0)
    if singular.any():
        matrix = np.where(singular[..., None, None], eye, matrix)
    found = np.linalg.solve(matrix, right / size[:, None])
    found[singular] = np.nan
    return cleared(found * size[:, None], size)


def cleared(effects: FloatArray, size: FloatArray) -> FloatArray:
    """Effects (…, m, q) on variables of given sizes (m,), with zero for what is rounding."""
    share = np.abs(effects) / size[:, None]
    largest = share.max(axis=-2, keepdims=True, initial=0.0)
    return np.where(share <= CANCELLED_TOL * largest, 0.0, effects)


def require_settled(gamma: FloatArray, size: FloatArray, names: Sequence[str], why: str) -> None:
    """Check that (I − Γ)⁻¹ exists.

    Parameters
    ----------
    gamma : (g, g) array
    size : (g,) array
    names : g str
    why : str
        What it means that it doesn't, and what to do.

    Raises
    ------
    SingularError
        Naming the variables on the loop.
    """
    if not gamma.size:
        return
    u, values, vt = np.linalg.svd(np.eye(len(size)) - in_units(gamma, size))
    if values[-1] > LOOP_TOL * max(values[0], 1.0):
        return
    share = np.abs(u[:, -1] * vt[-1])  # what moves the loop, and is moved by it
    loop = [name for name, own in zip(names, share, strict=True) if own > LOOP_SHARE * share.max()]
    raise SingularError(f"The system cannot be solved for {listing(loop)}: {why}")
