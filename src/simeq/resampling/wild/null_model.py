"""The world in which a null hypothesis is true: rows generated from a restricted estimate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simeq.errors import SingularError, listing
from simeq.estimation.system import System
from simeq.estimators.equations import Equations
from simeq.estimators.restriction import FreeParameters
from simeq.linalg.bases import FloatArray, basis, lengths
from simeq.resampling.plan import ResamplingPlan
from simeq.resampling.wild.draws import NullModel

#: A column whose length within clusters is below this share of its own has nothing left there.
NOTHING_LEFT = 1e-10

#: Reciprocal condition number below which I − Γ is singular.
SOLVE_TOL = 1e-12


def null_world(system: System, plan: ResamplingPlan, b: FloatArray) -> NullModel:
    """Generate a system from a restricted estimate.

    With instruments, the dependents solve the structural equations together,
    y = (I − Γ')⁻¹(Γ₂'y₂ + B'x + u), and other endogenous regressors have the reduced form
    Y₂ = ZΠ + V, with Π from a regression of Y₂ on Z and the restricted residuals. That is the
    efficient one of Davidson and MacKinnon (2010). What any equation uses as an instrument stays in
    all. Without instruments every regressor stays, a dependent of another equation too.

    Parameters
    ----------
    system : System
    plan : ResamplingPlan
    b : (K,) array
        The restricted estimate.

    Raises
    ------
    SingularError
        If the equations cannot be solved for their dependents.
    """
    c = plan.clusters.columns
    seen = plan.estimator.see(system)
    stay, generated = _roles(system, seen)
    there = lengths(c) > NOTHING_LEFT * lengths(system.factor.r)
    qz = basis(c[:, [j for j in stay if there[j]]]).q
    u = c @ system.structural(b)
    reduced, v = _reduced_form(qz, u, c[:, generated])
    shocks = basis(np.hstack([u, v])).q
    columns = np.pad(qz.T @ c, ((0, shocks.shape[1]), (0, 0)))
    columns[:, generated] = np.vstack([reduced, shocks.T @ v])
    disturbances = np.pad(shocks.T @ u, ((qz.shape[1], 0), (0, 0)))
    if seen.z:
        y = _solved(system, b, columns, disturbances)
        columns[:, list(system.design.dependents)] = y
    else:
        y = columns @ system.right_side(b) + disturbances
    coordinates = np.hstack([qz, shocks])
    grams = np.asarray(coordinates.T @ plan.clusters.grams @ coordinates)
    return NullModel(plan, _moved(system, plan, columns, y, qz), grams, qz.shape[1])


def _roles(system: System, seen: Equations) -> tuple[list[int], list[int]]:
    """Columns of W that stay, and endogenous regressors that are no dependents."""
    used = set(system.columns.tolist())
    stay = {j for own in seen.places for j in own}
    if not seen.z:
        return sorted(stay), []
    pairs = zip(system.used, system.exogenous, strict=True)
    known = {j for own, flags in pairs for j, flag in zip(own, flags, strict=True) if flag}
    return sorted(stay), sorted(used - stay - known - set(system.design.dependents))


def _reduced_form(qz: FloatArray, u: FloatArray, y2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coefficients Π (L, E) of Q_Z beside the residuals u, and V = Y₂ − Q_Z Π."""
    beside = np.hstack([qz, u / lengths(u)])
    coefficients = np.asarray(np.linalg.lstsq(beside, y2, rcond=None)[0][: qz.shape[1]])
    return coefficients.astype(np.float64), np.asarray(y2 - qz @ coefficients)


def _require_distinct(system: System) -> None:
    """Check that no two equations explain the same dependent."""
    dependents = np.array(system.design.dependents)
    for j in np.unique(dependents):
        own = np.flatnonzero(dependents == j)
        if own.size > 1:
            raise SingularError(
                f"Equations {listing(system.labels[int(i)] for i in own)} have the same dependent, "
                f"{system.design.names[int(j)]}: rows cannot be generated from them together. "
                f"Test them in separate systems."
            )


def _solved(
    system: System, b: FloatArray, columns: FloatArray, disturbances: FloatArray
) -> FloatArray:
    """Solve Y(I − Γ) = XB + U for the dependents, Γ (G, G) holding their own coefficients."""
    _require_distinct(system)
    right, dependents = system.right_side(b), list(system.design.dependents)
    matrix = np.eye(len(dependents)) - right[dependents]
    right[dependents] = 0.0
    scale = np.abs(matrix).max(axis=0)
    if not 1.0 / np.linalg.cond(matrix / np.where(scale > 0.0, scale, 1.0)) > SOLVE_TOL:
        raise SingularError(
            f"Under the null hypothesis the equations {listing(system.labels)} cannot be solved "
            f"for their dependents: I − Γ is singular, so that the wild bootstrap has no rows to "
            f"generate."
        )
    side = columns @ right + disturbances
    return np.asarray(np.linalg.solve(matrix.T, side.T).T)


def _moved(
    system: System, plan: ResamplingPlan, columns: FloatArray, y: FloatArray, qz: FloatArray
) -> FreeParameters:
    """Return the equations of the plan in the coordinates (Q_Z, ε)."""
    old = plan.free.equations
    x = columns[:, system.columns[plan.kept]] @ old.back
    below = len(columns) - qz.shape[1]
    made = {id(one): np.pad(qz.T @ one, ((0, below), (0, 0))) for one in old.z}
    z = tuple(made[id(one)] for one in old.z)  # the same object where equations share them
    return replace(plan.free, equations=replace(old, x=x, f=x, y=y, z=z))
