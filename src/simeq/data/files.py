"""Data files as frames, by the file's ending: what the command line takes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from _simeq_shared.data_files import ENDINGS as ENDINGS
from _simeq_shared.data_files import read_binary
from simeq.errors import DataError


def read(path: str) -> pd.DataFrame:
    """Read a data file; nothing in it is evaluated.

    Parameters
    ----------
    path : str
        Ends in ``.csv`` (commas, a header line), ``.dta`` (Stata) or ``.parquet``.

    Returns
    -------
    DataFrame
        Of a Stata file, ``.``, ``.a`` to ``.z`` and empty text are missing; a column is a category
        when every value in it has a label, and numbers when only some have; dates stay the numbers
        that Stata counts with, and whole numbers are integers, so that a year is a year. Of a
        Parquet file, named index levels are columns.

    Raises
    ------
    DataError
        If the ending is not known, or the file is not what it says.
    ImportError
        For Parquet without pyarrow.
    OSError
        If the file cannot be opened.

    Examples
    --------
    >>> read("market.xlsx")
    Traceback (most recent call last):
        ...
    simeq.errors.DataError: Cannot read 'market.xlsx': the file must end in .csv, .dta, .parquet.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise DataError(f"Cannot read {path!r}: the file must end in {', '.join(ENDINGS)}.")
    return _read_csv(path) if ending == ".csv" else read_binary(path, DataError)


def _read_csv(path: str) -> pd.DataFrame:
    """Read a file, columns of the same name staying so, for the model to refuse."""
    frame = pd.read_csv(path)
    header = pd.read_csv(path, header=None, nrows=1, dtype=str, na_filter=False)
    if len(header.columns) == len(frame.columns):
        frame.columns = pd.Index([str(name) for name in header.iloc[0]])
    for separator in (";", "\t"):
        if len(frame.columns) == 1 and separator in str(frame.columns[0]):
            raise DataError(
                f"{path} has one column, {frame.columns[0]!r}; it seems to be separated by "
                f"{separator!r}. Write it with commas."
            )
    return frame
