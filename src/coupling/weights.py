"""Objective weights of indicators: entropy, CRITIC, variation, and their combinations."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, only, warn
from coupling.frames import Array, Labelled, Table, require_finite
from coupling.groups import By, Groups, split
from coupling.keys import check_keys
from coupling.shares import DOMINANT, match
from coupling.spread import constant_columns, divergence, moments, row_conflict

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
        _require_not_negative(table, z, "entropy_weights", shift)
    weights = _from_divergence(spread, groups)
    columns = {"entropy": 1 - spread, "divergence": spread, "weight": weights}
    return _give(table, groups, by, weights, columns, details)


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
    groups = Groups(np.zeros(1, dtype=np.intp), pd.Index(["all"]))
    weights = _from_divergence(1 - values, groups, list(names))[0]
    return pd.Series(weights, index=names, name="weight") if isinstance(E, pd.Series) else weights


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
    table, groups, z = _read(Z, by)
    flat = constant_columns(z, groups)
    if constant == "raise" and flat.any():
        group, column = np.argwhere(flat)[0]
        inside = "" if by is None else f" within {groups.name(int(group))}"
        raise CouplingError(
            f"critic_weights: column {table.names[column]!r} is constant{inside}, so it has no "
            'correlation. Leave it out, or pass constant="zero" or constant="drop".'
        )
    _, sd = moments(z, groups)
    sd[flat] = 0
    conflict = row_conflict(z, groups, sd)
    weights = _normalized(sd * conflict, groups, "indicators that vary and are not all one")
    kept = np.flatnonzero(~flat.any(axis=0)) if constant == "drop" else np.arange(z.shape[1])
    columns = {"sd": sd, "conflict": conflict, "weight": weights}
    return _give(table, groups, by, weights, columns, details, kept)


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
    table, groups, z = _read(Z, by)
    _require_not_negative(table, z, "cv_weights")
    mean, sd = moments(z, groups)
    sd[constant_columns(z, groups)] = 0
    cv = sd / np.where(mean > 0, mean, 1)
    weights = _normalized(cv, groups, "an indicator that varies")
    columns = {"mean": mean, "sd": sd, "cv": cv, "weight": weights}
    return _give(table, groups, by, weights, columns, details)


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
    table, groups, z = _read(Z, by)
    _, sd = moments(z, groups)
    sd[constant_columns(z, groups)] = 0
    weights = _normalized(sd, groups, "an indicator that varies")
    return _give(table, groups, by, weights, {"sd": sd, "weight": weights}, details)


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
    table, groups, z = _read(Z, by)
    weights = np.full((len(groups.labels), z.shape[1]), 1 / z.shape[1])
    return _give(table, groups, by, weights, {"weight": weights}, details)


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
    if given is not None and abs(given.sum() - 1) > 1e-6:
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


def _read(Z: Labelled, by: By) -> tuple[Table, Groups, Array]:
    table, groups = split(Z, by, "Z")
    check_keys(table.index)
    return table, groups, require_finite(table, table.values, "Z")


def _require_not_negative(table: Table, z: Array, what: str, shift: float = 0.0) -> None:
    if np.isfinite(shift) and z.min() + shift >= 0:
        return
    row, column = np.unravel_index(int(z.argmin()), z.shape)
    raise CouplingError(
        f"{what}: column {table.names[column]!r} is {z[row, column]:g} at {table.at(int(row))}; "
        "no value may be negative. Scale the indicators first (normalize)."
    )


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
    return _normalized(np.maximum(spread, 0, out=spread), groups, "an indicator that varies")


def _normalized(score: Array, groups: Groups, needed: str) -> Array:
    """Divide (G, k) scores by their sum."""
    total = score.sum(axis=1, keepdims=True)
    empty = np.flatnonzero(~(total[:, 0] > 0))
    if len(empty):
        where = "" if len(groups.labels) == 1 else f" in {groups.name(int(empty[0]))}"
        raise CouplingError(f"There are no weights{where}: they need {needed}.")
    return np.asarray(score / total)


def _give(
    table: Table,
    groups: Groups,
    by: By,
    weights: Array,
    columns: dict[str, Array],
    details: bool,
    kept: Any = slice(None),
) -> Any:
    """Put names on the weights, and build the table beside them."""
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
