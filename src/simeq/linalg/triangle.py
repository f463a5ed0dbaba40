"""A million rows enter, one small triangle leaves: R with R'R = W'W, by block QR."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.linalg import lapack

from simeq.errors import DataError
from simeq.linalg.bases import FloatArray, IntArray
from simeq.linalg.threads import single_thread

#: Doubles in one block of rows: large enough for LAPACK to be busy, small enough for the cache.
BLOCK_ENTRIES = 2**17

#: Place of the column of ones among those of W.
ONES = 0

#: Doubles below which OpenBLAS leaves a product of a matrix and a vector to one thread by itself,
#: so that nothing is gained by telling it to.
UNTHREADED_ENTRIES = 2**13


def rows_in_block(m: int) -> int:
    """Rows of m columns that are factored at once."""
    return max(BLOCK_ENTRIES // m, 8 * m)


@dataclass(frozen=True)
class RowPart:
    """Some rows of W, to be written when they are wanted; parts don't depend on each other.

    Attributes
    ----------
    size : int
        Most rows that it may have.
    write : callable
        Writes into the first rows of an array, of at least `size`; returns how many they are.
    """

    size: int
    write: Callable[[FloatArray], int]


def rows_of(columns: Sequence[FloatArray]) -> RowPart:
    """Return rows of columns that are in memory."""
    return RowPart(len(columns[0]), partial(_copy, columns))


def _copy(columns: Sequence[FloatArray], out: FloatArray) -> int:
    for target, column in zip(out[: len(columns[0])].T, columns, strict=True):
        target[:] = column
    return len(columns[0])


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

    @property
    def ones(self) -> FloatArray:
        """The column of ones (p, 1) in coordinates of R: it is the first, so R has its length."""
        return self.r[:, [ONES]]

    def centred(self, values: FloatArray) -> FloatArray:
        """Columns (p, …) in coordinates of R less their means, which are in its first row."""
        return values[1:]

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
        return Factor(_merged([self.r, other.r]), self.names, self.nobs + other.nobs)

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
    names = tuple(names)
    columns = list(w.T) if isinstance(w, np.ndarray) else list(w)
    n, rows = len(columns[0]), rows_in_block(len(names))
    if n <= rows:
        with _unthreaded(n * len(names)):
            whole = np.array(columns, dtype=np.float64).T
            return Factor(_triangle(whole), names, n)
    starts = range(0, n, rows)
    parts = (rows_of([column[i : i + rows] for column in columns]) for i in starts)
    return accumulate(parts, names)


def accumulate(
    parts: Iterable[RowPart], names: tuple[str, ...], block_rows: int | None = None
) -> Factor:
    """Factor rows that come part by part, in memory that does not grow with them.

    Parts that fit into a block are written into one column-major buffer, and LAPACK's ``geqrf``
    makes a triangle of it. Triangles wait in the order of the parts, and are stacked and factored
    when they fill a block themselves. BLAS runs on one thread meanwhile: its own threads make such
    tall, narrow work slower and erratic.

    Parameters
    ----------
    parts : iterable of RowPart
    names : (m,) tuple of str
    block_rows : int, optional
        Rows in a block; the answer does not depend on it beyond rounding.
    """
    m = len(names)
    rows = block_rows or rows_in_block(m)
    buffer = Buffer(m)
    triangles, nobs = [np.zeros((0, m))], 0
    with single_thread():
        for block in _blocks(parts, rows):
            w = buffer.written(block)
            nobs += len(w)
            triangles.append(_triangle(w))
            if len(triangles) * m > max(rows, 2 * m):
                triangles = [_merged(triangles)]
        return Factor(_merged(triangles), names, nobs)


def accumulate_groups(
    parts: Iterable[RowPart], names: tuple[str, ...], codes: IntArray, number: int
) -> list[Factor]:
    """Factor the rows of each group, in one pass over all of them.

    Rows of a group wait until there are enough of them for LAPACK; what waits is a block's worth,
    or with many groups 8m rows of each.

    Parameters
    ----------
    parts : iterable of RowPart
    names : (m,) tuple of str
    codes : (n,) array
        Group of each row that is written, from 0 on.
    number : int
        Groups.

    Returns
    -------
    list of Factor
        One for each group; `Factor.merge` of them all is the factor of all rows.
    """
    m = len(names)
    enough = max(rows_in_block(m) // number, 8 * m)
    buffer = Buffer(m)
    groups = [_Group(m, enough) for _ in range(number)]
    done = 0
    with single_thread():
        for part in parts:
            w = buffer.written([part])
            own = codes[done : done + len(w)]
            order = np.argsort(own, kind="stable")
            present, first = np.unique(own[order], return_index=True)
            for code, rows in zip(present, np.split(order, first[1:]), strict=False):
                groups[code].add(w[rows])
            done += len(w)
        sizes = np.bincount(codes, minlength=number).tolist()
        return [Factor(group.triangle(), names, n) for group, n in zip(groups, sizes, strict=True)]


def _blocks(parts: Iterable[RowPart], rows: int) -> Iterator[list[RowPart]]:
    """Put parts together, as many as have at most `rows` rows; a larger one is by itself."""
    block: list[RowPart] = []
    size = 0
    for part in parts:
        if block and size + part.size > rows:
            yield block
            block, size = [], 0
        block.append(part)
        size += part.size
    if block:
        yield block


class Buffer:
    """Room for a block of m columns that is used again and again."""

    def __init__(self, m: int) -> None:
        self._m = m
        self._memory = np.empty(0)

    def written(self, parts: Sequence[RowPart]) -> FloatArray:
        """Write parts, one under the other, and return them as a column-major matrix."""
        size = sum(part.size for part in parts)
        if self._memory.size < size * self._m:
            self._memory = np.empty(size * self._m)
        out = self._memory[: size * self._m].reshape((size, self._m), order="F")
        kept = 0
        for part in parts:
            kept += part.write(out[kept:])
        return out[:kept]


class _Group:
    """The triangle of a group whose rows come in pieces."""

    def __init__(self, m: int, enough: int) -> None:
        self._enough = enough
        self._waiting = [np.zeros((0, m))]
        self._number = 0

    def add(self, rows: FloatArray) -> None:
        """Take up rows; factor those that wait when there are enough."""
        self._waiting.append(rows)
        self._number += len(rows)
        if self._number >= self._enough:
            self._waiting, self._number = [self.triangle()], 0

    def triangle(self) -> FloatArray:
        """Return the triangle of all rows so far."""
        if len(self._waiting) == 1:
            return self._waiting[0]
        return _triangle(np.asfortranarray(np.vstack(self._waiting)))


def _unthreaded(entries: int) -> AbstractContextManager[Any]:
    """Return a context in which BLAS runs on one thread, which it does by itself if few enough."""
    return single_thread() if entries > UNTHREADED_ENTRIES else nullcontext()


def _merged(triangles: Sequence[FloatArray]) -> FloatArray:
    """Triangle of the rows behind several triangles."""
    filled = [own for own in triangles if len(own)]
    if len(filled) < 2:
        return filled[0] if filled else triangles[0]
    return _triangle(np.asfortranarray(np.vstack(filled)))


def _triangle(stacked: FloatArray) -> FloatArray:
    """Upper triangle of the QR of a column-major matrix, which is overwritten when contiguous."""
    if not len(stacked):
        return np.zeros(stacked.shape)
    qr, _, _, info = lapack.dgeqrf(stacked, overwrite_a=True)
    if info != 0:
        raise DataError("LAPACK could not factor the rows; is a value out of range?")
    return np.triu(qr[: stacked.shape[1]])
