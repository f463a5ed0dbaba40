"""A panel whose errors are heteroskedastic and share a part within units, and its system."""

import numpy as np
import pandas as pd

EQUATIONS = {"one": "y1 ~ a + b + y2", "two": "y2 ~ c + d + e + y1"}


def panel(units=20, periods=12, seed=0):
    rng = np.random.default_rng(seed)
    n = units * periods
    data = pd.DataFrame(rng.normal(size=(n, 5)), columns=list("abcde"))
    data["unit"] = np.repeat(np.arange(units), periods)
    data["year"] = np.tile(np.arange(2000, 2000 + periods), units)
    common = rng.normal(size=(units, 2))[data["unit"]]
    u = (rng.normal(size=(n, 2)) + common) * (1 + data[["a"]].abs().to_numpy())
    u[:, 1] += 0.6 * u[:, 0]
    structure = np.array([[1.0, -0.5], [-0.3, 1.0]])
    right = np.column_stack([data["a"] - data["b"], data["c"] + data["d"] * 0.5 - data["e"]]) + u
    data[["y1", "y2"]] = np.linalg.solve(structure, right.T).T
    return data
