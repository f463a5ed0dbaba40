"""Covariance of coefficients from estimates of the whole system on parts or draws of the sample."""

from __future__ import annotations

import math

import numpy as np

from simeq.covariance.covariance import Covariance, warn_of_few
from simeq.data.row_labels import Groups
from simeq.design.sample_rows import SampleRows
from simeq.errors import DataError, SimeqWarning, choose, listing, warn
from simeq.estimation.fit import Fit
from simeq.moments.request import Request
from simeq.resampling.jackknife_bootstrap import bootstrap, jackknife
from simeq.resampling.plan import resampling_plan
from simeq.resampling.randomness import random_generator, require_draws
from simeq.resampling.results import Bootstrap, Jackknife

#: Clusters that can be drawn in too few ways for the bootstrap: four of them in 35.
FEW_CLUSTERS = 4


def resampled_covariance(request: Request, fit: Fit, sample_rows: SampleRows) -> Covariance:
    """Covariance from estimates of the whole system on clusters, or rows, left out or drawn.

    Raises
    ------
    DataError
        If there are fewer than two clusters, or options cannot be.
    """
    system = fit.system
    groups = _resampled_groups(request, sample_rows)
    plan = resampling_plan(system, sample_rows, groups, fit.estimator, fit.choices, fit.restriction)
    free = int(plan.sound.sum()) - (fit.restriction.count if fit.restriction else 0)
    warn_of_few(groups.number, "row" if request["groups"] is None else "cluster", free, "single")
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
