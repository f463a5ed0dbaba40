"""Labels of rows – clusters, panels, times – matched to the sample and made codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.table import Table
from simeq.errors import DataError, count, listing, nearest
from simeq.linalg.bases import BoolArray, IntArray


@dataclass(frozen=True)
class Groups:
    """Rows of the sample by label.

    Attributes
    ----------
    name : str
        How the user called the labels.
    codes : (n,) array of int
        Position of each row's label in `labels`.
    labels : (g,) array
        Distinct labels, sorted.
    """

    name: str
    codes: IntArray
    labels: NDArray[Any]

    @property
    def number(self) -> int:
        """Distinct labels."""
        return len(self.labels)

    @property
    def members(self) -> list[IntArray]:
        """Rows of each label, in their order."""
        ends = np.cumsum(np.bincount(self.codes, minlength=self.number))
        return np.split(np.argsort(self.codes, kind="stable"), ends[:-1])

    @property
    def by_row(self) -> NDArray[Any]:
        """Label of each row (n,)."""
        return np.asarray(self.labels[self.codes])

    def crossed(self, other: Groups) -> Groups:
        """Return the intersections of two groupings."""
        pairs = self.codes * other.number + other.codes
        labels, codes = np.unique(pairs, return_inverse=True)
        return Groups(f"{self.name} × {other.name}", codes, labels)


def read_groups(given: Any, what: str, table: Table, keep: BoolArray | None) -> Groups:
    """Match labels to the rows of the sample.

    Parameters
    ----------
    given : str or array
        Name of a data column or index level, or a label for each row of the data or of the sample.
    what : str
        The option that holds them, for errors.
    table : Table
    keep : (n,) array of bool, or None
        Marks the sample.

    Raises
    ------
    DataError
        If the column is unknown, the length is neither, a Series belongs to other rows, a label is
        missing, or two groupings are given for one.
    """
    name, values = _labels(given, what, table, keep)
    codes, labels = pd.factorize(values, sort=True)
    return Groups(name, codes.astype(np.intp), np.asarray(labels))


def read_periods(given: Any, what: str, table: Table, keep: BoolArray | None) -> Groups:
    """Match times to the rows of the sample; ordered categories keep their order.

    Raises
    ------
    DataError
        As `read_groups`, and if times are text whose alphabetical order is not that of the rows.
    """
    name, values = _labels(given, what, table, keep)
    codes, labels = pd.factorize(values, sort=True)
    text = not isinstance(values, pd.Categorical) and pd.api.types.infer_dtype(values) == "string"
    if text and (np.diff(np.unique(codes, return_index=True)[1]) < 0).any():
        raise DataError(
            f"{what}: {name} holds text, and its alphabetical order ({listing(labels, 4)}) is not "
            f"that of the rows; give numbers, dates or ordered categories."
        )
    return Groups(name, codes.astype(np.intp), np.asarray(labels))


def _labels(
    given: Any, what: str, table: Table, keep: BoolArray | None
) -> tuple[str, NDArray[Any] | pd.Categorical]:
    """Name of a grouping, and the label of each row of the sample."""
    pair = split_pair(given)
    if len(pair) != 1:
        raise DataError(f"{what} takes one grouping, not {len(pair)}.")
    name = _name(pair[0], what)
    values = _column(name, what, table) if isinstance(pair[0], str) else _array(pair[0], what)
    rows = table.index if keep is None else table.index[keep]
    if len(values) not in (len(table.index), len(rows)):
        sizes = f"{len(rows):,}" if keep is None else f"{len(rows):,} (or {len(keep):,})"
        raise DataError(
            f"{what} has {count(len(values), 'label')} for the {sizes} rows of the sample (or of "
            f"the data)."
        )
    whole = len(values) == len(table.index)
    if isinstance(pair[0], pd.Series):
        _require_same_rows(pair[0].index, table.index if whole else rows, what)
    if whole and keep is not None:
        values = values[keep]
    missing = np.asarray(pd.isna(values))
    if missing.any():
        where = rows[missing][:1].tolist()[0]
        own = name if name == what else f"{what}: {name}"
        raise DataError(
            f"{own} has no label in {count(int(missing.sum()), 'row')} of the sample, first in "
            f"row {where!r}; label or drop them."
        )
    return name, values


def _name(given: Any, what: str) -> str:
    """Return what the user calls a grouping: a column, a Series by its name, else the option."""
    own = given if isinstance(given, str) else getattr(given, "name", None)
    return own if isinstance(own, str) and own else what


def _column(name: str, what: str, table: Table) -> NDArray[Any] | pd.Categorical:
    if name in table:
        return _ordered(table.read(name))
    if name in table.index.names:
        return _ordered(table.index.get_level_values(name).array)
    known = [*table.names, *map(str, filter(None, table.index.names))]
    raise DataError(f"{what}: unknown column {name!r}.{nearest(name, known)}")


def _array(given: Any, what: str) -> NDArray[Any] | pd.Categorical:
    values = _ordered(given.array if isinstance(given, pd.Series) else given)
    if values.ndim == 2 and 1 in values.shape:
        return values.ravel()
    if values.ndim != 1:
        raise DataError(
            f"{what} must be a column's name or an array with a label for each row, not "
            f"{type(given).__name__} of {values.ndim} dimensions."
        )
    return values


def _ordered(values: Any) -> NDArray[Any] | pd.Categorical:
    """Labels as an array; ordered categories as they are, since their order may count."""
    if isinstance(values, pd.Categorical) and values.ordered:
        return values
    return np.asarray(values)


def _require_same_rows(index: pd.Index[Any], rows: pd.Index[Any], what: str) -> None:
    """Check that a Series is not of the data's rows in another order, or of others among them."""
    if index.equals(rows) or index.nlevels != rows.nlevels or not index.isin(rows).any():
        return
    raise DataError(
        f"{what} is a Series with some of the data's row labels, but not one to one in their "
        f"order; reindex it by the data's index, or give .to_numpy() to match by position."
    )


def split_pair(given: Any) -> Sequence[Any]:
    """Return one or two groupings: two names, two arrays, or an array of two columns."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, pd.DataFrame):
        return [given.iloc[:, j] for j in range(given.shape[1])]
    whole = isinstance(given, tuple | list) and len(given) in (1, 2)
    if whole and all(isinstance(part, str) or np.ndim(part) == 1 for part in given):
        return list(given)
    array = np.asarray(given)
    return [array[:, j] for j in range(array.shape[1])] if array.ndim == 2 else [given]
