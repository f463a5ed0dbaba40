"""The reduced form written out, slow and plain: loops over names, explicit inverses.

y = A y + C x + u with named variables. Nothing here is shared with `simeq`. Coefficients may be
complex, so that a step of 1e-30 along the imaginary axis gives derivatives without cancellation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from oracle import System, systems
from simeq import SystemEquations

#: Of a complex step: its square vanishes beside one.
STEP = 1e-30

#: Of a central difference, for what is not analytic: 1e-5 leaves about 1e-10.
DIFFERENCE = 1e-5


@dataclass(frozen=True)
class Plain:
    """A structural form: who is defined by what.

    `lefts` gives each equation's dependent by label, `terms` the coefficients in order, as (label,
    column); `identities` the weights of each identity's right side by its left side ("Intercept"
    for a constant); `lags` the variable and order of each declared column.
    """

    lefts: Mapping[str, str]
    terms: Sequence[tuple[str, str]]
    identities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    lags: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def variables(self) -> list[str]:
        return [*self.lefts.values(), *self.identities]

    @property
    def columns(self) -> list[str]:
        named = [name for _, name in self.terms]
        named += [name for weights in self.identities.values() for name in weights]
        return [name for name in dict.fromkeys(named) if name not in self.variables]

    @property
    def current(self) -> list[str]:
        return [name for name in self.columns if name not in self.lags]

    def matrices(self, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A (M, M) and C (M, X)."""
        y, x = self.variables, self.columns
        a = np.zeros((len(y), len(y)), dtype=b.dtype)
        c = np.zeros((len(y), len(x)), dtype=b.dtype)
        pairs = zip(self.terms, b, strict=True)
        entries = [(self.lefts[label], name, w) for (label, name), w in pairs]
        for left, weights in self.identities.items():
            entries += [(left, name, weight) for name, weight in weights.items()]
        for left, name, weight in entries:
            if name in y:
                a[y.index(left), y.index(name)] = weight
            else:
                c[y.index(left), x.index(name)] = weight
        return a, c

    def shocks(self, b: np.ndarray) -> np.ndarray:
        """What a unit in each equation's error does (M, G)."""
        a, _ = self.matrices(b)
        return np.linalg.inv(np.eye(len(a)) - a)[:, : len(self.lefts)]

    def total(self, b: np.ndarray) -> np.ndarray:
        """Π = (I − A)⁻¹ C (M, X)."""
        a, c = self.matrices(b)
        return np.linalg.inv(np.eye(len(a)) - a) @ c

    def gamma(self, b: np.ndarray) -> np.ndarray:
        """Γ (G, G): identities substituted for what stands on right sides."""
        a, _ = self.matrices(b)
        g = len(self.lefts)
        inverse = np.linalg.inv(np.eye(len(a) - g) - a[g:, g:])
        return a[:g, :g] + a[:g, g:] @ inverse @ a[g:, :g]

    def path(self, b: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Y (n, M) row after row from columns x (n, X), lags from rows before where there are."""
        names, y = self.columns, self.variables
        pi = self.total(b)
        out: list[np.ndarray] = []
        for t, row in enumerate(x):
            own = row.astype(pi.dtype)
            for name, (variable, order) in self.lags.items():
                if order <= t:
                    own[names.index(name)] = out[t - order][y.index(variable)]
            out.append(pi @ own)
        return np.array(out)

    def interim(self, b: np.ndarray, horizon: int) -> np.ndarray:
        """D_h (M, R): a unit in one column in the first period, nothing else, h periods later."""
        out = []
        for name in self.current:
            x = np.zeros((horizon + 1, len(self.columns)))
            x[0, self.columns.index(name)] = 1.0
            out.append(self.path(b, x)[horizon])
        return np.array(out).T

    def cumulative(self, b: np.ndarray, horizon: int) -> np.ndarray:
        """Σ D_0 … D_h (M, R): a unit in one column from the first period on."""
        out = []
        for name in self.current:
            x = np.zeros((horizon + 1, len(self.columns)))
            x[:, self.columns.index(name)] = 1.0
            out.append(self.path(b, x)[horizon])
        return np.array(out).T

    def long_run(self, b: np.ndarray) -> np.ndarray:
        """D_∞ (M, R): a system in which lags are the variables themselves."""
        a, c = self.matrices(b)
        a = a.copy()
        for name, (variable, _) in self.lags.items():
            a[:, self.variables.index(variable)] += c[:, self.columns.index(name)]
        rest = [self.columns.index(name) for name in self.current]
        return np.linalg.inv(np.eye(len(a)) - a) @ c[:, rest]

    def dynamic_radius(self, b: np.ndarray) -> float:
        """Largest |λ| with det(λᵖ(I − A) − Σ_s λᵖ⁻ˢ L_s) = 0, by block companion form."""
        a, c = self.matrices(b)
        m, p = len(a), max(order for _, order in self.lags.values())
        blocks = [np.zeros((m, m)) for _ in range(p)]
        for name, (variable, order) in self.lags.items():
            blocks[order - 1][:, self.variables.index(variable)] += c[:, self.columns.index(name)]
        inverse = np.linalg.inv(np.eye(m) - a)
        top = np.hstack([inverse @ block for block in blocks])
        below = np.eye(m * (p - 1), m * p)
        return float(np.abs(np.linalg.eigvals(np.vstack([top, below]))).max())


def jacobian(function: Callable[[np.ndarray], np.ndarray], b: np.ndarray) -> np.ndarray:
    """∂f/∂b (K, …) by complex steps."""
    out = []
    for k in range(len(b)):
        moved = b.astype(complex)
        moved[k] += 1j * STEP
        out.append(np.imag(function(moved)) / STEP)
    return np.array(out)


def differences(function: Callable[[np.ndarray], float], b: np.ndarray) -> np.ndarray:
    """∂f/∂b (K,) by central differences, steps in proportion to b."""
    out = []
    for k in range(len(b)):
        step = DIFFERENCE * max(abs(b[k]), 1e-3)
        high, low = b.copy(), b.copy()
        high[k] += step
        low[k] -= step
        out.append((function(high) - function(low)) / (2.0 * step))
    return np.array(out)


def errors(derivatives: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """√(J V J') entry by entry, for J (K, …)."""
    out = np.empty(derivatives.shape[1:])
    for place in np.ndindex(out.shape):
        j = derivatives[(slice(None), *place)]
        out[place] = np.sqrt(max(j @ cov @ j, 0.0))
    return out


def plain_of(
    model: SystemEquations,
    identities: Mapping[str, Mapping[str, float]],
    lags: Mapping[str, tuple[str, int]] | None = None,
) -> Plain:
    """Write a model down as a plain structural form."""
    lefts = dict(zip(model.labels, model.endog_names, strict=True))
    return Plain(lefts, list(model.index), identities, lags or {})


# ---------------------------------------------------------------------------- random systems


@dataclass(frozen=True)
class Closed:
    """A random system with identities, and lags as declared; its data satisfy the identities.

    Lags are declared of columns that are no lags: the algebra of multipliers does not mind.
    """

    base: System
    frame: pd.DataFrame
    right: tuple[tuple[str, ...], ...]
    identities: Mapping[str, Mapping[str, float]]
    lags: Mapping[str, tuple[str, int]]

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        printer.text(f"Closed({self.base.left}, {self.right}, {self.identities}, {self.lags})")

    def model(self) -> SystemEquations:
        base = self.base
        formulas = {}
        for i, label in enumerate(base.labels):
            own = [name for name in self.right[i] if name != "1"]
            start = [] if "1" in self.right[i] else ["0"]
            formulas[label] = f"{base.left[i]} ~ {' + '.join([*start, *own])}"
        texts = [
            f"{left} = {' + '.join(f'{w!r}*{name}' for name, w in weights.items())}".replace(
                "*Intercept", ""
            )
            for left, weights in self.identities.items()
        ]
        return SystemEquations(
            formulas,
            self.frame,
            instruments=base.instrument_formula(0),
            identities=texts or None,
            lags=dict(self.lags) or None,
        )

    def plain(self, model: SystemEquations) -> Plain:
        return plain_of(model, self.identities, self.lags)


@st.composite
def closed_systems(draw: st.DrawFn, lagged: bool = False) -> Closed:
    """Draw a system, put identities behind some of its regressors, and declare lags.

    A right side y_j may become s_j = w y_j + v z + c, by identity; a further identity adds up what
    there is, and stands in no equation.
    """
    base = draw(systems(max_equations=4, differing=False))
    frame, right, identities = base.frame.copy(), list(base.right), {}
    spare = [name for name in frame.columns if name.startswith("z")]
    for j, left in enumerate(base.left):
        if draw(st.booleans()):
            other = draw(st.sampled_from(spare))
            weights = {left: draw(st.sampled_from([0.5, 1.0, -2.0])), other: 0.25, "Intercept": 3.0}
            frame[f"s{j}"] = weights[left] * frame[left] + 0.25 * frame[other] + 3.0
            identities[f"s{j}"] = weights
            swap = {left: f"s{j}"}
            right = [tuple(swap.get(name, name) for name in own) for own in right]
    if draw(st.booleans()):
        parts = dict.fromkeys([*base.left, *identities], 1.0)
        frame["all"] = sum(frame[name] for name in parts)
        identities["all"] = parts
    lags = _declared(draw, right, [*base.left, *identities]) if lagged else {}
    return Closed(base, frame, tuple(right), identities, lags)


def _declared(
    draw: st.DrawFn, right: list[tuple[str, ...]], variables: list[str]
) -> dict[str, tuple[str, int]]:
    """Declare one to three exogenous regressors as lags, of different variables or orders."""
    pool = sorted({name for own in right for name in own if name.startswith("z")})
    number = draw(st.integers(1, min(3, len(pool))))
    pairs = [(variable, order) for variable in variables for order in (1, 2, 3)]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=number, max_size=number, unique=True))
    return dict(zip(pool, chosen, strict=False))
