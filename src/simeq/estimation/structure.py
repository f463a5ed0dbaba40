"""A system laid out as a structural form: which variable stands where, and what moves it."""

from __future__ import annotations

import numpy as np

from simeq.design.design import Design
from simeq.estimation.closure import functions_of_lags, require_closed
from simeq.estimation.system import System
from simeq.linalg.bases import FloatArray, lengths
from simeq.linalg.triangle import Factor
from simeq.structural_form.structure import Lagged, Structure, solve_identities

#: Deviations from the mean below this share of a column may be rounding: half of its digits.
DEVIATION_TOL = 1e-8


def read_structure(system: System) -> Structure:
    """Lay a system out as a structural form.

    Raises
    ------
    FormulaError
        If the system is not closed, or not linear in its endogenous variables.
    SingularError
        If identities don't determine their left sides.
    """
    require_closed(system)
    design = system.design
    y = list(design.variables)
    x = _exogenous_places(system, y)
    place = {own: j for j, own in enumerate([*y, *x])}
    identities = _identity_coefficients(design, place)
    size = _sizes(system.factor, y)
    names = tuple(design.names[j] for j in place)
    return Structure(
        names[: len(y)],
        names[len(y) :],
        design.labels,
        np.array([*place], dtype=np.intp),
        system.equation,
        np.array([place[j] for j in system.columns], dtype=np.intp),
        identities,
        solve_identities(identities, len(design.labels), size, names),
        size,
        _lags(design, names[: len(y)], names[len(y) :]),
        functions_of_lags(design, x),
    )


def _sizes(factor: Factor, places: list[int]) -> FloatArray:
    """Length of each column's deviations from its mean.

    A column that is constant but for rounding has the share `DEVIATION_TOL` of its length.
    """
    own = factor.r[:, places]
    return np.maximum(lengths(factor.centred(own)), DEVIATION_TOL * lengths(own))


def _exogenous_places(system: System, endogenous: list[int]) -> list[int]:
    """Columns of W that are exogenous, in the order in which equations and identities name them."""
    design = system.design
    named = [design.names.index(name) for own in design.identities for name, _ in own.loadings]
    found = dict.fromkeys([*(j for own in system.used for j in own), *named])
    return [j for j in found if j not in endogenous]


def _identity_coefficients(design: Design, place: dict[int, int]) -> FloatArray:
    """[A C] (M, M + X) of the identities, in the rows after those of the equations."""
    number = len(design.labels)
    found = np.zeros((number + len(design.identities), len(place)))
    for i, identity in enumerate(design.identities, number):
        for name, coefficient in identity.loadings:
            found[i, place[design.names.index(name)]] = coefficient
    return found


def _lags(design: Design, y: tuple[str, ...], x: tuple[str, ...]) -> tuple[Lagged, ...]:
    """Declared lags that stand in equations or identities, rather than among instruments alone."""
    return tuple(
        Lagged(x.index(lag.column), y.index(lag.variable), lag.order)
        for lag in design.lags
        if lag.column in x
    )
