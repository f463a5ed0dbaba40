"""Combinations of several sets of weights."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, only
from coupling.weights.given import SUM_TOL, match


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
    one_list = len(weights) == 1 and isinstance(weights[0], (list, tuple))
    sets = list(weights[0] if one_list else weights)
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
