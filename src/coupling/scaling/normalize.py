"""From indicators in their own units to numbers between 0 and 1."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError, only, warn
from coupling.panel import By, Labelled, check_keys, split
from coupling.scaling.bounds import bounds_frame, stored_bounds
from coupling.scaling.directions import directions_of
from coupling.scaling.scaled import OUTSIDE, scale


def normalize(
    X: Labelled,
    direction: Any = "benefit",
    *,
    feature_range: tuple[float, float] = (0, 1),
    by: By = None,
    bounds: Any = None,
    nan: str = "raise",
    constant: str = "raise",
    return_bounds: bool = False,
    outside: str = "warn",
) -> Any:
    """Scale indicators to a common range, with the better end up.

    Benefit z = (x − m)/(M − m); cost z = (M − x)/(M − m); ``Target(t)``
    ``z = 1 − |x − t|/max|x − t|``; ``Interval(a, b)`` 1 inside, else 1 − distance/max(a − m,
    M − b). Then lo + (hi − lo)·z for ``feature_range=(lo, hi)``. m and M are the least and the
    greatest value over all rows (units and times pooled), over the rows of a group (`by`), or
    stored `bounds`.

    Parameters
    ----------
    X : DataFrame, Series or array-like, (n, k) or (n,)
        Indicators in their own units. It is not changed.
    direction : {"benefit", +1, "cost", -1}, Target or Interval, or a sequence or mapping of them
        What a large value means: one for all columns, or one for each, in order or by name.
    feature_range : (float, float)
        Ends of the scale. (0.01, 0.99) is the convention of the web calculators.
    by : label, (n,) labels, or a list of them, optional
        Scale inside each group. Then values of different groups cannot be compared.
    bounds : DataFrame (2, k), array (2, k) or mapping name → (m, M), optional
        Least and greatest value of each column, as ``return_bounds=True`` gives them. With `by`,
        a frame as that call gives it.
    nan : {"raise", "propagate"}
        What to do with a missing or infinite value; propagated, it is NaN and no bound sees it.
    constant : {"raise", "zero", "drop"}
        What to do with an indicator that does not vary: an error, the lower end, or left out.
    return_bounds : bool
        Whether to return (Z, bounds).
    outside : {"warn", "keep", "clip", "raise"}
        What to do with a value beyond stored bounds, whose z is below 0 or above 1.

    Returns
    -------
    DataFrame, Series or ndarray, like `X`
        Scaled indicators without a unit; a `by` column is left out.
    bounds : DataFrame or ndarray, (2, k)
        Rows min and max in the units of X; with `by` a frame (2·G, k) over (group, bound).

    Raises
    ------
    CouplingError
        For a missing, infinite or constant indicator, an unknown direction or group, duplicate
        unit–time keys, or bounds that do not match.

    Warns
    -----
    CouplingWarning
        With `by`; for values beyond stored bounds; for an unbalanced panel.

    Notes
    -----
    Min–max scaling pooled over units and times is the usual first step of the coupling
    coordination literature; scaled by year, a growth of 6 % for everyone disappears.

    Examples
    --------
    >>> normalize([[1.0, 30.0], [2.0, 10.0], [3.0, 20.0]], ["benefit", "cost"])
    array([[0. , 0. ],
           [0.5, 1. ],
           [1. , 0.5]])
    >>> Z, bounds = normalize([2.0, 4.0], return_bounds=True)
    >>> normalize([3.0], bounds=bounds)
    array([0.5])
    """
    only(nan, ("raise", "propagate"), "nan")
    only(constant, ("raise", "zero", "drop"), "constant")
    only(outside, OUTSIDE, "outside")
    if isinstance(X, pd.Series) or (not isinstance(X, pd.DataFrame) and np.ndim(X) == 1):
        column = X.to_frame() if isinstance(X, pd.Series) else np.asarray(X)[:, np.newaxis]
        z, known = normalize(
            column, direction, feature_range=feature_range, by=by, bounds=bounds, nan=nan,
            constant=constant, return_bounds=True, outside=outside,
        )  # fmt: skip
        one = z.iloc[:, 0] if isinstance(X, pd.Series) else z[:, 0]
        return (one, known) if return_bounds else one
    table, groups = split(X, by, "X")
    warn(*check_keys(table.index, balance=bounds is None))
    directions = directions_of(direction, table.names)
    inside = None if by is None else groups
    stored = None if bounds is None else stored_bounds(bounds, table.names, inside)
    scaled = scale(
        table, directions, ends_of(feature_range), groups=inside, stored=stored, nan=nan,
        constant=constant, outside=outside,
    )  # fmt: skip
    warn(*scaled.notes)
    result = table.give(scaled.z, scaled.names)
    if not return_bounds:
        return result
    frame = bounds_frame(scaled.bounds, scaled.names, inside)
    return result, frame if by is not None or table.lead is None else frame.to_numpy()


def ends_of(feature_range: tuple[float, float]) -> tuple[float, float]:
    """Ends of a scale, as numbers that increase."""
    low, high = feature_range
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise CouplingError(f"feature_range must increase; it is {feature_range!r}.")
    return float(low), float(high)
