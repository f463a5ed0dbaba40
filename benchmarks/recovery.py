"""Recovery of a known truth: the paper's equations simulated, estimated, compared.

`coverage.py` prints these tables before its own. The truth of `simulate_interaction` is the paper's
Table 7, column (3).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from simeq import SystemEquations, datasets

TRUTH = pd.Series(datasets.INTERACTION_PARAMS)
INTERACTION = [("productivity", "manufacture"), ("manufacture", "productivity")]
METHODS = ("ols", "2sls", "3sls")


def large_sample(n_units: int) -> pd.DataFrame:
    """Estimate one large panel: truth, OLS, and 3SLS with its distance in standard errors."""
    panel = datasets.simulate_interaction(n_units=n_units, seed=1)
    model = SystemEquations(datasets.INTERACTION_EQUATIONS, panel)
    ols, three = model.fit("ols"), model.fit("3sls")
    distance = (three.params - TRUTH) / three.bse
    columns = {"truth": TRUTH, "OLS": ols.params, "3SLS": three.params, "distance": distance}
    return pd.DataFrame(columns).loc[TRUTH.index]


def small_samples(draws: int) -> pd.DataFrame:
    """Share of 95 % intervals that hold the truth, per cent, over panels of 30 units and 12 years.

    All panels are estimated in one batched call for each method.
    """
    panels = {i: datasets.simulate_interaction(seed=i) for i in range(draws)}
    stacked = pd.concat(panels, names=["draw", None])
    model = SystemEquations(datasets.INTERACTION_EQUATIONS, stacked)
    found = {}
    for method in METHODS:
        lower, upper = model.fit_each("draw", method).conf_int()
        found[method] = 100 * (lower.le(TRUTH, axis=1) & upper.ge(TRUTH, axis=1)).mean()
    return pd.DataFrame(found).loc[TRUTH.index]


def require_recovered(large: pd.DataFrame, small: pd.DataFrame | None = None) -> None:
    """Leave with an error unless the truth is within four standard errors, and intervals cover."""
    worst = large["distance"].abs().max()
    if not worst < 4.0:
        raise SystemExit(f"3SLS is {worst:.1f} standard errors from the truth.")
    if small is not None and not small["3sls"].between(93.0, 97.0).all():
        raise SystemExit("3SLS's intervals do not cover at 93 to 97 %.")
    if small is not None and not (small.loc[INTERACTION, "ols"] < 93.0).all():
        raise SystemExit("OLS's intervals of the interaction cover after all.")


def print_recovery(n_units: int, draws: int, full: bool) -> None:
    """Print both tables; at full size they must say what they should."""
    begun = time.perf_counter()
    large = large_sample(n_units)
    print(f"\nTable 7 recovered from {12 * n_units:,} simulated rows")
    print_frame(large, ["{:g}", "{:.4f}", "{:.4f}", "{:+.2f}"])
    small = small_samples(draws)
    error = 100 * np.sqrt(0.95 * 0.05 / draws)
    print(f"\n95 % intervals that hold the truth, 360 rows, {draws:,} draws, error {error:.1f}")
    print_frame(small, ["{:.1f}"] * len(METHODS))
    print(f"\n{time.perf_counter() - begun:.0f} s")
    require_recovered(large, small if full else None)


def print_frame(frame: pd.DataFrame, formats: Sequence[str]) -> None:
    """Print a frame by equation and term as Markdown."""
    print("\n| equation | term | " + " | ".join(frame.columns) + " |")
    print("|---|---|" + "---|" * len(frame.columns))
    for (equation, term), row in frame.iterrows():
        cells = [form.format(value) for form, value in zip(formats, row, strict=True)]
        print(f"| {equation} | {term} | {' | '.join(cells)} |")
