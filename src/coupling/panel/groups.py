"""Rows that belong together: years, regions, units."""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from coupling.errors import CouplingError
from coupling.panel.blocks import FOLD, Array, column_extremes, folded
from coupling.panel.keys import at


@dataclass(frozen=True)
class Groups:
    """Which group each row belongs to.

    Attributes
    ----------
    codes : ndarray of int, (n,)
        Position of each row's group in `labels`.
    labels : Index, (G,)
        The groups in sorted order; a MultiIndex for several keys.

    Examples
    --------
    >>> groups = combine([pd.Index(["b", "a", "b"])])
    >>> groups.counts
    array([1, 2])
    >>> groups.means(np.array([[1.0], [2.0], [4.0]]))
    array([[2. ],
           [2.5]])
    """

    codes: NDArray[np.intp]
    labels: pd.Index

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """Rows per group, (G,)."""
        return np.bincount(self.codes, minlength=len(self.labels))

    @cached_property
    def cycle(self) -> int:
        """Rows after which the groups come round again, as years do in a balanced panel.

        Any number where there is one group only; 1 if they do not come round, and are not folded.
        """
        n = len(self.labels)
        if n == 1:
            return FOLD
        round_ = len(self.codes) % n == 0 and (self.codes.reshape(-1, n) == np.arange(n)).all()
        return n if round_ else 1

    def sums(self, values: Array, rows: slice = slice(None)) -> Array:
        """Sum numbers, (b, k), within groups, (G, k); those of some rows that begin a cycle."""
        n, k = len(self.labels), values.shape[1]
        if n > 1 and (self.cycle == 1 or len(values) % self.cycle):
            codes = self.codes[rows]
            ones, starts = np.ones(len(codes)), np.arange(len(codes) + 1)
            return np.asarray(sparse.csc_array((ones, codes, starts), (n, len(codes))) @ values)
        (long,) = folded(np.ascontiguousarray(values) if n > 1 else values, step=self.cycle)
        total = long.sum(axis=0).reshape(-1, k)
        return np.asarray(total if n > 1 else total.sum(axis=0, keepdims=True))

    def means(self, values: Array) -> Array:
        """Average (n, k) numbers within groups: (G, k)."""
        return self.sums(values) / self.counts[:, np.newaxis]

    def extremes(self, values: Array) -> tuple[Array, Array]:
        """Smallest and largest of (n, k) numbers within groups, NaN left out: two (G, k)."""
        if len(self.labels) == 1:
            low, high = column_extremes(values)
            if not np.isnan(low).any():
                return low, high
        grouped = values[np.argsort(self.codes, kind="stable")]
        starts = np.cumsum(self.counts) - self.counts
        return np.fmin.reduceat(grouped, starts), np.fmax.reduceat(grouped, starts)

    def name(self, group: int) -> str:
        """Name one group, for messages."""
        if self.labels.nlevels == 1 and self.labels.name is None:
            return f"group {self.labels[group]}"
        return at(self.labels, group)

    def inside(self, group: int) -> str:
        """Where one group is, for messages; nothing if there is no other."""
        return "" if len(self.labels) == 1 else f" in {self.name(group)}"

    def over(self, labels: Iterable[Hashable], name: str) -> pd.MultiIndex:
        """Index of each group with each of some labels, for example (group, indicator)."""
        inner = list(labels)
        outer = self.labels.repeat(len(inner))
        levels = [outer.get_level_values(depth) for depth in range(outer.nlevels)]
        both: list[Any] = [*levels, inner * len(self.labels)]
        return pd.MultiIndex.from_arrays(both, names=[*outer.names, name])


def everything(n: int) -> Groups:
    """Put all n rows into one group, called ``all``.

    Examples
    --------
    >>> everything(3).counts
    array([3])
    """
    return Groups(np.zeros(n, dtype=np.intp), pd.Index(["all"]))


def combine(keys: Sequence[pd.Index]) -> Groups:
    """Group rows by several keys at once.

    Parameters
    ----------
    keys : sequence of Index, each (n,)
        Labels row by row.

    Returns
    -------
    Groups
        One group for each combination that occurs, in sorted order.

    Raises
    ------
    CouplingError
        If a label is missing.

    Examples
    --------
    >>> combine([pd.Index([2, 1]), pd.Index(["a", "b"])]).labels.tolist()
    [(1, 'b'), (2, 'a')]
    """
    coded = [_codes(key) for key in keys]
    sizes = [len(labels) for _, labels in coded]
    code = coded[0][0]
    for (codes, _), size in zip(coded[1:], sizes[1:], strict=True):
        code = code * size + codes
    present, codes = _renumbered(code, math.prod(sizes))
    if len(keys) == 1:
        return Groups(codes, coded[0][1][present])
    places = zip(coded, np.unravel_index(present, sizes), strict=True)
    levels = [labels[place] for (_, labels), place in places]
    return Groups(codes, pd.MultiIndex.from_arrays(levels, names=[key.name for key in keys]))


def _renumbered(code: NDArray[np.intp], room: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Codes that occur, in order, and each row's place among them."""
    if room > 4 * len(code) + 1000:
        return np.unique(code, return_inverse=True)
    occurs = np.bincount(code, minlength=room) > 0
    present = np.flatnonzero(occurs)
    return present, code if len(present) == room else (np.cumsum(occurs) - 1)[code]


def _codes(key: pd.Index) -> tuple[NDArray[np.intp], pd.Index]:
    """Position of each label among the labels in order, and these."""
    missing = np.flatnonzero(key.isna())
    if len(missing):
        name = "by" if key.name is None else repr(key.name)
        raise CouplingError(f"The key {name} is missing in row {missing[0]}.")
    if isinstance(key, pd.CategoricalIndex):
        return np.asarray(key.codes, dtype=np.intp), pd.Index(key.categories, name=key.name)
    codes, labels = key.factorize(sort=True)
    return codes, pd.Index(labels, name=key.name)
