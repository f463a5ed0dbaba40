"""What a change does period after period, through declared lags. Arrays only.

With inputs E (X, q) of one period, y = Π E; what declared lags put into E of later periods is
what y was. Stacks of solutions, gradients with respect to K coefficients, and paths of forecasts
follow the same recursion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simeq.linalg.bases import FloatArray
from simeq.reduced_form.feedback import peak, spectral_radius
from simeq.structural_form.loops import in_units, settled
from simeq.structural_form.solution import Solution
from simeq.structural_form.structure import Structure


def carried(structure: Structure, past: Sequence[FloatArray]) -> FloatArray:
    """Inputs (…, X, q) that declared lags bring from the periods before, zero elsewhere.

    Parameters
    ----------
    structure : Structure
    past : sequence of (…, M, q) arrays
        Responses of earlier periods, the last one last.
    """
    shape = past[-1].shape
    inputs = np.zeros((*shape[:-2], len(structure.exogenous), shape[-1]))
    for lag in structure.lags:
        if lag.order <= len(past):
            inputs[..., lag.column, :] = past[-lag.order][..., lag.variable, :]
    return inputs


def impulse(structure: Structure) -> FloatArray:
    """A unit in each column that is no declared lag (X, R), for one period."""
    return np.asarray(np.eye(len(structure.exogenous))[:, structure.current])


# ---------------------------------------------------------------------- multipliers


def responses(solution: Solution, horizon: int) -> list[FloatArray]:
    """D_0 … D_h (…, M, R): D_h = Π E_h, with E_0 the impulse, E_h carried from D_{h−1} and earlier.

    Parameters
    ----------
    solution : Solution
    horizon : int
        h.
    """
    found = [solution.total @ impulse(solution.structure)]
    for _ in range(horizon):
        found.append(solution.total @ carried(solution.structure, found))
    return found


def response_jacobians(solution: Solution, found: Sequence[FloatArray]) -> list[FloatArray]:
    """∂D_0/∂b … ∂D_h/∂b (K, M, R): dD_h = dΠ E_h + Π dE_h.

    Parameters
    ----------
    solution : Solution
    found : sequence of (M, R) arrays
        D_0 … D_h.
    """
    own = solution.structure
    changes = [solution.jacobian(impulse(own))]
    for h in range(1, len(found)):
        direct = solution.jacobian(carried(own, found[:h]))
        changes.append(direct + solution.total @ carried(own, changes))
    return changes


# ---------------------------------------------------------------------- the long run


def persistence(solution: Solution) -> FloatArray:
    """Σ_s Π_s (…, M, M): what last period's variables, held for ever, do to this period's."""
    m = len(solution.structure.endogenous)
    out = np.zeros((*solution.total.shape[:-1], m))
    for lag in solution.structure.lags:
        out[..., lag.variable] += solution.total[..., lag.column]
    return out


def long_run_responses(solution: Solution) -> FloatArray:
    """D_∞ (…, M, R): effects of a unit more for ever, (I − Σ_s Π_s)⁻¹ D_0."""
    own = solution.structure
    first = solution.total @ impulse(own)
    return settled(persistence(solution), first, own.size)


def long_run_jacobian(solution: Solution, found: FloatArray) -> FloatArray:
    """∂D_∞/∂b (K, M, R): (I − Σ_s Π_s)⁻¹ dΠ E_∞, where E_∞ holds D_∞ in every lag.

    Parameters
    ----------
    solution : Solution
    found : (M, R) array
        D_∞.
    """
    own = solution.structure
    inputs = impulse(own)
    for lag in own.lags:
        inputs[lag.column] = found[lag.variable]
    change = solution.jacobian(inputs)
    return settled(persistence(solution), change, own.size)


# ---------------------------------------------------------------------- stability


def companion(solution: Solution) -> FloatArray:
    """F (…, Mp, Mp) that takes (y_{t−1}, …, y_{t−p}) to (y_t, …, y_{t−p+1})."""
    own = solution.structure
    m, p = len(own.endogenous), own.longest_lag
    matrix = np.zeros((*solution.total.shape[:-2], m * p, m * p))
    matrix[..., m:, :-m] = np.eye(m * (p - 1))
    for lag in own.lags:
        place = (lag.order - 1) * m + lag.variable
        matrix[..., :m, place] = solution.total[..., lag.column]
    return matrix


def companion_radius_jacobian(solution: Solution) -> FloatArray:
    """∂|λ|/∂b (K,) of the companion's largest eigenvalue.

    The first M rows of dF v are dΠ E with E what v puts into each lag. Vectors are found in units
    of the variables' sizes.
    """
    own = solution.structure
    m = len(own.endogenous)
    largest = peak(in_units(companion(solution), np.tile(own.size, own.longest_lag)))
    if largest.value == 0.0:  # no effect leads back to itself, whatever the coefficients are
        return np.zeros(own.column.shape)
    inputs = np.zeros((len(own.exogenous), 2))
    for lag in own.lags:
        entry = largest.right[(lag.order - 1) * m + lag.variable] * own.size[lag.variable]
        inputs[lag.column] = entry.real, entry.imag
    change = solution.jacobian(inputs) @ np.array([1.0, 1.0j])
    return largest.change(change @ (largest.left[:m] / own.size))


def companion_radius(solution: Solution) -> FloatArray:
    """Largest modulus of an eigenvalue (…): what is left of an effect from period to period."""
    return spectral_radius(companion(solution))
