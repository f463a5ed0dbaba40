"""The door: numbers come in with their labels, and go out with them.

Everything behind it computes on plain arrays. Rows are units × times, columns are indicators or
subsystems; the last axis of an array holds the columns.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from coupling.errors import CouplingError, only

Array = NDArray[np.float64]
Labelled = pd.DataFrame | pd.Series | NDArray[Any] | ArrayLike


@dataclass(frozen=True)
class Table:
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

    @property
    def values(self) -> Array:
        """All columns as float64, (n, k); a view where the source allows it."""
        if isinstance(self.source, np.ndarray):
            return np.asarray(self.source, dtype=np.float64)
        if all(dtype == np.float64 for dtype in self.source.dtypes):
            return self.source.to_numpy()
        return self.source.to_numpy(dtype=np.float64, na_value=np.nan)

    def column(self, j: int) -> NDArray[Any]:
        """Column j, (n,), a view of the source where its dtype is NumPy's own."""
        if isinstance(self.source, np.ndarray):
            return self.source[:, j]
        column = self.source.iloc[:, j]
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiub":
            return column.to_numpy()
        return column.to_numpy(dtype=np.float64, na_value=np.nan)

    def at(self, row: int) -> str:
        """Name one row: its unit and year, or its position."""
        return at(self.index, row) if self.lead is None else f"row {row}"

    def give(self, values: Array, names: Sequence[Hashable] | None = None) -> Any:
        """Put the labels back on (n, m) numbers."""
        if self.lead is not None:
            return values.reshape((*self.lead, values.shape[1]))
        columns = self.frame_columns if names is None else pd.Index(list(names))
        return pd.DataFrame(values, index=self.index, columns=columns)

    def give_one(self, values: Array, name: str) -> Any:
        """Put the row labels back on (n,) numbers; a single vector gives a float."""
        if self.lead is None:
            return pd.Series(values, index=self.index, name=name)
        return values.reshape(self.lead) if self.lead else float(values[0])

    @property
    def frame_columns(self) -> pd.Index:
        """Column labels as an index, with their name where they had one."""
        if isinstance(self.source, pd.DataFrame):
            return self.source.columns
        return pd.RangeIndex(len(self.names))


def read(data: Labelled, what: str) -> Table:
    """Take numbers in: a frame, a named vector, or an array with the columns in its last axis.

    Parameters
    ----------
    data : DataFrame, Series or array-like, (n, k) or (k,) or (…, k)
        A Series or a vector is one row.
    what : str
        What the numbers are, for messages.

    Returns
    -------
    Table
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
    if isinstance(data, pd.Series):
        numbers = _numeric(np.asarray(data), what)[np.newaxis]
        table = Table(numbers, tuple(data.index), pd.RangeIndex(1), ())
    elif isinstance(data, pd.DataFrame):
        frame = _numeric_frame(data)
        table = Table(frame, tuple(frame.columns), frame.index, None)
    else:
        table = _read_array(data, what)
    if 0 in table.shape:
        raise CouplingError(f"{what} has no {'columns' if table.shape[0] else 'rows'}.")
    return table


def _read_array(data: ArrayLike, what: str) -> Table:
    if isinstance(data, np.ma.MaskedArray):
        data = np.ma.filled(data.astype(np.float64), np.nan)
    array = _numeric(np.asarray(data), what)
    if array.ndim == 0:
        raise CouplingError(f"{what} is one number; its last axis must hold the columns.")
    if array.size == 0:
        raise CouplingError(f"{what} is empty: its shape is {array.shape}.")
    rows = array if array.ndim == 2 else array.reshape(-1, array.shape[-1])
    names = tuple(range(array.shape[-1]))
    return Table(rows, names, pd.RangeIndex(len(rows)), array.shape[:-1])


def _numeric(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Real numbers as they are, objects as float64, anything else an error."""
    if array.dtype.kind in "fiub":
        return array
    try:
        if array.dtype.kind == "O":
            return array.astype(np.float64)
    except (TypeError, ValueError):
        pass
    raise CouplingError(f"{what} must hold real numbers; its dtype is {array.dtype}.")


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


def at(index: pd.Index, row: int) -> str:
    """Name one row of an index: unit and year where it has them.

    Parameters
    ----------
    index : Index, (n,)
        Row labels.
    row : int
        Position of the row.

    Returns
    -------
    str
        For example ``state UTAH, year 1970``, or ``row 7``.

    Examples
    --------
    >>> at(pd.MultiIndex.from_tuples([("UTAH", 1970)], names=["state", "year"]), 0)
    'state UTAH, year 1970'
    """
    label = index[row]
    if isinstance(index, pd.MultiIndex):
        names = [name or f"level {depth}" for depth, name in enumerate(index.names)]
        return ", ".join(f"{name} {shown(part)}" for name, part in zip(names, label, strict=True))
    return f"{index.name or 'row'} {shown(label)}"


def shown(label: object) -> str:
    """Write a label; a date without its midnight.

    Parameters
    ----------
    label : object
        A unit, a year, a date.

    Returns
    -------
    str
        Its text.

    Examples
    --------
    >>> shown(1970), shown(pd.Timestamp("1970-12-31"))
    ('1970', '1970-12-31')
    """
    return str(label).removesuffix(" 00:00:00")


def listed(names: Sequence[Hashable], most: int = 5) -> str:
    """Write names as a list that stays on one line.

    Parameters
    ----------
    names : sequence of labels
        What to list.
    most : int
        How many at most; the rest is counted.

    Returns
    -------
    str
        ``'a', 'b' and 3 more``.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2)
    "'a', 'b' and 1 more"
    """
    text = ", ".join(repr(name) for name in names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most} more"


def require_finite(table: Table, values: Array, what: str, nan: str = "raise") -> Array:
    """Refuse missing and infinite numbers, or let them through as NaN.

    Parameters
    ----------
    table : Table
        Where the numbers came from, for the message.
    values : ndarray, (n, k)
        The numbers.
    what : str
        What they are.
    nan : {"raise", "propagate"}
        What to do with them.

    Returns
    -------
    ndarray, (n, k)
        `values`; infinities as NaN under ``"propagate"``.

    Raises
    ------
    CouplingError
        Naming column, unit and year of the first one.

    Examples
    --------
    >>> table = read([[0.2, np.nan]], "Z")
    >>> require_finite(table, table.values, "Z", "propagate")
    array([[0.2, nan]])
    """
    only(nan, ("raise", "propagate"), "nan")
    finite = np.isfinite(values)
    if finite.all():
        return values
    if nan == "propagate":
        return np.where(finite, values, np.nan)
    row, column = np.argwhere(~finite)[0]
    raise CouplingError(
        f"{what}: column {table.names[column]!r} is {values[row, column]} at {table.at(row)}"
        f" ({int((~finite).sum())} missing or infinite in all). Fill or drop them,"
        ' or pass nan="propagate" where the function offers it.'
    )
