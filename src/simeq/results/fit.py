"""A system's estimate with its names: what was done, residuals, measures of fit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import pandas as pd

from simeq.covariance.covariance import Covariance
from simeq.design.sample_rows import SampleRows, require_rows
from simeq.diagnostics.tests import Diagnostics
from simeq.errors import DataError
from simeq.estimation import goodness_of_fit as measures
from simeq.estimation.fit import Fit
from simeq.inference.coefficients import Coefficients
from simeq.inference.intervals import interval_kind
from simeq.inference.results import CoefficientResults
from simeq.linalg.bases import FloatArray
from simeq.moments.request import Request
from simeq.resampling.results import Bootstrap
from simeq.results.notes import describe

_Kind = TypeVar("_Kind")


class FittedModel(Protocol):
    """What results say of the model that made them; they themselves do not ask it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the equations."""

    @property
    def equations(self) -> dict[str, str]:
        """Formulas by label."""

    @property
    def nobs(self) -> int:
        """Rows of the sample."""

    @property
    def fit(self) -> Callable[..., Any]:
        """Estimate the system by another method."""


class FitResults(CoefficientResults):
    """A system's estimate with its names: coefficients, residuals, measures of fit.

    `SystemResults` tells its attributes, and adds what can be asked of an estimate.

    Parameters
    ----------
    fit : Fit
    sample_rows : SampleRows or None
    request : Request
        The kind of covariance that was asked for.
    covariance : Covariance
        Of the coefficients.
    use_t : bool
    model : SystemEquations
    """

    def __init__(
        self,
        fit: Fit,
        sample_rows: SampleRows | None,
        request: Request,
        covariance: Covariance,
        use_t: bool,
        model: FittedModel,
    ) -> None:
        self.df_resid = fit.df_resid
        super().__init__(_coefficients(fit, covariance, self.df_resid, use_t))
        self.fit = fit
        self.sample_rows = sample_rows
        self.request = request
        self.covariance = covariance
        self.model = model
        self.method = fit.estimator.name
        self.cov_type = request.name
        self.constraints = fit.constraints
        self.n_iter = fit.n_iter
        self.converged = fit.converged
        self.change = fit.change

    # ------------------------------------------------------------------ what was done

    @property
    def title(self) -> str:
        """Name of the estimator in words."""
        return self.fit.estimator.title

    @property
    def uses_instruments(self) -> bool:
        """Whether the estimator uses instruments."""
        return self.fit.uses_instruments

    @property
    def sigma_dof(self) -> str:
        """Divisor of the residual covariance."""
        return self.fit.choices.sigma_dof

    @property
    def form(self) -> str | None:
        """Form of three-stage least squares where instruments differ by equation, else None."""
        return self.fit.form

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that say what was done: estimator, divisor, distribution, sample."""
        return tuple(describe(self.fit, self.covariance, self.coefficients.dof))

    @cached_property
    def tests(self) -> Diagnostics:
        """Each test of the estimate by its name, as ``result.tests.sargan("demand")``."""
        return Diagnostics(self.fit, self.request, self.sample_rows, self.use_t)

    # ------------------------------------------------------------------ draws

    @property
    def bootstrap(self) -> Bootstrap:
        """Draws, after ``cov_type="bootstrap"``."""
        return self._resampled(Bootstrap, "bootstrap")

    def _resampled(self, kind: type[_Kind], name: str) -> _Kind:
        """Return what resampling left behind, if it was of that kind."""
        if not isinstance(self.covariance.resampled, kind):
            raise DataError(f"These results hold no {name}; fit with cov_type={name!r}.")
        return self.covariance.resampled

    def conf_int(self, alpha: float = 0.05, kind: str = "normal") -> pd.DataFrame:
        """Confidence intervals.

        Parameters
        ----------
        alpha : float
            One minus the coverage, in (0, 1).
        kind : {"normal", "percentile", "basic", "studentised"}
            By standard errors and the results' distribution, or by the bootstrap's draws.

        Returns
        -------
        DataFrame
            Columns lower and upper, a row for each coefficient.
        """
        bounds = self.coefficients.interval(alpha)
        if interval_kind(kind) != "normal":
            bounds = tuple(self.bootstrap.conf_int(self.coefficients.b, alpha, kind).T)
        return self._bounds(bounds)

    # ------------------------------------------------------------------ sample and fit

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.fit.system.factor.nobs

    @property
    def nobs_dropped(self) -> int:
        """Rows of the data that miss a value."""
        return self.fit.system.design.sample.nobs_dropped

    @property
    def df_model(self) -> int:
        """Free coefficients beside the constants: K − r less one for each equation with one."""
        free = self.fit.b.size - len(self.constraints)
        return free - int(self.fit.system.has_constant.sum())

    @cached_property
    def sigma(self) -> pd.DataFrame:
        """Residual covariance (G, G) of the last step: for OLS and 2SLS of their own residuals."""
        return self._by_equation(self.fit.sigma)

    @cached_property
    def sigma_resid(self) -> pd.DataFrame:
        """Residual covariance (G, G) of the final residuals, with the convention's divisor."""
        return self._by_equation(self.fit.sigma_resid)

    @cached_property
    def resid(self) -> pd.DataFrame:
        """Structural residuals (n, G) with the data's index."""
        rows = require_rows(self.sample_rows, "residuals")
        return rows.frame(self.fit.system.structural(self.fit.b))

    @cached_property
    def fittedvalues(self) -> pd.DataFrame:
        """Right sides (n, G) at the data."""
        rows = require_rows(self.sample_rows, "fitted values")
        return rows.frame(self.fit.system.right_side(self.fit.b))

    @cached_property
    def rsquared(self) -> pd.Series[float]:
        """R² by equation, 1 − RSS/TSS with structural residuals; it can be negative.

        TSS is centred when the constant is in the span of the regressors; presets may differ.
        """
        return self._labelled(measures.rsquared(self.fit), "rsquared")

    @property
    def rsquared_adj(self) -> pd.Series[float]:
        """Adjusted R² by equation: 1 − (1 − R²)(n − 1)/(n − k), n for n − 1 when not centred."""
        return self._labelled(measures.adjusted_rsquared(self.fit), "rsquared_adj")

    @property
    def rmse(self) -> pd.Series[float]:
        """Root mean square of each equation's residuals, √(RSS/n)."""
        return self._labelled(measures.root_mean_square(self.fit), "rmse")

    @property
    def system_rsquared(self) -> pd.Series[float]:
        """R² of the whole system: mcelroy, berndt, judge and dhrymes.

        See `simeq.estimation.goodness_of_fit.system_rsquared` for the formulas; they take the final
        residuals.
        """
        return pd.Series(measures.system_rsquared(self.fit), name="system_rsquared")

    @property
    def llf(self) -> float:
        """Normal log-likelihood of the residuals at Σ̂ = U'U/n.

        For methods with instruments it is that of the residuals alone, without a Jacobian.
        """
        return measures.log_likelihood(measures.residuals_on_r(self.fit), self.nobs)

    @property
    def aic(self) -> float:
        """−2 llf + 2 parameters, Σ's G(G+1)/2 among them; NaN for methods with instruments."""
        return measures.information_criterion(self.fit, 2.0)

    @property
    def bic(self) -> float:
        """−2 llf + log(n) parameters; NaN for methods with instruments."""
        return measures.information_criterion(self.fit, np.log(self.nobs))

    def _labelled(self, values: FloatArray, name: str) -> pd.Series[float]:
        return pd.Series(values, list(self.fit.system.labels), name=name)

    def _by_equation(self, values: FloatArray) -> pd.DataFrame:
        labels = list(self.fit.system.labels)
        return pd.DataFrame(values.copy(), index=labels, columns=labels)

    # ------------------------------------------------------------------ copies

    def __copy__(self) -> Self:
        """Return the same results, rows included; what is derived from rows is derived again."""
        other = object.__new__(type(self))  # copy.copy would go by __getstate__, without rows
        other.__dict__.update(self._stored)
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Stored facts, without rows, labels of rows and what is derived from them."""
        return {**self._stored, "sample_rows": None, "request": Request(self.cov_type, {})}

    @property
    def _stored(self) -> dict[str, Any]:
        """Attributes that do not hold rows of their own."""
        derived = {"resid", "fittedvalues", "equations", "tests"}
        return {name: value for name, value in self.__dict__.items() if name not in derived}


def _coefficients(fit: Fit, covariance: Covariance, df_resid: int, use_t: bool) -> Coefficients:
    """Give an estimate the covariance and the distribution of its coefficients."""
    groups, drawn = covariance.n_groups, covariance.resampled
    df_joint = float(df_resid if groups is None else groups - 1)
    return Coefficients(
        fit.b,
        covariance.cov,
        fit.system.index,
        fit.system.coefficient_names,
        _degrees_of_freedom(fit, df_joint, groups) if use_t else None,
        df_joint,
        groups,
        covariance.note,
        drawn.values if isinstance(drawn, Bootstrap) else None,
    )


def _degrees_of_freedom(fit: Fit, df_joint: float, groups: int | None) -> FloatArray:
    """Of Student's t (K,): n − k_i by convention, else as in joint tests: g − 1 or nG − K + r."""
    if groups is None and fit.choices.convention.t_dof == "equation" and not fit.constraints:
        return fit.df_by_coefficient.astype(np.float64)
    return np.full(fit.b.size, df_joint)
