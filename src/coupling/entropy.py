"""Entropy weights: how unevenly an indicator is spread over all units and times."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError
from coupling.frames import Array, Labelled, require_finite
from coupling.groups import By, Groups, everything, split
from coupling.keys import check_keys
from coupling.spread import divergence
from coupling.weighing import give_weights, normalized, require_not_negative

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
    table, groups = split(Z, by, "Z")
    check_keys(table.index)
    _require_rows(groups)
    z = table.values
    spread = divergence(z, groups, float(shift))
    if not np.isfinite(spread).all():
        require_finite(table, z, "Z")
        require_not_negative(table, z, "entropy_weights", shift)
    weights = _from_divergence(spread, groups)
    columns = {"entropy": 1 - spread, "divergence": spread, "weight": weights}
    return give_weights(table, groups, by, weights, columns, details)


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
    values = np.atleast_2d(np.asarray(E, dtype=np.float64))
    if not (values >= -ENTROPY_TOL).all():
        raise CouplingError("An entropy is negative or missing; it lies between 0 and 1.")
    names = E.index if isinstance(E, pd.Series) else pd.RangeIndex(values.shape[1])
    weights = _from_divergence(1 - values, everything(1), list(names))[0]
    return pd.Series(weights, index=names, name="weight") if isinstance(E, pd.Series) else weights


def _require_rows(groups: Groups) -> None:
    few = np.flatnonzero(groups.counts < 2)
    if len(few):
        where = "" if len(groups.labels) == 1 else f" in {groups.name(int(few[0]))}"
        raise CouplingError(f"entropy_weights needs two rows or more{where}: ln 1 = 0.")


def _from_divergence(spread: Array, groups: Groups, names: list[Any] | None = None) -> Array:
    """Weights from 1 − E, (G, k); an entropy above 1 is an error, above by rounding is 1."""
    wrong = np.argwhere(spread < -ENTROPY_TOL)
    if len(wrong):
        name = wrong[0, 1] if names is None else names[wrong[0, 1]]
        raise CouplingError(
            f"The entropy of {name!r} is {1 - spread[tuple(wrong[0])]:.6g}, above 1: it was "
            "divided by the logarithm of too small a number. N counts all rows, units × times."
        )
    return normalized(np.maximum(spread, 0, out=spread), groups, "an indicator that varies")
