"""What all weight functions share: numbers in, named weights and a table out."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, warn
from coupling.panel import Array, By, Groups, Labelled, LabelledArray, check_keys, split

DOMINANT = 0.5 + 1e-9  # one half, and what rounding adds


def read_scaled(Z: Labelled, by: By) -> tuple[LabelledArray, Groups]:
    """Take scaled indicators in, with the groups inside which they are weighted.

    Examples
    --------
    >>> read_scaled([[0.2, 0.8], [0.5, 0.5]], None)[0].shape
    (2, 2)
    """
    table, groups = split(Z, by, "Z")
    warn(*check_keys(table.index))
    return table, groups


def require_not_negative(table: LabelledArray, what: str, shift: float = 0.0) -> None:
    """Refuse negative numbers, which are no shares of a sum, for the function called `what`."""
    z = table.values
    if np.isfinite(shift) and z.min() + shift >= 0:
        return
    row, column = np.unravel_index(int(z.argmin()), z.shape)
    raise CouplingError(
        f"{what}: column {table.names[column]!r} is {z[row, column]:g} at {table.at(int(row))}; "
        "no value may be negative. Scale the indicators first (normalize)."
    )


def shares(score: Array, groups: Groups, needed: str) -> Array:
    """Divide non-negative scores, (G, k), by their sum; `needed` is what makes one above 0.

    Examples
    --------
    >>> from coupling.panel import everything
    >>> shares(np.array([[1.0, 3.0]]), everything(2), "an indicator that varies")
    array([[0.25, 0.75]])
    """
    total = score.sum(axis=1, keepdims=True)
    empty = np.flatnonzero(total[:, 0] <= 0)
    if len(empty):
        where = groups.inside(int(empty[0]))
        raise CouplingError(f"There are no weights{where}: they need {needed}.")
    return np.asarray(score / total)


def dominant(weights: Array, names: Sequence[Hashable], groups: Groups) -> list[str]:
    """Note of one weight above one half among three or more, (G, k)."""
    if weights.shape[1] < 3 or not weights.max() > DOMINANT:
        return []
    group, column = np.argwhere(weights > DOMINANT)[0]
    return [
        f"The weight of {names[column]!r}{groups.inside(int(group))} is "
        f"{weights[group, column]:.4g}, above .5; the index is mostly this one."
    ]


def give_weights(
    table: LabelledArray,
    groups: Groups,
    by: By,
    columns: dict[str, Array],
    details: bool,
    kept: Any = slice(None),
) -> Any:
    """Put names on the weights, warn of a dominant one, and build the table beside them.

    Parameters
    ----------
    table : LabelledArray
        Labels of the indicators.
    groups, by
        The groups; `by` is None for one row of weights.
    columns : dict name → ndarray (G, k)
        What the table holds, weight among it.
    details : bool
        Whether the table is given as well.
    kept : slice or ndarray of int
        The indicators that are not dropped.

    Returns
    -------
    Series, DataFrame or ndarray, or (weights, DataFrame)
        As the weight functions describe it.

    Examples
    --------
    >>> table, groups = read_scaled(pd.DataFrame({"a": [0.1], "b": [0.2]}), None)
    >>> give_weights(table, groups, None, {"weight": np.array([[0.4, 0.6]])}, False).to_dict()
    {'a': 0.4, 'b': 0.6}
    """
    columns = {name: column[:, kept] for name, column in columns.items()}
    names, weights = pd.Index(table.names)[kept], columns["weight"]
    warn(*dominant(weights, names.tolist(), groups))
    given: Any = weights if by is not None else weights[0]
    if table.lead is None and by is None:
        given = pd.Series(given, index=names, name="weight")
    elif table.lead is None:
        given = pd.DataFrame(given, index=groups.labels, columns=names)
    if not details:
        return given
    index = names
    if by is not None:
        index = groups.over(names, "indicator")
        index = index.set_names([j if key is None else key for j, key in enumerate(index.names)])
    return given, pd.DataFrame({name: c.ravel() for name, c in columns.items()}, index=index)
