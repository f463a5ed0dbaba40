"""Multipliers of a dynamic system with their standard errors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simeq.errors import SimeqError, count
from simeq.linalg.bases import FloatArray
from simeq.reduced_form import dynamics
from simeq.reduced_form.effects import Effects
from simeq.reduced_form.solved import Solved
from simeq.structural_form.solution import Solution


def interim(solved: Solved, horizon: int) -> Effects:
    """What a unit more in one period does `horizon` periods later."""
    changes = _changes(solved, horizon)
    title = f"Interim multipliers, {count(horizon, 'period')} later"
    return _effects(
        title if horizon else "Impact multipliers",
        solved,
        lambda own: dynamics.responses(own, horizon)[-1],
        changes[-1],
    )


def cumulative(solved: Solved, horizon: int) -> Effects:
    """What a unit more from now on does `horizon` periods later."""
    changes = _changes(solved, horizon)
    return _effects(
        f"Cumulative multipliers, {count(horizon, 'period')} later",
        solved,
        lambda own: np.sum(dynamics.responses(own, horizon), axis=0),
        np.sum(changes, axis=0),
    )


def long_run(solved: Solved) -> Effects:
    """What a unit more from now on does in the end.

    Raises
    ------
    SimeqError
        If effects don't fade, so that there is no end.
    """
    radius = solved.dynamic_radius.value
    if radius >= 1.0:
        raise SimeqError(f"{unstable(radius)} See interim(h) and cumulative(h).")
    found = dynamics.long_run_responses(solved.estimate)
    changes = dynamics.long_run_jacobian(solved.estimate, found)
    return _effects("Long-run multipliers", solved, dynamics.long_run_responses, changes)


def unstable(radius: float) -> str:
    """Say that effects don't fade."""
    return (
        f"The dynamic radius is {radius:.3f}, not below 1: effects do not fade, and there are no "
        f"long-run multipliers."
    )


def _effects(
    title: str, solved: Solved, of: Callable[[Solution], FloatArray], jacobian: FloatArray
) -> Effects:
    """Give effects of the columns that are no declared lags their errors and names."""
    own = solved.structure
    columns = tuple(own.exogenous[j] for j in own.current)
    return Effects(title, own.endogenous, columns, solved.derived(of, jacobian))


def _changes(solved: Solved, horizon: int) -> list[FloatArray]:
    """∂D_0/∂b … ∂D_h/∂b (K, M, R)."""
    solved.structure.require_lags()
    if not isinstance(horizon, int | np.integer) or isinstance(horizon, bool) or horizon < 0:
        raise SimeqError(f"A horizon is a whole number of periods from 0 on, not {horizon!r}.")
    found = dynamics.responses(solved.estimate, horizon)
    return dynamics.response_jacobians(solved.estimate, found)
