"""Sums over rows, clusters or lags for tests, as the results' own kind of covariance asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simeq.design.sample_rows import SampleRows
from simeq.diagnostics.hypothesis_test import HypothesisTest, chi2_test, f_test
from simeq.errors import DataError, count
from simeq.estimation.columns import Columns
from simeq.inference.linear_tests import NEGATIVE_TOL, SINGULAR_TOL
from simeq.linalg.bases import FloatArray, lengths
from simeq.moments.meat import MAKERS, Meat, RowScores
from simeq.moments.request import OPTIONS, Request
from simeq.moments.scores import Scores

#: Sums of products that are below this share of their factors' lengths are rounding errors. Those
#: of n unrelated rows are about 1/√n.
ROUNDING_TOL = 1e-9


@dataclass(frozen=True, eq=False)
class RobustRows:
    """Rows with the dependence that tests allow for.

    Attributes
    ----------
    sample_rows : SampleRows
    request : Request
        Robust to heteroskedasticity, clusters, or serial correlation.
    use_f : bool
        Whether Wald statistics are referred to F.
    """

    sample_rows: SampleRows
    request: Request
    use_f: bool

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.sample_rows.nobs

    def meat(self, left: Columns, right: Columns) -> Meat:
        """Σ s s' of products s_t of two sets of columns, row by row, without any factor.

        Moments that are nothing but rounding errors are zero: residuals of a regression on dummies
        add up to zero in each of their clusters.

        Parameters
        ----------
        left : Columns (q)
        right : Columns (q or 1)
        """
        q = left.number
        second = right.loadings if right.number == q else np.repeat(right.loadings, q, axis=1)
        found = self.summed(Scores(left.loadings, second, np.eye(q), None, None, np.eye(q)))
        least = ROUNDING_TOL * lengths(left.values) * lengths(right.values)
        there = np.sqrt(np.abs(found.matrix.diagonal())) > least
        return replace(found, matrix=np.where(np.multiply.outer(there, there), found.matrix, 0.0))

    def summed(self, scores: Scores) -> Meat:
        """Σ s s' of scores, without any factor."""
        plain = Request(self.request.name, {**self.request.options, **self._uncorrected})
        return MAKERS[plain.name](plain, RowScores(scores, self.sample_rows, ()))

    @property
    def _uncorrected(self) -> Mapping[str, Any]:
        """Option that leaves the small-sample factor out, where a kind has one."""
        return {} if self.request.name.startswith("HC") else {"use_correction": False}

    def factor(self, k: int, groups: int | None) -> float:
        """Small-sample factor of a variance after k coefficients, as the covariance has it.

        n/(n − k) for HC1, g/(g − 1)·(n − 1)/(n − k) for clusters, 1 for the others.
        """
        name, n = self.request.name, float(self.nobs)
        if name == "HC0" or not (name == "HC1" or self.request.use_correction):
            return 1.0
        if name == "cluster" and groups is not None:
            return groups / (groups - 1.0) * (n - 1.0) / (n - k)
        return n / (n - k)

    def denominator(self, k: int, groups: int | None) -> float:
        """Degrees of freedom of an F after k coefficients: g − 1 with clusters, else n − k."""
        return float(self.nobs - k if groups is None else groups - 1)

    def wald(
        self,
        name: str,
        equation: str,
        gap: FloatArray,
        meat: Meat,
        k: int,
        null: str,
        use_f: bool | None = None,
    ) -> HypothesisTest:
        """Refer g'(f·Σ s s')⁻¹g to χ², or its share to F, with the small-sample factor f.

        Parameters
        ----------
        name, equation, null : str
        gap : (q,) array
            g, such as sums of s_t.
        meat : Meat
        k : int
            Coefficients in the regression behind it.
        use_f : bool, optional
            As the results do by default.
        """
        statistic = quadratic(gap, meat, equation) / self.factor(k, meat.n_groups)
        if self.use_f if use_f is None else use_f:
            denominator = self.denominator(k, meat.n_groups)
            return f_test(name, equation, statistic / gap.size, gap.size, denominator, null)
        return chi2_test(name, equation, statistic, gap.size, null)


def robust_rows(
    request: Request, sample_rows: SampleRows, scores: Scores, use_f: bool
) -> RobustRows:
    """Return the dependence that robust tests of a result allow for: its own, or HC1.

    Results with classical errors are tested against heteroskedasticity; jackknife and bootstrap
    have the dependence of their clusters. Lags that the covariance chose are those of every test:
    moments of a test have no units of their own in which to choose.

    Parameters
    ----------
    request : Request
    sample_rows : SampleRows
    scores : Scores
        Of the result.
    use_f : bool
    """
    if request.name == "nonrobust":
        return RobustRows(sample_rows, Request("HC1", {}), use_f)
    if request.is_resampling:
        groups = request["groups"]
        own = Request("HC1", {}) if groups is None else Request("cluster", {"groups": groups})
        return RobustRows(sample_rows, own, use_f)
    if "maxlags" in OPTIONS[request.name] and request["maxlags"] is None:
        lags = MAKERS[request.name](request, RowScores(scores, sample_rows, ())).lags
        request = Request(request.name, {**request.options, "maxlags": lags})
    return RobustRows(sample_rows, request, use_f)


def quadratic(gap: FloatArray, meat: Meat, where: str) -> float:
    """g'(Σ s s')⁻¹g.

    Parameters
    ----------
    gap : (q,) array
    meat : Meat
    where : str
        The equation, for errors.

    Raises
    ------
    DataError
        If the sum is singular or not positive definite, or rests on as few terms as there are
        moments: then it is q whatever the data.
    """
    scaled, size = _correlation(meat)
    smallest = float(np.linalg.eigvalsh(scaled)[0])
    if smallest <= SINGULAR_TOL or meat.terms <= gap.size:
        raise undefined(gap.size, meat, where, smallest)
    unit = gap / size
    return float(unit @ np.linalg.solve(scaled, unit))


def eigenvalues(meat: Meat) -> FloatArray:
    """Eigenvalues (q,) of the correlation form of a sum, smallest first; negative if indefinite."""
    return np.asarray(np.linalg.eigvalsh(_correlation(meat)[0]))


def _correlation(meat: Meat) -> tuple[FloatArray, FloatArray]:
    """Correlation form (q, q) of a sum, and its units (q,); moments that are zero stay zero."""
    size = np.sqrt(np.abs(meat.matrix.diagonal()))
    size[size == 0.0] = 1.0
    return meat.matrix / np.multiply.outer(size, size), size


def undefined(q: int, meat: Meat, where: str, smallest: float) -> DataError:
    """Say why the covariance of q moments, with this smallest eigenvalue, makes no statistic."""
    text = (
        f"{where}: the robust covariance of {count(q, 'moment')} rests on "
        f"{count(meat.terms, meat.of)}"
    )
    if smallest < NEGATIVE_TOL:
        return DataError(
            f"{text} and is not positive definite, as two-way clusters with few labels and slowly "
            f"falling kernels can give; use one-way clusters or the Bartlett kernel, or a test "
            f"that takes errors for homoskedastic."
        )
    why = (
        "is singular" if smallest <= SINGULAR_TOL else f"makes the statistic {q} whatever the data"
    )
    return DataError(
        f"{text} and {why}; use more {meat.of}s, fewer moments (instruments, equations), or a test "
        f"that takes errors for homoskedastic."
    )
