"""Predictions with their standard errors: what `SystemResults.get_prediction` gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simeq.inference.intervals import normal_interval
from simeq.linalg.bases import FloatArray

#: What `SystemResults.get_prediction` can predict.
KINDS = ("structural", "reduced", "dynamic")


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
        errors = self.obs_se if obs else self.mean_se
        dof = None if self.dof is None else np.asarray(self.dof)
        low, high = normal_interval(self.mean, errors, alpha, dof)
        return pd.DataFrame({"lower": low, "upper": high}, self.index)

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
        Names of the equations; of the endogenous variables where these are solved for.
    dof : (G,) array or None
        Degrees of freedom of Student's t; None for the normal distribution.
    kind : str
        What the mean is: "structural", the right side of each equation at the given columns;
        "reduced", each endogenous variable solved from exogenous columns; "dynamic", the same with
        lags from the forecasts of earlier rows.
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
        return self._side_by_side(lambda own: own.conf_int(obs, alpha))

    def summary_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return means, errors and intervals as statsmodels names them, equation by equation.

        Returns
        -------
        DataFrame
            Columns (equation, name), the names being mean, mean_se, mean_ci_lower, mean_ci_upper,
            obs_ci_lower and obs_ci_upper.
        """
        return self._side_by_side(lambda own: own.summary_frame(alpha))

    def _side_by_side(self, frame: Callable[[EquationPrediction], pd.DataFrame]) -> pd.DataFrame:
        """Place a frame of each equation beside the others."""
        frames = {label: frame(own) for label, own in self.equations.items()}
        return pd.concat(frames, axis=1, names=[self._what, None])

    @property
    def _what(self) -> str:
        """What labels name."""
        return "equation" if self.kind == "structural" else "variable"

    def __repr__(self) -> str:
        """Say in one line what was predicted."""
        shape = f"{len(self.labels)} {self._what}s, {len(self.index):,} rows"
        return f"<Prediction: {self.kind}, {shape}>"
