"""Covariance of coefficients from row scores or resampling: factors, and what it is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simeq.data.row_labels import Groups
from simeq.design.sample_rows import SampleRows
from simeq.errors import DataError, SimeqWarning, count, listing, warn
from simeq.estimation.fit import Fit
from simeq.estimators.conventions import choose
from simeq.linalg.bases import BoolArray, FloatArray, IntArray, lengths
from simeq.moments.meat import MAKERS, Request, RowScores
from simeq.resampling.draws import resampling_plan
from simeq.resampling.jackknife_bootstrap import bootstrap, jackknife
from simeq.resampling.randomness import random_generator, require_draws
from simeq.resampling.results import Bootstrap, Jackknife

#: Scores whose square is below this share of what is expected of them are rounding errors.
SILENT_TOL = 1e-12

#: Clusters that can be drawn in too few ways for the bootstrap: four of them in 35.
FEW_CLUSTERS = 4


@dataclass(frozen=True)
class Covariance:
    """A covariance of coefficients and how it was made.

    Attributes
    ----------
    name : str
    cov : (K, K) array
    note : str
        What it is, in words.
    n_groups : int or None
        Clusters, the smaller number of two-way ones.
    resampled : Jackknife, Bootstrap or None
        What resampling left behind.
    """

    name: str
    cov: FloatArray
    note: str
    n_groups: int | None = None
    resampled: Jackknife | Bootstrap | None = None


def robust_covariance(request: Request, fit: Fit, sample_rows: SampleRows) -> Covariance:
    """Sandwich covariance J A⁻¹ (Σ s s') A⁻¹ J' with the factors of the kind.

    Parameters
    ----------
    request : Request
    fit : Fit
    sample_rows : SampleRows

    Notes
    -----
    HC1 multiplies entry (i, j) by n/√((n−k_i)(n−k_j)), clusters with ``use_correction`` by
    g/(g−1)·(n−1)/√((n−k_i)(n−k_j)): statsmodels' factors for one equation, linearmodels'
    ``debiased`` and ``group_debias``.
    """
    bread = fit.estimate.bread
    rows = RowScores(fit.scores, sample_rows, fit.system.coefficient_names)
    meat = MAKERS[request.name](request, rows)
    cov = fit.coordinates.covariance(bread @ meat.matrix @ bread)
    if request.name == "HC1" or (request.use_correction and request.name != "HC0"):
        root = _small_sample_roots(request, rows.nobs, fit.free_rows)
        cov = cov * np.multiply.outer(root, root)
    rank = f"sums over them have rank {meat.terms - 1} at most. Single"
    _warn_of_few(meat.terms, meat.of, len(bread), rank)
    _warn_of_silence(_silent(fit, meat.matrix), meat.of, rows.names)
    _warn_of_negative(cov.diagonal(), fit.estimate.cov.diagonal(), rows.names)
    return Covariance(request.name, (cov + cov.T) / 2.0, meat.note, meat.n_groups)


def _small_sample_roots(request: Request, nobs: int, free_rows: IntArray) -> FloatArray:
    """Roots (K,) of n/(n − k_i), or with clusters (n − 1)/(n − k_i)."""
    if (free_rows < 1).any():
        raise DataError(
            f"An equation has as many regressors as rows ({nobs}), so that the small-sample factor "
            f"of {request.name} is infinite; use 'HC0', use_correction=False, or more rows."
        )
    numerator = nobs - 1.0 if request.name == "cluster" else float(nobs)
    return np.asarray(np.sqrt(numerator / free_rows))


def _warn_of_few(number: int, of: str, free: int, start: str) -> None:
    """Warn where there are no more rows, clusters or periods than free coefficients."""
    if number <= free:
        warn(
            f"{count(number, of)} for {free} free coefficients: {start} standard errors stand, "
            f"with few degrees of freedom; joint tests of {number} or more restrictions do not.",
            SimeqWarning,
        )


def _silent(fit: Fit, meat: FloatArray) -> BoolArray:
    """Coefficients (K,) whose own scores X̂'v add up to zero in every term of the meat.

    They are compared with what they would be under the classical covariance V, the diagonal of
    X̂'(W⊗I)X̂ V X̂'(W⊗I)X̂. Constrained coefficients have no scores of their own.
    """
    units, free = fit.scores.units, fit.scores.free
    along = units if free is None else free.T @ units
    normal = along.T @ np.linalg.solve(fit.estimate.bread, along)
    expected = ((fit.estimate.cov @ normal) * normal).sum(axis=0)
    found = np.abs(((meat @ along) * along).sum(axis=0))
    silent = found < SILENT_TOL * expected
    if free is not None and silent.any():
        silent &= lengths(free @ along - units) < 1e-9 * lengths(units)
    return np.asarray(silent)


def _warn_of_silence(silent: BoolArray, of: str, names: Sequence[str]) -> None:
    if silent.any():
        which = listing(names[int(j)] for j in np.flatnonzero(silent))
        warn(
            f"The scores of {which} add up to zero in every {of}, as those of a column do that "
            f"vanishes outside one {of}: its standard error says nothing, those of the others "
            f"stand.",
            SimeqWarning,
        )


def _warn_of_negative(variance: FloatArray, classical: FloatArray, names: Sequence[str]) -> None:
    """Warn of variances (K,) that are negative beyond rounding, which the classical ones scale."""
    negative = np.flatnonzero(variance < -1e-12 * classical)
    if negative.size:
        warn(
            f"The variance of {listing(names[int(j)] for j in negative)} is negative, as two-way "
            f"clusters with few labels and slowly falling kernels can give: it has no standard "
            f"error. Use one-way clusters or the Bartlett kernel.",
            SimeqWarning,
        )


def resampled_covariance(request: Request, fit: Fit, sample_rows: SampleRows) -> Covariance:
    """Covariance from estimates of the whole system on clusters, or rows, left out or drawn.

    Raises
    ------
    DataError
        If there are fewer than two clusters, or options cannot be.
    """
    system = fit.system
    groups = _resampled_groups(request, sample_rows)
    plan = resampling_plan(system, sample_rows, groups, fit.method, fit.convention, fit.restriction)
    free = int(plan.sound.sum()) - (fit.restriction.count if fit.restriction else 0)
    _warn_of_few(groups.number, "row" if request["groups"] is None else "cluster", free, "single")
    resampled: Jackknife | Bootstrap
    if request.name == "jackknife":
        center = choose(request.options.get("center", "estimate"), ["estimate", "mean"], "center")
        resampled, cov = jackknife(plan, groups, fit.b, system.index, center)
        note = f"jackknife (CV3) over {groups.number:,} of {groups.name}, centred at the {center}"
    else:
        n_boot = require_draws(request.options.get("n_boot", 999))
        _warn_of_few_draws(groups.number)
        resampled, cov = bootstrap(
            plan, groups, system.index, n_boot, random_generator(request["seed"])
        )
        note = f"pairs bootstrap, {n_boot:,} draws of {groups.number:,} of {groups.name}"
    if fit.restriction is not None:  # what constraints fix varies by rounding errors alone
        fixed = ~fit.restriction.n.any(axis=1)
        cov[fixed], cov[:, fixed] = 0.0, 0.0
    if resampled.n_failed:
        note += f"; {resampled.n_failed:,} failed"
    names = zip(system.coefficient_names, plan.sound, strict=True)
    gone = [name for name, kept in names if not kept]
    if gone:
        note += f"; no resampling error for {listing(gone)}, whose columns vanish outside a cluster"
    return Covariance(request.name, cov, note, groups.number, resampled)


def _warn_of_few_draws(g: int) -> None:
    """Warn where clusters can be drawn in few ways, C(2g − 1, g), whatever the number of draws."""
    if g <= FEW_CLUSTERS:
        warn(
            f"{g} clusters can be drawn in {math.comb(2 * g - 1, g)} ways alone: the draws' spread "
            f"and quantiles say little. Take the jackknife with use_t=True.",
            SimeqWarning,
        )


def _resampled_groups(request: Request, sample_rows: SampleRows) -> Groups:
    """Clusters to draw, or the rows themselves."""
    if request["groups"] is None:
        rows = np.arange(sample_rows.design.sample.nobs)
        return Groups("rows", rows, rows)
    groups = sample_rows.groups(request["groups"], "groups")
    if groups.number < 2:
        raise DataError(f"groups: {groups.name} has one cluster; {request.name} needs several.")
    return groups
