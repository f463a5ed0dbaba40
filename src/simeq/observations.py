"""The rows of a sample, asked for openly: linear combinations of columns, labels of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from simeq._linalg import FloatArray
from simeq.design import Design, combine
from simeq.errors import DataError
from simeq.groups import Groups, read_groups, read_periods
from simeq.rows import Values


class Observations:
    """Rows of a design's columns over the sample.

    Parameters
    ----------
    design : Design
    values : Values
    """

    def __init__(self, design: Design, values: Values) -> None:
        self.design = design
        self.values = values

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of the rows in the data."""
        index = self.values.table.index
        return index if self.values.keep is None else index[self.values.keep]

    def blocks(self, weights: FloatArray) -> Iterator[FloatArray]:
        """Yield W @ weights (rows, q) block by block, for (m, q) weights."""
        return combine(self.design, self.values, weights)

    def frame(self, weights: FloatArray) -> pd.DataFrame:
        """Return W @ weights as a frame (n, G), a column for each equation."""
        rows = np.concatenate(list(self.blocks(weights)))
        return pd.DataFrame(rows, self.index, list(self.design.labels))

    def groups(self, given: Any, what: str) -> Groups:
        """Match labels to the rows; see `simeq.groups.read_groups`."""
        return read_groups(given, what, self.values.table, self.values.keep)

    def periods(self, given: Any, what: str) -> Groups:
        """Match times to the rows; see `simeq.groups.read_periods`."""
        return read_periods(given, what, self.values.table, self.values.keep)


def require_rows(observations: Observations | None, what: str) -> Observations:
    """Return the rows.

    Raises
    ------
    DataError
        If the model was loaded or made from a factor, so that it has none.
    """
    if observations is None:
        raise DataError(
            f"This model holds no rows, which {what} need: a loaded result, or one made from a "
            f"factor, has none. Build SystemEquations from data again; predict(data) works as it "
            f"is."
        )
    return observations
