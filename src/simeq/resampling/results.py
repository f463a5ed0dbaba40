"""What resampling leaves behind: estimates by cluster left out, or by draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.row_labels import Groups
from simeq.errors import choose, count
from simeq.inference.distribution import require_alpha
from simeq.linalg.bases import FloatArray

#: Kinds of intervals: by standard errors, and by draws.
KINDS = ("normal", "percentile", "basic", "studentised")


def interval_kind(kind: str, known: Sequence[str] = KINDS) -> str:
    """Return the name of a kind of interval, in either spelling.

    Raises
    ------
    SimeqError
        If it is not known.
    """
    return choose(str(kind).replace("z", "s").replace("Z", "S"), known, "kind of interval")


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
    params : DataFrame (n_boot, K)
        Coefficients of each draw; NaN where it failed.
    counts : (n_boot, g) array of int
        How often each cluster stands in a draw.
    labels : (g,) array
        Names of the clusters.
    n_failed : int
        Draws that could not be estimated.
    errors : callable or None
        Clustered standard errors (D, K) for given counts; they are computed when asked for.
    """

    params: pd.DataFrame
    counts: NDArray[np.int64]
    labels: NDArray[Any]
    n_failed: int
    errors: Callable[[NDArray[np.int64]], FloatArray] | None

    @cached_property
    def bse(self) -> pd.DataFrame:
        """Clustered standard errors of each draw (n_boot, K), without small-sample factors."""
        assert self.errors is not None
        return pd.DataFrame(self.errors(self.counts), columns=self.params.columns)

    @cached_property
    def sample_bse(self) -> FloatArray:
        """The same errors in the sample (K,)."""
        assert self.errors is not None
        return np.asarray(self.errors(np.ones((1, len(self.labels)), dtype=np.int64))[0])

    def __getstate__(self) -> dict[str, Any]:
        """Draws with their errors; what computed them needs rows, and stays behind."""
        computed = {"bse": self.bse, "sample_bse": self.sample_bse}
        return {**self.__dict__, **computed, "errors": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def conf_int(self, b: FloatArray, alpha: float, kind: str) -> FloatArray:
        """Bounds (K, 2) of intervals around the estimate b (K,).

        Davison and Hinkley (1997), *Bootstrap Methods and their Application*, chapter 5.

        Parameters
        ----------
        b : (K,) array
        alpha : float
        kind : {"percentile", "basic", "studentised"}
        """
        kind = interval_kind(kind, KINDS[1:])
        tails = [alpha / 2.0, 1.0 - alpha / 2.0]
        draws = self.params.to_numpy(dtype=np.float64)
        if kind == "studentised":
            with np.errstate(divide="ignore", invalid="ignore"):
                t = (draws - b) / self.bse.to_numpy(dtype=np.float64)
            t[draws == b] = 0.0  # what constraints fix has no error either
            low, high = _quantiles(t, tails)
            return np.column_stack([b - high * self.sample_bse, b - low * self.sample_bse])
        return interval(draws, b, alpha, kind)

    def __repr__(self) -> str:
        """Say in one line what was drawn."""
        n_boot, k = self.params.shape
        return (
            f"<Bootstrap: {count(n_boot, 'draw')} of {count(len(self.labels), 'group')}, "
            f"{k} coefficients, {self.n_failed:,} failed>"
        )


def interval(draws: FloatArray, b: FloatArray, alpha: float, kind: str) -> FloatArray:
    """Bounds (K, 2) by quantiles of draws (D, K): as they are, or "basic", mirrored at b (K,)."""
    require_alpha(alpha)
    choose(kind, ("percentile", "basic"), "kind of interval of draws")
    low, high = _quantiles(draws, [alpha / 2.0, 1.0 - alpha / 2.0])
    if kind == "basic":
        return np.column_stack([2.0 * b - high, 2.0 * b - low])
    return np.column_stack([low, high])


def _quantiles(values: FloatArray, tails: list[float]) -> FloatArray:
    """Quantiles (2, K) of the draws that did not fail; NaN for a coefficient without any."""
    there = np.isfinite(values).any(axis=0)
    out = np.full((2, values.shape[1]), np.nan)
    finite = np.where(np.isfinite(values), values, np.nan)[:, there]
    out[:, there] = np.nanquantile(finite, tails, axis=0)
    return out
