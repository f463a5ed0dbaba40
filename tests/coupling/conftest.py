"""Golden vectors of the paper's Table 5, and the panel of US states."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from coupling import CouplingModel, as_panel, load_us_states

matplotlib.use("Agg")


@pytest.fixture(scope="session")
def table5() -> pd.DataFrame:
    """PD and MT by year, recovered by inversion, and the figures that the paper prints."""
    columns = {
        "PD": ".01 .08262 .1813 .2382 .3118 .3010 .3627 .4928 .6918 .72401 .9026 .99",
        "MT": ".02324 .01 .0152 .0659 .2084 .0833 .2692 .4357 .6101 .99 .4432 .48842",
        "C": ".917 .621 .534 .824 .98 .824 .989 .998 .998 .988 .94 .941",
        "T": ".017 .046 .098 .152 .26 .192 .316 .464 .651 .857 .673 .739",
        "D": ".123 .17 .229 .354 .505 .398 .559 .681 .806 .92 .795 .834",
        "level": "2 2 3 4 6 4 6 7 9 10 8 9",
    }
    years = pd.Index(range(2011, 2023), name="year")
    return pd.DataFrame({k: np.array(v.split(), dtype=float) for k, v in columns.items()}, years)


@pytest.fixture(scope="session")
def table4() -> tuple[list[float], list[str]]:
    """The 36 weights of the paper's Table 4 and their subsystems."""
    first = (
        "845 291 727 58 172 114 30 6 34 507 387 307 621 420 1059 463 470 78 286 466 491 1186 982"
    )
    second = np.array([937, 1443, 353, 2177, 1312, 638, 392, 619, 1326, 545, 147, 111, 937])
    return [*(np.array(first.split(), dtype=float) / 1e4), *(second / 1e4)], ["PD"] * 23 + [
        "MT"
    ] * 13


@pytest.fixture
def states() -> pd.DataFrame:
    """48 US states × 17 years over (state, year)."""
    return as_panel(load_us_states(), "state", "year")


@pytest.fixture(scope="session")
def model() -> CouplingModel:
    """Infrastructure and economy of the states."""
    return CouplingModel(
        systems={
            "Infrastructure": {"hwy": +1, "water": +1, "util": +1},
            "Economy": {"gsp": +1, "pc": +1, "emp": +1, "unemp": -1},
        }
    )


@pytest.fixture(scope="session")
def result(model):
    """The states, scored."""
    return model.fit(load_us_states(), unit="state", time="year")
