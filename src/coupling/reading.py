"""Data files as frames, by the file's ending: what the command line takes."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from coupling.errors import CouplingError

ENDINGS = (".csv", ".dta", ".parquet")
MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "#N/A", ".", ".."]


def read_file(path: str, keys: Sequence[str], indicators: Sequence[str]) -> pd.DataFrame:
    """Read a data file; nothing in it is evaluated.

    Parameters
    ----------
    path : str
        Ends in ``.csv``, ``.dta`` (Stata) or ``.parquet``.
    keys : sequence of str
        Columns of labels. In a CSV file only an empty one is missing: a unit may be called NA.
    indicators : sequence of str
        Columns of numbers. In a CSV file, NA and its like are missing.

    Returns
    -------
    DataFrame
        Of a Stata file, ``.``, ``.a`` to ``.z`` and empty text are missing; keys go by their value
        labels when every value has one, indicators are numbers whatever their labels; dates stay
        the numbers that Stata counts with, and whole numbers are integers, so that a year is a
        year. Of a Parquet file, named index levels are columns.

    Raises
    ------
    CouplingError
        If the ending is not known, or the file is not what it says.
    ImportError
        For Parquet without pyarrow.
    OSError
        If the file cannot be opened.

    Examples
    --------
    >>> read_file("panel.xls", ["state", "year"], ["gsp"])
    Traceback (most recent call last):
        ...
    coupling.errors.CouplingError: Cannot read 'panel.xls': it must end in .csv, .dta, .parquet.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise CouplingError(f"Cannot read {path!r}: it must end in {', '.join(ENDINGS)}.")
    if ending == ".csv":
        missing = {key: [""] for key in keys} | dict.fromkeys(indicators, MISSING)
        return pd.read_csv(path, keep_default_na=False, na_values=missing, low_memory=False)
    if ending == ".parquet" and find_spec("pyarrow") is None:
        raise ImportError("Parquet files need pyarrow: pip install 'simeq[parquet]'.")
    with open(path, "rb") as file:
        try:
            return _read_stata(file, indicators) if ending == ".dta" else _read_parquet(file)
        except Exception as error:  # damaged files raise whatever their reader stumbles over
            reason = " ".join(str(error).split()).partition(". ")[0] or type(error).__name__
            raise CouplingError(
                f"{path} cannot be read as a {ending} file: {reason}. Save it again, or as .csv."
            ) from None


def _read_stata(file: BinaryIO, indicators: Sequence[str]) -> pd.DataFrame:
    frame = pd.read_stata(file, convert_dates=False, order_categoricals=False)
    labelled = frame.select_dtypes("category").columns.to_list()
    partly = [n for n in labelled if frame[n].cat.categories.inferred_type != "string"]
    numbers = [n for n in labelled if n in partly or n in indicators]
    if numbers:
        file.seek(0)
        frame[numbers] = pd.read_stata(
            file, columns=numbers, convert_categoricals=False, convert_dates=False
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
