"""Columns of a design on other rows, with what its factors learned from the sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.data.evaluation import arguments_of, evaluate_again, missing_rows, transformed
from simeq.data.factor_values import FactorValues, write_columns
from simeq.design.design import Design
from simeq.errors import DataError, count, nearest
from simeq.formula.expression import Expression, Expressions, expression
from simeq.formula.syntax import syntax
from simeq.formula.terms import Categories
from simeq.linalg.bases import FloatArray


def new_columns(
    design: Design, wanted: Sequence[int], data: DataColumns, learned: FactorValues | None
) -> FloatArray:
    """Return columns of the design on other rows: (n_new, k), NaN where a value is missing.

    Parameters
    ----------
    design : Design
    wanted : k positions of columns
    data : DataColumns
        The new rows; only the columns that are read need be there.
    learned : FactorValues or None
        The factors on the sample; without it those that learned from rows raise.

    Raises
    ------
    DataError
        If a column is lacking, a category is new, a value is infinite, or what a factor learned or
        calls is not at hand.
    """
    _require_columns(design, wanted, data)
    expressions = _bound_again(design, wanted, data) if learned is None else learned.expressions
    columns = [design.columns[j] for j in wanted]
    out = np.empty((len(data), len(columns)), order="F")
    write_columns(
        columns, partial(_value, design, learned, data, expressions), None, len(data), out
    )
    for j, place in enumerate(wanted):
        for name in design.read_by(place):
            missing = data.missing(name)
            if missing is not None:
                out[missing, j] = np.nan
        _refuse_infinite(design, place, data, out[:, j])
    return out


def _require_columns(design: Design, wanted: Iterable[int], data: DataColumns) -> None:
    """Check that new rows have the data columns that columns of the design are computed from."""
    solved = {name for place in design.variables for name in design.read_by(place)}
    strange = sorted(set(data.names).difference(*design.reads.values()))
    for place in wanted:
        for name in sorted(design.read_by(place).difference(data.names)):
            hint = nearest(name, strange)
            if name in solved:
                hint = (
                    " It is endogenous: give its values, or let get_prediction(data, "
                    "kind='reduced') solve the system for it."
                )
            raise DataError(
                f"{design.where(place)}: the data have no column {name!r}, which the term "
                f"{design.names[place]} reads.{hint}"
            )


def _bound_again(design: Design, wanted: Iterable[int], data: DataColumns) -> dict[str, Expression]:
    """Bind the factors of some columns again, for a design whose caller is gone."""
    found: dict[str, Expression] = {}
    known = frozenset(data.names) - set(design.scalars)
    places = {part.code: j for j in wanted for part in design.columns[j].parts}
    for code, place in places.items():
        gone = sorted(design.functions.intersection(syntax(code).mentions))
        if gone:
            raise DataError(
                f"{design.where(place)}: the term {code} calls {gone[0]}, which a loaded result "
                f"does not hold; build the model from data again to predict."
            )
        found[code] = expression(code, known, design.scalars, design.where(place))
    return found


def _value(
    design: Design,
    learned: FactorValues | None,
    data: DataColumns,
    expressions: Expressions,
    code: str,
) -> NDArray[Any]:
    """Evaluate a factor on new rows as the kind that it is in the sample."""
    source = expressions[code]
    if source.stateful:
        return _transformed(data, source, learned)
    levels = design.levels.get(code)
    return evaluate_again(data, source, 1 if levels is None else Categories(levels))


def _transformed(data: DataColumns, source: Expression, learned: FactorValues | None) -> FloatArray:
    """Return a stateful factor on new rows with what it learned, NaN where it has no argument."""
    if learned is None:
        raise DataError(
            f"{source.where}: the term {source.code} learned from the sample, and a loaded result "
            f"holds no rows; build the model from data again to predict."
        )
    arguments = arguments_of(data, source)
    there = ~np.logical_or.reduce([missing_rows(value, infinite=True) for value in arguments])
    if not there.any():
        return np.full((len(data), *learned.whole[source.code].shape[1:]), np.nan)
    return transformed(data, source, arguments, there, learned.transforms[source.code])[1]


def _refuse_infinite(design: Design, place: int, data: DataColumns, column: FloatArray) -> None:
    rows = np.flatnonzero(np.isinf(column))
    if rows.size:
        raise DataError(
            f"{design.where(place)}: the term {design.names[place]} is infinite in "
            f"{count(rows.size, 'row')} of the data, first in {data.row(int(rows[0]))}; recode "
            f"it, or set it to NaN."
        )
