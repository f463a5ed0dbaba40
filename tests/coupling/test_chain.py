"""The whole chain: indices and D from coupling feed a two-equation system.

simeq and linearmodels read the same frame. Instruments are common to both equations, so that all
forms of three-stage least squares agree.
"""

import numpy as np
import pandas as pd
import pytest
from linearmodels.system import IV3SLS

from coupling import load_us_states
from simeq import SystemEquations

ROUTES = 1e-8  # two routes through the same algebra; linearmodels' squares the condition number
INSTRUMENTS = ["const", "pcap", "pc", "unemp", "trend"]
EQUATIONS = {
    "infrastructure": ("Infrastructure", ["const", "pcap", "trend"], ["Economy"]),
    "economy": ("Economy", ["const", "pc", "unemp"], ["Infrastructure"]),
}


@pytest.fixture(scope="module")
def frame(model) -> pd.DataFrame:
    """Indices and D of the states, beside what explains them."""
    states = load_us_states().set_index(["state", "year"])
    scored = model.fit(states)
    explained = {
        "pcap": np.log(states["pcap"]),
        "pc": np.log(states["pc"]),
        "unemp": states["unemp"],
        "trend": states.index.get_level_values("year") - 1978.0,
    }
    return scored.indices.join(scored.D).assign(**explained)


def in_simeq(frame: pd.DataFrame, equations, method: str):
    formulas = {
        label: f"{y} ~ {' + '.join([*exog[1:], *endog])}"
        for label, (y, exog, endog) in equations.items()
    }
    system = SystemEquations(formulas, frame, instruments="~ " + " + ".join(INSTRUMENTS[1:]))
    return system.fit(method)


def in_linearmodels(frame: pd.DataFrame, equations, method: str):
    data = frame.assign(const=1.0)
    system = {
        label: {
            "dependent": data[y],
            "exog": data[exog],
            "endog": data[endog],
            "instruments": data[[name for name in INSTRUMENTS if name not in exog]],
        }
        for label, (y, exog, endog) in equations.items()
    }
    way = {"2sls": "ols", "3sls": "gls", "i3sls": "gls"}[method]
    iterate = {"iterate": True, "iter_limit": 1000, "tol": 1e-12} if method == "i3sls" else {}
    return IV3SLS(system).fit(method=way, cov_type="unadjusted", **iterate)


@pytest.mark.parametrize("method", ["2sls", "3sls"])
@pytest.mark.parametrize("dependent", ["indices", "degree"])
def test_simeq_and_linearmodels_give_the_same_numbers(frame, method, dependent):
    equations = dict(EQUATIONS)
    if dependent == "degree":
        equations["infrastructure"] = ("D", ["const", "pcap", "trend"], ["Economy"])
        equations["economy"] = ("Economy", ["const", "pc", "unemp"], ["D"])
    ours, theirs = (fit(frame, equations, method) for fit in (in_simeq, in_linearmodels))
    for label, (_, exog, endog) in equations.items():
        terms = ["Intercept", *exog[1:], *endog]
        names = [f"{label}_{name}" for name in (*exog, *endog)]
        np.testing.assert_allclose(
            ours.params[label][terms], theirs.params[names], rtol=ROUTES, atol=ROUTES
        )
        np.testing.assert_allclose(
            ours.bse[label][terms], theirs.std_errors[names], rtol=1e-6, atol=ROUTES
        )


def test_the_frame_holds_the_indices_of_the_chain(frame, result):
    np.testing.assert_array_equal(frame["Economy"], result.indices["Economy"])
    root = np.sqrt(np.sqrt(frame["Economy"] * frame["Infrastructure"]))
    np.testing.assert_allclose(frame["D"], root, rtol=1e-12)
