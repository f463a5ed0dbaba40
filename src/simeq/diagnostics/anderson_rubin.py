"""Anderson and Rubin's test of a structural coefficient, and the values that it does not reject.

It needs no strong instruments: under the null hypothesis y − Yβ is exogenous, so that the excluded
instruments have nothing to add to it. Anderson and Rubin (1949); Dufour (1997).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
from scipy import linalg

from simeq._linalg import FloatArray
from simeq.conventions import choose
from simeq.diagnostics.equation import InstrumentedEquation
from simeq.diagnostics.record import HypothesisTest, chi2_test, f_test
from simeq.diagnostics.robust import RobustRows
from simeq.distribution import require_alpha
from simeq.errors import DataError, SimeqError

#: An eigenvalue is real when its imaginary part is below this share of its size.
REAL_TOL = 1e-7


@dataclass(frozen=True)
class ConfidenceSet:
    """Values of a coefficient that a test does not reject: an interval, rays, all, or none.

    Attributes
    ----------
    intervals : tuple of (float, float)
        Disjoint, in order; infinite ends where the set is unbounded.
    level : float
        Its coverage.
    name : str
        The coefficient.
    """

    intervals: tuple[tuple[float, float], ...]
    level: float
    name: str

    @property
    def is_empty(self) -> bool:
        """Whether every value is rejected, as when the instruments are not valid."""
        return not self.intervals

    @property
    def is_bounded(self) -> bool:
        """Whether it has finite ends; with weak instruments it may not."""
        return all(math.isfinite(end) for own in self.intervals for end in own)

    def __contains__(self, value: float) -> bool:
        return any(low <= value <= high for low, high in self.intervals)

    def __str__(self) -> str:
        """Write the set."""
        parts = " or ".join(f"{low:.4g} to {high:.4g}" for low, high in self.intervals)
        return f"{self.level:.0%} confidence set of {self.name}: {parts or 'empty'}"


@dataclass(frozen=True, eq=False)
class AndersonRubin:
    """The test as a function of the coefficient β.

    F(β) = g(β)'(f S(β))⁻¹g(β)/L₂ with g = a − βp and S = S₀ − βS₁ + β²S₂.

    Attributes
    ----------
    equation, regressor : str
    estimate, unit : float
        2SLS and a length in which β is measured, for conditioning.
    a, p : (L₂,) arrays
        Z'y and Z'Y for orthonormal Z.
    s0, s1, s2 : (L₂, L₂) arrays
        Sums of products of first-stage scores of y and of Y.
    factor : float
        f, the small-sample factor.
    df_denom : float or None
        Of F; None for χ².
    robust : bool
    """

    equation: str
    regressor: str
    estimate: float
    unit: float
    a: FloatArray
    p: FloatArray
    s0: FloatArray = field(repr=False)
    s1: FloatArray = field(repr=False)
    s2: FloatArray = field(repr=False)
    factor: float
    df_denom: float | None
    robust: bool

    @property
    def name(self) -> str:
        """Name of the coefficient."""
        return f"[{self.equation}]{self.regressor}"

    def test(self, value: float = 0.0) -> HypothesisTest:
        """Test that the coefficient has a value: F(L₂, n − L), or F(L₂, g − 1) with clusters.

        The score form refers L₂ F to χ²(L₂).

        Raises
        ------
        DataError
            If the robust covariance is singular there.
        """
        kind = "" if not self.robust else " score" if self.df_denom is None else " robust"
        title = f"Anderson-Rubin{kind}"
        null = f"{self.name} = {value:g}, and the instruments are valid"
        statistic = self._statistic(float(value))
        if not statistic >= 0.0:
            raise DataError(
                f"{self.equation}: the robust covariance of {self.a.size} instruments is singular "
                f"or not positive definite at {self.name} = {value:g}; use fewer instruments."
            )
        size, df_denom = self.a.size, self.df_denom
        if df_denom is None:
            return chi2_test(title, self.equation, statistic * size, size, null)
        return f_test(title, self.equation, statistic, size, df_denom, null)

    def conf_set(self, alpha: float = 0.05) -> ConfidenceSet:
        """Values that the test does not reject, exactly: its ends are roots of a polynomial.

        Parameters
        ----------
        alpha : float
            One minus the coverage, in (0, 1).

        Returns
        -------
        ConfidenceSet
            An interval, two rays, the whole line or, where instruments are not valid, nothing.
        """
        require_alpha(alpha)
        from scipy import special

        size, df_denom = self.a.size, self.df_denom
        if df_denom is None:
            critical = float(special.chdtri(size, alpha)) / size
        else:
            critical = float(special.fdtri(size, df_denom, 1.0 - alpha))
        ends = [-math.inf, *self._roots(critical), math.inf]
        kept: list[tuple[float, float]] = []
        for low, high in itertools.pairwise(ends):
            if not self._statistic(_between(low, high, self.unit)) <= critical:
                continue
            if kept and kept[-1][1] == low:
                kept[-1] = (kept[-1][0], high)
            else:
                kept.append((low, high))
        return ConfidenceSet(tuple(kept), 1.0 - alpha, self.name)

    def _statistic(self, value: float) -> float:
        """F(β); NaN where S(β) is not positive definite."""
        gap = self.a - value * self.p
        s = self.s0 - value * self.s1 + value**2 * self.s2
        try:
            root = np.linalg.cholesky(s)
        except np.linalg.LinAlgError:
            return math.nan
        side = np.linalg.solve(root, gap)
        return float(side @ side) / (self.factor * self.a.size)

    def _roots(self, critical: float) -> list[float]:
        """Values at which F(β) is critical.

        There the bordered matrix [S(β), g(β); g(β)', c] is singular, c = critical·L₂·f. It is
        quadratic in β, so that these are the real eigenvalues of its linearisation.
        """
        c = critical * self.a.size * self.factor
        if not self.robust:
            return self._classical_roots(c)
        middle, unit = self.estimate, self.unit  # β = middle + unit·τ
        at = self.s0 - middle * self.s1 + middle**2 * self.s2
        m0 = _bordered(at, self.a - middle * self.p, c)
        m1 = _bordered(unit * (2.0 * middle * self.s2 - self.s1), -unit * self.p, 0.0)
        m2 = _bordered(unit**2 * self.s2, np.zeros_like(self.p), 0.0)
        eye, zero = np.eye(len(m0)), np.zeros_like(m0)
        left, right = np.block([[zero, eye], [-m0, -m1]]), np.block([[eye, zero], [zero, m2]])
        alpha, beta = linalg.eig(left, right, right=False, homogeneous_eigvals=True)
        finite = np.abs(beta) > 1e-12 * np.abs(alpha)
        tau = alpha[finite] / beta[finite]
        real = tau[np.abs(tau.imag) <= REAL_TOL * (1.0 + np.abs(tau))].real
        return sorted({float(middle + unit * t) for t in real})

    def _classical_roots(self, c: float) -> list[float]:
        """Roots of g(β)'g(β) = c s(β), where S(β) = s(β) I."""
        middle, unit = self.estimate, self.unit
        gap = self.a - middle * self.p
        s = self.s0[0, 0] - middle * self.s1[0, 0] + middle**2 * self.s2[0, 0]
        slope = unit * (2.0 * middle * self.s2[0, 0] - self.s1[0, 0])
        polynomial = [
            unit**2 * (float(self.p @ self.p) - c * self.s2[0, 0]),
            -2.0 * unit * float(gap @ self.p) - c * slope,
            float(gap @ gap) - c * s,
        ]
        roots = np.roots(polynomial)
        return sorted(float(middle + unit * t.real) for t in roots if t.imag == 0.0)


def anderson_rubin(
    own: InstrumentedEquation, rows: RobustRows | None = None, form: str = "wald"
) -> AndersonRubin:
    """Return the test for the endogenous regressor of an equation.

    Parameters
    ----------
    own : InstrumentedEquation
    rows : RobustRows, optional
        The dependence that a robust test allows for; without it errors are homoskedastic.
    form : {"wald", "score"}
        Of the robust test: residuals of y − Yβ on all instruments, as in ivreg2; or on the
        included ones, as the null hypothesis has it, which holds its size with fewer clusters.

    Raises
    ------
    SimeqError
        If there is not one endogenous regressor.
    """
    if len(own.names) != 1:
        raise SimeqError(
            f"The Anderson-Rubin set is for one endogenous regressor; equation {own.label} has "
            f"{len(own.names)}."
        )
    score = choose(form, ("wald", "score"), "form") == "score"
    both = own.y.beside(own.endogenous)
    a, p = both.on(own.excluded).T
    v = both if score and rows is not None else both.apart_from(own.excluded)
    unit = float(np.linalg.norm(own.residual.values) / np.linalg.norm(p))
    size, k = a.size, own.n_instruments
    factor, df_denom = 1.0 / own.free_rows, float(own.free_rows)
    if rows is None:
        moments: FloatArray = np.kron(v.values.T @ v.values, np.eye(size)).astype(np.float64)
    else:
        both_z = own.excluded.beside(own.excluded)
        meat = rows.meat(both_z, v.take([0] * size + [1] * size))
        moments = meat.matrix
        factor = 1.0 if score else rows.factor(k, meat.n_groups)
        df_denom = rows.denominator(k, meat.n_groups)
    s0, s2 = moments[:size, :size], moments[size:, size:]
    s1 = moments[:size, size:] + moments[size:, :size]
    return AndersonRubin(
        own.label,
        own.names[0],
        float(own.coefficients[0]),
        unit,
        a,
        p,
        s0,
        s1,
        s2,
        factor,
        None if score and rows is not None else df_denom,
        rows is not None,
    )


def _bordered(s: FloatArray, g: FloatArray, c: float) -> FloatArray:
    """[S, g; g', c]."""
    return np.block([[s, g[:, None]], [g[None, :], np.full((1, 1), c)]])


def _between(low: float, high: float, unit: float) -> float:
    """Return a value inside an interval, far out in a ray."""
    if math.isinf(low) and math.isinf(high):
        return 0.0
    if math.isinf(low):
        return high - 1e3 * (unit + abs(high))
    if math.isinf(high):
        return low + 1e3 * (unit + abs(low))
    return (low + high) / 2.0
