"""Regressors in orthonormal coordinates: once per model, the same for OLS and for 2SLS.

For equation i let X̂_i be X_i (OLS, WLS, SUR) or P_Z X_i (2SLS, W2SLS, 3SLS). With the thin QR
X̂_i = F_i T_i and γ_i = T_i b_i, every estimator is a small problem in γ whose conditioning depends
on Σ alone, not on the units of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simeq.linalg.bases import (
    Basis,
    FloatArray,
    IntArray,
    basis,
    block_diagonal,
    lengths,
    triangle_inverse,
)


@dataclass(frozen=True)
class Moments:
    """Instruments that differ by equation, for the GMM form of three-stage least squares.

    Attributes
    ----------
    z : (p, ΣL) array
        Orthonormal instruments of all equations side by side.
    loadings : G arrays (L_i, L_i)
        They in terms of the columns that they were made of.
    gram : (ΣL, ΣL) array
        Products Z_i'Z_j of orthonormal instruments.
    equation : (ΣL,) array of int
        Equation of each instrument.
    q : (ΣL, K) array
        Block diagonal: Z_i'F_i.
    y : (ΣL,) array
        Z_i'y_i.
    """

    z: FloatArray
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
    f : (p, K) array
        Orthonormal regressors F_i of all equations side by side.
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
    f: FloatArray
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


def on_instruments(x: Sequence[FloatArray], z: Sequence[Basis]) -> list[Basis]:
    """Bases of P_i = Z_i'X_i (L_i, k_i), rank judged in the regressors' own lengths."""
    pairs = zip(x, z, strict=True)
    return [basis(instruments.q.T @ own, lengths(own)) for own, instruments in pairs]


def project_on_instruments(
    y: FloatArray, x: Sequence[FloatArray], z: Sequence[Basis], within: Sequence[Basis]
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
    within : G bases
        Of P_i; one of lower rank, which constraints may complete, is factored as it is.
    """
    parts = [
        np.linalg.qr(instruments.q.T @ own) if found.set_aside else (found.q, found.t)
        for own, instruments, found in zip(x, z, within, strict=True)
    ]
    f = [instruments.q @ q for instruments, (q, _) in zip(z, parts, strict=True)]
    back = {id(instruments): triangle_inverse(instruments.t) for instruments in z}
    loadings = [back[id(one)] @ q for one, (q, _) in zip(z, parts, strict=True)]
    projection = _assemble(y, f, [t for _, t in parts], loadings)
    if all(instruments is z[0] for instruments in z):
        return projection
    stacked = np.hstack([instruments.q for instruments in z])
    moments = Moments(
        z=stacked,
        loadings=tuple(back[id(instruments)] for instruments in z),
        gram=stacked.T @ stacked,
        equation=np.repeat(np.arange(len(z)), [one.q.shape[1] for one in z]),
        q=block_diagonal([q for q, _ in parts]),
        y=np.concatenate([one.q.T @ y[:, i] for i, one in enumerate(z)]),
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
        f=stacked,
        loadings=tuple(loadings),
        equation=equation,
        gram=stacked.T @ stacked,
        cross=cross,
        own=cross[np.arange(equation.size), equation],
    )
