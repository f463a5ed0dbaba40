"""Free parameters: b = N g + c under R b = q, and the coordinates in which systems are solved."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from simeq.errors import ConstraintError, IdentificationError
from simeq.estimators.equations import Equations
from simeq.linalg.bases import (
    RANK_TOL,
    FloatArray,
    IntArray,
    basis,
    null_space,
    triangle_inverse,
)

#: A coefficient is fixed by constraints when its share in each free direction is below this.
FIXED_TOL = 1e-13


#: Coefficients up to which products with zeros take less than walking along the blocks.
MOST_DENSE = 64


@dataclass(frozen=True)
class Restriction:
    """The solutions of R b = q as b = N g + c.

    Attributes
    ----------
    n : (K, K − r) array
    c : (K,) array
    r : (r, K) array
        The restrictions.
    """

    n: FloatArray
    c: FloatArray
    r: FloatArray

    @property
    def count(self) -> int:
        """Number of restrictions."""
        return len(self.r)

    def within(self, equation: IntArray, g: int) -> IntArray:
        """Count (G,) the restrictions that lie within each equation alone."""
        touched = [np.unique(equation[row != 0.0]) for row in self.r]
        own = [int(which[0]) for which in touched if which.size == 1]
        return np.bincount(np.array(own, dtype=np.intp), minlength=g)


def restrict(
    r: FloatArray, q: FloatArray, sizes: FloatArray, texts: Sequence[str] | None = None
) -> Restriction:
    """Solve linear restrictions for the free parameters.

    Parameters
    ----------
    r : (j, K) array
    q : (j,) array
    sizes : (K,) array
        Lengths of the regressors, in whose units rank is judged.
    texts : j str, optional
        How errors name the restrictions.

    Raises
    ------
    ConstraintError
        If a restriction is empty, contradicts others or repeats them.
    """
    names = texts or [f"row {i + 1} of R" for i in range(len(r))]
    scaled = r / sizes
    size = np.sqrt((scaled**2).sum(axis=1))
    for name, length in zip(names, size, strict=True):
        if length == 0.0:
            raise ConstraintError(f"The constraint {name} involves no coefficient; remove it.")
    scaled, value = scaled / size[:, None], q / size
    rank = basis(scaled.T)
    for row, others in rank.set_aside:
        implied = np.linalg.lstsq(scaled[list(others)].T, scaled[row], rcond=None)[0]
        tied = " and ".join(names[i] for i in others)
        if not np.isclose(implied @ value[list(others)], value[row], rtol=1e-9, atol=1e-12):
            raise ConstraintError(f"The constraint {names[row]} contradicts {tied}; remove one.")
        raise ConstraintError(f"The constraint {names[row]} repeats {tied}; remove it.")
    particular = rank.q @ np.linalg.solve(rank.t.T, value)
    free = null_space(scaled)
    free[np.abs(free).max(axis=1, initial=0.0) < FIXED_TOL] = 0.0
    return Restriction(free / sizes[:, None], particular / sizes, r)


@dataclass(frozen=True, eq=False)
class FreeParameters:
    """The parameters δ (p,) that a system is solved for: γ = M δ + shift, b = J δ + constant.

    Without restrictions δ is γ, and M is not written out.

    Attributes
    ----------
    equations : Equations
    shift : (K,) array
        Zeros without restrictions.
    m : (K, p) array or None
    j : (K, p) array or None
        J under restrictions.
    restriction : Restriction or None
    """

    equations: Equations
    shift: FloatArray
    m: FloatArray | None = None
    j: FloatArray | None = None
    restriction: Restriction | None = None

    def reduce(self, a: FloatArray) -> FloatArray:
        """M'AM (…, p, p)."""
        return a if self.m is None else np.asarray(self.m.T @ a @ self.m)

    def gamma(self, delta: FloatArray) -> FloatArray:
        """γ (…, K) of a solution δ."""
        return delta if self.m is None else np.asarray(delta @ self.m.T + self.shift)

    def along(self, directions: FloatArray) -> FloatArray:
        """Directions (…, K) of γ in terms of δ (…, p)."""
        return directions if self.m is None else np.asarray(directions @ self.m)

    @property
    def directions(self) -> FloatArray:
        """J (K, p) of b = J δ + constant."""
        return self.equations.back if self.j is None else self.j

    def coefficients(self, delta: FloatArray) -> FloatArray:
        """b (…, K) of a solution δ; what constraints fix is fixed exactly."""
        if self.j is None or self.restriction is None:
            return self.equations.coefficients(delta)
        return np.asarray(delta @ self.j.T + self.restriction.c)

    def covariance(self, v: FloatArray) -> FloatArray:
        """Covariance (K, K) of b from V (p, p), that of δ.

        Without restrictions J is block diagonal, which saves much where there are many equations.
        """
        if self.j is not None or len(v) <= MOST_DENSE:
            return np.asarray(self.directions @ v @ self.directions.T)
        half, out = np.empty_like(v), np.empty_like(v)
        ends = np.cumsum([0, *self.equations.sizes])
        blocks = [slice(*pair) for pair in itertools.pairwise(ends)]
        for own, inverse in zip(blocks, self.equations.inverses, strict=True):
            half[own] = inverse @ v[own]
        for own, inverse in zip(blocks, self.equations.inverses, strict=True):
            out[:, own] = half[:, own] @ inverse.T
        return out


def restricted(equations: Equations, restriction: Restriction) -> FreeParameters:
    """Return the free parameters under restrictions, from the QR of T N = M Δ.

    The columns of M are orthonormal in coordinates where X̂ is, so that equal weights give an
    identity for the normal matrix.

    Raises
    ------
    IdentificationError
        If the restricted regressors do not have full rank on the instruments.
    """
    reach = block_diag(*equations.reach)
    free = reach @ restriction.n
    m, triangle = np.linalg.qr(free)
    # N has orthonormal columns in units of the regressors' lengths: distances are absolute.
    lacking = free.shape[1] - int((np.abs(triangle.diagonal()) > RANK_TOL).sum())
    if lacking:
        raise IdentificationError(
            f"The system is not identified even with its constraints: the rank of the regressors "
            f"on the instruments falls short by {lacking}; add instruments or constraints."
        )
    j = restriction.n @ triangle_inverse(triangle)
    if equations.is_identified:
        return FreeParameters(equations, reach @ restriction.c, m, j, restriction)
    t = block_diag(*equations.t)
    return FreeParameters(equations, t @ restriction.c, t @ j, j, restriction)


def free_parameters(equations: Equations, restriction: Restriction | None) -> FreeParameters:
    """Return what equations are solved for, with restrictions or without.

    Raises
    ------
    IdentificationError
        As `restricted`.
    """
    if restriction is None:
        return FreeParameters(equations, np.zeros(equations.equation.size))
    return restricted(equations, restriction)
