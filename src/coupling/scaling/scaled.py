"""Indicators put on a scale: what `normalize` and a model do to a table of numbers."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from _simeq_shared.words import quoted
from coupling.errors import CouplingError
from coupling.panel import Array, Groups, LabelledArray, blocks, everything, require_finite
from coupling.scaling.bounds import observed_bounds
from coupling.scaling.directions import Direction, Straight

Ends = tuple[float, float]
OUTSIDE = ("warn", "keep", "clip", "raise")  # what may be done with values beyond stored bounds


@dataclass(frozen=True)
class Scaled:
    """Indicators on their scale.

    Attributes
    ----------
    z : ndarray, (n, k)
        Scaled numbers.
    names : tuple of k labels
        The indicators that are left.
    bounds : ndarray, (2, G, k)
        Their least and greatest values within each group.
    notes : list of str
        What to warn of.
    """

    z: Array
    names: tuple[Hashable, ...]
    bounds: Array
    notes: list[str]


def scale(
    table: LabelledArray, directions: Sequence[Direction], ends: Ends, *,
    groups: Groups | None = None, stored: Array | None = None,
    nan: str = "raise", constant: str = "raise", outside: str = "warn",
) -> Scaled:  # fmt: skip
    """Scale a table by its own bounds or by stored ones; options as `normalize` has them.

    Parameters
    ----------
    table : LabelledArray, (n, k)
        Indicators in their own units.
    directions : sequence of k directions
        Of its columns.
    ends : (float, float)
        Of the scale.
    groups : Groups, optional
        Inside which to scale; by default all rows together.
    stored : ndarray, (2, G, k), optional
        Bounds of each group, or one pair.

    Raises
    ------
    CouplingError
        Naming column and row of what cannot be scaled.
    """
    inside = groups or everything(table.shape[0])
    extremes = blocks.column_extremes(table.values)
    x = require_finite(table, "X", nan, extremes)
    bounds, notes = stored, list[str]()
    if bounds is None:  # where all numbers are finite, their extremes are known
        known = groups is None and x is table.values
        bounds = np.array(extremes) if known else observed_bounds(x, inside, table.names)
    elif outside != "keep":
        x, notes = _within(table, x, inside, bounds, outside)
    varies = bounds[1] > bounds[0]
    if constant == "raise" and not varies.all():
        raise CouplingError(_constant(table, bounds[0], varies, groups))
    kept = np.flatnonzero(varies.all(axis=0) | (constant != "drop"))
    if not len(kept):
        raise CouplingError("Every column is constant; nothing would be left.")
    if groups is not None:
        keys = quoted([name or "by" for name in groups.labels.names])
        notes.append(f"Scaled within groups of {keys}: values are not comparable across groups.")
    z = rescaled(x, directions, bounds, inside.codes, ends)
    if len(kept) == len(table.names):
        return Scaled(z, table.names, bounds, notes)
    return Scaled(z[:, kept], tuple(table.names[j] for j in kept), bounds[..., kept], notes)


def _constant(table: LabelledArray, low: Array, varies: Any, groups: Groups | None) -> str:
    """Say which column does not vary, and in which group."""
    group, column = np.argwhere(~varies)[0]
    where = "" if groups is None else f" within {groups.name(int(group))}"
    return (
        f"Column {table.names[column]!r} is constant{where} ({low[group, column]:g}): "
        'it has no scale. Leave it out, or pass constant="drop" or constant="zero".'
    )


def _within(
    table: LabelledArray, x: Array, groups: Groups, bounds: Array, outside: str
) -> tuple[Array, list[str]]:
    """Numbers clipped to stored bounds if asked, or a note of those beyond."""
    by_row = bounds if bounds.shape[1] == 1 else bounds[:, groups.codes]
    m, M = (np.broadcast_to(end, x.shape) for end in by_row)
    beyond = (x < m) | (x > M)
    if not beyond.any():
        return x, []
    if outside == "clip":
        return np.clip(x, m, M), []
    row, column = np.argwhere(beyond)[0]
    note = (
        f"{int(beyond.sum())} values lie beyond the stored bounds, first column "
        f"{table.names[column]!r} at {table.at(row)}: {x[row, column]:g} is outside "
        f"[{m[row, column]:g}, {M[row, column]:g}]"
    )
    if outside == "raise":
        raise CouplingError(note + ".")
    return x, [note + '; z is then below 0 or above 1 (outside="clip" sets it to the end).']


def rescaled(
    x: Array, directions: Sequence[Direction], bounds: Array, codes: Any, ends: Ends
) -> Array:
    """lo + (hi − lo) z, (n, k), with z by the direction of each column.

    Parameters
    ----------
    x : ndarray, (n, k)
        Indicators; NaN stays.
    directions : sequence of k directions
        Of the columns.
    bounds : ndarray, (2, G, k)
        Of each group; a column that does not vary gives lo.
    codes : ndarray of int, (n,)
        Group of each row.
    ends : (float, float)
        lo and hi.

    Examples
    --------
    >>> x, bounds = np.array([[1.0], [4.0]]), np.array([[[0.0]], [[4.0]]])
    >>> rescaled(x, [Straight(-1)], bounds, np.zeros(2, dtype=int), (0.0, 1.0))
    array([[0.75],
           [0.  ]])
    """
    (lo, hi), (low, high) = ends, bounds
    falls = np.array([direction == Straight(-1) for direction in directions])
    curved = [(j, one) for j, one in enumerate(directions) if not isinstance(one, Straight)]
    varies = high > low
    flat = np.flatnonzero(~varies.all(axis=0)).tolist()
    # a benefit is (x − m)/(M − m), a cost (x − M)/(m − M), which has the digits of (M − x)/(M − m)
    origin = np.where(falls, high, low)
    span = np.where(varies, np.where(falls, low - high, high - low), 1)
    z = np.empty_like(x)
    for rows in blocks.row_blocks(x):
        part, out, group = x[rows], z[rows], codes[rows] if len(low) > 1 else slice(None)
        _straight(part, origin[group], span[group], out)
        with np.errstate(invalid="ignore", divide="ignore"):
            for j, direction in curved:
                out[:, j] = direction.scale(part[:, j], low[group, j], high[group, j])
        for j in flat:
            out[:, j] = np.where(varies[group, j] | np.isnan(part[:, j]), out[:, j], 0)
        if hi - lo != 1:
            out *= hi - lo
        if lo != 0 or falls.any():
            out += lo  # the −0 of a cost at its worst becomes 0 as well
    return z


def _straight(x: Array, origin: Array, span: Array, out: Array) -> None:
    """Write (x − origin)/span, both (1, k) or (b, k) like x."""
    if len(origin) == 1:
        x, out = blocks.folded(x, out)
        origin, span = blocks.along(origin[0], x), blocks.along(span[0], x)
    np.subtract(x, origin, out=out)
    np.divide(out, span, out=out)
