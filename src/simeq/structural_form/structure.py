"""The structural form: which variable stands where, identities solved once. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simeq.errors import FormulaError
from simeq.linalg.bases import BoolArray, FloatArray, IntArray
from simeq.structural_form.loops import require_settled, settled


@dataclass(frozen=True)
class Lagged:
    """A column that holds a variable's value `order` periods before, by their positions.

    Attributes
    ----------
    column : int
        Among the exogenous columns.
    variable : int
        Among the endogenous variables.
    order : int
    """

    column: int
    variable: int
    order: int


@dataclass(frozen=True, eq=False)
class Structure:
    """y = A y + C x + u: G variables have equations, the other M − G are identities.

    With y_g the former, identities alone give ``(y, x) = T (y_g, x)``.

    Attributes
    ----------
    endogenous : (M,) tuple of str
        Variables y, dependents first.
    exogenous : (X,) tuple of str
        Columns x: the constant, exogenous regressors, predetermined ones.
    labels : (G,) tuple of str
        Names of the equations.
    places : (M + X,) array of int
        Columns of W that y and x are.
    equation, column : (K,) arrays of int
        Row of each coefficient in [A C], and its column.
    identities : (M, M + X) array
        [A C] as the identities say it; zero in rows of equations.
    solved : (M + X, G + X) array
        T, the identities solved.
    size : (M,) array
        Length of each variable's deviations from its mean over the sample.
    lags : tuple of Lagged
        Declared lags among the columns x.
    functions_of_lags : tuple of (str, str)
        Columns x that are computed from a declared lag, and that lag.
    """

    endogenous: tuple[str, ...]
    exogenous: tuple[str, ...]
    labels: tuple[str, ...]
    places: IntArray
    equation: IntArray
    column: IntArray
    identities: FloatArray
    solved: FloatArray
    size: FloatArray
    lags: tuple[Lagged, ...]
    functions_of_lags: tuple[tuple[str, str], ...]

    @property
    def current(self) -> IntArray:
        """Positions of the columns x that are no declared lags."""
        gone = {lag.column for lag in self.lags}
        return np.array([j for j in range(len(self.exogenous)) if j not in gone], dtype=np.intp)

    @property
    def longest_lag(self) -> int:
        """The highest order of a declared lag, 0 without one."""
        return max((lag.order for lag in self.lags), default=0)

    @property
    def has_dynamics(self) -> bool:
        """Whether declared lags, and nothing beside them, lead from period to period."""
        return bool(self.lags) and not self.functions_of_lags

    def require_lags(self) -> None:
        """Check that there are dynamics, and that declared lags carry all of them.

        Raises
        ------
        FormulaError
            If no declared lag stands on a right side, or a function of one does beside it.
        """
        if not self.lags:
            raise FormulaError(
                "No right side holds a declared lag, so that there are no dynamics: say in "
                "SystemEquations which columns are lags of which variables, as "
                "lags={'gnpLag': 'gnp'}."
            )
        for column, lag in self.functions_of_lags:
            raise FormulaError(
                f"The term {column} is a function of the declared lag {lag} and no declared lag "
                f"itself: what goes through it from period to period would be left out. Take the "
                f"term out, or declare it in lags= if it is the lag of a variable; the reduced "
                f"form of one period, and forecasts by kind='reduced', hold as they are."
            )

    def equations(self, b: FloatArray) -> FloatArray:
        """[A C] (…, G, M + X) of the equations, for coefficients b (…, K)."""
        shape = (*b.shape[:-1], len(self.labels), len(self.places))
        matrix = np.zeros(shape)
        matrix[..., self.equation, self.column] = b
        return matrix

    def right_sides(self, b: FloatArray) -> FloatArray:
        """[A C] (M, M + X) of equations and identities, for coefficients b (K,)."""
        matrix = self.identities.copy()
        matrix[: len(self.labels)] = self.equations(b)
        return matrix

    @cached_property
    def paths(self) -> BoolArray:
        """Whether there is a path (G, G) from the error of equation j to variable i, itself too.

        It says which effects are zero whatever the coefficients are.
        """
        there = np.eye(len(self.labels), dtype=np.intp) + self._links[:, : len(self.labels)]
        for _ in range(len(self.labels).bit_length()):
            there = ((there @ there) > 0).astype(np.intp)
        return there > 0

    @cached_property
    def loops(self) -> BoolArray:
        """Whether variable j stands in equation i (G, G), and a path leads back from i to j."""
        links = self._links[:, : len(self.labels)] > 0
        return np.asarray(links & self.paths.T)

    @cached_property
    def moved_by_errors(self) -> BoolArray:
        """Which variables an equation's error moves (M, G), zero effects left out."""
        upper = self.solved[: len(self.endogenous), : len(self.labels)] != 0.0
        return np.asarray(upper @ self.paths)

    @cached_property
    def moved_by_columns(self) -> BoolArray:
        """Which variables a column moves (M, X), zero effects left out."""
        g = len(self.labels)
        direct = self.solved[: len(self.endogenous), g:] != 0.0
        return np.asarray((self.moved_by_errors @ (self._links[:, g:] > 0)) | direct)

    @property
    def _links(self) -> IntArray:
        """Ways (G, G + X) from variables with equations, and columns, into each equation."""
        there = np.zeros((len(self.labels), len(self.places)), dtype=np.intp)
        there[self.equation, self.column] = 1
        return np.asarray(there @ (self.solved != 0.0).astype(np.intp))


def solve_identities(
    identities: FloatArray, number: int, size: FloatArray, names: tuple[str, ...]
) -> FloatArray:
    """T (M + X, G + X): variables and columns as combinations of those that have equations, and x.

    Identities y_i = K y_i + L (y_g, x) give y_i = (I − K)⁻¹ L (y_g, x).

    Parameters
    ----------
    identities : (M, M + X) array
        [A C] as the identities say it, in the rows after those of the equations.
    number : int
        G, the number of equations.
    size : (M,) array
    names : M + X str
        Of variables and columns, for errors.

    Raises
    ------
    SingularError
        If the identities don't determine their left sides.
    """
    m = len(identities)
    within, own = identities[number:, number:m], size[number:m]
    why = (
        "the identities repeat each other, or leave no variable to an equation. Remove one of them."
    )
    require_settled(within, own, names[number:m], why)
    rest = np.delete(np.arange(identities.shape[1]), np.s_[number:m])
    found = settled(within, identities[number:, rest], own)
    itself = np.eye(len(rest))
    return np.vstack([itself[:number], found, itself[number:]])
