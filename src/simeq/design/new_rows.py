"""Columns of a design on other rows, with what its factors learned from the sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simeq.data.factor_values import Category, FactorValues, evaluate_whole, stateful_arguments
from simeq.data.table import Table
from simeq.design.design import Design
from simeq.errors import DataError, count, nearest
from simeq.formula.expression import Expression, bare_column, expression, names_of
from simeq.formula.terms import PATSY_NAMES
from simeq.linalg.bases import FloatArray


def require_columns(design: Design, wanted: Iterable[int], table: Table) -> None:
    """Check that new rows have the data columns that columns of the design are computed from.

    Raises
    ------
    DataError
        If one is lacking.
    """
    solved = {name for place in design.variables for name in design.read_by(place)}
    strange = sorted(set(table.names).difference(*design.reads.values()))
    for place in wanted:
        for name in sorted(design.read_by(place).difference(table.names)):
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


def replayed(design: Design, wanted: Iterable[int], table: Table) -> dict[str, Expression]:
    """Bind the factors of some columns again, for a design whose caller is gone.

    Raises
    ------
    DataError
        If a factor names a function of the caller's.
    """
    found: dict[str, Expression] = {}
    known = frozenset(table.names) - set(design.scalars)
    places = {part.code: j for j in wanted for part in design.columns[j].parts}
    for code, place in places.items():
        gone = sorted(names_of(code) & design.functions)
        if gone:
            raise DataError(
                f"{design.where(place)}: the term {code} calls {gone[0]}, which a loaded result "
                f"does not hold; build the model from data again to predict."
            )
        found[code] = expression(code, known, design.scalars, PATSY_NAMES, design.where(place))
    return found


def new_columns(
    design: Design,
    wanted: Sequence[int],
    table: Table,
    expressions: Mapping[str, Expression],
    learned: FactorValues | None,
) -> FloatArray:
    """Return columns of the design on other rows: (n_new, k), NaN where a value is missing.

    Parameters
    ----------
    design : Design
    wanted : k positions of columns
    table : Table
        The new rows; only the columns that are read need be there.
    expressions : mapping
        The factors in question.
    learned : FactorValues or None
        Holds what stateful factors learned; without it they raise.

    Raises
    ------
    DataError
        If a category is new, a value is infinite, or a stateful factor's learning is not at hand.
    """
    values = FactorValues(table, expressions)
    columns = [design.columns[j] for j in wanted]
    for code in dict.fromkeys(part.code for column in columns for part in column.parts):
        source = expressions[code]
        if source.stateful:
            values.whole[code] = _transformed(table, source, learned)
        elif code in design.levels:
            values.whole[code] = _in_levels(values, source, design.levels[code])
        elif not values.by_block(code):
            values.whole[code] = _as_numbers(table, evaluate_whole(table, source), source)
    out = np.empty((len(table), len(columns)), order="F")
    values.write(out, columns, 0, len(table))
    for j, column in enumerate(columns):
        reads = {name for part in column.parts for name in expressions[part.code].reads}
        for name in reads:
            missing = table.missing(name)
            if missing is not None:
                out[missing, j] = np.nan
    _refuse_infinite(design, wanted, table, out)
    return out


def _refuse_infinite(
    design: Design, wanted: Sequence[int], table: Table, columns: FloatArray
) -> None:
    for j, place in enumerate(wanted):
        rows = np.flatnonzero(np.isinf(columns[:, j]))
        if rows.size:
            raise DataError(
                f"{design.where(place)}: the term {design.names[place]} is infinite in "
                f"{count(rows.size, 'row')} of the data, first in {table.row(int(rows[0]))}; "
                f"recode it, or set it to NaN."
            )


def _transformed(table: Table, source: Expression, learned: FactorValues | None) -> FloatArray:
    """Return a stateful factor on new rows with what it learned, NaN where it has no argument."""
    if learned is None:
        raise DataError(
            f"{source.where}: the term {source.code} learned from the sample, and a loaded result "
            f"holds no rows; build the model from data again to predict."
        )
    arguments = stateful_arguments(table, source)
    given = {**arguments, **{name: table.whole(name) for name in source.reads}}
    there = np.ones(len(table), dtype=bool)
    for argument in arguments.values():
        there &= np.isfinite(argument if argument.ndim == 1 else argument.sum(axis=1))
    width = learned.whole[source.code].shape[1:]
    out = np.full((len(table), *width), np.nan)
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


def _in_levels(values: FactorValues, source: Expression, levels: Sequence[Any]) -> Any:
    """Return the category codes of new rows in the levels of the sample, −1 where missing."""
    if values.by_block(source.code) and bare_column(source.code) is None:
        value: Any = np.asarray(values.slice_of(source.code, 0, len(values.table)))
    elif bare_column(source.code) is not None:
        value = values.table.read(bare_column(source.code) or "")
    else:
        value = evaluate_whole(values.table, source)
    category = value if isinstance(value, Category) else Category(pd.Categorical(value))
    category.require(levels, source)
    return category.codes(levels)


def _as_numbers(table: Table, value: FloatArray | Category, source: Expression) -> FloatArray:
    """Return a numeric factor on new rows; truth values count as 0 and 1."""
    if not isinstance(value, Category):
        return value
    if set(value.rows.categories) <= {False, True}:
        return np.asarray(value.rows, dtype=np.float64)
    table.refuse_numeric_use(source.reads, source.code)
    raise DataError(f"{source.where}: the term {source.code} was numeric and is not now.")
