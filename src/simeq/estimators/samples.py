"""One sample or many, estimated by the same lines: cross products with leading axes.

A sample is given by the metric M (p, p) of the coordinates in which the equations stand: X̂'MX̂ are
its cross products. That of the whole sample is the identity; a draw or a group of rows has the Gram
of its own rows. With (…) the axes of the samples, none for one, everything below has shape (…, ·).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from simeq.estimators.equations import Equations
from simeq.estimators.restriction import FreeParameters
from simeq.linalg.bases import BoolArray, FloatArray, IntArray
from simeq.linalg.definite import PSEUDO_TOL, VANISH_TOL, Inverses, Solvable, factored

#: Residuals shorter than this share of the dependent are rounding: the equation fits exactly.
EXACT_FIT_TOL = 1e-13

#: Smallest eigenvalue of the residuals' correlation at which Σ is inverted, up to √G.
SIGMA_TOL = 1e-12


class Failure:
    """Why a sample has no estimate, as a small number."""

    NONE = 0
    DIVISOR = 1
    EXACT_FIT = 2
    SINGULAR_SIGMA = 3
    SINGULAR_NORMAL = 4
    DIVERGED = 5


class Samples:
    """Cross products of samples, the systems that they solve, and which of them have failed.

    Parameters
    ----------
    free : FreeParameters
        The equations and what restricts them.
    nobs : int or (D,) array of int
        Rows.
    divisor : (…, G, G) array
        Of the residuals' cross products.
    metric : (D, p, p) array, optional
        Grams of D samples; by default there is one sample, and it is the identity.
    tolerant : bool
        Whether columns may be missing from a sample, as unit dummies that stand in one equation
        alone: generalised inverses then give what can still be estimated.
    """

    def __init__(
        self,
        free: FreeParameters,
        nobs: int | IntArray,
        divisor: FloatArray,
        metric: FloatArray | None = None,
        tolerant: bool = False,
    ) -> None:
        self.free = free
        self.equations: Equations = free.equations
        self.nobs = nobs
        self.divisor = divisor
        self.metric = metric
        self.tolerant = tolerant
        self.failure = np.zeros(divisor.shape[:-2], dtype=np.int8)
        if metric is None:
            self.xhat, self.gram, self.cross = (
                self.equations.f,
                self.equations.gram,
                self.equations.cross,
            )
            return
        self.fail((divisor <= 0.0).any(axis=(-2, -1)), Failure.DIVISOR)
        self.xhat = self._projected(metric)
        half = self.xhat.swapaxes(-2, -1) @ metric
        self.gram, self.cross = half @ self.xhat, half @ self.equations.y

    def products(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """A'B (…, ·, ·) in each sample, for columns (…, p, ·) in the equations' coordinates."""
        left = a.swapaxes(-2, -1)
        return np.asarray(left @ b if self.metric is None else left @ self.metric @ b)

    def within(self, products: FloatArray) -> FloatArray:
        """Products (…, K, K) or (…, K, G) with zeros across equations."""
        own = self.equations.own
        return products * (own @ own.T if products.shape[-1] == len(own) else own)

    # ------------------------------------------------------------------ failures

    @property
    def failed(self) -> BoolArray:
        """Which samples (…) have no estimate."""
        return np.asarray(self.failure != Failure.NONE)

    def fail(self, which: BoolArray | np.bool_, why: int) -> None:
        """Note samples (…) that fail, each with its first reason."""
        if np.any(which):
            first = (self.failure == Failure.NONE) & which
            self.failure = np.where(first, np.int8(why), self.failure)

    # ------------------------------------------------------------------ instruments

    def _projected(self, metric: FloatArray) -> FloatArray:
        """X̂ (D, p, K): the regressors, or each sample's projection on its instruments."""
        own = self.equations
        if not own.z:
            return np.asarray(np.broadcast_to(own.x, (len(metric), *own.x.shape)))
        everything = np.arange(own.equation.size)
        if own.shares_instruments:
            lists = [(own.z[0], everything)]
        else:
            lists = [(z, everything[own.equation == i]) for i, z in enumerate(own.z)]
        out = np.empty((len(metric), *own.x.shape))
        for z, columns in lists:
            half = z.T @ metric
            out[..., columns] = z @ self.on_span(half @ z, half @ own.x[:, columns])
        return out

    def on_span(self, zz: FloatArray, side: FloatArray) -> FloatArray:
        """(Z'Z)⁻¹ side (…, L, ·); instruments that a sample lacks are set aside, as in a fit."""
        found, singular = factored(zz, self.failed, VANISH_TOL, generalised=True)
        self.fail(singular, Failure.SINGULAR_NORMAL)
        return found.solve(side)

    def instrument_products(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Z'Z (…, ΣL, ΣL), Z'X (…, ΣL, K) and Z'y (…, ΣL); the last two within equations."""
        own = self.equations
        if self.metric is None:
            return own.zz, own.zx, own.zy
        half = own.stacked_z.T @ self.metric
        return (
            half @ own.stacked_z,
            own.by_equation(half @ own.x),
            own.own_dependent(half @ own.y),
        )

    # ------------------------------------------------------------------ normal equations

    def unweighted(self) -> tuple[FloatArray, Solvable]:
        """δ (…, p) of OLS or 2SLS, and its normal matrices: the identity stands for Σ."""
        own, places = self.equations, np.arange(self.equations.equation.size)
        side = self.cross[..., places, own.equation]
        if self.free.m is not None:
            alone = self.gram * (own.equation[:, None] == own.equation)
            return self.solve(alone, side, np.eye(own.sizes.size), VANISH_TOL)
        if self.metric is None:
            return side, Inverses(np.eye(places.size))
        bread = np.zeros_like(self.gram)
        for i in range(own.sizes.size):
            block = slice(*np.searchsorted(own.equation, [i, i + 1]))
            bread[:, block, block] = self._inverse(self.gram[:, block, block], VANISH_TOL)
        found = Inverses(bread)
        return found.solve(side), found

    def weighted(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Normal equations X̂'(W⊗I)X̂ (…, K, K), X̂'(W⊗I)y (…, K) in γ, for W (…, G, G)."""
        by_row = weight[..., self.equations.equation, :]
        normal = by_row[..., self.equations.equation] * self.gram
        return normal, (by_row * self.cross).sum(axis=-1)

    def solve(
        self, normal: FloatArray, side: FloatArray, weight: FloatArray, floor: float = 0.0
    ) -> tuple[FloatArray, Solvable]:
        """Solve normal equations in γ for δ (…, p); return the normal matrices of δ, too.

        Parameters
        ----------
        normal : (…, K, K) array
        side : (…, K) array
        weight : (…, G, G) array
            Of the equations in them.
        floor : float
            Share of the largest entry of a diagonal below which others are rounding errors.
        """
        free = self.free
        if free.m is not None:
            side = side - (normal @ free.shift)
        if self.tolerant:
            unit = np.sqrt(np.diagonal(weight, axis1=-2, axis2=-1))[..., self.equations.equation]
            return self._solve_in_units(normal, side, np.broadcast_to(unit, side.shape))
        found, singular = factored(free.reduce(normal), self.failed, floor)
        self.fail(singular, Failure.SINGULAR_NORMAL)
        return found.solve(free.along(side)), found

    def _solve_in_units(
        self, normal: FloatArray, side: FloatArray, unit: FloatArray
    ) -> tuple[FloatArray, Solvable]:
        """Solve where columns may lack from a sample.

        What is zero must be so beside its own equation's entries: with weights of 1 and 1e-12, all
        of the second equation would be rounding beside the first. With equations divided by their
        unit (D, K), δ has directions U M = Q R, and R δ is found by a generalised inverse.
        """
        normal, side = normal / (unit[:, :, None] * unit[:, None, :]), side / unit
        if self.free.m is None:
            q, back = np.eye(unit.shape[1]), np.eye(unit.shape[1]) / unit[:, :, None]
        else:
            q, r = np.linalg.qr(unit[:, :, None] * self.free.m)
            back = np.linalg.inv(r)
        turned = q.swapaxes(-2, -1)
        inverse = self._inverse(turned @ normal @ q)
        found = Inverses(back @ inverse @ back.swapaxes(-2, -1))
        return (back @ inverse @ (turned @ side[:, :, None]))[:, :, 0], found

    def estimable(self) -> FloatArray:
        """Projectors (D, p, p) on what samples can estimate of δ, where they may lack columns."""
        own = self.equations.equation
        alone = self.free.reduce(self.gram * (own[:, None] == own))
        return np.asarray(self.unweighted()[1].inverse @ alone)

    def _inverse(self, a: FloatArray, floor: float = 0.0) -> FloatArray:
        """Invert matrices of regressors (D, k, k), generalised where samples may lack columns."""
        tol = PSEUDO_TOL if self.tolerant else floor
        found, singular = factored(a, self.failed, tol, self.tolerant)
        self.fail(singular, Failure.SINGULAR_NORMAL)
        return found.inverse

    # ------------------------------------------------------------------ Σ

    def sigma(self, delta: FloatArray) -> FloatArray:
        """Σ (…, G, G) of the structural residuals at δ."""
        u = self.equations.residuals(self.free.gamma(delta))
        across = u if self.metric is None else self.metric @ u
        return np.asarray(u.swapaxes(-2, -1) @ across / self.divisor)

    def variances(self, sigma: FloatArray) -> FloatArray:
        """Diagonal (…, G) of Σ, one where an equation fits exactly and the sample fails."""
        found = np.diagonal(sigma, axis1=-2, axis2=-1)
        exact = self.fits_exactly(sigma)
        self.fail(exact.any(axis=-1), Failure.EXACT_FIT)
        return np.where(exact, 1.0, found)

    def fits_exactly(self, sigma: FloatArray) -> BoolArray:
        """Equations (…, G) whose residuals are rounding errors of their dependents, or infinite."""
        squares = np.diagonal(sigma * self.divisor, axis1=-2, axis2=-1)
        return ~(squares > EXACT_FIT_TOL**2 * self.y_squares)

    @cached_property
    def y_squares(self) -> FloatArray:
        """Sums of squares (…, G) of the dependents."""
        y = self.equations.y
        return np.asarray((y * (y if self.metric is None else self.metric @ y)).sum(axis=-2))

    def inverse(self, sigma: FloatArray) -> FloatArray:
        """Σ⁻¹ (…, G, G), by its correlation form; singular ones fail.

        The length of an inverse is at least one by the smallest eigenvalue, and at most √G times
        that.
        """
        size = np.sqrt(self.variances(sigma))
        scale = size[..., :, None] * size[..., None, :]
        found, singular = factored(sigma / scale, self.failed)
        inverse = found.inverse
        short = (inverse * inverse).sum(axis=(-2, -1)) < SIGMA_TOL**-2
        self.fail(singular | ~short, Failure.SINGULAR_SIGMA)
        return np.asarray(inverse / scale)
