"""Public capital and output of the American states."""

from importlib import resources

import pandas as pd


def load_us_states() -> pd.DataFrame:
    """Public capital and output of 48 US states, 1970–86.

    Returns
    -------
    DataFrame, (816, 11)
        state, year, region (1 to 9); pcap = hwy + water + util, public capital: highways, water and
        sewers, other; pc private capital, gsp gross state product (million US dollars of 1982); emp
        employment (thousand persons); unemp unemployment rate (per cent).

    Notes
    -----
    Munnell (1990), *New England Economic Review*; in Baltagi, *Econometric Analysis of Panel Data*.

    Examples
    --------
    >>> load_us_states().shape
    (816, 11)
    """
    path = resources.files("coupling.data").joinpath("us_states.csv")
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file)
