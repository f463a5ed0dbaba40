"""OLS, WLS, 2SLS and W2SLS: each equation by itself, unless constraints tie them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simeq.estimators.choices import Choices
from simeq.estimators.estimator import Assumptions, Estimate, Estimator, Need
from simeq.estimators.samples import Samples
from simeq.linalg.bases import FloatArray

_WORDS = {
    "sandwich": "full sandwich across equations, nonrobust",
    "equation": "each equation by its own variance, nonrobust",
    "pooled": "by equation, one pooled variance under constraints, nonrobust",
}


@dataclass(frozen=True)
class LeastSquares(Estimator):
    """Least squares with equal weights of the equations, or weights 1/σ_ii from a first step.

    Where no constraint ties equations, weights change nothing.
    """

    def estimate(self, samples: Samples, choices: Choices) -> Estimate:
        """γ = F'y, restricted where constraints ask for it; again with weights."""
        delta, normal = samples.unweighted()
        sigma = samples.sigma(delta)
        weight = np.broadcast_to(np.eye(sigma.shape[-1]), sigma.shape)
        if not self.weighs_equations:
            return Estimate(delta, normal, sigma, weight)
        variances = samples.variances(sigma)
        if samples.free.m is None:
            return Estimate(delta, normal, sigma, weight)
        weight = np.eye(sigma.shape[-1]) / variances[..., None, :]
        delta, normal = samples.solve(*samples.weighted(weight), weight)
        return Estimate(delta, normal, sigma, weight)

    def variance(self, samples: Samples, found: Estimate, choices: Choices) -> FloatArray:
        """N(N'AN)⁻¹N'X̂'(MΣM⊗I)X̂N(N'AN)⁻¹N', A = X̂'(M⊗I)X̂, M = I or diag(1/σ_ii).

        That is the full sandwich, which holds across equations; other programs leave parts of it
        out, or take one variance for all equations under constraints.
        """
        sigma, own = found.sigma, samples.equations.equation
        if choices.convention.covariance != "sandwich":
            sigma = sigma * np.eye(sigma.shape[-1])
        if (
            choices.convention.covariance == "pooled"
            and not self.weighs_equations
            and samples.free.restriction
        ):
            pooled = pooled_variance(samples, sigma, found.delta.shape[-1])
            sigma = np.eye(sigma.shape[-1]) * pooled[..., None, None]
        mixed = (found.weight @ sigma @ found.weight)[..., own, :][..., own]
        bread = found.normal.inverse
        return np.asarray(bread @ samples.free.reduce(mixed * samples.gram) @ bread)

    def describe_variance(self, choices: Choices) -> str:
        """Say which parts of the sandwich are there."""
        return _WORDS[choices.convention.covariance]


def pooled_variance(samples: Samples, sigma: FloatArray, free: int) -> FloatArray:
    """One s² (…) for all equations: ΣRSS over nG − K + r, or over nG where Σ divides by n.

    Parameters
    ----------
    samples : Samples
    sigma : (…, G, G) array
    free : int
        K − r.
    """
    rss = np.trace(sigma * samples.divisor, axis1=-2, axis2=-1)
    total = samples.nobs * sigma.shape[-1]
    by_n = (samples.divisor == np.asarray(samples.nobs)[..., None, None]).all(axis=(-2, -1))
    return np.asarray(rss / np.where(by_n, total, total - free))


_INSTRUMENTS = frozenset[Need]({"instruments"})

OLS = LeastSquares("ols", "Ordinary least squares", assumes=Assumptions(True))
WLS = LeastSquares(
    "wls", "Weighted least squares", assumes=Assumptions(True), weighs_equations=True
)
TWO_STAGE = LeastSquares("2sls", "Two-stage least squares", _INSTRUMENTS, safer="ols")
WEIGHTED_TWO_STAGE = LeastSquares(
    "w2sls", "Weighted two-stage least squares", _INSTRUMENTS, safer="ols", weighs_equations=True
)
