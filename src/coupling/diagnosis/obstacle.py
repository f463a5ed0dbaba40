"""What keeps an index from 1: obstacle degrees."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, only, warn
from coupling.index import Members, positions
from coupling.panel import (
    Array,
    Labelled,
    LabelledArray,
    at,
    blocks,
    check_keys,
    read,
    require_finite,
)
from coupling.weights import SUM_TOL, match, sum_to_one

ROUNDING = 1e-12  # what rounding may carry z beyond its ends


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
    only(nan, ("raise", "propagate"), "nan")
    table = read(Z, "Z")
    check_keys(table.index, balance=False)
    z = _require_scaled(table, nan)
    members = None if systems is None else positions(systems, table.names)
    w = _overall(match(weights, table.names, "obstacle_degree"), members, renormalize)
    places = None if members is None else list(members.values())
    result, done = gaps_to_one(z, w, places, share=how == "share")
    warn(*nothing_left(table.index, done))
    return table.give(result, None if members is None else list(members))


def _require_scaled(table: LabelledArray, nan: str) -> Array:
    """Numbers of a table, none outside [0, 1] by more than rounding."""
    low, high = blocks.column_extremes(table.values)
    z = require_finite(table, "Z", nan, (low, high))
    if (low >= -ROUNDING).all() and (high <= 1 + ROUNDING).all():
        return z
    outside = (z < -ROUNDING) | (z > 1 + ROUNDING)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise CouplingError(
            f"Z outside [0, 1]: column {table.names[column]!r} is {z[row, column]:g} at "
            f"{table.at(int(row))}. Scale the indicators first (normalize)."
        )
    return z


def _overall(w: Array, members: Members | None, renormalize: bool) -> Array:
    """Weights over all indicators, (k,), summing to 1."""
    what = "obstacle_degree"
    if members is None:
        return sum_to_one(w, what, renormalize=renormalize)
    columns = [column for own in members.values() for column in own]
    if len(set(columns)) < len(columns) or len(columns) < np.count_nonzero(w):
        raise CouplingError(f"{what}: every weighted column must be in exactly one subsystem.")
    inside = [abs(w[own].sum() - 1) <= SUM_TOL for own in members.values()]
    return sum_to_one(w, what, renormalize=renormalize or all(inside))


def gaps_to_one(
    z: Array, w: Array, places: Sequence[Sequence[int]] | None = None, *, share: bool = True
) -> tuple[Array, int | None]:
    """Gaps I = w(1 − z), or shares I/ΣI, of indicators or summed over subsystems.

    Parameters
    ----------
    z : ndarray, (n, k)
        Indicators in [0, 1]; beyond it they count as its ends.
    w : ndarray, (k,)
        Weights that sum to 1.
    places : sequence of S sequences of int, optional
        Columns of each subsystem.
    share : bool
        Whether gaps are divided by their sum.

    Returns
    -------
    ndarray, (n, k) or (n, S)
        NaN in a row of shares in which no gap is left.
    int or None
        The first such row.

    Examples
    --------
    >>> gaps_to_one(np.array([[0.2, 0.9]]), np.array([0.5, 0.5]))[0].round(4)
    array([[0.8889, 0.1111]])
    """
    result = np.empty_like(z) if places is None else np.empty((len(z), len(places)))
    done = None
    for rows in blocks.row_blocks(z):
        gap = result[rows] if places is None else np.empty_like(z[rows])
        part, long = blocks.folded(z[rows], gap)
        np.clip(part, 0, 1, out=long)
        np.multiply(np.subtract(1, long, out=long), blocks.along(w, long), out=long)
        if share:
            total = gap @ np.ones(len(w))  # along short rows quicker than a sum
            if done is None and not total.all():
                done = rows.start + int((total == 0).argmax())
            with np.errstate(invalid="ignore"):
                np.divide(gap, total[:, np.newaxis], out=gap)
        for s, columns in enumerate(places or ()):
            result[rows, s] = gap[:, columns].sum(axis=1)
    return result, done


def nothing_left(index: pd.Index, row: int | None) -> list[str]:
    """What to warn of where all indicators of a row are at 1."""
    if row is None:
        return []
    return [f"All indicators are at 1 at {at(index, row)}: there is no obstacle (NaN)."]
