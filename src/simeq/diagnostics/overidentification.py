"""Overidentifying restrictions: tests that instruments are uncorrelated with the errors."""

from __future__ import annotations

import numpy as np

from simeq.diagnostics.hypothesis_test import SYSTEM, HypothesisTest, chi2_test
from simeq.diagnostics.instrumented_equation import InstrumentedEquation
from simeq.diagnostics.robust_moments import RobustRows, quadratic
from simeq.errors import SimeqError
from simeq.estimation.columns import placed, residuals
from simeq.estimation.fit import Fit
from simeq.linalg.bases import null_space
from simeq.moments.scores import Scores


def _null(own: InstrumentedEquation) -> str:
    """Write the null hypothesis."""
    return f"the instruments of {own.label} are valid: uncorrelated with its errors"


def sargan(own: InstrumentedEquation) -> HypothesisTest:
    """e'P_Z e / (e'e/n), χ²(L − k), e the residuals of 2SLS; Sargan (1958)."""
    moments = own.residual.on(own.excluded)
    statistic = own.nobs * float((moments**2).sum()) / float((own.residual.values**2).sum())
    return chi2_test("Sargan", own.label, statistic, own.surplus, f"{_null(own)} (homoskedastic)")


def basmann(own: InstrumentedEquation) -> HypothesisTest:
    """(n − L) e'P_Z e / e'M_Z e, χ²(L − k); Basmann (1960)."""
    explained = float((own.residual.on(own.excluded) ** 2).sum())
    left = float((own.residual.apart_from(own.excluded).values ** 2).sum())
    statistic = own.free_rows * explained / left
    return chi2_test("Basmann", own.label, statistic, own.surplus, f"{_null(own)} (homoskedastic)")


def hansen_j(own: InstrumentedEquation, rows: RobustRows) -> HypothesisTest:
    """J = min_b g'S⁻¹g of two-step efficient GMM, χ²(L − k); Hansen (1982).

    g = Z'(y − Yb) and S = Σ z e²z', over rows, clusters or lags at the residuals of 2SLS. With N
    the directions of the instruments apart from the fitted regressors, N'Z'Y = 0, it is
    g'N(N'SN)⁻¹N'g: Wooldridge's (1995) robust score test is the same number. Moments of included
    regressors can be met exactly, so that those of the excluded instruments are left.
    """
    name, null = "Hansen J", f"{_null(own)} (robust)"
    if own.surplus < 1:
        return chi2_test(name, own.label, 0.0, 0, null)
    apart = own.excluded @ null_space(own.first_stage.T)
    statistic = quadratic(own.residual.on(apart)[:, 0], rows.meat(apart, own.residual), own.label)
    return chi2_test(name, own.label, statistic, own.surplus, null)


# ---------------------------------------------------------------------- all equations together

_ALL_VALID = "the instruments of all equations are valid: uncorrelated with their errors"


def hansen_sargan(fit: Fit) -> HypothesisTest:
    """e'(Σ⁻¹⊗P_Z)e of three-stage least squares, Σ as used, χ²(ΣL_i − K + r).

    With instruments by equation e'Z(Z'ΩZ)⁻¹Z'e, Ω = Σ⊗I. Sargan (1958); Hansen (1982).

    Raises
    ------
    SimeqError
        If the estimator does not minimise this criterion.
    """
    system, sigma = fit.system, fit.sigma
    _require_minimum(fit)
    own, equation = fit.samples.equations, fit.samples.equations.z_equation
    errors = residuals(system, system.structural(fit.b))
    gap = own.own_dependent(own.stacked_z.T @ errors)
    if system.instruments_differ:
        omega = sigma[equation[:, None], equation] * own.zz
        statistic = gap @ np.linalg.solve(omega, gap)
    else:
        each = gap.reshape(len(sigma), -1)
        statistic = (np.linalg.solve(sigma, each) * each).sum()
    null = f"{_ALL_VALID} (homoskedastic)"
    return chi2_test("Hansen-Sargan", SYSTEM, float(statistic), _surplus(fit), null)


def hansen_j_system(fit: Fit, rows: RobustRows) -> HypothesisTest:
    """J of all equations together, by two-step efficient GMM, χ²(ΣL_i − K + r).

    S holds the moments of all equations, at the residuals of 2SLS under the estimate's constraints.

    Raises
    ------
    SimeqError
        If the estimator takes no instruments.
    """
    if not fit.uses_instruments:
        raise SimeqError(f"{fit.estimator.title} takes no instruments, so that none can be tested.")
    name, null = "Hansen J", f"{_ALL_VALID} (robust)"
    if _surplus(fit) < 1:
        return chi2_test(name, SYSTEM, 0.0, 0, null)
    system, free = fit.system, fit.free
    own, equation = fit.samples.equations, fit.samples.equations.z_equation
    regressors, gap = own.zx, own.zy
    first = system.structural(free.coefficients(fit.samples.unweighted()[0]))
    # Moments of all equations in one unit, or those of the smaller ones are lost in rounding.
    size = np.linalg.norm(residuals(system, first), axis=0)[equation]
    apart = null_space((free.along(regressors) / size[:, None]).T)
    mix = np.eye(len(system.labels))[:, equation] / size
    z = placed(own.z_loadings, own.places, equation, len(first))
    meat = rows.summed(Scores(z, first, mix, apart, None, np.eye(apart.shape[1])))
    left = (gap - regressors @ free.shift) / size
    return chi2_test(name, SYSTEM, quadratic(apart.T @ left, meat, SYSTEM), _surplus(fit), null)


def _require_minimum(fit: Fit) -> None:
    """Check that the estimate minimises the criterion: 3SLS, in the GMM form if forms differ."""
    if not (fit.uses_instruments and fit.estimator.assumes.other_equations):
        raise SimeqError(
            f"The Hansen-Sargan test belongs to three-stage least squares, not to "
            f"{fit.estimator.title.lower()}; fit('3sls'), or test each equation by Sargan's."
        )
    if not fit.estimator.minimises_moments(fit.samples.equations, fit.choices):
        raise SimeqError(
            "The GLS form of three-stage least squares minimises no criterion of valid instruments "
            "where they differ by equation; fit with form='gmm'."
        )


def _surplus(fit: Fit) -> int:
    """ΣL_i − K + r."""
    instruments = sum(len(own) for own in fit.system.instrument_columns)
    return instruments - fit.b.size + len(fit.constraints)
