"""The keys of a panel: which unit, which time, and how a row is named by them."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from _simeq_shared.words import quoted
from coupling.errors import CouplingError, warn


def as_panel(frame: pd.DataFrame, unit: Hashable, time: Hashable) -> pd.DataFrame:
    """Make unit and time the index of a panel, and check it.

    Parameters
    ----------
    frame : DataFrame, (n, k)
        One row for each unit and time; the keys are columns or index levels.
    unit, time : label
        Names of the two keys.

    Returns
    -------
    DataFrame, (n, k − 2) or (n, k)
        The other columns over a MultiIndex (unit, time), rows in their order.

    Raises
    ------
    CouplingError
        If a key is not there, has missing labels, or a unit–time pair occurs twice.

    Warns
    -----
    CouplingWarning
        If the panel is unbalanced.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"state": ["UT", "UT"], "year": [1970, 1971], "gsp": [9.0, 9.5]})
    >>> as_panel(frame, "state", "year").loc[("UT", 1971), "gsp"].item()
    9.5
    """
    panel, notes = _over_keys(frame, unit, time)
    warn(*notes)
    return panel


def keyed(panel: pd.DataFrame, unit: Hashable, time: Hashable) -> tuple[pd.DataFrame, list[str]]:
    """Give a panel its index of unit and time, and say what is odd about it.

    Parameters
    ----------
    panel : DataFrame, (n, …)
        Keys as columns or index levels.
    unit, time : label, optional
        Both; or neither, for the two levels of the index.

    Returns
    -------
    DataFrame, (n, …)
        Over (unit, time).
    list of str
        What to warn of.

    Raises
    ------
    CouplingError
        If the keys are not said, or are doubled.

    Examples
    --------
    >>> frame = pd.DataFrame({"state": ["UT"], "year": [1970], "gsp": [9.0]})
    >>> keyed(frame, "state", "year")[0].index.names
    FrozenList(['state', 'year'])
    """
    _require_frame(panel)
    if len(panel) == 0:
        raise CouplingError("The panel has no rows.")
    if unit is None and time is None:
        if panel.index.nlevels != 2:
            raise CouplingError("Say unit= and time=, or give a panel with an index of the two.")
        names = zip(panel.index.names, ("unit", "time"), strict=True)
        notes = check_keys(panel.index)
        return panel.rename_axis([name or fallback for name, fallback in names]), notes
    if unit is None or time is None or unit == time:
        raise CouplingError(f"unit= and time= must be two keys; they are {unit!r} and {time!r}.")
    return _over_keys(panel, unit, time)


def _require_frame(panel: object) -> None:
    if not isinstance(panel, pd.DataFrame):
        raise CouplingError(f"A panel must be a DataFrame; it is a {type(panel).__name__}.")


def _over_keys(frame: pd.DataFrame, unit: Any, time: Any) -> tuple[pd.DataFrame, list[str]]:
    """Other columns over (unit, time), and what to warn of."""
    _require_frame(frame)
    keys = [_key(frame, name) for name in (unit, time)]
    index = pd.MultiIndex.from_arrays(keys, names=[unit, time])
    notes = check_keys(index)
    others = frame.drop(columns=[name for name in (unit, time) if name in frame.columns])
    return others.set_axis(index, axis=0), notes


def _key(frame: pd.DataFrame, name: Hashable) -> pd.Index:
    key: pd.Index | None = labels_of(frame, frame.index, name)
    if key is None:
        there = quoted(list(frame.columns), 12)
        raise CouplingError(f"There is no column or index level {name!r}; there are {there}.")
    missing = np.flatnonzero(key.isna())
    if len(missing):
        raise CouplingError(f"The key {name!r} is missing in row {missing[0]}.")
    return key


def labels_of(frame: pd.DataFrame | None, index: pd.Index, name: Hashable) -> Any:
    """Labels of a column or else of an index level, row by row; None where there is neither.

    Examples
    --------
    >>> labels_of(None, pd.Index([1970, 1971], name="year"), "year").tolist()
    [1970, 1971]
    """
    if frame is not None and name in frame.columns:
        return pd.Index(frame[name].array, name=name)
    known = name in index.names
    return index.get_level_values(index.names.index(name)) if known else None


def check_keys(index: pd.Index, *, balance: bool = True) -> list[str]:
    """Refuse a unit–time pair that occurs twice; give a note of an unbalanced panel.

    Only a MultiIndex says that its rows are units and times; anything else passes.

    Parameters
    ----------
    index : Index, (n,)
        Row labels.
    balance : bool
        Whether to look for gaps as well.

    Returns
    -------
    list of str
        What to warn of: the first unit that lacks a time.

    Raises
    ------
    CouplingError
        Naming the first pair that occurs twice.

    Examples
    --------
    >>> check_keys(pd.MultiIndex.from_tuples([("UT", 1970), ("UT", 1971)]))
    []
    """
    if not isinstance(index, pd.MultiIndex) or len(index) == 0 or _is_grid(index):
        return []
    cells = _cells(index)
    doubled = np.asarray(index.duplicated()) if cells is None else cells[1][cells[0]] > 1
    if doubled.any():
        rows = np.flatnonzero(doubled)
        raise CouplingError(
            f"Duplicate unit–time key: {at(index, rows[0])} occurs more than once"
            f" ({len(rows)} rows concerned). Keep one row for each unit and time."
        )
    return _gaps(index, cells[1]) if balance and cells and index.nlevels == 2 else []


def _is_grid(index: pd.MultiIndex) -> bool:
    """Whether the rows are all units × all times in that order: the quick case."""
    shape = tuple(len(level) for level in index.levels)
    if index.nlevels != 2 or shape[0] * shape[1] != len(index):
        return False
    units, times = (codes.reshape(shape) for codes in index.codes)
    return bool((times == np.arange(shape[1])).all() and (np.arange(shape[0]) == units.T).all())


def _cells(index: pd.MultiIndex) -> tuple[NDArray[np.int64], NDArray[np.intp]] | None:
    """Cell of each row in the grid of all levels, (n,), and rows per cell; None if too sparse."""
    sizes = [len(level) for level in index.levels]
    room = int(np.prod(np.asarray(sizes, dtype=np.float64)).clip(max=2.0**62))
    if room > 20 * len(index) + 1000 or any((codes < 0).any() for codes in index.codes):
        return None
    cell = np.zeros(len(index), dtype=np.int64)
    for size, codes in zip(sizes, index.codes, strict=True):
        cell = cell * size + codes
    return cell, np.bincount(cell, minlength=room)


def _gaps(index: pd.MultiIndex, rows_per_cell: NDArray[np.intp]) -> list[str]:
    """Note of the pairs that are missing; a nested index, as (region, unit), has none."""
    grid = rows_per_cell.reshape(len(index.levels[0]), len(index.levels[1])) > 0
    units, times = np.flatnonzero(grid.any(axis=1)), np.flatnonzero(grid.any(axis=0))
    grid = grid[np.ix_(units, times)]
    nested = bool((grid.sum(axis=0) == 1).all()) or bool((grid.sum(axis=1) == 1).all())
    if nested or grid.all():
        return []
    unit, time = np.argwhere(~grid)[0]
    names = key_names(index)
    return [
        f"Unbalanced panel: {int((~grid).sum())} of {grid.size} unit–time pairs are missing, first "
        f"{names[0]} {index.levels[0][units[unit]]}, {names[1]} {index.levels[1][times[time]]}. "
        "Weights, bounds and averages then rest on different units at different times."
    ]


def shown(label: object) -> str:
    """Write a label; a date without its midnight.

    Examples
    --------
    >>> shown(1970), shown(pd.Timestamp("1970-12-31"))
    ('1970', '1970-12-31')
    """
    return str(label).removesuffix(" 00:00:00")


def key_names(index: pd.Index) -> list[str]:
    """Names of the levels of an index, by their depth where they have none."""
    return [str(name or f"level {depth}") for depth, name in enumerate(index.names)]


def at(index: pd.Index, row: int) -> str:
    """Name one row of an index: unit and year where it has them.

    Examples
    --------
    >>> at(pd.MultiIndex.from_tuples([("UTAH", 1970)], names=["state", "year"]), 0)
    'state UTAH, year 1970'
    """
    label = index[row]
    if isinstance(index, pd.MultiIndex):
        pairs = zip(key_names(index), label, strict=True)
        return ", ".join(f"{name} {shown(part)}" for name, part in pairs)
    return f"{index.name or 'row'} {shown(label)}"
