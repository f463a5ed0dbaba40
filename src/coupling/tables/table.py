"""A frame with a title and a note, and its cells as text."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.printed_table import PrintedTable, Section, Style
from coupling.panel import Array, shown

#: How tables of this library look.
PLAIN = Style(
    rule="-", note_width=None, markdown_marks="|", markdown_note_end="",
    latex_signs={"→": r"$\rightarrow$", "×": r"$\times$"}, latex_placement="", latex_note="\n{}",
    html_open="<table>", html_close="</table>", html_left=' class="text"',
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A frame with a title and a note.

    Attributes
    ----------
    title : str
        What stands above it.
    frame : DataFrame
        Numbers and labels.
    note : str
        What stands below it.
    decimals : int
        Decimals of floats when printed.

    Examples
    --------
    >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
    >>> table.header, table.cells
    (['', 'D'], [['UTAH', '0.500']])
    """

    title: str
    frame: pd.DataFrame
    note: str = ""
    decimals: int = 3

    @property
    def header(self) -> list[str]:
        """Names of the index levels and the columns."""
        index = ["" if name is None else str(name) for name in self.frame.index.names]
        return [*index, *map(joined, self.frame.columns)]

    @property
    def cells(self) -> list[list[str]]:
        """All rows as text, index first."""
        flat = self.frame.reset_index(allow_duplicates=True)
        columns = [self._texts(flat.iloc[:, j]) for j in range(flat.shape[1])]
        return [list(row) for row in zip(*columns, strict=True)]

    @property
    def is_text(self) -> list[bool]:
        """Which columns of `cells` are text, and go to the left."""
        flat = self.frame.reset_index(allow_duplicates=True)
        return [not pd.api.types.is_numeric_dtype(dtype) for dtype in flat.dtypes]

    @property
    def printed(self) -> PrintedTable:
        """The table as text, ready to be rendered."""
        corner, *header = self.header
        left = tuple(j for j, text in enumerate(self.is_text) if text)
        section = Section("", tuple(map(tuple, self.cells)))
        notes = (self.note,) if self.note else ()
        return PrintedTable(self.title, tuple(header), (section,), notes, PLAIN, corner, left)

    @property
    def long(self) -> pd.DataFrame:
        """One row for each cell, numbers in full."""
        n, k = self.frame.shape
        columns = [self.frame.iloc[:, j].astype(object) for j in range(k)]
        return pd.DataFrame(
            {
                "table": self.title,
                "row": [joined(name) for name in self.frame.index] * k,
                "column": np.repeat([joined(name) for name in self.frame.columns], n),
                "value": pd.concat(columns).to_numpy(),
            }
        )

    def _texts(self, column: "pd.Series[Any]") -> list[str]:
        if pd.api.types.is_float_dtype(column.dtype):
            return _numbers(np.asarray(column, dtype=np.float64), self.decimals)
        pairs = zip(column.tolist(), column.isna(), strict=True)
        return ["" if missing else shown(value) for value, missing in pairs]


def _numbers(values: Array, decimals: int) -> list[str]:
    """Write a column: degrees with fixed decimals, numbers in other units with five digits."""
    large = bool(np.nanmax(np.abs(values), initial=0) > 10)
    return [
        "" if np.isnan(value)
        else f"{value:,.0f}" if abs(value) >= 1000
        else f"{value:.5g}" if large
        else f"{value:.{decimals}f}"
        for value in values.tolist()
    ]  # fmt: skip


def joined(name: object) -> str:
    """Write a label; the parts of a tuple with strokes between."""
    return " / ".join(str(part) for part in name) if isinstance(name, tuple) else str(name)
