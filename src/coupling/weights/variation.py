"""Weights by variation: standard deviation, coefficient of variation; or equal ones."""

from typing import Any

import numpy as np

from coupling.panel import Array, By, Groups, Labelled, require_finite
from coupling.weights.family import give_weights, read_scaled, require_not_negative, shares
from coupling.weights.spread import moments


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
    table, groups = read_scaled(Z, by)
    z = require_finite(table, "Z")
    require_not_negative(table, "cv_weights")
    return give_weights(table, groups, by, by_variation(z, groups), details)


def by_variation(z: Array, groups: Groups) -> dict[str, Array]:
    """Mean, standard deviation, their ratio, and weight, each (G, k)."""
    mean, sd = moments(z, groups)
    cv = sd / np.where(mean > 0, mean, 1)
    weight = shares(cv, groups, "an indicator that varies")
    return {"mean": mean, "sd": sd, "cv": cv, "weight": weight}


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
    table, groups = read_scaled(Z, by)
    columns = by_deviation(require_finite(table, "Z"), groups)
    return give_weights(table, groups, by, columns, details)


def by_deviation(z: Array, groups: Groups) -> dict[str, Array]:
    """Standard deviation and weight, each (G, k)."""
    _, sd = moments(z, groups)
    return {"sd": sd, "weight": shares(sd, groups, "an indicator that varies")}


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
    table, groups = read_scaled(Z, by)
    return give_weights(table, groups, by, equally(require_finite(table, "Z"), groups), details)


def equally(z: Array, groups: Groups) -> dict[str, Array]:
    """Weight 1/k, (G, k)."""
    shape = len(groups.labels), z.shape[1]
    return {"weight": np.full(shape, 1 / z.shape[1])}
