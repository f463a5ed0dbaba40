"""Numbers that follow from the coefficients, with standard errors and intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.errors import DataError, choose
from simeq.inference.coefficients import Coefficients, ratio
from simeq.inference.delta_method import delta_variance, has_unknown_part
from simeq.inference.distribution import require_alpha, two_sided_pvalues
from simeq.inference.intervals import Bounds, interval_by_draws, normal_interval
from simeq.linalg.bases import FloatArray

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
        return ratio(self.values, self.errors)

    @property
    def pvalues(self) -> FloatArray:
        """Two-sided p values of the ratios."""
        return two_sided_pvalues(self.ratios, self._dof)

    def interval(self, alpha: float = 0.05, kind: str | None = None) -> Bounds:
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
            return normal_interval(self.values, self.errors, alpha, self._dof)
        if self.draws is None:
            raise DataError(
                f"An interval of kind {chosen!r} needs draws: fit with cov_type='bootstrap' and "
                f"leave errors='bootstrap'."
            )
        low, high = interval_by_draws(self.values, self.draws, alpha, chosen)
        unknown = np.isnan(self.errors)
        return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)

    @property
    def _dof(self) -> FloatArray | None:
        return None if self.dof is None else np.asarray(self.dof)


def derive(
    coefficients: Coefficients,
    values: FloatArray,
    jacobian: FloatArray,
    draws: FloatArray | None = None,
) -> Derived:
    """Give numbers that follow from coefficients their standard errors.

    Parameters
    ----------
    coefficients : Coefficients
    values : array
    jacobian : (K, …) array
        Derivatives with respect to the coefficients, in the shape of `values`.
    draws : (D, …) array, optional
        The numbers in each draw, which then make the standard errors.
    """
    flat, cov = jacobian.reshape(len(jacobian), -1).T, coefficients.cov
    errors = np.sqrt(delta_variance(flat, cov)).reshape(values.shape)
    if draws is None:
        return Derived(values, errors, None, coefficients.dof_across)
    solvable = draws[np.isfinite(draws.reshape(len(draws), -1)).all(axis=1)]
    unknown = has_unknown_part(flat, cov).reshape(values.shape)
    spread = np.where(unknown, np.nan, solvable.std(axis=0, ddof=1))
    errors = np.where(errors == 0.0, 0.0, spread)
    return Derived(values, errors, solvable, coefficients.dof_across)


def draws_for(coefficients: Coefficients, errors: str | None) -> FloatArray | None:
    """Return the draws (D, K) that standard errors come from, None for the delta method.

    A coefficient without a resampling error, or fixed by constraints, is at its estimate.

    Parameters
    ----------
    coefficients : Coefficients
    errors : {"delta", "bootstrap"}, optional
        The bootstrap's where it is there, by default.

    Raises
    ------
    DataError
        If the draws are asked for and not there.
    """
    own = coefficients
    default = "delta" if own.draws is None else "bootstrap"
    chosen = default if errors is None else choose(errors, ERRORS, "kind of errors")
    if chosen == "delta":
        return None
    if own.draws is None:
        raise DataError("These results hold no bootstrap; fit with cov_type='bootstrap'.")
    return np.where(own.cov.diagonal() > 0.0, own.draws, own.b)
