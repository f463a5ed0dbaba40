"""Printed weights: which groups cannot sum to 1."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.words import quoted
from coupling.audit.printed import SLACK, half_unit, joined, printed, unless
from coupling.errors import CouplingError
from coupling.panel import Array, at


def check_weights(w: Any, groups: Any, *, decimals: int = 4) -> pd.DataFrame:
    """Say which groups of printed weights cannot sum to 1.

    n weights with d decimals may miss 1 by n half units of the last place.

    Parameters
    ----------
    w : Series or array-like, (k,)
        Printed weights.
    groups : (k,) labels, or mapping name → members
        The subsystem of each weight; a mapping lists labels of `w` (positions for an array).
    decimals : int
        Decimals that were printed.

    Returns
    -------
    DataFrame, (G, 5)
        n, sum, tolerance, ok and reason for each group, in order of appearance. If the excess over
        1 is a weight that stands twice, the reason says so.

    Raises
    ------
    CouplingError
        If lengths differ, a weight is no number, or a member is unknown.

    Examples
    --------
    >>> check_weights([0.5, 0.5, 0.7, 0.4, 0.1], list("AABBB"), decimals=1)["reason"].tolist()
    ['', 'the sum 1.2 is not 1 within 0.15']
    >>> check_weights([0.7, 0.3, 0.3], list("BBB"))["reason"].item()
    'the sum 1.3 is not 1 within 0.00015; 0.3 stands twice and makes the difference'
    """
    series = w if isinstance(w, pd.Series) else pd.Series(printed(w, "w"))
    weights, names, codes = _grouped(series, groups)
    half = half_unit(decimals)
    n, total = np.bincount(codes), np.bincount(codes, weights)
    tolerance = n * half
    right = np.abs(total - 1) <= tolerance + SLACK
    negative = np.bincount(codes, ~((weights >= 0) & (weights <= 1))) > 0
    twice = _stands_twice(weights, codes, total - 1, tolerance)
    reason = joined([
        unless(~negative, "a weight is outside [0, 1]"),
        unless(right, "the sum ", total, " is not 1 within ", tolerance),
        unless(right | ~(twice > 0), twice, " stands twice and makes the difference"),
    ])  # fmt: skip
    columns = {
        "n": n, "sum": total, "tolerance": tolerance, "ok": reason == "",
        "reason": reason.astype(object),
    }  # fmt: skip
    return pd.DataFrame(columns, index=names)


def _grouped(series: Any, groups: Any) -> tuple[Array, pd.Index, Any]:
    """Weights, names of the groups, and the group of each weight."""
    if isinstance(groups, Mapping):
        members = pd.Series({name: list(own) for name, own in groups.items()}).explode()
        unknown = [name for name in members if name not in series.index]
        if unknown:
            raise CouplingError(f"There is no weight for {quoted(unknown)}.")
        series, labels = series.loc[list(members)], pd.Index(members.index)
    else:
        if np.ndim(groups) != 1:
            raise CouplingError(f"groups must be labels or a mapping; it is {groups!r}.")
        labels = pd.Index(groups)
        if len(labels) != len(series):
            raise CouplingError(f"{len(labels)} groups were given for {len(series)} weights.")
    weights = printed(series, "w")
    if not np.isfinite(weights).all():
        raise CouplingError(
            f"A weight is missing at {at(series.index, int(np.isnan(weights).argmax()))}."
        )
    codes, names = labels.factorize()
    if (codes < 0).any():
        raise CouplingError(f"The group of weight {int((codes < 0).argmax())} is missing.")
    return weights, pd.Index(names), codes


def _stands_twice(weights: Array, codes: Any, excess: Any, tolerance: Any) -> Array:
    """Weight that occurs twice in its group and equals the excess over 1; 0 where there is none."""
    repeated = pd.DataFrame({"group": codes, "weight": weights}).duplicated().to_numpy()
    culprit = repeated & (np.abs(weights - excess[codes]) <= tolerance[codes] + SLACK)
    found = np.zeros(len(excess))
    found[codes[culprit]] = weights[culprit]
    return found
