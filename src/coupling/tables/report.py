"""Several tables to print or to write to a file, in six forms."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from coupling.errors import CouplingError
from coupling.tables.table import Table

FORMATS = (".txt", ".md", ".html", ".tex", ".csv", ".xlsx")
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
        return "".join(table.printed.to_html() for table in self.tables).removesuffix("\n")

    def to_text(self) -> str:
        """Tables in columns of plain text.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> Report([table]).to_text().splitlines()[4]
        'UTAH  0.500'
        """
        return "\n\n".join(table.printed.to_text() for table in self.tables)

    def to_markdown(self) -> str:
        """Tables as Markdown with pipes.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> Report([table]).to_markdown().splitlines()[4]
        '| UTAH | 0.500 |'
        """
        return "\n".join(table.printed.to_markdown() for table in self.tables)

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
        return "\n".join(table.printed.to_latex() for table in self.tables)

    def to_csv(self) -> str:
        """All numbers in one long CSV: table, row, column, value.

        Examples
        --------
        >>> table = Table("Degrees", pd.DataFrame({"D": [0.5]}, index=["UTAH"]))
        >>> Report([table]).to_csv().splitlines()[1]
        'Degrees,UTAH,D,0.5'
        """
        parts = [table.long for table in self.tables]
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

    Examples
    --------
    >>> check_ending("tables.md")
    '.md'
    """
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise CouplingError(f"{str(path)!r} must end in one of {', '.join(FORMATS)}.")
    return ending
