"""The textbook, slow and plain: every estimator with its Kronecker products written out.

y = X b + u with the equations stacked, X block diagonal, E uu' = Σ⊗I. Greene (2018), *Econometric
Analysis*, chapters 10 and 12.7; Wooldridge (2010), section 8.3; restrictions by Lagrange's
bordered matrix. Nothing here is shared with `simeq`: explicit inverses, rows, no factor.

`System` holds arrays, and says how the same system is written as formulas for `SystemEquations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy.linalg import block_diag

from simeq import SystemEquations

INSTRUMENTAL = ("2sls", "w2sls", "3sls", "i3sls")
DIAGONAL = ("wls", "w2sls")
FULL = ("sur", "isur", "3sls", "i3sls")
ITERATED = ("isur", "i3sls")
METHODS = ("ols", "wls", "sur", "isur", "2sls", "w2sls", "3sls", "i3sls")
DIVISORS = ("none", "geomean", "mean", "max", "theil")


@dataclass(frozen=True)
class Answer:
    """b (K,), its covariance (K, K), Σ (G, G) as used and that of the final residuals."""

    b: np.ndarray
    cov: np.ndarray
    sigma: np.ndarray
    sigma_resid: np.ndarray

    @property
    def se(self) -> np.ndarray:
        return np.sqrt(self.cov.diagonal())


@dataclass(frozen=True)
class System:
    """A system over a frame of rows: names of each equation's columns, "1" is the constant."""

    frame: pd.DataFrame
    left: tuple[str, ...]
    right: tuple[tuple[str, ...], ...]
    lists: tuple[tuple[str, ...], ...]

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        """Print the shape, not the rows, when hypothesis shows a failure."""
        printer.text(f"System({self.n} rows, {self.left}, {self.right}, {self.lists})")

    @property
    def n(self) -> int:
        return len(self.frame)

    @property
    def common(self) -> bool:
        return len({frozenset(own) for own in self.lists}) == 1

    @property
    def labels(self) -> list[str]:
        return [f"eq{i}" for i in range(len(self.left))]

    @property
    def terms(self) -> list[tuple[str, str]]:
        """(equation, term) of the coefficients."""
        return [
            (label, "Intercept" if name == "1" else name)
            for label, own in zip(self.labels, self.right, strict=True)
            for name in own
        ]

    def columns(self, names: Sequence[str]) -> np.ndarray:
        ones = np.ones(self.n)
        return np.column_stack([ones if name == "1" else self.frame[name] for name in names])

    @property
    def y(self) -> list[np.ndarray]:
        return [self.frame[name].to_numpy() for name in self.left]

    @property
    def x(self) -> list[np.ndarray]:
        return [self.columns(own) for own in self.right]

    @property
    def z(self) -> list[np.ndarray]:
        return [self.columns(own) for own in self.lists]

    def formula(self, i: int) -> str:
        own = [name for name in self.right[i] if name != "1"]
        return f"{self.left[i]} ~ {' + '.join(own if '1' in self.right[i] else ['0', *own])}"

    def instrument_formula(self, i: int) -> str:
        own = [name for name in self.lists[i] if name != "1"]
        return f"~ {' + '.join(own if '1' in self.lists[i] else ['0', *own])}"

    def model(self) -> SystemEquations:
        formulas = {label: self.formula(i) for i, label in enumerate(self.labels)}
        lists = {label: self.instrument_formula(i) for i, label in enumerate(self.labels)}
        instruments = self.instrument_formula(0) if self.common else lists
        return SystemEquations(formulas, self.frame, instruments=instruments)


# ---------------------------------------------------------------------------- the estimators


def projection(z: np.ndarray) -> np.ndarray:
    """P_Z = Z(Z'Z)⁻¹Z'."""
    return z @ np.linalg.inv(z.T @ z) @ z.T


def divisor(kind: str, x: list[np.ndarray]) -> np.ndarray:
    """What Σ's entries (i, j) are divided by."""
    n, g = len(x[0]), len(x)
    k = [own.shape[1] for own in x]
    out = np.empty((g, g))
    for i in range(g):
        for j in range(g):
            out[i, j] = {
                "none": n,
                "geomean": np.sqrt((n - k[i]) * (n - k[j])),
                "mean": np.mean([n - own for own in k]),
                "max": n - max(k[i], k[j]),
                "theil": n - k[i] - k[j] + np.trace(projection(x[i]) @ projection(x[j])),
            }[kind]
    return out


def bordered(
    a: np.ndarray, side: np.ndarray, r: np.ndarray, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solve min over R b = q: b, and C with C = A⁻¹ or, under restrictions, N(N'AN)⁻¹N'.

    Lagrange's conditions are [A R'; R 0][b; λ] = [side; q]; C is the upper left block of the
    inverse.
    """
    k, j = len(a), len(r)
    inverse = np.linalg.inv(np.block([[a, r.T], [r, np.zeros((j, j))]]))
    return inverse[:k] @ np.concatenate([side, q]), inverse[:k, :k]


def estimate(
    system: System,
    method: str,
    sigma_dof: str = "none",
    form: str = "gmm",
    restriction: tuple[np.ndarray, np.ndarray] | None = None,
    steps: int = 500,
) -> Answer:
    """Estimate by the book; iterated methods take `steps` more, or fewer when b stands still."""
    n, g = system.n, len(system.left)
    y, x, z = np.concatenate(system.y), block_diag(*system.x), block_diag(*system.z)
    r, q = restriction or (np.zeros((0, x.shape[1])), np.zeros(0))
    divide = divisor(sigma_dof, system.x)

    def residual_covariance(b: np.ndarray) -> np.ndarray:
        u = (y - x @ b).reshape(g, n)
        return u @ u.T / divide

    hat = projection(z) @ x if method in INSTRUMENTAL else x
    first, c = bordered(hat.T @ hat, hat.T @ y, r, q)
    sigma = residual_covariance(first)
    if method in ("ols", "2sls"):
        middle = hat.T @ np.kron(sigma, np.eye(n)) @ hat
        return Answer(first, c @ middle @ c, sigma, sigma)
    if method in DIAGONAL:
        weight = np.diag(1 / sigma.diagonal())
        m = np.kron(weight, np.eye(n))
        b, c = bordered(hat.T @ m @ hat, hat.T @ m @ y, r, q)
        middle = hat.T @ np.kron(weight @ sigma @ weight, np.eye(n)) @ hat
        return Answer(b, c @ middle @ c, sigma, residual_covariance(b))

    def step(sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if method in INSTRUMENTAL and form == "gmm":
            weight = np.linalg.inv(z.T @ np.kron(sigma, np.eye(n)) @ z)
            xz = x.T @ z @ weight
            return bordered(xz @ z.T @ x, xz @ z.T @ y, r, q)
        m = np.kron(np.linalg.inv(sigma), np.eye(n))
        return bordered(hat.T @ m @ hat, hat.T @ m @ y, r, q)

    b, c = step(sigma)
    if method in ITERATED:
        for _ in range(steps):
            before, sigma = b, residual_covariance(b)
            b, c = step(sigma)
            if np.abs(b - before).max() <= 1e-13 * np.abs(b).max():
                break
    return Answer(b, c, sigma, residual_covariance(b))


# ---------------------------------------------------------------------------- random systems


@st.composite
def systems(
    draw: st.DrawFn,
    max_equations: int = 5,
    differing: bool | None = None,
    constants: bool | None = None,
    exactly_identified: bool = False,
    triangular: bool = False,
    unrelated: bool = False,
) -> System:
    """Draw a simultaneous system whose equations are all identified.

    The shape is hypothesis's choice, the numbers a generator's. Every equation has one or two
    exogenous regressors and up to two endogenous ones; y_i is moved by z_i, which stands in no
    other equation, so that instruments are valid and strong.

    Parameters
    ----------
    max_equations : int
    differing : bool, optional
        Whether instruments differ by equation; drawn by default.
    constants : bool, optional
        Whether equations have a constant; drawn for each by default.
    exactly_identified : bool
        As many instruments as regressors, which makes them differ.
    triangular : bool
        Only earlier dependents on the right and small errors, for which iteration is calm.
    unrelated : bool
        No dependent on the right: seemingly unrelated regressions, which iterate to a maximum.
    """
    g = draw(st.integers(2, max_equations))
    n = draw(st.integers(40, 70))
    seed = draw(st.integers(0, 2**32 - 1))
    differing = exactly_identified or (draw(st.booleans()) if differing is None else differing)
    pool = [f"z{j}" for j in range(g + 4)]
    right, lists = [], []
    for i in range(g):
        constant = draw(st.booleans()) if constants is None else constants
        own = [f"z{i}", *([f"z{g + i % 4}"] if draw(st.booleans()) else [])]
        others = [j for j in range(g) if not unrelated and (j < i or (j > i and not triangular))]
        least = 1 if i == g - 1 and not unrelated else 0
        movers = others[: draw(st.integers(least, max(least, min(2, len(others)))))]
        excluded = [f"z{j}" for j in movers]
        spare = [name for name in pool if name not in own and name not in excluded]
        surplus = 0 if exactly_identified else draw(st.integers(0, 2))
        one = ["1"] if constant else []
        right.append((*one, *(f"y{j}" for j in movers), *own))
        lists.append((*one, *own, *excluded, *spare[:surplus]))
    if not differing:
        lists = [("1", *pool)] * g
    elif len({frozenset(own) for own in lists}) == 1:
        lists[0] = (*lists[0], pool[-1])
    dependents = [f"y{i}" for i in range(g)]
    frame = simulate(seed, n, dependents, pool, right, 0.25 if triangular else 1.0)
    return System(frame, tuple(dependents), tuple(right), tuple(lists))


def convergent(method: str, **shape) -> st.SearchStrategy[System]:
    """Systems on which an iterated method converges fast.

    Iterated SUR with dependents on the right may climb a ridge for thousands of steps, and so may
    iterated 3SLS with many surplus instruments, or in the GLS form with differing ones.
    """
    if method == "isur":
        return systems(unrelated=True, **shape)
    return systems(**{"triangular": True, "differing": True} | shape)


def simulate(
    seed: int,
    n: int,
    dependents: list[str],
    pool: list[str],
    right: list[tuple[str, ...]],
    scatter: float,
) -> pd.DataFrame:
    """Rows of Y = (ZB + U)(I − Γ)⁻¹ with errors that are correlated across equations.

    `scatter` is the size of U.
    """
    rng = np.random.default_rng(seed)
    g = len(dependents)
    z = rng.normal(size=(n, len(pool))) + rng.normal(size=len(pool))
    gamma, loading = np.zeros((g, g)), np.zeros((len(pool), g))
    for i, own in enumerate(right):
        for name in own:
            if name in dependents:
                gamma[dependents.index(name), i] = rng.uniform(-0.4, 0.4)
            elif name in pool:
                loading[pool.index(name), i] = rng.uniform(0.5, 2.0)
    mix = np.eye(g) + 0.4 * rng.normal(size=(g, g))
    u = scatter * rng.uniform(0.2, 2.0) * rng.normal(size=(n, g)) @ mix
    constant = np.array([float("1" in own) for own in right])
    y = (constant + z @ loading + u) @ np.linalg.inv(np.eye(g) - gamma)
    return pd.DataFrame(np.column_stack([y, z]), columns=[*dependents, *pool])


@st.composite
def restrictions(draw: st.DrawFn, system: System) -> tuple[np.ndarray, np.ndarray]:
    """Draw R b = q: a row across the first and the last equation, one within the last, or both."""
    k = len(system.terms)
    across, within = np.zeros(k), np.zeros(k)
    across[len(system.right[0]) - 1], across[k - 1] = 1.0, draw(st.sampled_from([-1.0, 2.0]))
    within[k - 2], within[k - 1] = 1.0, draw(st.sampled_from([1.0, -0.5]))
    rows = draw(st.sampled_from([(across,), (within,), (across, within)]))
    q = [draw(st.sampled_from([0.0, 0.5, 1.0])) for _ in rows]
    return np.array(rows), np.array(q)
