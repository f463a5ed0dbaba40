"""From indicators in their own units to numbers between 0 and 1."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from coupling.directions import Direction, directions_of
from coupling.errors import CouplingError, only, warn
from coupling.frames import Array, Labelled, Table, listed, require_finite
from coupling.groups import By, Groups, split
from coupling.keys import check_keys


def normalize(
    X: Labelled,
    direction: Any = "benefit",
    *,
    feature_range: tuple[float, float] = (0, 1),
    by: By = None,
    bounds: Any = None,
    nan: str = "raise",
    constant: str = "raise",
    return_bounds: bool = False,
    outside: str = "warn",
) -> Any:
    """Scale indicators to a common range, with the better end up.

    Benefit z = (x − m)/(M − m); cost z = (M − x)/(M − m); ``Target(t)``
    ``z = 1 − |x − t|/max|x − t|``; ``Interval(a, b)`` 1 inside, else 1 − distance/max(a − m,
    M − b). Then lo + (hi − lo)·z for ``feature_range=(lo, hi)``. m and M are the least and the
    greatest value over all rows (units and times pooled), over the rows of a group (`by`), or
    stored `bounds`.

    Parameters
    ----------
    X : DataFrame, Series or array-like, (n, k) or (n,)
        Indicators in their own units. It is not changed.
    direction : {"benefit", +1, "cost", -1}, Target or Interval, or a sequence or mapping of them
        What a large value means: one for all columns, or one for each, in order or by name.
    feature_range : (float, float)
        Ends of the scale. (0.01, 0.99) is the convention of the web calculators.
    by : label, (n,) labels, or a list of them, optional
        Scale inside each group. Then values of different groups cannot be compared.
    bounds : DataFrame (2, k), array (2, k) or mapping name → (m, M), optional
        Least and greatest value of each column, as ``return_bounds=True`` gives them. With `by`,
        a frame as that call gives it.
    nan : {"raise", "propagate"}
        What to do with a missing or infinite value; propagated, it is NaN and no bound sees it.
    constant : {"raise", "zero", "drop"}
        What to do with an indicator that does not vary: an error, the lower end, or left out.
    return_bounds : bool
        Whether to return (Z, bounds).
    outside : {"warn", "keep", "clip", "raise"}
        What to do with a value beyond stored bounds, whose z is below 0 or above 1.

    Returns
    -------
    DataFrame, Series or ndarray, like `X`
        Scaled indicators without a unit; a `by` column is left out.
    bounds : DataFrame or ndarray, (2, k)
        Rows min and max in the units of X; with `by` a frame (2·G, k) over (group, bound).

    Raises
    ------
    CouplingError
        For a missing, infinite or constant indicator, an unknown direction or group, duplicate
        unit–time keys, or bounds that do not match.

    Warns
    -----
    CouplingWarning
        With `by`; for values beyond stored bounds; for an unbalanced panel.

    Notes
    -----
    Min–max scaling pooled over units and times is the usual first step of the coupling
    coordination literature; scaled by year, a growth of 6 % for everyone disappears.

    Examples
    --------
    >>> normalize([[1.0, 30.0], [2.0, 10.0], [3.0, 20.0]], ["benefit", "cost"])
    array([[0. , 0. ],
           [0.5, 1. ],
           [1. , 0.5]])
    >>> Z, bounds = normalize([2.0, 4.0], return_bounds=True)
    >>> normalize([3.0], bounds=bounds)
    array([0.5])
    """
    only(constant, ("raise", "zero", "drop"), "constant")
    only(outside, ("warn", "keep", "clip", "raise"), "outside")
    if isinstance(X, pd.Series) or (not isinstance(X, pd.DataFrame) and np.ndim(X) == 1):
        column = X.to_frame() if isinstance(X, pd.Series) else np.asarray(X)[:, np.newaxis]
        scaled, known = normalize(
            column, direction, feature_range=feature_range, by=by, bounds=bounds, nan=nan,
            constant=constant, return_bounds=True, outside=outside,
        )  # fmt: skip
        one = scaled.iloc[:, 0] if isinstance(X, pd.Series) else scaled[:, 0]
        return (one, known) if return_bounds else one
    table, groups = split(X, by, "X")
    check_keys(table.index, balance=bounds is None)
    directions = directions_of(direction, table.names)
    x = require_finite(table, table.values, "X", nan)
    low, high = _bounds(table, groups, x, by, bounds)
    varies = _varying(table, groups, low, high, by, constant)
    if bounds is not None and outside != "keep":
        x = _inside(table, groups, x, low, high, outside)
    if by is not None:
        keys = listed([name or "by" for name in groups.labels.names])
        warn(f"Scaled within groups of {keys}: values are not comparable across groups.")
    z = _scaled(x, directions, groups.codes, low, high, varies, _ends(feature_range))
    kept = np.flatnonzero(varies.all(axis=0)) if constant == "drop" else np.arange(len(table.names))
    result = table.give(z[:, kept], [table.names[j] for j in kept])
    if not return_bounds:
        return result
    return result, _give_bounds(table, groups, low[:, kept], high[:, kept], kept, by)


def _ends(feature_range: tuple[float, float]) -> tuple[float, float]:
    low, high = feature_range
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise CouplingError(f"feature_range must increase; it is {feature_range!r}.")
    return float(low), float(high)


def _scaled(
    x: Array,
    directions: list[Direction],
    codes: Any,
    low: Array,
    high: Array,
    varies: Any,
    ends: tuple[float, float],
) -> Array:
    """Scale (n, k) numbers column by column; low, high and varies are (G, k)."""
    z = np.empty(x.shape, order="F")
    one_group = len(low) == 1
    for j, direction in enumerate(directions):
        m, M, moves = (a[:, j] if one_group else a[codes, j] for a in (low, high, varies))
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = direction.scale(x[:, j], m, M)
        scaled = np.where(np.logical_or(moves, np.isnan(x[:, j])), scaled, 0)
        z[:, j] = ends[0] + (ends[1] - ends[0]) * scaled
    return z


def _bounds(table: Table, groups: Groups, x: Array, by: By, bounds: Any) -> tuple[Array, Array]:
    """Least and greatest values, each (G, k): of the data or as stored."""
    if bounds is None:
        with np.errstate(invalid="ignore"):
            low, high = groups.extremes(x)
        empty = np.argwhere(np.isnan(low))
        if len(empty):
            raise CouplingError(f"Column {table.names[empty[0, 1]]!r} has no finite value.")
        return low, high
    pair = _stored(table, bounds) if by is None else _stored_by_group(table, groups, bounds)
    low, high = np.asarray(pair[0], dtype=np.float64), np.asarray(pair[1], dtype=np.float64)
    wrong = np.argwhere(~(np.isfinite(low) & np.isfinite(high) & (low <= high)))
    if len(wrong):
        raise CouplingError(f"The bounds of column {table.names[wrong[0, 1]]!r} do not increase.")
    return low, high


def _stored(table: Table, bounds: Any) -> tuple[Array, Array]:
    """Bounds by name from a frame or mapping, by position from an array."""
    if isinstance(bounds, (pd.DataFrame, Mapping)):
        lacking = [name for name in table.names if name not in bounds]
        if lacking:
            raise CouplingError(f"There are no bounds for {listed(lacking)}.")
        rows: list[Hashable] = ["min", "max"] if isinstance(bounds, pd.DataFrame) else [0, 1]
        if isinstance(bounds, pd.DataFrame) and not set(rows) <= set(bounds.index):
            raise CouplingError(
                "bounds needs the rows 'min' and 'max', as return_bounds gives them."
            )
        columns: list[Any] = [bounds[name] for name in table.names]
        low, high = ([[column[row] for column in columns]] for row in rows)
        return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    array = np.asarray(bounds, dtype=np.float64)
    if array.shape != (2, len(table.names)):
        raise CouplingError(
            f"bounds must be (2, {len(table.names)}), rows min and max; it is {array.shape}."
        )
    return array[:1], array[1:]


def _stored_by_group(table: Table, groups: Groups, bounds: Any) -> tuple[Array, Array]:
    if not isinstance(bounds, pd.DataFrame) or not isinstance(bounds.index, pd.MultiIndex):
        raise CouplingError("bounds with by= must be the frame that return_bounds=True gave.")
    lacking = [name for name in table.names if name not in bounds.columns]
    if lacking:
        raise CouplingError(f"There are no bounds for {listed(lacking)}.")
    known = bounds[list(table.names)]
    low, high = (known.xs(row, level=-1).reindex(groups.labels) for row in ("min", "max"))
    unknown = np.flatnonzero(low.isna().to_numpy().any(axis=1))
    if len(unknown):
        raise CouplingError(f"There are no bounds for the group {groups.name(int(unknown[0]))}.")
    return low.to_numpy(dtype=np.float64), high.to_numpy(dtype=np.float64)


def _give_bounds(
    table: Table, groups: Groups, low: Array, high: Array, kept: Any, by: By
) -> pd.DataFrame | Array:
    names = [table.names[j] for j in kept]
    if by is None:
        pair = np.vstack([low, high])
        if table.lead is not None:
            return pair
        return pd.DataFrame(pair, index=["min", "max"], columns=pd.Index(names))
    frames = [pd.DataFrame(a, index=groups.labels, columns=pd.Index(names)) for a in (low, high)]
    both = pd.concat(frames, keys=["min", "max"], names=["bound"])
    return both.reorder_levels([*range(1, both.index.nlevels), 0]).sort_index(
        level=list(range(both.index.nlevels - 1)), sort_remaining=False, kind="stable"
    )


def _varying(table: Table, groups: Groups, low: Array, high: Array, by: By, constant: str) -> Any:
    """Which columns vary in which group, (G, k)."""
    varies = high > low
    if constant == "raise" and not varies.all():
        group, column = np.argwhere(~varies)[0]
        inside = "" if by is None else f" within {groups.name(int(group))}"
        raise CouplingError(
            f"Column {table.names[column]!r} is constant{inside} ({low[group, column]:g}): it "
            'has no scale. Leave it out, or pass constant="drop" or constant="zero".'
        )
    if constant == "drop" and not varies.all(axis=0).any():
        raise CouplingError("Every column is constant; nothing would be left.")
    return varies


def _inside(table: Table, groups: Groups, x: Array, low: Array, high: Array, outside: str) -> Array:
    """Deal with values beyond stored bounds."""
    m, M = low[groups.codes], high[groups.codes]
    beyond = (x < m) | (x > M)
    if not beyond.any():
        return x
    row, column = np.argwhere(beyond)[0]
    message = (
        f"{int(beyond.sum())} values lie beyond the stored bounds, first column "
        f"{table.names[column]!r} at {table.at(row)}: {x[row, column]:g} is outside "
        f"[{m[row, column]:g}, {M[row, column]:g}]"
    )
    if outside == "raise":
        raise CouplingError(message + ".")
    if outside == "warn":
        warn(message + '; z is then below 0 or above 1 (outside="clip" sets it to the end).')
        return x
    return np.clip(x, m, M)
