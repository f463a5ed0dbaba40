"""What was done, in words: the head of a summary, and the notes beneath it."""

from __future__ import annotations

from simeq.covariance.covariance import Covariance
from simeq.errors import count, listing
from simeq.estimation.fit import Fit
from simeq.estimation.goodness_of_fit import log_likelihood, residuals_on_r, system_rsquared
from simeq.estimation.system import System
from simeq.linalg.bases import FloatArray
from simeq.report.printed_table import number

_DIVISORS = {
    "none": "n",
    "geomean": "sqrt((n - k_i)(n - k_j))",
    "mean": "the mean of n - k_i over equations",
    "max": "n - max(k_i, k_j)",
    "theil": "Theil's n - k_i - k_j + tr(...)",
}


def headline(fit: Fit) -> tuple[tuple[str, str], ...]:
    """Name the numbers of the whole system."""
    nobs, of_system = fit.system.factor.nobs, system_rsquared(fit)
    return (
        ("Equations", f"{len(fit.system.labels)}"),
        ("Observations", f"{nobs:,}"),
        ("Coefficients", f"{fit.b.size}"),
        ("Constraints", f"{len(fit.constraints)}"),
        ("Log-likelihood", number(log_likelihood(residuals_on_r(fit), nobs))),
        ("McElroy R-squared", number(of_system["mcelroy"])),
        ("Judge R-squared", number(of_system["judge"])),
        ("Iterations", f"{fit.n_iter}"),
    )


def describe(fit: Fit, covariance: Covariance, dof: FloatArray | None) -> list[str]:
    """Say which estimator, divisor, distribution, instruments and rows were used."""
    classical = covariance.name == "nonrobust"
    how = fit.estimator.describe_variance(fit.choices) if classical else covariance.note
    form = "" if fit.form is None else f", {fit.form.upper()} form"
    notes = [
        f"Estimator: {fit.estimator.title.lower()}{form}.",
        f"Residual covariance: divisor {_DIVISORS[fit.choices.sigma_dof]}.",
        f"Covariance of coefficients: {how}.",
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
    """Say which distribution t ratios are referred to."""
    if dof is None:
        return "Distribution: standard normal."
    values = listing(f"{d:g}" for d in sorted(set(dof)))
    return f"Distribution: Student's t with {values} degrees of freedom."


def _instruments(system: System) -> list[str]:
    """Name the instruments, by equation where they differ."""
    names = system.instrument_names
    if not system.instruments_differ:
        return [f"Instruments: {listing(names[system.labels[0]], 30)}."]
    return [f"Instruments of {label}: {listing(own, 30)}." for label, own in names.items()]
