"""Weights that someone gives: matched to names, not negative, summing to 1."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.words import quoted
from coupling.errors import CouplingError
from coupling.panel import Array
from coupling.weights.family import DOMINANT

SUM_TOL = 1e-6  # weights in float32, or printed with seven digits, still sum to 1


def match(weights: Any, names: Sequence[Hashable], what: str) -> Array:
    """Put weights into the order of the names, and refuse what cannot be a weight.

    Parameters
    ----------
    weights : Series, mapping or array-like, (k,)
        Weights by name, or in order.
    names : sequence of k labels
        The columns that are weighted.
    what : str
        What is weighted, for the message.

    Returns
    -------
    ndarray, (k,)
        Finite, non-negative weights.

    Raises
    ------
    CouplingError
        If names or number do not match, or a weight is negative or not finite.

    Examples
    --------
    >>> match({"b": 0.3, "a": 0.7}, ["a", "b"], "weights")
    array([0.7, 0.3])
    """
    if isinstance(weights, (Mapping, pd.Series)):
        weights = _in_order(weights, names, what)
    try:
        numbers = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise CouplingError(f"{what}: weights must be numbers; they are {weights!r}.") from None
    if numbers.ndim != 1:
        raise CouplingError(f"{what}: weights must be one list; their shape is {numbers.shape}.")
    return check_shares(numbers, names, what)


def _in_order(weights: Any, names: Sequence[Hashable], what: str) -> list[Any]:
    """Weights by name, in the order of the names."""
    if isinstance(weights, pd.Series) and not weights.index.is_unique:
        twice = weights.index[weights.index.duplicated()][0]
        raise CouplingError(f"{what}: {twice!r} has two weights.")
    given = dict(weights.items())
    unknown = [name for name in given if name not in names]
    lacking = [name for name in names if name not in given]
    if unknown or lacking:
        found = f"{quoted(unknown)} unknown" if unknown else f"none for {quoted(lacking)}"
        raise CouplingError(f"{what}: the weights do not match the columns: {found}.")
    return [given[name] for name in names]


def check_shares(w: Array, names: Sequence[Hashable], what: str) -> Array:
    """Refuse weights of a wrong number, negative or not finite.

    Parameters
    ----------
    w : ndarray, (…, k)
        Weights.
    names : sequence of k labels
        Whose they are.
    what : str
        What is weighted, for the message.

    Returns
    -------
    ndarray, (…, k)
        `w`.

    Raises
    ------
    CouplingError
        Naming the weight.

    Examples
    --------
    >>> check_shares(np.array([0.7, 0.3]), ["a", "b"], "weights")
    array([0.7, 0.3])
    """
    if w.shape[-1] != len(names):
        raise CouplingError(
            f"{what}: {w.shape[-1]} weights were given for {len(names)} columns ({quoted(names)})."
        )
    wrong = np.argwhere(~(np.isfinite(w) & (w >= 0)))
    if len(wrong):
        name = names[wrong[0, -1]]
        raise CouplingError(
            f"{what}: the weight of {name!r} is {w[tuple(wrong[0])]}; it must be 0 or more."
        )
    return w


def sum_to_one(w: Array, what: str, *, renormalize: bool) -> Array:
    """Check that weights sum to 1, and make the sum exact.

    Parameters
    ----------
    w : ndarray, (k,)
        Non-negative weights.
    what : str
        What is weighted, for the message.
    renormalize : bool
        Whether another sum is divided out instead of refused.

    Returns
    -------
    ndarray, (k,)
        w / Σw.

    Raises
    ------
    CouplingError
        If the sum is 0, or is not 1 and `renormalize` is False.

    Examples
    --------
    >>> sum_to_one(np.array([1.0, 3.0]), "weights", renormalize=True)
    array([0.25, 0.75])
    """
    total = math.fsum(w)  # exact, so that weights that sum to 1 in print stay as they are
    if not total > 0:
        raise CouplingError(f"{what}: all weights are 0.")
    if abs(total - 1) > SUM_TOL and not renormalize:
        raise CouplingError(
            f"{what}: the weights sum to {total:.6g}, not 1 (renormalize=True divides by the sum)."
        )
    return w / total


def dominant_given(w: Array, names: Sequence[Hashable], what: str) -> list[str]:
    """Note of one of several weights, (k,), above one half.

    Examples
    --------
    >>> dominant_given(np.array([0.5, 0.5]), ["a", "b"], "weights")
    []
    """
    if len(w) < 2 or not w.max() > DOMINANT:
        return []
    return [
        f"{what}: {names[int(w.argmax())]!r} has the weight {w.max():.4g}, above .5; "
        "the index is mostly this one."
    ]


def by_subsystem(weights: Any, columns: pd.Index) -> "pd.Series[float]":
    """Put given weights over (system, indicator).

    Parameters
    ----------
    weights : mapping or Series
        By column, by (system, column), or a mapping of systems to weights by column.
    columns : MultiIndex, (k,)
        All (system, column) pairs.

    Returns
    -------
    Series, (k,)
        Weights in the order of the columns; not yet checked to sum to 1.

    Raises
    ------
    CouplingError
        If a weight is missing or names no indicator.

    Examples
    --------
    >>> columns = pd.MultiIndex.from_tuples([("A", "x"), ("B", "y")])
    >>> by_subsystem({"y": 0.4, "x": 0.6}, columns).tolist()
    [0.6, 0.4]
    """
    if isinstance(weights, pd.Series):
        weights = weights.to_dict()
    if not isinstance(weights, Mapping):
        raise CouplingError(
            "weights must be a name, a function, or a mapping from columns to weights."
        )
    flat: dict[Any, Any] = {}
    for name, value in weights.items():
        inner = value.items() if isinstance(value, (Mapping, pd.Series)) else None
        flat.update({(name, column): w for column, w in inner} if inner else {name: value})
    both = {pair: flat.get(pair, flat.get(pair[1])) for pair in columns}
    lacking = [pair for pair, weight in both.items() if weight is None]
    unknown = [name for name in flat if name not in both and name not in columns.unique(1)]
    if lacking or unknown:
        what = f"none for {quoted(lacking)}" if lacking else f"{quoted(unknown)} unknown"
        raise CouplingError(f"The weights do not match the indicators: {what}.")
    return pd.Series(list(both.values()), index=columns, dtype=np.float64)
