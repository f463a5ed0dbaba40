"""Entropy weights: how unevenly an indicator is spread over all units and times."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError
from coupling.panel import Array, By, Groups, Labelled, everything, require_finite
from coupling.weights.family import give_weights, read_scaled, require_not_negative, shares
from coupling.weights.spread import divergence

ENTROPY_TOL = 1e-9  # an entropy above 1 by more than rounding had a wrong divisor


def entropy_weights(
    Z: Labelled, *, by: By = None, shift: float = 0.0, details: bool = False
) -> Any:
    """Weight indicators by how unevenly they are spread (entropy weights).

    p = z/Σz over all N rows used, E = −Σ p ln p / ln N with 0·ln 0 = 0, w = (1 − E)/Σ(1 − E).

    Parameters
    ----------
    Z : DataFrame or array-like, (n, k)
        Indicators, already scaled, none negative.
    by : label, (n,) labels, or a list of them, optional
        Weights for each group, ``by="year"`` a row for each year; N is then the group's.
    shift : float
        Added to all of Z, for those who must; zeros need none.
    details : bool
        Whether to return (weights, table) with entropy and divergence 1 − E.

    Returns
    -------
    Series or ndarray, (k,)
        Weights that sum to 1; with `by` a frame or array (G, k) in sorted order of the groups.
    table : DataFrame, (k, 3) or (G·k, 3)
        Only with `details`: entropy, divergence, weight.

    Raises
    ------
    CouplingError
        For missing or negative values, one row only, or if no indicator varies.

    Warns
    -----
    CouplingWarning
        If one of three or more weights is above one half; for an unbalanced panel.

    Notes
    -----
    Shannon's entropy over the N alternatives (Zeleny 1982; Hwang and Yoon 1981). N is the number of
    rows, units × times: with ln T in its place E exceeds 1 and the order of the weights is
    reversed.
    A constant indicator has weight 0.

    Examples
    --------
    >>> entropy_weights([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    array([0., 1.])
    >>> entropy_weights([[1.0, 1.0], [3.0, 0.0], [0.0, 1.0]]).round(4)
    array([0.5695, 0.4305])
    """
    table, groups = read_scaled(Z, by)
    columns = by_entropy(table.values, groups, float(shift))
    if not np.isfinite(columns["weight"]).all():
        require_finite(table, "Z")
        require_not_negative(table, "entropy_weights", shift)
    return give_weights(table, groups, by, columns, details)


def by_entropy(z: Array, groups: Groups, shift: float = 0.0) -> dict[str, Array]:
    """Entropy E, divergence 1 − E and weight, each (G, k); NaN if z has NaN or negative numbers."""
    few = np.flatnonzero(groups.counts < 2)
    if len(few):
        where = groups.inside(int(few[0]))
        raise CouplingError(f"entropy_weights needs two rows or more{where}: ln 1 = 0.")
    spread = np.maximum(divergence(z, groups, shift), 0)
    weight = shares(spread, groups, "an indicator that varies")
    return {"entropy": 1 - spread, "divergence": spread, "weight": weight}


def weights_from_entropy(E: Any) -> Any:
    """Weights w = (1 − E)/Σ(1 − E) from entropies computed elsewhere, for audits.

    Parameters
    ----------
    E : Series or array-like, (k,)
        Entropies between 0 and 1.

    Returns
    -------
    Series or ndarray, (k,)
        Weights that sum to 1.

    Raises
    ------
    CouplingError
        If an entropy is above 1 (its divisor was ln T where ln N, all rows, belongs) or below 0.

    Examples
    --------
    >>> weights_from_entropy([0.9, 0.7]).round(2)
    array([0.25, 0.75])
    """
    values = np.atleast_1d(np.asarray(E, dtype=np.float64))
    if not (values >= -ENTROPY_TOL).all():
        raise CouplingError("An entropy is negative or missing; it lies between 0 and 1.")
    names = list(E.index) if isinstance(E, pd.Series) else range(values.size)
    above = np.flatnonzero(values > 1 + ENTROPY_TOL)
    if len(above):
        raise CouplingError(
            f"The entropy of {names[above[0]]!r} is {values[above[0]]:.6g}, above 1: it was "
            "divided by the logarithm of too small a number. N counts all rows, units × times."
        )
    spread = np.maximum(1 - np.atleast_2d(values), 0)
    weights = shares(spread, everything(1), "an indicator that varies")[0]
    return pd.Series(weights, E.index, name="weight") if isinstance(E, pd.Series) else weights
