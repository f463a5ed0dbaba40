"""SUR, 3SLS and their iterated forms: all equations at once, weighed by Σ⁻¹."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from simeq.errors import ConvergenceWarning, SingularError, warn
from simeq.estimators.conventions import Convention, Method
from simeq.estimators.estimate import Estimate
from simeq.estimators.least_squares import unweighted
from simeq.estimators.projection import Moments, Projection
from simeq.estimators.residual_covariance import ResidualCovariance
from simeq.estimators.restriction import Coordinates
from simeq.linalg.bases import FloatArray, IntArray, inverse_from_root

#: Growth of the coefficients, in orthonormal coordinates, at which an iteration is given up.
MOST_GROWTH = 1e8

TINY = float(np.finfo(np.float64).tiny)


def gls_normal(projection: Projection, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Normal equations of X̂'(Σ⁻¹⊗I)X̂ b = X̂'(Σ⁻¹⊗I) y in γ: blocks s^{ij} F_i'F_j.

    Zellner (1962); Zellner and Theil (1962), where all equations share their instruments.

    Returns
    -------
    (K, K) array and (K,) array
    """
    inverse = np.linalg.inv(sigma)[projection.equation]
    return inverse[:, projection.equation] * projection.gram, (inverse * projection.cross).sum(1)


def gmm_normal(
    projection: Projection, moments: Moments, sigma: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Normal equations of X'Z(Z'ΩZ)⁻¹Z'X b = X'Z(Z'ΩZ)⁻¹Z'y in γ, Ω = Σ⊗I.

    It needs E z_i u_i = 0 alone, where the GLS form needs E z_i u_j = 0 for every pair.
    Wooldridge (2010), *Econometric Analysis*, section 8.3.4.
    """
    omega = sigma[moments.equation[:, None], moments.equation] * moments.gram
    weighted = np.linalg.solve(omega, np.column_stack([moments.q, moments.y]))
    return moments.q.T @ weighted[:, :-1], moments.q.T @ weighted[:, -1]


@dataclass(frozen=True)
class Step:
    """One solution: δ, γ and b, with the Cholesky root of its normal matrix."""

    delta: FloatArray
    gamma: FloatArray
    b: FloatArray
    root: FloatArray


def generalized_least_squares(
    projection: Projection,
    coordinates: Coordinates,
    covariance: ResidualCovariance,
    convention: Convention,
    method: Method,
) -> Estimate:
    """SUR or 3SLS: Σ from OLS or 2SLS residuals, then all equations at once; again if iterated.

    The covariance of the coefficients is the inverse of the last normal matrix, with the Σ that
    stands in it.

    Parameters
    ----------
    projection : Projection
    coordinates : Coordinates
    covariance : ResidualCovariance
    convention : Convention
        Its `form` where instruments differ by equation, and when the iteration stops.
    method : Method

    Raises
    ------
    SingularError
        If Σ is or becomes singular.
    """
    sigma = covariance(unweighted(projection, coordinates))
    covariance.require_regular(sigma, method)
    first = step = _solve(projection, coordinates, sigma, convention.form, method)
    n_iter, change = 1, np.inf
    while method.iterated and change > convention.tol:
        if n_iter == convention.maxiter:
            _warn_of_limit(method, convention, change)
            break
        sigma = covariance(step.b)
        covariance.require_regular(sigma, method, n_iter + 1)
        last, step = step, _solve(projection, coordinates, sigma, convention.form, method)
        change = _change(convention.criterion, last, step, projection.equation)
        n_iter += 1
        _require_bounded(first, step, method, n_iter)
    converged = not method.iterated or change <= convention.tol
    root = step.root
    if method.iterated and convention.final_sigma:
        last_sigma = covariance(step.b)
        root = _solve(projection, coordinates, last_sigma, convention.form, method).root
    bread = inverse_from_root(root)
    return Estimate(
        step.b,
        coordinates.covariance(bread),
        sigma,
        covariance(step.b),
        bread,
        np.asarray(np.linalg.inv(sigma)),
        n_iter,
        converged,
        change,
    )


def _change(criterion: str, old: Step, new: Step, equation: IntArray) -> float:
    """Distance between two steps in the units of the criterion.

    ``"orthonormal"`` is max_i ‖Δγ_i‖/‖γ_i‖, which does not depend on the units of the data;
    ``"relative"`` Stata's max |Δb|/(|b₀|+1); ``"norm"`` systemfit's and gretl's ‖Δb‖/‖b₀‖;
    ``"rms"`` linearmodels' root mean square of Δb.
    """
    difference = new.b - old.b
    if criterion == "relative":
        return float(np.max(np.abs(difference) / (np.abs(old.b) + 1.0)))
    if criterion == "norm":
        return float(np.linalg.norm(difference) / np.linalg.norm(old.b))
    if criterion == "rms":
        return float(np.sqrt(np.mean(difference**2)))
    moved = np.bincount(equation, (new.gamma - old.gamma) ** 2)
    size = np.bincount(equation, new.gamma**2)
    return float(np.sqrt(np.max(moved / np.where(size > 0.0, size, 1.0))))


def _require_bounded(first: Step, step: Step, method: Method, n_iter: int) -> None:
    """Stop an iteration that runs away."""
    growth = np.linalg.norm(step.gamma) / max(float(np.linalg.norm(first.gamma)), TINY)
    if not growth < MOST_GROWTH:
        raise SingularError(
            f"{method.title} diverges: after {n_iter} iterations the coefficients have grown "
            f"{growth:.0e}-fold. Use the two-step estimator, or the GMM form where instruments "
            f"differ by equation."
        )


def _warn_of_limit(method: Method, convention: Convention, change: float) -> None:
    warn(
        f"{method.title} did not converge in {convention.maxiter} iterations: the last change is "
        f"{change:.2e}, the tolerance {convention.tol:.0e}. Raise maxiter, or look at the residual "
        f"covariance.",
        ConvergenceWarning,
    )


def _solve(
    projection: Projection,
    coordinates: Coordinates,
    sigma: FloatArray,
    form: str,
    method: Method,
) -> Step:
    """Solve the normal equations for one Σ."""
    if form == "gmm" and projection.moments is not None:
        normal, side = gmm_normal(projection, projection.moments, sigma)
    else:
        normal, side = gls_normal(projection, sigma)
    if coordinates.m is not None:
        side = coordinates.reduce_side(side - normal @ coordinates.shift)
        normal = coordinates.reduce(normal)
    if not normal.size:  # every coefficient is fixed by a constraint
        return Step(side, coordinates.shift, coordinates.coefficients(side), normal)
    root, info = lapack.dpotrf(normal, lower=True, clean=True)
    if info != 0:
        raise SingularError(
            f"The normal matrix of {method.title.lower()} is not positive definite; the residual "
            f"covariance is nearly singular. Use 2SLS or OLS, or remove an equation."
        )
    delta, _ = lapack.dpotrs(root, side, lower=True)
    return Step(delta, coordinates.coordinates(delta), coordinates.coefficients(delta), root)
