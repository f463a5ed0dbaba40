"""OLS, WLS, 2SLS and W2SLS: each equation by itself, unless constraints tie them."""

from __future__ import annotations

import numpy as np

from simeq.estimators.conventions import Convention, Method
from simeq.estimators.estimate import Estimate
from simeq.estimators.projection import Projection
from simeq.estimators.residual_covariance import ResidualCovariance
from simeq.estimators.restriction import Coordinates
from simeq.linalg.bases import FloatArray


def unweighted(projection: Projection, coordinates: Coordinates) -> FloatArray:
    """OLS or 2SLS coefficients (K,): γ = F'y, restricted where constraints ask for it."""
    delta = coordinates.reduce_side(projection.own - coordinates.shift)
    return coordinates.coefficients(delta)


def least_squares(
    projection: Projection,
    coordinates: Coordinates,
    covariance: ResidualCovariance,
    convention: Convention,
    method: Method,
) -> Estimate:
    """Estimate by least squares with equal weights, or weights 1/σ_ii from a first step.

    The covariance is the full sandwich, which holds across equations,
    N(N'AN)⁻¹N'X̂'(MΣM⊗I)X̂N(N'AN)⁻¹N' with A = X̂'(M⊗I)X̂ and M = I or diag(Σ)⁻¹; other programs
    leave parts of it out.

    Parameters
    ----------
    projection : Projection
    coordinates : Coordinates
    covariance : ResidualCovariance
    convention : Convention
        Its `covariance` is the form of the coefficients' covariance.
    method : Method
        With "identity" or "diagonal" weights of the equations.

    Raises
    ------
    SingularError
        If an equation that is weighed by its residual variance fits exactly.
    """
    b = unweighted(projection, coordinates)
    sigma = covariance(b)
    covariance.check_exact_fits(sigma, method)
    weighted = method.weights == "diagonal" and coordinates.restriction is not None
    size = np.sqrt(sigma.diagonal()) if weighted else np.ones(len(sigma))
    level = float(np.exp(np.log(size).mean()))
    root = (level / size)[projection.equation]  # weights matter up to their scale
    bread = np.asarray(np.linalg.inv(coordinates.reduce(np.diag(root**2))))
    if weighted:
        side = coordinates.reduce_side(root**2 * (projection.own - coordinates.shift))
        b = coordinates.coefficients(bread @ side)
    own, scaled = projection.equation, sigma / np.multiply.outer(size, size) * level**2
    if convention.covariance == "sandwich":
        middle = scaled[own[:, None], own] * np.multiply.outer(root, root) * projection.gram
    elif convention.covariance == "pooled" and coordinates.restriction is not None and not weighted:
        middle = np.diag(np.full(own.size, pooled_variance(covariance, sigma, coordinates)))
    else:
        middle = np.diag(scaled.diagonal()[own] * root**2)
    v = bread @ coordinates.reduce(middle) @ bread
    final = covariance(b) if weighted else sigma
    return Estimate(b, coordinates.covariance(v), sigma, final, bread, np.diag((level / size) ** 2))


def pooled_variance(
    covariance: ResidualCovariance, sigma: FloatArray, coordinates: Coordinates
) -> float:
    """One s² for all equations: ΣRSS over nG − K + r, or over nG where Σ divides by n."""
    rss = float((sigma * covariance.divisor).trace())
    total = covariance.nobs * len(sigma)
    if (covariance.divisor == covariance.nobs).all():
        return rss / total
    free = coordinates.shift.size - (
        coordinates.restriction.count if coordinates.restriction else 0
    )
    return rss / (total - free)
