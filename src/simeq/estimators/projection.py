"""Regressors in orthonormal coordinates: once per model, the same for OLS and for 2SLS.

For equation i let X̂_i be X_i (OLS, WLS, SUR) or P_Z X_i (2SLS, W2SLS, 3SLS). With the thin QR
X̂_i = F_i T_i and γ_i = T_i b_i, every estimator is a small problem in γ whose conditioning depends
on Σ alone, not on the units of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simeq._linalg import Basis, FloatArray, IntArray, block_diagonal, triangle_inverse


@dataclass(frozen=True)
class Moments:
    """Instruments that differ by equation, for the GMM form of three-stage least squares.

    Attributes
    ----------
    loadings : G arrays (L_i, L_i)
        Orthonormal instruments in terms of the columns that they were made of.
    gram : (ΣL, ΣL) array
        Products Z_i'Z_j of orthonormal instruments.
    equation : (ΣL,) array of int
        Equation of each instrument.
    q : (ΣL, K) array
        Block diagonal: Z_i'F_i.
    y : (ΣL,) array
        Z_i'y_i.
    """

    loadings: tuple[FloatArray, ...]
    gram: FloatArray
    equation: IntArray
    q: FloatArray
    y: FloatArray


@dataclass(frozen=True)
class Projection:
    """All equations' regressors in orthonormal coordinates.

    Attributes
    ----------
    t : G arrays (k_i, k_i)
        X̂_i = F_i T_i; fewer rows than columns where an equation lacks instruments.
    loadings : G arrays (r_i, k_i)
        F_i in terms of the columns that it was made of: regressors, or instruments.
    equation : (K,) array of int
        Equation of each coordinate.
    gram : (K, K) array
        F'F, with unit blocks on the diagonal.
    cross : (K, G) array
        F'Y.
    own : (K,) array
        F_i'y_i: the coordinates of the dependents, which are the OLS or 2SLS estimate.
    moments : Moments or None
        None when all equations share their instruments.
    """

    t: tuple[FloatArray, ...]
    loadings: tuple[FloatArray, ...]
    equation: IntArray
    gram: FloatArray
    cross: FloatArray
    own: FloatArray
    moments: Moments | None = None


def project(y: FloatArray, bases: Sequence[Basis]) -> Projection:
    """Regressors without instruments, each in the basis of its own columns.

    Parameters
    ----------
    y : (p, G) array
        Dependents, as columns of R.
    bases : G bases
        Of each X_i.
    """
    loadings = [triangle_inverse(b.t) for b in bases]
    return _assemble(y, [b.q for b in bases], [b.t for b in bases], loadings)


def project_on_instruments(
    y: FloatArray, x: Sequence[FloatArray], z: Sequence[Basis]
) -> Projection:
    """Regressors projected on instruments.

    Parameters
    ----------
    y : (p, G) array
        Dependents, as columns of R.
    x : G arrays (p, k_i)
        Regressors.
    z : G bases
        Of each equation's instruments; the same object where equations share them.
    """
    within = [np.linalg.qr(basis.q.T @ own) for own, basis in zip(x, z, strict=True)]
    f = [basis.q @ q for basis, (q, _) in zip(z, within, strict=True)]
    back = {id(basis): triangle_inverse(basis.t) for basis in z}
    loadings = [back[id(basis)] @ q for basis, (q, _) in zip(z, within, strict=True)]
    projection = _assemble(y, f, [t for _, t in within], loadings)
    if all(basis is z[0] for basis in z):
        return projection
    stacked = np.hstack([basis.q for basis in z])
    moments = Moments(
        loadings=tuple(back[id(basis)] for basis in z),
        gram=stacked.T @ stacked,
        equation=np.repeat(np.arange(len(z)), [basis.q.shape[1] for basis in z]),
        q=block_diagonal([q for q, _ in within]),
        y=np.concatenate([basis.q.T @ y[:, i] for i, basis in enumerate(z)]),
    )
    return replace(projection, moments=moments)


def _assemble(
    y: FloatArray,
    f: Sequence[FloatArray],
    t: Sequence[FloatArray],
    loadings: Sequence[FloatArray],
) -> Projection:
    stacked = np.hstack(f)
    equation = np.repeat(np.arange(len(f)), [own.shape[1] for own in f])
    cross = stacked.T @ y
    return Projection(
        t=tuple(t),
        loadings=tuple(loadings),
        equation=equation,
        gram=stacked.T @ stacked,
        cross=cross,
        own=cross[np.arange(equation.size), equation],
    )
