"""Numbers that follow from the coefficients, with standard errors and intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.errors import DataError, choose
from simeq.inference.coefficients import Coefficients
from simeq.inference.distribution import require_alpha, two_sided_pvalues, two_sided_quantile
from simeq.linalg.bases import BoolArray, FloatArray
from simeq.prediction.structural import quadratic_form
from simeq.resampling.results import Bootstrap

#: Where standard errors come from, and the kinds of intervals.
ERRORS = ("delta", "bootstrap")
INTERVALS = ("normal", "percentile", "basic")


@dataclass(frozen=True, eq=False)
class Derived:
    """Numbers that are functions of the coefficients.

    Attributes
    ----------
    values, errors : arrays of one shape
        The numbers and their standard errors: 0 where constraints or identities fix one, NaN
        where a coefficient that matters has none.
    draws : (D, …) array or None
        The numbers in each draw of a bootstrap.
    dof : float or None
        Degrees of freedom of Student's t; None for the normal distribution.
    """

    values: FloatArray
    errors: FloatArray
    draws: FloatArray | None
    dof: float | None

    @property
    def ratios(self) -> FloatArray:
        """Numbers by their standard errors; NaN where there is none."""
        out = np.full(self.values.shape, np.nan)
        np.divide(self.values, self.errors, out=out, where=self.errors > 0.0)
        return out

    @property
    def pvalues(self) -> FloatArray:
        """Two-sided p values of the ratios."""
        return two_sided_pvalues(self.ratios, self._dof)

    def interval(
        self, alpha: float = 0.05, kind: str | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds.

        Parameters
        ----------
        alpha : float
            One minus the coverage, in (0, 1).
        kind : {"normal", "percentile", "basic"}, optional
            By standard errors, or by the draws: their quantiles, or those mirrored at the estimate
            (Davison and Hinkley 1997, chapter 5). Percentile where there are draws, else normal.
        """
        require_alpha(alpha)
        default = "normal" if self.draws is None else "percentile"
        chosen = default if kind is None else choose(kind, INTERVALS, "kind of interval")
        if chosen == "normal":
            reach = two_sided_quantile(alpha, self._dof) * self.errors
            return self.values - reach, self.values + reach
        low, high = self._quantiles([alpha / 2.0, 1.0 - alpha / 2.0], chosen)
        if chosen == "basic":
            return 2.0 * self.values - high, 2.0 * self.values - low
        return low, high

    def _quantiles(self, tails: list[float], kind: str) -> FloatArray:
        """Quantiles (2, …) of the draws; NaN where there is no standard error."""
        if self.draws is None:
            raise DataError(
                f"An interval of kind {kind!r} needs draws: fit with cov_type='bootstrap' and "
                f"leave errors='bootstrap'."
            )
        return np.where(np.isnan(self.errors), np.nan, np.quantile(self.draws, tails, axis=0))

    @property
    def _dof(self) -> FloatArray | None:
        return None if self.dof is None else np.asarray(self.dof)


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What is known of the errors of coefficients.

    Attributes
    ----------
    cov : (K, K) array
        Their covariance; NaN for a coefficient that has none.
    dof : float or None
        Degrees of freedom of Student's t; None for the normal distribution.
    draws : (D, K) array or None
        Draws of a bootstrap that did not fail, from which standard errors are taken. A coefficient
        without a resampling error, or fixed by constraints, is at its estimate.
    n_failed : int
        Draws that did fail.
    kind : str
        Kind of the covariance in words.
    """

    cov: FloatArray
    dof: float | None
    draws: FloatArray | None
    n_failed: int
    kind: str

    def describe(self) -> str:
        """Say where standard errors and intervals come from."""
        if self.draws is None:
            kind = "" if self.kind == "nonrobust" else f"; covariance of coefficients: {self.kind}"
            return f"Standard errors: delta method{kind}."
        failed = f", {self.n_failed:,} failed" if self.n_failed else ""
        return (
            f"Standard errors: standard deviation of {len(self.draws):,} draws{failed}; intervals: "
            f"percentiles of the draws."
        )

    def of(
        self, values: FloatArray, jacobian: FloatArray, draws: FloatArray | None = None
    ) -> Derived:
        """Give numbers their standard errors.

        Parameters
        ----------
        values : array
        jacobian : (K, …) array
            Derivatives with respect to the coefficients, in the shape of `values`.
        draws : (D, …) array, optional
            The numbers in each draw, which then make the standard errors.
        """
        flat = jacobian.reshape(len(jacobian), -1).T
        errors = np.sqrt(delta_variance(flat, self.cov)).reshape(values.shape)
        if draws is None:
            return Derived(values, errors, None, self.dof)
        solvable = draws[np.isfinite(draws.reshape(len(draws), -1)).all(axis=1)]
        unknown = _unknown(flat, self.cov).reshape(values.shape)
        spread = np.where(unknown, np.nan, solvable.std(axis=0, ddof=1))
        return Derived(values, np.where(errors == 0.0, 0.0, spread), solvable, self.dof)


def read_uncertainty(
    coefficients: Coefficients, bootstrap: Bootstrap | None, errors: str | None
) -> Uncertainty:
    """Take covariance, distribution and draws of a result.

    Parameters
    ----------
    coefficients : Coefficients
    bootstrap : Bootstrap or None
    errors : {"delta", "bootstrap"}, optional
        The bootstrap's where it is there, by default.

    Raises
    ------
    DataError
        If the draws are asked for and not there.
    """
    default = "delta" if bootstrap is None else "bootstrap"
    chosen = default if errors is None else choose(errors, ERRORS, "kind of errors")
    cov, dof = coefficients._cov, _joint_dof(coefficients)
    if chosen == "delta":
        return Uncertainty(cov, dof, None, 0, coefficients.cov_description)
    if bootstrap is None:
        raise DataError("These results hold no bootstrap; fit with cov_type='bootstrap'.")
    varies = cov.diagonal() > 0.0
    draws = np.where(varies, bootstrap.params.to_numpy(dtype=np.float64), coefficients._b)
    there = np.isfinite(draws).all(axis=1)
    failed, kind = int((~there).sum()), coefficients.cov_description
    return Uncertainty(cov, dof, draws[there], failed, kind)


def _joint_dof(coefficients: Coefficients) -> float | None:
    """Degrees of freedom where coefficients of several equations meet: theirs if they share them.

    Otherwise those of joint tests; None for the normal distribution.
    """
    if coefficients._dof is None:
        return None
    own = np.unique(coefficients._dof)
    return float(own[0]) if own.size == 1 else coefficients._df_joint


def delta_variance(jacobian: FloatArray, cov: FloatArray) -> FloatArray:
    """j V j' for each row of a Jacobian (r, K).

    Zero where it is rounding; NaN where it is negative, or where a coefficient without a variance
    has a part in it.
    """
    known = np.isfinite(cov.diagonal())
    finite = np.where(np.logical_and.outer(known, known), cov, 0.0)
    variance = quadratic_form(jacobian, finite)
    variance[_unknown(jacobian, cov)] = np.nan
    return variance


def _unknown(jacobian: FloatArray, cov: FloatArray) -> BoolArray:
    """Rows of a Jacobian (r, K) in which a coefficient without a variance has a part."""
    return np.asarray(jacobian[:, ~np.isfinite(cov.diagonal())].any(axis=1))
