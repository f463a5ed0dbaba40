"""What an estimator returns."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simeq.linalg.bases import FloatArray


@dataclass(frozen=True)
class Estimate:
    """A system's estimate.

    Attributes
    ----------
    params : (K,) array
        Coefficients of all equations, one after another.
    cov : (K, K) array
        Their covariance.
    sigma : (G, G) array
        The residual covariance used in the last step.
    sigma_resid : (G, G) array
        That of the final residuals.
    bread : (p, p) array
        Inverse of the normal matrix in the coordinates δ.
    weight : (G, G) array
        What weighs the equations' residuals in the scores: I, diag(1/σ_ii) or Σ⁻¹.
    n_iter : int
        Generalised least squares steps; 0 for methods without any.
    converged : bool
        Whether the iteration met its tolerance; True for methods without one.
    change : float
        The last change, in the units of the criterion; infinite without iteration.
    """

    params: FloatArray
    cov: FloatArray
    sigma: FloatArray
    sigma_resid: FloatArray
    bread: FloatArray
    weight: FloatArray
    n_iter: int = 0
    converged: bool = True
    change: float = math.inf
