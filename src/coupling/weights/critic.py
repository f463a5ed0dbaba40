"""CRITIC weights: contrast and conflict of indicators."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from coupling.errors import CouplingError, only
from coupling.panel import Array, By, Groups, Labelled, require_finite
from coupling.weights.family import give_weights, read_scaled, shares
from coupling.weights.spread import deviations, moments

ROUNDING = 1e-12  # conflict below it is rounding: the columns are one


def critic_weights(
    Z: Labelled, *, by: By = None, constant: str = "raise", details: bool = False
) -> Any:
    """Weight indicators by contrast and conflict (CRITIC): w_j ∝ σ_j Σ_k (1 − r_jk).

    Parameters
    ----------
    Z : DataFrame or array-like, (n, k)
        Indicators, already scaled to one range, with their directions: a cost scaled as a benefit
        changes the sign of its correlations, and so the weights.
    by : label, (n,) labels, or a list of them, optional
        Weights for each group.
    constant : {"raise", "zero", "drop"}
        What to do with an indicator that does not vary: an error, weight 0, or left out.
    details : bool
        Whether to return (weights, table) with σ and conflict.

    Returns
    -------
    Series or ndarray, (k,)
        Weights that sum to 1; with `by` a frame or array (G, k).
    table : DataFrame, (k, 3) or (G·k, 3)
        Only with `details`: sd (population), conflict Σ_k (1 − r_jk), weight.

    Raises
    ------
    CouplingError
        For missing values, a constant indicator (named), or fewer than two that vary.

    Warns
    -----
    CouplingWarning
        If one of three or more weights is above one half; for an unbalanced panel.

    Notes
    -----
    Diakoulaki, Mavrotas and Papayannakis (1995), *Computers & Operations Research* 22.

    Examples
    --------
    >>> critic_weights([[0.0, 1.0], [0.5, 0.0], [1.0, 0.5]]).round(2)
    array([0.5, 0.5])
    """
    only(constant, ("raise", "zero", "drop"), "constant")
    table, groups = read_scaled(Z, by)
    z = require_finite(table, "Z")
    _, sd = moments(z, groups)
    if constant == "raise":
        require_varying(sd, table.names, None if by is None else groups)
    flat = (sd == 0).any(axis=0) & (constant == "drop")
    return give_weights(table, groups, by, by_critic(z, groups, sd), details, np.flatnonzero(~flat))


def by_critic(z: Array, groups: Groups, sd: Array | None = None) -> dict[str, Array]:
    """Standard deviation (where it is not known yet), conflict and weight, each (G, k)."""
    sd = moments(z, groups)[1] if sd is None else sd
    conflict = row_conflict(z, groups, sd)
    weight = shares(sd * conflict, groups, "indicators that vary and are not all one")
    return {"sd": sd, "conflict": conflict, "weight": weight}


def require_varying(sd: Array, names: Sequence[Hashable], groups: Groups | None = None) -> None:
    """Refuse a constant indicator, which has no correlation, by name and by its group if given."""
    if not sd.all():
        group, column = np.argwhere(sd == 0)[0]
        inside = "" if groups is None else f" within {groups.name(int(group))}"
        raise CouplingError(
            f"critic_weights: column {names[column]!r} is constant{inside}, so it has no "
            'correlation. Leave it out, or pass constant="zero" or constant="drop".'
        )


def row_conflict(z: Array, groups: Groups, sd: Array) -> Array:
    """Conflict of each column with the others: Σ_k (1 − r_jk) over the columns that vary.

    With standardised columns s, Σ_k r_jk = Σ_i s_ij S_i / N, S_i = Σ_k s_ik: no correlation
    matrix is needed.

    Parameters
    ----------
    z : ndarray, (n, k)
        Numbers.
    groups : Groups
        G groups of n rows.
    sd : ndarray, (G, k)
        Population standard deviations; 0 for a constant column, which takes no part.

    Returns
    -------
    ndarray, (G, k)
        0 for a constant column.

    Examples
    --------
    >>> from coupling.panel import everything
    >>> z = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> row_conflict(z, everything(2), z.std(axis=0)[np.newaxis])
    array([[2., 2.]])
    """
    inverse, total = (np.zeros_like(sd) for _ in range(2))
    np.divide(1, sd, out=inverse, where=sd > 0)
    for rows, away in deviations(z, groups.means(z), groups):
        own = inverse if len(inverse) == 1 else inverse[groups.codes[rows]]
        S = (away * own).sum(axis=1, keepdims=True)
        total += groups.sums(away * S, rows)
    correlations = inverse * total / groups.counts[:, np.newaxis]
    conflict = (sd > 0).sum(axis=1, keepdims=True) - correlations
    return np.where((sd > 0) & (conflict > ROUNDING), conflict, 0)
