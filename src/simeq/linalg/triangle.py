"""A million rows enter, one small triangle leaves: R with R'R = W'W, by block QR."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.linalg import lapack

from simeq.errors import DataError
from simeq.linalg.bases import FloatArray, IntArray
from simeq.linalg.threads import single_thread

#: Doubles in one block buffer: large enough for LAPACK to be busy, small enough for the cache.
BLOCK_ENTRIES = 2**17

#: Writes the rows ``start:stop`` into the given (stop − start, m) buffer, returns how many it kept.
Fill: TypeAlias = Callable[[FloatArray, int, int], int]


@dataclass(frozen=True)
class Factor:
    """The triangle R of W = QR, which stands in for all rows wherever only W'W matters.

    Attributes
    ----------
    r : (min(n, m), m) array
        Upper triangle, ``r.T @ r == W.T @ W``. Data, never something to invert: W may be rank
        deficient.
    names : (m,) tuple of str
        Distinct column names of W, the column of ones first.
    nobs : int
        Rows of W.
    """

    r: FloatArray
    names: tuple[str, ...]
    nobs: int

    def merge(self, other: Factor) -> Factor:
        """Return the factor of the rows of both: the R of one triangle stacked on the other.

        Raises
        ------
        DataError
            If the columns of the two differ.

        Examples
        --------
        >>> import numpy as np
        >>> from simeq.linalg.triangle import factorize
        >>> w = np.random.default_rng(0).normal(size=(100, 3))
        >>> whole = factorize(w, "abc")
        >>> halves = factorize(w[:40], "abc").merge(factorize(w[40:], "abc"))
        >>> bool(np.allclose(whole.r.T @ whole.r, halves.r.T @ halves.r)), halves.nobs
        (True, 100)
        """
        if self.names != other.names:
            differing = sorted(set(self.names).symmetric_difference(other.names))
            raise DataError(f"Factors of different columns cannot be merged: {differing}.")
        stacked = np.asfortranarray(np.vstack([self.r, other.r]))
        return Factor(_triangle(stacked), self.names, self.nobs + other.nobs)

    def select(self, names: Sequence[str]) -> Factor:
        """Return the factor of some columns only, in the order given."""
        position = {name: j for j, name in enumerate(self.names)}
        picked = np.asfortranarray(self.r[:, [position[name] for name in names]])
        return Factor(_triangle(picked), tuple(names), self.nobs)


def factorize(w: FloatArray | Sequence[FloatArray], names: Iterable[str]) -> Factor:
    """Factor a matrix that is in memory.

    Parameters
    ----------
    w : (n, m) array, or a sequence of m columns of length n
    names : m names

    Returns
    -------
    Factor
    """
    columns = list(w.T) if isinstance(w, np.ndarray) else list(w)

    def fill(out: FloatArray, start: int, stop: int) -> int:
        for j, column in enumerate(columns):
            out[:, j] = column[start:stop]
        return stop - start

    return accumulate(fill, len(columns[0]), tuple(names))


def accumulate(
    fill: Fill, n_rows: int, names: tuple[str, ...], block_rows: int | None = None
) -> Factor:
    """Factor rows that come block by block, in memory that does not grow with them.

    The running triangle lies on top of one column-major buffer, each block of rows beneath it, and
    LAPACK's ``geqrf`` turns the two into the next triangle. BLAS runs on one thread meanwhile: its
    own threads make such tall, narrow work slower and erratic.

    Parameters
    ----------
    fill : callable
        ``fill(out, start, stop)`` writes the kept rows among ``start:stop`` into the first rows of
        ``out`` and returns their number.
    n_rows : int
        Rows to ask for in all.
    names : (m,) tuple of str
    block_rows : int, optional
        Rows in a block; the answer does not depend on it beyond rounding.
    """
    m = len(names)
    block = min(n_rows, block_rows or max(BLOCK_ENTRIES // m, 8 * m))
    buffer = np.zeros((m + block, m), order="F")
    r = np.zeros((0, m))
    nobs = 0
    with single_thread():
        for start in range(0, n_rows, block):
            stop = min(start + block, n_rows)
            kept = fill(buffer[m : m + stop - start], start, stop)
            if not kept:
                continue
            nobs += kept
            top = m - r.shape[0]
            buffer[top:m] = r
            r = _triangle(buffer[top : m + kept])
    return Factor(r, names, nobs)


def accumulate_groups(
    fill: Fill, n_rows: int, names: tuple[str, ...], codes: IntArray, number: int
) -> list[Factor]:
    """Factor the rows of each group, in one pass over all of them.

    Rows of a group wait until there are enough of them for LAPACK; what waits is a block's worth,
    or with many groups 8m rows of each.

    Parameters
    ----------
    fill : callable
        As in `accumulate`.
    n_rows : int
    names : (m,) tuple of str
    codes : (n,) array
        Group of each kept row, from 0 on.
    number : int
        Groups.

    Returns
    -------
    list of Factor
        One for each group; `Factor.merge` of them all is the factor of all rows.
    """
    m = len(names)
    block = min(n_rows, max(BLOCK_ENTRIES // m, 8 * m))
    enough = max(block // number, 8 * m)
    buffer = np.zeros((block, m), order="F")
    groups = [_Growing(np.zeros((0, m))) for _ in range(number)]
    done = 0
    with single_thread():
        for start in range(0, n_rows, block):
            stop = min(start + block, n_rows)
            kept = fill(buffer[: stop - start], start, stop)
            own = codes[done : done + kept]
            order = np.argsort(own, kind="stable")
            present, first = np.unique(own[order], return_index=True)
            for code, rows in zip(present, np.split(order, first[1:]), strict=False):
                groups[code].add(buffer[rows], enough)
            done += kept
        return [Factor(group.close(), names, group.nobs) for group in groups]


class _Growing:
    """The triangle of a group whose rows come in pieces."""

    def __init__(self, r: FloatArray) -> None:
        self.nobs = 0
        self._r = r
        self._waiting: list[FloatArray] = []
        self._number = 0

    def add(self, rows: FloatArray, enough: int) -> None:
        """Take up rows; factor those that wait when there are enough."""
        self._waiting.append(rows)
        self._number += len(rows)
        self.nobs += len(rows)
        if self._number >= enough:
            self.close()

    def close(self) -> FloatArray:
        """Return the triangle of all rows so far."""
        if self._waiting:
            self._r = _triangle(np.asfortranarray(np.vstack([self._r, *self._waiting])))
            self._waiting, self._number = [], 0
        return self._r


def _triangle(stacked: FloatArray) -> FloatArray:
    """Upper triangle of the QR of a column-major matrix, which is overwritten when contiguous."""
    qr, _, _, info = lapack.dgeqrf(stacked, overwrite_a=True)
    if info != 0:
        raise DataError("LAPACK could not factor the rows; is a value out of range?")
    return np.triu(qr[: stacked.shape[1]])
