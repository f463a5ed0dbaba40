"""Equal coefficients in independent samples: a Wald test across groups of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simeq.errors import ConstraintError, DataError, SimeqError, count, nearest
from simeq.inference.linear_tests import SINGULAR_TOL, least_eigenvalue
from simeq.linalg.bases import FloatArray, basis, null_space
from simeq.results.comparison import Comparison
from simeq.results.system import SystemResults

if TYPE_CHECKING:
    from statsmodels.stats.contrast import ContrastResults


class GroupComparison(Comparison):
    """Results of the groups of a sample side by side; made by `SystemEquations.fit_by`.

    Attributes
    ----------
    results : dict
        Results by the group's value.
    failed : dict
        Why a group could not be estimated, by its value.
    """

    def __init__(
        self,
        results: Mapping[Any, SystemResults],
        names: Sequence[str],
        failed: Mapping[Any, str] | None = None,
        remarks: Sequence[str] = (),
        shared: str = "",
    ) -> None:
        super().__init__(results, names, failed, remarks)
        self._shared = shared

    def equality_test(self, coefficients: Sequence[str] | str | None = None) -> ContrastResults:
        """Test that coefficients are equal in all groups.

        The Wald statistic is Σ_g (b_g − b̄)'V_g⁻¹(b_g − b̄) with b̄ = (Σ V_g⁻¹)⁻¹ Σ V_g⁻¹ b_g, of
        (groups − 1) × coefficients degrees of freedom, less what constraints fix. It takes the
        groups for independent samples: where clusters have rows in several groups, as years have
        when groups are regions, it does not hold, and is not printed beneath the table.

        Parameters
        ----------
        coefficients : str or list of str, optional
            Names as ``"[demand]price"``, or ``"price"`` for that term of every equation; by default
            all that every group has.

        Returns
        -------
        statsmodels.stats.contrast.ContrastResults

        Raises
        ------
        DataError
            If fewer than two groups were estimated, or a coefficient is not in all of them.
        ConstraintError
            If the coefficients' covariance is singular in a group, as with few clusters.
        """
        from statsmodels.stats.contrast import ContrastResults

        results = list(self.results.values())
        if len(results) < 2:
            raise DataError(
                f"Equality across groups needs two at the least; {len(results)} was estimated."
            )
        directions = _directions(results[0], self._chosen(coefficients))
        white = [directions.whiten(*own) for own in zip(self.names, results, strict=True)]
        statistic = _misfit(np.vstack([a for a, _ in white]), np.concatenate([c for _, c in white]))
        df = (len(results) - 1) * directions.free.shape[1]
        return ContrastResults(
            chi2=statistic, df_denom=df, statistic=statistic, distribution="chi2", distargs=(df,)
        )

    @property
    def equality(self) -> pd.DataFrame:
        """The same test for each coefficient by itself, in the groups that have it.

        Returns
        -------
        DataFrame
            Columns statistic, df and pvalue; a row for each coefficient (equation, term) that two
            groups or more estimate.
        """
        from scipy import special

        numbered = list(enumerate(self.results.values()))
        b = pd.concat({i: result.params for i, result in numbered}, axis=1, sort=False)
        se = pd.concat({i: result.bse for i, result in numbered}, axis=1, sort=False)
        precision = (1.0 / se**2).where(se > 0.0)
        mean = (precision * b).sum(axis=1) / precision.sum(axis=1)
        found = pd.DataFrame({"statistic": (precision * b.sub(mean, axis=0) ** 2).sum(axis=1)})
        found["df"] = precision.notna().sum(axis=1) - 1
        found["pvalue"] = special.chdtrc(found["df"], found["statistic"])
        return found[found["df"] > 0]

    def _chosen(self, given: Sequence[str] | str | None) -> list[str]:
        """Names of the coefficients to test, in order, all of them in every group."""
        each = [result.coefficients.names for result in self.results.values()]
        common = [name for name in each[0] if all(name in own for own in each)]
        if given is None:
            return common
        asked = [given] if isinstance(given, str) else list(given) if np.iterable(given) else []
        if not asked:
            raise DataError(f"Name at least one coefficient, as '{common[0]}', not {given!r}.")
        for name in asked:
            if not any(name in (own, own.partition("]")[2]) for own in common):
                raise DataError(
                    f"No coefficient {name!r} is in every group.{nearest(str(name), common)}"
                )
        return [own for own in common if own in asked or own.partition("]")[2] in asked]

    def _notes(self) -> tuple[str, ...]:
        if self._shared:
            text = (
                f"Clusters ({self._shared}) have rows in several groups, which are then no "
                f"independent samples: equal coefficients are not tested."
            )
            return (*super()._notes(), text)
        try:
            test = self.equality_test()
        except SimeqError:
            return super()._notes()
        text = (
            f"Equal coefficients in all groups: Wald χ²({test.df_denom}) = {test.statistic:.2f}, "
            f"p = {float(test.pvalue):.3f}."
        )
        return (*super()._notes(), text)


@dataclass(frozen=True)
class _Directions:
    """Directions in which coefficients can differ between groups.

    Attributes
    ----------
    names : list of str
        The k coefficients in question.
    units : (k,) array
        What they are measured in: the first group's standard errors.
    free : (k, p) array
        Orthonormal directions that constraints leave, in those units.
    """

    names: list[str]
    units: FloatArray
    free: FloatArray

    def whiten(self, label: str, result: SystemResults) -> tuple[FloatArray, FloatArray]:
        """Return L⁻¹ (p, p) and L⁻¹b (p,) of a group, LL' being its covariance.

        Raises
        ------
        ConstraintError
            If it is singular.
        """
        p = self.free.shape[1]
        if result.n_groups is not None and p >= result.n_groups:
            raise ConstraintError(
                f"{label} has {count(result.n_groups, 'cluster')}, which can test at most "
                f"{result.n_groups - 1} coefficients jointly, not {p}; name fewer."
            )
        own = _places(result, self.names)
        scale = np.multiply.outer(self.units, self.units)
        cov = self.free.T @ (result.coefficients.cov[np.ix_(own, own)] / scale) @ self.free
        undefined = not (np.isfinite(cov).all() and cov.diagonal().all())
        if undefined or least_eigenvalue(cov) <= SINGULAR_TOL:
            raise ConstraintError(
                f"{label}: the covariance of the {p} coefficients is singular or undefined; name "
                f"fewer."
            )
        root = np.linalg.cholesky(cov)
        b = self.free.T @ (result.coefficients.b[own] / self.units)
        return np.linalg.solve(root, np.eye(p)), np.linalg.solve(root, b)


def _directions(result: SystemResults, names: list[str]) -> _Directions:
    """Directions that constraints leave; they are the same in all groups."""
    place = _places(result, names)
    errors = result.coefficients.errors
    units = np.where(errors > 0.0, errors, 1.0)
    restriction = result.fit.restriction
    if restriction is None:
        return _Directions(names, units[place], np.eye(len(names)))
    within = null_space(restriction.r * units)[place]
    return _Directions(names, units[place], basis(within, np.ones(within.shape[1])).q)


def _places(result: SystemResults, names: Sequence[str]) -> list[int]:
    """Positions of coefficients in a result."""
    place = {name: j for j, name in enumerate(result.coefficients.names)}
    return [place[name] for name in names]


def _misfit(a: FloatArray, c: FloatArray) -> float:
    """Least ‖c − A b‖² over b."""
    q, _ = np.linalg.qr(a)
    residual = c - q @ (q.T @ c)
    return float(residual @ residual)
