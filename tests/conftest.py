"""Models that several files share, and hypothesis without deadlines and without chance."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from klein import EQUATIONS, INSTRUMENTS
from simeq import SystemEquations
from simeq.datasets import load_klein, load_us_states

settings.register_profile(
    "simeq",
    deadline=None,
    max_examples=50,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("simeq")


@pytest.fixture(scope="session")
def klein() -> pd.DataFrame:
    """The 21 complete years, 1921–41."""
    return load_klein().dropna().reset_index(drop=True)


@pytest.fixture(scope="session")
def klein_model(klein: pd.DataFrame) -> SystemEquations:
    return SystemEquations(EQUATIONS, klein, instruments=INSTRUMENTS)


@pytest.fixture(scope="session")
def states() -> pd.DataFrame:
    return load_us_states()


@pytest.fixture(scope="session")
def roads_model(states: pd.DataFrame) -> SystemEquations:
    """Output and roads of the US states, where iterated forms converge."""
    return SystemEquations(
        {
            "output": "np.log(gsp) ~ np.log(pcap) + np.log(pc) + np.log(emp) + unemp",
            "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util) + unemp",
        },
        states,
        instruments="~ np.log(pc) + np.log(water) + np.log(util) + unemp + I(year - 1978)",
    )
