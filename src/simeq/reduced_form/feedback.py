"""How strongly variables feed back on each other: loop gain, spectral radius, det(I − Γ).

Arrays only. Each function of Γ (G, G) comes with its gradient ∂f/∂Γ (G, G). None depends on the
units of the variables, so that these may be their sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simeq.linalg.bases import FloatArray
from simeq.structural_form.structure import Structure

#: Eigenvalues whose left and right vectors of length one are nearer to orthogonal coincide with
#: others, and have no derivative.
DEFECTIVE_TOL = 1e-8


def by_coefficient(structure: Structure, gradient: FloatArray) -> FloatArray:
    """∂f/∂b (K,) from ∂f/∂Γ (G, G) of a measure of loops.

    b_k of equation i enters row i of Γ with a row of T. What closes no loop has no part in it.
    """
    in_loops = np.where(structure.loops, gradient, 0.0)
    loads = structure.solved[:, : len(structure.labels)] @ in_loops.T
    return np.asarray(loads[structure.column, structure.equation])


# ---------------------------------------------------------------------- det(I − Γ)


def determinant(gamma: FloatArray) -> FloatArray:
    """det(I − Γ) (…): effects keep their signs as long as it is positive."""
    return np.asarray(np.linalg.det(np.eye(gamma.shape[-1]) - gamma))


def determinant_gradient(gamma: FloatArray) -> FloatArray:
    """−adj(I − Γ)' (G, G), at a determinant of zero too.

    With I − Γ = U diag(s) V', the adjugate is det(U) det(V) V diag(Π_{j≠i} s_j) U'.
    """
    u, s, vt = np.linalg.svd(np.eye(len(gamma)) - gamma)
    others = np.array([np.delete(s, i).prod() for i in range(len(s))])
    sign = np.linalg.det(u) * np.linalg.det(vt)
    return np.asarray(-sign * ((u * others) @ vt))


# ---------------------------------------------------------------------- two equations


def loop_gain(gamma: FloatArray) -> FloatArray:
    """γ₁₂ γ₂₁ / ((1 − γ₁₁)(1 − γ₂₂)) (…): once around the loop of two equations.

    The diagonal is zero unless identities lead from a variable back into its own equation.
    """
    own = (1.0 - gamma[..., 0, 0]) * (1.0 - gamma[..., 1, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(gamma[..., 0, 1] * gamma[..., 1, 0] / own)


def loop_gain_gradient(gamma: FloatArray) -> FloatArray:
    """∂(loop gain)/∂Γ (2, 2)."""
    first, second = 1.0 - gamma.diagonal()
    gain = loop_gain(gamma)
    with np.errstate(divide="ignore", invalid="ignore"):
        across = gamma.T / (first * second)
        return np.array([[gain / first, across[0, 1]], [across[1, 0], gain / second]])


# ---------------------------------------------------------------------- eigenvalues


@dataclass(frozen=True, eq=False)
class Peak:
    """The eigenvalue λ of largest modulus of F (n, n).

    Attributes
    ----------
    value : complex
    left, right : (n,) arrays, complex where λ is
        Vectors w and v of length one with w'F = λw', Fv = λv.
    """

    value: complex
    left: NDArray[Any]
    right: NDArray[Any]

    def change(self, products: NDArray[Any]) -> FloatArray:
        """d|λ| = Re(λ̄/|λ| · w'dF v / w'v), for products w'dF v; NaN where |λ| has a kink."""
        overlap = self.left @ self.right
        if self.value == 0.0 or abs(overlap) < DEFECTIVE_TOL:
            return np.full(products.shape, np.nan)
        turn = np.conj(self.value) / abs(self.value)
        return np.asarray((turn * products / overlap).real)


def peak(matrix: FloatArray) -> Peak:
    """Find the eigenvalue of largest modulus."""
    values, right = np.linalg.eig(matrix)
    first = int(np.abs(values).argmax())
    again, left = np.linalg.eig(matrix.T)
    same = int(np.abs(again - values[first]).argmin())
    return Peak(complex(values[first]), left[:, same], right[:, first])


def spectral_radius(matrix: FloatArray) -> FloatArray:
    """Largest modulus of an eigenvalue (…): what one more round multiplies a change by."""
    return np.asarray(np.abs(np.linalg.eigvals(matrix)).max(axis=-1))


def spectral_radius_gradient(matrix: FloatArray) -> FloatArray:
    """∂|λ|/∂F (n, n); NaN where the largest eigenvalue is zero or multiple."""
    largest = peak(matrix)
    return largest.change(np.multiply.outer(largest.left, largest.right))
