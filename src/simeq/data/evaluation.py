"""One factor evaluated on the columns of some rows: numbers, or a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.errors import DataError, FormulaError, listing
from simeq.formula.expression import Expression, Expressions, take_out_arguments
from simeq.formula.syntax import bare_column
from simeq.formula.terms import Categories, StatefulTransform, marked_category
from simeq.linalg.bases import BoolArray, FloatArray


@dataclass(frozen=True)
class Category:
    """A categorical value of every row, with the levels and contrast that its code asks for."""

    rows: pd.Categorical
    levels: tuple[Any, ...] | None = None
    contrast: Any = None

    def __getitem__(self, rows: slice | BoolArray) -> Category:
        """Return some rows."""
        return replace(self, rows=self.rows[rows])

    def codes(self, levels: Sequence[Any]) -> NDArray[Any]:
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

    def observed(self, keep: BoolArray | None) -> Category:
        """Return a row for each category that occurs among the kept rows."""
        codes = np.asarray(self.rows.codes if keep is None else self.rows.codes[keep])
        counts = np.bincount(codes + 1, minlength=1)[1:]
        found = pd.Categorical.from_codes(np.flatnonzero(counts), dtype=self.rows.dtype)
        return replace(self, rows=found)


#: Numbers (n,) or (n, p), truth values (n,), or a category of n rows.
Value: TypeAlias = NDArray[Any] | Category


def as_category(value: Value) -> Category:
    """Take the values of a factor for categories, whatever they look like."""
    return value if isinstance(value, Category) else Category(pd.Categorical(np.asarray(value)))


def as_kind(value: Value, kind: int | Categories) -> NDArray[Any]:
    """Return values of a factor as what it is in the sample: numbers, or positions in its levels.

    Truth values count as 0 and 1, which are their positions too where both occur.
    """
    if isinstance(kind, int):
        return np.asarray(value.rows, dtype=float) if isinstance(value, Category) else value
    if not isinstance(value, Category) and value.dtype.kind == "b" and kind.levels == (False, True):
        return value
    return as_category(value).codes(kind.levels)


def missing_rows(value: Value, infinite: bool = False) -> BoolArray:
    """Mark the rows in which a factor is missing, or infinite too, in any of its columns."""
    if isinstance(value, Category):
        return np.asarray(value.rows.codes == -1)
    marks = ~np.isfinite(value) if infinite else np.isnan(value)
    return np.asarray(marks if marks.ndim == 1 else marks.any(axis=1))


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
    reads = {name: columns.read(name) for name in source.reads}
    reads = {n: x.astype(np.float64) if x.dtype.kind in "iu" else x for n, x in reads.items()}
    name = bare_column(source.code)
    value = np.asarray(source(reads) if name is None else reads[name])
    if value.dtype.kind not in "fiub":
        raise _not_numeric(columns, source)
    return value if value.ndim else np.full(len(columns), value)


def evaluate(columns: DataColumns, source: Expression) -> Value:
    """Evaluate a factor that is not stateful on all rows that it may look at.

    Raises
    ------
    DataError
        If text or dates stand where numbers must, or the value has another length.
    """
    if is_numeric(columns, source):
        return numbers(columns, source)
    name = bare_column(source.code)
    if name is not None:
        if columns.kind(name) == "number":
            return numbers(columns, source)
        if columns.kind(name) == "date":
            columns.refuse_numeric_use([name], source.code)
        category = Category(_categorical(columns.read(name), source))
        columns.require_category(name)
        return category
    try:
        value = source({name: columns.whole(name) for name in source.reads})
    except FormulaError:
        columns.refuse_numeric_use(source.reads, source.code)
        raise
    marked = marked_category(value)
    if marked is not None:
        value, *asked = marked
        return Category(_categorical(_aligned(value, columns, source), source), *asked)
    value = _aligned(value, columns, source)
    is_text = value.dtype.kind in "OUS" and not source.elementwise
    if isinstance(value, pd.Categorical) or value.dtype.kind == "b" or is_text:
        return Category(_categorical(value, source))
    if value.dtype.kind in "fiu":
        return np.asarray(value, dtype=np.float64)
    raise _not_numeric(columns, source)


def all_numbers(columns: DataColumns, expressions: Expressions) -> bool:
    """Whether each factor is one column of numbers on some rows, be they none."""
    return all(
        is_numeric(columns, own) and numbers(columns, own).dtype.kind != "b"
        for own in expressions.values()
    )


def evaluate_whole(columns: DataColumns, expressions: Expressions) -> dict[str, list[Value]]:
    """Evaluate factors that cannot be had piece by piece: values, or what transforms are given."""
    found: dict[str, list[Value]] = {}
    for code, own in expressions.items():
        if own.stateful:
            found[code] = arguments_of(columns, own)
        elif not is_numeric(columns, own):
            found[code] = [evaluate(columns, own)]
    return found


def evaluate_again(
    columns: DataColumns, source: Expression, kind: int | Categories
) -> NDArray[Any]:
    """Evaluate a factor on new rows as what it is in the sample.

    Raises
    ------
    DataError
        If it is not so: a category is new, or numbers are categories.
    """
    name = bare_column(source.code)
    if isinstance(kind, Categories) and name is not None:
        value: Value = Category(_categorical(columns.read(name), source))
    else:
        value = evaluate(columns, source)
    if isinstance(kind, Categories):
        as_category(value).require(kind.levels, source)
    elif isinstance(value, Category) and not set(value.rows.categories) <= {False, True}:
        columns.refuse_numeric_use(source.reads, source.code)
        raise DataError(f"{source.where}: the term {source.code} was numeric and is not now.")
    return as_kind(value, kind)


def arguments_of(columns: DataColumns, source: Expression) -> list[Value]:
    """Evaluate on all rows what a stateful factor passes to its transforms.

    Raises
    ------
    DataError
        If it passes anything but numbers.
    """
    found = [evaluate(columns, own) for own in take_out_arguments(source)[1].values()]
    if any(isinstance(value, Category) for value in found):
        columns.refuse_numeric_use(source.reads, source.code)
        raise DataError(f"{source.where}: the term {source.code} needs numbers.")
    return found


def transformed(
    columns: DataColumns,
    source: Expression,
    arguments: Sequence[Value],
    rows: BoolArray,
    known: StatefulTransform | None = None,
) -> tuple[StatefulTransform, FloatArray]:
    """Evaluate a stateful factor on some rows, NaN elsewhere, by what it learns there or knows.

    Raises
    ------
    FormulaError, or DataError where it knows
        If it cannot be evaluated.
    """
    code, names = take_out_arguments(source)
    given = dict(zip(names, arguments, strict=True))
    given |= {name: columns.whole(name) for name in source.reads}
    given = {name: value[rows] for name, value in given.items()}
    try:
        transform = known or StatefulTransform(code, source.names, given)
        found = transform(given)
    except Exception as error:
        kind, where = (FormulaError, "") if known is None else (DataError, " on the new data")
        reason = str(error).split("\n")[0]
        raise kind(
            f"{source.where}: the term {source.code} cannot be evaluated{where}: {reason}"
        ) from error
    full = np.full((len(columns), *found.shape[1:]), np.nan)
    full[rows] = found
    return transform, full


def _not_numeric(columns: DataColumns, source: Expression) -> DataError:
    """Return the error for a value that is no number, or raise one that names a column of text."""
    columns.refuse_numeric_use(source.reads, source.code)
    return DataError(f"{source.where}: the term {source.code} does not give real numbers.")


def _categorical(value: Any, source: Expression) -> pd.Categorical:
    """Take values for categories, if they can be told apart."""
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
    if isinstance(value, pd.Series) and pd.api.types.is_extension_array_dtype(value.dtype):
        value = _plain(value)
    if not isinstance(value, pd.Categorical):
        value = np.asarray(value)
        value = np.full(n, value) if value.ndim == 0 else value
    if len(value) != n or value.ndim > 2:
        raise DataError(
            f"{source.where}: the term {source.code} returns {len(value):,} values for {n:,} rows."
        )
    return value


def _plain(series: pd.Series[Any]) -> Any:
    """Values of a pandas type: categories as they are, nullable numbers as floats, or objects."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.array
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(series.astype(object), dtype=object)
