"""A system ready to be drawn from: its clusters' Grams, its equations in their coordinates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from simeq.data.row_labels import Groups
from simeq.design.sample_rows import SampleRows
from simeq.errors import ConstraintError, DataError
from simeq.estimation.system import System
from simeq.estimators.choices import Choices
from simeq.estimators.equations import (
    Equations,
    on_instruments,
    with_instruments,
    without_instruments,
)
from simeq.estimators.estimator import Estimate, Estimator
from simeq.estimators.residual_covariance import divisors, overlaps
from simeq.estimators.restriction import (
    FreeParameters,
    Restriction,
    free_parameters,
    restrict,
)
from simeq.estimators.samples import Samples
from simeq.linalg.bases import Basis, BoolArray, FloatArray, IntArray, basis, lengths
from simeq.resampling.cluster_products import (
    ClusterGrams,
    Partialled,
    cluster_grams,
    columns_alone,
    orthonormal_loadings,
)

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
class Estimated:
    """Draws estimated.

    Attributes
    ----------
    samples : Samples
    estimate : Estimate
    failed : (D,) array of bool
        Draws that are singular, or did not converge.
    """

    samples: Samples
    estimate: Estimate
    failed: BoolArray


@dataclass(frozen=True)
class ResamplingPlan:
    """What draws of clusters are estimated from.

    Attributes
    ----------
    clusters : ClusterGrams
    vanishing : (g, G + 1) array of int
        Regressors of each equation that vanish outside a cluster; last, those of all equations.
    free : FreeParameters
        The equations in the coordinates of the Grams, and what restricts them.
    counted : (G,) array of int
        Regressors of each equation as divisors count them.
    removed : int
        Columns that stand in every equation and were partialled out.
    kept : (K,) array of bool
        Coefficients that are left: the columns of the others were partialled out.
    sound : (K,) array of bool
        Coefficients that have a resampling error: their columns do not vanish outside one cluster.
    estimator : Estimator
    choices : Choices
    """

    clusters: ClusterGrams
    vanishing: IntArray
    free: FreeParameters
    counted: IntArray
    removed: int
    kept: BoolArray
    sound: BoolArray
    estimator: Estimator
    choices: Choices

    def batch_size(self, errors: bool = False) -> int:
        """Draws that are estimated at once, with their clustered errors or without."""
        s, k = len(self.clusters.columns), int(self.kept.sum())
        scores = s * s * k + len(self.clusters.sizes) * k if errors else 0
        return max(BATCH_ENTRIES // (s * s + 4 * s * k + 4 * k * k + scores), 16)

    # ------------------------------------------------------------------ draws

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

    # ------------------------------------------------------------------ estimates

    @np.errstate(all="ignore")  # draws that fail may overflow
    def estimate(self, draws: Draws, free: FreeParameters | None = None) -> Estimated:
        """Estimate each draw as `SystemEquations.fit` would on its rows.

        Parameters
        ----------
        draws : Draws
        free : FreeParameters, optional
            Other equations than the plan's own, as where rows are generated.
        """
        free = self.free if free is None else free
        divisor = self._divisors(draws, free.equations)
        tolerant = bool((self.sound != self.kept).any())
        samples = Samples(free, draws.nobs, divisor, draws.grams, tolerant)
        found = self.estimator.estimate(samples, self.choices)
        own = found.iteration
        return Estimated(
            samples, found, samples.failed if own is None else samples.failed | ~own.converged
        )

    def _divisors(self, draws: Draws, equations: Equations) -> FloatArray:
        """Divisors (D, G, G) of the residuals' cross products."""
        kind, overlap = self.choices.sigma_dof, None
        if kind == "theil":
            shared = self.removed - draws.lacking[:, -1]
            overlap = overlaps(equations, draws.grams) + shared[:, None, None]
        return divisors(kind, draws.nobs, self.counted - draws.lacking[:, :-1], overlap)

    @np.errstate(all="ignore")
    def coefficients(self, draws: Draws) -> FloatArray:
        """Coefficients (D, K) of draws, NaN where one cannot be estimated."""
        found = self.estimate(draws)
        return self._labelled(self.free.coefficients(found.estimate.delta), found)

    @np.errstate(all="ignore")
    def errors(self, counts: IntArray) -> FloatArray:
        """Clustered standard errors (D, K) of draws with given counts (D, g)."""
        found = self.estimate(self.draw(counts))
        variance = clustered_variance(self, found, counts)
        return self._labelled(np.sqrt(np.maximum(self._diagonal(variance), 0.0)), found)

    @np.errstate(all="ignore")
    def classical(self, draws: Draws) -> tuple[FloatArray, FloatArray]:
        """Coefficients (D, K) of draws, and their classical errors."""
        found = self.estimate(draws)
        variance = self.estimator.variance(found.samples, found.estimate, self.choices)
        b = self.free.coefficients(found.estimate.delta)
        errors = np.sqrt(self._diagonal(variance))
        return self._labelled(b, found), self._labelled(errors, found)

    def _diagonal(self, variance: FloatArray) -> FloatArray:
        """Variances (D, K') of coefficients from those of δ (D, p, p)."""
        directions = self.free.directions
        return np.asarray(((directions @ variance) * directions).sum(axis=2))

    def _labelled(self, values: FloatArray, found: Estimated) -> FloatArray:
        """Place values (D, K') among all coefficients, NaN where there is nothing to know."""
        out = np.full((len(values), self.kept.size), np.nan)
        out[:, self.kept] = values
        out[:, ~self.sound] = np.nan
        out[found.failed | self._lost(found.samples)] = np.nan
        return out

    def _lost(self, samples: Samples) -> BoolArray:
        """Draws (D,) that cannot estimate a coefficient which should be there in every one."""
        if not samples.tolerant:
            return np.zeros(len(samples.failed), dtype=bool)
        sound = self.free.equations.back[self.sound[self.kept]]
        along = self.free.along(sound)
        gap = np.abs(along - along @ samples.estimable()).max(axis=2, initial=0.0)
        return np.asarray((gap > ESTIMABLE_TOL * np.abs(sound).max(axis=1)).any(axis=1))


def resampling_plan(
    system: System,
    rows: SampleRows,
    groups: Groups,
    estimator: Estimator,
    choices: Choices,
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
    seen, turn = estimator.see(system), system.basis.q.T
    blocks = rows.blocks(orthonormal_loadings(system.basis, len(system.design.columns)))
    clusters = cluster_grams(blocks, groups.codes, groups.number, turn @ system.factor.r)
    alone = columns_alone(system, seen, clusters)
    shared = alone.shared
    kept, sound = ~np.isin(system.columns, [*shared.removed]), ~alone.coefficients(system)
    if not kept.any():
        raise DataError(
            f"Every regressor vanishes outside one cluster of {groups.name}, as unit dummies do "
            f"clustered by unit: there is nothing to resample. Take larger clusters."
        )
    equations = _equations(system, seen, turn, shared)
    return ResamplingPlan(
        shared.clusters,
        alone.counts(groups.number),
        free_parameters(equations, _narrowed(system, restriction, kept)),
        system.counted_sizes(choices, restriction),
        len(shared.removed),
        kept,
        sound,
        estimator,
        choices,
    )


def _equations(system: System, seen: Equations, turn: FloatArray, shared: Partialled) -> Equations:
    """Return the equations in the coordinates of the Grams, as the estimator sees them."""
    if not shared.removed:
        return seen.turned(turn)
    columns = shared.clusters.columns
    x = _bases(columns, system.used, shared.removed)
    y = columns[:, system.design.dependents]
    if not seen.z:
        return without_instruments(y, x, ())
    z = _bases(columns, system.instrument_columns, shared.removed)
    within = on_instruments([own.q for own in x], z)
    return with_instruments(y, x, z, (), [not found.set_aside for found in within])


def _bases(
    columns: FloatArray, lists: Sequence[tuple[int, ...]], removed: Collection[int]
) -> list[Basis]:
    """Bases of lists of columns without those removed, the same object for equal lists."""
    made = {own: basis(columns[:, [j for j in own if j not in removed]]) for own in set(lists)}
    return [made[own] for own in lists]


def _narrowed(
    system: System, restriction: Restriction | None, kept: BoolArray
) -> Restriction | None:
    """Return the restriction on the coefficients that are left."""
    if restriction is None or kept.all():
        return restriction
    if restriction.r[:, ~kept].any():
        raise ConstraintError(
            "A constraint ties a coefficient whose column vanishes outside one cluster, as a unit "
            "dummy clustered by unit; such coefficients cannot be resampled."
        )
    sizes = lengths(system.factor.r[:, system.columns])[kept]
    return restrict(restriction.r[:, kept], restriction.r @ restriction.c, sizes)


def clustered_variance(plan: ResamplingPlan, found: Estimated, counts: IntArray) -> FloatArray:
    """Variance (D, p, p) of δ in each draw, clustered, without small-sample factors.

    Parameters
    ----------
    plan : ResamplingPlan
    found : Estimated
    counts : (D, g) array of int
        How often each cluster stands in a draw.
    """
    beside, weighted, transform = score_columns(plan, found)
    n, s, q = beside.shape
    outer = (beside[:, :, None, :] * weighted[:, None, :, :]).reshape(n, s * s, q)
    grams = plan.clusters.grams
    scores = grams.reshape(len(grams), s * s) @ outer
    if transform is not None:
        scores = scores @ transform
    scores = plan.free.along(scores)
    meat = scores.swapaxes(1, 2) @ (scores * counts[:, :, None])
    bread = found.estimate.normal.inverse
    return np.asarray(bread @ meat @ bread)


def score_columns(
    plan: ResamplingPlan, found: Estimated
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Columns g and v (D, s, q) whose products are scores, and L (D, q, K); see `ScoreParts`."""
    samples = found.samples
    own = samples.equations
    parts = plan.estimator.score_parts(samples, found.estimate, plan.choices)
    gamma = np.nan_to_num(samples.free.gamma(found.estimate.delta))
    g = samples.xhat if parts.beside == "regressors" else own.stacked_z
    v = own.residuals(gamma) @ parts.mix
    return np.broadcast_to(g, v.shape), v, parts.transform
