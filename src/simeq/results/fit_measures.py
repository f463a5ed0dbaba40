"""How well a fitted system fits: by equation and as a whole, from R alone. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simeq.estimation import goodness_of_fit as formulas
from simeq.estimation.fit import Fit
from simeq.linalg.bases import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class FitMeasures:
    """Measures of fit of a system of G equations; they take the final residuals.

    Attributes
    ----------
    fit : Fit
    """

    fit: Fit

    @cached_property
    def residuals(self) -> FloatArray:
        """Residuals E (p, G) in the coordinates of R: E'E = U'U."""
        system = self.fit.system
        return system.factor.r @ system.structural(self.fit.b)

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.fit.system.factor.nobs

    @cached_property
    def rsquared(self) -> FloatArray:
        """R² (G,): 1 − RSS/TSS, or the squared correlation of y and ŷ where a preset says so."""
        system = self.fit.system
        if self.fit.choices.rsquared == "correlation":
            fitted = system.factor.r @ system.right_side(self.fit.b)
            return formulas.squared_correlation(system.y, fitted)
        return formulas.rsquared(self.residuals, system.y, self._is_centred)

    @property
    def rsquared_adj(self) -> FloatArray:
        """Adjusted R² (G,)."""
        sizes = self.fit.counted_sizes
        return formulas.adjusted(self.rsquared, self.nobs, sizes, self._is_centred)

    @property
    def _is_centred(self) -> BoolArray:
        """Whether the total sum of squares of each equation is about the mean (G,)."""
        constant = self.fit.system.has_constant
        return np.asarray(constant | (self.fit.choices.rsquared == "centred"))

    @property
    def rmse(self) -> FloatArray:
        """Root mean square of the residuals (G,), √(RSS/n)."""
        return np.asarray(np.sqrt((self.residuals**2).sum(axis=0) / self.nobs))

    @property
    def correlation(self) -> FloatArray:
        """Correlation (G, G) of the residuals; NaN where an equation fits exactly."""
        sigma = self.fit.sigma_resid
        size = np.sqrt(sigma.diagonal())
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(sigma / np.multiply.outer(size, size))

    @property
    def system_rsquared(self) -> dict[str, float]:
        """R² of the whole system by name."""
        fit = self.fit
        own = fit.sigma_resid if fit.choices.mcelroy_divisor else None
        return formulas.system_rsquared(self.residuals, fit.system.y, self.rsquared, own)

    @property
    def df_model(self) -> int:
        """Free coefficients beside the constants: K − r less one for each equation with one."""
        return self._n_free - int(self.fit.system.has_constant.sum())

    @property
    def llf(self) -> float:
        """Normal log-likelihood of the residuals at Σ̂ = U'U/n, without a Jacobian."""
        return formulas.log_likelihood(self.residuals, self.nobs)

    def criterion(self, penalty: float) -> float:
        """−2 llf + penalty × parameters, Σ's G(G+1)/2 among them; NaN without a likelihood."""
        if not self.fit.estimator.has_likelihood:
            return np.nan
        g = len(self.fit.system.labels)
        return float(-2.0 * self.llf + penalty * (self._n_free + g * (g + 1) // 2))

    @property
    def _n_free(self) -> int:
        """Coefficients less restrictions."""
        return self.fit.b.size - len(self.fit.constraints)
