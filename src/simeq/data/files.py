"""Data files as frames, by the file's ending: what the command line takes."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from simeq.errors import DataError

ENDINGS = (".csv", ".dta", ".parquet")


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
    if ending == ".csv":
        return _read_csv(path)
    if ending == ".parquet" and find_spec("pyarrow") is None:
        raise ImportError("Parquet files need pyarrow: pip install 'simeq[parquet]'.")
    with open(path, "rb") as file:
        try:
            return _read_stata(file) if ending == ".dta" else _read_parquet(file)
        except Exception as error:  # damaged files raise whatever their reader stumbles over
            reason = " ".join(str(error).split()).partition(". ")[0] or type(error).__name__
            raise DataError(
                f"{path} cannot be read as a {ending} file: {reason}. Save it again, or as .csv."
            ) from None


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


def _read_stata(file: BinaryIO) -> pd.DataFrame:
    frame = pd.read_stata(file, convert_dates=False, order_categoricals=False)
    labelled = frame.select_dtypes("category").columns.to_list()
    partly = [n for n in labelled if frame[n].cat.categories.inferred_type != "string"]
    if partly:
        file.seek(0)
        frame[partly] = pd.read_stata(
            file, columns=partly, convert_categoricals=False, convert_dates=False
        )
    for name, column in frame.items():
        if column.dtype == "str":
            frame[name] = column.mask(column == "")
        elif column.dtype.kind == "f" and (column % 1 == 0).all() and column.abs().max() < 2**53:
            frame[name] = column.astype("int64")
    return frame


def _read_parquet(file: BinaryIO) -> pd.DataFrame:
    frame = pd.read_parquet(file, engine="pyarrow")
    return frame.reset_index([name for name in frame.index.names if name is not None])
