"""The restricted wild cluster bootstrap: a Wald test whose draws obey the null hypothesis."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from simeq.data.row_labels import Groups
from simeq.design.sample_rows import SampleRows, require_rows
from simeq.errors import ConstraintError, DataError, SimeqWarning, choose, count, listing, warn
from simeq.estimation.fit import Fit
from simeq.estimators.restriction import restrict
from simeq.formula.constraints import Constraints, read_constraints
from simeq.inference.linear_tests import require_clusters
from simeq.linalg.bases import FloatArray, basis, distances, lengths
from simeq.resampling.plan import ResamplingPlan, resampling_plan
from simeq.resampling.randomness import random_generator, require_draws
from simeq.resampling.wild.results import Experiment, WildTest, share_of

_ROOT5 = 5.0**0.5

#: Points of the weights' distributions, and their probabilities.
WEIGHTS: Mapping[str, tuple[list[float], list[float]]] = {
    "webb": ([s * x**0.5 for s in (-1.0, 1.0) for x in (0.5, 1.0, 1.5)], [1.0 / 6.0] * 6),
    "rademacher": ([-1.0, 1.0], [0.5, 0.5]),
    "mammen": (
        [(1.0 - _ROOT5) / 2.0, (1.0 + _ROOT5) / 2.0],
        [(_ROOT5 + 1.0) / (2.0 * _ROOT5), (_ROOT5 - 1.0) / (2.0 * _ROOT5)],
    ),
}

#: Patterns of weights at which p values are too coarse: with their mirror images, steps of 1/20.
MOST_COARSE = 40

#: A restriction nearer than this to the span of the constraints is one of them.
SPAN_TOL = 1e-9


def wild_test(
    fit: Fit,
    sample_rows: SampleRows | None,
    n_groups: int | None,
    restrictions: Constraints,
    weights: str = "webb",
    n_boot: int = 999,
    groups: Any = None,
    seed: int | np.random.Generator | None = None,
) -> WildTest:
    """Test R b = q by the restricted wild cluster bootstrap.

    The restricted estimate generates the draws: y* solves the structural equations with
    u*_t = v_c ũ_t, one weight v_c for each cluster and all equations; other endogenous regressors,
    functions of dependents among them, are ZΠ̃ + v_c Ṽ; exogenous columns stay. Each draw is
    estimated without the restriction, and its Wald statistic, clustered, is compared with the
    sample's.

    Parameters
    ----------
    fit : Fit
    sample_rows : SampleRows or None
    n_groups : int or None
        Clusters of the covariance that the estimate is reported with.
    restrictions : str, list of str, matrix R, or pair (R, q)
        As ``"[demand]income = 0"``.
    weights : {"webb", "rademacher", "mammen"}
        Webb's six points, ±1, or Mammen's two. Rademacher weights are enumerated, every pattern
        once, when there are no more patterns than draws asked for.
    n_boot : int
        Draws.
    groups : str or array, optional
        Clusters; each row is one by default.
    seed : int or numpy.random.Generator, optional

    Returns
    -------
    WildTest

    Raises
    ------
    ConstraintError
        If a restriction is imposed already, or there are more of them than clusters allow.
    DataError
        If there are no rows, or one cluster.

    Notes
    -----
    Davidson, R. and MacKinnon, J. G. (2010), "Wild bootstrap tests for IV regression", *Journal of
    Business & Economic Statistics* 28; Roodman, D., Nielsen, M. Ø., MacKinnon, J. G. and Webb,
    M. D. (2019), "Fast and wild", *Stata Journal* 19; Webb, M. D. (2023), "Reworking wild bootstrap
    based inference for clustered errors", *Canadian Journal of Economics* 56.

    Examples
    --------
    >>> from simeq import SystemEquations, datasets
    >>> model = SystemEquations(
    ...     {"output": "np.log(gsp) ~ np.log(pcap) + np.log(emp) + unemp",
    ...      "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util) + unemp"},
    ...     datasets.load_us_states(),
    ...     instruments="~ np.log(pc) + np.log(water) + np.log(util) + np.log(emp) + unemp")
    >>> test = model.fit("3sls").wild_test("[roads]unemp = 0", groups="state", n_boot=199, seed=1)
    >>> print(test)
    Restricted wild cluster bootstrap of [roads]unemp = 0
    Wald statistic 0.3878, p value 0.5980
    199 draws, Webb weights, 48 clusters
    """
    name = choose(weights, WEIGHTS, "weights")
    number = require_draws(n_boot)
    system = fit.system
    rows = require_rows(sample_rows, "draws of the wild bootstrap")
    labelled = _clusters(rows, groups)
    r, q, texts = read_constraints(restrictions, system.coefficient_names)
    require_clusters(labelled.number, len(r))
    _warn_of_weak_design(n_groups, name, labelled, groups is None)
    _require_new(fit, r, q, texts)
    plan = resampling_plan(system, rows, labelled, fit.estimator, fit.choices, fit.restriction)
    _require_kept(plan, r, system.coefficient_names)
    drawn = _weights(name, labelled.number, number, random_generator(seed))
    experiment = Experiment(fit, plan, r, drawn)
    signed, statistic, signs, draws = experiment.at(q)
    _require_statistic(fit, statistic, texts)
    n_failed = _report_failures(draws)
    return WildTest(
        statistic,
        share_of(draws, statistic),
        draws,
        len(draws),
        n_failed,
        name,
        ", ".join(dict.fromkeys(texts)),
        labelled.number,
        (share_of(-signs, -signed), share_of(signs, signed)) if len(r) == 1 else None,
        experiment,
    )


def _weights(name: str, g: int, n_boot: int, generator: np.random.Generator) -> FloatArray:
    """Weights (D, g) of the clusters, drawn or enumerated."""
    points, probabilities = WEIGHTS[name]
    if name == "rademacher" and 2**g <= n_boot:
        return np.array(list(itertools.product(points, repeat=g)))
    return generator.choice(points, size=(n_boot, g), p=probabilities)


def _clusters(rows: SampleRows, given: Any) -> Groups:
    """Clusters that share a weight, or the rows themselves."""
    if given is None:
        each = np.arange(rows.design.sample.nobs)
        return Groups("rows", each, each)
    groups = rows.groups(given, "groups")
    if groups.number < 2:
        raise DataError(f"groups: {groups.name} has one cluster; the wild bootstrap needs several.")
    return groups


def _warn_of_weak_design(n_groups: int | None, weights: str, groups: Groups, rows: bool) -> None:
    """Warn where rows stand for clusters that the results have, and where weights repeat soon."""
    if rows and n_groups is not None and n_groups < groups.number:
        warn(
            f"These results have {count(n_groups, 'cluster')}, but no groups were named for "
            f"the wild bootstrap, so that each row is its own cluster; name them.",
            SimeqWarning,
        )
    patterns = len(WEIGHTS[weights][0]) ** groups.number
    if patterns <= MOST_COARSE:
        warn(
            f"{count(groups.number, 'cluster')} have {patterns} patterns of {weights.title()} "
            f"weights: p values move in steps too coarse for a test at 5 per cent. Take Webb's "
            f"weights if there are three or more, or the jackknife with use_t=True.",
            SimeqWarning,
        )


def _require_new(fit: Fit, r: FloatArray, q: FloatArray, texts: list[str]) -> None:
    """Check that restrictions are distinct, and none follows from the constraints."""
    system, own = fit.system, fit.restriction
    sizes = lengths(system.factor.r[:, system.columns])
    restrict(r, q, sizes, texts)
    if own is None:
        return
    settled = distances((r / sizes).T, basis((own.r / sizes).T).q) <= SPAN_TOL
    if settled.any():
        text = texts[int(np.flatnonzero(settled)[0])]
        raise ConstraintError(
            f"The restriction {text} cannot be tested: the constraints "
            f"{listing(dict.fromkeys(fit.constraints))} impose or exclude it."
        )
    both, value = np.vstack([own.r, r]), np.concatenate([own.r @ own.c, q])
    restrict(both, value, sizes, [*fit.constraints, *texts])


def _require_kept(plan: ResamplingPlan, r: FloatArray, names: tuple[str, ...]) -> None:
    """Check that every coefficient tested can be resampled."""
    gone = r[:, ~plan.sound].any(axis=0)
    if gone.any():
        name = np.array(names)[~plan.sound][gone][0]
        raise ConstraintError(
            f"The column of {name} vanishes outside one cluster, as a unit dummy clustered by "
            f"unit: its clustered variance says nothing, so that it cannot be tested."
        )


def _require_statistic(fit: Fit, statistic: float, texts: list[str]) -> None:
    """Check that there is a statistic in the sample to compare draws with."""
    if np.isfinite(statistic):
        return
    if not fit.converged:
        raise DataError(
            f"{fit.estimator.title} did not converge in the sample, so that no draw can be "
            f"compared with it; raise maxiter, or use the two-step estimator."
        )
    raise ConstraintError(
        f"The clustered covariance of {listing(dict.fromkeys(texts))} is zero or singular, so that "
        f"it cannot be tested; does the equation fit exactly?"
    )


def _report_failures(draws: FloatArray) -> int:
    """Count the draws that failed; warn of some, stop at all."""
    failed = int((~np.isfinite(draws)).sum())
    if failed == len(draws):
        raise DataError("The wild bootstrap cannot estimate the system in any of its draws.")
    if failed:
        warn(
            f"The wild bootstrap could not estimate the system in {count(failed, 'draw')} of "
            f"{len(draws):,}; the rest is used.",
            SimeqWarning,
        )
    return failed
