"""Covariance of coefficients from row scores: factors, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simeq.covariance.covariance import Covariance, warn_of_few
from simeq.design.sample_rows import SampleRows
from simeq.errors import DataError, SimeqWarning, listing, warn
from simeq.estimation.fit import Fit
from simeq.linalg.bases import BoolArray, FloatArray, IntArray, lengths
from simeq.moments.meat import MAKERS, RowScores
from simeq.moments.request import Request

#: Scores whose square is below this share of what is expected of them are rounding errors.
SILENT_TOL = 1e-12


def robust_covariance(request: Request, fit: Fit, sample_rows: SampleRows) -> Covariance:
    """Sandwich covariance J A⁻¹ (Σ s s') A⁻¹ J' with the factors of the kind.

    Parameters
    ----------
    request : Request
    fit : Fit
    sample_rows : SampleRows

    Notes
    -----
    HC1 multiplies entry (i, j) by n/√((n−k_i)(n−k_j)), clusters with ``use_correction`` by
    g/(g−1)·(n−1)/√((n−k_i)(n−k_j)): statsmodels' factors for one equation, linearmodels'
    ``debiased`` and ``group_debias``.
    """
    bread = fit.bread
    rows = RowScores(fit.scores, sample_rows, fit.system.coefficient_names)
    meat = MAKERS[request.name](request, rows)
    cov = fit.free.covariance(bread @ meat.matrix @ bread)
    if request.name == "HC1" or (request.use_correction and request.name != "HC0"):
        root = _small_sample_roots(request, rows.nobs, fit.df_by_coefficient)
        cov = cov * np.multiply.outer(root, root)
    rank = f"sums over them have rank {meat.terms - 1} at most. Single"
    warn_of_few(meat.terms, meat.of, len(bread), rank)
    _warn_of_silence(_silent(fit, meat.matrix), meat.of, rows.names)
    _warn_of_negative(cov.diagonal(), fit.cov.diagonal(), rows.names)
    return Covariance(request.name, (cov + cov.T) / 2.0, meat.note, meat.n_groups)


def _small_sample_roots(request: Request, nobs: int, free_rows: IntArray) -> FloatArray:
    """Roots (K,) of n/(n − k_i), or with clusters (n − 1)/(n − k_i)."""
    if (free_rows < 1).any():
        raise DataError(
            f"An equation has as many regressors as rows ({nobs}), so that the small-sample factor "
            f"of {request.name} is infinite; use 'HC0', use_correction=False, or more rows."
        )
    numerator = nobs - 1.0 if request.name == "cluster" else float(nobs)
    return np.asarray(np.sqrt(numerator / free_rows))


def _silent(fit: Fit, meat: FloatArray) -> BoolArray:
    """Coefficients (K,) whose own scores X̂'v add up to zero in every term of the meat.

    They are compared with what they would be under the classical covariance V, the diagonal of
    X̂'(W⊗I)X̂ V X̂'(W⊗I)X̂. Constrained coefficients have no scores of their own.
    """
    units, free = fit.scores.units, fit.scores.free
    along = units if free is None else free.T @ units
    normal = along.T @ np.linalg.solve(fit.bread, along)
    expected = ((fit.cov @ normal) * normal).sum(axis=0)
    found = np.abs(((meat @ along) * along).sum(axis=0))
    silent = found < SILENT_TOL * expected
    if free is not None and silent.any():
        silent &= lengths(free @ along - units) < 1e-9 * lengths(units)
    return np.asarray(silent)


def _warn_of_silence(silent: BoolArray, of: str, names: Sequence[str]) -> None:
    """Warn of coefficients whose scores add up to zero in every term, which hide their error."""
    if silent.any():
        which = listing(names[int(j)] for j in np.flatnonzero(silent))
        warn(
            f"The scores of {which} add up to zero in every {of}, as those of a column do that "
            f"vanishes outside one {of}: its standard error says nothing, those of the others "
            f"stand.",
            SimeqWarning,
        )


def _warn_of_negative(variance: FloatArray, classical: FloatArray, names: Sequence[str]) -> None:
    """Warn of variances (K,) that are negative beyond rounding, which the classical ones scale."""
    negative = np.flatnonzero(variance < -1e-12 * classical)
    if negative.size:
        warn(
            f"The variance of {listing(names[int(j)] for j in negative)} is negative, as two-way "
            f"clusters with few labels and slowly falling kernels can give: it has no standard "
            f"error. Use one-way clusters or the Bartlett kernel.",
            SimeqWarning,
        )
