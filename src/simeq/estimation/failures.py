"""Why a system has no estimate, in words that name the equations; limits that were reached."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simeq.errors import ConvergenceWarning, SimeqWarning, SingularError, listing, warn
from simeq.estimators.choices import Choices
from simeq.estimators.estimator import Estimate, Estimator
from simeq.estimators.samples import Failure, Samples
from simeq.linalg.bases import FloatArray


def require_estimate(
    samples: Samples, found: Estimate, estimator: Estimator, labels: Sequence[str]
) -> None:
    """Check that the one sample there is has an estimate; warn of equations that fit exactly.

    Raises
    ------
    SingularError
        Naming the equations, and what to do.
    """
    reason = int(samples.failure)
    if reason == Failure.NONE and estimator.weighs_equations:
        return
    if reason in (Failure.NONE, Failure.EXACT_FIT):
        _check_exact_fits(samples, found, estimator, labels)
    elif reason == Failure.SINGULAR_SIGMA:
        raise SingularError(_singular(found, estimator, labels))
    elif reason == Failure.DIVERGED and found.iteration is not None:
        raise SingularError(
            f"{estimator.title} diverges: after {found.steps} iterations the coefficients have "
            f"grown {float(found.iteration.growth):.0e}-fold. Use the two-step estimator, or the "
            f"GMM form where instruments differ by equation."
        )
    else:
        raise SingularError(
            f"The normal matrix of {estimator.title.lower()} is not positive definite; the "
            f"residual covariance is nearly singular. Use 2SLS or OLS, or remove an equation."
        )


def _check_exact_fits(
    samples: Samples, found: Estimate, estimator: Estimator, labels: Sequence[str]
) -> None:
    """Look for equations whose residuals are rounding errors of their dependents."""
    exact = np.flatnonzero(samples.fits_exactly(found.sigma))
    if not exact.size:
        return
    text = f"Equation {listing(labels[int(i)] for i in exact)} fits exactly"
    if estimator.weighs_equations:
        raise SingularError(
            f"{text}, so {estimator.title.lower()} cannot weigh it by its residual variance. Use "
            f"OLS or 2SLS, or remove the equation if it is an identity."
        )
    warn(f"{text}: its standard errors are rounding errors. Is it an identity?", SimeqWarning)


def _singular(found: Estimate, estimator: Estimator, labels: Sequence[str]) -> str:
    """Name the equations in the null direction of the residual correlation."""
    size = np.sqrt(found.sigma.diagonal())
    correlation: FloatArray = found.sigma / np.multiply.outer(size, size)
    values, vectors = np.linalg.eigh(correlation)
    share = np.abs(vectors[:, 0])
    involved = listing(labels[int(i)] for i in np.flatnonzero(share > 1e-6 * share.max()))
    smallest = f"smallest eigenvalue of its correlation form {values[0]:.1e}"
    if found.steps > 1:
        return (
            f"{estimator.title} diverges: after {found.steps - 1} iterations the residual "
            f"covariance is singular ({smallest}), the residuals of equations {involved} being "
            f"tied. Use the two-step estimator, or change the equations."
        )
    return (
        f"The residual covariance of the {len(labels)} equations is singular ({smallest}), so "
        f"that {estimator.title.lower()} cannot invert it. The residuals of equations {involved} "
        f"are tied: is one equation there twice or an identity, or are there more equations than "
        f"rows? Use OLS or 2SLS, or remove one."
    )


def warn_of_limit(found: Estimate, estimator: Estimator, choices: Choices) -> None:
    """Warn where an iteration ended before its tolerance."""
    own = found.iteration
    if own is not None and not own.converged:
        warn(
            f"{estimator.title} did not converge in {choices.maxiter} iterations: the last change "
            f"is {float(own.change):.2e}, the tolerance {choices.tol:.0e}. Raise maxiter, or look "
            f"at the residual covariance.",
            ConvergenceWarning,
        )
