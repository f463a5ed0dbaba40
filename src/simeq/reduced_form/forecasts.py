"""Forecasts of all endogenous variables, solved from exogenous columns, with standard errors."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simeq.design.sample_rows import SampleRows
from simeq.errors import DataError, count
from simeq.estimation.consistency import LAG_TOL
from simeq.estimation.fit import Fit
from simeq.inference.coefficients import Coefficients
from simeq.inference.delta_method import delta_variance
from simeq.linalg.bases import FloatArray
from simeq.linalg.threads import single_thread
from simeq.prediction.columns_on_rows import ColumnsOnRows, Data, columns_on, determined_columns
from simeq.prediction.extrapolation import readable_collinearities
from simeq.prediction.results import Prediction
from simeq.reduced_form.dynamics import carried
from simeq.reduced_form.solved import Solved, solve_fit
from simeq.structural_form.structure import Structure


@dataclass(frozen=True, eq=False)
class Forecast:
    """Forecasts of M variables on n rows.

    Attributes
    ----------
    mean : (n, M) array
    estimation : (n, M) array
        Variance of the mean, from the coefficients.
    disturbance : (n, M) array
        Variance of an observation about it, from the errors.
    """

    mean: FloatArray
    estimation: FloatArray
    disturbance: FloatArray


def forecast(
    fit: Fit, coefficients: Coefficients, sample_rows: SampleRows | None, data: Data, kind: str
) -> Prediction:
    """Forecast y = Π x, with the delta method's standard errors.

    Parameters
    ----------
    fit : Fit
    coefficients : Coefficients
        With covariance and distribution.
    sample_rows : SampleRows or None
    data : DataFrame or mapping, optional
        Only the exogenous columns are needed; the sample by default.
    kind : {"reduced", "dynamic"}
        With lags as the rows have them, or as the forecasts of earlier rows have them.

    Raises
    ------
    FormulaError, SingularError
        If the system has no reduced form, or no declared lags for a dynamic forecast.
    DataError
        If data cannot be used, or the sample's rows are no consecutive periods.
    """
    solved, system = solve_fit(fit, coefficients, "delta"), fit.system
    own = solved.structure
    if kind == "dynamic":
        own.require_lags()
    if kind == "dynamic" and data is None:
        _require_periods(own, *columns_on(system, sample_rows, None, own.places.tolist()))
    x = own.places[len(own.endogenous) :].tolist()
    known = [each for e in system.labels for each in readable_collinearities(system, e, data)]
    solvable = [each for each in known if set(each.partners) <= set(x)]
    rows = determined_columns(system, sample_rows, data, [x], [solvable])
    with single_thread():
        found = static(solved, rows) if kind == "reduced" else dynamic(solved, rows)
    dof = solved.coefficients.dof_across
    return Prediction(
        found.mean,
        np.sqrt(found.estimation),
        np.sqrt(found.estimation + found.disturbance),
        rows.index,
        own.endogenous,
        None if dof is None else np.full(len(own.endogenous), dof),
        kind,
    )


def static(solved: Solved, rows: ColumnsOnRows) -> Forecast:
    """y_t = Π x_t with g'V g, g_k = S[:, i] (y_t, x_t)[j], and S Σ S' for an observation."""
    own, solution = solved.structure, solved.estimate
    mean, estimation = np.empty((2, len(rows.index), len(own.endogenous)))
    for part, (x,) in rows.parts():
        mean[part] = x @ solution.total.T
        columns = np.hstack([mean[part], x])[:, own.column]
        for m, shocks in enumerate(solution.shocks[:, own.equation]):
            estimation[part, m] = delta_variance(columns * shocks, solved.coefficients.cov)
    spread = _variance(solution.shocks, solved.sigma_resid)
    return Forecast(mean, estimation, np.broadcast_to(spread, mean.shape))


def dynamic(solved: Solved, rows: ColumnsOnRows) -> Forecast:
    """y_t = Π x_t, where declared lags in x_t are forecasts of earlier rows once these are there.

    The gradient is dy_t = dΠ x_t + Π dx_t, and errors add up as Ψ_0 Σ Ψ_0' + … + Ψ_t Σ Ψ_t', with
    Ψ_0 = S and Ψ_t what lags carry of earlier ones.
    """
    own, solution = solved.structure, solved.estimate
    x = np.concatenate([np.empty((0, len(own.exogenous))), *(x for (x,) in rows.blocks)])
    mean, estimation, disturbance = np.empty((3, len(x), len(own.endogenous)))
    past, changes, shocks = (deque[FloatArray](maxlen=own.longest_lag) for _ in range(3))
    for t, row in enumerate(x):
        inputs = _with_own_past(own, row, past)
        change, shock = solution.jacobian(inputs), solution.shocks
        if t:
            change = change + solution.total @ carried(own, changes)
            shock = solution.total @ carried(own, shocks)
        past.append(solution.total @ inputs)
        changes.append(change)
        shocks.append(shock)
        mean[t] = past[-1][:, 0]
        estimation[t] = delta_variance(change[:, :, 0].T, solved.coefficients.cov)
        disturbance[t] = _variance(shock, solved.sigma_resid)
    return Forecast(mean, estimation, disturbance.cumsum(axis=0))


def _with_own_past(own: Structure, row: FloatArray, past: Sequence[FloatArray]) -> FloatArray:
    """Inputs (X, 1) of a row: its own, and forecasts of the rows before for the lags of these."""
    inputs = row[:, None]
    known = [lag.column for lag in own.lags if lag.order <= len(past)]
    if not known:
        return inputs
    inputs = inputs.copy()
    inputs[known] = carried(own, past)[known]
    return inputs


def _variance(shocks: FloatArray, sigma: FloatArray) -> FloatArray:
    """Diagonal (M,) of Ψ Σ Ψ'."""
    return np.asarray(((shocks @ sigma) * shocks).sum(axis=1))


def _require_periods(own: Structure, index: pd.Index[Any], blocks: Iterable[FloatArray]) -> None:
    """Check that declared lags are the values of the rows before."""
    values = np.concatenate(list(blocks))
    for lag in own.lags:
        before = values[: -lag.order, lag.variable]
        given = values[lag.order :, len(own.endogenous) + lag.column]
        off = np.abs(given - before) > LAG_TOL * np.abs(before).max(initial=0.0)
        if off.any():
            first = int(off.argmax())
            raise DataError(
                f"A dynamic forecast needs rows that are consecutive periods of one unit: in row "
                f"{index.tolist()[first + lag.order]!r} {own.exogenous[lag.column]} is "
                f"{given[first]:g}, but {own.endogenous[lag.variable]} was {before[first]:g} "
                f"{count(lag.order, 'row')} before. Forecast each unit by itself, from data of its "
                f"own."
            )
