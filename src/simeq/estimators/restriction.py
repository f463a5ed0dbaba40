"""Free parameters: b = N g + c under R b = q, and the coordinates in which systems are solved."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simeq.errors import ConstraintError, IdentificationError
from simeq.linalg.bases import (
    RANK_TOL,
    FloatArray,
    IntArray,
    basis,
    block_diagonal,
    null_space,
    triangle_inverse,
)

#: A coefficient is fixed by constraints when its share in each free direction is below this.
FIXED_TOL = 1e-13


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


@dataclass(frozen=True)
class Coordinates:
    """How the orthonormal coordinates of a system relate to coefficients.

    A system is solved for δ, with γ = M δ + shift, M of orthonormal columns. Without restrictions
    δ is γ, and M is not written out.

    Attributes
    ----------
    t : arrays
        Triangles of the back substitution: T_i by equation, or that of T N under restrictions.
    inverse : arrays
        Their inverses, for covariances.
    m : (K, p) array or None
    shift : (K,) array
        T c; zeros without restrictions.
    restriction : Restriction or None
    """

    t: tuple[FloatArray, ...]
    inverse: tuple[FloatArray, ...]
    m: FloatArray | None
    shift: FloatArray
    restriction: Restriction | None

    def reduce(self, a: FloatArray) -> FloatArray:
        """M'AM."""
        return a if self.m is None else self.m.T @ a @ self.m

    def reduce_side(self, v: FloatArray) -> FloatArray:
        """M'v."""
        return v if self.m is None else self.m.T @ v

    def coordinates(self, delta: FloatArray) -> FloatArray:
        """γ of a solution δ."""
        return delta if self.m is None else self.m @ delta + self.shift

    def coefficients(self, delta: FloatArray) -> FloatArray:
        """b of a solution δ, by back substitution."""
        parts = [
            np.linalg.solve(t, delta[own]) for t, own in zip(self.t, self._slices(), strict=True)
        ]
        g = np.concatenate(parts)
        return g if self.restriction is None else self.restriction.n @ g + self.restriction.c

    @property
    def directions(self) -> FloatArray:
        """J (K, p) of b = J δ + constant."""
        back = block_diagonal(list(self.inverse))
        return back if self.restriction is None else self.restriction.n @ back

    def covariance(self, v: FloatArray) -> FloatArray:
        """Covariance of b from V, that of δ."""
        half = np.empty_like(v)
        out = np.empty_like(v)
        for inverse, own in zip(self.inverse, self._slices(), strict=True):
            half[own] = inverse @ v[own]
        for inverse, own in zip(self.inverse, self._slices(), strict=True):
            out[:, own] = half[:, own] @ inverse.T
        return out if self.restriction is None else self.restriction.n @ out @ self.restriction.n.T

    def _slices(self) -> list[slice]:
        ends = [0, *itertools.accumulate(len(t) for t in self.t)]
        return [slice(*pair) for pair in itertools.pairwise(ends)]


def free_coordinates(t: Sequence[FloatArray]) -> Coordinates:
    """Coordinates without restrictions."""
    size = sum(len(own) for own in t)
    return Coordinates(tuple(t), _inverses(t), None, np.zeros(size), None)


def restricted_coordinates(t: Sequence[FloatArray], restriction: Restriction) -> Coordinates:
    """Coordinates under restrictions, from the QR of T N.

    Raises
    ------
    IdentificationError
        If the restricted regressors do not have full rank on the instruments.
    """
    stacked = block_diagonal(list(t))
    free = stacked @ restriction.n
    m, triangle = np.linalg.qr(free)
    # N has orthonormal columns in units of the regressors' lengths: distances are absolute.
    lacking = free.shape[1] - int((np.abs(triangle.diagonal()) > RANK_TOL).sum())
    if lacking:
        raise IdentificationError(
            f"The system is not identified even with its constraints: the rank of the regressors "
            f"on the instruments falls short by {lacking}; add instruments or constraints."
        )
    return Coordinates((triangle,), _inverses([triangle]), m, stacked @ restriction.c, restriction)


def _inverses(t: Sequence[FloatArray]) -> tuple[FloatArray, ...]:
    return tuple(triangle_inverse(own) for own in t)
