"""Stories of bugs in tests of estimates: each began with one of these failing."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from simeq import SystemEquations

EQUATIONS = {"one": "y1 ~ y2 + z0 + y3", "two": "y2 ~ y1 + z1 + z2", "three": "y3 ~ z4"}
INSTRUMENTS = "~ z0 + z1 + z2 + z3 + z4 + z5"


def simultaneous(n: int = 200, seed: int = 1) -> pd.DataFrame:
    """Three equations, two of them driving each other, with eight rows of each unit."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 6))
    u = rng.normal(size=(n, 3)) @ np.array([[1.0, 0.5, 0.2], [0.0, 1.0, 0.3], [0.0, 0.0, 1.0]])
    y3 = 1.0 + z[:, 4] + u[:, 2]
    right = np.column_stack([z[:, 0] + 0.5 * y3, z[:, 1] - z[:, 2]]) + u[:, :2]
    y = np.linalg.solve([[1.0, -0.4], [0.3, 1.0]], right.T).T
    frame = pd.DataFrame(z, columns=[f"z{j}" for j in range(6)])
    unit, time = np.divmod(np.arange(n), 8)
    return frame.assign(y1=y[:, 0], y2=y[:, 1], y3=y3, unit=unit, time=time)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simultaneous()


def system(frame: pd.DataFrame, equations=EQUATIONS, instruments=INSTRUMENTS, **options):
    return SystemEquations(equations, frame, instruments=instruments, **options)


def by_test(result) -> pd.DataFrame:
    return result.diagnostics().set_index(["equation", "test"])


# ---------------------------------------------------------------------------- automatic lags


@pytest.mark.parametrize("kernel", ["bartlett", "parzen", "qs"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("HAC", {}),
        ("hac-panel", {"groups": "unit", "time": "time"}),
        ("hac-groupsum", {"time": "time"}),
    ],
)
def test_automatic_lags_are_those_of_the_covariance(frame, kernel, kind, options):
    """The moments of a test have no units of their own in which lags could be chosen."""
    options = {"kernel": kernel, **options}
    model = SystemEquations({"two": EQUATIONS["two"]}, frame, instruments="~ z0 + z1 + z2")
    automatic = model.fit("2sls", cov_type=kind, cov_kwds=options)
    lags = float(re.search(r"kernel, (\S+) lags", " ".join(automatic.notes))[1])
    given = model.fit("2sls", cov_type=kind, cov_kwds={**options, "maxlags": lags})
    pd.testing.assert_frame_equal(automatic.diagnostics(), given.diagnostics())
    ols = model.fit("ols")
    assert automatic.hausman(ols, robust=True).pvalue == given.hausman(ols, robust=True).pvalue
