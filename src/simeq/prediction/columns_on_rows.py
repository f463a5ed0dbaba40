"""Columns of the design on the sample or on new rows, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from simeq.data.data_columns import data_columns
from simeq.design.new_rows import new_columns
from simeq.design.sample_rows import SampleRows, require_rows
from simeq.estimation.system import System
from simeq.linalg.bases import FloatArray
from simeq.prediction.extrapolation import Collinearity, readable_collinearities, undetermined

#: What to predict for: a frame or mapping, or None for the sample.
Data: TypeAlias = pd.DataFrame | Mapping[str, Any] | None

#: Rows of new data that are multiplied at once.
BLOCK_ROWS = 2**15


@dataclass(frozen=True, eq=False)
class ColumnsOnRows:
    """Sets of columns of a design on some rows, as the regressors of each equation.

    Attributes
    ----------
    index : pandas.Index
        Labels of the rows.
    blocks : iterator of lists of (rows, k) arrays
        Each set's columns, block by block; they can be walked once.
    """

    index: pd.Index[Any]
    blocks: Iterator[list[FloatArray]]

    def parts(self) -> Iterator[tuple[slice, list[FloatArray]]]:
        """Yield each block with the rows where it belongs."""
        start = 0
        for block in self.blocks:
            yield slice(start, start + len(block[0])), block
            start += len(block[0])


def columns_on(
    system: System, sample_rows: SampleRows | None, data: Data, wanted: Sequence[int]
) -> tuple[pd.Index[Any], Iterator[FloatArray]]:
    """Return k columns of the design in the sample (None) or on other rows: labels, and blocks.

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
        return rows.index, rows.columns(wanted)
    given = data_columns(data)
    learned = None if sample_rows is None else sample_rows.values
    columns = new_columns(system.design, wanted, given, learned)
    starts = range(0, len(given), BLOCK_ROWS)
    return given.index, (columns[s : s + BLOCK_ROWS] for s in starts)


def determined_columns(
    system: System,
    sample_rows: SampleRows | None,
    data: Data,
    wanted: Sequence[Sequence[int]],
    known: Sequence[Sequence[Collinearity]],
) -> ColumnsOnRows:
    """Return sets of columns as `columns_on`, NaN in rows that the sample does not determine.

    Parameters
    ----------
    system : System
    sample_rows : SampleRows or None
    data : DataFrame or mapping, optional
    wanted : sets of columns of W
    known : lists of Collinearity
        What must hold in a row for each set.
    """
    tied = {j for each in known for own in each for j in own.columns}
    places = sorted(tied.union(*wanted))
    chosen = [[places.index(j) for j in own] for own in wanted]
    index, blocks = columns_on(system, sample_rows, data, places)

    def masked(block: FloatArray) -> list[FloatArray]:
        sets = [block[:, own] for own in chosen]
        for columns, each in zip(sets, known, strict=True):
            columns[undetermined(block, places, each)] = np.nan
        return sets

    return ColumnsOnRows(index, map(masked, blocks))


def regressors_on(
    system: System, sample_rows: SampleRows | None, data: Data, labels: Sequence[str]
) -> ColumnsOnRows:
    """Return the regressors of some equations, in the sample (None) or on other rows.

    Raises
    ------
    DataError
        If there are neither rows nor data, or the data cannot be used.
    """
    used = [system.used[system.labels.index(label)] for label in labels]
    known = [readable_collinearities(system, label, data) for label in labels]
    return determined_columns(system, sample_rows, data, used, known)
