"""Right sides of the equations on any rows, with their standard errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from simeq.data.table import Table
from simeq.design.new_rows import new_columns, replayed, require_columns
from simeq.design.sample_rows import SampleRows, require_rows
from simeq.estimation.fit import Fit
from simeq.estimation.system import System
from simeq.linalg.bases import FloatArray
from simeq.linalg.threads import single_thread
from simeq.prediction.extrapolation import Collinearity, readable_ties, undetermined
from simeq.prediction.results import Prediction

#: ColumnsOnRows to predict for: a frame or mapping, or None for the sample.
Data: TypeAlias = pd.DataFrame | Mapping[str, Any] | None

#: ColumnsOnRows of new data that are multiplied at once.
BLOCK_ROWS = 2**15

#: A standard error below this share of its parts' is rounding: the mean is imposed.
IMPOSED_TOL = 1e-7


@dataclass(frozen=True, eq=False)
class ColumnsOnRows:
    """Columns of a design on some rows, block by block.

    Attributes
    ----------
    index : pandas.Index
        Labels of the rows.
    blocks : iterator of (rows, k) arrays
        The k columns; they can be walked once.
    """

    index: pd.Index[Any]
    blocks: Iterator[FloatArray]

    def parts(self) -> Iterator[tuple[slice, FloatArray]]:
        """Yield each block with the rows where it belongs."""
        start = 0
        for block in self.blocks:
            yield slice(start, start + len(block)), block
            start += len(block)


def columns_on(
    system: System, sample_rows: SampleRows | None, data: Data, wanted: Sequence[int]
) -> ColumnsOnRows:
    """Return k columns of the design, in the sample (None) or on other rows.

    Parameters
    ----------
    system : System
    sample_rows : SampleRows or None
    data : DataFrame or mapping, optional
        Only the data columns that are read need be there.
    wanted : k positions of columns

    Raises
    ------
    DataError
        If there are neither rows nor data, or the data cannot be used.
    """
    if data is None:
        rows = require_rows(sample_rows, "predictions without data")
        return ColumnsOnRows(rows.index, rows.columns(wanted))
    table = Table(data)
    require_columns(system.design, wanted, table)
    values = None if sample_rows is None else sample_rows.values
    sources = replayed(system.design, wanted, table) if values is None else values.expressions
    columns = new_columns(system.design, wanted, table, sources, values)
    starts = range(0, len(table), BLOCK_ROWS)
    return ColumnsOnRows(table.index, (columns[s : s + BLOCK_ROWS] for s in starts))


def determined_columns(
    system: System, sample_rows: SampleRows | None, data: Data, wanted: Sequence[int]
) -> ColumnsOnRows:
    """Return k columns as `columns_on`, NaN in rows of which the sample says nothing."""
    ties = [
        tie
        for label in system.labels
        for tie in readable_ties(system, label, data)
        if set(tie.partners) <= set(wanted)
    ]
    places = list(dict.fromkeys([*wanted, *(tie.aside for tie in ties)]))
    rows = columns_on(system, sample_rows, data, places)

    def known(block: FloatArray) -> FloatArray:
        nothing = undetermined(block, places, ties)
        return np.where(nothing[:, None], np.nan, block[:, : len(wanted)])

    return ColumnsOnRows(rows.index, map(known, rows.blocks)) if ties else rows


@dataclass(frozen=True, eq=False)
class Regressors:
    """Regressors of some equations on some rows.

    Attributes
    ----------
    rows : ColumnsOnRows
        Every column that one of the equations uses, or set aside.
    wanted : list of int
        Their places in W.
    used : tuples of int
        Places of each equation's regressors.
    ties : lists of Collinearity
        What must hold in a row for each equation's estimate to say something of it.
    """

    rows: ColumnsOnRows
    wanted: list[int]
    used: list[tuple[int, ...]]
    ties: list[list[Collinearity]]

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of the rows."""
        return self.rows.index

    def parts(self) -> Iterator[tuple[slice, list[FloatArray]]]:
        """Yield the regressors of each equation, block by block, with the block's rows.

        They are NaN in a row of which the sample says nothing.
        """
        places = [[self.wanted.index(j) for j in own] for own in self.used]
        for part, block in self.rows.parts():
            xs = [block[:, own] for own in places]
            for x, ties in zip(xs, self.ties, strict=True):
                x[undetermined(block, self.wanted, ties)] = np.nan
            yield part, xs


def regressors_on(
    system: System, sample_rows: SampleRows | None, data: Data, labels: Sequence[str]
) -> Regressors:
    """Return the regressors of some equations, in the sample (None) or on other rows.

    Raises
    ------
    DataError
        If there are neither rows nor data, or the data cannot be used.
    """
    used = [system.used[system.labels.index(label)] for label in labels]
    ties = [readable_ties(system, label, data) for label in labels]
    tied = {j for own in ties for tie in own for j in tie.columns}
    wanted = sorted(tied.union(*used))
    return Regressors(columns_on(system, sample_rows, data, wanted), wanted, used, ties)


def right_sides(b: Sequence[FloatArray], rows: Regressors) -> FloatArray:
    """x_i'b_i of each equation (n, G), for coefficients b_i (k_i,)."""
    out = np.empty((len(rows.index), len(b)))
    with single_thread():
        for part, xs in rows.parts():
            out[part] = np.column_stack([x @ own for x, own in zip(xs, b, strict=True)])
    return out


def structural_prediction(
    fit: Fit,
    cov: FloatArray,
    dof: FloatArray | None,
    sample_rows: SampleRows | None,
    data: Data = None,
    labels: Sequence[str] | None = None,
) -> Prediction:
    """Right sides x_i'b_i with √(x_i'V_ii x_i), and √(x_i'V_ii x_i + σ_ii) for an observation.

    The first is systemfit's ``se.fit``; the second its ``se.pred``, where systemfit always takes
    RSS_i/(n − k_i) for σ_ii, and this the diagonal of Σ of the final residuals.

    Parameters
    ----------
    fit : Fit
    cov : (K, K) array
        Covariance V of the coefficients.
    dof : (K,) array or None
        Degrees of freedom of the coefficients' t; None for the normal distribution.
    sample_rows : SampleRows or None
    data : DataFrame or mapping, optional
        Only the regressors' columns are needed; the sample by default.
    labels : sequence of str, optional
        Equations in question; all by default.
    """
    system = fit.system
    chosen = system.labels if labels is None else tuple(labels)
    rows = regressors_on(system, sample_rows, data, chosen)
    own = [np.flatnonzero(system.equation == system.labels.index(label)) for label in chosen]
    mean, variance = np.empty((2, len(rows.index), len(own)))
    with single_thread():
        for part, xs in rows.parts():
            for i, (x, mine) in enumerate(zip(xs, own, strict=True)):
                mean[part, i] = x @ fit.b[mine]
                variance[part, i] = quadratic_form(x, cov[np.ix_(mine, mine)])
    sigma = fit.sigma_resid.diagonal()
    return Prediction(
        mean,
        np.sqrt(variance),
        np.sqrt(variance + sigma[[system.labels.index(label) for label in chosen]]),
        rows.index,
        chosen,
        None if dof is None else dof[[mine[0] for mine in own]],
        "structural",
    )


def quadratic_form(x: FloatArray, cov: FloatArray) -> FloatArray:
    """x_t'Vx_t for each row of x (n, k): zero where it is rounding, NaN where it is negative."""
    variance = np.einsum("tj,tj->t", x @ cov, x)
    with np.errstate(invalid="ignore"):
        scale = np.abs(x) @ np.sqrt(cov.diagonal())
    variance[np.abs(variance) <= (IMPOSED_TOL * scale) ** 2] = 0.0
    variance[variance < 0.0] = np.nan
    return np.asarray(variance, dtype=np.float64)
