"""How unevenly indicators are spread, within groups of rows: arrays only.

Shapes: z (n, k), results (G, k). Rows go by blocks that fit the cache.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from coupling.panel import Array, Groups
from coupling.panel.blocks import along, folded, row_blocks

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
    >>> from coupling.panel import everything
    >>> divergence(np.array([[1.0, 1.0], [1.0, 0.0]]), everything(2))
    array([[0., 1.]])
    """
    counts = groups.counts[:, np.newaxis]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        sums, logs, least = log_sums(z, groups, shift)
        total = np.where(sums > 0, sums, counts)
        result = (logs / total - np.log(total / counts)) / np.log(counts)
    _settle_even(result, np.abs(result) < NEARLY_EVEN, z, groups)
    return result if least >= 0 else np.full_like(result, np.nan)


def log_sums(z: Array, groups: Groups, shift: float) -> tuple[Array, Array, float]:
    """Sum q and q ln q, q = (z + shift)/r, within groups, in one pass by blocks of rows.

    Returns
    -------
    sums, logs : ndarray, (G, k)
        Σ q and Σ q ln q; r is the mean of each column in the first block.
    least : float
        The least z + shift; NaN if one is NaN.

    Examples
    --------
    >>> from coupling.panel import everything
    >>> sums, logs, least = log_sums(np.array([[1.0], [3.0]]), everything(2), 0.0)
    >>> sums, least
    (array([[2.]]), 1.0)
    """
    blocks = list(row_blocks(z, groups.cycle))
    reference = z[blocks[0]].mean(axis=0) + shift
    scale = 1 / np.where(reference > 0, reference, 1)
    like = z[blocks[0]] if len(groups.labels) == 1 else np.empty(z[blocks[0]].shape)
    room = [np.empty_like(like) for _ in range(2)]  # used by every block; cycles need C order
    sums, logs = (np.zeros((len(groups.labels), z.shape[1])) for _ in range(2))
    least = np.inf
    for rows in blocks:
        part = z[rows] + shift if shift else z[rows]
        lowest = part.min()
        q, q_ln_q = (whole[: len(part)] for whole in room)
        long, target = folded(part, q, step=groups.cycle)
        np.multiply(long, along(scale, long), out=target)
        np.log(q if lowest > 0 else np.maximum(q, TINY, out=q_ln_q), out=q_ln_q)
        np.multiply(q_ln_q, q, out=q_ln_q)
        sums += groups.sums(q, rows)
        logs += groups.sums(q_ln_q, rows)
        least = np.minimum(least, lowest)
    return sums, logs, float(least)


def moments(z: Array, groups: Groups) -> tuple[Array, Array]:
    """Mean and population standard deviation, which is 0 exactly for a constant column.

    Two passes: deviations are taken from the mean, so that no digits are lost.

    Examples
    --------
    >>> from coupling.panel import everything
    >>> moments(np.array([[1.0], [3.0]]), everything(2))
    (array([[2.]]), array([[1.]]))
    """
    mean = groups.means(z)
    away = deviations(z, mean, groups)
    squares = sum(groups.sums(np.square(block, out=block), rows) for rows, block in away)
    sd = np.sqrt(squares / groups.counts[:, np.newaxis])
    _settle_even(sd, sd <= NEARLY_EVEN * np.abs(mean), z, groups)
    return mean, sd


def deviations(z: Array, mean: Array, groups: Groups) -> Iterator[tuple[slice, Array]]:
    """Walk down the rows by blocks of z less the mean of its group, each in an array of its own."""
    for rows in row_blocks(z, groups.cycle):
        part = z[rows]
        (long,) = folded(part, step=groups.cycle)
        if groups.cycle > 1 and long is not part:
            yield rows, (long - along(mean.ravel(), long)).reshape(part.shape)
        else:
            yield rows, part - (mean if len(mean) == 1 else mean[groups.codes[rows]])


def _settle_even(result: Array, even: NDArray[np.bool_], z: Array, groups: Groups) -> None:
    """Set results of columns that take one value only to 0, looking where they nearly do."""
    columns = np.flatnonzero(even.any(axis=0))
    if len(columns):
        low, high = groups.extremes(z[:, columns])
        result[:, columns] = np.where(low == high, 0, result[:, columns])
