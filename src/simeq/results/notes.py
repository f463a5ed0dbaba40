"""What was done, in sentences: the notes beneath a summary."""

from __future__ import annotations

from simeq.errors import count, listing
from simeq.estimation.fit import Fit
from simeq.estimation.system import System
from simeq.estimators.conventions import Convention, Method
from simeq.linalg.bases import FloatArray

_DIVISORS = {
    "none": "n",
    "geomean": "sqrt((n - k_i)(n - k_j))",
    "mean": "the mean of n - k_i over equations",
    "max": "n - max(k_i, k_j)",
    "theil": "Theil's n - k_i - k_j + tr(...)",
}

_COVARIANCES = {
    "sandwich": "full sandwich across equations, nonrobust",
    "equation": "each equation by its own variance, nonrobust",
    "pooled": "by equation, one pooled variance under constraints, nonrobust",
}


def describe(fit: Fit, dof: FloatArray | None, cov_note: str | None) -> list[str]:
    """Say which estimator, divisor, distribution, instruments and rows were used."""
    system, method, convention, estimate = fit.system, fit.method, fit.convention, fit.estimate
    notes = [
        _estimator(system, method, convention),
        f"Residual covariance: divisor {_DIVISORS[convention.sigma_dof(method)]}.",
        f"Covariance of coefficients: {cov_note or _covariance(method, convention)}.",
        _distribution(dof),
    ]
    if method.instruments:
        notes += _instruments(system)
    if fit.constraints:
        notes.append(f"Constraints: {'; '.join(fit.constraints)}.")
    if method.iterated:
        verb = "Converged" if estimate.converged else "NOT CONVERGED"
        notes.append(
            f"{verb} after {count(estimate.n_iter, 'iteration')}: last change "
            f"{estimate.change:.1e}, tolerance {convention.tol:.0e}."
        )
    return [*notes, f"Sample: {system.design.sample.describe()}"]


def _estimator(system: System, method: Method, convention: Convention) -> str:
    forms = method.instruments and method.is_gls and system.instruments_differ
    return (
        f"Estimator: {method.title.lower()}{f', {convention.form.upper()} form' if forms else ''}."
    )


def _covariance(method: Method, convention: Convention) -> str:
    if method.is_gls:
        return "inverse of the weighted normal matrix, nonrobust"
    return _COVARIANCES[convention.covariance]


def _distribution(dof: FloatArray | None) -> str:
    if dof is None:
        return "Distribution: standard normal."
    values = listing(f"{d:g}" for d in sorted(set(dof)))
    return f"Distribution: Student's t with {values} degrees of freedom."


def _instruments(system: System) -> list[str]:
    names = system.instrument_names
    if not system.instruments_differ:
        return [f"Instruments: {listing(names[system.labels[0]], 30)}."]
    return [f"Instruments of {label}: {listing(own, 30)}." for label, own in names.items()]
