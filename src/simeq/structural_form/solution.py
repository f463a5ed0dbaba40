"""The structural form solved: y = Π x + S u, for one vector of coefficients or many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.linalg.bases import FloatArray
from simeq.structural_form.loops import cleared, settled
from simeq.structural_form.structure import Structure


@dataclass(frozen=True, eq=False)
class Solution:
    """y = Π x + S u at given coefficients.

    Attributes
    ----------
    structure : Structure
    gamma : (…, G, G) array
        Γ, coefficients among the variables that have equations, identities substituted.
    shocks : (…, M, G) array
        S: what a unit in each equation's error does to each variable.
    total : (…, M, X) array
        Π: what a unit in each column x does to each variable.
    """

    structure: Structure
    gamma: FloatArray
    shocks: FloatArray
    total: FloatArray

    def jacobian(self, inputs: FloatArray) -> FloatArray:
        """∂(Π E)/∂b (K, M, q) at inputs E (X, q), which don't depend on b.

        A coefficient b_k of equation i multiplies a column that is v' E, with v a row of (Π, I):
        the change is S[:, i] v'E.
        """
        own = self.structure
        columns = np.concatenate([self.total @ inputs, inputs])
        return np.asarray(self.shocks.T[own.equation, :, None] * columns[own.column, None, :])


def solve(structure: Structure, b: FloatArray) -> Solution:
    """Solve the structural form for y.

    Equations [A C] on (y, x) = T (y_g, x) are [Γ Ψ] on (y_g, x); hence y_g = (I − Γ)⁻¹ (Ψ x + u),
    and y = T y_g. Effects that no path carries are zero exactly.

    Parameters
    ----------
    structure : Structure
    b : (…, K) array
    """
    m, g = len(structure.endogenous), len(structure.labels)
    both = structure.equations(b) @ structure.solved
    gamma = both[..., :g]
    direct = both.copy()
    direct[..., :g] = np.eye(g)
    found = settled(gamma, direct, structure.size[:g])
    upper = structure.solved[:m]
    shocks = upper[:, :g] @ found[..., :g]
    total = upper[:, :g] @ found[..., g:] + upper[:, g:]
    return Solution(
        structure,
        gamma,
        cleared(np.where(structure.moved_by_errors, shocks, 0.0), structure.size),
        cleared(np.where(structure.moved_by_columns, total, 0.0), structure.size),
    )
