"""A system ready to be drawn from: its clusters' Grams, and its equations in their coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simeq.data.row_labels import Groups
from simeq.design.sample_rows import SampleRows
from simeq.errors import ConstraintError, DataError
from simeq.estimation.system import System
from simeq.estimators.conventions import Convention, Method
from simeq.estimators.restriction import Restriction, restrict, restricted_coordinates
from simeq.linalg.bases import (
    Basis,
    BoolArray,
    FloatArray,
    IntArray,
    basis,
    block_diagonal,
    lengths,
    triangle_inverse,
)
from simeq.resampling.batch import BatchEstimate, classical_variance, estimate_batch
from simeq.resampling.cluster_products import (
    ClusterGrams,
    Partialled,
    cluster_grams,
    columns_alone,
    orthonormal_weights,
)
from simeq.resampling.divisors import DrawDivisor
from simeq.resampling.products import BatchSystem

#: Numbers held at once in a batch of draws.
BATCH_ENTRIES = 2**19

#: A coefficient is estimable in a draw when its share in the null space is below this.
ESTIMABLE_TOL = 1e-6


@dataclass(frozen=True)
class Draws:
    """Samples made of clusters.

    Attributes
    ----------
    grams : (D, s, s) array
    nobs : (D,) array of int
        Rows of each.
    lacking : (D, G + 1) array of int
        Regressors of each equation that a draw has not, since they vanish outside a cluster that
        is not in it; last, how many of these stand in every equation and were partialled out.
    """

    grams: FloatArray
    nobs: IntArray
    lacking: IntArray

    def __len__(self) -> int:
        return len(self.nobs)

    def __getitem__(self, own: slice) -> Draws:
        return Draws(self.grams[own], self.nobs[own], self.lacking[own])


@dataclass(frozen=True)
class ResamplingPlan:
    """What draws of clusters are estimated from.

    Attributes
    ----------
    clusters : ClusterGrams
    vanishing : (g, G + 1) array of int
        Regressors of each equation that vanish outside a cluster; last, those of all equations.
    batch : BatchSystem
    divisor : DrawDivisor
        Divisors of the residuals' cross products.
    kept : (K,) array of bool
        Coefficients that are left: the columns of the others were partialled out.
    sound : (K,) array of bool
        Coefficients that have a resampling error: their columns do not vanish outside one cluster.
    method : Method
    convention : Convention
    """

    clusters: ClusterGrams
    vanishing: IntArray
    batch: BatchSystem
    divisor: DrawDivisor
    kept: BoolArray
    sound: BoolArray
    method: Method
    convention: Convention

    @property
    def back(self) -> FloatArray:
        """What takes γ to the coefficients that are left (K', K')."""
        return self.batch.back

    def batch_size(self, errors: bool = False) -> int:
        """Draws that are estimated at once, with their clustered errors or without."""
        s, k = len(self.clusters.columns), self.batch.equation.size
        scores = s * s * k + len(self.clusters.sizes) * k if errors else 0
        return max(BATCH_ENTRIES // (s * s + 4 * s * k + 4 * k * k + scores), 16)

    def draw(self, counts: IntArray) -> Draws:
        """Samples in which cluster c stands ``counts[d, c]`` times, for counts (D, g)."""
        given = counts.astype(np.float64)
        lacking = (counts == 0) @ self.vanishing
        nobs = (given @ self.clusters.sizes).astype(np.intp)
        return Draws(self.clusters.draw(given), nobs, lacking)

    def without_each(self) -> Draws:
        """Samples without one cluster, for each of them."""
        sizes = self.clusters.sizes
        return Draws(self.clusters.without_each(), sizes.sum() - sizes, self.vanishing)

    def single(self) -> Draws:
        """Samples of one cluster alone, for each of them."""
        lacking = self.vanishing.sum(axis=0) - self.vanishing
        return Draws(self.clusters.grams, self.clusters.sizes, lacking)

    @np.errstate(all="ignore")  # draws that fail may overflow
    def coefficients(self, draws: Draws) -> FloatArray:
        """Coefficients (D, K) of draws, NaN where one cannot be estimated."""
        found = self._estimate(draws)
        return self._labelled(found.gamma @ self.back.T, found)

    @np.errstate(all="ignore")
    def errors(self, counts: IntArray) -> FloatArray:
        """Clustered standard errors (D, K) of draws with given counts (D, g)."""
        found = self._estimate(self.draw(counts))
        back = self.back if self.batch.m is None else self.back @ self.batch.m
        variance = clustered_errors(self.batch, found, self.clusters.grams, counts)
        squares = ((back @ variance) * back).sum(axis=2)
        return self._labelled(np.sqrt(np.maximum(squares, 0.0)), found)

    @np.errstate(all="ignore")
    def classical(self, draws: Draws) -> tuple[FloatArray, FloatArray]:
        """Coefficients (D, K) of draws without constraints, and their classical errors."""
        found = self._estimate(draws)
        variance = classical_variance(found, self.method, self.convention)
        errors = np.sqrt(((self.back @ variance) * self.back).sum(axis=2))
        return self._labelled(found.gamma @ self.back.T, found), self._labelled(errors, found)

    def _estimate(self, draws: Draws) -> BatchEstimate:
        divisor = self.divisor(draws.nobs, draws.lacking, draws.grams)
        return estimate_batch(self.batch, draws.grams, divisor, self.method, self.convention)

    def _labelled(self, values: FloatArray, found: BatchEstimate) -> FloatArray:
        """Place values (D, K') among all coefficients, NaN where there is nothing to know."""
        out = np.full((len(values), self.kept.size), np.nan)
        out[:, self.kept] = values
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


def resampling_plan(
    system: System,
    sample_rows: SampleRows,
    groups: Groups,
    method: Method,
    convention: Convention,
    restriction: Restriction | None,
) -> ResamplingPlan:
    """Prepare a system for draws of clusters.

    Raises
    ------
    ConstraintError
        If a constraint ties a coefficient whose column vanishes outside one cluster.
    DataError
        If all columns do.
    """
    turn = system.basis.q.T
    rows = sample_rows.blocks(orthonormal_weights(system.basis, len(system.design.columns)))
    clusters = cluster_grams(rows, groups.codes, groups.number, turn @ system.factor.r)
    alone = columns_alone(system, method, clusters)
    clusters, removed = alone.shared.clusters, alone.shared.removed
    kept, sound = ~np.isin(system.columns, [*removed]), ~alone.coefficients(system)
    if not kept.any():
        raise DataError(
            f"Every regressor vanishes outside one cluster of {groups.name}, as unit dummies do "
            f"clustered by unit: there is nothing to resample. Take larger clusters."
        )
    bases = _bases(system.bases, system.used, turn, alone.shared)
    instruments: list[Basis] = []
    if method.instruments:
        instruments = _bases(system.instruments, system.instrument_columns, turn, alone.shared)
    m, shift = _restrictions(system, restriction, kept, [found.t for found in bases])
    batch = BatchSystem(
        np.hstack([found.q for found in bases]),
        clusters.columns[:, system.design.dependents],
        tuple(found.q for found in instruments),
        system.equation[kept],
        m,
        shift,
        block_diagonal([triangle_inverse(found.t) for found in bases]),
        method.is_gls
        and convention.form == "gmm"
        and system.instruments_differ
        and method.instruments,
        bool((sound != kept).any()),
    )
    counted = system.counted_sizes(convention, restriction)
    kind = convention.sigma_dof(method)
    divisor = DrawDivisor(kind, counted, batch.x, batch.equation, len(removed))
    vanishing = alone.counts(groups.number)
    return ResamplingPlan(clusters, vanishing, batch, divisor, kept, sound, method, convention)


def _bases(
    found: Sequence[Basis],
    lists: Sequence[tuple[int, ...]],
    turn: FloatArray,
    shared: Partialled,
) -> list[Basis]:
    """Bases of lists of columns in the coordinates of the Grams, the same object for equal lists.

    They are those `found` on R, turned; new ones where columns were partialled out.
    """
    made: dict[tuple[int, ...], Basis] = {}
    for one, columns in zip(found, lists, strict=True):
        left = [j for j in columns if j not in shared.removed]
        if columns not in made and shared.removed:
            made[columns] = basis(shared.clusters.columns[:, left])
        elif columns not in made:
            made[columns] = replace(one, q=turn @ one.q)
    return [made[columns] for columns in lists]


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
    system: BatchSystem, found: BatchEstimate, clusters: FloatArray, counts: IntArray
) -> FloatArray:
    """Variance (D, p, p) of δ in each draw, clustered, without small-sample factors.

    Parameters
    ----------
    system : BatchSystem
    found : BatchEstimate
    clusters : (g, s, s) array
        Grams of the clusters.
    counts : (D, g) array of int
        How often each cluster stands in a draw.
    """
    parts = found.scores
    n, s, q = parts.rows.shape
    outer = (parts.rows[:, :, None, :] * parts.weighed[:, None, :, :]).reshape(n, s * s, q)
    scores = clusters.reshape(len(clusters), s * s) @ outer
    if parts.transform is not None:
        scores = scores @ parts.transform
    if system.m is not None:
        scores = scores @ system.m
    meat = scores.swapaxes(1, 2) @ (scores * counts[:, :, None])
    return np.asarray(found.bread @ meat @ found.bread)
