"""Data files as frames, by their ending. Nothing in a file is evaluated."""

from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import pandas as pd

ENDINGS = (".csv", ".dta", ".parquet")


def read_binary(path: str, error: type[ValueError], numbers: Collection[str] = ()) -> pd.DataFrame:
    """Read a Stata or a Parquet file.

    Parameters
    ----------
    path : str
        Ends in ``.dta`` or ``.parquet``.
    error : type
        What to raise for a file that is not what it says.
    numbers : collection of str
        Columns of a Stata file that are numbers whatever their value labels.

    Returns
    -------
    DataFrame
        Of a Stata file, ``.``, ``.a`` to ``.z`` and empty text are missing; a column goes by its
        value labels when every value has one; dates stay the numbers that Stata counts with, and
        whole numbers are integers, so that a year is a year. Of a Parquet file, named index levels
        are columns.

    Raises
    ------
    ImportError
        For Parquet without pyarrow.
    OSError
        If the file cannot be opened.
    """
    ending = Path(path).suffix.lower()
    if ending == ".parquet" and find_spec("pyarrow") is None:
        raise ImportError("Parquet files need pyarrow: pip install 'simeq[parquet]'.")
    with open(path, "rb") as file:
        try:
            return _read_stata(file, numbers) if ending == ".dta" else _read_parquet(file)
        except Exception as found:  # damaged files raise whatever their reader stumbles over
            reason = " ".join(str(found).split()).partition(". ")[0] or type(found).__name__
            raise error(
                f"{path} cannot be read as a {ending} file: {reason}. Save it again, or as .csv."
            ) from None


def _read_stata(file: BinaryIO, numbers: Collection[str]) -> pd.DataFrame:
    frame = pd.read_stata(file, convert_dates=False, order_categoricals=False)
    labelled = frame.select_dtypes("category").columns.to_list()
    partly = [n for n in labelled if frame[n].cat.categories.inferred_type != "string"]
    plain = [n for n in labelled if n in partly or n in numbers]
    if plain:
        file.seek(0)
        frame[plain] = pd.read_stata(
            file, columns=plain, convert_categoricals=False, convert_dates=False
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
