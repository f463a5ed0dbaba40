"""One factor evaluated on the columns of some rows: numbers, or a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.errors import DataError, FormulaError, listing
from simeq.formula.expression import Expression, take_out_arguments
from simeq.formula.syntax import bare_column
from simeq.formula.terms import marked_category
from simeq.linalg.bases import BoolArray, FloatArray


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

    def observed(self, keep: BoolArray | None) -> BoolArray:
        """Mark the categories that occur among the kept rows."""
        codes = np.asarray(self.rows.codes)
        present = codes if keep is None else codes[keep]
        counts = np.bincount(present + 1, minlength=len(self.rows.categories) + 1)
        return np.asarray(counts[1:] > 0)


def missing_rows(value: FloatArray | Category) -> BoolArray:
    """Mark the rows in which a factor is missing, in any of its columns."""
    if isinstance(value, Category):
        return np.asarray(value.rows.codes == -1)
    return np.asarray(np.isnan(value) if value.ndim == 1 else np.isnan(value).any(axis=1))


def is_numeric(columns: DataColumns, source: Expression) -> bool:
    """Whether a factor is element-wise in numbers, so that it can be had on any rows anew."""
    if not source.elementwise:
        return False
    kinds = {columns.kind(name) for name in source.reads}
    return kinds <= {"number", "bool"} and (kinds != {"bool"} or bare_column(source.code) is None)


def numbers(columns: DataColumns, source: Expression) -> NDArray[Any]:
    """Evaluate an element-wise factor: (n,) numbers, or truth values.

    Integers become floats first, so that arithmetic cannot overflow.

    Raises
    ------
    DataError
        If it does not give real numbers.
    """
    name = bare_column(source.code)
    value = (
        _floats(columns.read(name))
        if name is not None
        else np.asarray(source({name: _floats(columns.read(name)) for name in source.reads}))
    )
    if value.dtype.kind not in "fiub":
        columns.refuse_numeric_use(source.reads, source.code)
        raise DataError(f"{source.where}: the term {source.code} does not give real numbers.")
    return value if value.ndim else np.full(len(columns), value)


def _floats(column: Any) -> Any:
    return column.astype(np.float64) if column.dtype.kind in "iu" else column


def evaluate(columns: DataColumns, source: Expression) -> FloatArray | Category:
    """Evaluate a factor on whole columns: floats (n,) or (n, p), or a category; not a stateful one.

    Raises
    ------
    DataError
        If text or dates stand where numbers must, or the value has another length.
    """
    name = bare_column(source.code)
    if name is not None:
        return _bare(columns, name, source)
    try:
        value = source({name: columns.whole(name) for name in source.reads})
    except FormulaError:
        columns.refuse_numeric_use(source.reads, source.code)
        raise
    marked = marked_category(value)
    if marked is not None:
        rows = _categorical(_aligned(marked.values, columns, source), source)
        return Category(rows, marked.levels, marked.contrast)
    value = _aligned(value, columns, source)
    if isinstance(value, pd.Categorical) or value.dtype.kind == "b":
        return Category(_categorical(value, source))
    if value.dtype.kind in "fiu":
        return np.asarray(value, dtype=np.float64)
    if value.dtype.kind in "OUS" and not source.elementwise:
        return Category(_categorical(value, source))
    columns.refuse_numeric_use(source.reads, source.code)
    raise DataError(f"{source.where}: the term {source.code} does not give real numbers.")


def _bare(columns: DataColumns, name: str, source: Expression) -> FloatArray | Category:
    """Return a column that stands by itself in a formula."""
    if columns.kind(name) == "number":
        return np.asarray(columns.read(name), dtype=np.float64)
    if columns.kind(name) == "date":
        columns.refuse_numeric_use([name], source.code)
    category = Category(_categorical(columns.read(name), source))
    columns.require_category(name)
    return category


def category_of(columns: DataColumns, source: Expression) -> Category:
    """Evaluate a factor that is known to be a category, whatever its values look like here."""
    name = bare_column(source.code)
    if name is not None:
        return Category(_categorical(columns.read(name), source))
    known = numbers if is_numeric(columns, source) else evaluate
    value = known(columns, source)
    return value if isinstance(value, Category) else Category(pd.Categorical(value))


def category_codes(columns: DataColumns, source: Expression, levels: Sequence[Any]) -> NDArray[Any]:
    """Evaluate a category as the position of each row's value in `levels`, −1 where missing."""
    if levels == (False, True) and is_numeric(columns, source):
        value = numbers(columns, source)
        if value.dtype.kind == "b":  # comparisons are their own codes, and fast
            return value
    return category_of(columns, source).codes(levels)


def stateful_arguments(columns: DataColumns, source: Expression) -> dict[str, FloatArray]:
    """Evaluate on all rows what a stateful factor passes to its transforms.

    Raises
    ------
    DataError
        If it passes anything but numbers.
    """
    found: dict[str, FloatArray] = {}
    for name, argument in take_out_arguments(source).arguments.items():
        value = evaluate(columns, argument)
        if isinstance(value, Category):
            columns.refuse_numeric_use(source.reads, source.code)
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


def _aligned(value: Any, columns: DataColumns, source: Expression) -> Any:
    """Bring a value to one row for each row of the data: an array, or a pandas category."""
    n = len(columns)
    if isinstance(value, pd.Series | pd.DataFrame) and not value.index.equals(columns.index):
        raise DataError(
            f"{source.where}: the term {source.code} returns {len(value):,} rows that do not "
            f"match the {n:,} of the data one to one, in order."
        )
    if isinstance(value, pd.Series):
        value = _values(value)
    if not isinstance(value, pd.Categorical):
        value = np.asarray(value)
        value = np.full(n, value) if value.ndim == 0 else value
    if len(value) != n or value.ndim > 2:
        raise DataError(
            f"{source.where}: the term {source.code} returns {len(value):,} values for {n:,} rows."
        )
    return value


def _values(series: pd.Series[Any]) -> Any:
    """Values of a Series: categories as they are, nullable numbers as floats."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.array
    if not pd.api.types.is_extension_array_dtype(series.dtype):
        return series
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(series.astype(object), dtype=object)
