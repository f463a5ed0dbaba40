"""The effective F of Montiel Olea and Pflueger: strength of instruments for one regressor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.diagnostics.hypothesis_test import HypothesisTest, Tested
from simeq.diagnostics.instrumented_equation import InstrumentedEquation
from simeq.diagnostics.robust_moments import RobustRows, eigenvalues, undefined
from simeq.errors import SimeqError, listing
from simeq.inference.linear_tests import NEGATIVE_TOL, SINGULAR_TOL
from simeq.linalg.bases import FloatArray
from simeq.moments.meat import Meat

#: Shares of the worst-case bias at which Montiel Olea and Pflueger tabulate critical values.
BIASES = (0.05, 0.1, 0.2, 0.3)


@dataclass(frozen=True)
class EffectiveF(Tested):
    """The effective F of Montiel Olea and Pflueger for one endogenous regressor.

    Attributes
    ----------
    equation : str
    endogenous : str
    statistic : float
    dof : dict
        Effective degrees of freedom by the bias τ that is tolerated.
    critical_values : dict
        Critical values at 5 % by τ: the null hypothesis is that the bias of 2SLS exceeds τ of the
        worst case.
    pvalues : dict
        P values by τ.
    """

    equation: str
    endogenous: str
    statistic: float
    dof: dict[float, float]
    critical_values: dict[float, float]
    pvalues: dict[float, float]

    @property
    def df_denom(self) -> None:
        """None, as for every χ²."""

    def test(self, bias: float = 0.1) -> HypothesisTest:
        """Test that the bias of 2SLS exceeds a share of the worst case.

        The p value is of the noncentral χ² by its degrees of freedom.

        Raises
        ------
        SimeqError
            If the share is none of those tabulated.
        """
        if bias not in self.pvalues:
            raise SimeqError(f"bias must be one of {listing(self.pvalues)}, not {bias!r}.")
        return HypothesisTest(
            f"Effective F: {self.endogenous}",
            self.equation,
            self.statistic,
            self.dof[bias],
            None,
            self.pvalues[bias],
            f"the bias of 2SLS exceeds {bias:.0%} of the worst case (noncentral chi2 by its df)",
        )

    def __str__(self) -> str:
        """Say how large it is and what would be large enough."""
        needed = ", ".join(f"{tau:.0%}: {own:.2f}" for tau, own in self.critical_values.items())
        return (
            f"Effective F of {self.endogenous} in {self.equation}: {self.statistic:.2f}\n"
            f"Critical values (5 % level) for a bias of at most {needed} of the worst case"
        )


def effective_f(own: InstrumentedEquation, rows: RobustRows) -> EffectiveF:
    """Y'P_Z Y / tr(V), V the robust variance of Z'Y for orthonormal Z.

    Critical values are those of the simplified procedure: quantiles of a noncentral χ², by K, with
    K = tr(V)²(1 + 2x)/(tr(V'V) + 2x tr(V) max eig(V)) degrees of freedom and noncentrality xK,
    x = 1/τ. Montiel Olea and Pflueger (2013), "A robust test for weak instruments", *Journal of
    Business & Economic Statistics* 31.

    Raises
    ------
    SimeqError
        If there is not one endogenous regressor.
    DataError
        If the covariance has less rank than its clusters allow, or is not positive semi-definite.
    """
    if len(own.names) != 1:
        raise SimeqError(
            f"The effective F is for one endogenous regressor; equation {own.label} has "
            f"{len(own.names)}. See Sanderson-Windmeijer and Kleibergen-Paap."
        )
    meat = rows.meat(own.excluded, own.disturbances)
    _require_full(meat, own.label)
    v = rows.factor(own.n_instruments, meat.n_groups) * meat.matrix
    p = own.first_stage[:, 0]
    statistic = float(p @ p / v.trace())
    dof = {tau: _effective_dof(v, 1.0 / tau) for tau in BIASES}
    tails = {tau: _tails(statistic, k, 1.0 / tau) for tau, k in dof.items()}
    return EffectiveF(
        own.label,
        own.names[0],
        statistic,
        dof,
        {tau: critical for tau, (critical, _) in tails.items()},
        {tau: pvalue for tau, (_, pvalue) in tails.items()},
    )


def _require_full(meat: Meat, label: str) -> None:
    """Check that V lacks no rank but for the number of clusters, with which its trace can live.

    Where instruments are dummies of the clusters, what is left of V is far too small.

    Raises
    ------
    DataError
    """
    values = eigenvalues(meat)
    rank = np.count_nonzero(values > SINGULAR_TOL)
    if values[0] < NEGATIVE_TOL or rank < min(values.size, meat.terms - 1):
        raise undefined(values.size, meat, label, float(values[0]))


def _effective_dof(v: FloatArray, x: float) -> float:
    """Effective degrees of freedom at a tolerated bias of 1/x."""
    values = np.linalg.eigvalsh(v)
    trace = values.sum()
    return float(trace**2 * (1.0 + 2.0 * x) / ((values**2).sum() + 2.0 * x * trace * values[-1]))


def _tails(statistic: float, k: float, x: float) -> tuple[float, float]:
    """Critical value at 5 %, and the p value."""
    from scipy.stats import ncx2

    return float(ncx2.ppf(0.95, k, x * k) / k), float(ncx2.sf(statistic * k, k, x * k))
