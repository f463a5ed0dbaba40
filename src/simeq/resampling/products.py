"""Cross products of draws and the systems that they solve: one array operation for all draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.estimators.conventions import Method
from simeq.estimators.residual_covariance import SIGMA_TOL
from simeq.linalg.bases import BoolArray, FloatArray, IntArray
from simeq.linalg.stacks import PSEUDO_TOL, VANISH, Inverses, inverses


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
            return np.asarray(system.z[0] @ (self._span(half @ system.z[0]) @ (half @ system.x)))
        out = np.empty((len(self.grams), *system.x.shape))
        for i, z in enumerate(system.z):
            own = system.equation == i
            half = z.T @ self.grams
            out[:, :, own] = z @ (self._span(half @ z) @ (half @ system.x[:, own]))
        return out

    def start(self) -> tuple[FloatArray, FloatArray]:
        """γ and inverse normal matrices of OLS or 2SLS, equation by equation."""
        bread = np.zeros_like(self.gram)
        gamma = np.empty(self.gram.shape[:2])
        for i in range(self.system.y.shape[1]):
            part = slice(*np.searchsorted(self.system.equation, [i, i + 1]))
            bread[:, part, part] = self._inverse(self.gram[:, part, part], VANISH)
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

    def solve(self, weight: FloatArray, floor: float = 0.0) -> tuple[FloatArray, FloatArray]:
        """Return γ (D, K) and inverse normal matrices for weights (D, G, G) of the equations.

        With equal weights, entries below `floor` of the largest are rounding errors.
        """
        own = self.system.equation
        normal = weight[:, own[:, None], own] * self.gram
        side = (weight[:, own] * self.cross).sum(axis=2)
        return self._solved(normal, side, weight, floor)

    def solve_gmm(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return γ and inverse normal matrices of the GMM form, for Σ⁻¹ (D, G, G)."""
        weights, xz, zy = self.gmm_weights(weight)
        back = weights.swapaxes(1, 2)
        return self._solved(back @ xz, (back @ zy[:, :, None])[:, :, 0], weight, 0.0)

    def gmm_weights(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(Z'ΩZ)⁻¹Z'X (D, ΣL, K), Z'X by equation, and Z'y by equation (D, ΣL)."""
        equation, z = self.stacked_instruments()
        half = z.T @ self.grams
        sigma = self._noted(inverses(weight, self.failed))
        unit = np.sqrt(np.diagonal(sigma, axis1=1, axis2=2)[:, equation])
        units = unit[:, :, None] * unit[:, None, :]
        omega = sigma[:, equation[:, None], equation] * (half @ z)
        xz = (half @ self.system.x) * (equation[:, None] == self.system.equation)
        zy = (half @ self.system.y)[:, np.arange(equation.size), equation]
        return np.asarray(self._span(omega / units) / units @ xz), xz, zy

    def stacked_instruments(self) -> tuple[IntArray, FloatArray]:
        """Equation of each instrument (ΣL,), and the instruments (s, ΣL)."""
        sizes = [z.shape[1] for z in self.system.z]
        return np.repeat(np.arange(len(sizes)), sizes), np.hstack(self.system.z)

    def _solved(
        self, normal: FloatArray, side: FloatArray, weight: FloatArray, floor: float
    ) -> tuple[FloatArray, FloatArray]:
        """Solve normal equations in the free coordinates."""
        m = self.system.m
        if self.system.tolerant:
            unit = np.sqrt(np.diagonal(weight, axis1=1, axis2=2)[:, self.system.equation])
            return self._solved_in_units(normal, side, unit)
        if m is None:
            bread = self._inverse(normal, floor)
            return (bread @ side[:, :, None])[:, :, 0], bread
        side = side - normal @ self.system.shift
        bread = self._inverse(m.T @ normal @ m, floor)
        delta = (bread @ (side @ m)[:, :, None])[:, :, 0]
        return np.asarray(delta @ m.T + self.system.shift), bread

    def _solved_in_units(
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

    def sigma(self, gamma: FloatArray) -> FloatArray:
        """Σ (D, G, G) of the residuals at γ."""
        v = self.system.residuals(gamma)
        return np.asarray(v.swapaxes(1, 2) @ self.grams @ v / self.divisor)

    def inverse_sigma(self, gamma: FloatArray, method: Method) -> FloatArray:
        """Σ⁻¹ (D, G, G), or diag(1/σ_ii), from the residuals at γ."""
        sigma = self.sigma(gamma)
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

    def _inverse(self, a: FloatArray, floor: float = 0.0) -> FloatArray:
        """Invert a matrix of regressors, generalised where draws may lack columns."""
        tolerant = self.system.tolerant
        return self._noted(inverses(a, self.failed, PSEUDO_TOL if tolerant else floor, tolerant))

    def _span(self, a: FloatArray) -> FloatArray:
        """Invert a matrix of instruments; those that a draw lacks are set aside, as in a fit."""
        return self._noted(inverses(a, self.failed, VANISH, generalised=True))

    def _noted(self, found: Inverses) -> FloatArray:
        """Count draws whose matrix is singular as failed."""
        self.failed = self.failed | found.singular
        return found.inverse
