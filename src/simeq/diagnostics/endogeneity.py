"""Endogeneity: tests whether a regressor that is instrumented could be taken as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simeq._linalg import regress
from simeq.diagnostics.columns import Columns
from simeq.diagnostics.equation import InstrumentedEquation
from simeq.diagnostics.record import HypothesisTest, chi2_test, f_test
from simeq.diagnostics.robust import RobustRows, quadratic
from simeq.errors import listing


def wu_hausman(own: InstrumentedEquation, names: Sequence[str] | None = None) -> HypothesisTest:
    """F of the first-stage residuals beside the regressors; Wu (1973), Hausman (1978).

    (δ/q) / ((e'e − δ)/(n − k − q)), where e are the residuals that take the q regressors tested as
    exogenous, and δ = e'P_{Z,Y₁}e − ê'P_Z ê, ê those of 2SLS. With all tested it is the F of the
    added residuals.

    Parameters
    ----------
    own : InstrumentedEquation
    names : sequence of str, optional
        Endogenous regressors to test; all by default, the others staying endogenous.
    """
    tested = _tested(own, names)
    delta, squares = _difference(own, tested)
    q, free = len(tested), own.nobs - own.n_regressors - len(tested)
    statistic = delta / q / ((squares - delta) / free) if free > 0 else np.nan
    return f_test("Wu-Hausman", own.label, statistic, q, free, _null(own, tested))


def durbin(own: InstrumentedEquation, names: Sequence[str] | None = None) -> HypothesisTest:
    """Durbin's form of the same, nδ/e'e, χ²(q); Durbin (1954)."""
    tested = _tested(own, names)
    delta, squares = _difference(own, tested)
    statistic = own.nobs * delta / squares
    return chi2_test("Durbin", own.label, statistic, len(tested), _null(own, tested))


def wooldridge_regression(own: InstrumentedEquation, rows: RobustRows) -> HypothesisTest:
    """Robust Wald test of the first-stage residuals beside the regressors; Wooldridge (1995)."""
    own.require_endogenous("endogeneity to test")
    added = own.disturbances.apart_from(own.endogenous.orthonormal())
    both = own.endogenous.beside(own.disturbances).orthonormal(
        np.concatenate([own.lengths, own.lengths])
    )
    gap = added.values.T @ own.y.values[:, 0]
    meat = rows.meat(added, own.y.apart_from(both))
    k = own.n_regressors + added.number
    null = f"{_null(own, range(len(own.names)))} (robust)"
    return rows.wald("Wu-Hausman robust", own.label, gap, meat, k, null)


def wooldridge_score(own: InstrumentedEquation, rows: RobustRows) -> HypothesisTest:
    """Wooldridge's score test: Σ r_t e_t against its own variance, χ²(E); Wooldridge (1995).

    e are the residuals of OLS, r the first-stage residuals apart from the regressors.
    """
    own.require_endogenous("endogeneity to test")
    x = own.endogenous.orthonormal()
    added, residual = own.disturbances.apart_from(x), own.y.apart_from(x)
    gap = added.values.T @ residual.values[:, 0]
    statistic = quadratic(gap, rows.meat(added, residual), own.label)
    null = f"{_null(own, range(len(own.names)))} (robust)"
    return chi2_test("Wooldridge score", own.label, statistic, gap.size, null)


def _tested(own: InstrumentedEquation, names: Sequence[str] | None) -> list[int]:
    own.require_endogenous("endogeneity to test")
    if names is None:
        return list(range(len(own.names)))
    return sorted({own.place(name) for name in ([names] if isinstance(names, str) else names)})


def _null(own: InstrumentedEquation, tested: Sequence[int]) -> str:
    shown = listing(own.names[j] for j in tested)
    return f"{shown} {'is' if len(tested) == 1 else 'are'} exogenous in {own.label}"


def _difference(own: InstrumentedEquation, tested: Sequence[int]) -> tuple[float, float]:
    """δ and e'e."""
    exogenous = own.endogenous.take(tested)
    wider = own.excluded.beside(exogenous.apart_from(own.excluded).orthonormal())
    e = _two_stage(own, wider)
    delta = float((e.on(wider) ** 2).sum() - (own.residual.on(own.excluded) ** 2).sum())
    return delta, float((e.values**2).sum())


def _two_stage(own: InstrumentedEquation, z: Columns) -> Columns:
    """Residuals of 2SLS with orthonormal instruments z."""
    return own.y - own.endogenous @ regress(own.y.on(z), own.endogenous.on(z))
