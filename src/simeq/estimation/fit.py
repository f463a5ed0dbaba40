"""A system fitted: what covariances, tests and draws need to know of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

from simeq.errors import SimeqWarning
from simeq.estimation.system import System
from simeq.estimators.conventions import Convention, Method
from simeq.estimators.estimate import Estimate
from simeq.estimators.generalized import generalized_least_squares
from simeq.estimators.least_squares import least_squares
from simeq.estimators.restriction import Coordinates, Restriction
from simeq.linalg.bases import FloatArray, IntArray
from simeq.moments.scores import Scores


@dataclass(frozen=True, eq=False)
class Fit:
    """An estimate with the system and the choices that made it.

    Attributes
    ----------
    system : System
    method : Method
    convention : Convention
    restriction : Restriction or None
    constraints : tuple of str
        The restriction in words.
    estimate : Estimate
    """

    system: System
    method: Method
    convention: Convention
    restriction: Restriction | None
    constraints: tuple[str, ...]
    estimate: Estimate

    @property
    def b(self) -> FloatArray:
        """Coefficients (K,)."""
        return self.estimate.params

    @property
    def coordinates(self) -> Coordinates:
        """The coordinates in which the system was solved."""
        return self.system.coordinates(self.method, self.restriction)

    @cached_property
    def scores(self) -> Scores:
        """Row scores, as a function of the rows of W."""
        return self.system.scores(
            self.method,
            self.convention,
            self.system.projection(self.method),
            self.coordinates,
            self.estimate,
        )

    @property
    def free_rows(self) -> IntArray:
        """n − k_i of each coefficient's equation (K,)."""
        return self.system.factor.nobs - self.system.sizes[self.system.equation]

    @property
    def counted_sizes(self) -> IntArray:
        """k_i (G,) as the convention counts it; see `System.counted_sizes`."""
        return self.system.counted_sizes(self.convention, self.restriction)

    @property
    def df_resid(self) -> int:
        """Degrees of freedom of the residuals of all equations, nG − K + r."""
        system = self.system
        return system.factor.nobs * len(system.labels) - self.b.size + len(self.constraints)


def estimate(
    system: System,
    method: Method,
    convention: Convention,
    restriction: Restriction | None = None,
    constraints: tuple[str, ...] = (),
) -> Fit:
    """Estimate a system.

    Raises
    ------
    SingularError
        If a residual covariance that must be inverted is singular.
    """
    estimator = generalized_least_squares if method.is_gls else least_squares
    found = estimator(
        system.projection(method),
        system.coordinates(method, restriction),
        system.residual_covariance(method, convention, restriction),
        convention,
        method,
    )
    return Fit(system, method, convention, restriction, constraints, found)


def refit(fit: Fit, method: Method, convention: Convention) -> Fit:
    """Estimate the same system under the same constraints, without saying what was said before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SimeqWarning)
        return estimate(fit.system, method, convention, fit.restriction, fit.constraints)
