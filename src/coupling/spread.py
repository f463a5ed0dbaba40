"""How unevenly indicators are spread, within groups of rows: arrays only.

Shapes: z (n, k), results (G, k). Large tables go by blocks of rows that fit the cache.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from coupling.frames import Array
from coupling.groups import Groups

BLOCK = 1 << 16  # numbers per block: half a megabyte stays in the second-level cache
TINY = np.finfo(np.float64).tiny


def divergence(z: Array, groups: Groups, shift: float = 0.0) -> Array:
    """One minus the entropy of each column in each group.

    With q = z/mean and N rows, 1 − E = Σ q ln q / (N ln N), where 0·ln 0 = 0. It is the same as
    1 + Σ p ln p / ln N with p = z/Σz, but does not lose the digits of a nearly even column.

    Parameters
    ----------
    z : ndarray, (n, k)
        Non-negative numbers.
    groups : Groups
        G groups of n rows, each of two rows or more.
    shift : float
        Added to z.

    Returns
    -------
    ndarray, (G, k)
        0 for a constant column.
    """
    counts = groups.counts[:, np.newaxis]
    totals = block_sums(z, groups, None, shift)
    mean = totals / counts
    middle = totals.sum(axis=0) / counts.sum()
    scale = 1 / np.where(middle > 0, middle, 1)
    logs = block_sums(z, groups, scale, shift)
    ratio = np.where(mean > 0, mean, 1) * scale
    with np.errstate(invalid="ignore", divide="ignore"):
        result = (logs / np.where(totals > 0, totals, 1) - np.log(ratio)) / np.log(counts)
    result[constant_columns(z, groups)] = 0
    return np.asarray(result)


def block_sums(z: Array, groups: Groups, scale: Array | None, shift: float) -> Array:
    """Sum z, or z ln(z · scale), within groups, by blocks of rows.

    Parameters
    ----------
    z : ndarray, (n, k)
        Non-negative numbers.
    groups : Groups
        G groups of n rows.
    scale : ndarray, (k,), or None
        Factor inside the logarithm; None for plain sums.
    shift : float
        Added to z.

    Returns
    -------
    ndarray, (G, k)
        The sums.
    """
    total = np.zeros((len(groups.labels), z.shape[1]))
    for rows in blocks(*z.shape):
        part = z[rows] if shift == 0 else z[rows] + shift
        if scale is not None:
            logs = np.maximum(part * scale, TINY)
            part = np.multiply(np.log(logs, out=logs), part, out=logs)
        total += _sums(part, groups, rows)
    return total


def _sums(part: Array, groups: Groups, rows: slice) -> Array:
    """Sum one block within groups: a (G, block) matrix of ones times the block."""
    if len(groups.labels) == 1:
        return np.asarray(part.sum(axis=0))
    codes = groups.codes[rows]
    members = sparse.csc_array(
        (np.ones(len(codes)), codes, np.arange(len(codes) + 1)),
        shape=(len(groups.labels), len(codes)),
    )
    return np.asarray(members @ part)


def blocks(n: int, k: int) -> Iterator[slice]:
    """Cut n rows of k columns into blocks that fit the cache.

    Parameters
    ----------
    n, k : int
        Rows and columns.

    Yields
    ------
    slice
        The rows of one block.
    """
    size = max(1, BLOCK // k)
    yield from (slice(start, min(start + size, n)) for start in range(0, n, size))


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
        Two passes: the deviations are taken from the mean.
    """
    mean = groups.means(z)
    return mean, np.sqrt(groups.means((z - mean[groups.codes]) ** 2))


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
    """
    inverse = np.divide(1, sd, out=np.zeros_like(sd), where=sd > 0)
    s = (z - groups.means(z)[groups.codes]) * inverse[groups.codes]
    correlations = groups.means(s * s.sum(axis=1, keepdims=True))
    return np.where(sd > 0, (sd > 0).sum(axis=1, keepdims=True) - correlations, 0)
