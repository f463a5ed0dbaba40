"""Results: few stored facts, the rest derived when asked, on R wherever it can be."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from simeq import maketables, measures
from simeq._linalg import BoolArray, FloatArray
from simeq.constraints import Constraints
from simeq.conventions import choose
from simeq.covariance import Covariance
from simeq.description import describe
from simeq.diagnostics.battery import Diagnostics
from simeq.diagnostics.record import HypothesisTest
from simeq.diagnostics.table import diagnostics_table
from simeq.equation_results import EquationResults
from simeq.errors import DataError
from simeq.fitted import Fit
from simeq.functions import Functions
from simeq.inference import Coefficients
from simeq.meat import Request
from simeq.nonlinear import FunctionResults, nonlinear
from simeq.observations import Observations, require_rows
from simeq.prediction import KINDS, Prediction, structural_prediction
from simeq.resampling.results import Bootstrap, Jackknife
from simeq.resampling.wild import wild_test
from simeq.resampling.wild_results import WildTest
from simeq.summary import Report, render
from simeq.tables import number

_Kind = TypeVar("_Kind")

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

    from simeq.model import SystemEquations


class SystemResults(Coefficients):
    """Results of a system; made by `SystemEquations.fit`.

    Attributes
    ----------
    model : SystemEquations
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

    def __init__(
        self,
        model: SystemEquations,
        fit: Fit,
        request: Request,
        robust: Covariance | None,
        use_t: bool,
    ) -> None:
        estimate = fit.estimate
        self.model = model
        self.method = fit.method.name
        self.cov_type = request.name
        groups = None if robust is None else robust.n_groups
        self._cov_note = None if robust is None else robust.note
        self._resampled = None if robust is None else robust.resampled
        self.constraints = fit.constraints
        self.n_iter = estimate.n_iter
        self.converged = estimate.converged
        self.change = estimate.change
        self._fit = fit
        self._request = request
        self.df_resid = fit.df_resid
        dof = self._degrees_of_freedom(groups)
        super().__init__(
            estimate.params,
            estimate.cov if robust is None else robust.cov,
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
        if self._fit.convention.t_dof == "equation" and not self.constraints:
            return np.asarray(self.nobs - system.sizes[system.equation], dtype=np.float64)
        return np.full(system.columns.size, float(self.df_resid))

    # ------------------------------------------------------------------ what was done

    @property
    def title(self) -> str:
        """Name of the estimator in words."""
        return self._fit.method.title

    @property
    def uses_instruments(self) -> bool:
        """Whether the estimator uses instruments."""
        return self._fit.method.instruments

    @property
    def sigma_dof(self) -> str:
        """Divisor of the residual covariance."""
        return self._fit.convention.sigma_dof(self._fit.method)

    @property
    def form(self) -> str | None:
        """Form of three-stage least squares where instruments differ by equation, else None."""
        differ = self.model.system.instruments_differ
        return self._fit.convention.form if self.uses_instruments and differ else None

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
        return self._by_equation(self._fit.estimate.sigma)

    @cached_property
    def sigma_resid(self) -> pd.DataFrame:
        """Residual covariance (G, G) of the final residuals, with the convention's divisor."""
        return self._by_equation(self._fit.estimate.sigma_resid)

    @cached_property
    def resid(self) -> pd.DataFrame:
        """Structural residuals (n, G) with the data's index."""
        return self._rows("residuals").frame(self.model.system.structural(self._b))

    @cached_property
    def fittedvalues(self) -> pd.DataFrame:
        """Right sides (n, G) at the data."""
        return self._rows("fitted values").frame(self.model.system.right_side(self._b))

    def _rows(self, what: str) -> Observations:
        return require_rows(self.model.observations, what)

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
        if self._fit.convention.rsquared == "correlation":
            fitted = system.factor.r @ system.right_side(self._b)
            return self._labelled(measures.squared_correlation(system.y, fitted), "rsquared")
        return self._labelled(measures.rsquared(self._e, system.y, self._is_centred), "rsquared")

    @property
    def _is_centred(self) -> BoolArray:
        """Whether the total sum of squares of each equation is about the mean (G,)."""
        constant = self.model.system.has_constant
        return np.asarray(constant | (self._fit.convention.rsquared == "centred"))

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

        See `simeq.measures.system_rsquared` for the formulas; the final residuals are used.
        """
        own = self._fit.estimate.sigma_resid if self._fit.convention.mcelroy_divisor else None
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
        return np.nan if self._fit.method.instruments else self.llf

    @property
    def _n_parameters(self) -> int:
        g = len(self.model.labels)
        return self._b.size - len(self.constraints) + g * (g + 1) // 2

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
        return nonlinear(self, functions, self._draws)

    @property
    def _draws(self) -> FloatArray | None:
        """Coefficients of the bootstrap's draws (D, K), if there are any."""
        if not isinstance(self._resampled, Bootstrap):
            return None
        return self._resampled.params.to_numpy(dtype=np.float64)

    # ------------------------------------------------------------------ diagnostics

    @cached_property
    def tests(self) -> Diagnostics:
        """Each test of the estimate by its name, as ``result.tests.sargan("demand")``."""
        return Diagnostics(self._fit, self._request, self.model.observations, self.use_t)

    def diagnostics(self, lags: int = 1) -> pd.DataFrame:
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

        Returns
        -------
        DataFrame
            Columns equation ("system" for all), test, statistic, df, df_denom (NaN for χ²), pvalue
            and null, the null hypothesis in words. ``attrs["left_out"]`` says which tests could
            not be made, and why.

        Raises
        ------
        SimeqError
            If lags are no whole number of rows.
        """
        return diagnostics_table(self.tests, lags)

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
        return self._resampling(Jackknife, "jackknife")

    @property
    def bootstrap(self) -> Bootstrap:
        """Draws, after ``cov_type="bootstrap"``."""
        return self._resampling(Bootstrap, "bootstrap")

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

        See `simeq.resampling.wild.wild_test` for the method, its sources and the arguments.

        Returns
        -------
        WildTest
            With ``statistic``, ``pvalue`` and ``conf_int(alpha)`` by inversion of the test.
        """
        return wild_test(
            self, restrictions, weights=weights, n_boot=n_boot, groups=groups, seed=seed
        )

    def _resampling(self, kind: type[_Kind], name: str) -> _Kind:
        if not isinstance(self._resampled, kind):
            raise DataError(f"These results hold no {name}; fit with cov_type={name!r}.")
        return self._resampled

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
        bounds = super().conf_int(alpha)
        if kind == "normal":
            return bounds
        bounds[["lower", "upper"]] = self.bootstrap.conf_int(self._b, alpha, kind)
        return bounds

    # ------------------------------------------------------------------ equations, prediction

    @cached_property
    def equations(self) -> dict[str, EquationResults]:
        """Each equation's results by its label."""
        return {label: EquationResults(self, i) for i, label in enumerate(self.model.labels)}

    def predict(self, data: pd.DataFrame | Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Right sides of the equations at new data.

        Parameters
        ----------
        data : DataFrame or mapping, optional
            Only the regressors' columns are needed; the sample by default.

        Returns
        -------
        DataFrame
            A column for each equation; NaN where a regressor is missing. A transformed dependent
            stays transformed.
        """
        return self.fittedvalues if data is None else self.model.predict(self._b, data)

    def get_prediction(
        self,
        data: pd.DataFrame | Mapping[str, Any] | None = None,
        kind: str = "structural",
    ) -> Prediction:
        """Predictions with standard errors and intervals.

        Parameters
        ----------
        data : DataFrame or mapping, optional
            Only the regressors' columns are needed; the sample by default.
        kind : {"structural"}
            The right side of each equation at the given columns, endogenous ones among them.

        Returns
        -------
        Prediction
            With ``predicted_mean``, ``se_mean``, ``se_obs``, ``conf_int(obs, alpha)`` and
            ``summary_frame(alpha)``; NaN where a regressor is missing.

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
        choose(kind, KINDS, "kind of prediction")
        rows = self.model.observations
        return structural_prediction(self._fit, self._cov, self._dof, rows, data)

    # ------------------------------------------------------------------ presentation

    to_list = maketables.to_list
    __maketables_coef_table__ = property(maketables.coef_table)
    __maketables_stat__ = maketables.system_stat
    __maketables_depvar__ = property(maketables.system_depvar)
    __maketables_fixef_string__ = None
    __maketables_var_labels__ = property(maketables.var_labels)
    __maketables_vcov_info__ = property(maketables.vcov_info)
    __maketables_stat_labels__ = property(maketables.stat_labels)
    __maketables_default_stat_keys__ = property(maketables.system_stat_keys)

    def summary(self, alpha: float = 0.05) -> Summary:
        """Return the results as tables: a block for each equation, then Σ and notes.

        Returns
        -------
        statsmodels.iolib.summary.Summary
            With ``as_text()``, ``as_html()``, ``as_latex()`` and ``as_csv()``.
        """
        sigma = self._fit.estimate.sigma_resid
        size = np.sqrt(sigma.diagonal())
        with np.errstate(divide="ignore", invalid="ignore"):
            correlation = sigma / np.multiply.outer(size, size)
        return render(
            Report(
                f"System: {self.title}",
                self._facts(),
                tuple(equation.block(alpha) for equation in self.equations.values()),
                self.model.labels,
                correlation,
                self.notes,
            )
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that say what was done: estimator, divisor, distribution, sample."""
        return tuple(
            describe(
                self._fit,
                self._dof,
                self._cov_note,
            )
        )

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

    def _repr_html_(self) -> str:
        return str(self.summary().as_html())

    def __repr__(self) -> str:
        """Say in one line what was estimated."""
        return (
            f"<SystemResults: {self.title.lower()}, {len(self.model.labels)} equations, "
            f"{self._b.size} coefficients, {self.nobs:,} rows>"
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Pickle the results without rows; `simeq.load` reads them.

        A pickle is code: load only files that you trust.
        """
        Path(path).write_bytes(pickle.dumps(self))

    def _labelled(self, values: FloatArray, name: str) -> pd.Series[float]:
        return pd.Series(np.asarray(values, dtype=np.float64), list(self.model.labels), name=name)

    def _by_equation(self, values: FloatArray) -> pd.DataFrame:
        labels = list(self.model.labels)
        return pd.DataFrame(values.copy(), index=labels, columns=labels)

    def __getstate__(self) -> dict[str, Any]:
        """Stored facts, without rows, labels of rows and what is derived from them."""
        cached = {"resid", "fittedvalues", "equations", "tests"}
        kept = {name: value for name, value in self.__dict__.items() if name not in cached}
        return {**kept, "_request": Request(self.cov_type, {})}


def load(path: str | PathLike[str]) -> SystemResults:
    """Read results that `SystemResults.save` wrote.

    A pickle is code: load only files that you trust.

    Raises
    ------
    DataError
        If the file holds something else.
    """
    try:
        found = pickle.loads(Path(path).read_bytes())
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError) as error:
        raise DataError(f"{path} does not hold saved results: {error}.") from None
    if not isinstance(found, SystemResults):
        raise DataError(f"{path} holds {type(found).__name__}, not results of simeq.")
    return found
