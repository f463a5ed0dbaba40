"""Real data that the documentation and the tests use, and one simulator, plainly marked.

Read this file, whose functions say where each panel comes from, then `interaction` (the paper's two
equations) and `simulation` (panels drawn from them).
"""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

from simeq.datasets.interaction import INTERACTION_EQUATIONS, INTERACTION_PARAMS
from simeq.datasets.simulation import simulate_interaction

__all__ = [
    "INTERACTION_EQUATIONS",
    "INTERACTION_PARAMS",
    "load_klein",
    "load_us_states",
    "simulate_interaction",
]


def load_klein() -> pd.DataFrame:
    """Klein's Model I: the United States economy, 1920–1941, 22 rows.

    The first year lacks its lags, so that estimation uses 1921–1941. In billions of 1934 dollars:
    consump, corpProf, privWage, invest, capitalLag (the stock at the end of the year before), gnp,
    govWage, govExp, taxes; wages = privWage + govWage; trend = year − 1931; the suffix Lag marks
    the year before.

    Returns
    -------
    DataFrame (22, 14)

    Notes
    -----
    Klein, L. R. (1950), *Economic Fluctuations in the United States, 1921–1941*, Wiley. Greene,
    *Econometric Analysis*, prints them too.

    Examples
    --------
    >>> from simeq.datasets import load_klein
    >>> load_klein().loc[1, ["year", "consump", "corpProfLag"]].tolist()
    [1921.0, 41.9, 12.7]
    """
    return _read("klein.csv")


def load_us_states() -> pd.DataFrame:
    """Public capital and private output in 48 US states, 1970–1986, 816 rows.

    state; year; region (1–9, the census divisions); pcap public capital = hwy (highways and
    streets) + water (water and sewer) + util (other public buildings); pc private capital; gsp
    gross state product; all in millions of dollars; emp employment in non-agricultural payrolls,
    thousands; unemp unemployment rate, per cent.

    Returns
    -------
    DataFrame (816, 11)

    Notes
    -----
    Munnell, A. (1990), "Why has productivity growth declined? Productivity and public
    investment", *New England Economic Review*; Baltagi, *Econometric Analysis of Panel Data*.

    Examples
    --------
    >>> from simeq.datasets import load_us_states
    >>> states = load_us_states()
    >>> states.shape, states["state"].nunique()
    ((816, 11), 48)
    """
    return _read("us_states.csv")


def _read(name: str) -> pd.DataFrame:
    with files(__name__).joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file)
