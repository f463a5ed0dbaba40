"""How a scored panel may be grouped: by its keys, its other columns, or a mapping of its units."""

from collections.abc import Hashable, Mapping
from typing import Any, cast

import pandas as pd

from coupling.errors import CouplingError
from coupling.frames import listed


def keys_of_panel(index: pd.Index, others: pd.DataFrame, by: Any) -> list[pd.Index]:
    """Find the labels of each key of a panel.

    Parameters
    ----------
    index : MultiIndex, (n,)
        Unit and time.
    others : DataFrame, (n, …)
        Columns that are no indicators.
    by : label, mapping unit → group, Series, (n,) labels, or a list of these
        A key, a column, a group for each unit, or labels row by row.

    Returns
    -------
    list of Index, each (n,)
        Labels row by row.

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
    keys = by if several else [by]
    return [_key(cast(pd.MultiIndex, index), others, key) for key in keys]


def _key(index: pd.MultiIndex, others: pd.DataFrame, by: Any) -> pd.Index:
    if isinstance(by, pd.Series) and by.index.nlevels == 2:
        return _labels(by.reindex(index), by.name)
    if isinstance(by, (Mapping, pd.Series)):
        units = index.get_level_values(0).to_series(index=index)
        groups = units.map(dict(by.items()))
        if groups.isna().any():
            raise CouplingError(f"by has no group for {units[groups.isna()].iloc[0]!r}.")
        return _labels(groups, getattr(by, "name", None) or "group")
    if isinstance(by, Hashable) and by in index.names:
        level: pd.Index = index.get_level_values(index.names.index(by))
        return level
    if isinstance(by, Hashable) and by in others.columns:
        return _labels(others[by], by)
    if isinstance(by, Hashable) or len(by) != len(index):
        known = listed([*index.names, *others.columns], 12)
        raise CouplingError(f"by={by!r} is no key of the panel; there are {known}.")
    return _labels(pd.Series(by), "group")


def _labels(key: "pd.Series[Any]", name: Hashable) -> pd.Index:
    labels: pd.Index = pd.Index(key.array, name=name)
    return labels
