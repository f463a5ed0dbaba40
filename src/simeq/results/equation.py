"""One equation of a system's results, in the shape that statsmodels' tables ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simeq.formula.coefficient_functions import Functions
from simeq.inference.coefficients import Coefficients
from simeq.inference.delta_method import FunctionResults, nonlinear
from simeq.prediction.results import EquationPrediction
from simeq.prediction.structural import structural_prediction
from simeq.report.summary import Block, Report, as_summary
from simeq.results import maketables

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from simeq.results.system import SystemResults


class EquationResults(Coefficients):
    """One equation of a system's results; `SystemResults.equations` holds them.

    It has what statsmodels' ``summary_col`` asks for.
    """

    def __init__(self, system: SystemResults, position: int) -> None:
        model = system.model
        ends = np.cumsum([0, *model.system.sizes])
        own = slice(ends[position], ends[position + 1])
        terms = [str(term) for term in model.index.get_level_values("term")[own]]
        dof = system._dof
        super().__init__(
            system._b[own],
            system._cov[own, own],
            pd.Index(terms, name="term"),
            terms,
            None if dof is None else dof[own],
            system._df_joint if system.n_groups else float(model.nobs - len(terms)),
            system.n_groups,
        )
        self.df_resid = model.nobs - len(terms)
        self.system = system
        self.label = model.labels[position]
        self.model = EquationNames(model.endog_names[position], terms)
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
        return len(self._names) - int(self.system.model.system.has_constant[self._position])

    @property
    def rsquared(self) -> float:
        """R², 1 − RSS/TSS with structural residuals."""
        return float(self.system.rsquared.iloc[self._position])

    @property
    def rsquared_adj(self) -> float:
        """Adjusted R²."""
        return float(self.system.rsquared_adj.iloc[self._position])

    @property
    def rmse(self) -> float:
        """Root mean square residual, √(RSS/n)."""
        return float(self.system.rmse.iloc[self._position])

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
        bounds = self.system.conf_int(alpha, kind).to_numpy()[self._own]
        return pd.DataFrame(bounds, index=self._index, columns=["lower", "upper"])

    def nonlinear(self, functions: Functions) -> FunctionResults:
        """Functions of the equation's coefficients; see `SystemResults.nonlinear`."""
        draws = self.system._draws
        return nonlinear(self, functions, None if draws is None else draws[:, self._own])

    def diagnostics(self, lags: int = 1) -> pd.DataFrame:
        """Make every test of the equation that applies; see `SystemResults.diagnostics`."""
        return self.system.diagnostics(lags, self.label)

    def predict(self, data: pd.DataFrame | Mapping[str, Any] | None = None) -> pd.Series[float]:
        """Right side of the equation at new data; see `SystemResults.predict`."""
        if data is None:
            return self.fittedvalues
        model = self.system.model
        return model.predict(self.system._b, data, [self.label])[self.label]

    def get_prediction(
        self, data: pd.DataFrame | Mapping[str, Any] | None = None
    ) -> EquationPrediction:
        """Right side with standard errors and intervals; see `SystemResults.get_prediction`.

        Only the equation's own regressors are needed in `data`.
        """
        system = self.system
        rows = system.model.sample_rows
        found = structural_prediction(
            system._fit, system._cov, system._dof, rows, data, [self.label]
        )
        return found.equations[self.label]

    to_list = maketables.to_list
    __maketables_coef_table__ = property(maketables.coef_table)
    __maketables_stat__ = maketables.equation_stat
    __maketables_depvar__ = property(maketables.equation_depvar)
    __maketables_fixef_string__ = None
    __maketables_stat_labels__ = property(maketables.stat_labels)
    __maketables_default_stat_keys__ = property(maketables.equation_stat_keys)

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
        letter = "t" if self.use_t else "z"
        bounds = self.conf_int(alpha)
        coefficients = pd.DataFrame(
            {
                "coef": self.params,
                "std err": self.bse,
                letter: self.tvalues,
                f"P>|{letter}|": self.pvalues,
                f"[{alpha / 2:g}": bounds["lower"],
                f"{1 - alpha / 2:g}]": bounds["upper"],
            }
        )
        fit = (
            ("R-squared", self.rsquared),
            ("Adj. R-squared", self.rsquared_adj),
            ("RMSE", self.rmse),
        )
        return Block(f"Equation {self.label}: {self.model.endog_names}", fit, coefficients)

    def _repr_html_(self) -> str:
        return str(self.summary().as_html())

    def __repr__(self) -> str:
        """Say in one line which equation this is."""
        return f"<EquationResults {self.label}: {len(self._names)} coefficients>"


@dataclass(frozen=True)
class EquationNames:
    """The names of an equation's columns, as statsmodels' tables ask a model for them."""

    endog_names: str
    exog_names: list[str]
