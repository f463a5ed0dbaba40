"""Averages over years and regions: of degrees, or degrees of averages. They differ."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coupling.degree import coupling_coordination
from coupling.errors import CouplingError, only
from coupling.frames import Array, Labelled, at, listed, require_finite
from coupling.groups import By, Groups, combine, everything, keys_of, split
from coupling.keys import check_keys
from coupling.scaling import normalize

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
    column, keys, w = _one_column(D, by, weights, how)
    values: Array = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    groups = combine(keys)
    w = _check_weights(w, len(values))
    missing = ~np.isfinite(values)
    if missing.any() and nan == "raise":
        row = int(missing.argmax())
        raise CouplingError(
            f"{column.name} is {values[row]} at {at(column.index, row)} "
            f'({int(missing.sum())} missing in all). nan="omit" averages the others.'
        )
    w = np.where(missing, 0, w)
    values = np.asarray(np.where(missing, 0 if how == "mean" else np.nan, values))
    result = pd.Series(_within(values, w, groups, how), index=groups.labels, name=column.name)
    if len(keys) == 1:
        return _with_total(result, _within(values, w, everything(len(values)), how)[0], total)
    return _table(result, values, w, keys, how, total)


def _one_column(
    D: Any, by: By, weights: Any, how: str
) -> tuple["pd.Series[float]", list[pd.Index], Any]:
    """Separate the averaged column from keys and weights."""
    if weights is not None and how != "mean":
        raise CouplingError(f"weights belong to how='mean'; how is {how!r}.")
    frame = D if isinstance(D, pd.DataFrame) else None
    if frame is not None:
        if isinstance(weights, Hashable) and weights in frame.columns:
            weights = frame[weights].to_numpy(dtype=np.float64)
        if "D" not in frame.columns:
            raise CouplingError(
                f"aggregate needs a column D (there are {listed(list(frame.columns), 8)}); "
                "choose one column, frame[name], to average another."
            )
        column = frame["D"]
    elif isinstance(D, pd.Series):
        column = D
    else:
        array = np.asarray(D, dtype=np.float64)
        if array.ndim != 1:
            raise CouplingError(f"D must be one column of degrees; its shape is {array.shape}.")
        column = pd.Series(array, name="D")
    check_keys(column.index)
    keys = keys_of(frame, column.index, by)
    if len(keys) > 2:
        raise CouplingError(f"aggregate makes tables of one or two keys; by has {len(keys)}.")
    return column, keys, weights


def _check_weights(w: Any, n: int) -> Array:
    if w is None:
        return np.ones(n)
    try:
        given: Array = np.asarray(w, dtype=np.float64)
    except (TypeError, ValueError):
        raise CouplingError(
            "weights must be a column of the frame or one number for each row."
        ) from None
    if given.shape != (n,) or not (np.isfinite(given) & (given >= 0)).all():
        raise CouplingError(f"weights must be {n} finite numbers of 0 or more, one for each row.")
    return given


def _within(values: Array, w: Array, groups: Groups, how: str) -> Array:
    """One number for each group, (G,)."""
    if how != "mean":
        parts = pd.Series(values).groupby(groups.codes).agg(how)
        return np.asarray(parts.to_numpy(), dtype=np.float64)
    size = len(groups.labels)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.bincount(groups.codes, w * values, size) / np.bincount(groups.codes, w, size)
        )


def _with_total(
    result: "pd.Series[float]", overall: float, total: str | None
) -> "pd.Series[float]":
    if total is None:
        return result
    if total in result.index:
        raise CouplingError(f"A group is already called {total!r}; choose another total=.")
    index = pd.Index([*result.index, total], name=result.index.name)
    return pd.Series(np.append(result.to_numpy(), overall), index=index, name=result.name)


def _table(
    cells: "pd.Series[float]", values: Array, w: Array, keys: Sequence[pd.Index],
    how: str, total: str | None,
) -> pd.DataFrame:  # fmt: skip
    """Rows by the first key, columns by the second, totals last."""
    table = cells.unstack(1)
    if total is None:
        return table
    rows, columns = (combine([key]) for key in keys)
    overall = _within(values, w, everything(len(values)), how)[0]
    right = pd.Series(_within(values, w, rows, how), index=rows.labels)
    below = pd.Series(_within(values, w, columns, how), index=columns.labels)
    names = (table.index.name, table.columns.name)
    if total in table.index or total in table.columns:
        raise CouplingError(f"A group is already called {total!r}; choose another total=.")
    body = np.column_stack([table.to_numpy(), right.reindex(table.index).to_numpy()])
    foot = np.append(below.reindex(table.columns).to_numpy(), overall)
    return pd.DataFrame(
        np.vstack([body, foot]),
        index=pd.Index([*table.index, total], name=names[0]),
        columns=pd.Index([*table.columns, total], name=names[1]),
    )


def coupling_of_means(
    U: Labelled,
    by: By,
    *,
    rescale: tuple[float, float] | None = None,
    within: Hashable = None,
    weights: Any = None,
    method: str = "standard",
    scheme: Any = "ten",
    k: float | None = None,
    zero: str = "nan",
    closed: str = "left",
    labels: Any = None,
    renormalize: bool = False,
) -> pd.DataFrame:
    """Degree of the mean indices of each group: D of the mean, not the mean of D.

    The indices are averaged within groups; with `rescale` each subsystem's averages are then
    stretched to that range over the groups; then C, T, D and level.

    Parameters
    ----------
    U : DataFrame or array-like, (n, S)
        Indices. With `rescale` they may have any range.
    by : label, (n,) labels, or a list of them
        A column (which is then no subsystem), an index level, or labels row by row.
    rescale : (float, float), optional
        Range of the averages, as (0.01, 0.99). The levels then say where a year stands among these
        years, and cannot be compared with another table's.
    within : label, optional
        One key of `by`: rescale inside each of its groups, as the paper's Table 6 does by region.
    weights, method, scheme, k, zero, closed, labels, renormalize
        As in `coupling_coordination`.

    Returns
    -------
    DataFrame, (G, 5)
        C, T, D, level and label, one row for each group in sorted order.

    Raises
    ------
    CouplingError
        As `coupling_coordination`; if the averages of a subsystem are all one and cannot be
        rescaled.

    Warns
    -----
    CouplingWarning
        For an unbalanced panel; with `within`, that groups cannot be compared.

    Notes
    -----
    The paper's Table 5 is this with ``rescale=(0.01, 0.99)`` over twelve years, though its text
    says that degrees were averaged. Its Table 6 rescales inside each region: hence the .100 of a
    region and year in which both indices are least, (.01·.01)^¼, and .315, (.01·.99)^¼.

    Examples
    --------
    >>> U = [[0.2, 0.2], [0.4, 0.2], [0.5, 0.5]]
    >>> coupling_of_means(U, [2011, 2011, 2012], rescale=(0.01, 0.99))[["C", "T", "D"]].round(3)
            C     T      D
    2011  1.0  0.01  0.100
    2012  1.0  0.99  0.995
    """
    table, groups = split(U, by, "U")
    check_keys(table.index)
    values = require_finite(table, table.values, "U")
    names = None if table.lead is not None else table.frame_columns
    means = pd.DataFrame(groups.means(values), index=groups.labels, columns=names)
    if rescale is not None:
        means = normalize(means, feature_range=rescale, by=within)
    elif within is not None:
        raise CouplingError("within= says where to rescale; it needs rescale=.")
    return coupling_coordination(
        means, weights, method=method, scheme=scheme, k=k, zero=zero, closed=closed,
        labels=labels, renormalize=renormalize,
    )  # fmt: skip
