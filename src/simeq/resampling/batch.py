"""Least squares, 2SLS, SUR and 3SLS on a stack of Grams: one array operation for all draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simeq._linalg import BoolArray, FloatArray, IntArray
from simeq.conventions import Convention, Method
from simeq.resampling.stacks import inverses
from simeq.sigma import SIGMA_TOL


@dataclass(frozen=True)
class BatchSystem:
    """A system in the coordinates of the Grams.

    Attributes
    ----------
    x : (s, K) array
        Regressors of all equations, orthonormal by equation in the whole sample.
    y : (s, G) array
        Dependents.
    z : () or G arrays (s, L_i)
        Instruments, orthonormal in the whole sample; () for methods without.
    equation : (K,) array of int
        Equation of each column of x.
    m : (K, p) array or None
        γ = M δ + shift under restrictions.
    shift : (K,) array
    back : (K, K) array
        b = back @ γ.
    gmm : bool
        Whether instruments differ by equation and are used in the GMM form.
    tolerant : bool
        Whether columns may be missing from a draw, as unit dummies that stand in one equation
        alone: generalised inverses then give what can still be estimated.
    """

    x: FloatArray
    y: FloatArray
    z: tuple[FloatArray, ...]
    equation: IntArray
    m: FloatArray | None
    shift: FloatArray
    back: FloatArray
    gmm: bool
    tolerant: bool = False

    def residuals(self, gamma: FloatArray) -> FloatArray:
        """Structural residuals (D, s, G) at coefficients (D, K), as columns in coordinates of Q."""
        terms = self.x * gamma[:, None, :]
        chosen = (self.equation[:, None] == np.arange(self.y.shape[1])).astype(float)
        return np.asarray(self.y - terms @ chosen)


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
    gamma, bread = products.start() if system.m is None else products.solve(weight)
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


class Products:
    """Cross products of D draws, and which of the draws have failed."""

    def __init__(self, system: BatchSystem, grams: FloatArray, divisor: FloatArray) -> None:
        self.system = system
        self.grams = grams
        self.divisor = divisor
        self.failed: BoolArray = np.asarray((divisor <= 0.0).any(axis=(1, 2)))
        self.xhat = self._projected()
        half = self.xhat.swapaxes(1, 2) @ grams
        self.gram = half @ self.xhat
        self.cross = half @ system.y

    def _projected(self) -> FloatArray:
        """X̂ (D, s, K): the regressors, or each draw's projection on its instruments."""
        system = self.system
        if not system.z:
            return np.asarray(np.broadcast_to(system.x, (len(self.grams), *system.x.shape)))
        if all(z is system.z[0] for z in system.z):
            half = system.z[0].T @ self.grams
            return np.asarray(system.z[0] @ (self._inverse(half @ system.z[0]) @ (half @ system.x)))
        out = np.empty((len(self.grams), *system.x.shape))
        for i, z in enumerate(system.z):
            own = system.equation == i
            half = z.T @ self.grams
            out[:, :, own] = z @ (self._inverse(half @ z) @ (half @ system.x[:, own]))
        return out

    def start(self) -> tuple[FloatArray, FloatArray]:
        """γ and inverse normal matrices of OLS or 2SLS, equation by equation."""
        bread = np.zeros_like(self.gram)
        gamma = np.empty(self.gram.shape[:2])
        for i in range(self.system.y.shape[1]):
            own = np.flatnonzero(self.system.equation == i)
            part = slice(own[0], own[-1] + 1)
            bread[:, part, part] = self._inverse(self.gram[:, part, part])
            gamma[:, part] = (bread[:, part, part] @ self.cross[:, part, i, None])[:, :, 0]
        return gamma, bread

    def unweighted(self) -> FloatArray:
        """Normal matrices (D, p, p) of δ with the identity for Σ."""
        own, m = self.system.equation, self.system.m
        normal = self.gram * (own[:, None] == own)
        return normal if m is None else np.asarray(m.T @ normal @ m)

    def step(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """γ and inverse normal matrices of a generalised least squares step in its form."""
        return self.solve_gmm(weight) if self.system.gmm else self.solve(weight)

    def solve(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return γ (D, K) and inverse normal matrices for weights (D, G, G) of the equations."""
        own = self.system.equation
        normal = weight[:, own[:, None], own] * self.gram
        side = (weight[:, own] * self.cross).sum(axis=2)
        if not self.system.tolerant:
            return self._reduced(normal, side)
        unit = np.sqrt(np.diagonal(weight, axis1=1, axis2=2)[:, own])
        return self._reduced_in_units(normal, side, unit)

    def solve_gmm(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return γ and inverse normal matrices of the GMM form, for Σ⁻¹ (D, G, G)."""
        weights, xz, zy = self.gmm_weights(weight)
        back = weights.swapaxes(1, 2)
        return self._reduced(back @ xz, (back @ zy[:, :, None])[:, :, 0])

    def gmm_weights(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(Z'ΩZ)⁻¹Z'X (D, ΣL, K), Z'X by equation, and Z'y by equation (D, ΣL)."""
        equation, z = self.stacked_instruments()
        half = z.T @ self.grams
        sigma = self._inverse(weight)
        omega = sigma[:, equation[:, None], equation] * (half @ z)
        xz = (half @ self.system.x) * (equation[:, None] == self.system.equation)
        zy = (half @ self.system.y)[:, np.arange(equation.size), equation]
        return np.asarray(self._inverse(omega) @ xz), xz, zy

    def stacked_instruments(self) -> tuple[IntArray, FloatArray]:
        """Equation of each instrument (ΣL,), and the instruments (s, ΣL)."""
        sizes = [z.shape[1] for z in self.system.z]
        return np.repeat(np.arange(len(sizes)), sizes), np.hstack(self.system.z)

    def _reduced(self, normal: FloatArray, side: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Solve normal equations in the free coordinates."""
        m = self.system.m
        if m is None:
            bread = self._inverse(normal)
            return (bread @ side[:, :, None])[:, :, 0], bread
        side = side - normal @ self.system.shift
        bread = self._inverse(m.T @ normal @ m)
        delta = (bread @ (side @ m)[:, :, None])[:, :, 0]
        return np.asarray(delta @ m.T + self.system.shift), bread

    def _reduced_in_units(
        self, normal: FloatArray, side: FloatArray, unit: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Solve where columns may lack: what is zero must be so beside its own equation's entries.

        With equations divided by their `unit` (D, K), δ has directions U M = Q R, and R δ is found.
        """
        system = self.system
        units = unit[:, :, None] * unit[:, None, :]
        if system.m is None:
            bread = self._inverse(normal / units)
            return (bread @ (side / unit)[:, :, None])[:, :, 0] / unit, bread / units
        q, r = np.linalg.qr(unit[:, :, None] * system.m)
        side = (side - normal @ system.shift) / unit
        turned, back = q.swapaxes(1, 2), np.linalg.inv(r)
        half = back @ self._inverse(turned @ (normal / units) @ q)
        delta = (half @ (turned @ side[:, :, None]))[:, :, 0]
        return np.asarray(delta @ system.m.T + system.shift), half @ back.swapaxes(1, 2)

    def inverse_sigma(self, gamma: FloatArray, method: Method) -> FloatArray:
        """Σ⁻¹ (D, G, G), or diag(1/σ_ii), from the residuals at γ."""
        v = self.system.residuals(gamma)
        sigma = v.swapaxes(1, 2) @ self.grams @ v / self.divisor
        variances = np.diagonal(sigma, axis1=1, axis2=2)
        self.failed |= ~(variances > 0.0).all(axis=1)
        size = np.sqrt(np.where(variances > 0.0, variances, 1.0))
        scale = size[:, :, None] * size[:, None, :]
        if method.weights == "diagonal":
            return np.asarray(np.eye(sigma.shape[1]) / scale)
        correlation = sigma / scale
        values, axes = np.linalg.eigh(np.where(np.isfinite(correlation), correlation, 0.0))
        singular = ~(values[:, :1] > SIGMA_TOL)
        self.failed |= singular[:, 0]
        shrunk = axes / np.where(singular, 1.0, values)[:, None, :]
        return np.asarray(shrunk @ axes.swapaxes(1, 2) / scale)

    def _inverse(self, a: FloatArray) -> FloatArray:
        """Invert a matrix of each draw; draws whose matrix is singular count as failed."""
        found = inverses(a, self.failed, self.system.tolerant)
        self.failed = self.failed | found.singular
        return found.inverse


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
