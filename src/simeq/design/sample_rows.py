"""The rows of a sample, asked for openly: combinations of columns of W, labels of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from simeq.data.factor_values import FactorValues, RowsOfW
from simeq.data.row_labels import Groups, read_groups, read_periods
from simeq.design.design import Design
from simeq.errors import DataError
from simeq.formula.terms import Column
from simeq.linalg.bases import FloatArray, IntArray
from simeq.linalg.triangle import (
    Buffer,
    Factor,
    RowPart,
    accumulate_groups,
    rows_in_block,
    rows_of,
)

#: Doubles in a block of combined columns: scores of fifty equations are thousands of them.
COMBINED_ENTRIES = 2**22

#: Rows in it, at least and at most.
COMBINED_ROWS = 2**8, 2**15


@dataclass(frozen=True)
class KeptRows:
    """W itself, of a sample that is small enough.

    Attributes
    ----------
    names : (m,) tuple of str
    w : (n, m) array
    others : RowsOfW
        Where columns come from that are none of W's.
    """

    names: tuple[str, ...]
    w: FloatArray
    others: RowsOfW

    def parts(self, columns: Sequence[Column], rows: int) -> Iterator[RowPart]:
        """Yield columns on the rows, part by part."""
        place = {name: j for j, name in enumerate(self.names)}
        if not all(column.name in place for column in columns):
            yield from self.others.parts(columns, rows)
            return
        chosen = [self.w[:, place[column.name]] for column in columns]
        for start in range(0, len(self.w), rows):
            yield rows_of([column[start : start + rows] for column in chosen])

    def take(self, rows: IntArray) -> KeptRows:
        """Return some of the rows, by position."""
        return KeptRows(self.names, self.w[rows], self.others.take(rows))


@dataclass(eq=False)
class SampleRows:
    """Rows of a design's columns over the sample.

    Attributes
    ----------
    design : Design
    values : FactorValues
        Factors on the rows.
    written : RowsOfW, optional
        What columns of W are written from: W itself, or a wrapper; else the factors.
    """

    design: Design
    values: FactorValues
    written: RowsOfW | None = None

    def of(self, design: Design) -> SampleRows:
        """Return the same rows for another design."""
        return replace(self, design=design)

    def part(self, design: Design, rows: IntArray) -> SampleRows:
        """Return some rows of the sample, by their positions in it, for a design of their own."""
        written = self.written and self.written.take(rows)
        return SampleRows(design, self.values.take(rows), written)

    def _parts(self, columns: Sequence[Column], rows: int) -> Iterator[RowPart]:
        """Yield columns of W from what there is."""
        return (self.written or self.values).parts(columns, rows)

    def factors(self, groups: Groups) -> list[Factor]:
        """Return the factor of each group's rows."""
        columns = self.design.columns
        parts = self._parts(columns, rows_in_block(len(columns)))
        return accumulate_groups(parts, self.design.names, groups.codes, groups.number)

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of the rows in the data."""
        return self.values.index

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.design.sample.nobs

    def blocks(self, loadings: FloatArray) -> Iterator[FloatArray]:
        """Yield W @ loadings (rows, q) block by block, for (m, q) loadings."""
        used = np.flatnonzero(loadings.any(axis=1))
        columns = [self.design.columns[j] for j in used]
        most = int(np.clip(COMBINED_ENTRIES // max(loadings.shape[1], 1), *COMBINED_ROWS))
        buffer = Buffer(len(columns))
        for part in self._parts(columns, most):
            w = buffer.written([part])
            if len(w):
                yield w @ loadings[used]

    def columns(self, places: Sequence[int]) -> Iterator[FloatArray]:
        """Yield columns of W (rows, k) block by block."""
        chosen = np.zeros((len(self.design.columns), len(places)))
        chosen[list(places), np.arange(len(places))] = 1.0
        return self.blocks(chosen)

    def whole(self, loadings: FloatArray) -> FloatArray:
        """Return W @ loadings (n, q)."""
        return np.concatenate(list(self.blocks(loadings)))

    def frame(self, loadings: FloatArray) -> pd.DataFrame:
        """Return W @ loadings as a frame (n, G), a column for each equation."""
        return pd.DataFrame(self.whole(loadings), self.index, list(self.design.labels))

    def groups(self, given: Any, what: str) -> Groups:
        """Match labels to the rows; see `simeq.data.row_labels.read_groups`."""
        return read_groups(given, what, self.values)

    def periods(self, given: Any, what: str) -> Groups:
        """Match times to the rows; see `simeq.data.row_labels.read_periods`."""
        return read_periods(given, what, self.values)


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
