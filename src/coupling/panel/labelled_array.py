"""The door: numbers come in with their labels, and go out with them.

Everything behind it computes on plain arrays. Rows are units × times, columns are indicators or
subsystems; the last axis of an array holds the columns.
"""

import contextlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from coupling.errors import CouplingError
from coupling.panel.blocks import Array, row_blocks
from coupling.panel.keys import at

Labelled = pd.DataFrame | pd.Series | NDArray[Any] | ArrayLike


@dataclass(frozen=True)
class LabelledArray:
    """Rows and columns of numbers, with the labels they came with.

    Attributes
    ----------
    source : DataFrame or ndarray, (n, k)
        The numbers as given, never written to.
    names : tuple of k labels
        Column labels; positions for an array.
    index : Index, (n,)
        Row labels; 0 … n − 1 for an array.
    lead : tuple of int or None
        For an array, its shape without the last axis; for a frame None.

    Examples
    --------
    >>> read(pd.DataFrame({"a": [0.5]}, index=["UTAH"]), "U").names
    ('a',)
    """

    source: pd.DataFrame | NDArray[Any]
    names: tuple[Hashable, ...]
    index: pd.Index
    lead: tuple[int, ...] | None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.index), len(self.names)

    @cached_property
    def values(self) -> Array:
        """All columns as float64, (n, k); a view where the source allows it."""
        if isinstance(self.source, np.ndarray):
            return np.asarray(self.source, dtype=np.float64)
        plain = all(dtype == np.float64 for dtype in self.source.dtypes)
        return self.source.to_numpy() if plain else _floats(self.source)

    def column(self, j: int) -> NDArray[Any]:
        """Column j, (n,), a view of the source where its dtype is NumPy's own."""
        if isinstance(self.source, np.ndarray):
            return self.source[:, j]
        column = self.source.iloc[:, j]
        plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiub"
        return column.to_numpy() if plain else _floats(column)

    def at(self, row: int) -> str:
        """Name one row: its unit and year, or its position."""
        return at(self.index, row) if self.lead is None else f"row {row}"

    def give(self, values: Array, names: Sequence[Hashable] | None = None) -> Any:
        """Put the labels back on (n, m) numbers."""
        if self.lead is not None:
            return values.reshape((*self.lead, values.shape[1]))
        if names is None and isinstance(self.source, pd.DataFrame):
            return pd.DataFrame(values, self.index, self.source.columns)  # columns keep their name
        return pd.DataFrame(values, self.index, pd.Index(list(names or self.names)))

    def give_one(self, values: Array, name: str) -> Any:
        """Put the row labels back on (n,) numbers; a single vector gives a float."""
        if self.lead is None:
            return pd.Series(values, index=self.index, name=name)
        return values.reshape(self.lead) if self.lead else float(values[0])


def _floats(data: Any) -> Array:
    return np.asarray(data.to_numpy(dtype=np.float64, na_value=np.nan))


def read(data: Labelled, what: str) -> LabelledArray:
    """Take numbers in: a frame, a named vector, or an array with the columns in its last axis.

    Parameters
    ----------
    data : DataFrame, Series or array-like, (n, k) or (k,) or (…, k)
        A Series or a vector is one row.
    what : str
        What the numbers are, for messages.

    Returns
    -------
    LabelledArray
        The same numbers, not copied.

    Raises
    ------
    CouplingError
        For columns that are not numbers, that share a name, or for no rows at all.

    Examples
    --------
    >>> read([[0.2, 0.8], [0.5, 0.5]], "U").shape
    (2, 2)
    """
    if isinstance(data, pd.DataFrame):
        frame = _numeric_frame(data)
        table = LabelledArray(frame, tuple(frame.columns), frame.index, None)
    else:
        table = _read_array(data, what)
    if 0 in table.shape:
        raise CouplingError(f"{what} has no {'columns' if table.shape[0] else 'rows'}.")
    return table


def _read_array(data: Any, what: str) -> LabelledArray:
    if isinstance(data, np.ma.MaskedArray):
        data = np.ma.filled(data.astype(np.float64), np.nan)
    array = _numeric(np.asarray(data), what)
    if array.ndim == 0:
        raise CouplingError(f"{what} is one number; its last axis must hold the columns.")
    names = tuple(data.index if isinstance(data, pd.Series) else range(array.shape[-1]))
    if array.size == 0 and not isinstance(data, pd.Series):
        raise CouplingError(f"{what} is empty: its shape is {array.shape}.")
    rows = np.atleast_2d(array) if array.ndim < 3 else array.reshape(-1, array.shape[-1])
    return LabelledArray(rows, names, pd.RangeIndex(len(rows)), array.shape[:-1])


def _numeric(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Real numbers as they are, objects as float64, anything else an error."""
    if array.dtype.kind == "O":
        with contextlib.suppress(TypeError, ValueError):
            return array.astype(np.float64)
    if array.dtype.kind not in "fiub":
        raise CouplingError(f"{what} must hold real numbers; its dtype is {array.dtype}.")
    return array


def _numeric_frame(frame: pd.DataFrame) -> pd.DataFrame:
    doubled = frame.columns[frame.columns.duplicated()]
    if len(doubled):
        raise CouplingError(f"Column {doubled[0]!r} occurs twice; rename or drop one.")
    for position, dtype in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype) or dtype.kind == "c":
            frame = _as_numbers(frame, position)
    return frame


def _as_numbers(frame: pd.DataFrame, position: int) -> pd.DataFrame:
    """Objects that are all numbers become float64; a text names its column and row."""
    name, column = frame.columns[position], frame.iloc[:, position]
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("integer", "floating", "mixed-integer-float", "decimal", "empty"):
        shallow = frame.copy(deep=False)
        shallow[name] = pd.to_numeric(column)
        return shallow
    numbers = pd.to_numeric(column, errors="coerce") if kind != "complex" else column
    culprits = np.asarray(numbers.isna() & column.notna())
    row = int(np.argmax(culprits if culprits.any() else np.asarray(column.notna())))
    raise CouplingError(
        f"Column {name!r} is not numeric: {column.iloc[row]!r} at {at(frame.index, row)}. "
        "Make keys the index (as_panel, set_index) and numbers numeric (pd.to_numeric)."
    )


def require_finite(
    table: LabelledArray, what: str, nan: str = "raise", proof: Sequence[Array] = ()
) -> Array:
    """Numbers of a table, (n, k); missing or infinite ones refused, or let through as NaN.

    Parameters
    ----------
    table : LabelledArray, (n, k)
        The numbers, which are not copied if all are finite.
    what : str
        What they are, for the message.
    nan : {"raise", "propagate"}
        What to do with missing and infinite ones.
    proof : sequence of ndarray
        Numbers computed from them that cannot all be finite unless they are; without, sums.

    Raises
    ------
    CouplingError
        Naming column, unit and year of the first one.

    Examples
    --------
    >>> require_finite(read([[0.2, np.nan]], "Z"), "Z", "propagate")
    array([[0.2, nan]])
    """
    values = table.values
    with np.errstate(invalid="ignore", over="ignore"):
        proof = proof or [values[rows].sum() for rows in row_blocks(values)]
    if all(np.isfinite(number).all() for number in proof):
        return values
    finite = np.isfinite(values)
    if finite.all():  # only a sum was too large
        return values
    if nan == "propagate":
        return np.where(finite, values, np.nan)
    row, column = np.argwhere(~finite)[0]
    raise CouplingError(
        f"{what}: column {table.names[column]!r} is {values[row, column]} at {table.at(row)}"
        f" ({int((~finite).sum())} missing or infinite in all). Fill or drop them,"
        ' or pass nan="propagate" where the function offers it.'
    )
