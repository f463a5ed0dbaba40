"""A system ready to be drawn from: its clusters' Grams, and its equations in their coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simeq._linalg import (
    BoolArray,
    FloatArray,
    basis,
    block_diagonal,
    lengths,
    triangle_inverse,
)
from simeq.conventions import Convention, Method
from simeq.errors import ConstraintError
from simeq.estimators.restriction import Restriction, restrict, restricted_coordinates
from simeq.groups import Groups
from simeq.observations import Observations
from simeq.resampling.batch import BatchEstimate, BatchSystem, estimate_batch
from simeq.resampling.divisors import DrawDivisor
from simeq.resampling.grams import (
    ClusterGrams,
    cluster_grams,
    orthonormal_weights,
    partial_out,
)
from simeq.system import System

#: Numbers held at once in a batch of draws.
BATCH_ENTRIES = 2**19

#: A coefficient is estimable in a draw when its share in the null space is below this.
ESTIMABLE_TOL = 1e-6


@dataclass(frozen=True)
class Drawable:
    """What draws of clusters are estimated from.

    Attributes
    ----------
    clusters : ClusterGrams
    batch : BatchSystem
    kept : (K,) array of bool
        Coefficients that are left: the columns of the others were partialled out.
    sound : (K,) array of bool
        Coefficients that have a resampling error: their columns do not vanish outside one cluster.
    method : Method
    convention : Convention
    """

    clusters: ClusterGrams
    batch: BatchSystem
    kept: BoolArray
    sound: BoolArray
    method: Method
    convention: Convention

    @property
    def back(self) -> FloatArray:
        """What takes γ to the coefficients that are left (K', K')."""
        return self.batch.back

    @property
    def batch_size(self) -> int:
        """Draws that are estimated at once."""
        s, k = len(self.clusters.columns), self.batch.equation.size
        entries = s * s * (k + 1) + 4 * k * k + len(self.clusters.sizes) * k
        return max(BATCH_ENTRIES // entries, 16)

    def estimate(self, counts: FloatArray, errors: bool) -> tuple[FloatArray, FloatArray | None]:
        """Coefficients (D, K) of draws, and their clustered standard errors if asked for.

        Parameters
        ----------
        counts : (D, g) array
            How often each cluster stands in a draw.
        errors : bool
        """
        nobs = (counts @ self.clusters.sizes).astype(np.intp)
        grams = self.clusters.draw(counts)
        found = estimate_batch(self.batch, grams, nobs, self.method, self.convention)
        params = np.full((len(counts), self.kept.size), np.nan)
        params[:, self.kept] = found.gamma @ self.back.T
        params[:, ~self.sound] = np.nan
        params[self._lost(found)] = np.nan
        return params, self._errors(found, counts) if errors else None

    def _errors(self, found: BatchEstimate, counts: FloatArray) -> FloatArray:
        variance = clustered_errors(self.batch, found, self.clusters.grams, counts)
        back = self.back if self.batch.m is None else self.back @ self.batch.m
        out = np.full((len(counts), self.kept.size), np.nan)
        squares = ((back @ variance) * back).sum(axis=2)
        out[:, self.kept] = np.sqrt(np.maximum(squares, 0.0))
        out[:, ~self.sound] = np.nan
        out[found.failed | self._lost(found)] = np.nan
        return out

    def _lost(self, found: BatchEstimate) -> BoolArray:
        """Draws (D,) that cannot estimate a coefficient which should be there in every one."""
        if found.estimable is None:
            return np.zeros(len(found.failed), dtype=bool)
        back = self.back[self.sound[self.kept]]
        along = back if self.batch.m is None else back @ self.batch.m
        gap = np.abs(along - along @ found.estimable).max(axis=2, initial=0.0)
        return np.asarray((gap > ESTIMABLE_TOL * np.abs(back).max(axis=1)).any(axis=1))


def drawable(
    system: System,
    observations: Observations,
    groups: Groups,
    method: Method,
    convention: Convention,
    restriction: Restriction | None,
) -> Drawable:
    """Prepare a system for draws of clusters.

    Raises
    ------
    ConstraintError
        If a constraint ties a coefficient whose column vanishes outside one cluster.
    """
    weights, columns = orthonormal_weights(system.factor.r)
    blocks = observations.blocks(weights)
    whole = cluster_grams(blocks, groups.codes, groups.number, columns)
    partialled = partial_out(whole, _in_all_equations(system, method))
    clusters, removed = partialled.grams, set(partialled.removed)
    kept = ~np.isin(system.columns, partialled.removed)
    sound = kept & ~_vanishing(system, clusters, removed)
    tolerant = bool((sound != kept).any())
    bases = [
        basis(clusters.columns[:, [j for j in own if j not in removed]]) for own in system.used
    ]
    m, shift = _restrictions(system, restriction, kept, [found.t for found in bases])
    x, equation = np.hstack([found.q for found in bases]), system.equation[kept]
    return Drawable(
        clusters,
        BatchSystem(
            x,
            clusters.columns[:, system.design.dependents],
            _instruments(system, clusters, method, removed),
            equation,
            m,
            shift,
            DrawDivisor(
                convention.sigma_dof(method),
                system.counted_sizes(convention, restriction),
                x,
                equation,
                len(removed),
            ),
            block_diagonal([triangle_inverse(found.t) for found in bases]),
            method.is_gls
            and convention.form == "gmm"
            and system.instruments_differ
            and method.instruments,
            tolerant,
        ),
        kept,
        sound,
        method,
        convention,
    )


def _vanishing(system: System, clusters: ClusterGrams, removed: set[int]) -> BoolArray:
    """Coefficients (K,) whose columns vanish outside one cluster, within their own equation."""
    gone = np.zeros(system.columns.size, dtype=bool)
    for i, used in enumerate(system.used):
        own = partial_out(clusters, [j for j in used if j not in removed]).removed
        gone |= (system.equation == i) & np.isin(system.columns, own)
    return gone


def _in_all_equations(system: System, method: Method) -> list[int]:
    """Columns of W that stand in every equation and, where they are used, every instrument list."""
    shared = set(system.used[0]).intersection(*system.used)
    if method.instruments:
        shared = shared.intersection(*system.instrument_columns)
    return sorted(shared)


def _instruments(
    system: System, clusters: ClusterGrams, method: Method, removed: set[int]
) -> tuple[FloatArray, ...]:
    """Orthonormal instruments of each equation in the coordinates of the Grams."""
    if not method.instruments:
        return ()
    lists = [[j for j in own if j not in removed] for own in system.instrument_columns]
    made = {tuple(own): basis(clusters.columns[:, own]).q for own in lists}
    return tuple(made[tuple(own)] for own in lists)


def _restrictions(
    system: System, restriction: Restriction | None, kept: BoolArray, t: Sequence[FloatArray]
) -> tuple[FloatArray | None, FloatArray]:
    """M and shift of γ = M δ + shift for the coefficients that are left."""
    if restriction is None:
        return None, np.zeros(int(kept.sum()))
    if restriction.r[:, ~kept].any():
        raise ConstraintError(
            "A constraint ties a coefficient whose column vanishes outside one cluster, as a unit "
            "dummy clustered by unit; such coefficients cannot be resampled."
        )
    sizes = lengths(system.factor.r[:, system.columns])[kept]
    narrowed = restrict(restriction.r[:, kept], restriction.r @ restriction.c, sizes)
    coordinates = restricted_coordinates(t, narrowed)
    return coordinates.m, coordinates.shift


def clustered_errors(
    system: BatchSystem, found: BatchEstimate, clusters: FloatArray, counts: FloatArray
) -> FloatArray:
    """Variance (D, p, p) of δ in each draw, clustered, without small-sample factors.

    Parameters
    ----------
    system : BatchSystem
    found : BatchEstimate
    clusters : (g, s, s) array
        Grams of the clusters.
    counts : (D, g) array
        How often each cluster stands in a draw.
    """
    n, s, q = found.rows.shape
    outer = (found.rows[:, :, None, :] * found.weighed[:, None, :, :]).reshape(n, s * s, q)
    scores = clusters.reshape(len(clusters), s * s) @ outer
    if found.transform is not None:
        scores = scores @ found.transform
    if system.m is not None:
        scores = scores @ system.m
    meat = scores.swapaxes(1, 2) @ (scores * counts[:, :, None])
    return np.asarray(found.bread @ meat @ found.bread)
