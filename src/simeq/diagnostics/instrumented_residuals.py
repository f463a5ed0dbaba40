"""Residuals of equations with endogenous regressors: heteroskedasticity and serial correlation.

Auxiliary regressions for OLS leave out that the coefficients' errors move these residuals by the
endogenous regressors, whose own errors may change their variance with the instruments, or carry
what the equation's errors were before. Here they are allowed for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simeq.data.row_labels import Groups
from simeq.design.sample_rows import SampleRows
from simeq.diagnostics.hypothesis_test import HypothesisTest, chi2_test, f_test
from simeq.diagnostics.instrumented_equation import InstrumentedEquation
from simeq.diagnostics.lags import lagged, on_rows, require_rows_for_lags, serial_null
from simeq.diagnostics.robust_moments import eigenvalues, quadratic
from simeq.errors import DataError, count
from simeq.estimation.columns import Columns
from simeq.inference.linear_tests import NEGATIVE_TOL
from simeq.linalg.bases import FloatArray, lengths, regress
from simeq.moments.meat import Meat


def pagan_hall(own: InstrumentedEquation, ones: Columns, rows: SampleRows) -> HypothesisTest:
    """d'V⁻¹d with d = Σ ψ_t e_t², χ²(q), ψ the instruments about their means.

    V = (μ₄ − σ⁴)Ψ'Ψ + μ₃(C + C') + σ²D(X̂'X̂)⁻¹D', with D = −2 Σ ψ_t x_t'e_t, C = Ψ'X̂(X̂'X̂)⁻¹D' and μ
    the moments of e: the last three terms are those of the coefficients' errors. Pagan and Hall
    (1983), "Diagnostic tests as residual analysis", *Econometric Reviews* 2; their general
    statistic, which needs neither normal errors nor a homoskedastic first stage.

    Parameters
    ----------
    own : InstrumentedEquation
    ones : Columns (1)
        The constant, of length one.
    rows : SampleRows

    Raises
    ------
    DataError
        If the constant is the only instrument, or V is not positive definite.
    """
    instruments = own.included.beside(own.excluded)
    psi = instruments.apart_from(ones).orthonormal(np.ones(instruments.number))
    x, fitted = _regressors(own)
    d, weighted, third, fourth = _moments(own, psi, x, rows)
    slope = -2.0 * weighted @ np.linalg.inv(fitted.T @ fitted)
    cross = third * (psi.values.T @ fitted) @ slope.T
    v = (fourth - 1.0) * np.eye(psi.number) + cross + cross.T - 2.0 * slope @ weighted.T
    meat = Meat((v + v.T) / 2.0, "Pagan and Hall", own.nobs)
    if eigenvalues(meat)[0] < NEGATIVE_TOL:
        raise DataError(
            f"{own.label}: the variance of Pagan and Hall's statistic is not positive definite in "
            f"{count(own.nobs, 'row')}, as weak instruments or few rows can leave it; use more "
            f"rows, or robust standard errors, which need no such test."
        )
    statistic = quadratic(d, meat, own.label)
    null = f"errors of {own.label} are homoskedastic"
    return chi2_test("Pagan-Hall heteroskedasticity", own.label, statistic, psi.number, null)


def _regressors(own: InstrumentedEquation) -> tuple[Columns, FloatArray]:
    """A basis of the regressors X (k), and X̂ (p, k)."""
    y = own.endogenous.orthonormal(own.lengths)
    fitted = own.excluded @ y.on(own.excluded)
    return own.included.beside(y), np.hstack([own.included.values, fitted.values])


def _unit(own: InstrumentedEquation) -> Columns:
    """Residuals of 2SLS of length √n, so that σ² is one."""
    scale: FloatArray = np.sqrt(own.nobs) / lengths(own.residual.values)[:, None]
    return own.residual @ scale


def _moments(
    own: InstrumentedEquation, psi: Columns, x: Columns, rows: SampleRows
) -> tuple[FloatArray, FloatArray, float, float]:
    """Σ ψ e² (q,), Σ ψ x'e (q, k), and means of e³ and e⁴, e of variance one."""
    d, weighted = np.zeros(psi.number), np.zeros((psi.number, x.number))
    powers = np.zeros(2)
    for block in rows.blocks(_unit(own).beside(psi).beside(x).loadings):
        e, own_psi, own_x = np.split(block, [1, 1 + psi.number], axis=1)
        d += own_psi.T @ e[:, 0] ** 2
        weighted += (own_psi * e).T @ own_x
        powers += (e**3).sum(), (e**4).sum()
    third, fourth = powers / own.nobs
    return d, weighted, float(third), float(fourth)


def godfrey(
    own: InstrumentedEquation, rows: SampleRows, lags: int, panels: Groups | None = None
) -> HypothesisTest:
    """F of lagged residuals among the regressors and the instruments, F(p, n − k − p).

    y is regressed by 2SLS on X and the p lags, which are their own instruments beside Z; the
    statistic is the share that lags add in the second stage by the variance of its residuals.
    Godfrey (1994), "Testing for serial correlation by variable addition in dynamic models estimated
    by instrumental variables", *Review of Economics and Statistics* 76; gretl's ``modtest
    --autocorr`` after ``tsls``. Lags before the first row are zero; with panels they stay within
    each.

    Raises
    ------
    DataError
        If there are too few rows.
    """
    require_rows_for_lags(own.label, lags, own.free_rows, panels)
    before = lagged(on_rows(_unit(own), rows)[:, 0], lags, panels)
    y2 = own.endogenous.orthonormal(own.lengths)
    columns = own.included.beside(y2).beside(own.excluded).beside(own.y)
    ends = np.cumsum([own.included.number, y2.number, own.excluded.number, 1])
    triangle = _triangle(_beside(columns, before, rows))
    included, endogenous, excluded, y, before = np.split(triangle, ends, axis=1)
    q = np.linalg.qr(np.hstack([included, excluded, before]))[0]
    x, both = np.hstack([included, endogenous]), np.hstack([included, endogenous, before])
    left = y - both @ regress(q.T @ y, q.T @ both)
    added = _unexplained(q.T @ y, q.T @ x) - _unexplained(q.T @ y, q.T @ both)
    free = own.nobs - both.shape[1]
    statistic = added / lags / (float((left**2).sum()) / free)
    null = serial_null(own.label, lags, panels)
    return f_test("Godfrey serial correlation", own.label, statistic, lags, free, null)


def _beside(columns: Columns, given: FloatArray, rows: SampleRows) -> Iterator[FloatArray]:
    """Yield rows of columns beside given ones (n, j), block by block."""
    done = 0
    for block in rows.blocks(columns.loadings):
        yield np.hstack([block, given[done : done + len(block)]])
        done += len(block)


def _triangle(blocks: Iterator[FloatArray]) -> FloatArray:
    """R of all rows: columns stand in for rows wherever only cross products matter."""
    r = next(blocks)
    for block in blocks:
        r = np.asarray(np.linalg.qr(np.vstack([r, block]), mode="r"))
    return r


def _unexplained(y: FloatArray, x: FloatArray) -> float:
    """Sum of squares of y (m, 1) that x leaves."""
    return float(((y - x @ regress(y, x)) ** 2).sum())
