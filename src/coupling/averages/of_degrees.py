"""Averages of degrees: the mean of D."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from _simeq_shared.words import quoted
from coupling.errors import CouplingError, only, warn
from coupling.panel import Array, By, Groups, at, check_keys, combine, everything, keys_of

HOWS = ("mean", "median", "min", "max")


def aggregate(
    D: Any,
    by: By,
    *,
    how: str = "mean",
    weights: Any = None,
    total: str | None = "All",
    nan: str = "raise",
) -> Any:
    """Average degrees within groups, and over everything: the mean of D, not D of the mean.

    Parameters
    ----------
    D : frame with a column D, Series, or array-like (n,)
        Degrees (or any one column: C, T, an index).
    by : label, (n,) labels, or a list of one or two of them
        A column of the frame, an index level, or labels row by row. With two, the first makes the
        rows of a table and the second its columns (the paper's Table 6: ``["year", "region"]``).
    how : {"mean", "median", "min", "max"}
        What to take of each group.
    weights : label, Series or array-like, (n,), optional
        Weights of the rows in the mean, for example population.
    total : str or None
        Name of the entry over all rows, or None for none.
    nan : {"raise", "omit"}
        What to do with missing degrees: an error, or leave them out.

    Returns
    -------
    Series, (G + 1,), or DataFrame, (G₁ + 1, G₂ + 1)
        Groups in sorted order, then `total`: the mean over all rows, which is the mean of the
        groups weighted by their numbers of rows (by their summed weights).

    Raises
    ------
    CouplingError
        For missing degrees or labels, unknown keys, duplicate unit–time keys, or weights that are
        negative or do not match.

    Warns
    -----
    CouplingWarning
        For an unbalanced panel: groups then hold different units.

    Notes
    -----
    This is what the paper says of its Tables 5 and 6 (section 4.3); what it did is
    `coupling_of_means`.

    Examples
    --------
    >>> aggregate([0.2, 0.4, 0.9], ["East", "East", "West"]).round(2)
    East    0.3
    West    0.9
    All     0.5
    Name: D, dtype: float64
    """
    only(how, HOWS, "how")
    only(nan, ("raise", "omit"), "nan")
    if weights is not None and how != "mean":
        raise CouplingError(f"weights belong to how='mean'; how is {how!r}.")
    frame = D if isinstance(D, pd.DataFrame) else None
    if frame is not None and isinstance(weights, Hashable) and weights in frame.columns:
        weights = frame[weights]
    column = _one_column(D)
    warn(*check_keys(column.index))
    keys = keys_of(frame, column.index, by)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    w = None if weights is None else _row_weights(weights, len(values))
    missing = ~np.isfinite(values)
    if missing.any() and nan == "raise":
        row = int(missing.argmax())
        raise CouplingError(
            f"{column.name} is {values[row]} at {at(column.index, row)} "
            f'({int(missing.sum())} missing in all). nan="omit" averages the others.'
        )
    return averages(values, keys, how=how, w=w, total=total, name=column.name)


def _one_column(D: Any) -> "pd.Series[float]":
    """The column that is averaged."""
    if isinstance(D, pd.DataFrame):
        if "D" not in D.columns:
            raise CouplingError(
                f"aggregate needs a column D (there are {quoted(list(D.columns), 8)}); "
                "choose one column, frame[name], to average another."
            )
        return D["D"]
    if isinstance(D, pd.Series):
        return D
    array = np.asarray(D, dtype=np.float64)
    if array.ndim != 1:
        raise CouplingError(f"D must be one column of degrees; its shape is {array.shape}.")
    return pd.Series(array, name="D")


def _row_weights(w: Any, n: int) -> Array:
    try:
        given = np.asarray(w, dtype=np.float64)
    except (TypeError, ValueError):
        raise CouplingError(
            "weights must be a column of the frame or one number for each row."
        ) from None
    if given.shape != (n,) or not (np.isfinite(given) & (given >= 0)).all():
        raise CouplingError(f"weights must be {n} finite numbers of 0 or more, one for each row.")
    return given


def averages(
    values: NDArray[Any],
    keys: Sequence[pd.Index],
    *,
    how: str = "mean",
    w: Array | None = None,
    total: str | None = None,
    name: Any = "D",
) -> Any:
    """Summary of numbers, (n,), within groups; missing ones are left out.

    Parameters
    ----------
    values : ndarray, (n,)
        Numbers.
    keys : sequence of one or two Index, each (n,)
        Labels row by row; with two, the first makes rows and the second columns.
    how : {"mean", "median", "min", "max"}
        What to take of each group.
    w : ndarray, (n,), optional
        Weights of the rows in the mean.
    total : str or None
        Name of the entries over all rows of a key.
    name : label
        Name of the result of one key.

    Returns
    -------
    Series, (G,) or (G + 1,), or DataFrame, (G₁, G₂) or (G₁ + 1, G₂ + 1)
        Groups in sorted order, then the total.

    Examples
    --------
    >>> averages(np.array([0.2, np.nan, 0.9]), [pd.Index(["a", "a", "b"])]).tolist()
    [0.2, 0.9]
    """
    if len(keys) > 2:
        raise CouplingError(f"aggregate makes tables of one or two keys; by has {len(keys)}.")
    w = np.where(np.isfinite(values), 1 if w is None else w, 0)
    values = np.where(np.isfinite(values), values, 0 if how == "mean" else np.nan)

    def within(groups: Groups) -> Any:
        return pd.Series(_within(values, w, groups, how), index=groups.labels, name=name)

    result = within(combine(keys))
    if len(keys) == 2:
        result = result.unstack(1)
    if total is None:
        return result
    if any(total in axis for axis in result.axes):
        raise CouplingError(f"A group is already called {total!r}; choose another total=.")
    axes = [pd.Index([*axis, total], name=axis.name) for axis in result.axes]
    overall = within(everything(len(values))).to_numpy()
    if len(keys) == 1:
        return pd.Series(np.append(result, overall), axes[0], name=name)
    edges = zip(keys, result.axes, strict=True)
    right, below = (within(combine([key])).reindex(axis).to_numpy() for key, axis in edges)
    cells = [[result.to_numpy(), right[:, np.newaxis]], [below, overall]]
    return pd.DataFrame(np.block(cells), axes[0], axes[1])


def _within(values: Array, w: Array, groups: Groups, how: str) -> Array:
    """One number for each group, (G,)."""
    if how != "mean":
        return pd.Series(values).groupby(groups.codes).agg(how).to_numpy(dtype=np.float64)
    sums, weights = (np.bincount(groups.codes, x, len(groups.labels)) for x in (w * values, w))
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / weights)
