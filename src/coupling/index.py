"""From weighted indicators to one index for each subsystem."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, warn
from coupling.frames import Array, Labelled, Table, listed, read, require_finite
from coupling.groups import split
from coupling.keys import check_keys
from coupling.shares import SUM_TOL, check_shares, match, sum_to_one, warn_dominant

Systems = Mapping[Any, Any]  # name of the subsystem → its columns
ROUNDING = 1e-12


def composite_index(
    Z: Labelled,
    weights: Any,
    systems: Systems,
    *,
    renormalize: bool = False,
    by: Hashable = None,
    nan: str = "raise",
) -> Any:
    """Weighted sum of the indicators of each subsystem: U_s = Σ_{j in s} w_j z_j.

    Weights must sum to 1 over all indicators together or inside every subsystem; they are then
    normalised inside each subsystem, so that U_s has the range of z.

    Parameters
    ----------
    Z : DataFrame or array-like, (n, k) or (…, k)
        Indicators, already scaled.
    weights : Series, mapping or array-like, (k,); or a frame (G, k)
        Weights by column. A frame has a row for each group, as ``by="year"`` of the weight
        functions gives it.
    systems : mapping name → columns
        The columns of each subsystem (positions for an array).
    renormalize : bool
        Whether weights with another sum are divided by it.
    by : label, optional
        For a frame of weights: the column or index level that chooses the row; by default the
        name of its index.
    nan : {"raise", "propagate"}
        What to do with missing values.

    Returns
    -------
    DataFrame or ndarray, (n, S)
        One column for each subsystem, in the order of `systems`.

    Raises
    ------
    CouplingError
        For unknown columns, weights that do not match, are negative or do not sum to 1, and
        missing values.

    Warns
    -----
    CouplingWarning
        If one weight is above one half, or a column is used in two subsystems.

    Notes
    -----
    Linear weighting is what the paper's Table 4 and Figure 1 rest on.

    Examples
    --------
    >>> Z = [[0.2, 0.4, 0.9], [1.0, 0.0, 0.5]]
    >>> composite_index(Z, [0.25, 0.25, 0.5], {"A": [0, 1], "B": [2]})
    array([[0.3, 0.9],
           [0.5, 0.5]])
    """
    if isinstance(weights, pd.DataFrame):
        table, w, rows = _weights_by_group(Z, weights, by)
    else:
        table, rows = read(Z, "Z"), None
        w = _given(weights, table, systems)[np.newaxis]
    check_keys(table.index, balance=False)
    z = require_finite(table, table.values, "Z", nan)
    members = positions(systems, table.names)
    _warn_shared(members, table.names)
    inside = np.array([_inside(one, members, table.names, renormalize) for one in w[:, :]])
    return table.give(weighted(z, inside, list(members.values()), rows), list(members))


def positions(systems: Systems, names: Sequence[Hashable]) -> dict[Any, list[int]]:
    """Find the columns of each subsystem.

    Parameters
    ----------
    systems : mapping name → columns
        As the caller gave them.
    names : sequence of k labels
        Columns that there are.

    Returns
    -------
    dict name → list of int
        Positions of the columns.

    Raises
    ------
    CouplingError
        For a subsystem without columns, an unknown column, or one that is named twice in it.

    Examples
    --------
    >>> positions({"A": ["x", "y"], "B": ["z"]}, ["x", "y", "z"])
    {'A': [0, 1], 'B': [2]}
    """
    if not isinstance(systems, Mapping) or not systems:
        raise CouplingError("systems must be a mapping from names to columns.")
    where = {name: j for j, name in enumerate(names)}
    found = {}
    for system, columns in systems.items():
        columns = [columns] if isinstance(columns, str) else list(columns)
        unknown = [column for column in columns if column not in where]
        if unknown or not columns:
            what = f"{listed(unknown)} is no column" if unknown else "it has no columns"
            raise CouplingError(f"Subsystem {system!r}: {what} (there are {listed(names, 12)}).")
        if len(set(columns)) < len(columns):
            raise CouplingError(f"Subsystem {system!r} names a column twice: {listed(columns)}.")
        found[system] = [where[column] for column in columns]
    return found


def weighted(z: Array, w: Array, members: Sequence[Sequence[int]], rows: Any = None) -> Array:
    """Sum w z over the members of each subsystem.

    Parameters
    ----------
    z : ndarray, (n, k)
        Scaled indicators.
    w : ndarray, (G, S, k)
        Weights that sum to 1 inside each subsystem.
    members : sequence of S sequences of int
        Positions of each subsystem's columns.
    rows : ndarray of int, (n,), optional
        Which of the G weights each row takes.

    Returns
    -------
    ndarray, (n, S)
        Indices; 1 where only rounding carried them above.

    Examples
    --------
    >>> weighted(np.array([[0.2, 0.4]]), np.array([[[0.5, 0.5]]]), [[0, 1]]).round(2)
    array([[0.3]])
    """
    U = np.empty((len(z), len(members)))
    for s, columns in enumerate(members):
        own = w[0, s, columns] if rows is None else w[rows, s][:, columns]
        part = z[:, columns]
        U[:, s] = part @ own if rows is None else np.einsum("ij,ij->i", part, own)
    return np.where((U > 1) & (U < 1 + ROUNDING), 1, U)


def _given(weights: Any, table: Table, systems: Systems) -> Array:
    """Weights of all columns, (k,); columns of no subsystem may go without one."""
    if not isinstance(weights, (Mapping, pd.Series)):
        return match(weights, table.names, "composite_index")
    if isinstance(systems, Mapping):
        members = positions(systems, table.names)
        used = {table.names[j] for columns in members.values() for j in columns}
        idle = [name for name in table.names if name not in used and name not in weights]
        weights = {**dict.fromkeys(idle, 0.0), **dict(pd.Series(weights).items())}
    return match(weights, table.names, "composite_index")


def _weights_by_group(Z: Labelled, weights: pd.DataFrame, by: Hashable) -> tuple[Table, Array, Any]:
    key = weights.index.name if by is None else by
    if key is None:
        raise CouplingError("Weights by group need by=, or a name on the index of their frame.")
    table, groups = split(Z, key, "Z")
    lacking = [name for name in table.names if name not in weights.columns]
    if lacking or len(weights.columns) != len(table.names):
        raise CouplingError(
            f"The weights' columns do not match: {listed(list(weights.columns), 8)} for "
            f"{listed(table.names, 8)}."
        )
    rows = weights.index.get_indexer(groups.labels)
    if (rows < 0).any():
        missing = groups.name(int(np.flatnonzero(rows < 0)[0]))
        raise CouplingError(f"There are no weights for the group {missing}.")
    w = weights[list(table.names)].to_numpy(dtype=np.float64)
    return table, check_shares(w, table.names, "composite_index"), rows[groups.codes]


def _inside(
    w: Array, members: Mapping[Any, list[int]], names: Sequence[Hashable], renormalize: bool
) -> Array:
    """Weights inside each subsystem, (S, k), after checking their sum."""
    used = sorted({j for columns in members.values() for j in columns})
    idle = [names[j] for j in np.flatnonzero(w).tolist() if j not in used]
    if idle:
        raise CouplingError(f"Column {listed(idle)} has a weight but is in no subsystem.")
    total = float(w[used].sum())
    together = abs(total - 1) <= SUM_TOL
    result = np.zeros((len(members), len(names)))
    for s, (system, columns) in enumerate(members.items()):
        own, what = w[columns], f"Subsystem {system!r}"
        own_names = [names[j] for j in columns]
        result[s, columns] = sum_to_one(own, what, renormalize=renormalize or together)
        if not together or len(members) == 1:
            warn_dominant(result[s, columns], own_names, what)
    if together:
        warn_dominant(w[used], [names[j] for j in used], "composite_index")
    return result


def _warn_shared(members: Mapping[Any, list[int]], names: Sequence[Hashable]) -> None:
    """Warn of a column that is used in two subsystems."""
    uses = np.bincount([j for columns in members.values() for j in columns], minlength=len(names))
    shared = np.flatnonzero(uses > 1)
    if len(shared):
        column = int(shared[0])
        systems = [system for system, columns in members.items() if column in columns]
        warn(
            f"Column {names[column]!r} is used in {len(systems)} subsystems ({listed(systems)}): "
            "part of their coupling is this column with itself."
        )
