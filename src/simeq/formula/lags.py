"""Declared lags: which columns hold earlier values of which endogenous variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from simeq.errors import FormulaError, listing, nearest
from simeq.formula.names import Names, named_terms
from simeq.formula.terms import Term, term_name

#: ``{"gnpLag": "gnp", "gnpLag2": ("gnp", 2)}``: column by column the variable, and the order. A lag
#: of a declared lag, as ``"gnpLag2": "gnpLag"``, is the variable's.
Lags: TypeAlias = Mapping[str, str | tuple[str, int]] | None


@dataclass(frozen=True)
class Lag:
    """A column that is the value of an endogenous variable `order` periods before."""

    column: str
    variable: str
    order: int


def read_lags(given: Lags, columns: Sequence[str], names: Names) -> dict[Lag, Term]:
    """Parse declared lags, each with the term that it declares.

    Raises
    ------
    FormulaError
        If an entry cannot be read.
    """
    if given is not None and not isinstance(given, Mapping):
        raise FormulaError(f"lags is a dict of column -> variable, not {given!r}.")
    found: dict[Lag, Term] = {}
    for entry, value in (given or {}).items():
        pair = value if isinstance(value, tuple) and len(value) == 2 else (value, 1)
        if not isinstance(entry, str) or not isinstance(pair[0], str):
            raise FormulaError(
                f"lags: write 'gnpLag': 'gnp' or 'gnpLag2': ('gnp', 2), not {entry!r}: {value!r}."
            )
        column, variable = (_one_term(text, columns, names) for text in (entry, pair[0]))
        found[Lag(term_name(column), term_name(variable), _order(entry, pair[1]))] = column
    return _of_variables(found)


def _of_variables(found: Mapping[Lag, Term]) -> dict[Lag, Term]:
    """Follow lags of declared lags to the variable, orders added up."""
    known = {lag.column: lag for lag in found}
    out: dict[Lag, Term] = {}
    for lag, term in found.items():
        variable, order, passed = lag.variable, lag.order, {lag.column}
        while variable in known:
            if variable in passed:
                raise FormulaError(f"lags: {variable!r} is declared a lag of itself.")
            passed.add(variable)
            variable, order = known[variable].variable, order + known[variable].order
        out[Lag(lag.column, variable, order)] = term
    return out


def _one_term(text: str, columns: Sequence[str], names: Names) -> Term:
    terms = named_terms(text, columns, "lags")
    if len(terms) != 1:
        raise FormulaError(f"lags: {text!r} must name one term.")
    return names.term(terms[0])


def _order(entry: str, order: object) -> int:
    if not isinstance(order, int | np.integer) or isinstance(order, bool) or order < 1:
        raise FormulaError(f"lags: the order of {entry!r} is a whole number from 1, not {order!r}.")
    return int(order)


def check_lags(declared: Mapping[Lag, Term], lefts: Sequence[str], terms: Sequence[Term]) -> None:
    """Check that declared lags are terms of the system, and lags of its variables, once each.

    Parameters
    ----------
    declared : mapping from Lag to Term
    lefts : sequence of str
        Left sides of equations and identities.
    terms : sequence of Term
        Terms on right sides and among instruments.
    """
    names = [term_name(term) for term in terms]
    for lag, term in declared.items():
        if lag.variable not in lefts:
            raise FormulaError(
                f"lags: {lag.variable!r} is no endogenous variable, neither a dependent nor the "
                f"left side of an identity.{_remedy(lag, lefts, names)}"
            )
        if lag.column in lefts:
            raise FormulaError(f"lags: {lag.column!r} is endogenous; its lag is another column.")
        if term not in terms:
            raise FormulaError(
                f"lags: {lag.column!r} stands in no equation and no identity."
                f"{nearest(lag.column, names)}"
            )
    pairs = [(lag.variable, lag.order) for lag in declared]
    for lag in declared:
        if pairs.count((lag.variable, lag.order)) > 1:
            raise FormulaError(
                f"lags: two columns are lag {lag.order} of {lag.variable!r}; keep one."
            )


def _remedy(lag: Lag, lefts: Sequence[str], names: Sequence[str]) -> str:
    """Say what to do about a lag of something that is not endogenous."""
    if lag.variable in names:
        return (
            f" Give it an equation or an identity; or, if it is a lag, declare it too; or, if it "
            f"is exogenous, leave {lag.column!r} out of lags."
        )
    return nearest(lag.variable, lefts) or f" Endogenous are {listing(lefts)}."
