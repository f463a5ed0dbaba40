"""Weights of indicators by their variation and conflict, equal ones, and combinations."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, only
from coupling.frames import Labelled
from coupling.groups import By
from coupling.shares import SUM_TOL, match
from coupling.spread import moments, row_conflict
from coupling.weighing import give_weights, normalized, read_scaled, require_not_negative


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
    table, groups, z = read_scaled(Z, by)
    _, sd = moments(z, groups)
    flat = sd == 0
    if constant == "raise" and flat.any():
        group, column = np.argwhere(flat)[0]
        inside = "" if by is None else f" within {groups.name(int(group))}"
        raise CouplingError(
            f"critic_weights: column {table.names[column]!r} is constant{inside}, so it has no "
            'correlation. Leave it out, or pass constant="zero" or constant="drop".'
        )
    conflict = row_conflict(z, groups, sd)
    weights = normalized(sd * conflict, groups, "indicators that vary and are not all one")
    kept = np.flatnonzero(~flat.any(axis=0)) if constant == "drop" else np.arange(z.shape[1])
    columns = {"sd": sd, "conflict": conflict, "weight": weights}
    return give_weights(table, groups, by, weights, columns, details, kept)


def cv_weights(Z: Labelled, *, by: By = None, details: bool = False) -> Any:
    """Weight indicators by their coefficient of variation: w ∝ σ/μ.

    Parameters
    ----------
    Z : DataFrame or array-like, (n, k)
        Indicators, already scaled, none negative.
    by : label, (n,) labels, or a list of them, optional
        Weights for each group.
    details : bool
        Whether to return (weights, table) with μ, σ and σ/μ.

    Returns
    -------
    Series or ndarray, (k,)
        Weights that sum to 1; with `by` a frame or array (G, k). A constant indicator has 0.
    table : DataFrame, (k, 4) or (G·k, 4)
        Only with `details`: mean, sd (population), cv, weight.

    Raises
    ------
    CouplingError
        For missing or negative values, or if no indicator varies.

    Warns
    -----
    CouplingWarning
        If one of three or more weights is above one half; for an unbalanced panel.

    Examples
    --------
    >>> cv_weights([[1.0, 1.0], [3.0, 5.0]]).round(4)
    array([0.4286, 0.5714])
    """
    table, groups, z = read_scaled(Z, by)
    require_not_negative(table, z, "cv_weights")
    mean, sd = moments(z, groups)
    cv = sd / np.where(mean > 0, mean, 1)
    weights = normalized(cv, groups, "an indicator that varies")
    columns = {"mean": mean, "sd": sd, "cv": cv, "weight": weights}
    return give_weights(table, groups, by, weights, columns, details)


def std_weights(Z: Labelled, *, by: By = None, details: bool = False) -> Any:
    """Weight indicators by their standard deviation: w ∝ σ.

    Parameters
    ----------
    Z : DataFrame or array-like, (n, k)
        Indicators, already scaled to one range.
    by : label, (n,) labels, or a list of them, optional
        Weights for each group.
    details : bool
        Whether to return (weights, table) with σ.

    Returns
    -------
    Series or ndarray, (k,)
        Weights that sum to 1; with `by` a frame or array (G, k). A constant indicator has 0.
    table : DataFrame, (k, 2) or (G·k, 2)
        Only with `details`: sd (population), weight.

    Raises
    ------
    CouplingError
        For missing values, or if no indicator varies.

    Warns
    -----
    CouplingWarning
        If one of three or more weights is above one half; for an unbalanced panel.

    Examples
    --------
    >>> std_weights([[0.0, 0.0], [1.0, 0.5]]).round(4)
    array([0.6667, 0.3333])
    """
    table, groups, z = read_scaled(Z, by)
    _, sd = moments(z, groups)
    weights = normalized(sd, groups, "an indicator that varies")
    return give_weights(table, groups, by, weights, {"sd": sd, "weight": weights}, details)


def equal_weights(Z: Labelled, *, by: By = None, details: bool = False) -> Any:
    """Give each of k indicators the weight 1/k.

    Parameters
    ----------
    Z : DataFrame or array-like, (n, k)
        Indicators, already scaled.
    by : label, (n,) labels, or a list of them, optional
        A row of weights for each group.
    details : bool
        Whether to return (weights, table).

    Returns
    -------
    Series or ndarray, (k,)
        Weights that sum to 1; with `by` a frame or array (G, k).
    table : DataFrame, (k, 1) or (G·k, 1)
        Only with `details`: weight.

    Raises
    ------
    CouplingError
        For missing values.

    Examples
    --------
    >>> equal_weights([[0.1, 0.2, 0.3, 0.4]])
    array([0.25, 0.25, 0.25, 0.25])
    """
    table, groups, z = read_scaled(Z, by)
    weights = np.full((len(groups.labels), z.shape[1]), 1 / z.shape[1])
    return give_weights(table, groups, by, weights, {"weight": weights}, details)


def combine_weights(*weights: Any, how: str = "linear", shares: Any = None) -> Any:
    """Combine several sets of weights for the same indicators.

    linear: w = Σ_m λ_m w_m; multiplicative: w ∝ Π_m w_m, or ∝ Π_m w_m^{λ_m} with `shares`.

    Parameters
    ----------
    *weights : Series or array-like, each (k,)
        Two or more sets, or one sequence of them; Series are matched by name.
    how : {"linear", "multiplicative"}
        The rule.
    shares : array-like, (M,), optional
        λ, summing to 1. By default 1/M each (linear), exponent 1 each (multiplicative).

    Returns
    -------
    Series or ndarray, (k,)
        Weights that sum to 1.

    Raises
    ------
    CouplingError
        If the sets do not match, a weight is negative, or the shares do not sum to 1.

    Examples
    --------
    >>> combine_weights([0.5, 0.5], [0.8, 0.2]).round(2)
    array([0.65, 0.35])
    >>> combine_weights([0.5, 0.5], [0.8, 0.2], how="multiplicative").round(2)
    array([0.8, 0.2])
    """
    only(how, ("linear", "multiplicative"), "how")
    sets = (
        list(weights[0])
        if len(weights) == 1 and isinstance(weights[0], (list, tuple))
        else list(weights)
    )
    if len(sets) < 2:
        raise CouplingError("combine_weights needs two sets of weights or more.")
    labelled = next((one for one in sets if isinstance(one, pd.Series)), None)
    names = list(labelled.index) if labelled is not None else list(range(np.size(sets[0])))
    table = np.array([match(one, names, f"Set {m + 1}") for m, one in enumerate(sets)])
    given = None if shares is None else match(shares, range(len(sets)), "shares")
    if given is not None and abs(given.sum() - 1) > SUM_TOL:
        raise CouplingError(f"shares sum to {given.sum():.6g}, not 1.")
    if how == "linear":
        mixed = np.average(table / table.sum(axis=1, keepdims=True), axis=0, weights=given)
    else:
        powers = np.ones(len(sets)) if given is None else given
        mixed = np.prod(table ** powers[:, np.newaxis], axis=0)
    if not mixed.sum() > 0:
        raise CouplingError(
            "The combined weights are all 0: no indicator is weighted in every set."
        )
    combined = mixed / mixed.sum()
    if labelled is None:
        return combined
    return pd.Series(combined, index=labelled.index, name="weight")
