"""Residuals of regressions: heteroskedasticity and serial correlation, by statsmodels.

For equations whose regressors are taken as exogenous; see `instrumented_residuals` for others.
statsmodels is given what the regressors explain, in a few columns, in place of all of them: R² is
the same, and no (n, k) array of rows is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.data.row_labels import Groups
from simeq.design.sample_rows import SampleRows
from simeq.diagnostics.hypothesis_test import HypothesisTest, chi2_test
from simeq.diagnostics.lags import (
    cross_products,
    lagged,
    on_rows,
    require_rows_for_lags,
    serial_null,
)
from simeq.errors import DataError, count
from simeq.estimation.columns import Columns, columns_of, refuse_exact_fit
from simeq.estimation.system import System
from simeq.linalg.bases import basis, lengths
from simeq.linalg.triangle import ONES


@dataclass(frozen=True, eq=False)
class Regression:
    """An equation estimated by OLS, with its rows.

    Attributes
    ----------
    label : str
    residual : Columns (1)
        Of length √n.
    regressors : Columns (k)
        Orthonormal.
    ones : Columns (1)
        The constant, of length one.
    rows : SampleRows
    """

    label: str
    residual: Columns
    regressors: Columns
    ones: Columns
    rows: SampleRows


def regression(system: System, i: int, rows: SampleRows) -> Regression:
    """Return equation i as estimated by OLS.

    Raises
    ------
    DataError
        If it fits exactly.
    """
    x = columns_of(system, system.used[i]).orthonormal()
    y = columns_of(system, [system.design.dependents[i]])
    e = y.apart_from(x)
    refuse_exact_fit([system.labels[i]], e.values, y.values)
    unit = e @ (np.sqrt(rows.nobs) / lengths(e.values)[:, None])
    return Regression(system.labels[i], unit, x, columns_of(system, [ONES]).orthonormal(), rows)


def heteroskedasticity(own: Regression) -> HypothesisTest:
    """n R² of e² on the regressors, χ²(q): Koenker's (1981) form of Breusch and Pagan (1979).

    R² is that of e² on the constant and its fitted values.

    Raises
    ------
    DataError
        If the constant is the only regressor, or there are as many regressors as rows.
    """
    from statsmodels.stats.diagnostic import het_breuschpagan

    k = own.regressors.number
    z = own.regressors.apart_from(own.ones).orthonormal(np.ones(k))
    if not z.number:
        raise DataError(
            f"Equation {own.label} has no regressor beside the constant, with which a variance "
            f"could change."
        )
    if own.rows.nobs < z.number + 2:
        raise DataError(
            f"Equation {own.label} has {count(own.rows.nobs, 'row')} for {count(k, 'regressor')}, "
            f"which explain any squares; use more rows."
        )
    e = on_rows(own.residual, own.rows)
    moments = cross_products(z, e**2, own.rows)
    fitted = on_rows(z @ (moments / np.linalg.norm(moments)), own.rows)
    columns = np.column_stack([np.ones(e.shape), np.sqrt(own.rows.nobs) * fitted])
    statistic = het_breuschpagan(e[:, 0], columns)[0]
    null = f"errors of {own.label} are homoskedastic"
    return chi2_test("Breusch-Pagan heteroskedasticity", own.label, statistic, z.number, null)


def serial_correlation(own: Regression, lags: int, panels: Groups | None = None) -> HypothesisTest:
    """n R² of the residuals on their lags beside the regressors, χ²(lags).

    Breusch (1978), Godfrey (1978). Lags before the first row are zero. Rows are in the order of
    time; with panels, lags stay within each. R² is that of e on its lags and what the regressors
    explain of these, since e is apart from the regressors.

    Raises
    ------
    DataError
        If there are too few rows.
    """
    from statsmodels.regression.linear_model import OLS

    require_rows_for_lags(own.label, lags, own.rows.nobs - own.regressors.number, panels)
    e = on_rows(own.residual, own.rows)[:, 0]
    before = lagged(e, lags, panels)
    explained = basis(cross_products(own.regressors, before, own.rows), lengths(before)).q
    beside = np.sqrt(own.rows.nobs) * on_rows(own.regressors @ explained, own.rows)
    regression = OLS(e, np.column_stack([beside, before]), hasconst=False).fit()
    statistic = len(e) * float(regression.rsquared)
    null = serial_null(own.label, lags, panels)
    return chi2_test("Breusch-Godfrey serial correlation", own.label, statistic, lags, null)
