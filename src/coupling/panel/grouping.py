"""What `by` may be: keys named, or labels row by row."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.words import quoted
from coupling.errors import CouplingError
from coupling.panel.groups import Groups, combine, everything
from coupling.panel.keys import labels_of
from coupling.panel.labelled_array import Labelled, LabelledArray, read

By = Any  # a column, an index level, (n,) labels, or a list of them


def split(data: Labelled, by: By, what: str) -> tuple[LabelledArray, Groups]:
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
    LabelledArray, (n, k)
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
    index: pd.Index = pd.RangeIndex(np.shape(data)[0])
    if isinstance(data, (pd.DataFrame, pd.Series)):
        index = data.index
    groups = combine(keys_of(frame, index, by))
    if frame is not None:
        keys = _several(frame, index, by)
        data = frame.drop(columns=[key for key in keys if np.ndim(key) == 0 and key in frame])
    return read(data, what), groups


def keys_of(frame: pd.DataFrame | None, index: pd.Index, by: By) -> list[pd.Index]:
    """Labels of each key, row by row, whether `by` names keys or is the labels themselves.

    Parameters
    ----------
    frame : DataFrame or None
        Where columns may be named.
    index : Index, (n,)
        Whose levels may be named.
    by : label, (n,) labels, or a list of these
        What the caller gave.

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
    return [_key(frame, index, key) for key in _several(frame, index, by)]


def _several(frame: pd.DataFrame | None, index: pd.Index, by: By) -> list[Any]:
    """List the keys that `by` holds, names or vectors; one vector of labels is one key."""
    columns = () if frame is None else frame.columns
    if isinstance(by, (list, tuple)):
        known = (isinstance(key, Hashable) and (key in columns or key in index.names) for key in by)
        if all(known) or all(np.ndim(key) == 1 and len(key) == len(index) for key in by):
            return list(by)
    return [by]


def _key(frame: pd.DataFrame | None, index: pd.Index, key: By) -> pd.Index:
    """Labels of one key, (n,), named."""
    if isinstance(key, pd.Series):
        return _aligned(key, index)
    if not np.isscalar(key) and not isinstance(key, tuple):
        labels = pd.Index(key)
        if len(labels) != len(index):
            raise CouplingError(f"by has {len(labels)} labels for {len(index)} rows.")
        return labels
    columns = [] if frame is None else list(frame.columns)
    if isinstance(index, pd.MultiIndex) and key in index.names and key not in columns:
        depth = index.names.index(key)
        if index.levels[depth].is_monotonic_increasing:  # sorted already: its codes are quicker
            dtype = pd.CategoricalDtype(index.levels[depth])
            coded = pd.Categorical.from_codes(index.codes[depth], dtype=dtype, validate=False)
            return pd.CategoricalIndex(coded, name=key)
    found: pd.Index | None = labels_of(frame, index, key)
    if found is None:
        known = quoted([*columns, *(name for name in index.names if name is not None)], 12)
        what = "is neither a column nor an index level"
        raise CouplingError(f"by={key!r} {what} (there are {known}).")
    return found


def _aligned(key: "pd.Series[Any]", index: pd.Index) -> pd.Index:
    """Labels of a Series in the order of the rows; by position if its index only counts."""
    plain = isinstance(key.index, pd.RangeIndex) and len(key) == len(index)
    if not (plain or key.index.equals(index)):
        if not key.index.is_unique or not index.isin(key.index).all():
            raise CouplingError("by is a Series whose index does not match the rows.")
        key = key.reindex(index)
    return _labels(key, key.name)


def keys_of_panel(index: pd.Index, others: pd.DataFrame, by: Any) -> list[pd.Index]:
    """Labels of each key of a scored panel, row by row.

    Parameters
    ----------
    index : MultiIndex, (n,)
        Unit and time.
    others : DataFrame, (n, …)
        Columns that are no indicators.
    by : label, mapping unit → group, Series, (n,) labels, or a list of these
        A key, a column, a group for each unit, or labels row by row.

    Raises
    ------
    CouplingError
        For an unknown name, a unit without a group, or labels of another length.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("UT", 1970), ("NY", 1970)], names=["state", "year"])
    >>> keys_of_panel(index, pd.DataFrame(index=index), {"UT": "West", "NY": "East"})[0].tolist()
    ['West', 'East']
    """
    several = isinstance(by, (list, tuple)) and len(by) != len(index)
    return [_panel_key(index, others, key) for key in (by if several else [by])]


def _panel_key(index: pd.Index, others: pd.DataFrame, by: Any) -> pd.Index:
    if isinstance(by, pd.Series) and by.index.nlevels == 2:
        return _labels(by.reindex(index), by.name)
    if isinstance(by, (Mapping, pd.Series)):
        units = index.get_level_values(0).to_series(index=index)
        groups = units.map(dict(by.items()))
        if groups.isna().any():
            raise CouplingError(f"by has no group for {units[groups.isna()].iloc[0]!r}.")
        return _labels(groups, getattr(by, "name", None) or "group")
    if isinstance(by, Hashable):
        found: pd.Index | None = labels_of(None if by in index.names else others, index, by)
        if found is not None:
            return found
    elif len(by) == len(index):
        return _labels(pd.Series(by), "group")
    known = quoted([*index.names, *others.columns], 12)
    raise CouplingError(f"by={by!r} is no key of the panel; there are {known}.")


def _labels(key: "pd.Series[Any]", name: Hashable) -> pd.Index:
    labels: pd.Index = pd.Index(key.array, name=name)
    return labels
