"""Checks of tables that others have printed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError
from coupling.frames import Array, at, listed
from coupling.levels import grade, level_dtype, resolve

SLACK = 1e-9  # printed figures are exact to their last digit; this is for binary rounding only


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
    c, t = (_printed(x, name) for x, name in ((C, "C"), (T, "T")))
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
    c, t, d = (np.atleast_1d(_printed(x, name)) for x, name in ((C, "C"), (T, "T"), (D, "D")))
    if not c.shape == t.shape == d.shape or c.ndim != 1:
        raise CouplingError(
            f"C, T and D must have one length; they are {c.shape}, {t.shape}, {d.shape}."
        )
    half = _half_unit(decimals)
    low = np.sqrt(np.clip(c - half, 0, 1) * np.clip(t - half, 0, 1))
    high = np.sqrt(np.clip(c + half, 0, 1) * np.clip(t + half, 0, 1))
    reasons = [_outside(values, name, half) for values, name in ((c, "C"), (t, "T"), (d, "D"))]
    fits = (d + half >= low - SLACK) & (d - half <= high + SLACK)
    reasons.append(
        np.where(fits, "", _texts("D ", d, " is not the root of C·T, ", low, " to ", high))
    )
    if level is not None:
        bounds = np.maximum(low, d - half), np.minimum(high, d + half)
        within = tuple(np.where(fits, b, x) for b, x in zip(bounds, (low, high), strict=True))
        reasons.append(_wrong_levels(level, within, scheme, closed))
    reason = _joined(reasons)
    table = {"D_low": low, "D_high": high, "ok": reason == "", "reason": reason.astype(object)}
    return pd.DataFrame(table, index=index)


def _wrong_levels(level: Any, within: tuple[Array, ...], scheme: Any, closed: str) -> Any:
    """Reasons where a printed level is not one that the range of D can have."""
    printed = np.atleast_1d(_printed(level, "level"))
    if printed.shape != within[0].shape:
        raise CouplingError(f"level has {printed.size} entries for {within[0].size} rows.")
    chosen = resolve(scheme, None, closed)
    least, most = (np.empty(printed.shape, dtype=level_dtype(chosen)) for _ in range(2))
    grade(np.maximum(within[0] - SLACK, 0), chosen, closed, least)
    grade(np.minimum(within[1] + SLACK, 1), chosen, closed, most)
    either = np.where(least == most, "", np.char.add(" or ", most.astype(str)))
    text = np.char.add(_texts("level ", printed, " should be ", least.astype(float)), either)
    return np.where((printed >= least) & (printed <= most), "", text)


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
    series = w if isinstance(w, pd.Series) else pd.Series(_printed(w, "w"))
    weights, names, codes = _grouped(series, groups)
    half = _half_unit(decimals)
    n, total = np.bincount(codes), np.bincount(codes, weights)
    tolerance = n * half
    right = np.abs(total - 1) <= tolerance + SLACK
    sums = _texts("the sum ", total, " is not 1 within ", tolerance)
    twice = _stands_twice(weights, codes, total - 1, tolerance)
    negative = np.bincount(codes, ~((weights >= 0) & (weights <= 1))) > 0
    bad = np.where(negative, "a weight is outside [0, 1]", "")
    reason = _joined([bad, np.where(right, "", sums), np.where(right, "", twice)])
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
            raise CouplingError(f"There is no weight for {listed(unknown)}.")
        series, labels = series.loc[list(members)], pd.Index(members.index)
    else:
        if np.ndim(groups) != 1:
            raise CouplingError(f"groups must be labels or a mapping; it is {groups!r}.")
        labels = pd.Index(groups)
        if len(labels) != len(series):
            raise CouplingError(f"{len(labels)} groups were given for {len(series)} weights.")
    weights = _printed(series, "w")
    if not np.isfinite(weights).all():
        raise CouplingError(
            f"A weight is missing at {at(series.index, int(np.isnan(weights).argmax()))}."
        )
    codes, names = labels.factorize()
    if (codes < 0).any():
        raise CouplingError(f"The group of weight {int((codes < 0).argmax())} is missing.")
    return weights, pd.Index(names), codes


def _stands_twice(weights: Array, codes: Any, excess: Any, tolerance: Any) -> Any:
    """Reasons where a weight that occurs twice in its group equals the excess over 1."""
    repeated = pd.DataFrame({"group": codes, "weight": weights}).duplicated().to_numpy()
    culprit = repeated & (np.abs(weights - excess[codes]) <= tolerance[codes] + SLACK)
    found = np.zeros(len(excess))
    found[codes[culprit]] = weights[culprit]
    text = _texts("", found, " stands twice and makes the difference")
    return np.where(found > 0, text, "")


def _printed(values: Any, name: str) -> Array:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise CouplingError(f"{name} must hold numbers.") from None


def _half_unit(decimals: int) -> float:
    if not isinstance(decimals, (int, np.integer)) or decimals < 0:
        raise CouplingError(f"decimals must be 0 or more; it is {decimals!r}.")
    return float(0.5 * 10.0 ** -int(decimals))


def _outside(values: Array, name: str, half: float) -> Any:
    inside = (values >= -half) & (values <= 1 + half)
    return np.where(inside, "", _texts(f"{name} ", values, " is outside [0, 1]"))


def _texts(*parts: Any) -> Any:
    """Join texts and columns of numbers into one text for each row."""
    text: Any = ""
    for part in parts:
        text = np.char.add(text, part if isinstance(part, str) else _short(part))
    return text


def _short(values: Array) -> Any:
    return np.char.mod("%.5g", values)


def _joined(reasons: list[Any]) -> Any:
    """Join reasons by semicolons, leaving out empty ones."""
    text = np.asarray(reasons[0])
    for reason in reasons[1:]:
        both = (text != "") & (reason != "")
        text = np.char.add(np.char.add(text, np.where(both, "; ", "")), reason)
    return text


def _like(values: Array, *given: Any) -> Any:
    series = next((x for x in given if isinstance(x, pd.Series)), None)
    if series is not None:
        return pd.Series(values, index=series.index)
    return values if values.ndim else float(values)
