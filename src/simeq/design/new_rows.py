"""Columns of a design on other rows, with what its factors learned from the sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.data.evaluation import (
    Category,
    category_of,
    evaluate,
    is_numeric,
    numbers,
    stateful_arguments,
)
from simeq.data.factor_values import FactorValues, write_columns
from simeq.design.design import Design
from simeq.errors import DataError, count, nearest
from simeq.formula.expression import Expression, expression
from simeq.formula.syntax import syntax
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

    def value(code: str) -> NDArray[Any]:
        return _value(data, expressions[code], design, learned)

    out = np.empty((len(data), len(columns)), order="F")
    write_columns(out, columns, value, None)
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
    data: DataColumns, source: Expression, design: Design, learned: FactorValues | None
) -> NDArray[Any]:
    """Evaluate a factor on new rows as the kind that it is in the sample."""
    if source.stateful:
        return _transformed(data, source, learned)
    if source.code in design.levels:
        levels = design.levels[source.code]
        category = category_of(data, source)
        category.require(levels, source)
        return category.codes(levels)
    if is_numeric(data, source):
        return numbers(data, source)
    return _as_numbers(data, evaluate(data, source), source)


def _transformed(data: DataColumns, source: Expression, learned: FactorValues | None) -> FloatArray:
    """Return a stateful factor on new rows with what it learned, NaN where it has no argument."""
    if learned is None:
        raise DataError(
            f"{source.where}: the term {source.code} learned from the sample, and a loaded result "
            f"holds no rows; build the model from data again to predict."
        )
    arguments = stateful_arguments(data, source)
    given = {**arguments, **{name: data.whole(name) for name in source.reads}}
    there = np.ones(len(data), dtype=bool)
    for argument in arguments.values():
        there &= np.isfinite(argument if argument.ndim == 1 else argument.sum(axis=1))
    width = learned.whole[source.code].shape[1:]
    out = np.full((len(data), *width), np.nan)
    if there.any():
        try:
            out[there] = learned.transforms[source.code](
                {name: value[there] for name, value in given.items()}
            )
        except Exception as error:
            reason = str(error).split("\n")[0]
            raise DataError(
                f"{source.where}: the term {source.code} cannot be evaluated on the new data: "
                f"{reason}"
            ) from error
    return out


def _as_numbers(data: DataColumns, value: FloatArray | Category, source: Expression) -> FloatArray:
    """Return a numeric factor on new rows; truth values count as 0 and 1."""
    if not isinstance(value, Category):
        return value
    if set(value.rows.categories) <= {False, True}:
        return np.asarray(value.rows, dtype=np.float64)
    data.refuse_numeric_use(source.reads, source.code)
    raise DataError(f"{source.where}: the term {source.code} was numeric and is not now.")


def _refuse_infinite(design: Design, place: int, data: DataColumns, column: FloatArray) -> None:
    rows = np.flatnonzero(np.isinf(column))
    if rows.size:
        raise DataError(
            f"{design.where(place)}: the term {design.names[place]} is infinite in "
            f"{count(rows.size, 'row')} of the data, first in {data.row(int(rows[0]))}; recode "
            f"it, or set it to NaN."
        )
