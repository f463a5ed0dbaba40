"""Printed C, T, D and levels: which rows cannot be, and the indices behind them."""

from typing import Any

import numpy as np
import pandas as pd

from coupling.audit.printed import SLACK, half_unit, joined, printed, unless
from coupling.degree import Scheme, graded, resolve
from coupling.errors import CouplingError
from coupling.panel import Array


def invert_coupling(C: Any, T: Any) -> tuple[Any, Any]:
    """Recover two indices from C and T: T(1 ± √(1 − C²)).

    For two subsystems with equal weights and the standard form; which is which, the table does not
    say.

    Parameters
    ----------
    C : Series, array-like or float
        Coupling degree in [0, 1].
    T : Series, array-like or float
        Coordination index in [0, 1].

    Returns
    -------
    high, low : like the input
        The greater and the smaller index. A `high` above 1 says that C and T cannot belong
        together.

    Raises
    ------
    CouplingError
        If C or T is outside [0, 1] or missing.

    Notes
    -----
    From C = √(U₁U₂)/T and T = (U₁ + U₂)/2.

    Examples
    --------
    >>> high, low = invert_coupling(0.8, 0.5)
    >>> round(high, 3), round(low, 3)
    (0.8, 0.2)
    """
    c, t = (printed(x, name) for x, name in ((C, "C"), (T, "T")))
    for values, name in ((c, "C"), (t, "T")):
        wrong = ~((values >= 0) & (values <= 1))
        if wrong.any():
            value = values[np.unravel_index(int(wrong.argmax()), wrong.shape)]
            raise CouplingError(f"{name} is {value:g}; it must lie in [0, 1].")
    if c.shape != t.shape and c.ndim and t.ndim:
        raise CouplingError(f"C and T have different shapes, {c.shape} and {t.shape}.")
    swing = t * np.sqrt(1 - c**2)
    return _like(t + swing, C, T), _like(np.maximum(t - swing, 0), C, T)


def check_coupling_table(
    C: Any,
    T: Any,
    D: Any,
    level: Any = None,
    *,
    decimals: int = 3,
    scheme: Any = "ten",
    closed: str = "left",
) -> pd.DataFrame:
    """Say which printed rows cannot be: no numbers that round to C, T and D satisfy D = √(C·T).

    Parameters
    ----------
    C, T, D : Series or array-like, (n,)
        Printed figures.
    level : Series or array-like of int, (n,), optional
        Printed levels, from 1.
    decimals : int
        Decimals that were printed.
    scheme, closed
        Edges of the levels, as in `classify`.

    Returns
    -------
    DataFrame, (n, 4)
        D_low and D_high, the range of √(C·T) before rounding; ok; reason, empty where ok.

    Raises
    ------
    CouplingError
        If the columns differ in length or are no numbers.

    Notes
    -----
    A figure printed with d decimals stands for anything within half a unit of its last place.

    Examples
    --------
    >>> table = check_coupling_table([0.917, 0.621], [0.017, 0.046], [0.123, 0.71], [2, 8])
    >>> table["ok"].tolist()
    [True, False]
    >>> table["reason"].tolist()
    ['', 'D 0.71 is not the root of C·T, 0.16803 to 0.17; level 8 should be 2']
    """
    index = next((x.index for x in (C, T, D, level) if isinstance(x, pd.Series)), None)
    c, t, d = (np.atleast_1d(printed(x, name)) for x, name in ((C, "C"), (T, "T"), (D, "D")))
    if not c.shape == t.shape == d.shape or c.ndim != 1:
        raise CouplingError(
            f"C, T and D must have one length; they are {c.shape}, {t.shape}, {d.shape}."
        )
    half = half_unit(decimals)
    low = np.sqrt(np.clip(c - half, 0, 1) * np.clip(t - half, 0, 1))
    high = np.sqrt(np.clip(c + half, 0, 1) * np.clip(t + half, 0, 1))
    reasons = [
        unless((x >= -half) & (x <= 1 + half), f"{name} ", x, " is outside [0, 1]")
        for x, name in ((c, "C"), (t, "T"), (d, "D"))
    ]
    fits = (d + half >= low - SLACK) & (d - half <= high + SLACK)
    reasons.append(unless(fits, "D ", d, " is not the root of C·T, ", low, " to ", high))
    if level is not None:
        least = np.where(fits, np.maximum(low, d - half), low)
        most = np.where(fits, np.minimum(high, d + half), high)
        reasons.append(_wrong_levels(level, least, most, resolve(scheme, None, closed)))
    reason = joined(reasons)
    table = {"D_low": low, "D_high": high, "ok": reason == "", "reason": reason.astype(object)}
    return pd.DataFrame(table, index=index)


def _wrong_levels(level: Any, least: Array, most: Array, scheme: Scheme) -> Any:
    """Reasons where a printed level is not one that a D from `least` to `most` can have."""
    given = np.atleast_1d(printed(level, "level"))
    if given.shape != least.shape:
        raise CouplingError(f"level has {given.size} entries for {least.size} rows.")
    low = graded(np.maximum(least - SLACK, 0), scheme)
    high = graded(np.minimum(most + SLACK, 1), scheme)
    either = np.where(low == high, "", np.char.add(" or ", high.astype(str)))
    possible = (given >= low) & (given <= high)
    return unless(possible, "level ", given, " should be ", low.astype(str), either)


def _like(values: Array, *given: Any) -> Any:
    series = next((x for x in given if isinstance(x, pd.Series)), None)
    if series is not None:
        return pd.Series(values, index=series.index)
    return values if values.ndim else float(values)
