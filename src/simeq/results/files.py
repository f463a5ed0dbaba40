"""Results in files: saved to be loaded, or as text by the file's ending."""

from __future__ import annotations

import pickle
from os import PathLike
from pathlib import Path

import pandas as pd

from simeq.errors import DataError, SimeqError
from simeq.results.comparison import Comparison, compare
from simeq.results.system import SystemResults

FORMATS = (".tex", ".html", ".md", ".csv", ".txt")


def load(path: str | PathLike[str]) -> SystemResults:
    """Read results that `SystemResults.save` wrote.

    A pickle is code: load only files that you trust.

    Raises
    ------
    DataError
        If the file holds something else.
    """
    try:
        found = pickle.loads(Path(path).read_bytes())
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError) as error:
        raise DataError(f"{path} does not hold saved results: {error}.") from None
    if not isinstance(found, SystemResults):
        raise DataError(f"{path} holds {type(found).__name__}, not results of simeq.")
    return found


def result_as_text(result: SystemResults, path: str | None) -> str:
    """Return one result as text for a file of that name, or for the terminal.

    Raises
    ------
    SimeqError
        If the ending is not known.
    """
    ending = file_format(path)
    if ending == ".csv":
        numbers = {"coefficient": result.params, "std_error": result.bse}
        numbers |= {"tvalue": result.tvalues, "pvalue": result.pvalues, **result.conf_int()}
        return pd.DataFrame(numbers).to_csv(lineterminator="\n")
    if ending == ".md":
        return compare({result.method.upper(): result}, title=result.title).to_markdown()
    summary = result.summary()
    if ending == ".tex":
        return f"{summary.as_latex()}\n"
    return f"{summary.as_html()}\n" if ending == ".html" else str(summary.as_text())


def comparison_as_text(table: Comparison, path: str | None) -> str:
    """Return a side-by-side table as text for a file of that name, or for the terminal.

    Raises
    ------
    SimeqError
        If the ending is not known.
    """
    ending = file_format(path)
    if ending == ".csv":
        return table.to_frame().to_csv(lineterminator="\n")
    renderers = {".md": table.to_markdown, ".tex": table.to_latex, ".html": table.to_html}
    return renderers.get(ending, table.to_text)()


def file_format(path: str | None) -> str:
    """Return the file's ending, ``.txt`` for the terminal.

    Raises
    ------
    SimeqError
        If the ending is not known.
    """
    ending = ".txt" if path is None else Path(path).suffix.lower()
    if ending not in FORMATS:
        raise SimeqError(f"Cannot write {path!r}: the file must end in {', '.join(FORMATS)}.")
    return ending
