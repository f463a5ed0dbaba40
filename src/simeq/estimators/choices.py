"""What one fit does where programs differ: a preset's conventions, or the caller's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from simeq.errors import SimeqError, choose
from simeq.estimators.conventions import DIVISORS, FORMS, PRESETS, SINGLE, Convention, Divisor


@dataclass(frozen=True)
class Asked:
    """What the caller of a fit asks for; None leaves a choice to the preset.

    Attributes
    ----------
    like : str or None
        The preset.
    sigma_dof, form : str or None
    maxiter : int or None
    tol : float or None
    """

    like: str | None = None
    sigma_dof: str | None = None
    form: str | None = None
    maxiter: int | None = None
    tol: float | None = None


@dataclass(frozen=True)
class Choices:
    """The conventions of one fit.

    Attributes
    ----------
    convention : Convention
        The preset's, where the caller can choose nothing.
    sigma_dof : Divisor
        Of the residual covariance.
    use_t : bool
        Whether statistics are referred to Student's t.
    form : {"gmm", "gls"}
    final_sigma : bool
        Whether the covariance takes Σ of the final residuals.
    tol : float
    maxiter : int or None
        Most steps of a method that takes them until nothing moves; None for the others.
    asked : Asked
        What they follow from, for another method.
    """

    convention: Convention
    sigma_dof: Divisor
    use_t: bool
    form: str
    final_sigma: bool
    tol: float
    maxiter: int | None
    asked: Asked


def preset(method: str, iterated: bool, asked: Asked) -> Choices:
    """Return a preset's choices for a method, with what the caller gave in their place.

    Parameters
    ----------
    method : str
    iterated : bool
        Whether it takes steps until nothing moves.
    asked : Asked

    Raises
    ------
    SimeqError
        If a choice is unknown.
    """
    own = PRESETS["simeq" if asked.like is None else choose(asked.like, PRESETS, "like")]
    divisor = own.divisor_single if method in SINGLE else own.divisor
    if asked.sigma_dof is not None:
        divisor = cast(Divisor, choose(asked.sigma_dof, DIVISORS, "sigma_dof"))
    form = own.form if asked.form is None else choose(asked.form, FORMS, "form")
    tol = own.tol if asked.tol is None else _tolerance(asked.tol)
    maxiter = own.maxiter if asked.maxiter is None else _steps(asked.maxiter)
    by_t = own.t_methods is None or method in own.t_methods or divisor in own.t_divisors
    most = maxiter if iterated else None
    return Choices(own, divisor, by_t, form, own.final_sigma and iterated, tol, most, asked)


def _steps(maxiter: Any) -> int:
    """Check a number of steps."""
    if not isinstance(maxiter, int | np.integer) or maxiter < 1:
        raise SimeqError(f"maxiter must be a positive whole number, not {maxiter!r}.")
    return int(maxiter)


def _tolerance(tol: Any) -> float:
    """Check a tolerance."""
    if not isinstance(tol, int | float) or not 0.0 < tol < 1.0:
        raise SimeqError(f"tol must be between 0 and 1, not {tol!r}.")
    return float(tol)
