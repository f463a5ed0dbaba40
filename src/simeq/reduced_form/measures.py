"""Measures of feedback with their standard errors."""

from __future__ import annotations

from collections.abc import Callable

from simeq._linalg import FloatArray
from simeq.errors import SimeqError
from simeq.reduced_form import feedback
from simeq.reduced_form.effects import Measure
from simeq.reduced_form.solved import Solved


def determinant(solved: Solved) -> Measure:
    """det(I − Γ)."""
    gradient = feedback.determinant_gradient(solved.estimate.gamma)
    return _of_gamma("det(I − Γ)", solved, feedback.determinant, gradient)


def spectral_radius(solved: Solved) -> Measure:
    """ρ(Γ)."""
    gamma = solved.estimate.gamma
    gradient = feedback.spectral_radius_gradient(gamma, solved.structure.size[: len(gamma)])
    return _of_gamma("spectral radius", solved, feedback.spectral_radius, gradient)


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
    gradient = feedback.loop_gain_gradient(solved.estimate.gamma)
    return _of_gamma("loop gain", solved, feedback.loop_gain, gradient)


def _of_gamma(
    name: str, solved: Solved, of: Callable[[FloatArray], FloatArray], gradient: FloatArray
) -> Measure:
    jacobian = feedback.by_coefficient(solved.structure, gradient)
    return Measure(name, solved.derived(lambda own: of(own.gamma), jacobian))
