"""What all weight functions share: numbers in, named weights and a table out."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, warn
from coupling.frames import Array, Labelled, Table, require_finite
from coupling.groups import By, Groups, split
from coupling.keys import check_keys
from coupling.shares import DOMINANT


def read_scaled(Z: Labelled, by: By) -> tuple[Table, Groups, Array]:
    """Take scaled indicators in, for weights.

    Parameters
    ----------
    Z : DataFrame or array-like, (n, k)
        Scaled indicators.
    by : label, (n,) labels, or a list of them, optional
        The grouping.

    Returns
    -------
    Table, Groups, ndarray (n, k)
        Labels, groups and numbers.

    Raises
    ------
    CouplingError
        For missing values, doubled keys or an unknown grouping.

    Examples
    --------
    >>> table, groups, z = read_scaled([[0.2, 0.8], [0.5, 0.5]], None)
    >>> z.shape
    (2, 2)
    """
    table, groups = split(Z, by, "Z")
    check_keys(table.index)
    return table, groups, require_finite(table, table.values, "Z")


def require_not_negative(table: Table, z: Array, what: str, shift: float = 0.0) -> None:
    """Refuse negative numbers, which are no shares of a sum.

    Parameters
    ----------
    table : Table
        Labels, for the message.
    z : ndarray, (n, k)
        Numbers.
    what : str
        The function, for the message.
    shift : float
        Added to z before.

    Raises
    ------
    CouplingError
        Naming column, unit and year of the least one.

    Examples
    --------
    >>> table, _, z = read_scaled([[0.2, 0.8]], None)
    >>> require_not_negative(table, z, "cv_weights")
    """
    if np.isfinite(shift) and z.min() + shift >= 0:
        return
    row, column = np.unravel_index(int(z.argmin()), z.shape)
    raise CouplingError(
        f"{what}: column {table.names[column]!r} is {z[row, column]:g} at {table.at(int(row))}; "
        "no value may be negative. Scale the indicators first (normalize)."
    )


def normalized(score: Array, groups: Groups, needed: str) -> Array:
    """Divide scores by their sum.

    Parameters
    ----------
    score : ndarray, (G, k)
        Non-negative scores.
    groups : Groups
        Their groups, for the message.
    needed : str
        What there must be for a sum above 0.

    Returns
    -------
    ndarray, (G, k)
        Weights; each row sums to 1.

    Raises
    ------
    CouplingError
        If all scores of a group are 0.

    Examples
    --------
    >>> from coupling.groups import everything
    >>> normalized(np.array([[1.0, 3.0]]), everything(2), "an indicator that varies")
    array([[0.25, 0.75]])
    """
    total = score.sum(axis=1, keepdims=True)
    empty = np.flatnonzero(~(total[:, 0] > 0))
    if len(empty):
        where = "" if len(groups.labels) == 1 else f" in {groups.name(int(empty[0]))}"
        raise CouplingError(f"There are no weights{where}: they need {needed}.")
    return np.asarray(score / total)


def give_weights(
    table: Table,
    groups: Groups,
    by: By,
    weights: Array,
    columns: dict[str, Array],
    details: bool,
    kept: Any = slice(None),
) -> Any:
    """Put names on the weights, and build the table beside them.

    Parameters
    ----------
    table : Table
        Labels of the indicators.
    groups, by
        The groups; `by` is None for one row of weights.
    weights : ndarray, (G, k)
        Each row sums to 1.
    columns : dict name → ndarray (G, k)
        What the table holds.
    details : bool
        Whether the table is given as well.
    kept : slice or ndarray of int
        The indicators that are not dropped.

    Returns
    -------
    Series, DataFrame or ndarray, or (weights, DataFrame)
        As the weight functions describe it.

    Warns
    -----
    CouplingWarning
        If one of three or more weights is above one half.

    Examples
    --------
    >>> table, groups, _ = read_scaled(pd.DataFrame({"a": [0.1], "b": [0.2]}), None)
    >>> give_weights(table, groups, None, np.array([[0.4, 0.6]]), {}, False).to_dict()
    {'a': 0.4, 'b': 0.6}
    """
    names = pd.Index([table.names[j] for j in np.arange(len(table.names))[kept]])
    weights = weights[:, kept]
    _warn_dominant(weights, groups, names.tolist())
    given: Any = weights if by is not None else weights[0]
    if table.lead is None:
        given = (
            pd.Series(weights[0], index=names, name="weight")
            if by is None
            else pd.DataFrame(weights, index=groups.labels, columns=names)
        )
    if not details:
        return given
    index = names
    if by is not None:
        parts = [groups.labels.repeat(len(names)).to_frame(index=False)]
        parts.append(pd.DataFrame({"indicator": np.tile(np.asarray(names), len(weights))}))
        index = pd.MultiIndex.from_frame(pd.concat(parts, axis=1))
    flat = {name: column[:, kept].ravel() for name, column in columns.items()}
    return given, pd.DataFrame(flat, index=index)


def _warn_dominant(weights: Array, groups: Groups, names: list[Any]) -> None:
    """Warn of one weight above one half among three or more."""
    if weights.shape[1] < 3 or not weights.max() > DOMINANT:
        return
    group, column = np.argwhere(weights > DOMINANT)[0]
    where = "" if len(groups.labels) == 1 else f" in {groups.name(int(group))}"
    warn(
        f"The weight of {names[column]!r}{where} is {weights[group, column]:.4g}, above .5; "
        "the index is mostly this one."
    )
