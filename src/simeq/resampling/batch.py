"""Least squares, 2SLS, SUR and 3SLS on a stack of Grams: one array operation for all draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simeq.estimators.conventions import Convention, Method
from simeq.linalg.bases import BoolArray, FloatArray
from simeq.linalg.stacks import VANISH
from simeq.resampling.products import BatchSystem, Products


@dataclass(frozen=True)
class ScoreParts:
    """What the scores of D draws are made of.

    Attributes
    ----------
    rows : (D, s, q) array
        What stands beside the residuals: X̂, or the instruments in the GMM form.
    weighed : (D, s, q) array
        The residuals beside them, weighed by I, diag(1/σ_ii) or Σ⁻¹.
    transform : (D, q, K) array or None
        What takes these scores to those of γ; None when they are.
    """

    rows: FloatArray
    weighed: FloatArray
    transform: FloatArray | None


@dataclass(frozen=True)
class BatchEstimate:
    """Estimates of D draws.

    Attributes
    ----------
    gamma : (D, K) array
        Coefficients in orthonormal coordinates; NaN where a draw failed.
    bread : (D, p, p) array
        Inverse normal matrices.
    weight : (D, G, G) array
        What weighs the equations' residuals: I, diag(1/σ_ii) or Σ⁻¹.
    estimable : (D, p, p) array or None
        Projector on what a draw can estimate of δ, where it may lack columns.
    failed : (D,) array of bool
        Draws that are singular or did not converge.
    products : Products
    gmm : bool
        Whether the last step was of the GMM form.
    """

    gamma: FloatArray
    bread: FloatArray
    weight: FloatArray
    estimable: FloatArray | None
    failed: BoolArray
    products: Products
    gmm: bool

    @cached_property
    def scores(self) -> ScoreParts:
        """What the scores are made of; computed when asked for."""
        system, weight = self.products.system, self.weight
        residuals = system.residuals(np.nan_to_num(self.gamma))
        if not self.gmm:
            return ScoreParts(self.products.xhat, (residuals @ weight)[:, :, system.equation], None)
        equation, z = self.products.stacked_instruments()
        rows = np.asarray(np.broadcast_to(z, (len(self.gamma), *z.shape)))
        transform = self.products.gmm_weights(weight)[0]
        return ScoreParts(rows, residuals[:, :, equation], transform)


@np.errstate(all="ignore")  # iterations that run away overflow before they are given up
def estimate_batch(
    system: BatchSystem,
    grams: FloatArray,
    divisor: FloatArray,
    method: Method,
    convention: Convention,
) -> BatchEstimate:
    """Estimate each draw as `SystemEquations.fit` would on its rows.

    Parameters
    ----------
    system : BatchSystem
    grams : (D, s, s) array
    divisor : (D, G, G) array
        Of the residuals' cross products.
    method : Method
    convention : Convention
    """
    products = Products(system, grams, divisor)
    weight: FloatArray = np.broadcast_to(np.eye(system.y.shape[1]), divisor.shape)
    gamma, bread = products.start() if system.m is None else products.solve(weight, VANISH)
    estimable = bread @ products.unweighted() if system.tolerant else None
    steps = 0 if method.weights == "identity" else convention.maxiter if method.iterated else 1
    active = ~products.failed
    for step in range(steps):
        inverse = products.inverse_sigma(gamma, method)
        weight = np.where(active[:, None, None], inverse, weight)
        moved, bread_moved = products.step(weight)
        change = _change(convention.criterion, system, gamma, moved) if step else np.inf
        gamma = np.where(active[:, None], moved, gamma)
        bread = np.where(active[:, None, None], bread_moved, bread)
        active = active & (change > convention.tol) & ~products.failed
        if not active.any():
            break
    if method.iterated and convention.final_sigma:
        bread = products.step(products.inverse_sigma(gamma, method))[1]
    failed = products.failed | (active if method.iterated else False)
    gamma = np.where(failed[:, None], np.nan, gamma)
    gmm = system.gmm and steps > 0
    return BatchEstimate(gamma, bread, weight, estimable, failed, products, gmm)


def classical_variance(found: BatchEstimate, method: Method, convention: Convention) -> FloatArray:
    """Classical covariances (D, p, p) of δ, as those of a fit without constraints.

    The inverse normal matrix where Σ is in it, else the sandwich A⁻¹F'(MΣM⊗I)F A⁻¹.
    """
    if method.is_gls:
        return found.bread
    products, own = found.products, found.products.system.equation
    sigma = products.sigma(np.nan_to_num(found.gamma))
    if convention.covariance != "sandwich":
        sigma = sigma * np.eye(sigma.shape[1])
    weighed = found.weight @ sigma @ found.weight
    middle = weighed[:, own[:, None], own] * products.gram
    return np.asarray(found.bread @ middle @ found.bread)


def _change(criterion: str, system: BatchSystem, old: FloatArray, new: FloatArray) -> FloatArray:
    """Distance of each draw (D,) between two steps, in the units of a convention's criterion.

    See `simeq.estimators.generalized`; coefficients that were partialled out have no part in it.
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        if criterion == "orthonormal":
            starts = np.flatnonzero(np.diff(system.equation, prepend=-1))
            moved = np.add.reduceat((new - old) ** 2, starts, axis=1)
            ratio = moved / np.add.reduceat(new**2, starts, axis=1)
            return np.asarray(np.sqrt(np.nanmax(ratio, axis=1, initial=0.0)))
        difference, before = (new - old) @ system.back.T, old @ system.back.T
        if criterion == "relative":
            return np.asarray((np.abs(difference) / (np.abs(before) + 1.0)).max(axis=1))
        if criterion == "norm":
            return np.asarray(np.linalg.norm(difference, axis=1) / np.linalg.norm(before, axis=1))
        return np.asarray(np.sqrt((difference**2).mean(axis=1)))
