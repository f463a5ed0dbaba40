"""One equation of a system's results, in the shape that statsmodels' tables ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.iolib.summary import Summary

from simeq.diagnostics.all_tests import diagnostics_table
from simeq.estimation import goodness_of_fit as measures
from simeq.formula.coefficient_functions import Functions
from simeq.inference.functions import FunctionResults, nonlinear
from simeq.inference.results import CoefficientResults, statistics
from simeq.prediction.results import EquationPrediction
from simeq.prediction.structural import right_sides, structural_prediction
from simeq.report.summary import Block, Report, as_summary
from simeq.results import maketables
from simeq.results.fit import FitResults


class EquationResults(CoefficientResults):
    """One equation of a system's results; `SystemResults.equations` holds them.

    It has what statsmodels' ``summary_col`` asks for.
    """

    def __init__(self, system: FitResults, position: int) -> None:
        whole, n_groups = system.fit.system, system.n_groups
        ends = np.cumsum([0, *whole.sizes])
        own = slice(ends[position], ends[position + 1])
        terms = [term for _, term in whole.terms[own]]
        df_resid = system.nobs - len(terms)
        df_joint = system.coefficients.df_joint if n_groups else float(df_resid)
        super().__init__(system.coefficients.part(own, terms, df_joint))
        self.df_resid = df_resid
        self.system = system
        self.label = whole.labels[position]
        self.model = EquationNames(whole.design.names[whole.design.dependents[position]], terms)
        self.method = system.method
        self._position = position
        self._own = own

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.system.nobs

    @property
    def df_model(self) -> int:
        """Regressors beside the constant."""
        return self.coefficients.b.size - int(self.system.fit.system.has_constant[self._position])

    @property
    def rsquared(self) -> float:
        """R², 1 − RSS/TSS with structural residuals."""
        return float(measures.rsquared(self.system.fit)[self._position])

    @property
    def rsquared_adj(self) -> float:
        """Adjusted R²."""
        return float(measures.adjusted_rsquared(self.system.fit)[self._position])

    @property
    def rmse(self) -> float:
        """Root mean square residual, √(RSS/n)."""
        return float(measures.root_mean_square(self.system.fit)[self._position])

    @property
    def resid(self) -> pd.Series[float]:
        """Structural residuals (n,)."""
        return self.system.resid[self.label]

    @property
    def fittedvalues(self) -> pd.Series[float]:
        """Right side (n,) at the data."""
        return self.system.fittedvalues[self.label]

    def conf_int(self, alpha: float = 0.05, kind: str = "normal") -> pd.DataFrame:
        """Confidence intervals of the equation's coefficients; see `SystemResults.conf_int`."""
        bounds = self.system.conf_int(alpha, kind).iloc[self._own]
        return bounds.set_axis(self.coefficients.index)

    def nonlinear(self, functions: Functions) -> FunctionResults:
        """Functions of the equation's coefficients; see `SystemResults.nonlinear`."""
        return nonlinear(self.coefficients, functions)

    def diagnostics(self, lags: int = 1) -> pd.DataFrame:
        """Make every test of the equation that applies; see `SystemResults.diagnostics`."""
        return diagnostics_table(self.system.tests, lags, self.label)

    def predict(self, data: pd.DataFrame | Mapping[str, Any] | None = None) -> pd.Series[float]:
        """Right side of the equation at new data; see `SystemResults.predict`."""
        if data is None:
            return self.fittedvalues
        own = self.system
        found = right_sides(own.fit.system, own.fit.b, own.sample_rows, data, [self.label])
        return found[self.label]

    def get_prediction(
        self, data: pd.DataFrame | Mapping[str, Any] | None = None
    ) -> EquationPrediction:
        """Right side with standard errors and intervals; see `SystemResults.get_prediction`.

        Only the equation's own regressors are needed in `data`.
        """
        own = self.system
        found = structural_prediction(
            own.fit, own.coefficients, own.sample_rows, data, [self.label]
        )
        return found.equations[self.label]

    to_list = maketables.to_list
    __maketables_coef_table__ = property(maketables.coef_table)
    __maketables_fixef_string__ = None

    @property
    def __maketables_depvar__(self) -> str:
        return self.model.endog_names

    def __maketables_stat__(self, key: str) -> Any:
        return maketables.equation_stat(self, self.system, key)

    @property
    def __maketables_stat_labels__(self) -> dict[str, str]:
        return maketables.stat_labels()

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        return list(maketables.EQUATION_KEYS)

    @property
    def __maketables_vcov_info__(self) -> dict[str, Any]:
        return maketables.vcov_info(self.system)

    def summary(self, alpha: float = 0.05) -> Summary:
        """Return the equation's results as a table.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        one = np.ones((1, 1))
        title, notes = self.system.title, self.system.notes
        return as_summary(Report(title, (), (self.block(alpha),), (self.label,), one, notes))

    def block(self, alpha: float = 0.05) -> Block:
        """Return the equation's numbers as a summary prints them."""
        ends = [f"[{alpha / 2:g}", f"{1 - alpha / 2:g}]"]
        fit = {"R-squared": self.rsquared, "Adj. R-squared": self.rsquared_adj, "RMSE": self.rmse}
        return Block(
            f"Equation {self.label}: {self.model.endog_names}",
            tuple(fit.items()),
            statistics(self, "coef", self.conf_int(alpha).set_axis(ends, axis=1)),
        )

    def _repr_html_(self) -> str:
        return str(self.summary().as_html())

    def __repr__(self) -> str:
        """Say in one line which equation this is."""
        return f"<EquationResults {self.label}: {self.coefficients.b.size} coefficients>"


@dataclass(frozen=True)
class EquationNames:
    """The names of an equation's columns, as statsmodels' tables ask a model for them."""

    endog_names: str
    exog_names: list[str]
