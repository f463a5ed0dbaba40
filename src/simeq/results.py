"""Results: few stored facts, the rest derived when asked, on R wherever it can be."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simeq._linalg import BoolArray, FloatArray, IntArray
from simeq.conventions import Convention, Method
from simeq.errors import DataError
from simeq.estimators.estimate import Estimate
from simeq.inference import Coefficients

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
    n_iter : int
        Generalised least squares steps taken.
    converged : bool
        Whether an iterated method met its tolerance; True for the others.
    change : float
        The last change of an iterated method, in the units of its criterion.
    constraints : tuple of str
        Restrictions imposed.
    """

    def __init__(
        self,
        model: SystemEquations,
        method: Method,
        convention: Convention,
        estimate: Estimate,
        constraints: tuple[str, ...],
        use_t: bool,
        sizes: IntArray,
    ) -> None:
        self.model = model
        self.method = method.name
        self.cov_type = "nonrobust"
        self.constraints = constraints
        self.n_iter = estimate.n_iter
        self.converged = estimate.converged
        self.change = estimate.change
        self._estimator = method
        self._convention = convention
        self._estimate = estimate
        self._sizes = sizes
        df_resid = model.nobs * len(model.labels) - estimate.params.size + len(constraints)
        by_equation = convention.t_dof == "equation" and not constraints
        own = model.nobs - np.repeat(model.equation_sizes, model.equation_sizes)
        dof = own if by_equation else np.full(estimate.params.size, df_resid)
        super().__init__(
            estimate.params,
            estimate.cov,
            model.index,
            model.coefficient_names,
            dof.astype(np.float64) if use_t else None,
            float(df_resid),
        )

    # ------------------------------------------------------------------ what was done

    @property
    def title(self) -> str:
        """Name of the estimator in words."""
        return self._estimator.title

    @property
    def uses_instruments(self) -> bool:
        """Whether the estimator uses instruments."""
        return self._estimator.instruments

    @property
    def sigma_dof(self) -> str:
        """Divisor of the residual covariance."""
        identity = self._estimator.weights == "identity"
        return self._convention.divisor_single if identity else self._convention.divisor

    @property
    def form(self) -> str | None:
        """Form of three-stage least squares where instruments differ by equation, else None."""
        differ = len(set(self.model.design.instruments)) > 1
        return self._convention.form if self.uses_instruments and differ else None

    @property
    def cov_form(self) -> str:
        """Form of the coefficients' covariance: "gls", or the convention's for other methods."""
        return "gls" if self._estimator.is_gls else self._convention.covariance

    @property
    def t_dof(self) -> FloatArray | None:
        """Degrees of freedom (K,) of Student's t, or None for the normal distribution."""
        return self._dof

    # ------------------------------------------------------------------ sample and fit

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.model.nobs

    @property
    def nobs_dropped(self) -> int:
        """Rows of the data that miss a value."""
        return self.model.design.sample.nobs_dropped

    @property
    def df_model(self) -> int:
        """Free coefficients beside the constants: K − r less one for each equation with one."""
        free = self._b.size - len(self.constraints)
        return free - int(self._has_constant.sum())

    @cached_property
    def sigma(self) -> pd.DataFrame:
        """Residual covariance (G, G) of the last step: for OLS and 2SLS of their own residuals."""
        return self._by_equation(self._estimate.sigma)

    @cached_property
    def sigma_resid(self) -> pd.DataFrame:
        """Residual covariance (G, G) of the final residuals, with the convention's divisor."""
        return self._by_equation(self._estimate.sigma_resid)

    @cached_property
    def resid(self) -> pd.DataFrame:
        """Structural residuals (n, G) with the data's index."""
        return self.model.rows(self.model.coefficient_matrix(self._b))

    @cached_property
    def fittedvalues(self) -> pd.DataFrame:
        """Right sides (n, G) at the data."""
        return self.model.rows(self.model.right_side_matrix(self._b))

    @cached_property
    def _e(self) -> FloatArray:
        """Residuals in the coordinates of R: E'E = U'U."""
        return self.model.factor.r @ self.model.coefficient_matrix(self._b)

    @cached_property
    def _rss(self) -> FloatArray:
        return np.asarray((self._e**2).sum(axis=0))

    @cached_property
    def _has_constant(self) -> BoolArray:
        return self.model.has_constant

    @cached_property
    def _centred(self) -> FloatArray:
        """Dependents less their means, in the coordinates of R, whose first row is the mean's."""
        return self.model.factor.r[1:, self.model.design.dependents]

    @cached_property
    def rsquared(self) -> pd.Series[float]:
        """R² by equation, 1 − RSS/TSS with structural residuals; it can be negative.

        TSS is centred when the constant is in the span of the regressors; presets may differ.
        """
        if self._convention.rsquared == "correlation":
            fitted = (self.model.factor.r @ self.model.right_side_matrix(self._b))[1:]
            joint = (fitted * self._centred).sum(axis=0) ** 2
            spread = (fitted**2).sum(axis=0) * (self._centred**2).sum(axis=0)
            return self._labelled(joint / spread, "rsquared")
        return self._labelled(1.0 - self._rss / self._tss, "rsquared")

    @property
    def _tss(self) -> FloatArray:
        centred = (self._centred**2).sum(axis=0)
        if self._convention.rsquared == "centred":
            return np.asarray(centred)
        y = self.model.factor.r[:, self.model.design.dependents]
        return np.where(self._has_constant, centred, (y**2).sum(axis=0))

    @property
    def rsquared_adj(self) -> pd.Series[float]:
        """Adjusted R² by equation: 1 − (1 − R²)(n − 1)/(n − k), n for n − 1 when not centred."""
        centred = self._has_constant | (self._convention.rsquared == "centred")
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = (self.nobs - centred) / (self.nobs - self._sizes)
            return self._labelled(1.0 - (1.0 - self.rsquared.to_numpy()) * scale, "rsquared_adj")

    @property
    def rmse(self) -> pd.Series[float]:
        """Root mean square of each equation's residuals, √(RSS/n)."""
        return self._labelled(np.sqrt(self._rss / self.nobs), "rmse")

    @property
    def system_rsquared(self) -> pd.Series[float]:
        """R² of the whole system: mcelroy, berndt, judge and dhrymes.

        McElroy (1977), *J. Econometrics* 6; Berndt (1991); Judge et al. (1985), section 12.2;
        Dhrymes (1974). The first two use the final residuals with divisor n.
        """
        residual, total = self._e.T @ self._e, self._centred.T @ self._centred
        tss = total.diagonal()
        own = self._convention.mcelroy_divisor
        sigma = self._estimate.sigma_resid if own else residual / self.nobs
        return pd.Series(
            {
                "mcelroy": 1.0 - _trace_ratio(sigma, residual, total),
                "berndt": 1.0 - _determinant_ratio(residual, total),
                "judge": 1.0 - self._rss.sum() / tss.sum(),
                "dhrymes": float((self.rsquared.to_numpy() * tss).sum() / tss.sum()),
            },
            name="system_rsquared",
        )

    @property
    def llf(self) -> float:
        """Normal log-likelihood of the residuals at Σ̂ = U'U/n.

        For methods with instruments it is that of the residuals alone, without a Jacobian.
        """
        g = len(self.model.labels)
        sign, logdet = np.linalg.slogdet(self._e.T @ self._e / self.nobs)
        if sign <= 0:
            return np.inf
        return float(-0.5 * self.nobs * (g * (1.0 + np.log(2.0 * np.pi)) + logdet))

    @property
    def aic(self) -> float:
        """−2 llf + 2 parameters, Σ's G(G+1)/2 among them; NaN for methods with instruments."""
        return -2.0 * self._likelihood + 2.0 * self._n_parameters

    @property
    def bic(self) -> float:
        """−2 llf + log(n) parameters; NaN for methods with instruments."""
        return -2.0 * self._likelihood + np.log(self.nobs) * self._n_parameters

    @property
    def _likelihood(self) -> float:
        return np.nan if self._estimator.instruments else self.llf

    @property
    def _n_parameters(self) -> int:
        g = len(self.model.labels)
        return self._b.size - len(self.constraints) + g * (g + 1) // 2

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

    # ------------------------------------------------------------------ presentation

    def summary(self, alpha: float = 0.05) -> Summary:
        """Return the results as tables: a block for each equation, then Σ and notes.

        Returns
        -------
        statsmodels.iolib.summary.Summary
            With ``as_text()``, ``as_html()``, ``as_latex()`` and ``as_csv()``.
        """
        from simeq.summary import summarize

        return summarize(self, alpha)

    def _repr_html_(self) -> str:
        return str(self.summary().as_html())

    def __repr__(self) -> str:
        """Say in one line what was estimated."""
        return (
            f"<SystemResults: {self._estimator.title.lower()}, {len(self.model.labels)} equations, "
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
        """Stored facts, without what is derived from rows."""
        cached = {"resid", "fittedvalues", "equations"}
        return {name: value for name, value in self.__dict__.items() if name not in cached}


class EquationResults(Coefficients):
    """One equation of a system's results; `SystemResults.equations` holds them.

    It has what statsmodels' ``summary_col`` asks for.
    """

    def __init__(self, system: SystemResults, position: int) -> None:
        model = system.model
        ends = np.cumsum([0, *model.equation_sizes])
        own = slice(ends[position], ends[position + 1])
        terms = [str(term) for term in model.index.get_level_values("term")[own]]
        dof = system._dof
        super().__init__(
            system._b[own],
            system._cov[own, own],
            pd.Index(terms, name="term"),
            terms,
            None if dof is None else dof[own],
            float(model.nobs - len(terms)),
        )
        self.system = system
        self.label = model.labels[position]
        self.model = EquationNames(model.endog_names[position], terms)
        self.method = system.method
        self._position = position

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.system.nobs

    @property
    def df_model(self) -> int:
        """Regressors beside the constant."""
        return len(self._names) - int(self.system.model.has_constant[self._position])

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

    def predict(self, data: pd.DataFrame | Mapping[str, Any] | None = None) -> pd.Series[float]:
        """Right side of the equation at new data; see `SystemResults.predict`."""
        return self.system.predict(data)[self.label]

    def summary(self, alpha: float = 0.05) -> Summary:
        """Return the equation's results as a table.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        from simeq.summary import summarize_equation

        return summarize_equation(self, alpha)

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


def load(path: str | PathLike[str]) -> SystemResults:
    """Read results that `SystemResults.save` wrote.

    A pickle is code: load only files that you trust.

    Raises
    ------
    DataError
        If the file holds something else.
    """
    found = pickle.loads(Path(path).read_bytes())
    if not isinstance(found, SystemResults):
        raise DataError(f"{path} holds {type(found).__name__}, not results of simeq.")
    return found


def _trace_ratio(sigma: FloatArray, residual: FloatArray, total: FloatArray) -> float:
    """tr(Σ⁻¹E'E) / tr(Σ⁻¹Y'Y), NaN when Σ is singular."""
    try:
        return float(
            np.trace(np.linalg.solve(sigma, residual)) / np.trace(np.linalg.solve(sigma, total))
        )
    except np.linalg.LinAlgError:
        return np.nan


def _determinant_ratio(residual: FloatArray, total: FloatArray) -> float:
    """|E'E| / |Y'Y|."""
    _, log_residual = np.linalg.slogdet(residual)
    _, log_total = np.linalg.slogdet(total)
    return float(np.exp(log_residual - log_total))
