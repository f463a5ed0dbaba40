"""Coefficients with a covariance and a distribution, as arrays with their labels beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from simeq.inference.delta_method import standard_errors
from simeq.inference.distribution import two_sided_pvalues
from simeq.inference.intervals import Bounds, normal_interval
from simeq.linalg.bases import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Estimated coefficients, their covariance and the distribution of their t ratios.

    Attributes
    ----------
    b : (K,) array
    cov : (K, K) array
        NaN for a coefficient that has no variance.
    index : pandas.Index
        Labels of the coefficients.
    names : (K,) tuple of str
        How restrictions name them.
    dof : (K,) array or None
        Degrees of freedom of Student's t for each coefficient; None for the normal distribution.
    df_joint : float
        Denominator degrees of freedom of joint tests.
    n_groups : int or None
        Clusters of the covariance.
    kind : str
        Kind of the covariance in words.
    draws : (D, K) array or None
        The coefficients in each draw of a bootstrap; NaN in one that failed.
    """

    b: FloatArray
    cov: FloatArray
    index: pd.Index[Any]
    names: tuple[str, ...]
    dof: FloatArray | None
    df_joint: float
    n_groups: int | None = None
    kind: str = "nonrobust"
    draws: FloatArray | None = None

    @cached_property
    def errors(self) -> FloatArray:
        """Standard errors (K,); 0 for a coefficient that constraints fix."""
        return standard_errors(self.cov)

    @property
    def ratios(self) -> FloatArray:
        """Coefficients by their standard errors (K,); NaN where there is none."""
        return ratio(self.b, self.errors)

    @property
    def pvalues(self) -> FloatArray:
        """Two-sided p values of the ratios (K,)."""
        return two_sided_pvalues(self.ratios, self.dof)

    def interval(self, alpha: float) -> Bounds:
        """Confidence intervals by standard errors."""
        return normal_interval(self.b, self.errors, alpha, self.dof)

    def joint_dof(self, used: BoolArray) -> float:
        """Degrees of freedom where some coefficients (K,) meet: their own if they share them."""
        if self.dof is None:
            return self.df_joint
        own = np.unique(self.dof[used])
        return float(own[0]) if own.size == 1 else self.df_joint

    @property
    def dof_across(self) -> float | None:
        """Degrees of freedom where all coefficients meet; None for the normal distribution."""
        return None if self.dof is None else self.joint_dof(np.ones(self.b.size, dtype=np.bool_))

    def part(self, own: slice, names: Sequence[str], df_joint: float) -> Coefficients:
        """Return some of the coefficients under other names, as one equation has them."""
        return replace(
            self,
            b=self.b[own],
            cov=self.cov[own, own],
            index=pd.Index(list(names), name="term"),
            names=tuple(names),
            dof=None if self.dof is None else self.dof[own],
            df_joint=df_joint,
            draws=None if self.draws is None else self.draws[:, own],
        )


def ratio(values: FloatArray, errors: FloatArray) -> FloatArray:
    """Values by their standard errors, NaN where there is none."""
    out = np.full(values.shape, np.nan)
    np.divide(values, errors, out=out, where=errors > 0.0)
    return out
