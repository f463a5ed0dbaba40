"""One walk down the rows of U, block by block, with every check on the way.

A block holds its subsystems as rows, u (n, b), so that each step runs along contiguous numbers in
the cache, and no temporary is as large as the input.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from coupling.errors import CouplingError, warn
from coupling.frames import Array, Table

BLOCK = 1 << 16  # numbers per block: half a megabyte, so that a block stays in the cache
ROWS = (
    16_000  # rows per block: vectors of less than 128 KiB are taken from the heap again and again
)
ROUNDING = 1e-12  # an index above 1 or below 0 by less than this is 1 or 0


@dataclass
class Zeros:
    """What the walk saw of zeros.

    Attributes
    ----------
    rows : int
        Rows with at least one zero.
    first : (int, int) or None
        Row and subsystem of the first.
    empty : int
        Rows that are all zero.
    first_empty : int or None
        The first of these.

    Examples
    --------
    >>> Zeros().rows
    0
    """

    rows: int = 0
    first: tuple[int, int] | None = None
    empty: int = 0
    first_empty: int | None = None


def sweep(table: Table, nan: str, zeros: Zeros) -> Iterator[tuple[slice, Array]]:
    """Walk down the rows in blocks of float64, each checked to lie in [0, 1].

    Parameters
    ----------
    table : Table, (N, n)
        Indices of n subsystems.
    nan : {"raise", "propagate"}
        What to do with missing values.
    zeros : Zeros
        Written to: the zeros that are seen.

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
    >>> from coupling.frames import read
    >>> [u.shape for _, u in sweep(read([[0.2, 0.8]] * 5, "U"), "raise", Zeros())]
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
            _examine(u, start, table, nan, zeros)
        yield rows, u


def _examine(u: Array, start: int, table: Table, nan: str, zeros: Zeros) -> None:
    """Look closer at a block that is not all inside (0, 1]."""
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
    _count(u == 0, start, zeros)


def _count(
    zero: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", start: int, zeros: Zeros
) -> None:
    some, every = zero.any(axis=0), zero.all(axis=0)
    if zeros.first is None and some.any():
        row = int(some.argmax())
        zeros.first = start + row, int(zero[:, row].argmax())
    if zeros.first_empty is None and every.any():
        zeros.first_empty = start + int(every.argmax())
    zeros.rows += int(some.sum())
    zeros.empty += int(every.sum())


def warn_zeros(zeros: Zeros, table: Table, method: str, zero: str) -> None:
    """Say what zeros did to the coupling degree.

    Parameters
    ----------
    zeros : Zeros
        What the walk saw.
    table : Table
        Where it walked.
    method : str
        The formula of C.
    zero : {"nan", "zero"}
        What C is in a row of zeros.

    Warns
    -----
    CouplingWarning
        Naming subsystem, unit and year.

    Examples
    --------
    >>> from coupling.frames import read
    >>> warn_zeros(Zeros(), read([[0.2, 0.8]], "U"), "standard", "nan")
    """
    if zeros.first_empty is not None:
        c = {"fan": "1 by this formula"}.get(method, "0" if zero == "zero" else "undefined (NaN)")
        warn(
            f"All subsystems are 0 at {table.at(zeros.first_empty)} ({zeros.empty} such rows): "
            f"C is {c}."
        )
    if zeros.first is not None and zeros.rows > zeros.empty and method != "fan":
        row, j = zeros.first
        warn(
            f"Subsystem {table.names[j]!r} is 0 at {table.at(row)} "
            f"({zeros.rows} rows with a zero): C = D = 0 there whatever the others are."
        )
