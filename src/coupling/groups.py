"""Rows that belong together: years, regions, units; and the keys of a panel."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from coupling.errors import CouplingError
from coupling.frames import Array, Labelled, Table, at, listed, read

By = Any  # a column, an index level, (n,) labels, or a list of them


@dataclass(frozen=True)
class Groups:
    """Which group each row belongs to.

    Attributes
    ----------
    codes : ndarray of int, (n,)
        Position of each row's group in `labels`.
    labels : Index, (G,)
        The groups in sorted order; a MultiIndex for several keys.

    Examples
    --------
    >>> groups = combine([pd.Index(["b", "a", "b"])])
    >>> groups.counts
    array([1, 2])
    >>> groups.means(np.array([[1.0], [2.0], [4.0]]))
    array([[2. ],
           [2.5]])
    """

    codes: NDArray[np.intp]
    labels: pd.Index

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """Rows per group, (G,)."""
        return np.bincount(self.codes, minlength=len(self.labels))

    @cached_property
    def _members(self) -> "sparse.csr_array[Any]":
        order = np.argsort(self.codes, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.counts)])
        shape = (len(self.labels), len(self.codes))
        return sparse.csr_array((np.ones(len(order)), order, starts), shape=shape)

    def sums(self, values: Array) -> Array:
        """Sum (n, k) numbers within groups: (G, k)."""
        if len(self.labels) == 1:
            return np.asarray(values.sum(axis=0, keepdims=True))
        return np.asarray(self._members @ values)

    def means(self, values: Array) -> Array:
        """Average (n, k) numbers within groups: (G, k)."""
        return self.sums(values) / self.counts[:, np.newaxis]

    def extremes(self, values: Array) -> tuple[Array, Array]:
        """Smallest and largest of (n, k) numbers within groups, NaN left out: two (G, k)."""
        if len(self.labels) == 1:
            one = values if not np.isnan(values).any() else None
            low, high = (np.min, np.max) if one is not None else (np.nanmin, np.nanmax)
            return low(values, axis=0, keepdims=True), high(values, axis=0, keepdims=True)
        grouped, starts = values[self._members.indices], self._members.indptr[:-1]
        return (
            np.fmin.reduceat(grouped, starts, axis=0),
            np.fmax.reduceat(grouped, starts, axis=0),
        )

    def name(self, group: int) -> str:
        """Name one group, for messages."""
        if self.labels.nlevels == 1 and self.labels.name is None:
            return f"group {self.labels[group]}"
        return at(self.labels, group)


def everything(n: int) -> Groups:
    """Put all n rows into one group.

    Parameters
    ----------
    n : int
        Number of rows.

    Returns
    -------
    Groups
        One group, called ``all``.

    Examples
    --------
    >>> everything(3).counts
    array([3])
    """
    return Groups(np.zeros(n, dtype=np.intp), pd.Index(["all"]))


def split(data: Labelled, by: By, what: str) -> tuple[Table, Groups]:
    """Separate the columns of numbers from the keys that group the rows.

    Parameters
    ----------
    data : DataFrame, Series or array-like, (n, k)
        Numbers, and possibly key columns.
    by : None, label, (n,) labels, or list of these
        A column (which is then no number), an index level, or labels row by row.
    what : str
        What the numbers are, for messages.

    Returns
    -------
    Table
        The numbers without the key columns.
    Groups
        The groups; one group if `by` is None.

    Raises
    ------
    CouplingError
        For a name that is neither column nor level, labels of another length, or missing ones.

    Examples
    --------
    >>> table, groups = split(pd.DataFrame({"year": [2, 1], "a": [0.2, 0.4]}), "year", "Z")
    >>> table.names, groups.labels.tolist()
    (('a',), [1, 2])
    """
    if by is None:
        table = read(data, what)
        return table, everything(table.shape[0])
    frame = data if isinstance(data, pd.DataFrame) else None
    n = len(data) if isinstance(data, pd.Series) else np.shape(data)[0]
    index = data.index if isinstance(data, (pd.DataFrame, pd.Series)) else pd.RangeIndex(n)
    groups = combine(keys_of(frame, index, by))
    named = _names(frame, index, by) or []
    if frame is not None:
        data = frame.drop(columns=[name for name in named if np.ndim(name) == 0 and name in frame])
    return read(data, what), groups


def keys_of(frame: pd.DataFrame | None, index: pd.Index, by: By) -> list[pd.Index]:
    """Find the labels of each key, whether `by` names keys or is the labels themselves.

    Parameters
    ----------
    frame : DataFrame or None
        Where columns may be named.
    index : Index, (n,)
        Whose levels may be named.
    by : label, (n,) labels, or a list of these
        What the caller gave.

    Returns
    -------
    list of Index, each (n,)
        Labels row by row.

    Raises
    ------
    CouplingError
        For an unknown name, or labels of another length.

    Examples
    --------
    >>> keys_of(None, pd.Index([1970, 1971], name="year"), "year")[0].tolist()
    [1970, 1971]
    """
    if by is None:
        raise CouplingError("by must name a column or an index level, or give labels row by row.")
    names = _names(frame, index, by)
    return [_key(frame, index, key) for key in ([by] if names is None else names)]


def _names(frame: pd.DataFrame | None, index: pd.Index, by: By) -> list[Any] | None:
    """List the keys that `by` names; None if it is one vector of labels."""
    if np.ndim(by) == 0:
        return [by]
    if isinstance(by, (list, tuple)):
        known = [isinstance(key, Hashable) and _knows(frame, index, key) for key in by]
        if all(known) or all(np.ndim(key) == 1 and len(key) == len(index) for key in by):
            return list(by)
    return None


def _knows(frame: pd.DataFrame | None, index: pd.Index, key: Hashable) -> bool:
    return (frame is not None and key in frame.columns) or key in index.names


def _key(frame: pd.DataFrame | None, index: pd.Index, key: By) -> pd.Index:
    """Labels of one key, (n,), named."""
    if isinstance(key, pd.Series):
        return _aligned(key, index)
    if not np.isscalar(key) and not isinstance(key, tuple):
        labels = pd.Index(key)
        if len(labels) != len(index):
            raise CouplingError(f"by has {len(labels)} labels for {len(index)} rows.")
        return labels
    if frame is not None and key in frame.columns:
        column: pd.Index = pd.Index(frame[key].array, name=key)
        return column
    if key in index.names:
        return _level(index, index.names.index(key))
    columns = [] if frame is None else list(frame.columns)
    known = listed([*columns, *(name for name in index.names if name is not None)], 12)
    raise CouplingError(f"by={key!r} is neither a column nor an index level (there are {known}).")


def _level(index: pd.Index, depth: int) -> pd.Index:
    """Labels of an index level; by their codes where they are sorted already, which is quicker."""
    if isinstance(index, pd.MultiIndex) and index.levels[depth].is_monotonic_increasing:
        codes, labels = index.codes[depth], index.levels[depth]
        return pd.CategoricalIndex(
            pd.Categorical.from_codes(codes, labels, validate=False), name=index.names[depth]
        )
    level: pd.Index = index.get_level_values(depth)
    return level


def _aligned(key: "pd.Series[Any]", index: pd.Index) -> pd.Index:
    """Labels of a Series in the order of the rows; by position if its index only counts."""
    plain = isinstance(key.index, pd.RangeIndex) and len(key) == len(index)
    if not (plain or key.index.equals(index)):
        if not key.index.is_unique or not index.isin(key.index).all():
            raise CouplingError("by is a Series whose index does not match the rows.")
        key = key.reindex(index)
    labels: pd.Index = pd.Index(key.array, name=key.name)
    return labels


def combine(keys: Sequence[pd.Index]) -> Groups:
    """Group rows by several keys at once.

    Parameters
    ----------
    keys : sequence of Index, each (n,)
        Labels row by row.

    Returns
    -------
    Groups
        One group for each combination that occurs, in sorted order.

    Raises
    ------
    CouplingError
        If a label is missing.

    Examples
    --------
    >>> combine([pd.Index([2, 1]), pd.Index(["a", "b"])]).labels.tolist()
    [(1, 'b'), (2, 'a')]
    """
    code = np.zeros(len(keys[0]), dtype=np.intp)
    levels: list[pd.Index] = []
    for key in keys:
        codes, labels = _codes(key)
        code, levels = code * len(labels) + codes, [*levels, labels]
    present, codes = _renumbered(code, int(np.prod([len(level) for level in levels])))
    if len(levels) == 1:
        return Groups(codes, levels[0][present])
    parts = np.unravel_index(present, [len(level) for level in levels])
    labels = pd.MultiIndex.from_arrays(
        [level[part] for level, part in zip(levels, parts, strict=True)],
        names=[key.name for key in keys],
    )
    return Groups(codes, labels)


def _renumbered(code: NDArray[np.intp], room: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Codes that occur, in order, and each row's place among them."""
    if room > 4 * len(code) + 1000:
        return np.unique(code, return_inverse=True)
    occurs = np.bincount(code, minlength=room) > 0
    present = np.flatnonzero(occurs)
    return present, code if len(present) == room else (np.cumsum(occurs) - 1)[code]


def _codes(key: pd.Index) -> tuple[NDArray[np.intp], pd.Index]:
    missing = np.flatnonzero(key.isna())
    if len(missing):
        name = "by" if key.name is None else repr(key.name)
        raise CouplingError(f"The key {name} is missing in row {missing[0]}.")
    if isinstance(key, pd.CategoricalIndex):
        return np.asarray(key.codes, dtype=np.intp), pd.Index(key.categories, name=key.name)
    codes, labels = key.factorize(sort=True)
    return codes, pd.Index(labels, name=key.name)
