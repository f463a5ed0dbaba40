"""The reduced form of a fitted system: few stored facts, the rest derived when asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from simeq.estimation.fit import Fit
from simeq.inference.coefficients import Coefficients
from simeq.reduced_form import multipliers
from simeq.reduced_form.effects import Effects, Measure
from simeq.reduced_form.printed import effects_table, warn_of_feedback
from simeq.reduced_form.solved import Solved, solve_fit
from simeq.report.printed_table import PrintedTable


@dataclass(frozen=True, eq=False)
class ReducedForm:
    """Total effects of exogenous columns on endogenous variables.

    Made by `SystemResults.reduced_form`. Equations and identities y = A y + C x + u, solved for
    y, are y = Π x + S u, with S = (I − A)⁻¹ and Π = S C. Rows of frames are the M endogenous
    variables, dependents first, then left sides of identities. Columns are the X exogenous ones:
    the constant, exogenous regressors, and predetermined ones such as lags.

    Standard errors are the delta method's, √(J V J') with J = ∂Π/∂b, or the standard deviation of
    a bootstrap's draws. Π has det(I − Γ) in its denominator: where draws come near a determinant
    of zero, they have no finite variance, and their standard deviation says little. Then look at
    percentiles of the draws, which `conf_int` gives by default where there are draws.

    Attributes
    ----------
    solved : Solved
        The system solved for y, at the estimate and in draws.
    title : str
        Name of the estimator.
    """

    solved: Solved
    title: str

    # ------------------------------------------------------------------ total and direct effects

    @cached_property
    def total(self) -> Effects:
        """Total effects Π (M, X) with all that belongs to them."""
        own = self.solved.structure
        jacobian = self.solved.estimate.jacobian(np.eye(len(own.exogenous)))
        numbers = self.solved.derived(lambda solution: solution.total, jacobian)
        return Effects("Total effects", own.endogenous, own.exogenous, numbers)

    @property
    def params(self) -> pd.DataFrame:
        """Total effects Π (M, X) of a unit more."""
        return self.total.params

    @property
    def bse(self) -> pd.DataFrame:
        """Standard errors of total effects (M, X): 0 where one is fixed, NaN where it has none."""
        return self.total.bse

    @property
    def tvalues(self) -> pd.DataFrame:
        """Total effects by their standard errors (M, X)."""
        return self.total.tvalues

    @property
    def pvalues(self) -> pd.DataFrame:
        """Two-sided p values of total effects (M, X)."""
        return self.total.pvalues

    def conf_int(self, alpha: float = 0.05, kind: str | None = None) -> pd.DataFrame:
        """Confidence intervals of total effects; see `Effects.conf_int`."""
        return self.total.conf_int(alpha, kind)

    @property
    def structural(self) -> pd.DataFrame:
        """Direct effects C (M, X) of exogenous columns, 0 where there is none."""
        own = self.solved.structure
        direct = own.right_sides(self.solved.coefficients.b)[:, len(own.endogenous) :]
        return pd.DataFrame(direct, list(own.endogenous), list(own.exogenous))

    @property
    def structural_endogenous(self) -> pd.DataFrame:
        """Direct effects A (M, M) of endogenous variables on each other, 0 where there is none."""
        own = self.solved.structure
        direct = own.right_sides(self.solved.coefficients.b)[:, : len(own.endogenous)]
        return pd.DataFrame(direct, list(own.endogenous), list(own.endogenous))

    @property
    def sigma(self) -> pd.DataFrame:
        """Covariance (M, M) of the reduced form's errors, S Σ S'."""
        shocks, names = self.solved.estimate.shocks, list(self.solved.structure.endogenous)
        return pd.DataFrame(shocks @ self.solved.sigma_resid @ shocks.T, names, names)

    # ------------------------------------------------------------------ feedback

    @property
    def gamma(self) -> pd.DataFrame:
        """Γ (G, G): coefficients of dependents on each other, identities substituted."""
        own = self.solved.structure
        names = list(own.endogenous[: len(own.labels)])
        return pd.DataFrame(self.solved.estimate.gamma.copy(), names, names)

    @property
    def loop_gain(self) -> Measure:
        """Gain once around the loop of two equations: the product of their two coefficients.

        Where identities lead a dependent back into its own equation, that loop is closed first:
        γ₁₂ γ₂₁ / ((1 − γ₁₁)(1 − γ₂₂)).

        Raises
        ------
        SimeqError
            If there are not two equations.
        """
        return self.solved.loop_gain

    @property
    def spectral_radius(self) -> Measure:
        """ρ(Γ), by which, in the end, each round of feedback multiplies the round before."""
        return self.solved.spectral_radius

    @property
    def determinant(self) -> Measure:
        """det(I − Γ): effects have changed their signs where it is not positive."""
        return self.solved.determinant

    # ------------------------------------------------------------------ dynamics

    @property
    def impact(self) -> Effects:
        """Impact multipliers: what a unit more in a column does in the same period."""
        return self.interim(0)

    def interim(self, horizon: int) -> Effects:
        """Interim multipliers: what a unit more in one period does `horizon` periods later.

        Parameters
        ----------
        horizon : int
            Zero for the impact.

        Raises
        ------
        FormulaError
            If no lags are declared.
        """
        return multipliers.interim(self.solved, horizon)

    def cumulative(self, horizon: int) -> Effects:
        """Cumulative multipliers: what a unit more from now on does `horizon` periods later.

        Parameters
        ----------
        horizon : int
            Zero for the impact.

        Raises
        ------
        FormulaError
            If no lags are declared.
        """
        return multipliers.cumulative(self.solved, horizon)

    @cached_property
    def long_run(self) -> Effects:
        """Long-run multipliers: what a unit more from now on does in the end.

        Raises
        ------
        FormulaError
            If no lags are declared.
        SimeqError
            If effects do not fade, so that there is no end.
        """
        return multipliers.long_run(self.solved)

    @property
    def dynamic_radius(self) -> Measure:
        """Share of an effect that, in the end, a period leaves to the next; effects fade below 1.

        The largest modulus of an eigenvalue of the companion matrix.

        Raises
        ------
        FormulaError
            If no lags are declared.
        """
        return self.solved.dynamic_radius

    # ------------------------------------------------------------------ presentation

    def to_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return direct and total effects with all their numbers, unrounded.

        Returns
        -------
        DataFrame
            Columns structural, effect, std_error, statistic, pvalue, lower and upper; a row for
            each endogenous variable and exogenous column.
        """
        frame = self.total.to_frame(alpha)
        frame.insert(0, "structural", self.structural.to_numpy().reshape(-1))
        return frame

    def summary(self, alpha: float = 0.05) -> PrintedTable:
        """Return direct beside total effects as a table, a block for each endogenous variable.

        Returns
        -------
        PrintedTable
            With ``to_text()``, ``to_markdown()``, ``to_latex()`` and ``to_html()``.
        """
        return effects_table(self.solved, self.total, self.title, alpha)

    def __str__(self) -> str:
        return self.summary().to_text()

    def _repr_html_(self) -> str:
        return self.summary().to_html()

    def __repr__(self) -> str:
        """Say in one line what was solved."""
        own = self.solved.structure
        return (
            f"<ReducedForm: {self.title.lower()}, {len(own.endogenous)} endogenous variables, "
            f"{len(own.exogenous)} exogenous>"
        )


def reduced_form(fit: Fit, coefficients: Coefficients, errors: str | None) -> ReducedForm:
    """Solve a fitted system for its endogenous variables; warn where effects change sign.

    Parameters
    ----------
    fit : Fit
    coefficients : Coefficients
        With covariance and distribution.
    errors : {"delta", "bootstrap"}, optional
        Where standard errors come from; the bootstrap where it is there, by default.
    """
    solved = solve_fit(fit, coefficients, errors)
    warn_of_feedback(solved)
    return ReducedForm(solved, fit.estimator.title)
