"""What a wild bootstrap leaves behind: a p value, the draws, and an interval by inversion."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from simeq.errors import ConstraintError, count
from simeq.estimation.fit import Fit, fit_system
from simeq.estimators.restriction import restrict
from simeq.inference.distribution import require_alpha
from simeq.linalg.bases import FloatArray, lengths
from simeq.linalg.threads import threads_for
from simeq.resampling.jackknife_bootstrap import with_progress
from simeq.resampling.plan import ResamplingPlan
from simeq.resampling.wild.draws import Hypothesis
from simeq.resampling.wild.null_model import null_world

#: Statistics that differ by less than this share are equal: a draw with all weights 1 is the
#: sample itself, up to rounding.
TIE_TOL = 1e-9

#: Standard errors from the estimate at which the search for an end of an interval stops.
REACH = 1000.0

#: Standard errors within which an end of an interval is found.
END_TOL = 1e-5


@dataclass(frozen=True)
class Experiment:
    """A test that can be drawn again at other values of its restriction.

    Attributes
    ----------
    fit : Fit
    drawable : ResamplingPlan
    r : (j, K) array
    weights : (D, g) array
        Weight of each cluster in each draw.
    """

    fit: Fit
    drawable: ResamplingPlan
    r: FloatArray
    weights: FloatArray

    def at(self, q: FloatArray) -> tuple[float, float, FloatArray, FloatArray]:
        """Test R b = q: signed root and statistic of the sample, and of the draws (D,).

        The root has a meaning for one restriction alone.
        """
        return self._tested(q, q, self.weights)

    @property
    def error(self) -> float:
        """Clustered standard error of R b in the sample, for one restriction."""
        middle = self.r @ self.fit.b
        return float(self._tested(middle, middle + 1.0, self.weights[:0])[1] ** -0.5)

    def _tested(
        self, q: FloatArray, tested: FloatArray, weights: FloatArray
    ) -> tuple[float, float, FloatArray, FloatArray]:
        """Test one value of R b in rows that another generated; the first row is the sample."""
        system, kept = self.fit.system, self.drawable.kept
        with threads_for(system.columns.size):
            world = null_world(system, self.drawable, self.restricted(q))
            null = Hypothesis(self.r[:, kept], tested, self._factors()[kept])
            sample = np.ones((1, weights.shape[1]))
            gap, statistic = world.distances(np.concatenate([sample, weights]), null)
        signed = np.sign(gap[:, 0]) * np.sqrt(statistic)
        return float(signed[0]), float(statistic[0]), signed[1:], statistic[1:]

    def restricted(self, q: FloatArray) -> FloatArray:
        """Estimate under R b = q and the fit's own constraints, by its own method (K,)."""
        system, own = self.fit.system, self.fit.restriction
        r = self.r if own is None else np.vstack([own.r, self.r])
        value = q if own is None else np.concatenate([own.r @ own.c, q])
        restriction = restrict(r, value, lengths(system.factor.r[:, system.columns]))
        return fit_system(system, self.fit.estimator, self.fit.choices, restriction).b

    def _factors(self) -> FloatArray:
        """Roots of g/(g−1)·(n−1)/(n−k_i) for each coefficient (K,)."""
        n, g = self.fit.system.factor.nobs, self.weights.shape[1]
        return np.asarray(np.sqrt(g / (g - 1.0) * (n - 1.0) / self.fit.df_by_coefficient))


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
    distribution: FloatArray = field(repr=False)
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
        require_alpha(alpha)
        if self.tails is None:
            raise ConstraintError(f"An interval needs one restriction; {self.null} are several.")
        middle = float(self.experiment.r[0] @ self.experiment.fit.b)
        error = self.experiment.error
        return self._end(middle, -error, alpha), self._end(middle, error, alpha)

    def _end(self, middle: float, error: float, alpha: float) -> float:
        """Bisect for the end of the interval on the side of a signed standard error."""
        inside, outside = 0.0, 2.0
        while not self._rejects(middle + outside * error, alpha):
            inside, outside = outside, 2.0 * outside
            if inside > REACH:
                return float(np.copysign(np.inf, error))
        halvings = math.ceil(math.log2((outside - inside) / END_TOL))
        for _ in with_progress(range(halvings), "interval"):
            centre = (inside + outside) / 2.0
            if self._rejects(middle + centre * error, alpha):
                outside = centre
            else:
                inside = centre
        return middle + inside * error

    def _rejects(self, q: float, alpha: float) -> bool:
        """Whether the test rejects R b = q."""
        _, statistic, _, draws = self.experiment.at(np.array([q]))
        return share_of(draws, statistic) < alpha

    def _p_in_print(self) -> str:
        """Return the p value as text; where no draw is as large it is less than one of them."""
        good = self.n_boot - self.n_failed
        return f"below {1.0 / good:.4f}" if good and self.pvalue == 0.0 else f"{self.pvalue:.4f}"

    def __str__(self) -> str:
        """Say what was tested, how, and what came out."""
        draws = f"{self.n_boot:,} draws" + (f", {self.n_failed:,} failed" if self.n_failed else "")
        return (
            f"Restricted wild cluster bootstrap of {self.null}\n"
            f"Wald statistic {self.statistic:.4f}, p value {self._p_in_print()}\n"
            f"{draws}, {self.weights.title()} weights, {count(self.n_groups, 'cluster')}"
        )


def share_of(draws: FloatArray, value: float) -> float:
    """Share of the draws that did not fail which are at least `value`, ties included."""
    good = draws[np.isfinite(draws)]
    return float((good >= value - TIE_TOL * abs(value)).mean()) if good.size else np.nan
