"""Measures of feedback with their standard errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from simeq.errors import SimeqError
from simeq.linalg.bases import FloatArray
from simeq.reduced_form import feedback
from simeq.reduced_form.effects import Measure
from simeq.reduced_form.solved import Solved
from simeq.structural_form.loops import in_units
from simeq.structural_form.solution import Solution

#: A function of Γ (…, G, G).
OfGamma: TypeAlias = Callable[[FloatArray], FloatArray]


def determinant(solved: Solved) -> Measure:
    """det(I − Γ)."""
    return _measure("det(I − Γ)", solved, feedback.determinant, feedback.determinant_gradient)


def spectral_radius(solved: Solved) -> Measure:
    """ρ(Γ)."""
    of, gradient = feedback.spectral_radius, feedback.spectral_radius_gradient
    return _measure("spectral radius", solved, of, gradient)


def loop_gain(solved: Solved) -> Measure:
    """Gain once around the loop of two equations.

    Raises
    ------
    SimeqError
        If there are not two equations.
    """
    number = len(solved.structure.labels)
    if number != 2:
        raise SimeqError(
            f"The loop gain belongs to two equations, and there are {number}; see spectral_radius "
            f"and determinant."
        )
    return _measure("loop gain", solved, feedback.loop_gain, feedback.loop_gain_gradient)


def _measure(name: str, solved: Solved, of: OfGamma, gradient: OfGamma) -> Measure:
    """Take a function of Γ, in units of the variables' sizes, and its gradient to coefficients."""
    size = solved.structure.size[: len(solved.structure.labels)]

    def unitless(own: Solution) -> FloatArray:
        return in_units(own.gamma, size)

    slopes = in_units(gradient(unitless(solved.estimate)), size)
    jacobian = feedback.by_coefficient(solved.structure, slopes)
    return Measure(name, solved.derived(lambda own: of(unitless(own)), jacobian))
