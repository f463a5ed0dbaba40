"""The restricted wild cluster bootstrap: a Wald test whose draws obey the null hypothesis."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from simeq._linalg import FloatArray, basis, block_diagonal, distances, lengths, threads_for
from simeq.constraints import Constraints, read_constraints
from simeq.conventions import choose
from simeq.errors import ConstraintError, DataError, SimeqWarning, count, listing, warn
from simeq.estimators.generalized import generalized_least_squares
from simeq.estimators.least_squares import least_squares
from simeq.estimators.restriction import Restriction, restrict
from simeq.groups import Groups, split_pair
from simeq.observations import Observations, require_rows
from simeq.resampling.draws import Drawable, drawable
from simeq.resampling.wild_world import Hypothesis, null_world

if TYPE_CHECKING:
    from simeq.results import SystemResults

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

#: Statistics that differ by less than this share are equal: a draw with all weights 1 is the
#: sample itself, up to rounding.
TIE_TOL = 1e-9

#: A restriction nearer than this to the span of the constraints is one of them.
SPAN_TOL = 1e-9

#: Standard errors from the estimate at which the search for an end of an interval stops.
REACH = 1000.0

#: Standard errors within which an end of an interval is found.
END_TOL = 1e-5


@dataclass(frozen=True)
class Experiment:
    """A test that can be drawn again at other values of its restriction.

    Attributes
    ----------
    result : SystemResults
    drawable : Drawable
    own : Restriction or None
        The constraints that the result obeys.
    r : (j, K) array
    weights : (D, g) array
        Weight of each cluster in each draw.
    """

    result: SystemResults
    drawable: Drawable
    own: Restriction | None
    r: FloatArray
    weights: FloatArray

    def at(self, q: FloatArray) -> tuple[float, float, FloatArray, FloatArray]:
        """Signed root, statistic of the sample, and both of the draws (D,), under R b = q.

        The signed root is NaN for several restrictions.
        """
        system = self.result.model.system
        kept = self.drawable.kept
        with threads_for(system.columns.size):
            world = null_world(system, self.drawable, self.own, self.restricted(q))
            null = Hypothesis(self.r[:, kept], q, self._factors()[kept])
            sample = np.ones((1, self.weights.shape[1]))
            gap, statistic = world.distances(np.concatenate([sample, self.weights]), null)
        signed = np.sign(gap[:, 0]) * np.sqrt(statistic)
        return float(signed[0]), float(statistic[0]), signed[1:], statistic[1:]

    def restricted(self, q: FloatArray) -> FloatArray:
        """Estimate under R b = q and the result's own constraints, by its own method (K,)."""
        system = self.result.model.system
        method, convention = self.drawable.method, self.drawable.convention
        r = self.r if self.own is None else np.vstack([self.own.r, self.r])
        value = q if self.own is None else np.concatenate([self.own.r @ self.own.c, q])
        restriction = restrict(r, value, lengths(system.factor.r[:, system.columns]))
        estimator = generalized_least_squares if method.is_gls else least_squares
        return estimator(
            system.projection(method),
            system.coordinates(method, restriction),
            system.residual_covariance(method, convention, restriction),
            convention,
            method,
        ).params

    def _factors(self) -> FloatArray:
        """Roots of g/(g−1)·(n−1)/(n−k_i) for each coefficient (K,)."""
        system, g = self.result.model.system, self.weights.shape[1]
        n = system.factor.nobs
        free = n - system.sizes[system.equation]
        return np.asarray(np.sqrt(g / (g - 1.0) * (n - 1.0) / free))


@dataclass(frozen=True, eq=False)
class WildTest:
    """A Wald test by the restricted wild cluster bootstrap.

    Attributes
    ----------
    statistic : float
        (Rb − q)'(RVR')⁻¹(Rb − q) in the sample, V clustered; t² for one restriction.
    pvalue : float
        Share of the draws with a statistic at least as large.
    distribution : (n_boot,) array
        Statistics of the draws; NaN where one failed.
    n_boot : int
        Draws.
    n_failed : int
        Draws that could not be estimated.
    weights : str
        Distribution of the clusters' weights.
    null : str
        The hypothesis in words.
    n_groups : int
        Clusters.
    tails : tuple of float or None
        For one restriction, the shares of draws whose t is at most, and at least, the sample's:
        p values against a smaller and against a larger R b.
    """

    statistic: float
    pvalue: float
    distribution: FloatArray
    n_boot: int
    n_failed: int
    weights: str
    null: str
    n_groups: int
    tails: tuple[float, float] | None
    experiment: Experiment = field(repr=False)

    def conf_int(self, alpha: float = 0.05) -> tuple[float, float]:
        """Values of R b that the test does not reject, with the same weights in every draw.

        Each end is found by bisection of p(q) − α, from the estimate outwards.

        Parameters
        ----------
        alpha : float
            One minus the coverage, in (0, 1).

        Returns
        -------
        lower, upper : float
            Infinite where nothing within a thousand standard errors is rejected, as with weak
            instruments.

        Raises
        ------
        ConstraintError
            If several restrictions were tested.
        """
        if not isinstance(alpha, int | float) or not 0.0 < alpha < 1.0:
            raise DataError(f"alpha must be between 0 and 1, not {alpha!r}.")
        if self.tails is None:
            raise ConstraintError(f"An interval needs one restriction; {self.null} are several.")
        middle = float(self.experiment.r[0] @ self.experiment.result._b)
        _, statistic, _, _ = self.experiment.at(np.array([middle + 1.0]))
        error = 1.0 / np.sqrt(statistic)
        return self._end(middle, -error, alpha), self._end(middle, error, alpha)

    def _end(self, middle: float, error: float, alpha: float) -> float:
        """Bisect for the end of the interval on the side of a signed standard error."""
        inside, outside = 0.0, 2.0
        while not self._rejects(middle + outside * error, alpha):
            inside, outside = outside, 2.0 * outside
            if inside > REACH:
                return float(np.copysign(np.inf, error))
        while outside - inside > END_TOL:
            centre = (inside + outside) / 2.0
            if self._rejects(middle + centre * error, alpha):
                outside = centre
            else:
                inside = centre
        return middle + inside * error

    def _rejects(self, q: float, alpha: float) -> bool:
        _, statistic, _, draws = self.experiment.at(np.array([q]))
        return _share(draws, statistic) < alpha

    def __str__(self) -> str:
        """Say what was tested, how, and what came out."""
        draws = f"{self.n_boot:,} draws" + (f", {self.n_failed:,} failed" if self.n_failed else "")
        return (
            f"Restricted wild cluster bootstrap of {self.null}\n"
            f"Wald statistic {self.statistic:.4f}, p value {self.pvalue:.4f}\n"
            f"{draws}; {self.weights} weights for {count(self.n_groups, 'cluster')}"
        )


def wild_test(
    result: SystemResults,
    restrictions: Constraints,
    *,
    weights: str = "webb",
    n_boot: int = 999,
    groups: Any = None,
    seed: int | np.random.Generator | None = None,
) -> WildTest:
    """Test R b = q by the restricted wild cluster bootstrap.

    The restricted estimate generates the draws: y* solves the structural equations with
    u*_t = v_c ũ_t, one weight v_c for each cluster and all equations, other endogenous regressors
    are ZΠ̃ + v_c Ṽ, exogenous columns stay. Each draw is estimated without the restriction, and
    its Wald statistic, clustered, stands beside the sample's.

    Parameters
    ----------
    result : SystemResults
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
    >>> from simeq.resampling.wild import wild_test
    >>> model = SystemEquations(
    ...     {"output": "np.log(gsp) ~ np.log(pcap) + np.log(emp) + unemp",
    ...      "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util) + unemp"},
    ...     datasets.load_us_states(),
    ...     instruments="~ np.log(pc) + np.log(water) + np.log(util) + np.log(emp) + unemp")
    >>> test = wild_test(model.fit("3sls"), "[roads]unemp = 0", groups="state", n_boot=199, seed=1)
    >>> print(test)
    """
    name = choose(weights, WEIGHTS, "weights")
    if not isinstance(n_boot, int | np.integer) or n_boot < 2:
        raise DataError(f"n_boot must be a whole number above 1, not {n_boot!r}.")
    system = result.model.system
    rows = require_rows(result.model.observations, "draws of the wild bootstrap")
    labelled = _clusters(rows, groups)
    r, q, texts = read_constraints(restrictions, system.coefficient_names)
    _require_clusters(labelled, len(r))
    own = _obeyed(result)
    _require_new(result, own, r, q, texts)
    method, convention = result._estimator, result._convention
    plan = drawable(system, rows, labelled, method, convention, own)
    _require_kept(plan, r, system.coefficient_names)
    drawn = _weights(name, labelled.number, int(n_boot), np.random.default_rng(seed))
    experiment = Experiment(result, plan, own, r, drawn)
    signed, statistic, signs, draws = experiment.at(q)
    _require_statistic(statistic, texts)
    n_failed = _report_failures(draws)
    return WildTest(
        statistic,
        _share(draws, statistic),
        draws,
        len(draws),
        n_failed,
        name,
        ", ".join(dict.fromkeys(texts)),
        labelled.number,
        (_share(-signs, -signed), _share(signs, signed)) if len(r) == 1 else None,
        experiment,
    )


def _share(draws: FloatArray, value: float) -> float:
    """Share of the draws that did not fail which are at least `value`, ties included."""
    good = draws[np.isfinite(draws)]
    return float((good >= value - TIE_TOL * abs(value)).mean()) if good.size else np.nan


def _weights(name: str, g: int, n_boot: int, generator: np.random.Generator) -> FloatArray:
    """Weights (D, g) of the clusters, drawn or enumerated."""
    points, probabilities = WEIGHTS[name]
    if name == "rademacher" and 2**g <= n_boot:
        return np.array(list(itertools.product(points, repeat=g)))
    return generator.choice(points, size=(n_boot, g), p=probabilities)


def _clusters(rows: Observations, given: Any) -> Groups:
    """Clusters that share a weight, or the rows themselves."""
    if given is None:
        each = np.arange(rows.design.sample.nobs)
        return Groups("rows", each, each)
    pair = split_pair(given)
    if len(pair) > 1:
        raise DataError(f"The wild bootstrap takes one grouping, not {len(pair)}.")
    groups = rows.groups(pair[0], "groups")
    if groups.number < 2:
        raise DataError(f"groups: {groups.name} has one cluster; the wild bootstrap needs several.")
    return groups


def _require_clusters(groups: Groups, number: int) -> None:
    if number >= groups.number:
        raise ConstraintError(
            f"{count(groups.number, 'cluster')} can test at most {groups.number - 1} restrictions "
            f"jointly, not {number}: the covariance has no higher rank."
        )


def _obeyed(result: SystemResults) -> Restriction | None:
    """Find the constraints of a result again: the null space of its covariance.

    It is found for γ_i = T_i b_i by the residuals' standard deviations, in which the covariance is
    well conditioned.
    """
    number = len(result.constraints)
    if not number:
        return None
    system, estimate = result.model.system, result._estimate
    spread = np.sqrt(estimate.sigma_resid.diagonal())
    triangles = zip(system.plain.t, spread, strict=True)
    t = block_diagonal([own / (size if size > 0.0 else 1.0) for own, size in triangles])
    _, vectors = np.linalg.eigh(t @ estimate.cov @ t.T)
    r = vectors[:, :number].T @ t
    sizes = lengths(system.factor.r[:, system.columns])
    return restrict(r, r @ estimate.params, sizes, result.constraints)


def _require_new(
    result: SystemResults, own: Restriction | None, r: FloatArray, q: FloatArray, texts: list[str]
) -> None:
    """Check that restrictions are distinct, and none follows from the constraints."""
    system = result.model.system
    sizes = lengths(system.factor.r[:, system.columns])
    restrict(r, q, sizes, texts)
    if own is None:
        return
    settled = distances((r / sizes).T, basis((own.r / sizes).T).q) <= SPAN_TOL
    if settled.any():
        text = texts[int(np.flatnonzero(settled)[0])]
        raise ConstraintError(
            f"The restriction {text} cannot be tested: the constraints "
            f"{listing(dict.fromkeys(result.constraints))} impose or exclude it."
        )


def _require_kept(plan: Drawable, r: FloatArray, names: tuple[str, ...]) -> None:
    gone = r[:, ~plan.kept].any(axis=0)
    if gone.any():
        name = np.array(names)[~plan.kept][gone][0]
        raise ConstraintError(
            f"The column of {name} vanishes outside one cluster, as a unit dummy clustered by "
            f"unit: its clustered variance says nothing, so that it cannot be tested."
        )


def _require_statistic(statistic: float, texts: list[str]) -> None:
    if not np.isfinite(statistic):
        raise ConstraintError(
            f"The clustered covariance of {listing(dict.fromkeys(texts))} is zero or singular, so "
            f"that it cannot be tested; does the equation fit exactly?"
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
