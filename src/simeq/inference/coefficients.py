"""Coefficients with a covariance: statistics, intervals and tests of linear restrictions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.errors import ConstraintError, DataError, SimeqError, count, nearest
from simeq.formula.constraints import Constraints, read_constraints
from simeq.inference.distribution import two_sided_pvalues, two_sided_quantile
from simeq.linalg.bases import FloatArray

#: A standard error below this share of its parts' is rounding: the combination is imposed.
IMPOSED_TOL = 1e-7

if TYPE_CHECKING:
    from statsmodels.stats.contrast import ContrastResults


class Coefficients:
    """Estimated coefficients, their covariance and the distribution of their t ratios.

    Parameters
    ----------
    params : (K,) array
    cov : (K, K) array
    index : pandas.Index
        Labels of the coefficients.
    names : K str
        How restrictions name them.
    dof : (K,) array or None
        Degrees of freedom of Student's t for each coefficient; None for the normal distribution.
    df_joint : float
        Denominator degrees of freedom of joint tests.
    n_groups : int or None
        Clusters of the covariance.
    """

    def __init__(
        self,
        params: FloatArray,
        cov: FloatArray,
        index: pd.Index[Any],
        names: Sequence[str],
        dof: FloatArray | None,
        df_joint: float,
        n_groups: int | None = None,
    ) -> None:
        self._b = params
        self._cov = cov
        self._index = index
        self._names = tuple(names)
        self._dof = dof
        self._df_joint = df_joint
        self.n_groups = n_groups

    def _series(self, values: FloatArray, name: str) -> pd.Series[float]:
        return pd.Series(values, index=self._index, name=name)

    @property
    def use_t(self) -> bool:
        """Whether t ratios are referred to Student's t."""
        return self._dof is not None

    @property
    def cov_description(self) -> str:
        """Kind of the coefficients' covariance in words, with its clusters, lags or draws."""
        return "nonrobust"

    @cached_property
    def params(self) -> pd.Series[float]:
        """Coefficients (K,)."""
        return self._series(self._b.copy(), "params")

    @cached_property
    def bse(self) -> pd.Series[float]:
        """Standard errors (K,); 0 for a coefficient that constraints fix."""
        return self._series(_standard_errors(self._cov), "bse")

    @property
    def tvalues(self) -> pd.Series[float]:
        """Coefficients by their standard errors (K,); NaN for those that constraints fix."""
        se = np.asarray(self.bse, dtype=np.float64)
        return self._series(_ratio(self._b, se), "tvalues")

    @property
    def pvalues(self) -> pd.Series[float]:
        """Two-sided p values of the t ratios (K,)."""
        ratios = np.asarray(self.tvalues, dtype=np.float64)
        return self._series(two_sided_pvalues(ratios, self._dof), "pvalues")

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
        reach = two_sided_quantile(alpha, self._dof) * self.bse.to_numpy()
        bounds = np.column_stack([self._b - reach, self._b + reach])
        return pd.DataFrame(bounds, index=self._index, columns=["lower", "upper"])

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients (K, K), across equations too."""
        return pd.DataFrame(self._cov.copy(), index=self._index, columns=self._index)

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

        r, q, texts = read_constraints(r_matrix, self._names)
        effect = r @ self._b
        cov = touched(r, self._covariance(cov_p))
        sd = _standard_errors(r @ cov @ r.T)
        sd[is_imposed(r, cov)] = 0.0
        t = _ratio(effect - q, sd)
        if self.use_t if use_t is None else use_t:
            found = ContrastResults(effect=effect, t=t, sd=sd, df_denom=self._joint_dof(r))
        else:
            found = ContrastResults(
                effect=effect, statistic=t, sd=sd, df_denom=self._df_joint, distribution="norm"
            )
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
            found = found.loc[self._labels_of(coefficients)]
        there = found.notna()
        try:
            found[there] = multipletests(found[there], method=method)[1]
        except (ValueError, AttributeError) as error:
            raise SimeqError(f"Unknown method {method!r} of adjustment: {error}.") from None
        return found.rename("adjusted_pvalues")

    def _labels_of(self, given: Any) -> list[Any]:
        """Labels of coefficients, each once; one alone may stand without a list."""
        alone = isinstance(given, str) or (isinstance(given, tuple) and given in self._index)
        labels = [given] if alone else [tuple(x) if isinstance(x, list) else x for x in given]
        for label in labels:
            if label not in self._index:
                hint = nearest(str(label), map(str, self._index))
                raise SimeqError(f"Unknown coefficient {label!r}.{hint}")
        return list(dict.fromkeys(labels))

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

        r, q, texts = read_constraints(r_matrix, self._names)
        gap = r @ self._b - q
        if invcov is None:
            whole = touched(r, self._covariance(cov_p))
            cov = r @ whole @ r.T
            self._require_clusters(len(r))
            _require_free(r, whole, texts)
            _require_rank(r, cov, texts)
            statistic = gap @ np.linalg.solve(cov, gap)
        else:
            inverse = np.asarray(invcov, dtype=np.float64)
            if inverse.shape != (len(r), len(r)):
                raise DataError(f"invcov has shape {inverse.shape}; it must have {(len(r),) * 2}.")
            statistic = gap @ inverse @ gap
        number = len(r) if df_constraints is None else df_constraints
        by_f = self.use_t if use_f is None else use_f
        value = statistic / number if by_f else statistic
        shown = float(value) if scalar else np.array([[value]])
        if by_f:
            return ContrastResults(F=shown, df_denom=self._joint_dof(r), df_num=number)
        return ContrastResults(
            chi2=shown, df_denom=number, statistic=shown, distribution="chi2", distargs=(number,)
        )

    def _require_clusters(self, restrictions: int) -> None:
        """Check that there are more clusters than restrictions tested."""
        if self.n_groups is not None and restrictions >= self.n_groups:
            raise ConstraintError(
                f"{count(self.n_groups, 'cluster')} can test at most {self.n_groups - 1} "
                f"restrictions jointly, not {restrictions}: sums over them have no higher rank."
            )

    def _covariance(self, cov_p: FloatArray | None) -> FloatArray:
        if cov_p is None:
            return self._cov
        cov = np.asarray(cov_p, dtype=np.float64)
        if cov.shape != self._cov.shape:
            raise DataError(f"cov_p has shape {cov.shape}; it must have {self._cov.shape}.")
        return cov

    def _joint_dof(self, r: FloatArray) -> float:
        """Degrees of freedom of a test: the coefficients' own where they share them."""
        if self._dof is None:
            return self._df_joint
        own = np.unique(self._dof[r.any(axis=0)])
        return float(own[0]) if own.size == 1 else self._df_joint


def _standard_errors(cov: FloatArray) -> FloatArray:
    """Roots of the variances; NaN for one that is negative, as two-way clusters can give."""
    variance = cov.diagonal()
    return np.sqrt(np.where(variance < 0.0, np.nan, variance))


def touched(r: FloatArray, cov: FloatArray) -> FloatArray:
    """Covariance with zeros for coefficients that no restriction touches, defined or not."""
    used = r.any(axis=0)
    return np.where(np.logical_and.outer(used, used), cov, 0.0)


def _ratio(values: FloatArray, errors: FloatArray) -> FloatArray:
    """Values by their standard errors, NaN where there is none."""
    there = errors > 0.0
    out = np.full(values.shape, np.nan)
    np.divide(values, errors, out=out, where=there)
    return out


def is_imposed(r: FloatArray, cov: FloatArray) -> NDArray[np.bool_]:
    """Whether the variance of a combination R b is zero beside those of its coefficients."""
    scale = np.abs(r) @ _standard_errors(cov)
    variance = np.einsum("ij,jk,ik->i", r, cov, r)
    return np.asarray(variance <= (IMPOSED_TOL * scale) ** 2)


def _require_free(r: FloatArray, cov: FloatArray, texts: Sequence[str]) -> None:
    """Check that no restriction tested is one that the estimate obeys by constraint."""
    imposed = np.flatnonzero(is_imposed(r, cov))
    if imposed.size or not np.isfinite(cov).all():
        which = texts[int(imposed[0])] if imposed.size else "the coefficients"
        raise ConstraintError(
            f"The covariance of {which} is zero or undefined, so it cannot be tested; is it "
            f"imposed as a constraint, or does the equation fit exactly?"
        )


def _require_rank(r: FloatArray, cov: FloatArray, texts: Sequence[str]) -> None:
    """Check that the restrictions tested are distinct, and that their covariance has full rank."""
    size = _standard_errors(cov)
    if not np.isfinite(size).all():
        raise ConstraintError(
            f"The variance of {texts[int(np.flatnonzero(~np.isfinite(size))[0])]} is negative, as "
            f"two-way clusters with few labels can give; use one-way clusters."
        )
    correlation = cov / np.multiply.outer(size, size)
    smallest = np.linalg.eigvalsh(correlation)[0]
    if smallest < -1e-10:
        raise ConstraintError(
            f"The covariance of the {len(texts)} restrictions tested is not positive definite, as "
            f"two-way clusters and slowly falling kernels can give; test fewer of them jointly, or "
            f"use one-way clusters or the Bartlett kernel."
        )
    if smallest <= 1e-12 and np.linalg.matrix_rank(r) == len(r):
        raise ConstraintError(
            f"The covariance of the {len(texts)} restrictions tested is singular: are constraints "
            f"among them, or does it rest on as few rows, clusters, periods or draws? Test fewer "
            f"of them jointly."
        )
    if smallest <= 1e-12:
        raise ConstraintError(
            f"The {len(texts)} restrictions tested are not independent ({', '.join(texts)}); "
            f"remove those that repeat others."
        )
