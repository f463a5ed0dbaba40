"""Equations and data to a design: distinct columns, and who uses which of them in what role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simeq._linalg import FloatArray
from simeq.errors import DataError, FormulaError, RankWarning, warn
from simeq.expression import Expression, Lookup, bare_column, expression, is_standard, names_of
from simeq.factor import Factor, accumulate
from simeq.formula import (
    INTERCEPT,
    PATSY_NAMES,
    Categories,
    Column,
    Part,
    Term,
    code_columns,
    term_name,
)
from simeq.roles import instrument_lists
from simeq.rows import Category, Values, evaluate_whole, stateful_arguments
from simeq.sample import Sample, settle
from simeq.specification import Specification
from simeq.table import Table


@dataclass(frozen=True)
class Design:
    """The columns of a system and their places, without any rows.

    Attributes
    ----------
    labels, texts : (G,) tuples of str
        Names and formulas of the equations.
    columns : (m,) tuple of Column
        Distinct columns of W, the column of ones first.
    dependents : (G,) tuple of int
        Position of each dependent.
    regressors : G tuples of int
        Positions of each equation's regressors, in formula order.
    instruments : G tuples of int
        Positions of each equation's instruments, included and excluded.
    instruments_given : bool
        Whether the user listed the instruments, rather than leave them to the rule.
    levels : dict
        Categories of each categorical factor, in order.
    stateful : frozenset of str
        Factors that learned something from the sample.
    scalars : dict
        Numbers and texts of the caller that factors name.
    functions : frozenset of str
        Functions and modules of the caller, beside numpy and patsy's, that factors name.
    sample : Sample
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    columns: tuple[Column, ...]
    dependents: tuple[int, ...]
    regressors: tuple[tuple[int, ...], ...]
    instruments: tuple[tuple[int, ...], ...]
    instruments_given: bool
    levels: Mapping[str, tuple[Any, ...]]
    stateful: frozenset[str]
    scalars: Mapping[str, Any]
    functions: frozenset[str]
    sample: Sample

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of W."""
        return tuple(column.name for column in self.columns)


def build(spec: Specification, table: Table, caller: Lookup, missing: str) -> tuple[Design, Values]:
    """Bind terms to data, settle the sample and lay out the columns.

    Raises
    ------
    FormulaError, DataError
    """
    if missing not in ("drop", "raise"):
        raise DataError(f"missing must be 'drop' or 'raise', not {missing!r}.")
    known = frozenset(table.names)
    bound = {
        code: expression(code, known, caller, PATSY_NAMES, where)
        for code, where in spec.codes().items()
    }
    reads = {code: source.reads for code, source in bound.items()}
    lists = instrument_lists(spec, reads)
    columns = dict.fromkeys([*(c for own in reads.values() for c in own), *spec.endog])
    sample, values = settle(table, bound, list(columns), missing)
    for equation in spec.equations:
        if values.kinds[equation.left] != 1:
            table.refuse_numeric_use(reads[equation.left], equation.left)
            raise FormulaError(
                f"{equation.where}: the left side {equation.left} must be one numeric column; "
                f"write arithmetic inside I(…), as in I(1.0 * (y > 0))."
            )
    termlists = [*(equation.terms for equation in spec.equations), *lists]
    coded = code_columns(termlists, values.kinds)
    for equation, own in zip(spec.equations, coded, strict=False):
        _warn_of_constant_categories(equation.where, equation.terms, own)
    return _lay_out(spec, coded, values, sample), values


def _warn_of_constant_categories(
    where: str, terms: Sequence[Term], columns: Sequence[Column]
) -> None:
    """Warn of a categorical term that has one level in the sample, hence no column."""
    for term in set(terms) - {column.term for column in columns}:
        warn(
            f"{where}: the term {term_name(term)} has one level in the sample and gives no column.",
            RankWarning,
        )


def _lay_out(
    spec: Specification,
    coded: Sequence[tuple[Column, ...]],
    values: Values,
    sample: Sample,
) -> Design:
    """Give each distinct column its place; equal names are equal columns."""
    place: dict[str, int] = {INTERCEPT.name: 0}
    columns = [INTERCEPT]

    def positions(wanted: Iterable[Column]) -> tuple[int, ...]:
        own = []
        for column in wanted:
            if column.name not in place:
                place[column.name] = len(columns)
                columns.append(column)
            own.append(place[column.name])
        return tuple(own)

    number = len(spec.equations)
    outside = {n: v for source in values.expressions.values() for n, v in source.names.items()}
    scalars = {n: v for n, v in outside.items() if pd.api.types.is_scalar(v)}
    others = [n for n in outside if n not in scalars]
    functions = frozenset(n for n in others if not is_standard(n, outside[n], PATSY_NAMES))
    dependents = positions(Column(e.left, (e.left,), (Part(e.left),)) for e in spec.equations)
    regressors = tuple(positions(right) for right in coded[:number])
    first: dict[frozenset[int], tuple[int, ...]] = {}  # the same set is the same list
    found = [positions(instruments) for instruments in coded[number:]]
    lists = [first.setdefault(frozenset(own), own) for own in found]
    return Design(
        labels=tuple(e.label for e in spec.equations),
        texts=tuple(e.text for e in spec.equations),
        columns=tuple(columns),
        dependents=dependents,
        regressors=regressors,
        instruments=tuple(lists if len(lists) == number else lists * number),
        instruments_given=bool(spec.instruments),
        levels={c: k.levels for c, k in values.kinds.items() if isinstance(k, Categories)},
        stateful=frozenset(values.transforms),
        scalars=scalars,
        functions=functions,
        sample=sample,
    )


def compress(design: Design, values: Values, block_rows: int | None = None) -> Factor:
    """Factor the design's columns over the sample, block by block."""

    def fill(out: FloatArray, start: int, stop: int) -> int:
        return values.write(out, design.columns, start, stop)

    return accumulate(fill, len(values.table), design.names, block_rows)


def combine(
    design: Design, values: Values, weights: FloatArray, block_rows: int = 2**15
) -> Iterator[FloatArray]:
    """Yield W @ weights for the rows of the sample, block by block, for (m, q) weights."""
    n_rows = len(values.table)
    used = np.flatnonzero(weights.any(axis=1))
    columns = [design.columns[j] for j in used]
    buffer = np.empty((min(n_rows, block_rows), len(columns)), order="F")
    for start in range(0, n_rows, block_rows):
        stop = min(start + block_rows, n_rows)
        kept = values.write(buffer[: stop - start], columns, start, stop)
        yield buffer[:kept] @ weights[used]


def replayed(design: Design, wanted: Iterable[int], table: Table) -> dict[str, Expression]:
    """Bind the factors of some columns again, for a design whose caller is gone.

    Raises
    ------
    DataError
        If a factor names a function of the caller's.
    """
    found: dict[str, Expression] = {}
    known = frozenset(table.names) - set(design.scalars)
    for code in {part.code for j in wanted for part in design.columns[j].parts}:
        gone = sorted(names_of(code) & design.functions)
        if gone:
            raise DataError(
                f"The term {code} calls {gone[0]}, which a loaded result does not hold; build the "
                f"model from data again to predict."
            )
        found[code] = expression(code, known, design.scalars, PATSY_NAMES, "predict")
    return found


def new_columns(
    design: Design,
    wanted: Sequence[int],
    table: Table,
    expressions: Mapping[str, Expression],
    learned: Values | None,
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
    learned : Values or None
        Holds what stateful factors learned; without it they raise.

    Raises
    ------
    DataError
        If a category is new, or a stateful factor's learning is not at hand.
    """
    values = Values(table, expressions)
    columns = [design.columns[j] for j in wanted]
    for code in dict.fromkeys(part.code for column in columns for part in column.parts):
        source = expressions[code]
        if source.stateful:
            values.whole[code] = _transformed(table, source, learned)
        elif code in design.levels:
            values.whole[code] = _in_levels(values, source, design.levels[code])
        elif not values.by_block(code):
            values.whole[code] = _as_numbers(evaluate_whole(table, source), source)
    out = np.empty((len(table), len(columns)), order="F")
    values.write(out, columns, 0, len(table))
    for j, column in enumerate(columns):
        reads = {name for part in column.parts for name in expressions[part.code].reads}
        for name in reads:
            missing = table.missing(name)
            if missing is not None:
                out[missing, j] = np.nan
    return out


def _transformed(table: Table, source: Expression, learned: Values | None) -> FloatArray:
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


def _in_levels(values: Values, source: Expression, levels: Sequence[Any]) -> Any:
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


def _as_numbers(value: FloatArray | Category, source: Expression) -> FloatArray:
    """Return a numeric factor on new rows; truth values count as 0 and 1."""
    if not isinstance(value, Category):
        return value
    if set(value.rows.categories) <= {False, True}:
        return np.asarray(value.rows, dtype=np.float64)
    raise DataError(f"{source.where}: the term {source.code} was numeric and is not now.")
