"""Endogeneity: tests whether a regressor that is instrumented could be taken as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simeq.diagnostics.hypothesis_test import HypothesisTest, chi2_test, f_test
from simeq.diagnostics.instrumented_equation import InstrumentedEquation
from simeq.diagnostics.robust_moments import RobustRows, quadratic
from simeq.errors import DataError, SimeqError, count, listing
from simeq.estimation.columns import Columns, refuse_exact_fit
from simeq.linalg.bases import regress

#: A share of the squares that is below this is a rounding error.
LEFT_TOL = 1e-13


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

    Raises
    ------
    DataError
        If there are too few rows, or the first-stage residuals explain what is left.
    """
    tested = _tested(own, names)
    delta, squares, q = _difference(own, tested)
    free = own.nobs - own.n_regressors - q
    _require_free(own, free)
    left = squares - delta
    if left <= LEFT_TOL * squares:
        raise DataError(
            f"Equation {own.label} fits exactly with its first-stage residuals in "
            f"{count(own.nobs, 'row')}, which leaves the Wu-Hausman test no errors; use more rows "
            f"or fewer regressors."
        )
    statistic = delta / q / (left / free)
    return f_test("Wu-Hausman", own.label, statistic, q, free, _null(own, tested))


def durbin(own: InstrumentedEquation, names: Sequence[str] | None = None) -> HypothesisTest:
    """Durbin's form of the same, nδ/e'e, χ²(q); Durbin (1954)."""
    tested = _tested(own, names)
    delta, squares, q = _difference(own, tested)
    return chi2_test("Durbin", own.label, own.nobs * delta / squares, q, _null(own, tested))


def wooldridge_regression(own: InstrumentedEquation, rows: RobustRows) -> HypothesisTest:
    """Robust Wald test of the first-stage residuals beside the regressors; Wooldridge (1995)."""
    regressors, added = _with_first_stage_residuals(own)
    k = own.n_regressors + added.number
    _require_free(own, own.nobs - k)
    residual = _apart(own, regressors.beside(added))
    null = f"{_null(own, range(len(own.names)))} (robust)"
    gap, meat = own.y.on(added)[:, 0], rows.meat(added, residual)
    return rows.wald("Wu-Hausman robust", own.label, gap, meat, k, null)


def wooldridge_score(own: InstrumentedEquation, rows: RobustRows) -> HypothesisTest:
    """Wooldridge's score test: Σ r_t e_t against its own variance, χ²(q); Wooldridge (1995).

    e are the residuals of OLS, r the first-stage residuals apart from the regressors.
    """
    regressors, added = _with_first_stage_residuals(own)
    residual = _apart(own, regressors)
    gap = residual.on(added)[:, 0]
    statistic = quadratic(gap, rows.meat(added, residual), own.label)
    null = f"{_null(own, range(len(own.names)))} (robust)"
    return chi2_test("Wooldridge score", own.label, statistic, gap.size, null)


def _with_first_stage_residuals(own: InstrumentedEquation) -> tuple[Columns, Columns]:
    """Orthonormal endogenous regressors (E), and what their first-stage residuals add (q).

    Fewer than E where instruments tie them, as govWage ties wages = privWage + govWage.
    """
    own.require_endogenous("endogeneity to test")
    y = own.endogenous.orthonormal(own.lengths)
    apart = y.apart_from(own.excluded).apart_from(y)
    return y, apart.orthonormal(np.ones(y.number))


def _apart(own: InstrumentedEquation, x: Columns) -> Columns:
    """Residuals of y on orthonormal columns, of an equation that does not fit exactly."""
    residual = own.y.apart_from(x)
    refuse_exact_fit([own.label], residual.values, own.whole)
    return residual


def _require_free(own: InstrumentedEquation, free: int) -> None:
    """Check that the regression with first-stage residuals has degrees of freedom left."""
    if free < 1:
        raise DataError(
            f"Equation {own.label} has {count(own.nobs, 'row')} for {own.n_regressors} regressors "
            f"and their first-stage residuals, which leaves the Wu-Hausman test no degrees of "
            f"freedom; use more rows or fewer regressors."
        )


def _tested(own: InstrumentedEquation, names: Sequence[str] | None) -> list[int]:
    """Places of the endogenous regressors that are tested."""
    own.require_endogenous("endogeneity to test")
    if names is None:
        return list(range(len(own.names)))
    found = sorted({own.place(name) for name in ([names] if isinstance(names, str) else names)})
    if not found:
        raise SimeqError(f"Name endogenous regressors of {own.label} to test, or leave them out.")
    return found


def _null(own: InstrumentedEquation, tested: Sequence[int]) -> str:
    """Write the null hypothesis."""
    shown = listing(own.names[j] for j in tested)
    return f"{shown} {'is' if len(tested) == 1 else 'are'} exogenous in {own.label}"


def _difference(own: InstrumentedEquation, tested: Sequence[int]) -> tuple[float, float, int]:
    """δ, e'e and q: how many regressors can be endogenous apart from instruments and each other."""
    exogenous = own.endogenous.take(tested).apart_from(own.excluded)
    added = exogenous.orthonormal(own.lengths[list(tested)])
    wider = own.excluded.beside(added)
    e = _two_stage(own, wider)
    delta = float((e.on(wider) ** 2).sum() - (own.residual.on(own.excluded) ** 2).sum())
    return max(delta, 0.0), float((e.values**2).sum()), added.number


def _two_stage(own: InstrumentedEquation, z: Columns) -> Columns:
    """Residuals of 2SLS with orthonormal instruments z."""
    return own.y - own.endogenous @ regress(own.y.on(z), own.endogenous.on(z))
