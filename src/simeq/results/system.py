"""Results: few stored facts, the rest derived when asked, on R wherever it can be."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.iolib.summary import Summary

from simeq.diagnostics.all_tests import diagnostics_table
from simeq.diagnostics.hypothesis_test import HypothesisTest
from simeq.errors import choose, count
from simeq.estimation.goodness_of_fit import residual_correlation
from simeq.formula.coefficient_functions import Functions
from simeq.formula.constraints import Constraints
from simeq.inference.functions import FunctionResults, nonlinear
from simeq.prediction.results import KINDS, Prediction
from simeq.prediction.structural import right_sides, structural_prediction
from simeq.reduced_form.forecasts import forecast
from simeq.reduced_form.results import ReducedForm, reduced_form
from simeq.report.summary import Report, as_summary
from simeq.resampling.results import Jackknife
from simeq.resampling.wild.results import WildTest
from simeq.resampling.wild.test import wild_test
from simeq.results import maketables
from simeq.results.equation import EquationResults
from simeq.results.fit import FitResults
from simeq.results.notes import headline


class SystemResults(FitResults):
    """Results of a system; made by `SystemEquations.fit`.

    Attributes
    ----------
    model : SystemEquations
    fit : Fit
        The estimate as arrays, with its system.
    coefficients : Coefficients
        Coefficients, their covariance, distribution and draws as arrays.
    method : str
        Name of the estimator.
    cov_type : str
        Kind of the coefficients' covariance.
    n_groups : int or None
        Clusters, the smaller number of two-way ones.
    n_iter : int
        Generalised least squares steps taken.
    converged : bool
        Whether an iterated method met its tolerance; True for the others.
    change : float
        The last change of an iterated method, in the units of its criterion.
    constraints : tuple of str
        Restrictions imposed.
    df_resid : int
        nG − K + r.
    """

    def nonlinear(self, functions: Functions) -> FunctionResults:
        """Functions of coefficients by the delta method, derivatives exact.

        Parameters
        ----------
        functions : str or list of str
            As ``"[a]x * [b]y"``, ``"exp([a]x) / (1 - [b]y) = 2"``: arithmetic with coefficients,
            numbers, exp, log, sqrt and abs. With an equals sign, left less right. The text is
            read, never evaluated as code.

        Returns
        -------
        FunctionResults
            With params, bse, pvalues, ``conf_int(alpha, kind)`` (by the draws after
            ``cov_type="bootstrap"``) and tests, by the functions' texts.

        Raises
        ------
        ConstraintError
            If a function cannot be read, or is undefined at the estimates.

        Examples
        --------
        >>> from simeq import SystemEquations, datasets
        >>> panel = datasets.simulate_interaction(seed=1)
        >>> result = SystemEquations(datasets.INTERACTION_EQUATIONS, panel).fit("3sls")
        >>> gain = result.nonlinear("[productivity]manufacture * [manufacture]productivity")
        >>> gain.summary_frame().round(3).to_numpy().tolist()[0][:2]
        [0.335, 0.021]
        """
        return nonlinear(self.coefficients, functions)

    # ------------------------------------------------------------------ diagnostics

    def diagnostics(self, lags: int = 1, equation: str | None = None) -> pd.DataFrame:
        """Make every test that applies to the estimate, unrounded.

        Of each equation: valid instruments (Sargan, Basmann, Hansen J), endogeneity (Wu-Hausman,
        Wooldridge), strength of instruments (first-stage F, Sanderson-Windmeijer, Cragg-Donald,
        Kleibergen-Paap, effective F), zero effect whatever their strength (Anderson-Rubin),
        changing variance and serial correlation of errors. Of all equations: valid instruments
        (Hansen-Sargan, Hansen J), Hausman's test against the estimate that assumes less,
        correlation of errors.

        Tests of one equation read its own two-stage estimate, without constraints. Robust forms
        allow for what ``cov_type`` allows for, and for heteroskedasticity where it is nonrobust.

        Parameters
        ----------
        lags : int
            Rows back to which errors may be correlated; within clusters if there are any.
        equation : str, optional
            Make those of this equation alone.

        Returns
        -------
        DataFrame
            Columns equation ("system" for all), test, statistic, df, df_denom (NaN for χ²), pvalue
            and null, the null hypothesis in words. ``attrs["left_out"]`` says which tests could
            not be made, and why.

        Raises
        ------
        SimeqError
            If lags are no whole number of rows, or there is no such equation.
        """
        return diagnostics_table(self.tests, lags, equation)

    def first_stage(self) -> pd.DataFrame:
        """Measure how the instruments move each endogenous regressor.

        Returns
        -------
        DataFrame
            A row for each (equation, endogenous); columns rsquared, partial_rsquared,
            shea_rsquared, f with df, df_denom and f_pvalue, f_robust and f_robust_pvalue,
            sanderson_windmeijer and sanderson_windmeijer_pvalue. ``attrs["left_out"]`` says which
            equations and robust tests are not there, and why.

        Raises
        ------
        SimeqError
            If no regressor is endogenous.
        """
        return self.tests.first_stage()

    def hausman(self, other: SystemResults, robust: bool = False) -> HypothesisTest:
        """Test the difference from another estimate of the same model, in any order.

        See `simeq.diagnostics.hausman.hausman`: the variance of the difference is positive
        semi-definite by construction, and its rank the degrees of freedom.

        Parameters
        ----------
        other : SystemResults
        robust : bool
            Whether the variance allows for what this result's ``cov_type`` allows for.
        """
        return self.tests.hausman(other, robust)

    # ------------------------------------------------------------------ resampling

    @property
    def jackknife(self) -> Jackknife:
        """Estimates with one cluster left out, after ``cov_type="jackknife"``."""
        return self._resampled(Jackknife, "jackknife")

    def wild_test(
        self,
        restrictions: Constraints,
        *,
        weights: str = "webb",
        n_boot: int = 999,
        groups: Any = None,
        seed: int | np.random.Generator | None = None,
    ) -> WildTest:
        """Test linear restrictions by the restricted wild cluster bootstrap.

        See `simeq.resampling.wild.test.wild_test` for the method, its sources and the arguments.

        Returns
        -------
        WildTest
            With ``statistic``, ``pvalue`` and ``conf_int(alpha)`` by inversion of the test.
        """
        rows, clusters = self.sample_rows, self.n_groups
        return wild_test(self.fit, rows, clusters, restrictions, weights, n_boot, groups, seed)

    # ------------------------------------------------------------------ reduced form

    def reduced_form(self, errors: str | None = None) -> ReducedForm:
        """Total effects of exogenous variables on endogenous ones, and how strong feedback is.

        Parameters
        ----------
        errors : {"delta", "bootstrap"}, optional
            Where standard errors come from: the covariance of the coefficients by the delta
            method, or a bootstrap's draws, the default after ``cov_type="bootstrap"``.

        Returns
        -------
        ReducedForm
            With ``params``, ``bse``, ``pvalues`` (endogenous by exogenous), ``structural``,
            ``loop_gain``, ``spectral_radius``, ``determinant``; where lags are declared,
            ``impact``, ``interim(h)``, ``cumulative(h)``, ``long_run``.

        Raises
        ------
        FormulaError
            If a right side holds an endogenous column that neither an equation nor an identity
            determines, or one that is nonlinear in an endogenous variable.
        SingularError
            If the equations cannot be solved for the endogenous variables.

        Examples
        --------
        >>> from simeq import SystemEquations, datasets
        >>> model = SystemEquations(
        ...     {"consumption": "consump ~ gnp", "investment": "invest ~ gnp + capitalLag"},
        ...     datasets.load_klein(), exog="govWage", identities="gnp = consump + invest + govExp")
        >>> print(model.fit("3sls").reduced_form().params["govExp"].round(3).to_dict())
        {'consump': 2.419, 'invest': 0.104, 'gnp': 3.522}
        """
        return reduced_form(self.fit, self.coefficients, errors)

    # ------------------------------------------------------------------ equations, prediction

    @cached_property
    def equations(self) -> dict[str, EquationResults]:
        """Each equation's results by its label."""
        return {label: EquationResults(self, i) for i, label in enumerate(self.fit.system.labels)}

    def predict(self, data: pd.DataFrame | Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Right sides of the equations at new data.

        Parameters
        ----------
        data : DataFrame or mapping, optional
            Only the regressors' columns are needed; the sample by default.

        Returns
        -------
        DataFrame
            A column for each equation; NaN where a regressor is missing, or where one that was left
            out (a category that a group of rows lacks, a collinear column) would matter. A
            transformed dependent stays transformed.
        """
        if data is None:
            return self.fittedvalues
        return right_sides(self.fit.system, self.fit.b, self.sample_rows, data)

    def get_prediction(
        self, data: pd.DataFrame | Mapping[str, Any] | None = None, kind: str = "structural"
    ) -> Prediction:
        """Predictions with standard errors and intervals.

        Parameters
        ----------
        data : DataFrame or mapping, optional
            Only the columns that are used are needed; the sample by default.
        kind : {"structural", "reduced", "dynamic"}
            The right side of each equation at the given columns, endogenous ones among them; or
            forecasts of all endogenous variables, identities' left sides too, from exogenous
            columns alone; or those with lags from the forecasts of earlier rows, which are then
            consecutive periods of one unit.

        Returns
        -------
        Prediction
            With ``predicted_mean``, ``se_mean``, ``se_obs``, ``conf_int(obs, alpha)`` and
            ``summary_frame(alpha)``; NaN as in `predict`. A transformed dependent stays
            transformed.

        Examples
        --------
        >>> from simeq import SystemEquations, datasets
        >>> klein = datasets.load_klein()
        >>> result = SystemEquations(["consump ~ wages", "invest ~ capitalLag"], klein).fit("sur")
        >>> frame = result.get_prediction({"wages": [40.0], "capitalLag": [200.0]}).summary_frame()
        >>> frame["consump"].round(2)
            mean  mean_se  mean_ci_lower  mean_ci_upper  obs_ci_lower  obs_ci_upper
        0  52.46     0.33          51.81          53.11         49.29         55.63
        """
        chosen = choose(kind, KINDS, "kind of prediction")
        if chosen != "structural":
            return forecast(self.fit, self.coefficients, self.sample_rows, data, chosen)
        return structural_prediction(self.fit, self.coefficients, self.sample_rows, data)

    # ------------------------------------------------------------------ presentation

    to_list = maketables.to_list
    __maketables_coef_table__ = property(maketables.coef_table)
    __maketables_depvar__ = property(maketables.system_depvar)
    __maketables_fixef_string__ = None
    __maketables_var_labels__ = property(maketables.var_labels)
    __maketables_vcov_info__ = property(maketables.vcov_info)
    __maketables_default_stat_keys__ = property(maketables.system_stat_keys)

    def __maketables_stat__(self, key: str) -> Any:
        return maketables.system_stat(self, self.equations, key)

    @property
    def __maketables_stat_labels__(self) -> dict[str, str]:
        return maketables.stat_labels(self.fit.system.labels)

    def summary(self, alpha: float = 0.05) -> Summary:
        """Return the results as tables: a block for each equation, then Σ and notes.

        Returns
        -------
        statsmodels.iolib.summary.Summary
            With ``as_text()``, ``as_html()``, ``as_latex()`` and ``as_csv()``.
        """
        blocks = tuple(equation.block(alpha) for equation in self.equations.values())
        labels, correlation = self.fit.system.labels, residual_correlation(self.fit)
        title, facts = f"System: {self.title}", headline(self.fit)
        return as_summary(Report(title, facts, blocks, labels, correlation, self.notes))

    def _repr_html_(self) -> str:
        return str(self.summary().as_html())

    def __repr__(self) -> str:
        """Say in one line what was estimated."""
        equations = count(len(self.fit.system.labels), "equation")
        return (
            f"<SystemResults: {self.title.lower()}, {equations}, "
            f"{self.fit.b.size} coefficients, {self.nobs:,} rows>"
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Pickle the results without rows; `simeq.load` reads them.

        A pickle is code: load only files that you trust.
        """
        Path(path).write_bytes(pickle.dumps(self))
