"""The world in which a null hypothesis is true: rows generated from a restricted estimate.

A draw gives each cluster one weight v_c. Exogenous columns stay; disturbances become v_c ε. So in
the coordinates (Q_Z, ε), with Q_Z an orthonormal basis of the exogenous columns, every column of
the system is the same linear combination in all draws, and a draw is its Gram alone, of blocks
Q_Z'Q_Z, Σ_c v_c Q_Zc'ε_c and Σ_c v_c² ε_c'ε_c. With every weight 1 it is the sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simeq._linalg import FloatArray, IntArray, basis, lengths
from simeq.errors import SingularError, listing
from simeq.estimators.restriction import Restriction
from simeq.resampling.batch import BatchEstimate, BatchSystem, estimate_batch
from simeq.resampling.draws import BATCH_ENTRIES, Drawable, _divisor
from simeq.system import System

#: A column whose length within clusters is below this share of its own has nothing left there.
NOTHING_LEFT = 1e-10

#: Reciprocal condition number below which I − Γ is singular.
SOLVE_TOL = 1e-12

#: Smallest eigenvalue of a correlation matrix that a Wald statistic inverts.
WALD_TOL = 1e-12


@dataclass(frozen=True)
class Hypothesis:
    """R b = q on the coefficients that are left, in a Wald statistic.

    Attributes
    ----------
    r : (j, K') array
    q : (j,) array
    factors : (K',) array
        Roots of the small-sample factors of each coefficient's variance.
    """

    r: FloatArray
    q: FloatArray
    factors: FloatArray


@dataclass(frozen=True)
class World:
    """What draws under a null hypothesis are estimated from.

    Attributes
    ----------
    drawable : Drawable
    batch : BatchSystem
        The system in the coordinates (Q_Z, ε).
    grams : (g, f, f) array
        Grams of the clusters in these coordinates.
    fixed : int
        Coordinates that stay: the columns of Q_Z.
    """

    drawable: Drawable
    batch: BatchSystem
    grams: FloatArray
    fixed: int

    def distances(self, weights: FloatArray, null: Hypothesis) -> tuple[FloatArray, FloatArray]:
        """Gaps R b − q (D, j) of draws, and their Wald statistics (D,); NaN where a draw failed.

        Parameters
        ----------
        weights : (D, g) array
            Weight of each cluster in each draw.
        null : Hypothesis
        """
        size = self._batch_size
        parts = [
            self._distances(weights[start : start + size], null)
            for start in range(0, len(weights), size)
        ]
        return np.concatenate([gap for gap, _ in parts]), np.concatenate([w for _, w in parts])

    @property
    def _batch_size(self) -> int:
        f, k = len(self.batch.x), self.batch.equation.size
        return max(BATCH_ENTRIES // (f * f * k + 4 * k * k + 2 * len(self.grams) * k), 16)

    def _distances(self, v: FloatArray, null: Hypothesis) -> tuple[FloatArray, FloatArray]:
        nobs = np.full(len(v), self.drawable.clusters.sizes.sum(), dtype=np.intp)
        method, convention = self.drawable.method, self.drawable.convention
        found = estimate_batch(self.batch, self.draw(v), nobs, method, convention)
        back, m = self.drawable.back, self.batch.m
        gap = found.gamma @ (null.r @ back).T - null.q
        free = null.r * null.factors @ back
        half = (free if m is None else free @ m) @ found.bread
        sums = self.scores(found, v) @ half.swapaxes(1, 2)
        return gap, wald(gap, sums.swapaxes(1, 2) @ sums)

    def draw(self, v: FloatArray) -> FloatArray:
        """Grams (D, f, f) of draws."""
        stay, move = slice(None, self.fixed), slice(self.fixed, None)
        out = np.empty((len(v), *self.grams.shape[1:]))
        out[:, stay, stay] = self.grams[:, stay, stay].sum(axis=0)
        out[:, stay, move] = np.tensordot(v, self.grams[:, stay, move], axes=1)
        out[:, move, stay] = out[:, stay, move].swapaxes(1, 2)
        out[:, move, move] = np.tensordot(v * v, self.grams[:, move, move], axes=1)
        return out

    def scores(self, found: BatchEstimate, v: FloatArray) -> FloatArray:
        """Sums of the scores of δ by cluster (D, g, p): M'(X̂_c'u_c), by powers of v_c."""
        parts = (slice(None, self.fixed), slice(self.fixed, None))
        out = np.zeros((*v.shape, found.rows.shape[2]))
        for a, left in enumerate(parts):
            if not found.rows[:, left].any():
                continue  # projections on instruments have no part in the disturbances
            for b, right in enumerate(parts):
                rows, weighed = found.rows[:, left], found.weighed[:, right]
                pairs = rows[:, :, None] * weighed[:, None]
                gram = self.grams[:, left, right].reshape(v.shape[1], -1)
                sums = gram @ pairs.reshape(len(v), gram.shape[1], -1)
                out += sums if a + b == 0 else v[:, :, None] ** (a + b) * sums
        if found.transform is not None:
            out = out @ found.transform
        return out if self.batch.m is None else out @ self.batch.m


def wald(gap: FloatArray, cov: FloatArray) -> FloatArray:
    """Wald statistics g'V⁻¹g (D,) of gaps (D, j) with variances (D, j, j); NaN if singular."""
    size = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    good = np.isfinite(gap).all(axis=1) & np.isfinite(size).all(axis=1) & (size > 0.0).all(axis=1)
    out = np.full(len(gap), np.nan)
    scale = size[good]
    values, vectors = np.linalg.eigh(cov[good] / (scale[:, :, None] * scale[:, None, :]))
    along = (vectors.swapaxes(1, 2) @ (gap[good] / scale)[:, :, None])[:, :, 0]
    regular = values[:, 0] > WALD_TOL
    values = np.where(regular[:, None], values, 1.0)
    out[good] = np.where(regular, (along**2 / values).sum(axis=1), np.nan)
    return out


def null_world(system: System, drawable: Drawable, own: Restriction | None, b: FloatArray) -> World:
    """Generate a system from a restricted estimate.

    With instruments, the dependents solve the structural equations together,
    y = (I − Γ')⁻¹(Γ₂'y₂ + B'x + u), and other endogenous regressors have the reduced form
    Y₂ = ZΠ + V, with Π from a regression of Y₂ on Z and the restricted residuals. That is the
    efficient one of Davidson and MacKinnon (2010). Without instruments every regressor stays.

    Parameters
    ----------
    system : System
    drawable : Drawable
    own : Restriction or None
        What the unrestricted estimate obeys.
    b : (K,) array
        The restricted estimate.

    Raises
    ------
    SingularError
        If the equations cannot be solved for their dependents.
    """
    instruments = drawable.method.instruments
    c = drawable.clusters.columns
    stay, generated = _roles(system, instruments)
    there = lengths(c) > NOTHING_LEFT * lengths(system.factor.r)
    qz = basis(c[:, [j for j in stay if there[j]]]).q
    u = c @ system.structural(b)
    reduced, v = _reduced_form(qz, u, c[:, generated])
    shocks = basis(np.hstack([u, v])).q
    columns = np.vstack([qz.T @ c, np.zeros((shocks.shape[1], c.shape[1]))])
    columns[:, generated] = np.vstack([reduced, shocks.T @ v])
    disturbance = np.vstack([np.zeros((qz.shape[1], u.shape[1])), shocks.T @ u])
    right = system.right_side(b)
    dependents = list(system.design.dependents)
    if instruments:
        _require_distinct(system)
        gamma = right[dependents]
        right[dependents] = 0.0
        y = _solved(columns @ right + disturbance, gamma, system.labels)
        columns[:, dependents] = y
    else:
        y = columns @ right + disturbance
    coordinates = np.hstack([qz, shocks])
    grams = coordinates.T @ drawable.clusters.grams @ coordinates
    return World(
        drawable,
        _moved(system, drawable, own, columns, y, qz),
        np.asarray(grams),
        qz.shape[1],
    )


def _roles(system: System, instruments: bool) -> tuple[list[int], list[int]]:
    """Columns of W that stay, and endogenous regressors that are no dependents."""
    used = set(system.columns.tolist())
    if not instruments:
        return sorted(used), []
    stay = {j for own in system.instrument_columns for j in own}
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


def _solved(side: FloatArray, gamma: FloatArray, labels: tuple[str, ...]) -> FloatArray:
    """Solve Y(I − Γ) = side for Y, where Γ (G, G) holds the dependents' coefficients."""
    matrix = np.eye(len(gamma)) - gamma
    scale = np.abs(matrix).max(axis=0)
    if not 1.0 / np.linalg.cond(matrix / np.where(scale > 0.0, scale, 1.0)) > SOLVE_TOL:
        raise SingularError(
            f"Under the null hypothesis the equations {listing(labels)} cannot be solved for their "
            f"dependents: I − Γ is singular, so that the wild bootstrap has no rows to generate."
        )
    return np.asarray(np.linalg.solve(matrix.T, side.T).T)


def _moved(
    system: System,
    drawable: Drawable,
    own: Restriction | None,
    columns: FloatArray,
    y: FloatArray,
    qz: FloatArray,
) -> BatchSystem:
    """Return the equations of the Grams in the coordinates (Q_Z, ε)."""
    kept, old = drawable.kept, drawable.batch
    regressors: IntArray = system.columns[kept]
    x = columns[:, regressors] @ drawable.back
    below = len(columns) - qz.shape[1]
    z = tuple(np.pad(qz.T @ one, ((0, below), (0, 0))) for one in old.z)
    removed = len(set(system.columns[~kept].tolist()))
    method, convention = drawable.method, drawable.convention
    divisor = _divisor(system, method, convention, own, x, old.equation, removed)
    return replace(old, x=x, y=y, z=z, divisor=divisor)
