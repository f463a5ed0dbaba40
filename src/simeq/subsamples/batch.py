"""A system estimated in each of many groups of rows, all at once, with classical errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simeq.data.row_labels import Groups
from simeq.errors import DataError, SimeqWarning, count, listing, warn
from simeq.inference.distribution import two_sided_quantile
from simeq.resampling.jackknife_bootstrap import in_batches
from simeq.resampling.plan import ResamplingPlan


@dataclass(frozen=True, eq=False)
class GroupEstimates:
    """Estimates of a system in each group of rows; made by `SystemEquations.fit_each`.

    Attributes
    ----------
    params, bse : DataFrames (g, K)
        Coefficients and classical standard errors, a row for each group; NaN where one cannot be
        estimated.
    nobs : Series (g,)
        Rows of each group.
    method : str
    use_t : bool
        Whether intervals are by Student's t with nG − K degrees of freedom.
    """

    params: pd.DataFrame
    bse: pd.DataFrame
    nobs: pd.Series[Any]
    method: str
    use_t: bool

    @property
    def failed(self) -> list[Any]:
        """Groups without an estimate."""
        return self.params.index[self.params.isna().all(axis=1)].tolist()

    def conf_int(self, alpha: float = 0.05) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Confidence intervals by the standard errors.

        Parameters
        ----------
        alpha : float
            One minus the coverage, in (0, 1).

        Returns
        -------
        lower, upper : DataFrames (g, K)
        """
        equations = self.params.columns.get_level_values(0).nunique()
        dof = self.nobs.to_numpy() * equations - self.params.shape[1]
        reach = two_sided_quantile(alpha, dof.astype(np.float64) if self.use_t else None)
        wide = self.bse.mul(np.broadcast_to(reach, len(self.nobs)), axis=0)
        return self.params - wide, self.params + wide

    def __repr__(self) -> str:
        """Say in one line what was estimated."""
        g, k = self.params.shape
        return f"<GroupEstimates: {self.method}, {count(g, 'group')}, {k} coefficients>"


def estimate_each(
    drawable: ResamplingPlan, groups: Groups, index: pd.MultiIndex, use_t: bool
) -> GroupEstimates:
    """Estimate the system in each group by itself.

    Parameters
    ----------
    drawable : ResamplingPlan
    groups : Groups
    index : MultiIndex
        Labels of the coefficients.
    use_t : bool

    Raises
    ------
    DataError
        If no group can be estimated.
    """
    draws = drawable.single()
    parts = [
        drawable.classical(draws[own])
        for own in in_batches(len(draws), drawable.batch_size(), "groups")
    ]
    b, se = (np.concatenate(own) for own in zip(*parts, strict=True))
    labels = pd.Index(groups.labels, name=groups.name)
    found = GroupEstimates(
        pd.DataFrame(b, labels, index),
        pd.DataFrame(se, labels, index),
        pd.Series(draws.nobs, labels, name="nobs"),
        drawable.estimator.name,
        use_t,
    )
    _report(found)
    return found


def _report(found: GroupEstimates) -> None:
    failed = found.failed
    if len(failed) == len(found.params):
        raise DataError(
            f"None of the {count(len(failed), 'group')} can be estimated; use larger groups or "
            f"fewer regressors. fit_by says why, group by group."
        )
    if failed:
        warn(
            f"{count(len(failed), 'group')} of {len(found.params):,} cannot be estimated "
            f"({listing(failed)}); fit_by says why.",
            SimeqWarning,
        )
