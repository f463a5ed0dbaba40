"""A fitted system solved for its endogenous variables: at the estimate, and in every draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simeq.estimation.fit import Fit
from simeq.estimation.structure import read_structure
from simeq.inference.coefficients import Coefficients
from simeq.inference.derived import Derived, Uncertainty, read_uncertainty
from simeq.linalg.bases import FloatArray
from simeq.resampling.results import Bootstrap
from simeq.structural_form.loops import require_settled
from simeq.structural_form.solution import Solution, solve
from simeq.structural_form.structure import Structure


@dataclass(frozen=True, eq=False)
class Solved:
    """What effects and measures follow from.

    Attributes
    ----------
    b : (K,) array
        The coefficients.
    estimate : Solution
        The system solved at the coefficients.
    drawn : Solution or None
        The system solved in each draw of a bootstrap, where standard errors come from it.
    uncertainty : Uncertainty
        Covariance, distribution and draws of the coefficients.
    sigma_resid : (G, G) array
        Covariance of the structural residuals.
    """

    b: FloatArray
    estimate: Solution
    drawn: Solution | None
    uncertainty: Uncertainty
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
        return self.uncertainty.of(of(self.estimate), jacobian, draws)


def solve_fit(
    fit: Fit, coefficients: Coefficients, bootstrap: Bootstrap | None, errors: str | None
) -> Solved:
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
    structure = read_structure(fit.system)
    estimate = solve(structure, fit.b)
    g = len(structure.labels)
    why = (
        "a change comes back around its loop in full, det(I − Γ) = 0. If constraints say so, they "
        "leave no reduced form; if an equation repeats an identity, take it out."
    )
    require_settled(estimate.gamma, structure.size[:g], structure.endogenous[:g], why)
    known = read_uncertainty(coefficients, bootstrap, errors)
    drawn = None
    if known.draws is not None:
        drawn = solve(structure, known.draws)
        known, drawn = _solvable(known, known.draws, drawn)
    return Solved(fit.b, estimate, drawn, known, fit.sigma_resid)


def _solvable(
    known: Uncertainty, draws: FloatArray, drawn: Solution
) -> tuple[Uncertainty, Solution]:
    """Leave out draws in which the system has no solution."""
    there = np.isfinite(drawn.total).all(axis=(1, 2))
    if there.all():
        return known, drawn
    lost = known.n_failed + int((~there).sum())
    kept = replace(known, draws=draws[there], n_failed=lost)
    return kept, solve(drawn.structure, draws[there])
