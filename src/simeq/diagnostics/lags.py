"""Rows of a few columns, their lags, and their products with others block by block."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from simeq.data.row_labels import Groups
from simeq.design.sample_rows import SampleRows
from simeq.errors import DataError, SimeqError, count
from simeq.estimation.columns import Columns
from simeq.linalg.bases import FloatArray


def on_rows(columns: Columns, rows: SampleRows) -> FloatArray:
    """Rows (n, k) of some columns."""
    return rows.whole(columns.loadings)


def cross_products(columns: Columns, given: FloatArray, rows: SampleRows) -> FloatArray:
    """Products (k, j) of columns, block by block, with rows (n, j) that are at hand."""
    total, done = np.zeros((columns.number, given.shape[1])), 0
    for block in rows.blocks(columns.loadings):
        total += block.T @ given[done : done + len(block)]
        done += len(block)
    return total


def lagged(e: FloatArray, lags: int, panels: Groups | None) -> FloatArray:
    """The series 1 to `lags` rows before (n, lags), zero before the first, or within each panel."""
    n = len(e)
    order = np.arange(n) if panels is None else np.argsort(panels.codes, kind="stable")
    own, codes = e[order], np.zeros(n) if panels is None else panels.codes[order]
    out = np.zeros((n, lags))
    for lag in range(1, lags + 1):
        same = codes[lag:] == codes[:-lag]
        out[order[lag:], lag - 1] = np.where(same, own[:-lag], 0.0)
    return out


def require_whole(lags: Any) -> None:
    """Check that lags are a number of rows.

    Raises
    ------
    SimeqError
    """
    if not isinstance(lags, Integral) or isinstance(lags, bool) or lags < 1:
        raise SimeqError(f"lags must be a whole number of rows, 1 or more; not {lags!r}.")


def require_rows_for_lags(label: str, lags: int, free: int, panels: Groups | None) -> None:
    """Check that lags leave an auxiliary regression degrees of freedom, and panels hold them.

    Parameters
    ----------
    label : str
    lags : int
    free : int
        Rows less the columns beside the lags.
    panels : Groups or None

    Raises
    ------
    SimeqError
        If lags are no number of rows.
    DataError
        If there are too many of them.
    """
    if free < 2:
        raise DataError(
            f"Equation {label}: {count(max(free, 0), 'row')} beyond its other columns leave no "
            f"degrees of freedom beside a lag; use more rows."
        )
    if isinstance(lags, Integral) and not 1 <= lags < free:
        raise DataError(
            f"Equation {label}: lags must be from 1 to {free - 1}, one less than the rows "
            f"beyond the other columns ({free}); not {lags!r}."
        )
    require_whole(lags)
    if panels is not None and lags >= (longest := int(np.bincount(panels.codes).max())):
        raise DataError(
            f"Equation {label}: {panels.name} has at most {count(longest, 'row')} in a panel, none "
            f"of which lies {count(lags, 'row')} before another; take fewer lags, or other panels."
        )


def serial_null(label: str, lags: int, panels: Groups | None) -> str:
    """Write the null hypothesis of no serial correlation."""
    where = "" if panels is None else f" within {panels.name}"
    return f"errors of {label} are not correlated with those {count(lags, 'row')} before{where}"
