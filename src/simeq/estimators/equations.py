"""All equations in orthonormal coordinates: once per model, the same for OLS and for 2SLS.

For equation i let X̂_i be X_i (OLS, WLS, SUR) or P_Z X_i (2SLS, W2SLS, 3SLS). With the thin QR
X̂_i = F_i T_i and γ_i = T_i b_i, every estimator is a small problem in γ whose conditioning depends
on Σ alone, not on the units of the data. Columns may be those of R, or of any other matrix with the
same cross products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg import block_diag, lapack

from simeq.linalg.bases import Basis, FloatArray, IntArray, basis, lengths, triangle_inverse


@dataclass(frozen=True, eq=False)
class Equations:
    """The columns of all equations, in the coordinates in which they are estimated.

    Attributes
    ----------
    y : (p, G) array
        Dependents.
    x : (p, K) array
        Regressors X_i T_i⁻¹ of all equations side by side, so that u_i = y_i − x_i γ_i.
    f : (p, K) array
        They projected on the instruments, orthonormal by equation; `x` itself without instruments.
    z : () or G arrays (p, L_i)
        Orthonormal instruments, the same object where equations share them; () without any.
    t : G arrays (k_i, k_i)
        Triangles T_i, with γ_i = T_i b_i.
    reach : G arrays (·, k_i)
        Triangles of X̂_i: T_i, or of less rank where an equation is not identified by itself. Then
        T_i is the regressors' own, and constraints must complete the rank.
    sizes : (G,) array of int
        k_i.
    places : G tuples of int
        The columns of W that F_i was made of: independent regressors, or instruments.
    loadings : G arrays (·, k_i)
        F_i in terms of those columns.
    z_loadings : () or G arrays (L_i, L_i)
        The instruments in terms of them.
    """

    y: FloatArray
    x: FloatArray
    f: FloatArray
    z: tuple[FloatArray, ...]
    t: tuple[FloatArray, ...]
    reach: tuple[FloatArray, ...]
    sizes: IntArray
    places: tuple[tuple[int, ...], ...]
    loadings: tuple[FloatArray, ...]
    z_loadings: tuple[FloatArray, ...] = ()

    @cached_property
    def equation(self) -> IntArray:
        """Equation of each coefficient (K,)."""
        return np.repeat(np.arange(self.sizes.size), self.sizes)

    @cached_property
    def own(self) -> FloatArray:
        """Which coefficient is in which equation (K, G), as 1 and 0."""
        return np.eye(self.sizes.size)[self.equation]

    @cached_property
    def gram(self) -> FloatArray:
        """F'F (K, K), with unit blocks on the diagonal where equations are identified."""
        return self.f.T @ self.f

    @cached_property
    def cross(self) -> FloatArray:
        """F'Y (K, G)."""
        return self.f.T @ self.y

    @property
    def is_identified(self) -> bool:
        """Whether each equation is identified by itself, so that F_i is orthonormal."""
        return all(t is reach for t, reach in zip(self.t, self.reach, strict=True))

    def turned(self, turn: FloatArray) -> Equations:
        """Return the equations in coordinates Q' (s, p) of a basis of all their columns."""
        made = {id(z): turn @ z for z in self.z}
        return replace(
            self,
            y=turn @ self.y,
            x=turn @ self.x,
            f=turn @ self.f,
            z=tuple(made[id(z)] for z in self.z),  # the same object where equations share them
        )

    # ------------------------------------------------------------------ instruments

    @property
    def shares_instruments(self) -> bool:
        """Whether all equations have the same instruments, or none."""
        return all(z is self.z[0] for z in self.z)

    @cached_property
    def stacked_z(self) -> FloatArray:
        """Instruments of all equations side by side (p, ΣL)."""
        return np.hstack(self.z)

    @cached_property
    def z_equation(self) -> IntArray:
        """Equation of each instrument (ΣL,)."""
        return np.repeat(np.arange(len(self.z)), [z.shape[1] for z in self.z])

    @cached_property
    def zz(self) -> FloatArray:
        """Z'Z (ΣL, ΣL)."""
        return self.stacked_z.T @ self.stacked_z

    @cached_property
    def zx(self) -> FloatArray:
        """Z'X (ΣL, K), zero across equations."""
        return self.by_equation(self.stacked_z.T @ self.x)

    @cached_property
    def zy(self) -> FloatArray:
        """Z_i'y_i (ΣL,)."""
        return self.own_dependent(self.stacked_z.T @ self.y)

    def by_equation(self, zx: FloatArray) -> FloatArray:
        """Products (…, ΣL, K) of instruments and regressors, zero across equations."""
        return np.asarray(zx * (self.z_equation[:, None] == self.equation))

    def own_dependent(self, zy: FloatArray) -> FloatArray:
        """Products (…, ΣL) of instruments with their own equation's dependent, of (…, ΣL, G)."""
        return np.asarray(zy[..., np.arange(self.z_equation.size), self.z_equation])

    # ------------------------------------------------------------------ coefficients, residuals

    def coefficients(self, gamma: FloatArray) -> FloatArray:
        """b (…, K) of γ: by back substitution, or for a stack by the triangles' inverses."""
        if gamma.ndim > 1:
            return np.asarray(gamma @ self.back.T)
        b, start = np.empty_like(gamma), 0
        for t in self.t:
            own = slice(start, start := start + len(t))
            b[own] = lapack.dtrtrs(t, gamma[own])[0]
        return b

    @cached_property
    def inverses(self) -> list[FloatArray]:
        """T_i⁻¹ (k_i, k_i), for covariances."""
        return [triangle_inverse(t) for t in self.t]

    @cached_property
    def back(self) -> FloatArray:
        """They on the diagonal of a matrix (K, K): b = back @ γ."""
        return np.asarray(block_diag(*self.inverses))

    def residuals(self, gamma: FloatArray) -> FloatArray:
        """Structural residuals (…, p, G) at γ (…, K)."""
        return np.asarray(self.y - (self.x * gamma[..., None, :]) @ self.own)


def without_instruments(
    y: FloatArray, bases: Sequence[Basis], places: Sequence[tuple[int, ...]]
) -> Equations:
    """Return equations whose regressors are taken as they are.

    Parameters
    ----------
    y : (p, G) array
        Dependents.
    bases : G bases
        Of each X_i.
    places : G tuples of int
        Columns of W that X_i are.
    """
    f = np.hstack([own.q for own in bases])
    t = tuple(own.t for own in bases)
    sizes = np.array([len(own) for own in t])
    return Equations(y, f, f, (), t, t, sizes, tuple(places), tuple(map(triangle_inverse, t)))


def on_instruments(x: Sequence[FloatArray], z: Sequence[Basis]) -> list[Basis]:
    """Bases of Z_i'X_i (L_i, k_i), rank judged in the regressors' own lengths."""
    pairs = zip(x, z, strict=True)
    return [basis(instruments.q.T @ own, lengths(own)) for own, instruments in pairs]


def with_instruments(
    y: FloatArray,
    bases: Sequence[Basis],
    z: Sequence[Basis],
    places: Sequence[tuple[int, ...]],
    identified: Sequence[bool],
) -> Equations:
    """Return equations whose regressors are projected on instruments.

    With X = Q T_x, P_Z X = Z (Z'Q) T_x and Z'Q = F̃ S, so that T = S T_x: units of the data and ties
    among regressors stay in T_x, and S has what weak instruments do.

    Parameters
    ----------
    y : (p, G) array
        Dependents.
    bases : G bases
        Of each X_i.
    z : G bases
        Of each equation's instruments; the same object where equations share them.
    places : G tuples of int
        Columns of W that the instruments are.
    identified : G bool
        Whether Z_i'X_i has full rank.
    """
    back = {id(own): triangle_inverse(own.t) for own in z}
    x, f, t, reach, loadings = [], [], [], [], []
    for own, instruments, full in zip(bases, z, identified, strict=True):
        moved = instruments.q.T @ own.q
        q, s = np.linalg.qr(moved)
        along = q if full else moved
        x.append(np.linalg.solve(s.T, own.q.T).T if full else own.q)
        f.append(instruments.q @ along)
        reach.append(s @ own.t)
        t.append(reach[-1] if full else own.t)
        loadings.append(back[id(instruments)] @ along)
    return Equations(
        y,
        np.hstack(x),
        np.hstack(f),
        tuple(own.q for own in z),
        tuple(t),
        tuple(reach),
        np.array([len(own.t) for own in bases]),
        tuple(places),
        tuple(loadings),
        tuple(back[id(own)] for own in z),
    )
