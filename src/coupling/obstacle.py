"""What keeps an index from 1: obstacle degrees."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coupling.errors import CouplingError, only, warn
from coupling.frames import Array, Labelled, Table, read, require_finite
from coupling.index import positions
from coupling.keys import check_keys
from coupling.shares import SUM_TOL, match, sum_to_one

ROUNDING = 1e-12


def obstacle_degree(
    Z: Labelled,
    weights: Any,
    systems: Mapping[Any, Any] | None = None,
    *,
    how: str = "share",
    renormalize: bool = False,
    nan: str = "raise",
) -> Any:
    """Obstacle degree of each indicator or subsystem: O = I/ΣI with I = w(1 − z).

    I is the part of the gap 1 − U that an indicator accounts for, ΣI = 1 − U with U = Σ w z, and
    O its share. A subsystem's is the sum of its indicators'.

    Parameters
    ----------
    Z : DataFrame or array-like, (n, k) or (…, k)
        Indicators scaled to [0, 1].
    weights : Series, mapping or array-like, (k,)
        Weights that sum to 1, over all indicators together or inside every subsystem; in the
        second case the subsystems count equally.
    systems : mapping name → columns, optional
        The columns of each subsystem (positions for an array). With them the result has a column
        for each subsystem.
    how : {"share", "gap"}
        O, or the gap I itself.
    renormalize : bool
        Whether weights with another sum are divided by it.
    nan : {"raise", "propagate"}
        What to do with missing values.

    Returns
    -------
    DataFrame or ndarray, (n, k), or (n, S) with `systems`
        Shares that sum to 1 in each row; NaN where nothing is left to 1.

    Raises
    ------
    CouplingError
        For z outside [0, 1] or missing, and for weights that do not match, are negative or do not
        sum to 1.

    Warns
    -----
    CouplingWarning
        Where all z are 1, and no obstacle has a share.

    Examples
    --------
    >>> obstacle_degree([[0.2, 0.9, 0.5]], [0.5, 0.3, 0.2]).round(4)
    array([[0.7547, 0.0566, 0.1887]])
    >>> obstacle_degree([[0.2, 0.9, 0.5]], [0.5, 0.3, 0.2], {"A": [0], "B": [1, 2]}).round(4)
    array([[0.7547, 0.2453]])
    """
    only(how, ("share", "gap"), "how")
    table = read(Z, "Z")
    check_keys(table.index, balance=False)
    z = require_finite(table, table.values, "Z", nan)
    _require_scaled(table, z)
    members = None if systems is None else positions(systems, table.names)
    w = _overall(match(weights, table.names, "obstacle_degree"), members, renormalize)
    gap = w * (1 - np.clip(z, 0, 1))
    if how == "share":
        gap = _shares(gap, table)
    if members is None:
        return table.give(gap)
    summed = np.column_stack([gap[:, columns].sum(axis=1) for columns in members.values()])
    return table.give(summed, list(members))


def _require_scaled(table: Table, z: Array) -> None:
    outside = (z < -ROUNDING) | (z > 1 + ROUNDING)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise CouplingError(
            f"Z outside [0, 1]: column {table.names[column]!r} is {z[row, column]:g} at "
            f"{table.at(int(row))}. Scale the indicators first (normalize)."
        )


def _overall(w: Array, members: Mapping[Any, list[int]] | None, renormalize: bool) -> Array:
    """Weights over all indicators, (k,), summing to 1."""
    what = "obstacle_degree"
    if members is None:
        return sum_to_one(w, what, renormalize=renormalize)
    columns = [column for own in members.values() for column in own]
    if len(set(columns)) < len(columns) or len(columns) < np.count_nonzero(w):
        raise CouplingError(f"{what}: every weighted column must be in exactly one subsystem.")
    inside = [abs(w[own].sum() - 1) <= SUM_TOL for own in members.values()]
    return sum_to_one(w, what, renormalize=renormalize or all(inside))


def _shares(gap: Array, table: Table) -> Array:
    total = gap.sum(axis=1, keepdims=True)
    none = np.flatnonzero(total[:, 0] == 0)
    if len(none):
        warn(f"All indicators are at 1 at {table.at(none[0])}: there is no obstacle (NaN).")
    shares = np.full_like(gap, np.nan)
    np.divide(gap, total, out=shares, where=total != 0)
    return shares
