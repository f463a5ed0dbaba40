"""Σ, the residual covariance of a system: from R, by any divisor, checked for rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simeq.errors import SimeqWarning, SingularError, listing, warn
from simeq.estimators.conventions import Divisor, Method
from simeq.linalg.bases import FloatArray, IntArray

#: Residuals shorter than this share of the dependent are rounding: the equation fits exactly.
EXACT_FIT_TOL = 1e-13

#: Smallest share of a residual's variance that the other equations' residuals may leave.
SIGMA_TOL = 1e-12


@dataclass(frozen=True)
class ResidualCovariance:
    """Σ as a function of the coefficients, from R alone.

    Attributes
    ----------
    r : (p, m) array
        The factor.
    dependents : (G,) array of int
        Columns of W that are dependents.
    rows, equation : (K,) arrays of int
        Column of W and equation of each coefficient.
    divisor : (G, G) array
    nobs : int
    labels : G str
    """

    r: FloatArray
    dependents: IntArray
    rows: IntArray
    equation: IntArray
    divisor: FloatArray
    nobs: int
    labels: tuple[str, ...]

    def coefficient_matrix(self, b: FloatArray) -> FloatArray:
        """B (m, G): each equation on the columns of W, 1 at y_i and −b_i at x_i."""
        matrix = np.zeros((self.r.shape[1], self.dependents.size))
        matrix[self.dependents, np.arange(self.dependents.size)] = 1.0
        matrix[self.rows, self.equation] = -b
        return matrix

    def residuals(self, b: FloatArray) -> FloatArray:
        """E = R B (p, G), with E'E = U'U for the row residuals U."""
        return self.r @ self.coefficient_matrix(b)

    def __call__(self, b: FloatArray) -> FloatArray:
        """Σ (G, G) = E'E by the divisor."""
        e = self.residuals(b)
        return np.asarray(e.T @ e / self.divisor)

    def check_exact_fits(self, sigma: FloatArray, method: Method) -> None:
        """Look for equations whose residuals are rounding errors of their dependents.

        Raises
        ------
        SingularError
            If the method weighs by their variance; others give their coefficients and warn.
        """
        y = self.r[:, self.dependents]
        rss = sigma.diagonal() * self.divisor.diagonal()
        exact = np.flatnonzero(rss <= EXACT_FIT_TOL**2 * (y * y).sum(axis=0))
        if not exact.size:
            return
        text = f"Equation {listing(self.labels[int(i)] for i in exact)} fits exactly"
        if method.weights == "identity":
            warn(
                f"{text}: its standard errors are rounding errors. Is it an identity?",
                SimeqWarning,
            )
            return
        raise SingularError(
            f"{text}, so {method.title.lower()} cannot weigh it by its residual variance. Use OLS "
            f"or 2SLS, or remove the equation if it is an identity."
        )

    def require_regular(self, sigma: FloatArray, method: Method, iteration: int = 1) -> None:
        """Check that Σ can be inverted: no exact fit, and a correlation form of full rank.

        Parameters
        ----------
        sigma : (G, G) array
        method : Method
        iteration : int
            The step that is to use Σ, 1 for the first.

        Raises
        ------
        SingularError
            Naming the equations.
        """
        self.check_exact_fits(sigma, method)
        scale = np.sqrt(sigma.diagonal())
        correlation = sigma / np.multiply.outer(scale, scale)
        try:
            smallest = np.linalg.cholesky(correlation).diagonal().min() ** 2
        except np.linalg.LinAlgError:
            smallest = 0.0
        if smallest <= SIGMA_TOL:
            raise SingularError(_singular_text(correlation, self.labels, method, iteration))


def overlaps(bases: Sequence[FloatArray]) -> FloatArray:
    """Overlap (G, G) of equations' regressors: ‖F_i'F_j‖² for orthonormal bases F_i of X_i."""
    stacked = np.hstack(bases)
    gram = (stacked.T @ stacked) ** 2
    starts = np.cumsum([0, *(basis.shape[1] for basis in bases)])[:-1]
    return np.asarray(np.add.reduceat(np.add.reduceat(gram, starts, axis=0), starts, axis=1))


def divisors(
    kind: Divisor, nobs: int | IntArray, k: IntArray, overlap: FloatArray | None = None
) -> FloatArray:
    """Divisor (G, G) of the residual cross products, or (D, G, G) for the same of D samples.

    Parameters
    ----------
    kind : {"none", "geomean", "mean", "max", "theil"}
        n; √((n−k_i)(n−k_j)); the mean of n−k_i over equations; n − max(k_i, k_j); and
        n − k_i − k_j + tr[(X_i'X_i)⁻¹X_i'X_j(X_j'X_j)⁻¹X_j'X_i].
    nobs : int, or (D,) array of int
    k : (G,) or (D, G) array of int
        Regressors of each equation, with the constant, before constraints.
    overlap : (G, G) or (D, G, G) array, optional
        The traces of "theil": squared Frobenius norms ‖F_i'F_j‖² of orthonormal bases of X_i.

    Notes
    -----
    Theil (1971), *Principles of Econometrics*, p. 322; Judge et al. (1985), p. 469.
    """
    n = np.asarray(nobs, dtype=np.float64)[..., None, None]
    k_i, k_j = k[..., :, None], k[..., None, :]
    if kind == "geomean":
        return np.asarray(np.sqrt((n - k_i) * (n - k_j)))
    if kind == "max":
        return np.asarray(n - np.maximum(k_i, k_j))
    if kind == "theil" and overlap is not None:
        return np.asarray(n - k_i - k_j + overlap)
    if kind == "mean":
        n = (n - k_i).mean(axis=-2, keepdims=True)
    return np.asarray(n + np.zeros_like(k_i + k_j))


def _singular_text(
    correlation: FloatArray, labels: Sequence[str], method: Method, iteration: int
) -> str:
    """Name the equations in the null direction of the residual correlation."""
    values, vectors = np.linalg.eigh(correlation)
    weight = np.abs(vectors[:, 0])
    involved = listing(labels[int(i)] for i in np.flatnonzero(weight > 1e-6 * weight.max()))
    smallest = f"smallest eigenvalue of its correlation form {values[0]:.1e}"
    if iteration > 1:
        return (
            f"{method.title} diverges: after {iteration - 1} iterations the residual covariance "
            f"is singular ({smallest}), the residuals of equations {involved} being tied. Use the "
            f"two-step estimator, or change the equations."
        )
    return (
        f"The residual covariance of the {len(labels)} equations is singular ({smallest}), so "
        f"that {method.title.lower()} cannot invert it. The residuals of equations {involved} are "
        f"tied: is one equation there twice or an identity, or are there more equations than "
        f"rows? Use OLS or 2SLS, or remove one."
    )
