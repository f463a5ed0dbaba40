"""An estimate with its names: what was done, residuals, measures of fit; on R where it can be."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simeq.covariance.covariance import Covariance
from simeq.design.sample_rows import SampleRows, require_rows
from simeq.estimation import goodness_of_fit as measures
from simeq.estimation.fit import Fit
from simeq.inference.coefficients import Coefficients
from simeq.linalg.bases import BoolArray, FloatArray
from simeq.moments.request import Request
from simeq.report.printed_table import number
from simeq.results.notes import describe

if TYPE_CHECKING:
    from simeq.model import SystemEquations


class FitResults(Coefficients):
    """A system's estimate with its names: coefficients, residuals, measures of fit.

    `SystemResults` tells its attributes, and adds what can be asked of an estimate.
    """

    def __init__(
        self,
        model: SystemEquations,
        fit: Fit,
        request: Request,
        robust: Covariance | None,
        use_t: bool,
    ) -> None:
        self.model = model
        self.method = fit.estimator.name
        self.cov_type = request.name
        groups = None if robust is None else robust.n_groups
        self._cov_note = None if robust is None else robust.note
        self._resampled = None if robust is None else robust.resampled
        self.constraints = fit.constraints
        self.n_iter = fit.n_iter
        self.converged = fit.converged
        self.change = fit.change
        self._fit = fit
        self._request = request
        self.df_resid = fit.df_resid
        dof = self._degrees_of_freedom(groups)
        super().__init__(
            fit.b,
            fit.cov if robust is None else robust.cov,
            model.index,
            model.system.coefficient_names,
            dof if use_t else None,
            float(self.df_resid if groups is None else groups - 1),
            groups,
        )

    def _degrees_of_freedom(self, groups: int | None) -> FloatArray:
        """Of Student's t (K,): g − 1 with clusters, else nG − K + r or n − k_i by convention."""
        system = self.model.system
        if groups is not None:
            return np.full(system.columns.size, groups - 1.0)
        if self._fit.choices.t_dof == "equation" and not self.constraints:
            return self._fit.df_by_coefficient.astype(np.float64)
        return np.full(system.columns.size, float(self.df_resid))

    # ------------------------------------------------------------------ what was done

    @property
    def title(self) -> str:
        """Name of the estimator in words."""
        return self._fit.estimator.title

    @property
    def uses_instruments(self) -> bool:
        """Whether the estimator uses instruments."""
        return self._fit.uses_instruments

    @property
    def sigma_dof(self) -> str:
        """Divisor of the residual covariance."""
        return self._fit.choices.sigma_dof

    @property
    def form(self) -> str | None:
        """Form of three-stage least squares where instruments differ by equation, else None."""
        return self._fit.form

    @property
    def cov_description(self) -> str:
        """Kind of the coefficients' covariance in words, with its clusters, lags or draws."""
        return self._cov_note or "nonrobust"

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that say what was done: estimator, divisor, distribution, sample."""
        return tuple(describe(self._fit, self._dof, self._cov_note))

    @property
    def _facts(self) -> tuple[tuple[str, str], ...]:
        """The system's numbers for the head of the summary."""
        system = self.system_rsquared
        return (
            ("Equations", f"{len(self.model.labels)}"),
            ("Observations", f"{self.nobs:,}"),
            ("Coefficients", f"{self._b.size}"),
            ("Constraints", f"{len(self.constraints)}"),
            ("Log-likelihood", number(self.llf)),
            ("McElroy R-squared", number(system["mcelroy"])),
            ("Judge R-squared", number(system["judge"])),
            ("Iterations", f"{self.n_iter}"),
        )

    # ------------------------------------------------------------------ sample and fit

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.model.nobs

    @property
    def nobs_dropped(self) -> int:
        """Rows of the data that miss a value."""
        return self.model.system.design.sample.nobs_dropped

    @property
    def df_model(self) -> int:
        """Free coefficients beside the constants: K − r less one for each equation with one."""
        free = self._b.size - len(self.constraints)
        return free - int(self.model.system.has_constant.sum())

    @cached_property
    def sigma(self) -> pd.DataFrame:
        """Residual covariance (G, G) of the last step: for OLS and 2SLS of their own residuals."""
        return self._by_equation(self._fit.sigma)

    @cached_property
    def sigma_resid(self) -> pd.DataFrame:
        """Residual covariance (G, G) of the final residuals, with the convention's divisor."""
        return self._by_equation(self._fit.sigma_resid)

    @property
    def _residual_correlation(self) -> FloatArray:
        """Correlation (G, G) of the final residuals."""
        sigma = self._fit.sigma_resid
        size = np.sqrt(sigma.diagonal())
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(sigma / np.multiply.outer(size, size))

    @cached_property
    def resid(self) -> pd.DataFrame:
        """Structural residuals (n, G) with the data's index."""
        return self._rows("residuals").frame(self.model.system.structural(self._b))

    @cached_property
    def fittedvalues(self) -> pd.DataFrame:
        """Right sides (n, G) at the data."""
        return self._rows("fitted values").frame(self.model.system.right_side(self._b))

    def _rows(self, what: str) -> SampleRows:
        return require_rows(self.model.sample_rows, what)

    @cached_property
    def _e(self) -> FloatArray:
        """Residuals in the coordinates of R: E'E = U'U."""
        return self.model.factor.r @ self.model.system.structural(self._b)

    @cached_property
    def rsquared(self) -> pd.Series[float]:
        """R² by equation, 1 − RSS/TSS with structural residuals; it can be negative.

        TSS is centred when the constant is in the span of the regressors; presets may differ.
        """
        system = self.model.system
        if self._fit.choices.rsquared == "correlation":
            fitted = system.factor.r @ system.right_side(self._b)
            return self._labelled(measures.squared_correlation(system.y, fitted), "rsquared")
        return self._labelled(measures.rsquared(self._e, system.y, self._is_centred), "rsquared")

    @property
    def _is_centred(self) -> BoolArray:
        """Whether the total sum of squares of each equation is about the mean (G,)."""
        constant = self.model.system.has_constant
        return np.asarray(constant | (self._fit.choices.rsquared == "centred"))

    @property
    def rsquared_adj(self) -> pd.Series[float]:
        """Adjusted R² by equation: 1 − (1 − R²)(n − 1)/(n − k), n for n − 1 when not centred."""
        r2 = np.asarray(self.rsquared, dtype=np.float64)
        values = measures.adjusted(r2, self.nobs, self._fit.counted_sizes, self._is_centred)
        return self._labelled(values, "rsquared_adj")

    @property
    def rmse(self) -> pd.Series[float]:
        """Root mean square of each equation's residuals, √(RSS/n)."""
        return self._labelled(np.sqrt((self._e**2).sum(axis=0) / self.nobs), "rmse")

    @property
    def system_rsquared(self) -> pd.Series[float]:
        """R² of the whole system: mcelroy, berndt, judge and dhrymes.

        See `simeq.estimation.goodness_of_fit.system_rsquared` for the formulas; they take the final
        residuals.
        """
        own = self._fit.sigma_resid if self._fit.choices.mcelroy_divisor else None
        found = measures.system_rsquared(
            self._e, self.model.system.y, np.asarray(self.rsquared, dtype=np.float64), own
        )
        return pd.Series(found, name="system_rsquared")

    @property
    def llf(self) -> float:
        """Normal log-likelihood of the residuals at Σ̂ = U'U/n.

        For methods with instruments it is that of the residuals alone, without a Jacobian.
        """
        return measures.log_likelihood(self._e, self.nobs)

    @property
    def aic(self) -> float:
        """−2 llf + 2 parameters, Σ's G(G+1)/2 among them; NaN for methods with instruments."""
        return -2.0 * self._likelihood + 2.0 * self._n_parameters

    @property
    def bic(self) -> float:
        """−2 llf + log(n) parameters; NaN for methods with instruments."""
        return float(-2.0 * self._likelihood + np.log(self.nobs) * self._n_parameters)

    @property
    def _likelihood(self) -> float:
        return self.llf if self._fit.estimator.has_likelihood else np.nan

    @property
    def _n_parameters(self) -> int:
        g = len(self.model.labels)
        return self._b.size - len(self.constraints) + g * (g + 1) // 2

    def _labelled(self, values: FloatArray, name: str) -> pd.Series[float]:
        return pd.Series(np.asarray(values, dtype=np.float64), list(self.model.labels), name=name)

    def _by_equation(self, values: FloatArray) -> pd.DataFrame:
        labels = list(self.model.labels)
        return pd.DataFrame(values.copy(), index=labels, columns=labels)
