"""Anderson and Rubin's test of a structural coefficient, and the values that it does not reject.

It needs no strong instruments: under the null hypothesis y − Yβ is exogenous, so that the excluded
instruments have nothing to add to it. Anderson and Rubin (1949); Dufour (1997).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Real

import numpy as np
from scipy.linalg import eig

from simeq.diagnostics.confidence_set import ConfidenceSet, not_rejected
from simeq.diagnostics.hypothesis_test import HypothesisTest, Tested, chi2_test, f_test
from simeq.diagnostics.instrumented_equation import InstrumentedEquation
from simeq.diagnostics.robust_moments import RobustRows, eigenvalues, quadratic, undefined
from simeq.errors import DataError, SimeqError, choose
from simeq.estimation.columns import Columns
from simeq.inference.distribution import require_alpha
from simeq.inference.linear_tests import NEGATIVE_TOL
from simeq.linalg.bases import FloatArray
from simeq.moments.meat import Meat

#: An eigenvalue is real when its imaginary part is below this share of its size.
REAL_TOL = 1e-7


@dataclass(frozen=True, eq=False)
class AndersonRubin(Tested):
    """The test as a function of the coefficient β.

    F(β) = g(β)'(f S(β))⁻¹g(β)/L₂ with g = a − βp and S = S₀ − βS₁ + β²S₂.

    Attributes
    ----------
    equation, regressor : str
    estimate, unit : float
        2SLS and a length in which β is measured, for conditioning.
    a, p : (L₂,) arrays
        Z'y and Z'Y for orthonormal Z.
    meat : Meat
        Sums of products of first-stage scores of y, then of Y (2L₂, 2L₂).
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
    a: FloatArray = field(repr=False)
    p: FloatArray = field(repr=False)
    meat: Meat = field(repr=False)
    factor: float = field(repr=False)
    df_denom: float | None
    robust: bool

    @cached_property
    def s(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """S₀, S₁ and S₂ (L₂, L₂)."""
        size, sums = self.a.size, self.meat.matrix
        cross = sums[:size, size:]
        return sums[:size, :size], cross + cross.T, sums[size:, size:]

    @property
    def name(self) -> str:
        """Name of the coefficient."""
        return f"[{self.equation}]{self.regressor}"

    @property
    def statistic(self) -> float:
        """Of the test that the coefficient is zero; see `test` for other values."""
        return self.test().statistic

    def __str__(self) -> str:
        """Say what the test of zero is, and which values are not rejected; or why there is none."""
        return "\n".join(_written(make) for make in (self.test, self.conf_set))

    def test(self, value: float = 0.0) -> HypothesisTest:
        """Test that the coefficient has a value: F(L₂, n − L), or F(L₂, g − 1) with clusters.

        The score form refers L₂ F to χ²(L₂).

        Raises
        ------
        DataError
            If the robust covariance is singular there.
        """
        if not isinstance(value, Real) or not math.isfinite(value):
            raise SimeqError(f"{self.name} can be tested for a finite number, not for {value!r}.")
        kind = "" if not self.robust else " score" if self.df_denom is None else " robust"
        title = f"Anderson-Rubin{kind}"
        null = f"{self.name} = {value:g}, and the instruments are valid"
        statistic, size, df_denom = self._statistic(float(value)), self.a.size, self.df_denom
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

        Raises
        ------
        DataError
            If the robust covariance is singular or not positive definite at a value.
        """
        require_alpha(alpha)
        critical = _critical(self.a.size, self.df_denom, alpha)
        found = not_rejected(
            lambda value: self._statistic(value) <= critical, self._roots(critical), self.unit
        )
        return ConfidenceSet(found, 1.0 - alpha, self.name)

    def _at(self, value: float) -> tuple[FloatArray, FloatArray]:
        """g(β) and S(β)."""
        s0, s1, s2 = self.s
        return self.a - value * self.p, s0 - value * s1 + value**2 * s2

    def _statistic(self, value: float) -> float:
        """F(β)."""
        gap, s = self._at(value)
        where = f"{self.equation} at {self.name} = {value:.4g}"
        found = quadratic(gap, replace(self.meat, matrix=s), where)
        return found / (self.factor * self.a.size)

    def _roots(self, critical: float) -> list[float]:
        """Values at which F(β) is critical.

        There the bordered matrix [S(β), g(β); g(β)', c] is singular, c = critical·L₂·f. It is
        quadratic in β, so that these are the real eigenvalues of its linearisation.
        """
        c = critical * self.a.size * self.factor
        if not self.robust:
            return self._classical_roots(c)
        self._statistic(self.estimate)
        middle, unit = self.estimate, self.unit  # β = middle + unit·τ
        (gap, at), (_, s1, s2) = self._at(middle), self.s
        size = np.append(np.sqrt(at.diagonal()), math.sqrt(c))  # units of the data do not matter
        scale = np.multiply.outer(size, size)
        m0 = _bordered(at, gap, c) / scale
        m1 = _bordered(unit * (2.0 * middle * s2 - s1), -unit * self.p, 0.0) / scale
        m2 = _bordered(unit**2 * s2, np.zeros_like(self.p), 0.0) / scale
        self._require_definite(m0[:-1, :-1], m1[:-1, :-1], m2[:-1, :-1])
        return sorted(middle + unit * t for t in _real_eigenvalues(m0, m1, m2))

    def _require_definite(self, *s: FloatArray) -> None:
        """Check that S, positive definite at the estimate, stays so: singular nowhere.

        Raises
        ------
        DataError
        """
        least = float(eigenvalues(self.meat)[0])
        if least < NEGATIVE_TOL and (found := _real_eigenvalues(*s)):
            where = f"{self.equation} at {self.name} = {self.estimate + self.unit * found[0]:.4g}"
            raise undefined(self.a.size, self.meat, where, least)

    def _classical_roots(self, c: float) -> list[float]:
        """Roots of g(β)'g(β) = c s(β), where S(β) = s(β) I."""
        middle, unit = self.estimate, self.unit
        (gap, at), (_, s1, s2) = self._at(middle), self.s
        polynomial = [
            unit**2 * (float(self.p @ self.p) - c * s2[0, 0]),
            -2.0 * unit * float(gap @ self.p) - c * unit * (2.0 * middle * s2[0, 0] - s1[0, 0]),
            float(gap @ gap) - c * at[0, 0],
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
    if score and rows is None:
        raise SimeqError("form='score' is a form of the robust test; set robust=True.")
    both = own.y.beside(own.endogenous)
    a, p = both.on(own.excluded).T
    v = both if score else both.apart_from(own.excluded)
    meat = _homoskedastic(v, own) if rows is None else _robust(v, own, rows)
    factor, df_denom = 1.0 / own.free_rows, float(own.free_rows)
    if rows is not None:
        factor = 1.0 if score else rows.factor(own.n_instruments, meat.n_groups)
        df_denom = rows.denominator(own.n_instruments, meat.n_groups)
    return AndersonRubin(
        own.label,
        own.names[0],
        float(own.coefficients[0]),
        float(np.linalg.norm(own.residual.values) / np.linalg.norm(p)),
        a,
        p,
        meat,
        factor,
        None if score else df_denom,
        rows is not None,
    )


def _homoskedastic(v: Columns, own: InstrumentedEquation) -> Meat:
    """V'V ⊗ I: scores with the same variance in all rows."""
    sums = np.kron(v.values.T @ v.values, np.eye(own.excluded.number))
    return Meat(np.asarray(sums, dtype=np.float64), "homoskedastic", own.nobs)


def _robust(v: Columns, own: InstrumentedEquation, rows: RobustRows) -> Meat:
    """Σ s s' of s_t = (z_t v_yt, z_t v_Yt)."""
    size = own.excluded.number
    z = own.excluded.beside(own.excluded)
    return rows.meat(z, v.take([0] * size + [1] * size))


def _written(make: Callable[[], HypothesisTest | ConfidenceSet]) -> str:
    """Write what a robust covariance may not allow to be made."""
    try:
        return str(make())
    except DataError as error:
        return str(error)


def _critical(df: int, df_denom: float | None, alpha: float) -> float:
    """Value that F(df, df_denom) or, by df, χ²(df) exceeds with probability α, however small."""
    from scipy import special

    if df_denom is None:
        return float(special.chdtri(df, alpha)) / df
    share = float(special.betaincinv(df_denom / 2.0, df / 2.0, alpha))
    return df_denom * (1.0 - share) / (df * share)


def _bordered(s: FloatArray, g: FloatArray, c: float) -> FloatArray:
    """[S, g; g', c]."""
    return np.block([[s, g[:, None]], [g[None, :], np.full((1, 1), c)]])


def _real_eigenvalues(m0: FloatArray, m1: FloatArray, m2: FloatArray) -> list[float]:
    """Real τ at which m₀ + τm₁ + τ²m₂ is singular: eigenvalues of its linearisation."""
    eye, zero = np.eye(len(m0)), np.zeros_like(m0)
    left, right = np.block([[zero, eye], [-m0, -m1]]), np.block([[eye, zero], [zero, m2]])
    alpha, beta = eig(left, right, right=False, homogeneous_eigvals=True)
    finite = np.abs(beta) > 1e-12 * np.abs(alpha)
    tau = alpha[finite] / beta[finite]
    real = tau[np.abs(tau.imag) <= REAL_TOL * (1.0 + np.abs(tau))].real
    return [float(t) for t in real]
