"""The caller's data as plain columns: numbers, truth values, categories, text or dates."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.errors import DataError, nearest
from simeq.linalg.bases import IntArray

_NUMBER = re.compile(
    r"\s*[-+−]?\s*[$€£¥]?[\d.,_]*\d[\d.,_]*(e[-+]?\d+)?\s*[%$€£¥]?\s*", re.IGNORECASE
)
_NUMERIC_OBJECTS = {"integer", "floating", "mixed-integer-float", "decimal", "empty"}


class Table:
    """Columns of a data frame or mapping, cleaned when first read and never changed.

    Parameters
    ----------
    data : DataFrame or mapping of columns
        A frame is kept by a lazy copy, so that neither side sees the other's later changes; the
        arrays of a mapping are copied.

    Attributes
    ----------
    index : pandas.Index
        Row labels.
    """

    def __init__(self, data: pd.DataFrame | Mapping[str, Any]) -> None:
        self._gives_series = isinstance(data, pd.DataFrame)
        self._frame = _frame(data)
        self._columns: dict[str, Any] = {}
        self.index = self._frame.index

    def __len__(self) -> int:
        return len(self.index)

    def __contains__(self, name: object) -> bool:
        return name in self._frame.columns

    def take(self, rows: IntArray) -> Table:
        """Return some rows as a table of their own, in the order given."""
        part = Table(self._frame.iloc[rows])
        part._gives_series = self._gives_series
        part._columns = {name: column[rows] for name, column in self._columns.items()}
        return part

    @property
    def names(self) -> list[str]:
        """Column names that a formula can hold."""
        return [name for name in self._frame.columns if isinstance(name, str)]

    def read(self, name: str) -> Any:
        """Return a column, cleaned.

        Numbers and truth values are numpy arrays, nullable and object numbers as floats; text is
        an array of objects; categories are as pandas has them.

        Raises
        ------
        DataError
            If there is no such column, or two of that name.
        """
        if name not in self._columns:
            if name not in self:
                raise DataError(f"Unknown column {name!r}.{nearest(name, self.names)}")
            column = self._frame[name]
            if isinstance(column, pd.DataFrame):
                raise DataError(
                    f"The data have {column.shape[1]} columns named {name!r}; rename all but one."
                )
            self._columns[name] = _clean(column)
        return self._columns[name]

    def whole(self, name: str) -> Any:
        """Return a column for a function of whole columns: a Series when the data are a frame.

        Integers come as 64 bits wide, so that narrow ones cannot overflow in what it computes.
        """
        column = self.read(name)
        if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
            column = column.astype(np.int64)
        return pd.Series(column, index=self.index, name=name) if self._gives_series else column

    def missing(self, name: str) -> NDArray[np.bool_] | None:
        """Mark the missing rows of a column, or None when there are none."""
        column = self.read(name)
        if isinstance(column, np.ndarray) and column.dtype.kind in "iub":
            return None
        marks = np.asarray(np.isnan(column) if _is_float(column) else pd.isna(column))
        return marks if marks.any() else None

    def kind(self, name: str) -> str:
        """Return "number", "bool", "category", "date" or "text"."""
        column = self.read(name)
        if isinstance(column, pd.Categorical):
            return "category"
        if column.dtype.kind in "Mm":
            return "date"
        if column.dtype.kind == "b":
            return "bool"
        return "text" if column.dtype.kind == "O" else "number"

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
        texts = pd.Series(np.asarray(column, dtype=object))
        texts = texts[[not _is_missing(v) for v in texts]]
        numeric = np.array([_reads_as_number(v) for v in texts], dtype=bool)
        category = isinstance(column, pd.Categorical)
        if category and not any(isinstance(v, str) for v in column.categories):
            return
        if not numeric.any():
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
            if kind not in ("text", "date", "category"):
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


def _frame(data: Any) -> pd.DataFrame:
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


def _clean(column: pd.Series[Any]) -> Any:
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


def _is_float(column: Any) -> bool:
    return isinstance(column, np.ndarray) and column.dtype.kind == "f"


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _reads_as_number(value: Any) -> bool:
    """Whether a value of a text column is a number, or text that looks like one."""
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)
