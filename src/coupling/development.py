"""Which of two subsystems is ahead."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, only, warn
from coupling.frames import Array, Labelled, Table, listed, read, require_finite

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
    table = read(U, "U")
    a, b = _pair(table, pair)
    values = require_finite(table, table.values[:, [a, b]], "U", nan)
    if (values < 0).any():
        row = int(np.argwhere(values < 0)[0, 0])
        raise CouplingError(f"U is negative at {table.at(row)}; indices are 0 or more.")
    measure, low, high = (
        _ratio(values, bands, table) if how == "ratio" else _difference(values, tolerance)
    )
    first, second = table.names[a], table.names[b]
    names = [f"{first} lags", "synchronous", f"{second} lags"]
    code = np.where(measure < low - ROUNDING, 0, np.where(measure > high + ROUNDING, 2, 1))
    kinds = pd.Categorical.from_codes(
        np.where(np.isnan(measure), -1, code), dtype=pd.CategoricalDtype(names)
    )
    return pd.DataFrame({how: measure, "type": kinds}, index=table.index)


def _pair(table: Table, pair: Sequence[Hashable]) -> tuple[int, int]:
    names = list(pair) if isinstance(pair, Iterable) else []
    unknown = [name for name in names if name not in table.names]
    if len(names) != 2 or len(set(names)) != 2 or unknown:
        raise CouplingError(
            f"pair must name two of the subsystems {listed(table.names, 8)}; it is {pair!r}."
        )
    return table.names.index(names[0]), table.names.index(names[1])


def _ratio(values: Array, bands: tuple[float, float], table: Table) -> tuple[Array, float, float]:
    low, high = bands
    if not 0 < low <= high < np.inf:
        raise CouplingError(f"bands must increase from above 0; they are {bands!r}.")
    empty = np.flatnonzero((values == 0).all(axis=1))
    if len(empty):
        warn(f"Both subsystems are 0 at {table.at(empty[0])}: their ratio is undefined (NaN).")
    with np.errstate(invalid="ignore", divide="ignore"):
        return values[:, 0] / values[:, 1], low, high


def _difference(values: Array, tolerance: Any) -> tuple[Array, float, float]:
    if not (np.isfinite(tolerance) and tolerance >= 0):
        raise CouplingError(f"tolerance must be 0 or more; it is {tolerance!r}.")
    return values[:, 0] - values[:, 1], -tolerance, tolerance
