"""How unevenly indicators are spread, within groups of rows: arrays only.

Shapes: z (n, k), results (G, k). Large tables go by blocks of rows that fit the cache.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from coupling.frames import Array
from coupling.groups import Groups

BLOCK = 1 << 17  # numbers per block: a megabyte, so that it stays in the cache
FOLD = 16  # rows taken as one: sums down long rows are quicker than down short ones
NEARLY_EVEN = 1e-9  # below it a column may be constant, and is looked at
TINY = np.finfo(np.float64).tiny


def divergence(z: Array, groups: Groups, shift: float = 0.0) -> Array:
    """One minus the entropy of each column in each group.

    With q = z/r, r any number near the mean, and N rows,
    1 − E = [Σ q ln q/Σq − ln(Σq/N)]/ln N, where 0·ln 0 = 0. It is 1 + Σ p ln p/ln N
    with p = z/Σz, but keeps the digits of a nearly even column.

    Parameters
    ----------
    z : ndarray, (n, k)
        Finite, non-negative numbers; others make the result NaN.
    groups : Groups
        G groups of n rows, each of two rows or more.
    shift : float
        Added to z.

    Returns
    -------
    ndarray, (G, k)
        0 for a constant column.

    Examples
    --------
    >>> from coupling.groups import everything
    >>> divergence(np.array([[1.0, 1.0], [1.0, 0.0]]), everything(2))
    array([[0., 1.]])
    """
    counts = groups.counts[:, np.newaxis]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        sums, logs, least = log_sums(z, groups, shift)
        total = np.where(sums > 0, sums, counts)
        result = np.asarray((logs / total - np.log(total / counts)) / np.log(counts))
    even = np.flatnonzero((np.abs(result) < NEARLY_EVEN).any(axis=0))
    if len(even):
        result[:, even] = np.where(constant_columns(z[:, even], groups), 0, result[:, even])
    return result if least >= 0 else np.full_like(result, np.nan)


def log_sums(z: Array, groups: Groups, shift: float) -> tuple[Array, Array, float]:
    """Sum q and q ln q, q = (z + shift)/r, within groups, in one pass by blocks of rows.

    Parameters
    ----------
    z : ndarray, (n, k)
        Numbers.
    groups : Groups
        G groups of n rows.
    shift : float
        Added to z.

    Returns
    -------
    sums, logs : ndarray, (G, k)
        Σ q and Σ q ln q; r is the mean of each column in the first block.
    least : float
        The least z + shift; NaN if one is NaN.

    Examples
    --------
    >>> from coupling.groups import everything
    >>> sums, logs, least = log_sums(np.array([[1.0], [3.0]]), everything(2), 0.0)
    >>> sums, least
    (array([[2.]]), 1.0)
    """
    k, cycle = z.shape[1], _cycle(groups)
    size = max(1, BLOCK // (k * max(cycle, 1))) * max(cycle, 1)
    room = np.empty((2, min(size, len(z)) * k))  # used again for every block
    reference = z[:size].mean(axis=0) + shift
    scale = np.tile(1 / np.where(reference > 0, reference, 1), max(cycle, 1))
    sums, logs = (np.zeros((len(groups.labels), k)) for _ in range(2))
    least = np.inf
    for start in range(0, len(z), size):
        part = z[start : start + size] + shift if shift else z[start : start + size]
        lowest = part.min()
        q, q_ln_q = _scaled(part, scale, room, len(groups.labels) > 1)
        np.log(q if lowest > 0 else np.maximum(q, TINY, out=q_ln_q), out=q_ln_q)
        np.multiply(q_ln_q, q, out=q_ln_q)
        members = None if cycle else _members(groups, slice(start, start + len(part)))
        sums += _sums(q, members, k, len(sums))
        logs += _sums(q_ln_q, members, k, len(sums))
        least = np.minimum(least, lowest)
    return sums, logs, float(least)


def _cycle(groups: Groups) -> int:
    """Rows after which the groups come round again, as in a balanced panel; 0 if they do not."""
    codes, n = groups.codes, len(groups.labels)
    if n == 1:
        return FOLD
    if len(codes) % n or not (codes.reshape(-1, n) == np.arange(n)).all():
        return 0
    return n


def _scaled(part: Array, scale: Array, room: Array, grouped: bool) -> tuple[Array, Array]:
    """Scale a block into the room, with as much room beside it, in the order of its numbers.

    Rows that lie one after the other are folded into long ones of a whole cycle.
    """
    k, (q, beside) = part.shape[1], room[:, : part.size]
    if grouped or (part.flags.c_contiguous and part.size % len(scale) == 0):
        long = (-1, len(scale))
        if part.flags.c_contiguous:
            np.multiply(part.reshape(long), scale, out=q.reshape(long))
        else:
            np.multiply(part, scale[:k], out=q.reshape(part.shape))
        return q.reshape(long), beside.reshape(long)
    columns = q.reshape(k, -1).T
    np.multiply(part, scale[:k], out=columns)
    return columns, beside.reshape(k, -1).T


def _members(groups: Groups, rows: slice) -> "sparse.csc_array[Any]":
    """Group of each row of a block as a (G, block) matrix of ones."""
    codes = groups.codes[rows]
    ones, starts = np.ones(len(codes)), np.arange(len(codes) + 1)
    return sparse.csc_array((ones, codes, starts), shape=(len(groups.labels), len(codes)))


def _sums(q: Array, members: "sparse.csc_array[Any] | None", k: int, n_groups: int) -> Array:
    """Sum a block within groups, (G, k); folded rows are unfolded after the sum."""
    if members is not None:
        return np.asarray(members @ q)
    total = q.sum(axis=0).reshape(-1, k)
    return np.asarray(total.sum(axis=0) if n_groups == 1 else total)


def constant_columns(z: Array, groups: Groups) -> NDArray[np.bool_]:
    """Which columns take one value only, in which group.

    Parameters
    ----------
    z : ndarray, (n, k)
        Numbers.
    groups : Groups
        G groups of n rows.

    Returns
    -------
    ndarray of bool, (G, k)
        True where least and greatest value are the same.

    Examples
    --------
    >>> from coupling.groups import everything
    >>> constant_columns(np.array([[1.0, 1.0], [1.0, 0.0]]), everything(2))
    array([[ True, False]])
    """
    low, high = groups.extremes(z)
    return np.equal(low, high)


def moments(z: Array, groups: Groups) -> tuple[Array, Array]:
    """Mean and population standard deviation within groups.

    Parameters
    ----------
    z : ndarray, (n, k)
        Numbers.
    groups : Groups
        G groups of n rows.

    Returns
    -------
    mean, sd : ndarray, (G, k)
        Two passes, deviations from the mean; sd is 0 exactly for a constant column.

    Examples
    --------
    >>> from coupling.groups import everything
    >>> moments(np.array([[1.0], [3.0]]), everything(2))
    (array([[2.]]), array([[1.]]))
    """
    mean = groups.means(z)
    away = centred(z, mean, groups)
    sd = np.sqrt(groups.means(np.multiply(away, away, out=away)))
    even = np.flatnonzero((sd <= NEARLY_EVEN * np.abs(mean)).any(axis=0))
    if len(even):
        sd[:, even] = np.where(constant_columns(z[:, even], groups), 0, sd[:, even])
    return mean, sd


def centred(z: Array, mean: Array, groups: Groups) -> Array:
    """Subtract from each row the mean of its group.

    Parameters
    ----------
    z : ndarray, (n, k)
        Numbers.
    mean : ndarray, (G, k)
        Means of the groups.
    groups : Groups
        G groups of n rows.

    Returns
    -------
    ndarray, (n, k)
        Deviations, in an array of their own.

    Examples
    --------
    >>> from coupling.groups import everything
    >>> centred(np.array([[1.0], [3.0]]), np.array([[2.0]]), everything(2)).ravel()
    array([-1.,  1.])
    """
    return np.asarray(z - (mean if len(mean) == 1 else mean[groups.codes]))


def row_conflict(z: Array, groups: Groups, sd: Array) -> Array:
    """Conflict of each column with the others: Σ_k (1 − r_jk) over the columns that vary.

    With standardised columns s, Σ_k r_jk = Σ_i s_ij S_i / N, S_i = Σ_k s_ik: no correlation
    matrix is needed.

    Parameters
    ----------
    z : ndarray, (n, k)
        Numbers.
    groups : Groups
        G groups of n rows.
    sd : ndarray, (G, k)
        Population standard deviations; 0 for a constant column, which takes no part.

    Returns
    -------
    ndarray, (G, k)
        0 for a constant column.

    Examples
    --------
    >>> from coupling.groups import everything
    >>> z = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> row_conflict(z, everything(2), z.std(axis=0)[np.newaxis])
    array([[2., 2.]])
    """
    inverse = np.divide(1, sd, out=np.zeros_like(sd), where=sd > 0)
    s = centred(z, groups.means(z), groups)
    s *= inverse if len(inverse) == 1 else inverse[groups.codes]
    correlations = groups.means(s * s.sum(axis=1, keepdims=True))
    return np.where(sd > 0, (sd > 0).sum(axis=1, keepdims=True) - correlations, 0)
