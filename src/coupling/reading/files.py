"""Data files as frames, by the file's ending: what the command line takes."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from _simeq_shared.data_files import ENDINGS, read_binary
from coupling.errors import CouplingError

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
    return read_binary(path, CouplingError, numbers=indicators)
