"""Rows by blocks that stay in the cache, and short rows taken as long ones: arrays only."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK = 1 << 17  # numbers per block: a megabyte, so that it stays in the cache
FOLD = 16  # rows taken as one: steps along long rows are quicker than along short ones


def row_blocks(x: Array, step: int = FOLD) -> Iterator[slice]:
    """Walk down the rows of x, (n, k), by blocks of a multiple of `step` rows.

    Examples
    --------
    >>> [rows.stop - rows.start for rows in row_blocks(np.zeros((200_000, 1)))]
    [131072, 68928]
    """
    size = max(BLOCK // (x.shape[1] * step), 1) * step
    for start in range(0, len(x), size):
        yield slice(start, min(start + size, len(x)))


def folded(*blocks: Array, step: int = FOLD) -> tuple[Array, ...]:
    """Take every `step` rows as one, where the rows of all blocks lie one after the other.

    Examples
    --------
    >>> folded(np.zeros((32, 3)))[0].shape
    (2, 48)
    """
    if not all(block.flags.c_contiguous and len(block) % step == 0 for block in blocks):
        return blocks
    return tuple(block.reshape(-1, step * block.shape[1]) for block in blocks)


def along(row: Array, block: Array) -> Array:
    """Repeat numbers by column, (k,), to the length of the rows of a folded block."""
    return row if len(row) == block.shape[1] else np.tile(row, block.shape[1] // len(row))


def column_extremes(x: Array) -> tuple[Array, Array]:
    """Least and greatest number of each column of x, (n, k): two (1, k); NaN where one is NaN.

    Examples
    --------
    >>> column_extremes(np.array([[1.0, 5.0], [3.0, np.nan]]))
    (array([[ 1., nan]]), array([[ 3., nan]]))
    """
    k = x.shape[1]
    low, high = np.full((1, k), np.inf), np.full((1, k), -np.inf)
    with np.errstate(invalid="ignore"):
        for rows in row_blocks(x):
            (block,) = folded(x[rows])
            np.minimum(low, block.min(axis=0).reshape(-1, k).min(axis=0), out=low)
            np.maximum(high, block.max(axis=0).reshape(-1, k).max(axis=0), out=high)
    return low, high
