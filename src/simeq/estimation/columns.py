"""Linear combinations of the columns of W: exact in coordinates of R, and as loadings for the rows.

A test that needs only cross products takes the values; one that needs the rows, as robust tests
do, multiplies W with the loadings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simeq.errors import DataError, listing
from simeq.estimation.system import System
from simeq.estimators.samples import EXACT_FIT_TOL
from simeq.linalg.bases import FloatArray, IntArray, basis, triangle_inverse


@dataclass(frozen=True)
class Columns:
    """k combinations of the columns of W.

    Attributes
    ----------
    loadings : (m, k) array
        W @ loadings are the combinations, row by row.
    values : (p, k) array
        R @ loadings, with the same cross products.
    """

    loadings: FloatArray
    values: FloatArray

    @property
    def number(self) -> int:
        """How many there are."""
        return int(self.values.shape[1])

    def __matmul__(self, a: FloatArray) -> Columns:
        """Combine them further by a (k, j) array."""
        return Columns(self.loadings @ a, self.values @ a)

    def __sub__(self, other: Columns) -> Columns:
        return Columns(self.loadings - other.loadings, self.values - other.values)

    def beside(self, other: Columns) -> Columns:
        """Return both side by side."""
        return Columns(
            np.hstack([self.loadings, other.loadings]), np.hstack([self.values, other.values])
        )

    def take(self, chosen: Sequence[int]) -> Columns:
        """Return some of them."""
        return Columns(self.loadings[:, list(chosen)], self.values[:, list(chosen)])

    def on(self, q: Columns) -> FloatArray:
        """Coefficients (j, k) on j orthonormal columns."""
        return q.values.T @ self.values

    def apart_from(self, q: Columns) -> Columns:
        """Residuals of regressions on orthonormal columns."""
        return self - q @ self.on(q)

    def orthonormal(self, scale: FloatArray | None = None) -> Columns:
        """Return an orthonormal basis of their span; rank is judged in lengths `scale` (k,)."""
        found = basis(self.values, scale)
        back = triangle_inverse(found.t)
        return Columns(self.loadings[:, list(found.kept)] @ back, found.q)


def columns_of(system: System, places: Sequence[int]) -> Columns:
    """Return columns of W by their places."""
    loadings = np.zeros((system.factor.r.shape[1], len(places)))
    loadings[list(places), np.arange(len(places))] = 1.0
    return Columns(loadings, system.factor.r[:, list(places)])


def placed(
    loadings: Sequence[FloatArray], places: Sequence[tuple[int, ...]], equation: IntArray, m: int
) -> FloatArray:
    """Set loadings (·, k_i) of each equation into the rows of its columns of W (m, ·)."""
    out = np.zeros((m, equation.size))
    for i, (own, columns) in enumerate(zip(loadings, places, strict=True)):
        out[np.ix_(np.array(columns), np.flatnonzero(equation == i))] = own
    return out


def residuals(system: System, structural: FloatArray) -> FloatArray:
    """Residuals R B (p, G) of all equations, none of which may fit exactly.

    Raises
    ------
    DataError
    """
    e = system.factor.r @ structural
    refuse_exact_fit(system.labels, e, system.y)
    return e


def refuse_exact_fit(labels: Sequence[str], e: FloatArray, y: FloatArray) -> None:
    """Check that residuals (p, G) are no rounding errors of their dependents (p, G).

    Raises
    ------
    DataError
    """
    exact = np.linalg.norm(e, axis=0) <= EXACT_FIT_TOL * np.linalg.norm(y, axis=0)
    if exact.any():
        raise DataError(
            f"Equation {listing(labels[int(i)] for i in np.flatnonzero(exact))} fits exactly: its "
            f"residuals are rounding errors, in which there is nothing to test. Is it an identity? "
            f"Remove it."
        )
