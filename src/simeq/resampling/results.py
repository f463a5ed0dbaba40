"""What resampling leaves behind: estimates by cluster left out, or by draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.row_labels import Groups
from simeq.errors import count
from simeq.inference.intervals import (
    KINDS,
    interval_by_draws,
    interval_kind,
    studentised_interval,
)
from simeq.linalg.bases import FloatArray


@dataclass(frozen=True, repr=False)
class Jackknife:
    """Estimates of the whole system with one cluster left out.

    Attributes
    ----------
    values : (g, K) array
        Coefficients without each cluster; NaN where they cannot be estimated.
    groups : Groups
    index : pandas.Index
        Labels of the coefficients.
    estimate : (K,) array
        Coefficients of the whole sample.
    n_failed : int
        Clusters without which the system cannot be estimated.
    """

    values: FloatArray
    groups: Groups
    index: pd.Index[Any]
    estimate: FloatArray
    n_failed: int

    @cached_property
    def params(self) -> pd.DataFrame:
        """Coefficients without the cluster that names the row (g, K)."""
        clusters = pd.Index(self.groups.labels, name=self.groups.name)
        return pd.DataFrame(self.values, clusters, self.index)

    @property
    def influence(self) -> pd.DataFrame:
        """What a cluster adds (g, K): the whole sample's coefficients less those without it."""
        return -(self.params - self.estimate)

    def __repr__(self) -> str:
        """Say in one line what was left out."""
        g, k = self.values.shape
        return f"<Jackknife: {count(g, 'group')}, {k} coefficients, {self.n_failed:,} failed>"


@dataclass(frozen=True, repr=False)
class Bootstrap:
    """Estimates of the whole system on clusters, or rows, drawn with replacement.

    Attributes
    ----------
    values : (n_boot, K) array
        Coefficients of each draw; NaN where it failed.
    index : pandas.Index
        Labels of the coefficients.
    counts : (n_boot, g) array of int
        How often each cluster stands in a draw.
    labels : (g,) array
        Names of the clusters.
    n_failed : int
        Draws that could not be estimated.
    errors : callable or None
        Clustered standard errors (D, K) for given counts; they are computed when asked for.
    """

    values: FloatArray
    index: pd.Index[Any]
    counts: NDArray[np.int64]
    labels: NDArray[Any]
    n_failed: int
    errors: Callable[[NDArray[np.int64]], FloatArray] | None

    @cached_property
    def params(self) -> pd.DataFrame:
        """Coefficients of each draw (n_boot, K)."""
        return pd.DataFrame(self.values, columns=self.index)

    @cached_property
    def bse(self) -> pd.DataFrame:
        """Clustered standard errors of each draw (n_boot, K), without small-sample factors."""
        assert self.errors is not None
        return pd.DataFrame(self.errors(self.counts), columns=self.index)

    @cached_property
    def sample_bse(self) -> FloatArray:
        """The same errors in the sample (K,)."""
        assert self.errors is not None
        return np.asarray(self.errors(np.ones((1, len(self.labels)), dtype=np.int64))[0])

    def __getstate__(self) -> dict[str, Any]:
        """Draws with their errors; what computed them needs rows, and stays behind."""
        computed = {"bse": self.bse, "sample_bse": self.sample_bse}
        stored = {name: value for name, value in self.__dict__.items() if name != "params"}
        return {**stored, **computed, "errors": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def conf_int(self, b: FloatArray, alpha: float, kind: str) -> FloatArray:
        """Bounds (K, 2) of intervals around the estimate b (K,).

        Parameters
        ----------
        b : (K,) array
        alpha : float
        kind : {"percentile", "basic", "studentised"}
        """
        kind = interval_kind(kind, KINDS[1:])
        if kind != "studentised":
            return np.column_stack(interval_by_draws(b, self.values, alpha, kind))
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (self.values - b) / self.bse.to_numpy(dtype=np.float64)
        t[self.values == b] = 0.0  # what constraints fix has no error either
        return np.column_stack(studentised_interval(b, self.sample_bse, t, alpha))

    def __repr__(self) -> str:
        """Say in one line what was drawn."""
        n_boot, k = self.values.shape
        return (
            f"<Bootstrap: {count(n_boot, 'draw')} of {count(len(self.labels), 'group')}, "
            f"{k} coefficients, {self.n_failed:,} failed>"
        )
