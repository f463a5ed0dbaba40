"""What was done, in sentences: the notes beneath a summary."""

from __future__ import annotations

from simeq.errors import count, listing
from simeq.estimation.fit import Fit
from simeq.estimation.system import System
from simeq.linalg.bases import FloatArray

_DIVISORS = {
    "none": "n",
    "geomean": "sqrt((n - k_i)(n - k_j))",
    "mean": "the mean of n - k_i over equations",
    "max": "n - max(k_i, k_j)",
    "theil": "Theil's n - k_i - k_j + tr(...)",
}


def describe(fit: Fit, dof: FloatArray | None, cov_note: str | None) -> list[str]:
    """Say which estimator, divisor, distribution, instruments and rows were used."""
    form = "" if fit.form is None else f", {fit.form.upper()} form"
    notes = [
        f"Estimator: {fit.estimator.title.lower()}{form}.",
        f"Residual covariance: divisor {_DIVISORS[fit.choices.sigma_dof]}.",
        f"Covariance of coefficients: {cov_note or fit.estimator.describe_variance(fit.choices)}.",
        _distribution(dof),
    ]
    if fit.uses_instruments:
        notes += _instruments(fit.system)
    if fit.constraints:
        notes.append(f"Constraints: {'; '.join(fit.constraints)}.")
    if fit.estimate.iteration is not None:
        verb = "Converged" if fit.converged else "NOT CONVERGED"
        notes.append(
            f"{verb} after {count(fit.n_iter, 'iteration')}: last change {fit.change:.1e}, "
            f"tolerance {fit.choices.tol:.0e}."
        )
    return [*notes, f"Sample: {fit.system.design.sample.describe()}"]


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
