"""Least and greatest value of each indicator, (2, G, k): observed, or stored from another call."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.words import quoted
from coupling.errors import CouplingError
from coupling.panel import Array, Groups

ROWS = ["min", "max"]


def observed_bounds(x: Array, groups: Groups, names: Sequence[Hashable]) -> Array:
    """Bounds of the data x, (n, k), within groups; missing values are left out.

    Examples
    --------
    >>> from coupling.panel import everything
    >>> observed_bounds(np.array([[2.0], [5.0]]), everything(2), ["a"]).ravel()
    array([2., 5.])
    """
    bounds = np.array(groups.extremes(x))
    empty = np.argwhere(np.isnan(bounds))
    if len(empty):
        raise CouplingError(f"Column {names[empty[0, 2]]!r} has no finite value.")
    return bounds


def stored_bounds(bounds: Any, names: Sequence[Hashable], groups: Groups | None) -> Array:
    """Bounds that were given: those of each group, or one pair for all rows if `groups` is None.

    Examples
    --------
    >>> stored_bounds({"a": (0, 4), "b": (1, 2)}, ["b", "a"], None)[:, 0]
    array([[1., 0.],
           [2., 4.]])
    """
    pair = _of_all(bounds, names) if groups is None else _of_groups(bounds, names, groups)
    known = np.asarray(pair, dtype=np.float64)
    wrong = np.argwhere(~(np.isfinite(known).all(axis=0) & (known[0] <= known[1])))
    if len(wrong):
        raise CouplingError(f"The bounds of column {names[wrong[0, 1]]!r} do not increase.")
    return known


def _of_all(bounds: Any, names: Sequence[Hashable]) -> Any:
    """One pair, (2, 1, k), by name from a frame or mapping, by position from an array."""
    if isinstance(bounds, (pd.DataFrame, Mapping)):
        _require_all(bounds, names)
        rows: Sequence[Any] = ROWS if isinstance(bounds, pd.DataFrame) else (0, 1)
        if isinstance(bounds, pd.DataFrame) and not set(ROWS) <= set(bounds.index):
            raise CouplingError(
                "bounds needs the rows 'min' and 'max', as return_bounds gives them."
            )
        return [[[bounds[name][row] for name in names]] for row in rows]
    array = np.asarray(bounds, dtype=np.float64)
    if array.shape != (2, len(names)):
        shape = f"(2, {len(names)})"
        raise CouplingError(f"bounds must be {shape}, rows min and max; it is {array.shape}.")
    return array[:, np.newaxis]


def _of_groups(bounds: Any, names: Sequence[Hashable], groups: Groups) -> Any:
    """A pair for each group, (2, G, k), from the frame over (group, bound)."""
    if not isinstance(bounds, pd.DataFrame) or not isinstance(bounds.index, pd.MultiIndex):
        raise CouplingError("bounds with by= must be the frame that return_bounds=True gave.")
    _require_all(bounds, names)
    known = bounds[list(names)]
    pair = [known.xs(row, level=-1).reindex(groups.labels).to_numpy() for row in ROWS]
    unknown = np.flatnonzero(np.isnan(pair[0]).any(axis=1))
    if len(unknown):
        raise CouplingError(f"There are no bounds for the group {groups.name(int(unknown[0]))}.")
    return pair


def _require_all(bounds: Any, names: Sequence[Hashable]) -> None:
    lacking = [name for name in names if name not in bounds]
    if lacking:
        raise CouplingError(f"There are no bounds for {quoted(lacking)}.")


def bounds_frame(
    bounds: Array, names: Sequence[Hashable], groups: Groups | None = None
) -> pd.DataFrame:
    """Rows min and max, (2, k), or over (group, bound), (2·G, k).

    Examples
    --------
    >>> bounds_frame(np.array([[[0.0]], [[4.0]]]), ["a"])
           a
    min  0.0
    max  4.0
    """
    index = pd.Index(ROWS) if groups is None else groups.over(ROWS, "bound")
    values = bounds.swapaxes(0, 1).reshape(len(index), -1)
    return pd.DataFrame(values, index, pd.Index(list(names)))
