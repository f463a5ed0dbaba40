"""The rows of a sample, asked for openly: linear combinations of columns, labels of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from simeq.data.factor_values import FactorValues
from simeq.data.row_labels import Groups, read_groups, read_periods
from simeq.design.design import Design, combine, compress_groups
from simeq.errors import DataError
from simeq.linalg.bases import FloatArray, IntArray
from simeq.linalg.triangle import Factor


class SampleRows:
    """Rows of a design's columns over the sample.

    Parameters
    ----------
    design : Design
    values : FactorValues
    rows : array of int, optional
        Positions in the data of the rows in question; those that `values` keeps by default.
    """

    def __init__(self, design: Design, values: FactorValues, rows: IntArray | None = None) -> None:
        self.design = design
        self._values = values
        self._rows = rows

    @cached_property
    def values(self) -> FactorValues:
        """Factors on the rows."""
        return self._values if self._rows is None else self._values.take(self._rows)

    def part(self, design: Design, rows: IntArray) -> SampleRows:
        """Return some rows of the sample, by their positions in it, for a design of their own."""
        keep = self.values.keep
        return SampleRows(design, self.values, rows if keep is None else np.flatnonzero(keep)[rows])

    def factors(self, groups: Groups) -> list[Factor]:
        """Return the factor of each group's rows."""
        return compress_groups(self.design, self.values, groups.codes, groups.number)

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of the rows in the data."""
        index = self.values.table.index
        return index if self.values.keep is None else index[self.values.keep]

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.design.sample.nobs

    def blocks(self, weights: FloatArray) -> Iterator[FloatArray]:
        """Yield W @ weights (rows, q) block by block, for (m, q) weights."""
        return combine(self.design, self.values, weights)

    def columns(self, places: Sequence[int]) -> Iterator[FloatArray]:
        """Yield columns of W (rows, k) block by block."""
        chosen = np.zeros((len(self.design.columns), len(places)))
        chosen[list(places), np.arange(len(places))] = 1.0
        return self.blocks(chosen)

    def whole(self, weights: FloatArray) -> FloatArray:
        """Return W @ weights (n, q)."""
        return np.concatenate(list(self.blocks(weights)))

    def frame(self, weights: FloatArray) -> pd.DataFrame:
        """Return W @ weights as a frame (n, G), a column for each equation."""
        return pd.DataFrame(self.whole(weights), self.index, list(self.design.labels))

    def groups(self, given: Any, what: str) -> Groups:
        """Match labels to the rows; see `simeq.data.row_labels.read_groups`."""
        return read_groups(given, what, self.values.table, self.values.keep)

    def periods(self, given: Any, what: str) -> Groups:
        """Match times to the rows; see `simeq.data.row_labels.read_periods`."""
        return read_periods(given, what, self.values.table, self.values.keep)


def require_rows(sample_rows: SampleRows | None, what: str) -> SampleRows:
    """Return the rows.

    Raises
    ------
    DataError
        If the model was loaded or made from a factor, so that it has none.
    """
    if sample_rows is None:
        raise DataError(
            f"This model holds no rows, which {what} need: a loaded result, or one made from a "
            f"factor, has none. Build SystemEquations from data again; predict(data) works as it "
            f"is."
        )
    return sample_rows
