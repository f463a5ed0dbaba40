"""Which of two subsystems is ahead."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.words import quoted
from coupling.errors import CouplingError, only, warn
from coupling.panel import Labelled, read, require_finite

ROUNDING = 1e-12  # .6 − .5 is below .1 by rounding, .4 − .3 above


def relative_development(
    U: Labelled,
    pair: Sequence[Hashable],
    *,
    how: str = "ratio",
    bands: tuple[float, float] = (0.8, 1.2),
    tolerance: float = 0.1,
    nan: str = "raise",
) -> pd.DataFrame:
    """Relative development of two subsystems: the first lags, they go together, or the second lags.

    Ratio R = U_a/U_b, synchronous for .8 ≤ R ≤ 1.2; or difference U_a − U_b, synchronous within
    ± .1. The thresholds are arguments.

    Parameters
    ----------
    U : DataFrame, Series or array-like, (n, S)
        Indices, not negative.
    pair : (label, label)
        The two subsystems a and b (positions for an array).
    how : {"ratio", "difference"}
        The measure.
    bands : (float, float)
        Ends of the synchronous band of the ratio, both included.
    tolerance : float
        Greatest synchronous difference.
    nan : {"raise", "propagate"}
        What to do with missing values.

    Returns
    -------
    DataFrame, (n, 2)
        The measure, called ratio or difference, and `type` (categorical: ``"a lags"``,
        ``"synchronous"``, ``"b lags"`` with the names in their place).

    Raises
    ------
    CouplingError
        For an unknown subsystem, thresholds that do not increase, negative or missing values.

    Warns
    -----
    CouplingWarning
        Where both are 0, and the ratio is undefined.

    Notes
    -----
    The relative development degree of the Chinese coupling literature; its bands vary by author.

    Examples
    --------
    >>> relative_development([[0.3, 0.6], [0.55, 0.5]], (0, 1))
       ratio         type
    0    0.5       0 lags
    1    1.1  synchronous
    """
    only(how, ("ratio", "difference"), "how")
    only(nan, ("raise", "propagate"), "nan")
    table = read(U, "U")
    low, high = _thresholds(how, bands, tolerance)
    names = _pair(table.names, pair)
    places = [table.names.index(name) for name in names]
    values = require_finite(replace(table, source=table.values[:, places], names=names), "U", nan)
    if (values < 0).any():
        row = int(np.argwhere(values < 0)[0, 0])
        raise CouplingError(f"U is negative at {table.at(row)}; indices are 0 or more.")
    a, b = values.T
    empty = np.flatnonzero((a == 0) & (b == 0))
    if how == "ratio" and len(empty):
        warn(f"Both subsystems are 0 at {table.at(empty[0])}: their ratio is undefined (NaN).")
    with np.errstate(invalid="ignore", divide="ignore"):
        measure = a / b if how == "ratio" else a - b
    code = np.where(measure < low - ROUNDING, 0, np.where(measure > high + ROUNDING, 2, 1))
    code[np.isnan(measure)] = -1
    kinds = [f"{names[0]} lags", "synchronous", f"{names[1]} lags"]
    types = pd.Categorical.from_codes(code, dtype=pd.CategoricalDtype(kinds))
    return pd.DataFrame({how: measure, "type": types}, index=table.index)


def _pair(names: Sequence[Hashable], pair: Any) -> tuple[Hashable, ...]:
    """Names of the two subsystems."""
    two = tuple(pair) if isinstance(pair, Iterable) else ()
    if len(two) != 2 or two[0] == two[1] or not set(two) <= set(names):
        known = quoted(names, 8)
        raise CouplingError(f"pair must name two of the subsystems {known}; it is {pair!r}.")
    return two


def _thresholds(how: str, bands: tuple[float, float], tolerance: float) -> tuple[float, float]:
    """Ends of the synchronous band."""
    if how == "difference":
        if not (np.isfinite(tolerance) and tolerance >= 0):
            raise CouplingError(f"tolerance must be 0 or more; it is {tolerance!r}.")
        return -tolerance, tolerance
    low, high = bands
    if not 0 < low <= high < np.inf:
        raise CouplingError(f"bands must increase from above 0; they are {bands!r}.")
    return low, high
