"""Predictions with their standard errors: right sides of the equations, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from simeq._linalg import FloatArray
from simeq.distribution import two_sided_quantile
from simeq.fitted import Fit
from simeq.new_rows import new_columns, replayed
from simeq.observations import Observations, require_rows
from simeq.system import System
from simeq.table import Table

#: Rows to predict for: a frame or mapping, or None for the sample.
Data: TypeAlias = pd.DataFrame | Mapping[str, Any] | None

#: What `SystemResults.get_prediction` can predict.
KINDS = ("structural",)

#: Rows of new data that are multiplied at once.
BLOCK_ROWS = 2**15

#: A standard error below this share of its parts' is rounding: the mean is imposed.
IMPOSED_TOL = 1e-7


@dataclass(frozen=True, eq=False)
class EquationPrediction:
    """Prediction of one equation; `Prediction.equations` holds them.

    Attributes
    ----------
    mean, mean_se, obs_se : (n,) arrays
        The mean, its standard error, and the standard error of an observation around it.
    index : pandas.Index
        Labels of the rows.
    label : str
        Name of the equation.
    dof : float or None
        Degrees of freedom of Student's t; None for the normal distribution.
    """

    mean: FloatArray
    mean_se: FloatArray
    obs_se: FloatArray
    index: pd.Index[Any]
    label: str
    dof: float | None

    @property
    def predicted_mean(self) -> pd.Series[float]:
        """Predicted mean (n,); NaN where a regressor is missing."""
        return pd.Series(self.mean, self.index, name="predicted_mean")

    @property
    def se_mean(self) -> pd.Series[float]:
        """Standard error of the mean (n,): of fit, as systemfit calls it."""
        return pd.Series(self.mean_se, self.index, name="se_mean")

    @property
    def se_obs(self) -> pd.Series[float]:
        """Standard error of an observation about the predicted mean (n,): of prediction."""
        return pd.Series(self.obs_se, self.index, name="se_obs")

    def conf_int(self, obs: bool = False, alpha: float = 0.05) -> pd.DataFrame:
        """Intervals of the mean, or of an observation.

        Parameters
        ----------
        obs : bool
            Whether of an observation rather than the mean.
        alpha : float
            One minus the coverage, in (0, 1).

        Returns
        -------
        DataFrame
            Columns lower and upper.
        """
        dof = None if self.dof is None else np.asarray(self.dof)
        reach = two_sided_quantile(alpha, dof) * (self.obs_se if obs else self.mean_se)
        return pd.DataFrame({"lower": self.mean - reach, "upper": self.mean + reach}, self.index)

    def summary_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return means, errors and intervals as statsmodels names them.

        Returns
        -------
        DataFrame
            Columns mean, mean_se, mean_ci_lower, mean_ci_upper, obs_ci_lower, obs_ci_upper.
        """
        mean, obs = self.conf_int(False, alpha), self.conf_int(True, alpha)
        return pd.DataFrame(
            {
                "mean": self.mean,
                "mean_se": self.mean_se,
                "mean_ci_lower": mean["lower"],
                "mean_ci_upper": mean["upper"],
                "obs_ci_lower": obs["lower"],
                "obs_ci_upper": obs["upper"],
            },
            self.index,
        )


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predictions of several equations, made by `SystemResults.get_prediction`.

    Attributes
    ----------
    mean, mean_se, obs_se : (n, G) arrays
        Means, their standard errors, and the standard errors of observations around them.
    index : pandas.Index
        Labels of the rows.
    labels : (G,) tuple of str
        Names of the equations.
    dof : (G,) array or None
        Degrees of freedom of Student's t; None for the normal distribution.
    kind : str
        What the mean is: "structural", the right side of each equation at the given columns.
    """

    mean: FloatArray
    mean_se: FloatArray
    obs_se: FloatArray
    index: pd.Index[Any]
    labels: tuple[str, ...]
    dof: FloatArray | None
    kind: str

    @property
    def equations(self) -> dict[str, EquationPrediction]:
        """Each equation's prediction by its label."""
        return {
            label: EquationPrediction(
                self.mean[:, i],
                self.mean_se[:, i],
                self.obs_se[:, i],
                self.index,
                label,
                None if self.dof is None else float(self.dof[i]),
            )
            for i, label in enumerate(self.labels)
        }

    @property
    def predicted_mean(self) -> pd.DataFrame:
        """Predicted means (n, G); NaN where a regressor is missing."""
        return pd.DataFrame(self.mean, self.index, list(self.labels))

    @property
    def se_mean(self) -> pd.DataFrame:
        """Standard errors of the means (n, G): of fit, as systemfit calls them."""
        return pd.DataFrame(self.mean_se, self.index, list(self.labels))

    @property
    def se_obs(self) -> pd.DataFrame:
        """Standard errors of observations about the predicted means (n, G): of prediction."""
        return pd.DataFrame(self.obs_se, self.index, list(self.labels))

    def conf_int(self, obs: bool = False, alpha: float = 0.05) -> pd.DataFrame:
        """Intervals of the means, or of observations.

        Parameters
        ----------
        obs : bool
            Whether of observations rather than the means.
        alpha : float
            One minus the coverage, in (0, 1).

        Returns
        -------
        DataFrame
            Columns (equation, lower) and (equation, upper).
        """
        return _side_by_side({k: own.conf_int(obs, alpha) for k, own in self.equations.items()})

    def summary_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return means, errors and intervals as statsmodels names them, equation by equation.

        Returns
        -------
        DataFrame
            Columns (equation, name), the names being mean, mean_se, mean_ci_lower, mean_ci_upper,
            obs_ci_lower and obs_ci_upper.
        """
        return _side_by_side({k: own.summary_frame(alpha) for k, own in self.equations.items()})

    def __repr__(self) -> str:
        """Say in one line what was predicted."""
        return f"<Prediction: {self.kind}, {len(self.labels)} equations, {len(self.index):,} rows>"


def _side_by_side(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, axis=1, names=["equation", None])


@dataclass(frozen=True, eq=False)
class Regressors:
    """Regressors of some equations on some rows, block by block.

    Attributes
    ----------
    index : pandas.Index
        Labels of the rows.
    blocks : iterator of lists of (rows, k_i) arrays
        The regressors of each equation.
    """

    index: pd.Index[Any]
    blocks: Iterator[list[FloatArray]]


def regressors(
    system: System, observations: Observations | None, data: Data, labels: Sequence[str]
) -> Regressors:
    """Return the regressors of some equations, in the sample (None) or on other rows.

    Raises
    ------
    DataError
        If there are neither rows nor data, or the data cannot be used.
    """
    lists = [system.used[system.labels.index(label)] for label in labels]
    wanted = sorted({j for own in lists for j in own})
    places = [[wanted.index(j) for j in own] for own in lists]
    if data is None:
        rows = require_rows(observations, "predictions without data")
        chosen = np.zeros((len(system.design.columns), len(wanted)))
        chosen[wanted, np.arange(len(wanted))] = 1.0
        index, blocks = rows.index, rows.blocks(chosen)
    else:
        table = Table(data)
        values = None if observations is None else observations.values
        sources = replayed(system.design, wanted, table) if values is None else values.expressions
        columns = new_columns(system.design, wanted, table, sources, values)
        starts = range(0, len(table), BLOCK_ROWS)
        index, blocks = table.index, (columns[s : s + BLOCK_ROWS] for s in starts)
    return Regressors(index, ([block[:, own] for own in places] for block in blocks))


def right_sides(b: Sequence[FloatArray], rows: Regressors) -> FloatArray:
    """x_i'b_i of each equation (n, G), for coefficients b_i (k_i,)."""
    out = np.empty((len(rows.index), len(b)))
    for part, xs in _parts(rows):
        out[part] = np.column_stack([x @ own for x, own in zip(xs, b, strict=True)])
    return out


def structural_prediction(
    fit: Fit,
    cov: FloatArray,
    dof: FloatArray | None,
    observations: Observations | None,
    data: Data = None,
    labels: Sequence[str] | None = None,
) -> Prediction:
    """Right sides x_i'b_i with √(x_i'V_ii x_i), and √(x_i'V_ii x_i + σ_ii) for an observation.

    The first is systemfit's ``se.fit``; the second its ``se.pred``, where systemfit always takes
    RSS_i/(n − k_i) for σ_ii, and this the diagonal of Σ of the final residuals.

    Parameters
    ----------
    fit : Fit
    cov : (K, K) array
        Covariance V of the coefficients.
    dof : (K,) array or None
        Degrees of freedom of the coefficients' t; None for the normal distribution.
    observations : Observations or None
    data : DataFrame or mapping, optional
        Only the regressors' columns are needed; the sample by default.
    labels : sequence of str, optional
        Equations in question; all by default.
    """
    system = fit.system
    chosen = system.labels if labels is None else tuple(labels)
    rows = regressors(system, observations, data, chosen)
    own = [np.flatnonzero(system.equation == system.labels.index(label)) for label in chosen]
    mean, variance = np.empty((2, len(rows.index), len(own)))
    for part, xs in _parts(rows):
        for i, (x, mine) in enumerate(zip(xs, own, strict=True)):
            mean[part, i] = x @ fit.b[mine]
            variance[part, i] = quadratic_form(x, cov[np.ix_(mine, mine)])
    sigma = fit.estimate.sigma_resid.diagonal()
    return Prediction(
        mean,
        np.sqrt(variance),
        np.sqrt(variance + sigma[[system.labels.index(label) for label in chosen]]),
        rows.index,
        chosen,
        None if dof is None else dof[[mine[0] for mine in own]],
        "structural",
    )


def quadratic_form(x: FloatArray, cov: FloatArray) -> FloatArray:
    """x_t'Vx_t for each row of x (n, k): zero where it is rounding, NaN where it is negative."""
    variance = np.einsum("tj,tj->t", x @ cov, x)
    with np.errstate(invalid="ignore"):
        scale = np.abs(x) @ np.sqrt(cov.diagonal())
    variance[np.abs(variance) <= (IMPOSED_TOL * scale) ** 2] = 0.0
    variance[variance < 0.0] = np.nan
    return np.asarray(variance, dtype=np.float64)


def _parts(rows: Regressors) -> Iterator[tuple[slice, list[FloatArray]]]:
    """Yield each block with the rows where it belongs."""
    start = 0
    for xs in rows.blocks:
        stop = start + len(xs[0])
        yield slice(start, stop), xs
        start = stop
