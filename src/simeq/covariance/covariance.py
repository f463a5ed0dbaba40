"""A covariance of coefficients, and how it was made."""

from __future__ import annotations

from dataclasses import dataclass

from simeq.errors import SimeqWarning, count, warn
from simeq.estimation.fit import Fit
from simeq.linalg.bases import FloatArray


@dataclass(frozen=True)
class Covariance:
    """A covariance of coefficients and how it was made.

    Attributes
    ----------
    name : str
    cov : (K, K) array
    note : str
        What it is, in words.
    n_groups : int or None
        Clusters, the smaller number of two-way ones.
    resampled : object, optional
        What resampling left behind.
    """

    name: str
    cov: FloatArray
    note: str
    n_groups: int | None = None
    resampled: object | None = None


def classical_covariance(fit: Fit) -> Covariance:
    """Return the covariance that came with the estimate."""
    return Covariance("nonrobust", fit.cov, "nonrobust")


def warn_of_few(number: int, of: str, free: int, start: str) -> None:
    """Warn where there are no more rows, clusters or periods than free coefficients."""
    if number <= free:
        warn(
            f"{count(number, of)} for {free} free coefficients: {start} standard errors stand, "
            f"with few degrees of freedom; joint tests of {number} or more restrictions do not.",
            SimeqWarning,
        )
