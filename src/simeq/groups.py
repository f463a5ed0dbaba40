"""Labels of rows – clusters, panels, times – matched to the sample and made codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq._linalg import BoolArray, IntArray
from simeq.errors import DataError, count, nearest
from simeq.table import Table


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
        Name of a data column, or a label for each row of the data or of the sample.
    what : str
        The option that holds them, for errors.
    table : Table
    keep : (n,) array of bool, or None
        Marks the sample.

    Raises
    ------
    DataError
        If the column is unknown, the length is neither, or a label is missing.
    """
    name = given if isinstance(given, str) else what
    values = _column(given, what, table) if isinstance(given, str) else _array(given)
    if keep is not None and len(values) == len(keep):
        values = values[keep]
    rows = table.index if keep is None else table.index[keep]
    if len(values) != len(rows):
        sizes = f"{len(rows):,}" if keep is None else f"{len(rows):,} (or {len(keep):,})"
        raise DataError(
            f"{what} has {count(len(values), 'label')} for the {sizes} rows of the sample (or of "
            f"the data)."
        )
    missing = np.asarray(pd.isna(values))
    if missing.any():
        where = rows[int(np.flatnonzero(missing)[0])]
        raise DataError(
            f"{what}: {name} has no label in {count(int(missing.sum()), 'row')} of the sample, "
            f"first in row {where!r}; label or drop them."
        )
    codes, labels = pd.factorize(values, sort=True)
    return Groups(name, codes.astype(np.intp), np.asarray(labels))


def _column(name: str, what: str, table: Table) -> NDArray[Any]:
    if name not in table:
        raise DataError(f"{what}: unknown column {name!r}.{nearest(name, table.names)}")
    return np.asarray(table.read(name))


def _array(given: Any) -> NDArray[Any]:
    values = np.asarray(given.array if isinstance(given, pd.Series) else given)
    return values.ravel() if values.ndim == 2 and 1 in values.shape else values


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
