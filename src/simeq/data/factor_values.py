"""Factors evaluated on rows, and columns of the design written block by block.

Element-wise factors are evaluated on each block when it is needed and leave no memory behind;
functions of whole columns and categories are evaluated once, on all rows in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.table import Table
from simeq.errors import DataError, FormulaError, listing
from simeq.formula.expression import Expression, bare_column, take_out_arguments
from simeq.formula.terms import Categories, Column, StatefulTransform
from simeq.linalg.bases import FloatArray, IntArray


@dataclass
class FactorValues:
    """What the factors of a system are on the rows of one table.

    Attributes
    ----------
    table : Table
    expressions : mapping from code to Expression
    whole : dict
        Full-length values of the factors that were evaluated once: floats (n,) or (n, p), or the
        integer code of each row's category, −1 where it is missing.
    kinds : dict
        For each code the number of numeric columns, or its `Categories`.
    transforms : dict
        What stateful factors learned from the sample.
    keep : (n,) array of bool, or None
        Marks the rows of the sample; None when all belong to it.
    """

    table: Table
    expressions: Mapping[str, Expression]
    whole: dict[str, NDArray[Any]] = field(default_factory=dict)
    kinds: dict[str, int | Categories] = field(default_factory=dict)
    transforms: dict[str, StatefulTransform] = field(default_factory=dict)
    keep: NDArray[np.bool_] | None = None

    def take(self, rows: IntArray) -> FactorValues:
        """Return the values on some rows of the table, all of them kept, nothing learned anew."""
        whole = {code: value[rows] for code, value in self.whole.items()}
        return replace(self, table=self.table.take(rows), whole=whole, keep=None)

    def by_block(self, code: str) -> bool:
        """Whether a factor can be evaluated on a block of rows by itself."""
        source = self.expressions[code]
        kinds = {self.table.kind(name) for name in source.reads}
        is_category = bare_column(code) is not None and kinds == {"bool"}
        return source.elementwise and kinds <= {"number", "bool"} and not is_category

    def slice_of(self, code: str, start: int, stop: int) -> NDArray[Any]:
        """Values of one factor in the rows ``start:stop``: floats, or category codes."""
        if code in self.whole:
            return self.whole[code][start:stop]
        source = self.expressions[code]
        columns = {name: _block(self.table.read(name), start, stop) for name in source.reads}
        value = np.asarray(source(columns))
        if value.dtype.kind not in "fiub":
            self.table.refuse_numeric_use(source.reads, code)
            raise DataError(f"{source.where}: the term {code} does not give real numbers.")
        return value if value.ndim else np.full(stop - start, value)

    def write(self, out: FloatArray, columns: Sequence[Column], start: int, stop: int) -> int:
        """Write the kept rows among ``start:stop`` of the columns into `out`; return their number.

        Parameters
        ----------
        out : (stop − start, m) array
        columns : m columns
        """
        chosen = None if self.keep is None else self.keep[start:stop]
        if chosen is not None and chosen.all():
            chosen = None
        rows = stop - start if chosen is None else int(chosen.sum())
        cache: dict[str, NDArray[Any]] = {}
        for j, column in enumerate(columns):
            target = out[:rows, j]
            target[:] = 1.0 if not column.parts else 0.0
            for number, part in enumerate(column.parts):
                if part.code not in cache:
                    value = self.slice_of(part.code, start, stop)
                    cache[part.code] = value if chosen is None else value[chosen]
                share = _share(cache[part.code], part.position, part.contrast)
                if number == 0:
                    target[:] = share
                else:
                    target *= share
        return rows


def _block(column: Any, start: int, stop: int) -> Any:
    """Rows of a column; integers become floats, so that arithmetic cannot overflow."""
    part = column[start:stop]
    return part.astype(np.float64) if part.dtype.kind in "iu" else part


def _share(value: NDArray[Any], position: int, contrast: tuple[float, ...] | None) -> NDArray[Any]:
    """Return the numeric column of a factor, or the contrast of each row's category."""
    if contrast is None:
        return value if value.ndim == 1 else value[:, position]
    return np.array([*contrast, np.nan])[value.astype(np.intp)]


@dataclass(frozen=True)
class Category:
    """A categorical value of every row, with the levels and contrast that its code asks for."""

    rows: pd.Categorical
    levels: tuple[Any, ...] | None = None
    contrast: Any = None

    def codes(self, levels: Sequence[Any]) -> NDArray[np.signedinteger[Any]]:
        """Return each row's position in `levels`, −1 where it is missing or none of them."""
        position = {level: i for i, level in enumerate(levels)}
        lookup = [*(position.get(level, -1) for level in self.rows.categories), -1]
        small = np.int16 if len(levels) < 2**15 else np.int32
        return np.asarray(np.array(lookup, dtype=small)[np.asarray(self.rows.codes)], dtype=small)

    def require(self, levels: Sequence[Any], source: Expression) -> None:
        """Check that every row has one of the levels.

        Raises
        ------
        DataError
            Naming a value that is none of them.
        """
        strange = set(self.rows.remove_unused_categories().categories) - set(levels)
        if strange:
            raise DataError(
                f"{source.where}: {min(strange, key=str)!r} is not one of the categories of "
                f"{source.code} ({listing(levels)})."
            )

    def observed(self, keep: NDArray[np.bool_]) -> tuple[Any, ...]:
        """Return the levels that occur among the kept rows, or the explicit ones."""
        if self.levels is not None:
            return self.levels
        present = np.asarray(self.rows.codes)[keep]
        counts = np.bincount(present + 1, minlength=len(self.rows.categories) + 1)[1:]
        return tuple(np.asarray(self.rows.categories, dtype=object)[counts > 0])


def evaluate_whole(table: Table, source: Expression) -> FloatArray | Category:
    """Evaluate a factor on all rows: floats (n,) or (n, p), or a category.

    Raises
    ------
    DataError
        If text or dates stand where numbers must, or the value has another length.
    """
    name = bare_column(source.code)
    if name is not None:
        if table.kind(name) == "number":
            return np.asarray(table.read(name), dtype=np.float64)
        if table.kind(name) == "date":
            table.refuse_numeric_use([name], source.code)
        table.require_category(name)
        return Category(_categorical(table.read(name), source))
    try:
        value = source({name: table.whole(name) for name in source.reads})
    except FormulaError:
        table.refuse_numeric_use(source.reads, source.code)
        raise
    if hasattr(value, "contrast") and hasattr(value, "levels"):  # what patsy's C() returns
        rows = _categorical(_aligned(value.data, table, source), source)
        levels = None if value.levels is None else tuple(value.levels)
        return Category(rows, levels, value.contrast)
    value = _aligned(value, table, source)
    if isinstance(value, pd.Categorical) or value.dtype.kind == "b":
        return Category(_categorical(value, source))
    if value.dtype.kind in "fiu":
        return np.asarray(value, dtype=np.float64)
    if value.dtype.kind in "OUS" and not source.elementwise:
        return Category(_categorical(value, source))
    table.refuse_numeric_use(source.reads, source.code)
    raise DataError(f"{source.where}: the term {source.code} does not give real numbers.")


def stateful_arguments(table: Table, source: Expression) -> dict[str, FloatArray]:
    """Evaluate on all rows what a stateful factor passes to its transforms.

    Raises
    ------
    DataError
        If it passes anything but numbers.
    """
    found: dict[str, FloatArray] = {}
    for name, argument in take_out_arguments(source).arguments.items():
        value = evaluate_whole(table, argument)
        if isinstance(value, Category):
            table.refuse_numeric_use(source.reads, source.code)
            raise DataError(f"{source.where}: the term {source.code} needs numbers.")
        found[name] = value
    return found


def _categorical(value: Any, source: Expression) -> pd.Categorical:
    try:
        return pd.Categorical(value)
    except TypeError as error:
        raise DataError(
            f"{source.where}: the term {source.code} holds values that are no categories: {error}."
        ) from None


def _aligned(value: Any, table: Table, source: Expression) -> Any:
    """Bring a value to one row for each row of the table: an array, or a pandas category."""
    n = len(table)
    if isinstance(value, pd.Series | pd.DataFrame) and not value.index.equals(table.index):
        raise DataError(
            f"{source.where}: the term {source.code} returns {len(value):,} rows that do not "
            f"match the {n:,} of the data one to one, in order."
        )
    if isinstance(value, pd.Series) and isinstance(value.dtype, pd.CategoricalDtype):
        return value.array
    if isinstance(value, pd.Series) and pd.api.types.is_extension_array_dtype(value.dtype):
        if pd.api.types.is_numeric_dtype(value.dtype):
            value = value.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            value = np.asarray(value.astype(object), dtype=object)
    if isinstance(value, pd.Categorical):
        array: Any = value
    else:
        array = np.asarray(value)
        array = np.full(n, array) if array.ndim == 0 else array
    if len(array) != n or array.ndim > 2:
        raise DataError(
            f"{source.where}: the term {source.code} returns {len(array):,} values for {n:,} rows."
        )
    return array
