"""The formulas of C on arrays, u (n, b) with subsystems as rows; all choices in one record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from coupling.degree.levels import Scheme, resolve
from coupling.errors import CouplingError, only
from coupling.panel import Array

METHODS = ("standard", "wang", "fan", "power")
SMALL = 1e-290  # below it a product of numbers in [0, 1] may have lost digits to underflow
ROOTS: dict[int, Callable[[Array], Array]] = {1: np.positive, 2: np.sqrt, 3: np.cbrt}


def evaluate(chosen: Callable[[Array], Array], u: Array, undefined: float) -> Array:
    """C of one block, exact where it is known: 1 where all are equal, `undefined` where all are 0.

    Parameters
    ----------
    chosen : function
        A formula.
    u : ndarray, (n, b)
        Indices in [0, 1], or NaN.
    undefined : float
        C of a row of zeros.

    Returns
    -------
    ndarray, (b,)
        C in [0, 1], clipped against rounding.

    Examples
    --------
    >>> evaluate(standard, np.array([[0.3, 0.0], [0.3, 0.0]]), 0.0)
    array([1., 0.])
    """
    low, high = u.min(axis=0), u.max(axis=0)
    with np.errstate(invalid="ignore", divide="ignore", under="ignore"):
        C = chosen(u)
    np.maximum(C, 0, out=C)
    np.minimum(C, 1, out=C)
    np.copyto(C, 1.0, where=low == high)
    if not low.min() > 0:
        np.copyto(C, undefined, where=high == 0)
    return C


def standard(u: Array) -> Array:
    """C = geometric mean / arithmetic mean = n (Π U)^{1/n} / Σ U.

    Examples
    --------
    >>> standard(np.array([[0.2], [0.8]])).round(4)
    array([0.8])
    """
    return np.asarray(len(u) * product_root(u, len(u)) / u.sum(axis=0))


def wang(u: Array) -> Array:
    """C = √{[1 − Σ_{i>j} |U_i − U_j| / (n(n−1)/2)] · [Π_i U_i / max U]^{1/(n−1)}}.

    Examples
    --------
    >>> wang(np.array([[0.2], [0.8]])).round(4)
    array([0.3162])
    """
    n = len(u)
    ordered = np.sort(u, axis=0)
    rank = np.arange(1 - n, n, 2, dtype=np.float64)  # Σ_{i>j} |U_i − U_j| = Σ_k (2k − n − 1) U_(k)
    distance = rank @ (ordered - ordered[0]) / (n * (n - 1) / 2)
    # NaN sorts last, so that max, distance and C are NaN with it
    shortfall = product_root(ordered[:-1] / ordered[-1], n - 1)
    return np.asarray(np.sqrt(np.maximum(1 - distance, 0) * shortfall))


def fan(u: Array) -> Array:
    """C = 1 − 2 · sd(U), population standard deviation.

    Examples
    --------
    >>> fan(np.array([[0.2], [0.8]])).round(4)
    array([0.4])
    """
    return np.asarray(1 - 2 * np.std(u, axis=0))


def power(u: Array, k: float) -> Array:
    """C = {4 U₁U₂ / (U₁ + U₂)²}^k, two subsystems.

    Examples
    --------
    >>> power(np.array([[0.2], [0.8]]), 0.5).round(4)
    array([0.8])
    """
    return np.asarray(standard(u) ** (2 * k))


def product_root(u: Array, n: int) -> Array:
    """(Π U)^{1/n} over the rows of u; by logarithms only where the product would underflow.

    Parameters
    ----------
    u : ndarray, (m, b)
        Numbers in [0, 1].
    n : int
        Which root.

    Returns
    -------
    ndarray, (b,)
        The roots.

    Examples
    --------
    >>> product_root(np.array([[1e-200], [1e-300]]), 2)
    array([1.e-250])
    """
    product = np.multiply.reduce(u, axis=0)
    root = ROOTS[n](product) if n in ROOTS else product ** (1 / n)
    lost = product < SMALL
    if lost.any():
        root[lost] = np.exp(np.log(u[:, lost]).sum(axis=0) / n)
    return root


@dataclass(frozen=True)
class CouplingFormula:
    """The formula of C, what it is in a row of zeros, and the levels of D.

    Attributes
    ----------
    method : {"standard", "wang", "fan", "power"}
        The formula of C.
    k : float or None
        Exponent of the power form; None is ½.
    zero : {"nan", "zero"}
        C where all subsystems are 0.
    scheme, labels, closed
        Edges and names of the levels, as in `classify`.

    Examples
    --------
    >>> CouplingFormula("power", k=2).coupling(2)(np.array([[0.2], [0.8]])).round(4)
    array([0.4096])
    """

    method: str = "standard"
    k: float | None = None
    zero: str = "nan"
    scheme: Any = "ten"
    labels: Sequence[str] | None = None
    closed: str = "left"

    def __post_init__(self) -> None:
        only(self.zero, ("nan", "zero"), "zero")

    @cached_property
    def levels(self) -> Scheme:
        """Edges and names of the levels, checked."""
        return resolve(self.scheme, self.labels, self.closed)

    @property
    def empty(self) -> float:
        """C of a row of zeros: NaN or 0 as asked; 1 by Fan's formula, in which nothing differs."""
        if self.method == "fan":
            return 1.0
        return 0.0 if self.zero == "zero" else float("nan")

    def coupling(self, n: int) -> Callable[[Array], Array]:
        """C of n subsystems as a function of u, (n, b)."""
        only(self.method, METHODS, "method")
        return partial(evaluate, self._chosen(n), undefined=self.empty)

    def _chosen(self, n: int) -> Callable[[Array], Array]:
        if self.method != "power":
            if self.k is not None:
                raise CouplingError(
                    f"k is the exponent of method='power'; method is {self.method!r}."
                )
            return {"standard": standard, "wang": wang, "fan": fan}[self.method]
        k = 0.5 if self.k is None else self.k
        if not (isinstance(k, (int, float, np.number)) and 0 < k < np.inf):
            raise CouplingError(f"k must be a positive number; it is {self.k!r}.")
        if n != 2:
            raise CouplingError(f"method='power' is for two subsystems; there are {n}.")
        return partial(power, k=k)
