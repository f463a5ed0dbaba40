"""Coefficients as users meet them: labelled statistics, intervals, tests of restrictions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simeq.errors import DataError, SimeqError, nearest
from simeq.formula.constraints import Constraints, read_constraints
from simeq.inference.coefficients import Coefficients
from simeq.inference.intervals import Bounds
from simeq.inference.linear_tests import require_clusters, t_ratios, wald_statistic
from simeq.linalg.bases import FloatArray

if TYPE_CHECKING:
    from statsmodels.stats.contrast import ContrastResults


class CoefficientResults:
    """Estimated coefficients with their labels.

    Parameters
    ----------
    coefficients : Coefficients

    Attributes
    ----------
    coefficients : Coefficients
        The same as arrays, with their covariance and distribution.
    """

    def __init__(self, coefficients: Coefficients) -> None:
        self.coefficients = coefficients

    @property
    def n_groups(self) -> int | None:
        """Clusters of the covariance, the smaller number of two-way ones."""
        return self.coefficients.n_groups

    @property
    def use_t(self) -> bool:
        """Whether t ratios are referred to Student's t."""
        return self.coefficients.dof is not None

    @property
    def cov_description(self) -> str:
        """Kind of the coefficients' covariance in words, with its clusters, lags or draws."""
        return self.coefficients.kind

    @cached_property
    def params(self) -> pd.Series[float]:
        """Coefficients (K,)."""
        return self._series(self.coefficients.b.copy(), "params")

    @cached_property
    def bse(self) -> pd.Series[float]:
        """Standard errors (K,); 0 for a coefficient that constraints fix."""
        return self._series(self.coefficients.errors.copy(), "bse")

    @property
    def tvalues(self) -> pd.Series[float]:
        """Coefficients by their standard errors (K,); NaN for those that constraints fix."""
        return self._series(self.coefficients.ratios, "tvalues")

    @property
    def pvalues(self) -> pd.Series[float]:
        """Two-sided p values of the t ratios (K,)."""
        return self._series(self.coefficients.pvalues, "pvalues")

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Confidence intervals.

        Parameters
        ----------
        alpha : float
            One minus the coverage, in (0, 1).

        Returns
        -------
        DataFrame
            Columns lower and upper, a row for each coefficient.
        """
        return self._bounds(self.coefficients.interval(alpha))

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients (K, K), across equations too."""
        own = self.coefficients
        return pd.DataFrame(own.cov.copy(), index=own.index, columns=own.index)

    def t_test(
        self, r_matrix: Constraints, cov_p: FloatArray | None = None, use_t: bool | None = None
    ) -> ContrastResults:
        """Test each linear restriction by itself.

        Parameters
        ----------
        r_matrix : str, matrix or pair (R, q)
            Such as ``"[consumption]corpProf = [investment]corpProf"``; without ``=``, zero.
        cov_p : (K, K) array, optional
            Another covariance of the coefficients.
        use_t : bool, optional
            Student's t rather than the normal; as the result's by default.

        Returns
        -------
        statsmodels.stats.contrast.ContrastResults
        """
        from statsmodels.stats.contrast import ContrastResults

        own = self.coefficients
        r, q, texts = read_constraints(r_matrix, own.names)
        t, sd = t_ratios(own.b, self._covariance(cov_p), r, q)
        by_t = self.use_t if use_t is None else use_t
        statistic = {"t": t} if by_t else {"statistic": t, "distribution": "norm"}
        df = self._joint_dof(r) if by_t else own.df_joint
        found = ContrastResults(effect=r @ own.b, sd=sd, df_denom=df, **statistic)
        found.c_names = texts
        return found

    def adjusted_pvalues(
        self, method: str = "holm", coefficients: Sequence[Any] | None = None
    ) -> pd.Series[float]:
        """P values that allow for the number of coefficients tested, by statsmodels.

        Parameters
        ----------
        method : str
            Such as "bonferroni", "holm", "hommel", "fdr_bh"; see
            ``statsmodels.stats.multitest.multipletests``.
        coefficients : sequence, optional
            Labels of the coefficients tested, as in ``params.index``; all by default.

        Returns
        -------
        Series
            NaN for a coefficient without a p value, which is not counted.

        Raises
        ------
        SimeqError
            If statsmodels knows no such method, or a label is unknown.
        """
        from statsmodels.stats.multitest import multipletests

        found = self.pvalues
        if coefficients is not None:
            found = found.loc[_known_labels(coefficients, self.coefficients.index)]
        there = found.notna()
        try:
            found[there] = multipletests(found[there], method=method)[1]
        except (ValueError, AttributeError) as error:
            raise SimeqError(f"Unknown method {method!r} of adjustment: {error}.") from None
        return found.rename("adjusted_pvalues")

    def f_test(
        self,
        r_matrix: Constraints,
        cov_p: FloatArray | None = None,
        invcov: FloatArray | None = None,
    ) -> ContrastResults:
        """Test linear restrictions jointly by F; see `wald_test`."""
        return self.wald_test(r_matrix, cov_p=cov_p, invcov=invcov, use_f=True)

    def wald_test(
        self,
        r_matrix: Constraints,
        cov_p: FloatArray | None = None,
        invcov: FloatArray | None = None,
        use_f: bool | None = None,
        df_constraints: int | None = None,
        scalar: bool = True,
    ) -> ContrastResults:
        """Test linear restrictions jointly: (Rb − q)'(RVR')⁻¹(Rb − q).

        Parameters
        ----------
        r_matrix : str, matrix or pair (R, q)
        cov_p : (K, K) array, optional
            Another covariance V of the coefficients.
        invcov : (r, r) array, optional
            Another inverse of RVR'.
        use_f : bool, optional
            F rather than χ²; as the result's `use_t` by default.
        df_constraints : int, optional
            Another number of restrictions.
        scalar : bool
            Whether the statistic is a float rather than a (1, 1) array.

        Returns
        -------
        statsmodels.stats.contrast.ContrastResults

        Raises
        ------
        ConstraintError
            If restrictions repeat each other, or concern only what constraints fix already.
        """
        from statsmodels.stats.contrast import ContrastResults

        own = self.coefficients
        r, q, texts = read_constraints(r_matrix, own.names)
        if invcov is None:
            cov = self._covariance(cov_p)
            require_clusters(own.n_groups, len(r))
            statistic = wald_statistic(own.b, cov, r, q, texts)
        else:
            gap = r @ own.b - q
            statistic = float(gap @ _square(invcov, len(r), "invcov") @ gap)
        number = len(r) if df_constraints is None else df_constraints
        by_f = self.use_t if use_f is None else use_f
        value = statistic / number if by_f else statistic
        shown = value if scalar else np.array([[value]])
        if by_f:
            return ContrastResults(F=shown, df_denom=self._joint_dof(r), df_num=number)
        return ContrastResults(
            chi2=shown, df_denom=number, statistic=shown, distribution="chi2", distargs=(number,)
        )

    def _series(self, values: FloatArray, name: str) -> pd.Series[float]:
        return pd.Series(values, index=self.coefficients.index, name=name)

    def _bounds(self, bounds: Bounds) -> pd.DataFrame:
        """Lay an interval out as a frame."""
        index = self.coefficients.index
        return pd.DataFrame(np.column_stack(bounds), index=index, columns=["lower", "upper"])

    def _covariance(self, cov_p: FloatArray | None) -> FloatArray:
        """Return the coefficients' covariance, or another that was given."""
        own = self.coefficients.cov
        return own if cov_p is None else _square(cov_p, len(own), "cov_p")

    def _joint_dof(self, r: FloatArray) -> float:
        """Degrees of freedom of a test of R b = q."""
        return self.coefficients.joint_dof(np.asarray(r.any(axis=0)))


def statistics(results: CoefficientResults, name: str, bounds: pd.DataFrame) -> pd.DataFrame:
    """Return coefficients under a name, with all their numbers, as they are printed."""
    letter = "t" if results.use_t else "z"
    columns = {name: results.params, "std err": results.bse, letter: results.tvalues}
    return pd.DataFrame({**columns, f"P>|{letter}|": results.pvalues, **bounds})


def _square(given: FloatArray, size: int, what: str) -> FloatArray:
    """Take a matrix that must be square, of a size."""
    matrix = np.asarray(given, dtype=np.float64)
    if matrix.shape != (size, size):
        raise DataError(f"{what} has shape {matrix.shape}; it must have {(size, size)}.")
    return matrix


def _known_labels(given: Any, index: pd.Index[Any]) -> list[Any]:
    """Labels of coefficients, each once; one alone may stand without a list."""
    alone = isinstance(given, str) or (isinstance(given, tuple) and given in index)
    labels = [given] if alone else [tuple(x) if isinstance(x, list) else x for x in given]
    for label in labels:
        if label not in index:
            hint = nearest(str(label), map(str, index))
            raise SimeqError(f"Unknown coefficient {label!r}.{hint}")
    return list(dict.fromkeys(labels))
