"""Residuals of single equations: heteroskedasticity and serial correlation, by statsmodels.

Auxiliary regressors are the exogenous columns: the instruments of an equation estimated with them,
else its regressors. Residuals are those of 2SLS or OLS; for serial correlation, what the exogenous
columns leave of them, so that estimated coefficients do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from simeq._linalg import FloatArray
from simeq.diagnostics.columns import Columns, columns_of
from simeq.diagnostics.equation import InstrumentedEquation
from simeq.diagnostics.record import HypothesisTest, chi2_test
from simeq.errors import DataError, count
from simeq.groups import Groups
from simeq.observations import Observations
from simeq.system import System


@dataclass(frozen=True, eq=False)
class EquationRows:
    """Residuals and exogenous columns of an equation, row by row.

    Attributes
    ----------
    label : str
    residuals : (n,) array
        Of OLS or 2SLS.
    innovations : (n,) array
        What the exogenous columns leave of them.
    exogenous : (n, q) array
        A column of ones, and orthonormal columns that span the exogenous ones with it.
    """

    label: str
    residuals: FloatArray
    innovations: FloatArray
    exogenous: FloatArray


def instrumented_rows(
    own: InstrumentedEquation, system: System, rows: Observations
) -> EquationRows:
    """Ask for the rows of an equation estimated by 2SLS."""
    z = own.included.beside(own.excluded)
    return _rows(own.label, own.residual, z, system, rows)


def regression_rows(system: System, i: int, rows: Observations) -> EquationRows:
    """Ask for the rows of equation i estimated by OLS."""
    x = columns_of(system, system.used[i]).orthonormal()
    e = columns_of(system, [system.design.dependents[i]]).apart_from(x)
    return _rows(system.labels[i], e, x, system, rows)


def _rows(
    label: str, residual: Columns, exogenous: Columns, system: System, rows: Observations
) -> EquationRows:
    ones = columns_of(system, [0]).orthonormal()
    rest = exogenous.apart_from(ones).orthonormal(np.ones(exogenous.number))
    whole = ones.beside(rest)
    asked = residual.beside(residual.apart_from(whole)).beside(rest)
    found = np.concatenate(list(rows.blocks(asked.weights)))
    columns = np.column_stack([np.ones(len(found)), found[:, 2:]])
    return EquationRows(label, found[:, 0], found[:, 1], columns)


def heteroskedasticity(own: EquationRows) -> HypothesisTest:
    """n R² of e² on the exogenous columns, χ²(q): Koenker's (1981) form of Breusch and Pagan.

    With endogenous regressors it takes the errors of their first stages for homoskedastic, too;
    Pagan and Hall (1983).

    Raises
    ------
    DataError
        If the constant is the only exogenous column.
    """
    from statsmodels.stats.diagnostic import het_breuschpagan

    if own.exogenous.shape[1] < 2:
        raise DataError(
            f"Equation {own.label} has no exogenous column beside the constant, with which a "
            f"variance could change."
        )
    statistic = het_breuschpagan(own.residuals, own.exogenous)[0]
    null = f"errors of {own.label} are homoskedastic"
    df = own.exogenous.shape[1] - 1
    return chi2_test("Breusch-Pagan heteroskedasticity", own.label, statistic, df, null)


def serial_correlation(
    own: EquationRows, lags: int, panels: Groups | None = None
) -> HypothesisTest:
    """n R² of the residuals on their lags beside the exogenous columns, χ²(lags).

    Breusch (1978), Godfrey (1978). Lags before the first row are zero. Rows are in the order of
    time; with panels, lags stay within each.

    Raises
    ------
    DataError
        If there are too few rows.
    """
    n, q = own.exogenous.shape
    if not 1 <= lags < n - q:
        raise DataError(
            f"Equation {own.label}: lags must be from 1 to {n - q - 1} with {n} rows and {q} "
            f"exogenous columns, not {lags!r}."
        )
    where = "" if panels is None else f" within {panels.name}"
    return chi2_test(
        "Breusch-Godfrey serial correlation",
        own.label,
        _series(own, lags) if panels is None else _panels(own, lags, panels),
        lags,
        f"errors of {own.label} are not correlated with those {count(lags, 'row')} before{where}",
    )


def _series(own: EquationRows, lags: int) -> float:
    """One time series."""
    from statsmodels.stats.diagnostic import acorr_breusch_godfrey

    fitted = SimpleNamespace(
        resid=own.innovations, model=SimpleNamespace(exog=own.exogenous), k_constant=1
    )
    return float(acorr_breusch_godfrey(fitted, nlags=lags, store=True)[0])


def _panels(own: EquationRows, lags: int, panels: Groups) -> float:
    """Several: the same regression, lags within each panel."""
    from statsmodels.regression.linear_model import OLS

    order = np.argsort(panels.codes, kind="stable")
    e, codes = own.innovations[order], panels.codes[order]
    before = np.zeros((len(e), lags))
    for lag in range(1, lags + 1):
        before[lag:, lag - 1] = np.where(codes[lag:] == codes[:-lag], e[:-lag], 0.0)
    fitted = OLS(e, np.column_stack([own.exogenous[order], before])).fit()
    return float(len(e) * fitted.rsquared)
