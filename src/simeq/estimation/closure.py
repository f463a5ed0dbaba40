"""Is the system closed? Each variable determined once, each right side linear in what is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from simeq.design.design import Design
from simeq.errors import FormulaError, listing
from simeq.estimation.system import System
from simeq.linalg.triangle import ONES


def require_closed(system: System) -> None:
    """Check that equations and identities determine every endogenous column on a right side.

    Raises
    ------
    FormulaError
        If a variable is determined twice, or a column on a right side is endogenous and no
        variable of the system: a nonlinear function of one, or one that nothing determines.
    """
    design = system.design
    variables = design.variables
    _require_one_definition(design, variables)
    for where, place in _endogenous_columns(system):
        if place not in variables:
            sources = [i for i, own in enumerate(variables) if _shared(design, place, own)]
            text = _nonlinear(design, place, sources[0]) if sources else _open(design, place)
            remedy = "put it among the instruments" if design.instruments_given else "use exog="
            raise FormulaError(f"{where}: {text}, {remedy}.")


def _require_one_definition(design: Design, variables: Sequence[int]) -> None:
    """Check that no data column is determined twice, be it under two transformations.

    An identity may say how its left side follows from the other, as ``I(2 * y) = 2*y``.
    """
    known = [set[str]() for _ in design.labels]
    known += [{name for name, _ in own.loadings} for own in design.identities]
    for i, j in combinations(range(len(variables)), 2):
        first, second = design.names[variables[i]], design.names[variables[j]]
        read, explained = design.read_by(variables[i]), first in known[j] or second in known[i]
        alike = len(read) == 1 and read == design.read_by(variables[j]) and not explained
        if first == second or alike:
            raise FormulaError(
                f"{listing(sorted(read))} is determined twice: {first} is {_role(design, i)}, "
                f"{second} {_role(design, j)}. A reduced form needs one equation or identity for "
                f"each variable."
            )


def _endogenous_columns(system: System) -> Iterator[tuple[str, int]]:
    """Yield the endogenous columns of right sides, with where they stand.

    The constant and declared lags are predetermined whatever the instruments are. A column that
    stands in identities alone is endogenous when it reads what an endogenous variable reads.
    """
    design = system.design
    lags = {lag.column for lag in design.lags}
    given = {ONES, *(place for place, name in enumerate(design.names) if name in lags)}
    for label, own, status in zip(system.labels, system.used, system.exogenous, strict=True):
        for place, exogenous in zip(own, status, strict=True):
            if not exogenous and place not in given:
                yield f"Equation {label}", place
    given |= {place for own in design.instruments for place in own}
    read = {name for place in design.variables for name in design.read_by(place)}
    for identity in design.identities:
        for place in (design.names.index(name) for name, _ in identity.loadings):
            if place not in given and design.read_by(place) & {*read, *design.endog}:
                yield identity.where, place


def functions_of_lags(design: Design, places: list[int]) -> tuple[tuple[str, str], ...]:
    """Find columns that are computed from a declared lag, and are none: (column, lag) by name.

    What an endogenous variable reads as well is no lag's own, as where ``y.shift(1)`` is declared.
    """
    declared = {lag.column for lag in design.lags}
    lags = [place for place in places if design.names[place] in declared]
    now = {name for place in design.variables for name in design.read_by(place)}
    return tuple(
        (design.names[place], design.names[lag])
        for place in places
        for lag in lags
        if place not in lags and _shared(design, place, lag) - now
    )


def _shared(design: Design, place: int, other: int) -> set[str]:
    """Data columns that two columns of W are both computed from."""
    return design.read_by(place) & design.read_by(other)


def _role(design: Design, variable: int) -> str:
    """How an error names a variable's definition."""
    number = len(design.labels)
    if variable < number:
        return f"the dependent of equation {design.labels[variable]}"
    return design.identities[variable - number].role


def _nonlinear(design: Design, place: int, source: int) -> str:
    """Say why a column that reads an endogenous variable has no constant effect."""
    variable = design.variables[source]
    if _multiplied(design, place, variable):
        others = [p.code for p in design.columns[place].parts if p.code != design.names[variable]]
        return (
            f"the term {design.names[place]} multiplies the endogenous {design.names[variable]} "
            f"({design.names[variable]} is {_role(design, source)}) by {':'.join(others)}, so that "
            f"total effects differ from row to row. Leave it out, or estimate groups of rows by "
            f"themselves with fit_by; or, if it is exogenous"
        )
    return (
        f"the term {design.names[place]} is nonlinear in the endogenous "
        f"{listing(sorted(_shared(design, place, variable)))} ({design.names[variable]} is "
        f"{_role(design, source)}), so that total effects are not constant. Take the same "
        f"transformation everywhere; or, if the term is linear after all, define it by an "
        f"identity, as 'I(y - x) = y - x'; or, if it is a lag, declare it in lags=; or, if it is "
        f"exogenous"
    )


def _multiplied(design: Design, place: int, variable: int) -> bool:
    """Whether a column is a variable of the system times what is exogenous."""
    codes = {part.code for part in design.columns[place].parts}
    others = {name for code in codes - {design.names[variable]} for name in design.reads[code]}
    solved = {name for own in design.variables for name in design.read_by(own)}
    return design.names[variable] in codes and not others & {*solved, *design.endog}


def _open(design: Design, place: int) -> str:
    """Say that nothing determines an endogenous column."""
    return (
        f"{design.names[place]} is endogenous and nothing determines it, so that the system is "
        f"not closed. Add an equation or an identity for it; or, if it is exogenous"
    )
