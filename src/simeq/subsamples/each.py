"""A system estimated in each of many groups of rows, all at once, with classical errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simeq.design.sample_rows import require_rows
from simeq.errors import DataError, SimeqWarning, count, listing, warn
from simeq.estimators.choices import Asked
from simeq.estimators.registry import agree, estimator, require_own
from simeq.inference.intervals import normal_interval
from simeq.resampling.jackknife_bootstrap import in_batches
from simeq.resampling.plan import resampling_plan
from simeq.subsamples.parts import FittableModel


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
        free = self.nobs.to_numpy(dtype=np.float64) * equations - self.params.shape[1]
        b, se = self.params.to_numpy(), self.bse.to_numpy()
        low, high = normal_interval(b, se, alpha, free[:, None] if self.use_t else None)
        labels, index = self.params.index, self.params.columns
        return pd.DataFrame(low, labels, index), pd.DataFrame(high, labels, index)

    def __repr__(self) -> str:
        """Say in one line what was estimated."""
        g, k = self.params.shape
        return f"<GroupEstimates: {self.method}, {count(g, 'group')}, {k} coefficients>"


def fit_each(
    model: FittableModel,
    groups: Any,
    method: str = "3sls",
    *,
    sigma_dof: str | None = None,
    form: str | None = None,
    maxiter: int | None = None,
    tol: float | None = None,
    like: str | None = None,
) -> GroupEstimates:
    """Estimate the system in each of many groups at once: coefficients and classical errors.

    Groups are solved together in one batch, thousands in the time that `fit_by` takes for some;
    `fit_by` gives whole results, and says why a group cannot be estimated.

    Parameters
    ----------
    groups : str or array
        A column's name, or a label for each row of the data or of the sample.
    method, sigma_dof, form, maxiter, tol, like
        As in `fit`.

    Returns
    -------
    GroupEstimates
        With ``params``, ``bse``, ``conf_int(alpha)`` and ``failed``.

    Raises
    ------
    IdentificationError
        If the whole sample does not identify an equation.
    DataError
        If a row has no label, or no group can be estimated.

    Examples
    --------
    >>> import pandas as pd
    >>> from simeq import SystemEquations, datasets
    >>> panels = {i: datasets.simulate_interaction(seed=i) for i in range(200)}
    >>> draws = pd.concat(panels, names=["draw", None])
    >>> each = SystemEquations(datasets.INTERACTION_EQUATIONS, draws).fit_each("draw")
    >>> each.params["productivity", "manufacture"].mean().round(2).item()
    0.72
    """
    system, rows = model.system, require_rows(model.sample_rows, "groups of rows")
    chosen, asked = estimator(method), Asked(like, sigma_dof, form, maxiter, tol)
    require_own(chosen, asked)
    choices = agree(chosen, asked)
    known = rows.groups(groups, "groups")
    if chosen.see(system).z:
        system.require_identified(constrained=False)
    plan = resampling_plan(system, rows, known, chosen, choices, None)
    draws = plan.single()
    batches = in_batches(len(draws), plan.batch_size(), "groups")
    parts = [plan.classical(draws[own]) for own in batches]
    b, se = (np.concatenate(own) for own in zip(*parts, strict=True))
    labels = pd.Index(known.labels, name=known.name)
    found = GroupEstimates(
        pd.DataFrame(b, labels, system.index),
        pd.DataFrame(se, labels, system.index),
        pd.Series(draws.nobs, labels, name="nobs"),
        chosen.name,
        choices.use_t,
    )
    _report(found)
    return found


def _report(found: GroupEstimates) -> None:
    """Name the groups without an estimate."""
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
