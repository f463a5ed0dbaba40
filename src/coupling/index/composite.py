"""The composite index of each subsystem: the door, and the arithmetic by blocks of rows."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.words import quoted
from coupling.errors import CouplingError, only, warn
from coupling.index.systems import Members, Systems, positions, shared_notes, weights_inside
from coupling.panel import (
    Array,
    Labelled,
    LabelledArray,
    blocks,
    check_keys,
    read,
    require_finite,
    split,
)
from coupling.weights import check_shares, match

ROUNDING = 1e-12  # what rounding may carry an index above 1
ROWS = 1 << 15  # rows per block: a product takes no room beside it, so that blocks may be long


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
    only(nan, ("raise", "propagate"), "nan")
    if isinstance(weights, pd.DataFrame):
        table, w, groups = _by_group(Z, weights, by)
        members = positions(systems, table.names)
    else:
        table, groups = read(Z, "Z"), None
        members = positions(systems, table.names)
        w = _of_all(weights, table.names, members)[np.newaxis]
    check_keys(table.index, balance=False)
    pairs = [weights_inside(one, members, table.names, renormalize) for one in w]
    U = _indices(table, np.array([inside for inside, _ in pairs]), members, groups, nan)
    shared = shared_notes(members, table.names)[:1]
    warn(*shared, *(note for _, notes in pairs for note in notes))
    return table.give(U, list(members))


def _of_all(weights: Any, names: Sequence[Hashable], members: Members) -> Array:
    """Weights of all columns, (k,); by name, columns of no subsystem may go without one."""
    if isinstance(weights, (Mapping, pd.Series)):
        used = {names[j] for own in members.values() for j in own}
        idle = [name for name in names if name not in used and name not in weights]
        weights = {**dict.fromkeys(idle, 0.0), **dict(pd.Series(weights).items())}
    return match(weights, names, "composite_index")


def _by_group(Z: Labelled, weights: pd.DataFrame, by: Any) -> tuple[LabelledArray, Array, Any]:
    """Indicators, weights of each group, (G, k), and the group of each row."""
    key = weights.index.name if by is None else by
    if key is None:
        raise CouplingError("Weights by group need by=, or a name on the index of their frame.")
    table, groups = split(Z, key, "Z")
    if len(weights.columns) != len(table.names) or not set(table.names) <= set(weights.columns):
        given, there = quoted(list(weights.columns), 8), quoted(table.names, 8)
        raise CouplingError(f"The weights' columns do not match: {given} for {there}.")
    rows = weights.index.get_indexer(groups.labels)
    if (rows < 0).any():
        missing = groups.name(int(np.flatnonzero(rows < 0)[0]))
        raise CouplingError(f"There are no weights for the group {missing}.")
    w = weights[list(table.names)].to_numpy(dtype=np.float64)
    return table, check_shares(w, table.names, "composite_index"), rows[groups.codes]


def _indices(table: LabelledArray, w: Array, members: Members, groups: Any, nan: str) -> Array:
    """Indices, (n, S); that they are finite shows that the indicators are."""
    places = list(members.values())
    with np.errstate(invalid="ignore", over="ignore"):
        U = weighted_sums(table.values, w, places, groups)
        idle = ~(w > 0).any(axis=1).all(axis=0)
        others = table.values[:, idle].sum()
    z = require_finite(table, "Z", nan, [U, others])
    return U if z is table.values else weighted_sums(z, w, places, groups)


def weighted_sums(
    z: Array, w: Array, members: Sequence[Sequence[int]], groups: Any = None
) -> Array:
    """U_s = Σ_{j in s} w_j z_j.

    Parameters
    ----------
    z : ndarray, (n, k)
        Scaled indicators.
    w : ndarray, (G, S, k)
        Weights that sum to 1 inside each subsystem.
    members : sequence of S sequences of int
        Positions of each subsystem's columns.
    groups : ndarray of int, (n,), optional
        Which of the G weights each row takes; without, the first.

    Returns
    -------
    ndarray, (n, S)
        Indices; 1 where only rounding carried them above.

    Examples
    --------
    >>> weighted_sums(np.array([[0.2, 0.4]]), np.array([[[0.5, 0.5]]]), [[0, 1]]).round(2)
    array([[0.3]])
    """
    places = [_place(columns) for columns in members]
    U = np.empty((len(z), len(members)), order="F")
    for rows in blocks.row_blocks(z, ROWS):
        for s, columns in enumerate(places):
            part, u = z[rows, columns], U[rows, s]
            if groups is None:
                np.matmul(part, w[0, s, columns], out=u)
            else:
                np.einsum("ij,ij->i", part, w[groups[rows], s][:, columns], out=u)
            if u.max() > 1:
                u[(u > 1) & (u < 1 + ROUNDING)] = 1
    return U


def _place(columns: Sequence[int]) -> Any:
    """Positions as a slice where they are consecutive, so that nothing is copied."""
    consecutive = list(columns) == list(range(columns[0], columns[0] + len(columns)))
    return slice(columns[0], columns[-1] + 1) if consecutive else list(columns)
