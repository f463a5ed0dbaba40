"""Covariance of coefficients from row scores: which kind, its factors, what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simeq import sandwich
from simeq._linalg import FloatArray
from simeq.conventions import choose
from simeq.errors import DataError, SimeqError, SimeqWarning, count, listing, nearest, warn
from simeq.fitted import Fit
from simeq.groups import Groups, split_pair
from simeq.observations import Observations
from simeq.resampling.draws import drawable
from simeq.resampling.results import Bootstrap, Jackknife
from simeq.resampling.run import bootstrap, jackknife
from simeq.scores import Scores

#: What each kind takes in ``cov_kwds``; the first ones, in upper case, must be given.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "nonrobust": (),
    "HC0": (),
    "HC1": (),
    "cluster": ("GROUPS", "use_correction"),
    "HAC": ("maxlags", "kernel", "time", "use_correction"),
    "hac-panel": ("GROUPS", "time", "maxlags", "kernel", "use_correction"),
    "hac-groupsum": ("TIME", "maxlags", "kernel", "use_correction"),
    "jackknife": ("groups", "center"),
    "bootstrap": ("groups", "n_boot", "seed"),
}


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


@dataclass(frozen=True)
class Request:
    """A kind of covariance with its options, checked."""

    name: str
    options: Mapping[str, Any]

    def __getitem__(self, option: str) -> Any:
        return self.options.get(option)

    @property
    def is_resampling(self) -> bool:
        """Whether the system is estimated again on parts or draws of the sample."""
        return self.name in ("jackknife", "bootstrap")

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return choose(self.options.get("kernel", "bartlett"), sandwich.KERNELS, "kernel")

    @property
    def use_correction(self) -> bool:
        """Whether the small-sample factor is applied: by default for clusters alone."""
        return bool(self.options.get("use_correction", self.name == "cluster"))


def read_request(cov_type: str, cov_kwds: Mapping[str, Any] | None) -> Request:
    """Check a kind of covariance and its options.

    Raises
    ------
    SimeqError
        If the kind or an option is unknown, or one that must be given is not.
    """
    by_lower = {name.lower(): name for name in OPTIONS}
    name = by_lower[choose(cov_type, by_lower, "cov_type")]
    known = {option.lower(): option.isupper() for option in OPTIONS[name]}
    given = dict(cov_kwds or {})
    for option in given:
        if option not in known:
            takes = listing(known) or "nothing"
            raise SimeqError(
                f"cov_kwds of {name!r} takes {takes}, not {option!r}.{nearest(str(option), known)}"
            )
    for option, needed in known.items():
        if needed and given.get(option) is None:
            raise SimeqError(f"cov_type={name!r} needs cov_kwds={{{option!r}: column or array}}.")
    return Request(name, given)


@dataclass(frozen=True)
class RowScores:
    """Scores of an estimate on the rows of the sample, with the coefficients' names."""

    scores: Scores
    observations: Observations
    names: tuple[str, ...]

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.observations.design.sample.nobs

    def blocks(self) -> Iterator[FloatArray]:
        """Scores (rows, p), block by block."""
        return self.scores.blocks(self.observations.blocks)

    def whole(self) -> FloatArray:
        """Scores (n, p)."""
        return np.concatenate(list(self.blocks()))

    def in_units(self) -> FloatArray:
        """Scores (n, K) of the regressors as they are, in which bandwidths are chosen."""
        return np.concatenate(list(self.scores.in_units(self.observations.blocks)))

    def groups(self, given: Any, what: str) -> Groups:
        """Match labels to the rows."""
        return self.observations.groups(given, what)


def robust_covariance(request: Request, fit: Fit, observations: Observations) -> Covariance:
    """Sandwich covariance J A⁻¹ (Σ s s') A⁻¹ J' with the factors of the kind.

    Parameters
    ----------
    request : Request
    fit : Fit
    observations : Observations

    Notes
    -----
    HC1 multiplies entry (i, j) by n/√((n−k_i)(n−k_j)), clusters with ``use_correction`` by
    g/(g−1)·(n−1)/√((n−k_i)(n−k_j)): statsmodels' factors for one equation, linearmodels'
    ``debiased`` and ``group_debias``.
    """
    bread = fit.estimate.bread
    rows = RowScores(fit.scores, observations, fit.system.coefficient_names)
    meat, note, n_groups = _MAKERS[request.name](request, rows)
    cov = fit.coordinates.covariance(bread @ meat @ bread)
    if request.name == "HC1" or (request.use_correction and request.name != "HC0"):
        numerator = rows.nobs - 1.0 if request.name == "cluster" else float(rows.nobs)
        root = np.sqrt(numerator / fit.free_rows)
        cov = cov * np.multiply.outer(root, root)
    if n_groups is not None and n_groups <= len(bread):
        warn(
            f"{count(n_groups, 'cluster')} for {len(bread)} free coefficients: the "
            f"covariance has rank {n_groups - 1} at most. Single standard errors stand, with few "
            f"degrees of freedom; joint tests of {n_groups} or more restrictions do not.",
            SimeqWarning,
        )
    _warn_of_negative(cov, rows)
    return Covariance(request.name, (cov + cov.T) / 2.0, note, n_groups)


def _warn_of_negative(cov: FloatArray, rows: RowScores) -> None:
    """Warn of negative variances, and of a joint covariance that is not positive semi-definite."""
    variance = cov.diagonal()
    size = np.abs(variance).max(initial=0.0)
    if (variance < -1e-12 * size).any():
        which = listing(rows.names[int(j)] for j in np.flatnonzero(variance < 0.0))
        warn(
            f"The variance of {which} is negative, as two-way clusters with few labels and slowly "
            f"falling kernels can give: it has no standard error. Use one-way clusters or the "
            f"Bartlett kernel.",
            SimeqWarning,
        )


def resampled_covariance(request: Request, fit: Fit, observations: Observations) -> Covariance:
    """Covariance from estimates of the whole system on clusters, or rows, left out or drawn.

    Raises
    ------
    DataError
        If there are fewer than two clusters, or options cannot be.
    """
    system = fit.system
    groups = _resampled_groups(request, observations)
    plan = drawable(system, observations, groups, fit.method, fit.convention, fit.restriction)
    resampled: Jackknife | Bootstrap
    if request.name == "jackknife":
        center = choose(request.options.get("center", "estimate"), ["estimate", "mean"], "center")
        resampled, cov = jackknife(plan, groups, fit.b, system.index, center)
        note = f"jackknife (CV3) over {groups.number:,} of {groups.name}, centred at the {center}"
    else:
        n_boot = request.options.get("n_boot", 999)
        if not isinstance(n_boot, int | np.integer) or n_boot < 2:
            raise DataError(f"n_boot must be a whole number above 1, not {n_boot!r}.")
        resampled, cov = bootstrap(plan, groups, system.index, int(n_boot), request["seed"])
        note = f"pairs bootstrap, {n_boot:,} draws of {groups.number:,} of {groups.name}"
    if resampled.n_failed:
        note += f"; {resampled.n_failed:,} failed"
    names = zip(system.coefficient_names, plan.sound, strict=True)
    gone = [name for name, kept in names if not kept]
    if gone:
        note += f"; no resampling error for {listing(gone)}, whose columns vanish outside a cluster"
    return Covariance(request.name, cov, note, groups.number, resampled)


def _resampled_groups(request: Request, observations: Observations) -> Groups:
    """Clusters to draw, or the rows themselves."""
    if request["groups"] is None:
        rows = np.arange(observations.design.sample.nobs)
        return Groups("rows", rows, rows)
    pair = split_pair(request["groups"])
    if len(pair) > 1:
        raise DataError(f"{request.name} takes one grouping, not {len(pair)}.")
    groups = observations.groups(pair[0], "groups")
    if groups.number < 2:
        raise DataError(f"groups: {groups.name} has one cluster; {request.name} needs several.")
    return groups


def _heteroskedastic(request: Request, rows: RowScores) -> tuple[FloatArray, str, None]:
    note = f"heteroskedasticity-robust sandwich across equations, {request.name}"
    return sandwich.heteroskedastic(rows.blocks()), note, None


def _clustered(request: Request, rows: RowScores) -> tuple[FloatArray, str, int]:
    """One-way clusters, or two-way ones by inclusion and exclusion; Cameron et al. (2011)."""
    pair = split_pair(request["groups"])
    if len(pair) > 2:
        raise DataError(f"groups holds {len(pair)} groupings; clusters are one-way or two-way.")
    ways = [rows.groups(given, "groups") for given in pair]
    meat = sum(_one_way(request, rows, groups) for groups in ways)
    if len(ways) == 2:
        meat = meat - _one_way(request, rows, ways[0].crossed(ways[1]))
    numbers = " and ".join(f"{groups.number} of {groups.name}" for groups in ways)
    note = f"clustered across equations, {numbers}"
    return np.asarray(meat), note, min(groups.number for groups in ways)


def _one_way(request: Request, rows: RowScores, groups: Groups) -> FloatArray:
    if groups.number < 2:
        raise DataError(
            f"groups: {groups.name} has one cluster; clustered errors need two at the least, and "
            f"are worth little below some ten."
        )
    sums = sandwich.group_sums(rows.blocks(), groups.codes, groups.number)
    factor = groups.number / (groups.number - 1.0) if request.use_correction else 1.0
    return factor * sandwich.clustered(sums)


def _in_time(request: Request, rows: RowScores) -> tuple[FloatArray, str, None]:
    if request["time"] is not None:
        time = rows.groups(request["time"], "time")
        if (np.diff(time.codes) <= 0).any():
            where = int(np.flatnonzero(np.diff(time.codes) <= 0)[0]) + 1
            raise DataError(
                f"time: {time.name} does not increase at row {where + 1} of the sample; sort the "
                f"data by time, or use 'hac-panel' or 'hac-groupsum' for a panel."
            )
    scores = rows.whole()
    weights, lags = _weights(request, len(scores), rows.in_units)
    return sandwich.serially_correlated(scores, weights), _hac_note(request, lags), None


def _in_panels(request: Request, rows: RowScores) -> tuple[FloatArray, str, None]:
    groups = rows.groups(request["groups"], "groups")
    order = np.argsort(groups.codes, kind="stable")
    if request["time"] is not None:
        time = rows.groups(request["time"], "time").codes[order]
        within = np.diff(groups.codes[order]) == 0
        if ((np.diff(time) <= 0) & within).any():
            raise DataError("time does not increase within each panel; sort the data by time.")
    scores = rows.whole()[order]
    longest = int(np.bincount(groups.codes).max())
    weights, lags = _weights(request, longest, lambda: rows.in_units()[order])
    meat = sandwich.serially_correlated_in_panels(scores, groups.codes[order], weights)
    return meat, f"{_hac_note(request, lags)} within {groups.number} of {groups.name}", None


def _by_period(request: Request, rows: RowScores) -> tuple[FloatArray, str, None]:
    """Serial correlation of the sums by period; Driscoll and Kraay (1998)."""
    time = rows.groups(request["time"], "time")
    sums = sandwich.group_sums(rows.blocks(), time.codes, time.number)
    units = rows.scores.in_units(rows.observations.blocks)
    weights, lags = _weights(
        request, time.number, lambda: sandwich.group_sums(units, time.codes, time.number)
    )
    meat = sandwich.serially_correlated(sums, weights)
    return meat, f"{_hac_note(request, lags)} of sums over {time.number} of {time.name}", None


def _weights(
    request: Request, n: int, scores: Callable[[], FloatArray]
) -> tuple[FloatArray, float]:
    """Kernel weights for n periods and the number of lags, given or automatic."""
    lags = request["maxlags"]
    if lags is None:
        lags = min(sandwich.automatic_lags(scores(), request.kernel), n - 1)
    if not isinstance(lags, int | float | np.number) or not 0 <= lags < n:
        raise DataError(
            f"maxlags must be from 0 to {n - 1}, one less than the periods there are; not {lags!r}."
        )
    return sandwich.kernel_weights(request.kernel, float(lags), n), float(lags)


def _hac_note(request: Request, lags: float) -> str:
    return f"serial correlation and heteroskedasticity, {request.kernel} kernel, {lags:g} lags"


_MAKERS: Mapping[str, Callable[[Request, RowScores], tuple[FloatArray, str, int | None]]] = {
    "HC0": _heteroskedastic,
    "HC1": _heteroskedastic,
    "cluster": _clustered,
    "HAC": _in_time,
    "hac-panel": _in_panels,
    "hac-groupsum": _by_period,
}
