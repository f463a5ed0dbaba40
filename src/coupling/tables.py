"""Tables as text, Markdown, HTML, LaTeX, CSV and Excel: small renderers without other packages."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError
from coupling.frames import Array, shown

FORMATS = (".txt", ".md", ".html", ".tex", ".csv", ".xlsx")
LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": "$<$", ">": "$>$", "|": "$|$", "−": "$-$", "→": r"$\rightarrow$", "×": r"$\times$",
}  # fmt: skip
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 2em }} table {{ border-collapse: collapse }}
caption {{ text-align: left; font-weight: bold; padding: .5em 0 }}
th, td {{ padding: .15em .7em; text-align: right }} th:first-child {{ text-align: left }}
thead {{ border-bottom: 1px solid }} .text {{ text-align: left }}</style></head>
<body>
{body}
</body></html>
"""


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
        return [*index, *(_joined(name) for name in self.frame.columns)]

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

    def _texts(self, column: "pd.Series[Any]") -> list[str]:
        if pd.api.types.is_float_dtype(column.dtype):
            return _numbers(np.asarray(column, dtype=np.float64), self.decimals)
        pairs = zip(column.tolist(), column.isna(), strict=True)
        return ["" if missing else shown(value) for value, missing in pairs]


@dataclass(frozen=True)
class Report:
    """Several tables, to print or to write to a file.

    Attributes
    ----------
    tables : sequence of Table
        In the order of the page.

    Examples
    --------
    >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
    >>> print(Report([table]))
    Degrees
    -----------
              D
    -----------
    UTAH  0.500
    -----------
    """

    tables: Sequence[Table]

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return "\n".join(_html(table) for table in self.tables)

    def to_text(self) -> str:
        """Tables in columns of plain text.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> Report([table]).to_text().splitlines()[4]
        'UTAH  0.500'
        """
        return "\n\n".join(_text(table) for table in self.tables)

    def to_markdown(self) -> str:
        """Tables as Markdown with pipes.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> Report([table]).to_markdown().splitlines()[4]
        '| UTAH | 0.500 |'
        """
        return "\n\n".join(_markdown(table) for table in self.tables) + "\n"

    def to_html(self) -> str:
        """One HTML page.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> "<td>0.500</td>" in Report([table]).to_html()
        True
        """
        title = html.escape(self.tables[0].title) if self.tables else ""
        return PAGE.format(title=title, body=self._repr_html_())

    def to_latex(self) -> str:
        """Tables as LaTeX ``table`` environments, without a package.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> r"UTAH & 0.500" in Report([table]).to_latex()
        True
        """
        return "\n\n".join(_latex(table) for table in self.tables) + "\n"

    def to_csv(self) -> str:
        """All numbers in one long CSV: table, row, column, value.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> Report([table]).to_csv().splitlines()[1]
        'Degrees,UTAH,D,0.5'
        """
        parts = [_long(table) for table in self.tables]
        return pd.concat(parts, ignore_index=True).to_csv(index=False, lineterminator="\n")

    def to_excel(self, path: str | Path) -> None:
        """Write one sheet for each table (needs openpyxl).

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Report([table]).to_excel(Path(folder) / "tables.xlsx")
        ...     pd.read_excel(Path(folder) / "tables.xlsx", index_col=0).loc["UTAH", "D"].item()
        0.5
        """
        if find_spec("openpyxl") is None:
            raise ImportError("Excel files need openpyxl: pip install 'simeq[excel]'.")
        with pd.ExcelWriter(path, engine="openpyxl") as writer:
            for number, table in enumerate(self.tables, 1):
                name = "".join(" " if c in "[]:*?/\\" else c for c in f"{number} {table.title}")
                table.frame.to_excel(writer, sheet_name=name[:31].strip(), merge_cells=False)

    def save(self, path: str | Path) -> None:
        """Write a file; its ending chooses the form.

        Parameters
        ----------
        path : str or Path
            Ends in .txt, .md, .html, .tex, .csv or .xlsx.

        Raises
        ------
        CouplingError
            For another ending, or .xlsx without openpyxl.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Report([table]).save(Path(folder) / "tables.md")
        ...     (Path(folder) / "tables.md").read_text().splitlines()[0]
        '**Degrees**'
        """
        ending = check_ending(path)
        if ending == ".xlsx":
            self.to_excel(path)
            return
        write = {
            ".txt": self.to_text, ".md": self.to_markdown, ".html": self.to_html,
            ".tex": self.to_latex, ".csv": self.to_csv,
        }[ending]  # fmt: skip
        Path(path).write_text(write(), encoding="utf-8", newline="\n")


def check_ending(path: str | Path) -> str:
    """Find out the form of a file from its ending.

    Parameters
    ----------
    path : str or Path
        Where to write.

    Returns
    -------
    str
        The ending, one of `FORMATS`.

    Raises
    ------
    CouplingError
        For another ending.

    Examples
    --------
    >>> check_ending("tables.md")
    '.md'
    """
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise CouplingError(f"{str(path)!r} must end in one of {', '.join(FORMATS)}.")
    return ending


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


def _joined(name: object) -> str:
    return " / ".join(str(part) for part in name) if isinstance(name, tuple) else str(name)


def _text(table: Table) -> str:
    rows = [table.header, *table.cells]
    widths = [max(len(row[j]) for row in rows) for j in range(len(table.header))]
    lines = [
        "  ".join(
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(row, widths, table.is_text, strict=True)
        ).rstrip()
        for row in rows
    ]
    rule = "-" * max(len(line) for line in lines)
    note = [table.note] if table.note else []
    return "\n".join([table.title, rule, lines[0], rule, *lines[1:], rule, *note])


def _markdown(table: Table) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

    rule = "|" + "|".join(" :--- " if left else " ---: " for left in table.is_text) + "|"
    note = ["", table.note] if table.note else []
    rows = [line(row) for row in table.cells]
    return "\n".join([f"**{table.title}**", "", line(table.header), rule, *rows, *note])


def _html(table: Table) -> str:
    kinds = [' class="text"' if left else "" for left in table.is_text]
    head = "".join(
        f"<th{k}>{html.escape(name)}</th>" for k, name in zip(kinds, table.header, strict=True)
    )
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{k}>{html.escape(c)}</td>" for k, c in zip(kinds, row, strict=True))
        + "</tr>"
        for row in table.cells
    )
    note = f"\n<p>{html.escape(table.note)}</p>" if table.note else ""
    caption = f"<caption>{html.escape(table.title)}</caption>"
    return (
        f"<table>{caption}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>{note}"
    )


def _latex(table: Table) -> str:
    def line(cells: Sequence[str]) -> str:
        row = " & ".join(_escaped(cell) for cell in cells) + r" \\"
        return (
            f"{{}}{row}" if row[0] in "[*" else row
        )  # the row's end before it takes these for its own

    columns = "".join("l" if left else "r" for left in table.is_text)
    rows = "\n".join(line(row) for row in table.cells)
    note = f"\n\n{_escaped(table.note)}" if table.note else ""
    return "\n".join(
        [
            r"\begin{table}", r"\centering", rf"\caption{{{_escaped(table.title)}}}",
            rf"\begin{{tabular}}{{{columns}}}", r"\hline", line(table.header), r"\hline", rows,
            r"\hline", rf"\end{{tabular}}{note}", r"\end{table}",
        ]
    )  # fmt: skip


def _escaped(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


def _long(table: Table) -> pd.DataFrame:
    """One row for each cell, numbers in full."""
    frame = table.frame
    rows = [_joined(name) for name in frame.index]
    n, k = frame.shape
    return pd.DataFrame(
        {
            "table": table.title,
            "row": np.tile(np.array(rows, dtype=object), k),
            "column": np.repeat(np.array([_joined(c) for c in frame.columns], dtype=object), n),
            "value": pd.concat([frame.iloc[:, j].astype(object) for j in range(k)]).to_numpy(),
        }
    )
