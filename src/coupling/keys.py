"""The keys of a panel: which unit, which time."""

from collections.abc import Hashable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coupling.errors import CouplingError, warn
from coupling.frames import at, listed


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
    if not isinstance(frame, pd.DataFrame):
        raise CouplingError(f"A panel must be a DataFrame; it is a {type(frame).__name__}.")
    keys = [_key(frame, name) for name in (unit, time)]
    index = pd.MultiIndex.from_arrays(keys, names=[unit, time])
    check_keys(index)
    return frame.drop(columns=[name for name in (unit, time) if name in frame.columns]).set_axis(
        index, axis=0
    )


def _key(frame: pd.DataFrame, name: Hashable) -> pd.Index:
    if name in frame.columns:
        key: pd.Index = pd.Index(frame[name].array, name=name)
    elif name in frame.index.names:
        key = frame.index.get_level_values(frame.index.names.index(name))
    else:
        there = listed(list(frame.columns), 12)
        raise CouplingError(f"There is no column or index level {name!r}; there are {there}.")
    missing = np.flatnonzero(key.isna())
    if len(missing):
        raise CouplingError(f"The key {name!r} is missing in row {missing[0]}.")
    return key


def keyed(panel: pd.DataFrame, unit: Hashable, time: Hashable) -> pd.DataFrame:
    """Give a panel its index of unit and time.

    Parameters
    ----------
    panel : DataFrame, (n, …)
        Keys as columns or index levels.
    unit, time : label, optional
        Both or neither.

    Returns
    -------
    DataFrame, (n, …)
        Over (unit, time).

    Raises
    ------
    CouplingError
        If the keys are not said, or are doubled.

    Examples
    --------
    >>> frame = pd.DataFrame({"state": ["UT"], "year": [1970], "gsp": [9.0]})
    >>> keyed(frame, "state", "year").index.names
    FrozenList(['state', 'year'])
    """
    if not isinstance(panel, pd.DataFrame):
        raise CouplingError(f"A panel must be a DataFrame; it is a {type(panel).__name__}.")
    if len(panel) == 0:
        raise CouplingError("The panel has no rows.")
    if unit is None and time is None:
        if panel.index.nlevels != 2:
            raise CouplingError("Say unit= and time=, or give a panel with an index of the two.")
        check_keys(panel.index)
        return panel.rename_axis(
            [
                name or fallback
                for name, fallback in zip(panel.index.names, ("unit", "time"), strict=True)
            ]
        )
    if unit is None or time is None or unit == time:
        raise CouplingError(f"unit= and time= must be two keys; they are {unit!r} and {time!r}.")
    return as_panel(panel, unit, time)


def check_keys(index: pd.Index, *, balance: bool = True) -> None:
    """Refuse a unit–time pair that occurs twice; warn of an unbalanced panel.

    Only a MultiIndex says that its rows are units and times; anything else passes.

    Parameters
    ----------
    index : Index, (n,)
        Row labels.
    balance : bool
        Whether to look for gaps as well.

    Raises
    ------
    CouplingError
        Naming the first pair that occurs twice.

    Warns
    -----
    CouplingWarning
        Naming the first unit that lacks a time.

    Examples
    --------
    >>> check_keys(pd.MultiIndex.from_tuples([("UT", 1970), ("UT", 1971)]))
    """
    if not isinstance(index, pd.MultiIndex) or len(index) == 0 or _is_grid(index):
        return
    cells = _cells(index)
    doubled = np.asarray(index.duplicated()) if cells is None else cells[1][cells[0]] > 1
    if doubled.any():
        rows = np.flatnonzero(doubled)
        raise CouplingError(
            f"Duplicate unit–time key: {at(index, rows[0])} occurs more than once"
            f" ({len(rows)} rows concerned). Keep one row for each unit and time."
        )
    if balance and cells is not None and index.nlevels == 2:
        _check_balance(index, cells[1])


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


def _check_balance(index: pd.MultiIndex, rows_per_cell: NDArray[np.intp]) -> None:
    grid = rows_per_cell.reshape(len(index.levels[0]), len(index.levels[1])) > 0
    units, times = np.flatnonzero(grid.any(axis=1)), np.flatnonzero(grid.any(axis=0))
    grid = grid[np.ix_(units, times)]
    nested = bool((grid.sum(axis=0) == 1).all()) or bool((grid.sum(axis=1) == 1).all())
    if nested or grid.all():
        return
    unit, time = np.argwhere(~grid)[0]
    names = [name or f"level {depth}" for depth, name in enumerate(index.names)]
    warn(
        f"Unbalanced panel: {int((~grid).sum())} of {grid.size} unit–time pairs are missing, first "
        f"{names[0]} {index.levels[0][units[unit]]}, {names[1]} {index.levels[1][times[time]]}. "
        "Weights, bounds and averages then rest on different units at different times."
    )
