"""The caller's data as plain columns: numbers, truth values, categories, text or dates."""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.errors import DataError, nearest
from simeq.linalg.bases import BoolArray, FloatArray, IntArray

_NUMBER = re.compile(
    r"\s*[-+−]?\s*[$€£¥]?[\d.,_]*\d[\d.,_]*(e[-+]?\d+)?\s*[%$€£¥]?\s*", re.IGNORECASE
)
#: Values of a frame that is taken as one matrix: should pandas hold it in pieces, it is copied.
SMALL_ENTRIES = 2**15

_NUMERIC_OBJECTS = {"integer", "floating", "mixed-integer-float", "decimal", "empty"}


#: What a column holds, by the kind of its numpy type; all others are numbers.
_KINDS = {"M": "date", "m": "date", "b": "bool", "O": "text"}


@dataclass(frozen=True, eq=False)
class DataColumns:
    """Columns of the caller's data on some rows; the source of these rows, all in one block.

    Attributes
    ----------
    names : list of str
        Columns that a formula can hold.
    index : pandas.Index
        Labels of the rows.
    read : callable
        Returns a column by its name, cleaned once: numbers and truth values are numpy arrays,
        nullable and object numbers floats; text is an array of objects; categories are as pandas
        has them. Raises a DataError if there is no such column, or two of that name.
    gives_series : bool
        Whether functions of whole columns get a Series, since the data are a frame.
    """

    names: list[str]
    index: pd.Index[Any]
    read: Callable[[str], Any]
    gives_series: bool

    def __len__(self) -> int:
        return len(self.index)

    def blocks(self) -> Iterator[DataColumns]:
        """Yield all rows."""
        yield self

    def sketch(self, names: Iterable[str]) -> DataColumns:
        """Return no rows, but all columns of their kinds."""
        return self.cut(slice(0, 0))

    def cut(self, rows: slice | IntArray) -> DataColumns:
        """Return some rows: without any copy where they follow one another."""
        read = cache(lambda name: self.read(name)[rows])
        return DataColumns(self.names, self.index[rows], read, self.gives_series)

    def whole(self, name: str) -> Any:
        """Return a column for a function of whole columns: a Series when the data are a frame.

        Integers come as 64 bits wide, so that narrow ones cannot overflow in what it computes.
        """
        column = self.read(name)
        column = column.astype(np.int64) if column.dtype.kind in "iu" else column
        return pd.Series(column, index=self.index, name=name) if self.gives_series else column

    def missing(self, name: str) -> BoolArray | None:
        """Mark the missing rows of a column, or None when there are none."""
        marks = np.asarray(pd.isna(self.read(name)))
        return marks if marks.any() else None

    def kind(self, name: str) -> str:
        """Return "number", "bool", "category", "date" or "text"."""
        column = self.read(name)
        is_category = isinstance(column, pd.Categorical)
        return "category" if is_category else _KINDS.get(column.dtype.kind, "number")

    def row(self, position: int) -> str:
        """Name a row by its label."""
        return f"row {self.index[[position]].tolist()[0]!r}"

    def require_category(self, name: str) -> None:
        """Check that a text column is a category in good faith, with no number among its values.

        Raises
        ------
        DataError
            Naming the column, a value and its row.
        """
        column = self.read(name)
        is_category = isinstance(column, pd.Categorical)
        distinct = column.categories if is_category else pd.unique(column)
        if is_category and not any(isinstance(v, str) for v in distinct):
            return
        if not any(_reads_as_number(v) for v in distinct if not _is_missing(v)):
            return
        texts = pd.Series(np.asarray(column, dtype=object)).dropna()
        numeric = texts.map(_reads_as_number).to_numpy(dtype=bool)
        if not numeric.any():  # a category that no row has reads as a number
            return
        odd = numeric if numeric.mean() <= 0.5 or numeric.all() else ~numeric
        where = int(texts.index[np.flatnonzero(odd)[0]])
        raise DataError(
            f"Column {name!r} holds text of which {numeric.sum():,} of {numeric.size:,} values "
            f"read as numbers: see {texts[where]!r} in {self.row(where)}. Convert it with "
            f"pd.to_numeric, or write C({name}) for categories."
        )

    def refuse_numeric_use(self, names: Iterable[str], term: str) -> None:
        """Say which text or date column of a numeric term cannot be computed with, if one is.

        Raises
        ------
        DataError
            Naming the column, its first value and row.
        """
        for name in names:
            kind = self.kind(name)
            if kind not in ("text", "date", "category") or not len(self):
                continue
            values = [*enumerate(np.asarray(self.read(name)))]
            present = [(i, v) for i, v in values if not _is_missing(v)] or values
            odd = [(i, v) for i, v in present if not _reads_as_number(v)]
            where, value = (odd or present)[0]
            held = "text" if kind != "date" else "dates" if value.dtype.kind == "M" else "durations"
            raise DataError(
                f"The term {term} needs numbers, but column {name!r} holds {held}: "
                f"{str(value)!r} in {self.row(where)}. Convert it with pd.to_numeric, or write "
                f"C({name}) for categories."
            )


def data_columns(data: pd.DataFrame | Mapping[str, Any]) -> DataColumns:
    """Open a data frame or a mapping of columns.

    A frame is kept by a lazy copy, so that neither side sees the other's later changes; the arrays
    of a mapping are copied.

    Raises
    ------
    DataError
        If it is neither, or its columns form no table.
    """
    frame = _frame(data)
    names = [name for name in frame.columns.tolist() if isinstance(name, str)]
    known = _at_once(frame)

    @cache
    def read(name: str) -> Any:
        if name in known:
            return known[name]
        if name not in frame.columns:
            raise DataError(f"Unknown column {name!r}.{nearest(name, names)}")
        column = frame[name]
        if isinstance(column, pd.DataFrame):
            raise DataError(
                f"The data have {column.shape[1]} columns named {name!r}; rename all but one."
            )
        return clean(column)

    return DataColumns(names, frame.index, read, isinstance(data, pd.DataFrame))


def _frame(data: Any) -> pd.DataFrame:
    """Return a frame that neither side can change for the other."""
    if isinstance(data, pd.DataFrame):
        return data.copy(deep=False)
    if not isinstance(data, Mapping):
        row = " One row of a frame is a frame as data.iloc[[0]]." * isinstance(data, pd.Series)
        raise DataError(
            f"data must be a DataFrame or a mapping of columns, not {type(data).__name__}.{row}"
        )
    if data and all(pd.api.types.is_scalar(value) for value in data.values()):
        raise DataError("The columns hold no rows. Give one row as lists, as {'x': [1.0]}.")
    try:
        return pd.DataFrame(dict(data), copy=True)
    except (ValueError, TypeError) as error:
        raise DataError(f"The columns do not form a table: {error}.") from None


def _at_once(frame: pd.DataFrame) -> dict[Any, FloatArray]:
    """Columns of a small frame of floats, where taking one by one is slower than all else."""
    small = frame.size <= SMALL_ENTRIES and frame.columns.is_unique
    if not small or set(frame.dtypes.tolist()) != {np.dtype(np.float64)}:
        return {}
    return dict(zip(frame.columns.tolist(), frame.to_numpy().T, strict=True))


def clean(column: pd.Series[Any]) -> Any:
    """Bring a column to one of the kinds that terms know."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return column.array
    if isinstance(dtype, pd.DatetimeTZDtype):
        return column.dt.tz_localize(None).to_numpy()
    if isinstance(dtype, np.dtype):
        return _clean_numpy(column)
    if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return column.to_numpy(dtype="datetime64[ns]")
    return _clean_objects(np.asarray(column.astype(object), dtype=object))


def _clean_numpy(column: pd.Series[Any]) -> Any:
    """Numbers become doubles, but whole numbers and truth values stay as they are."""
    kind = column.dtype.kind
    if kind == "c":
        raise DataError(f"Column {column.name!r} holds complex numbers.")
    if kind == "f":
        return column.to_numpy(dtype=np.float64)
    if kind == "O":
        return _clean_objects(column.to_numpy())
    return column.to_numpy()


def _clean_objects(values: NDArray[Any]) -> Any:
    """Objects that are all numbers become floats, all truth values booleans, all dates dates."""
    kind = pd.api.types.infer_dtype(values, skipna=True)
    missing = pd.isna(values)
    mixed = kind.startswith("mixed") and all(map(_is_number, values[~missing]))
    if kind in _NUMERIC_OBJECTS or mixed:
        return np.where(missing, np.nan, values).astype(np.float64)
    if kind == "boolean":
        return values.astype(bool) if not missing.any() else pd.Categorical(values)
    if kind in ("datetime", "datetime64", "date"):
        return pd.to_datetime(pd.Series(values)).to_numpy(dtype="datetime64[ns]")
    return values


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _reads_as_number(value: Any) -> bool:
    """Whether a value of a text column is a number, or text that looks like one."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)
