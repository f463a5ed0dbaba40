"""All estimators by name: a new one is a file beside this and a line here."""

from __future__ import annotations

from simeq.errors import SimeqError, choose, listing
from simeq.estimators.choices import Asked, Choices, preset
from simeq.estimators.estimator import Estimator
from simeq.estimators.generalized import ITERATED_SUR, ITERATED_THREE_STAGE, SUR, THREE_STAGE
from simeq.estimators.least_squares import OLS, TWO_STAGE, WEIGHTED_TWO_STAGE, WLS

ESTIMATORS: dict[str, Estimator] = {
    own.name: own
    for own in (
        OLS,
        WLS,
        SUR,
        ITERATED_SUR,
        TWO_STAGE,
        WEIGHTED_TWO_STAGE,
        THREE_STAGE,
        ITERATED_THREE_STAGE,
    )
}


def estimator(method: str) -> Estimator:
    """Return an estimator by its name.

    Raises
    ------
    SimeqError
        If there is none, with the nearest.
    """
    return ESTIMATORS[choose(method, ESTIMATORS, "method")]


def agree(chosen: Estimator, asked: Asked) -> Choices:
    """Return the preset's choices for an estimator, with what the caller gave in their place.

    Raises
    ------
    SimeqError
        If a choice is unknown.
    """
    return preset(chosen.name, chosen.iterated, asked)


def require_own(chosen: Estimator, asked: Asked) -> None:
    """Check that what was asked for belongs to the estimator.

    Raises
    ------
    SimeqError
    """
    if (asked.maxiter is not None or asked.tol is not None) and not chosen.iterated:
        iterated = listing(name for name, other in ESTIMATORS.items() if other.iterated)
        raise SimeqError(f"maxiter and tol belong to the iterated methods: {iterated}.")
