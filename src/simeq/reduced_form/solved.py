"""A fitted system solved for its endogenous variables: at the estimate, and in every draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from simeq.errors import SimeqError
from simeq.estimation.fit import Fit
from simeq.estimation.structure import read_structure
from simeq.inference.coefficients import Coefficients
from simeq.inference.derived import Derived, derive, draws_for
from simeq.linalg.bases import FloatArray
from simeq.reduced_form import dynamics, feedback
from simeq.reduced_form.effects import Measure
from simeq.structural_form.loops import in_units, require_settled
from simeq.structural_form.solution import Solution, solve
from simeq.structural_form.structure import Structure

#: A function of Γ (…, G, G).
OfGamma: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Solved:
    """What effects and measures follow from.

    Attributes
    ----------
    coefficients : Coefficients
        With the draws that standard errors come from, those that failed left out; without any for
        the delta method.
    n_failed : int
        Draws that failed.
    estimate : Solution
        The system solved at the coefficients.
    drawn : Solution or None
        The system solved in each draw.
    sigma_resid : (G, G) array
        Covariance of the structural residuals.
    """

    coefficients: Coefficients
    n_failed: int
    estimate: Solution
    drawn: Solution | None
    sigma_resid: FloatArray

    @property
    def structure(self) -> Structure:
        """Which variable stands where."""
        return self.estimate.structure

    def derived(self, of: Callable[[Solution], FloatArray], jacobian: FloatArray) -> Derived:
        """Give a function of the solution its standard errors.

        Parameters
        ----------
        of : callable
            Takes one solution, or a stack of them.
        jacobian : (K, …) array
            Its derivatives with respect to the coefficients, at the estimate.
        """
        draws = None if self.drawn is None else of(self.drawn)
        return derive(self.coefficients, of(self.estimate), jacobian, draws)

    @cached_property
    def determinant(self) -> Measure:
        """det(I − Γ)."""
        return self._of_gamma("det(I − Γ)", feedback.determinant, feedback.determinant_gradient)

    @cached_property
    def spectral_radius(self) -> Measure:
        """ρ(Γ)."""
        of, gradient = feedback.spectral_radius, feedback.spectral_radius_gradient
        return self._of_gamma("spectral radius", of, gradient)

    @cached_property
    def loop_gain(self) -> Measure:
        """Gain once around the loop of two equations.

        Raises
        ------
        SimeqError
            If there are not two equations.
        """
        number = len(self.structure.labels)
        if number != 2:
            raise SimeqError(
                f"The loop gain belongs to two equations, and there are {number}; see "
                f"spectral_radius and determinant."
            )
        return self._of_gamma("loop gain", feedback.loop_gain, feedback.loop_gain_gradient)

    @cached_property
    def dynamic_radius(self) -> Measure:
        """Largest modulus of an eigenvalue of the companion matrix.

        Raises
        ------
        FormulaError
            If no lags are declared.
        """
        self.structure.require_lags()
        changes = dynamics.companion_radius_jacobian(self.estimate)
        return Measure("dynamic radius", self.derived(dynamics.companion_radius, changes))

    def _of_gamma(self, name: str, of: OfGamma, gradient: OfGamma) -> Measure:
        """Take a function of Γ, in units of the variables' sizes, and its gradient."""
        size = self.structure.size[: len(self.structure.labels)]

        def unitless(own: Solution) -> FloatArray:
            return in_units(own.gamma, size)

        slopes = in_units(gradient(unitless(self.estimate)), size)
        jacobian = feedback.by_coefficient(self.structure, slopes)
        return Measure(name, self.derived(lambda own: of(unitless(own)), jacobian))


def solve_fit(fit: Fit, coefficients: Coefficients, errors: str | None) -> Solved:
    """Solve a fitted system, and its draws where standard errors come from them.

    Raises
    ------
    FormulaError
        If the system is not closed, or not linear in its endogenous variables.
    SingularError
        If it has no solution.
    DataError
        If a bootstrap is asked for and not there.
    """
    structure, sigma = read_structure(fit.system), fit.sigma_resid
    estimate = solve(structure, fit.b)
    g = len(structure.labels)
    why = (
        "a change comes back around its loop in full, det(I − Γ) = 0. If constraints say so, they "
        "leave no reduced form; if an equation repeats an identity, take it out."
    )
    require_settled(estimate.gamma, structure.size[:g], structure.endogenous[:g], why)
    given = draws_for(coefficients, errors)
    if given is None:
        return Solved(replace(coefficients, draws=None), 0, estimate, None, sigma)
    draws = given[np.isfinite(given).all(axis=1)]
    drawn = solve(structure, draws)
    solvable = np.isfinite(drawn.total).all(axis=(1, 2))
    if not solvable.all():
        draws = draws[solvable]
        drawn = solve(structure, draws)
    used = replace(coefficients, draws=draws)
    return Solved(used, len(given) - len(draws), estimate, drawn, sigma)
