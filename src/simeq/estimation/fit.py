"""A system fitted: what covariances, tests and draws need to know of it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simeq.errors import SimeqWarning, warn
from simeq.estimation.failures import require_estimate, warn_of_limit
from simeq.estimation.scores import row_scores
from simeq.estimation.system import System
from simeq.estimators.choices import Choices
from simeq.estimators.estimator import Estimate, Estimator
from simeq.estimators.restriction import FreeParameters, Restriction, free_parameters
from simeq.estimators.samples import Samples
from simeq.linalg.bases import FloatArray, IntArray
from simeq.moments.scores import Scores


@dataclass(frozen=True, eq=False)
class Fit:
    """An estimate with the system and the choices that made it.

    Attributes
    ----------
    system : System
    estimator : Estimator
    choices : Choices
    restriction : Restriction or None
    constraints : tuple of str
        The restriction in words.
    estimate : Estimate
        In the free parameters.
    b : (K,) array
        Coefficients of all equations, one after another.
    cov : (K, K) array
        Their classical covariance.
    """

    system: System
    estimator: Estimator
    choices: Choices
    restriction: Restriction | None
    constraints: tuple[str, ...]
    estimate: Estimate
    b: FloatArray
    cov: FloatArray

    @cached_property
    def samples(self) -> Samples:
        """Cross products of the whole sample, as the estimator sees them."""
        return whole_sample(self.system, self.estimator, self.choices, self.restriction)

    @property
    def free(self) -> FreeParameters:
        """The parameters that were solved for."""
        return self.samples.free

    # ------------------------------------------------------------------ Σ and steps

    @property
    def sigma(self) -> FloatArray:
        """Residual covariance (G, G) used in the last step."""
        return self.estimate.sigma

    @cached_property
    def sigma_resid(self) -> FloatArray:
        """That of the final residuals (G, G)."""
        return self.samples.sigma(self.estimate.delta)

    @property
    def weight(self) -> FloatArray:
        """What weighs the equations' residuals in the scores (G, G): I, diag(1/σ_ii) or Σ⁻¹."""
        return self.estimate.weight

    @cached_property
    def bread(self) -> FloatArray:
        """Inverse of the normal matrix in the free parameters (p, p)."""
        return self.estimate.normal.inverse

    @property
    def n_iter(self) -> int:
        """Steps that took a Σ; 0 for methods without any."""
        return self.estimate.steps

    @property
    def converged(self) -> bool:
        """Whether an iteration met its tolerance; True for methods without one."""
        own = self.estimate.iteration
        return own is None or bool(own.converged)

    @property
    def change(self) -> float:
        """The last change of an iteration, in the units of its criterion; infinite without one."""
        own = self.estimate.iteration
        return math.inf if own is None else float(own.change)

    # ------------------------------------------------------------------ instruments, scores

    @property
    def uses_instruments(self) -> bool:
        """Whether the estimator uses instruments."""
        return bool(self.samples.equations.z)

    @property
    def form(self) -> str | None:
        """Form that was taken where instruments differ by equation; None where forms are one."""
        return self.estimator.form(self.choices, self.system.instruments_differ)

    @cached_property
    def scores(self) -> Scores:
        """Row scores, as a function of the rows of W."""
        parts = self.estimator.score_parts(self.samples, self.estimate, self.choices)
        return row_scores(parts, self.free, self.system.structural(self.b))

    # ------------------------------------------------------------------ degrees of freedom

    @property
    def df_by_equation(self) -> IntArray:
        """n − k_i of each equation (G,)."""
        return self.system.factor.nobs - self.system.sizes

    @property
    def df_by_coefficient(self) -> IntArray:
        """n − k_i of each coefficient's equation (K,)."""
        return np.asarray(self.df_by_equation[self.system.equation])

    @property
    def counted_sizes(self) -> IntArray:
        """k_i (G,) as the conventions count it; see `System.counted_sizes`."""
        return self.system.counted_sizes(self.choices, self.restriction)

    @property
    def df_resid(self) -> int:
        """Degrees of freedom of the residuals of all equations, nG − K + r."""
        return int(self.df_by_equation.sum()) + len(self.constraints)

    def __getstate__(self) -> dict[str, Any]:
        """Stored facts; what follows from them is computed again."""
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}


def whole_sample(
    system: System, estimator: Estimator, choices: Choices, restriction: Restriction | None
) -> Samples:
    """Return the cross products of a system's sample as an estimator sees them.

    Raises
    ------
    IdentificationError
        If constraints leave the system without rank.
    DataError
        If the divisor of Σ leaves an equation no degrees of freedom.
    """
    free = free_parameters(estimator.see(system), restriction)
    return Samples(free, system.factor.nobs, system.divisor(choices, restriction))


def fit_system(
    system: System,
    estimator: Estimator,
    choices: Choices,
    restriction: Restriction | None = None,
    constraints: tuple[str, ...] = (),
) -> Fit:
    """Estimate a system.

    Raises
    ------
    SingularError
        If a residual covariance that must be inverted is singular.
    """
    samples = whole_sample(system, estimator, choices, restriction)
    found = estimator.estimate(samples, choices)
    require_estimate(samples, found, estimator, system.labels)
    warn_of_limit(found, estimator, choices)
    b = samples.free.coefficients(found.delta)
    cov = samples.free.covariance(estimator.variance(samples, found, choices))
    fit = Fit(system, estimator, choices, restriction, constraints, found, b, cov)
    fit.__dict__["samples"] = samples  # the cached property's own place: nothing is done twice
    return fit


def refit(fit: Fit, estimator: Estimator, choices: Choices) -> Fit:
    """Estimate the same system under the same constraints, without saying what was said before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SimeqWarning)
        return fit_system(fit.system, estimator, choices, fit.restriction, fit.constraints)


def require_needs(
    system: System, estimator: Estimator, choices: Choices, constrained: bool
) -> None:
    """Check that a system has what an estimator needs, with what deserves a warning.

    Raises
    ------
    IdentificationError
        If it needs instruments, and there are too few.
    """
    if "instruments" in estimator.needs:
        system.check_instruments(estimator.title, constrained)
    for text in estimator.cautions(choices, system.instruments_differ):
        warn(text, SimeqWarning)
