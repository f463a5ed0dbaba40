"""SUR, 3SLS and their iterated forms: all equations at once, weighted by Σ⁻¹."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from simeq.estimators.choices import Choices
from simeq.estimators.equations import Equations
from simeq.estimators.estimator import Assumptions, Estimate, Estimator, Need, ScoreParts
from simeq.estimators.iteration import iterate
from simeq.estimators.samples import Samples
from simeq.linalg.bases import FloatArray


@dataclass(frozen=True)
class GeneralizedLeastSquares(Estimator):
    """Σ from OLS or 2SLS residuals, then all equations at once; again if iterated.

    Zellner (1962); Zellner and Theil (1962).
    """

    weighs_equations: bool = True

    def estimate(self, samples: Samples, choices: Choices) -> Estimate:
        """Take one step, or steps until nothing moves."""

        def step(delta: FloatArray) -> Estimate:
            return _step(samples, samples.sigma(delta), choices)

        found = step(samples.unweighted()[0])
        if choices.maxiter is None:
            return found
        found = iterate(samples, found, step, choices)
        if choices.final_sigma:
            found = replace(found, normal=step(found.delta).normal)
        return found

    def variance(self, samples: Samples, found: Estimate, choices: Choices) -> FloatArray:
        """Inverse of the last normal matrix, with the Σ that stands in it."""
        return found.normal.inverse

    def describe_variance(self, choices: Choices) -> str:
        """Say that it is that inverse."""
        return "inverse of the weighted normal matrix, nonrobust"

    def score_parts(self, samples: Samples, found: Estimate, choices: Choices) -> ScoreParts:
        """X̂'Σ⁻¹u, or in the GMM form X'Z(Z'ΩZ)⁻¹Z'u."""
        if not _is_gmm(samples, choices):
            return super().score_parts(samples, found, choices)
        own = samples.equations
        zx = samples.instrument_products()[1]
        back = _on_moments(samples, found.sigma, zx)
        return ScoreParts("instruments", np.eye(own.sizes.size)[:, own.z_equation], back)

    def form(self, choices: Choices, instruments_differ: bool) -> str | None:
        """Return the form of three-stage least squares where instruments differ."""
        return choices.form if instruments_differ and "instruments" in self.needs else None

    def cautions(self, choices: Choices, instruments_differ: bool) -> Iterator[str]:
        """Warn of the GLS form where instruments differ by equation."""
        if self.form(choices, instruments_differ) == "gls":
            yield (
                "Instruments differ by equation: the GLS form of three-stage least squares is "
                "inconsistent unless every instrument is valid in every equation; form='gmm' is "
                "not."
            )

    def minimises_moments(self, equations: Equations, choices: Choices) -> bool:
        """Whether forms are one, or the GMM form is taken."""
        return bool(equations.z) and (equations.shares_instruments or choices.form == "gmm")


def _is_gmm(samples: Samples, choices: Choices) -> bool:
    """Whether instruments differ, and the form that allows for it is asked for."""
    return choices.form == "gmm" and not samples.equations.shares_instruments


def _step(samples: Samples, sigma: FloatArray, choices: Choices) -> Estimate:
    """Solve the normal equations for one Σ.

    GLS: X̂'(Σ⁻¹⊗I)X̂ b = X̂'(Σ⁻¹⊗I)y, blocks s^{ij} F_i'F_j in γ. GMM, where instruments differ by
    equation: X'Z(Z'ΩZ)⁻¹Z'X b = X'Z(Z'ΩZ)⁻¹Z'y, which needs E z_i u_i = 0 alone, where the GLS form
    needs E z_i u_j = 0 for every pair; Wooldridge (2010), section 8.3.4.
    """
    inverse = samples.inverse(sigma)
    if _is_gmm(samples, choices):
        _, zx, zy = samples.instrument_products()
        back = _on_moments(samples, sigma, zx).swapaxes(-2, -1)
        normal, side = back @ zx, (back @ zy[..., None])[..., 0]
    else:
        normal, side = samples.weighted(inverse)
    delta, solvable = samples.solve(normal, side, inverse)
    return Estimate(delta, solvable, sigma, inverse, steps=1)


def _moment_covariance(samples: Samples, sigma: FloatArray) -> FloatArray:
    """Z'ΩZ (…, ΣL, ΣL), Ω = Σ⊗I."""
    own = samples.equations.z_equation
    return np.asarray(sigma[..., own, :][..., own] * samples.instrument_products()[0])


def _on_moments(samples: Samples, sigma: FloatArray, zx: FloatArray) -> FloatArray:
    """(Z'ΩZ)⁻¹Z'X (…, ΣL, K).

    Moments of each equation are brought to its own units first: instruments that a sample lacks are
    told by entries that are small beside others, and those of a small variance would be, too.
    """
    size = np.sqrt(np.diagonal(sigma, axis1=-2, axis2=-1))[..., samples.equations.z_equation]
    omega = _moment_covariance(samples, sigma) / (size[..., :, None] * size[..., None, :])
    return samples.on_span(omega, zx / size[..., :, None]) / size[..., :, None]


_INSTRUMENTS = frozenset[Need]({"instruments"})

SUR = GeneralizedLeastSquares(
    "sur", "Seemingly unrelated regressions", assumes=Assumptions(True, True), safer="ols"
)
ITERATED_SUR = GeneralizedLeastSquares(
    "isur",
    "Iterated seemingly unrelated regressions",
    assumes=Assumptions(True, True, True),
    safer="ols",
    iterated=True,
)
THREE_STAGE = GeneralizedLeastSquares(
    "3sls",
    "Three-stage least squares",
    _INSTRUMENTS,
    Assumptions(other_equations=True),
    safer="2sls",
)
ITERATED_THREE_STAGE = GeneralizedLeastSquares(
    "i3sls",
    "Iterated three-stage least squares",
    _INSTRUMENTS,
    Assumptions(other_equations=True, fixed_point=True),
    safer="2sls",
    iterated=True,
)
