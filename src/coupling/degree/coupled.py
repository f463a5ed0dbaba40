"""C, T, D and levels in one walk down the rows of U, block by block, with every check on the way.

A block holds its subsystems as rows, u (n, b), so that each step runs along contiguous numbers in
the cache, and no temporary is as large as the input.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coupling.degree.formulas import CouplingFormula
from coupling.degree.levels import grade, label_of, level_dtype
from coupling.errors import CouplingError
from coupling.panel import Array, LabelledArray
from coupling.weights import dominant_given, match, sum_to_one

BLOCK = 1 << 16  # numbers per block: half a megabyte, so that a block stays in the cache
ROWS = 16_000  # rows per block: vectors below 128 KiB are taken from the heap again and again
ROUNDING = 1e-12  # an index above 1 or below 0 by less than this is 1 or 0
SUBSYSTEMS = "Weights of the subsystems"

Zeros = list[tuple[int, NDArray[np.bool_]]]  # first row of a block, and which numbers are 0


def couple(
    table: LabelledArray, alpha: Array | None, formula: CouplingFormula, nan: str
) -> tuple[pd.DataFrame, list[str]]:
    """C, T, D = √(C·T), level and label, (N, 5), and what to warn of.

    Parameters
    ----------
    table : LabelledArray, (N, n)
        Indices in [0, 1] of n subsystems.
    alpha : ndarray, (n,), or None
        Weights of T; None are equal ones.
    formula : CouplingFormula
        Of C, and the levels.
    nan : {"raise", "propagate"}
        What to do with missing values.
    """
    levels, zeros = formula.levels, Zeros()
    coupling = formula.coupling(table.shape[1])
    C, T, D = (np.empty(table.shape[0]) for _ in range(3))
    level = np.empty(table.shape[0], dtype=level_dtype(levels))
    for rows, u in sweep(table, nan, zeros):
        C[rows] = coupling(u)
        T[rows] = weighted_mean(u, alpha)
        np.sqrt(np.multiply(C[rows], T[rows], out=D[rows]), out=D[rows])
        grade(D[rows], levels, level[rows])
    columns = {"C": C, "T": T, "D": D, "level": level, "label": label_of(level, levels)}
    notes = dominant_subsystem(alpha, table.names) + zero_notes(table, zeros, formula)
    return pd.DataFrame(columns, index=table.index, copy=False), notes


def subsystem_weights(weights: Any, names: Sequence[Hashable], renormalize: bool) -> Array | None:
    """Weights α of the subsystems in T, (n,); None for equal ones."""
    if weights is None:
        return None
    return sum_to_one(match(weights, names, SUBSYSTEMS), SUBSYSTEMS, renormalize=renormalize)


def dominant_subsystem(alpha: Array | None, names: Sequence[Hashable]) -> list[str]:
    """Note of a subsystem that weighs more than one half in T."""
    return [] if alpha is None else dominant_given(alpha, names, SUBSYSTEMS)


def weighted_mean(u: Array, alpha: Array | None) -> Array:
    """Weighted mean over subsystems, never above 1 by rounding.

    Parameters
    ----------
    u : ndarray, (n, b)
        Indices in [0, 1].
    alpha : ndarray, (n,), or None
        Weights that sum to 1; None are equal ones.

    Returns
    -------
    ndarray, (b,)
        T.

    Examples
    --------
    >>> weighted_mean(np.array([[0.2], [0.8]]), np.array([0.5, 0.5]))
    array([0.5])
    """
    if alpha is None:
        return np.asarray(u.sum(axis=0) / len(u))
    total: Array = alpha[0] * u[0]
    for share, row in zip(alpha[1:], u[1:], strict=True):
        total += share * row
    np.minimum(total, 1, out=total)
    return total


def sweep(table: LabelledArray, nan: str, zeros: Zeros) -> Iterator[tuple[slice, Array]]:
    """Walk down the rows in blocks of float64, each checked to lie in [0, 1].

    Parameters
    ----------
    table : LabelledArray, (N, n)
        Indices of n subsystems.
    nan : {"raise", "propagate"}
        What to do with missing values.
    zeros : list of (int, ndarray (n, b))
        Written to: where blocks begin that may hold zeros, and which of their numbers are.

    Yields
    ------
    rows : slice
        Where the block lies.
    u : ndarray, (n, b)
        Its numbers; the buffer is used again for the next one.

    Raises
    ------
    CouplingError
        Naming subsystem, unit and year of the first value that is missing or outside.

    Examples
    --------
    >>> from coupling.panel import read
    >>> [u.shape for _, u in sweep(read([[0.2, 0.8]] * 5, "U"), "raise", [])]
    [(2, 5)]
    """
    n_rows, n = table.shape
    columns = [table.column(j) for j in range(n)]
    size = min(n_rows, ROWS, max(1, BLOCK // n))
    buffer = np.empty((n, size))
    for start in range(0, n_rows, size):
        rows = slice(start, min(start + size, n_rows))
        u = buffer[:, : rows.stop - start]
        for j, column in enumerate(columns):
            u[j] = column[rows]
        if not (u.min() > 0 and u.max() <= 1):
            _examine(u, start, table, nan)
            zeros.append((start, u == 0))
        yield rows, u


def _examine(u: Array, start: int, table: LabelledArray, nan: str) -> None:
    """Look closer at a block that is not all inside (0, 1], and clip what rounding did."""
    missing = ~np.isfinite(u)
    if nan == "raise" and missing.any():
        row, j = np.argwhere(missing.T)[0]
        raise CouplingError(
            f"U: subsystem {table.names[j]!r} is {u[j, row]} at {table.at(start + row)}. "
            'Fill or drop it, or pass nan="propagate".'
        )
    u[missing] = np.nan
    wrong = (u < -ROUNDING) | (u > 1 + ROUNDING)
    if wrong.any():
        row, j = np.argwhere(wrong.T)[0]
        raise CouplingError(
            f"U outside [0, 1]: subsystem {table.names[j]!r} is {u[j, row]:.6g} at "
            f"{table.at(start + row)}. Scale the indicators first (normalize)."
        )
    np.clip(u, 0, 1, out=u)


def zero_notes(table: LabelledArray, zeros: Zeros, formula: CouplingFormula) -> list[str]:
    """What to warn of: what zeros did to C, by subsystem, unit and year.

    Examples
    --------
    >>> from coupling.panel import read
    >>> zero_notes(read([[0.2, 0.8]], "U"), [], CouplingFormula())
    []
    """
    if not zeros:
        return []
    zero = np.hstack([block for _, block in zeros])
    row_of = np.concatenate([start + np.arange(block.shape[1]) for start, block in zeros])
    some, every, notes = zero.any(axis=0), zero.all(axis=0), list[str]()
    if every.any():
        c = "0" if formula.zero == "zero" else "undefined (NaN)"
        c = "1 by this formula" if formula.method == "fan" else c
        where = f"{table.at(row_of[every.argmax()])} ({every.sum()} such rows)"
        notes.append(f"All subsystems are 0 at {where}: C is {c}.")
    if (some & ~every).any() and formula.method != "fan":
        first = some.argmax()
        notes.append(
            f"Subsystem {table.names[zero[:, first].argmax()]!r} is 0 at {table.at(row_of[first])} "
            f"({some.sum()} rows with a zero): C = D = 0 there whatever the others are."
        )
    return notes
