"""Tests of linear restrictions R b = q: each by itself, and jointly by Wald's statistic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simeq.errors import ConstraintError, count
from simeq.inference.coefficients import ratio
from simeq.inference.delta_method import among_used, delta_covariance, is_imposed, standard_errors
from simeq.linalg.bases import FloatArray

#: A covariance is singular when its correlation form has an eigenvalue that is not above this: of
#: restrictions and moments tested, of groups compared, of draws.
SINGULAR_TOL = 1e-12

#: Below this such an eigenvalue is negative beyond rounding.
NEGATIVE_TOL = -1e-10


def t_ratios(
    b: FloatArray, cov: FloatArray, r: FloatArray, q: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(r_j'b − q_j)/√(r_j'V r_j) of each restriction, and √(r_j'V r_j), zero where imposed."""
    errors = standard_errors(delta_covariance(r, cov))
    return ratio(r @ b - q, errors), errors


def wald_statistic(
    b: FloatArray, cov: FloatArray, r: FloatArray, q: FloatArray, texts: Sequence[str]
) -> float:
    """(Rb − q)'(RVR')⁻¹(Rb − q).

    Parameters
    ----------
    b : (K,) array
    cov : (K, K) array
        V.
    r, q : (j, K) and (j,) arrays
    texts : j str
        The restrictions in words, for errors.

    Raises
    ------
    ConstraintError
        If restrictions repeat each other, concern only what constraints fix, or have a singular
        covariance.
    """
    known = among_used(r, cov)
    own = r @ known @ r.T
    _require_free(r, known, texts)
    _require_rank(r, own, texts)
    gap = r @ b - q
    return float(gap @ np.linalg.solve(own, gap))


def require_clusters(n_groups: int | None, restrictions: int) -> None:
    """Check that there are more clusters than restrictions tested.

    Raises
    ------
    ConstraintError
        If there are not.
    """
    if n_groups is not None and restrictions >= n_groups:
        raise ConstraintError(
            f"{count(n_groups, 'cluster')} can test at most {n_groups - 1} restrictions jointly, "
            f"not {restrictions}: sums over them have no higher rank."
        )


def least_eigenvalue(cov: FloatArray) -> float:
    """Least eigenvalue of the correlation form of a covariance."""
    size = np.sqrt(np.abs(cov.diagonal()))
    return float(np.linalg.eigvalsh(cov / np.multiply.outer(size, size))[0])


def _require_free(r: FloatArray, cov: FloatArray, texts: Sequence[str]) -> None:
    """Check that no restriction tested is one that the estimate obeys by constraint."""
    imposed = np.flatnonzero(is_imposed(r, cov))
    if imposed.size or not np.isfinite(cov).all():
        which = texts[int(imposed[0])] if imposed.size else "the coefficients"
        raise ConstraintError(
            f"The covariance of {which} is zero or undefined, so it cannot be tested; is it "
            f"imposed as a constraint, or does the equation fit exactly?"
        )


def _require_rank(r: FloatArray, cov: FloatArray, texts: Sequence[str]) -> None:
    """Check that the restrictions tested are distinct, and that their covariance has full rank."""
    size = standard_errors(cov)
    if not np.isfinite(size).all():
        raise ConstraintError(
            f"The variance of {texts[int(np.flatnonzero(~np.isfinite(size))[0])]} is negative, as "
            f"two-way clusters with few labels can give; use one-way clusters."
        )
    smallest = least_eigenvalue(cov)
    if smallest > SINGULAR_TOL:
        return
    if smallest < NEGATIVE_TOL:
        raise ConstraintError(
            f"The covariance of the {len(texts)} restrictions tested is not positive definite, as "
            f"two-way clusters and slowly falling kernels can give; test fewer of them jointly, or "
            f"use one-way clusters or the Bartlett kernel."
        )
    if np.linalg.matrix_rank(r) == len(r):
        raise ConstraintError(
            f"The covariance of the {len(texts)} restrictions tested is singular: are constraints "
            f"among them, or does it rest on as few rows, clusters, periods or draws? Test fewer "
            f"of them jointly."
        )
    raise ConstraintError(
        f"The {len(texts)} restrictions tested are not independent ({', '.join(texts)}); "
        f"remove those that repeat others."
    )
