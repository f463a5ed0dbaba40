"""Size of the tests at 5 %: how often each rejects a null hypothesis that is true.

    python benchmarks/size.py            prints the table, in some minutes on two cores
    python benchmarks/size.py --smoke    few draws, to see that it runs

Worlds of two equations and 4,000 rows: instruments are valid and coefficients have their true
values; the regressors are exogenous; errors are uncorrelated; the instruments do not identify; the
first stage's errors have what the equation's have not.
Errors are alike in all rows; or have variances that change with an instrument; or have half their
variance in common in clusters of four, or of forty, as the instruments have. Robust tests should
hold their size in all, with a hundred clusters nearly so; the others in the first.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import timing
from simeq import SystemEquations

ROWS = 4_000
DRAWS, SMOKE, CHUNKS = 4_000, 20, 20
INSTRUMENTS = [f"z{j}" for j in range(6)]

#: Kinds of errors, and what robust tests are told of them.
ERRORS: Mapping[str, dict[str, Any]] = {
    "alike": {},
    "heteroskedastic": {"cov_type": "HC1"},
    "1,000 clusters": {"cov_type": "cluster", "cov_kwds": {"groups": "cluster"}},
    "100 clusters": {"cov_type": "cluster", "cov_kwds": {"groups": "cluster"}},
}

#: Rows of a cluster.
SIZES = {"1,000 clusters": 4, "100 clusters": 40}

#: True coefficients: y1 on y2, and y2 on y1.
FORWARD, BACK = 0.5, -0.4

Found = dict[str, bool]


def normal(rng: np.random.Generator, k: int, kind: str) -> np.ndarray:
    """Columns of normal variables; clustered ones have half their variance in common."""
    own = rng.normal(size=(ROWS, k))
    if kind not in SIZES:
        return own
    size = SIZES[kind]
    common = np.repeat(rng.normal(size=(ROWS // size, k)), size, axis=0)
    return np.sqrt(0.5) * (own + common)


def draw(
    rng: np.random.Generator, kind: str, correlation: float
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Instruments z, two errors, and a frame with the instruments and the clusters."""
    z = normal(rng, len(INSTRUMENTS), kind)
    u = normal(rng, 2, kind) @ np.array([[1.0, correlation], [0.0, np.sqrt(1 - correlation**2)]])
    if kind == "heteroskedastic":
        u *= np.sqrt(0.3 + 0.7 * z[:, :1] ** 2)
    frame = pd.DataFrame(z, columns=INSTRUMENTS)
    return z, u, frame.assign(cluster=np.arange(ROWS) // SIZES.get(kind, 1))


def rejects(*tests: Any) -> Found:
    """Whether each test rejects at 5 %, by its name."""
    return {test.name.partition(":")[0]: test.pvalue < 0.05 for test in tests}


def valid(rng: np.random.Generator, kind: str) -> Found:
    """Instruments are valid, coefficients true."""
    z, u, frame = draw(rng, kind, 0.5)
    right = np.column_stack([z[:, 0] + z[:, 1], z[:, 2] - z[:, 3]]) + u
    structure = np.array([[1.0, -FORWARD], [-BACK, 1.0]])
    frame[["y1", "y2"]] = np.linalg.solve(structure, right.T).T
    equations = ["y1 ~ y2 + z0 + z1", "y2 ~ y1 + z2 + z3"]
    model = SystemEquations(equations, frame, exog=INSTRUMENTS[4:])
    result, two = model.fit("3sls", **ERRORS[kind]), model.fit("2sls", **ERRORS[kind])
    tests = result.tests
    product = result.nonlinear(f"[y1]y2 * [y2]y1 = {FORWARD * BACK}")
    found = rejects(
        tests.hansen_j("y1"),
        tests.anderson_rubin("y1", robust=True).test(FORWARD),
        tests.anderson_rubin("y1", robust=True, form="score").test(FORWARD),
        two.hausman(result, robust=True),
    )
    found["Hansen J, system"] = tests.hansen_j().pvalue < 0.05
    found["Wald of a product"] = product.pvalues.iloc[0] < 0.05
    if kind == "alike":
        found |= rejects(
            tests.sargan("y1"),
            tests.basmann("y1"),
            tests.hansen_sargan(),
            two.hausman(result),
            tests.anderson_rubin("y1").test(FORWARD),
            tests.heteroskedasticity("y1"),
            tests.serial_correlation("y1", lags=2),
        )
    return found


def exogenous(rng: np.random.Generator, kind: str) -> Found:
    """Regressors are exogenous."""
    z, u, frame = draw(rng, kind, 0.0)
    frame["y2"] = z[:, 2] - z[:, 3] + 0.5 * z[:, 4] + u[:, 1]
    frame["y1"] = FORWARD * frame["y2"] + z[:, 0] + z[:, 1] + u[:, 0]
    equations = ["y1 ~ y2 + z0 + z1", "y2 ~ z2 + z3 + z4"]
    model = SystemEquations(equations, frame)
    two, ols = model.fit("2sls", **ERRORS[kind]), model.fit("ols")
    found = rejects(
        two.tests.wu_hausman_robust("y1"),
        two.tests.wooldridge_score("y1"),
        two.hausman(ols, robust=True),
    )
    if kind == "alike":
        found |= rejects(
            two.tests.wu_hausman("y1"),
            two.tests.durbin("y1"),
            two.hausman(ols),
        )
    return found


def uncorrelated(rng: np.random.Generator, kind: str) -> Found:
    """Errors are uncorrelated: of regressions, and of simultaneous equations."""
    z, u, frame = draw(rng, kind, 0.0)
    right = np.column_stack([z[:, 0] + z[:, 1], z[:, 2] - z[:, 3]]) + u
    frame[["x1", "x2"]] = right
    structure = np.array([[1.0, -FORWARD], [-BACK, 1.0]])
    frame[["y1", "y2"]] = np.linalg.solve(structure, right.T).T
    regressions = SystemEquations(["x1 ~ z0 + z1", "x2 ~ z2 + z3"], frame)
    equations = ["y1 ~ y2 + z0 + z1", "y2 ~ y1 + z2 + z3"]
    ols = regressions.fit("ols", **ERRORS[kind]).tests
    two = SystemEquations(equations, frame).fit("2sls", **ERRORS[kind]).tests
    found = rejects(ols.correlation_robust())
    found["Correlation robust, 2SLS"] = two.correlation_robust().pvalue < 0.05
    if kind == "alike":
        found |= rejects(
            ols.breusch_pagan(),
            ols.likelihood_ratio(),
            ols.likelihood_ratio_of_residuals(),
            ols.heteroskedasticity("x1"),
            ols.serial_correlation("x1", lags=2),
        )
        found["Breusch-Pagan correlation, 2SLS"] = two.breusch_pagan().pvalue < 0.05
    return found


def unidentified(rng: np.random.Generator, kind: str) -> Found:
    """Instruments move nothing, or two regressors along one line."""
    z, u, frame = draw(rng, kind, 0.5)
    frame["y"], frame["w0"] = u[:, 0], u[:, 1]
    moved = 0.5 * z[:, :4].sum(axis=1)
    frame["w1"], frame["w2"] = moved + u[:, 1], 2.0 * moved + normal(rng, 1, kind)[:, 0]
    if kind == "heteroskedastic":
        frame["w2"] += moved * rng.normal(size=ROWS)
    instruments = "~ " + " + ".join(INSTRUMENTS)
    equations = {"none": "y ~ w0", "line": "y ~ w1 + w2"}
    tests = (
        SystemEquations(equations, frame, instruments=instruments).fit("2sls", **ERRORS[kind]).tests
    )
    found = rejects(
        tests.first_stage_f("none", "w0", robust=True),
        tests.kleibergen_paap("line"),
        tests.kleibergen_paap("line", "lm"),
        tests.effective_f("none").test(),
    )
    if kind == "alike":
        found |= rejects(
            tests.first_stage_f("none", "w0"),
            tests.cragg_donald("line"),
            tests.sanderson_windmeijer("line", "w2"),
        )
    return found


def uneasy(rng: np.random.Generator, kind: str) -> Found:
    """Errors are white and alike; those of the first stage spread, and remember them."""
    if kind != "alike":
        return {}
    z, u, frame = draw(rng, kind, 0.8)
    v = u[:, 1] * (1.0 + z[:, 2])
    v[1:] += 0.8 * u[:-1, 0]
    frame["y2"] = 0.3 * (z[:, 2] - z[:, 3]) + v
    frame["y1"] = FORWARD * frame["y2"] + z[:, 0] + z[:, 1] + u[:, 0]
    model = SystemEquations(["y1 ~ y2 + z0 + z1"], frame, instruments="~ z0 + z1 + z2 + z3")
    tests = model.fit("2sls").tests
    return rejects(tests.heteroskedasticity(), tests.serial_correlation(lags=2))


WORLDS: Mapping[str, Callable[[np.random.Generator, str], Found]] = {
    "valid instruments": valid,
    "exogenous regressors": exogenous,
    "uncorrelated errors": uncorrelated,
    "no identification": unidentified,
    "uneasy first stage": uneasy,
}


def chunk(draws: int, task: tuple[str, str, int]) -> pd.Series:
    """Count rejections in a part of the draws of one world and kind of errors."""
    world, kind, part = task
    rng = np.random.default_rng([list(WORLDS).index(world), list(ERRORS).index(kind), part])
    with threadpool_limits(1):
        return pd.DataFrame([WORLDS[world](rng, kind) for _ in range(draws)]).sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few draws, to see that it runs")
    smoke = parser.parse_args().smoke
    draws, chunks = (SMOKE, 1) if smoke else (DRAWS, CHUNKS)
    tasks = [(w, k, part) for w in WORLDS for k in ERRORS for part in range(chunks)]
    begun = time.perf_counter()
    print(timing.describe_machine())
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(partial(chunk, draws // chunks), tasks))
    counts = pd.DataFrame(parts, index=pd.MultiIndex.from_tuples(tasks))
    share = 100 * counts.groupby(level=[0, 1]).sum(min_count=1) / draws
    error = 100 * np.sqrt(0.05 * 0.95 / draws)
    print(f"\nRejections at 5 %, per cent; Monte Carlo error {error:.2f}; {draws:,} draws")
    print("\n| world | test | " + " | ".join(ERRORS) + " |")
    print("|---|---|" + "---|" * len(ERRORS))
    for world in WORLDS:
        for test, own in share.loc[world].T.dropna(how="all").iterrows():
            cells = ["" if np.isnan(own[kind]) else f"{own[kind]:.1f}" for kind in ERRORS]
            print(f"| {world} | {test} | {' | '.join(cells)} |")
    print(f"\n{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
