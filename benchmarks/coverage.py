"""Coverage of 95 % intervals of 3SLS, by kind of standard error: a Monte Carlo experiment.

    python benchmarks/coverage.py            prints the tables, in under four minutes on two cores
    python benchmarks/coverage.py --smoke    few draws, to see that it runs

The system is the paper's, with the 3SLS coefficients of its Table 7 as the truth. Clusters hold
twelve periods. Each exogenous regressor and each error is √icc · (normal, common to the cluster) +
√(1 − icc) · (normal, of the row), so that `icc` is its correlation within clusters. A cell is the
share of intervals that hold the truth, over the slopes of an equation, in per cent.

Before that the truth of `simulate_interaction` is recovered, by `recovery.py`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import recovery
import systems
import timing

PERIODS = 12
DESIGNS = tuple(product((30, 12), (0.0, 0.5)))

#: Table 7, column (3).
TRUTH: Mapping[str, Mapping[str, float]] = {
    "quality": {
        "np.log(education)": -0.035,
        "np.log(research)": 0.037,
        "np.log(patent)": 0.016,
        "manufacture": 0.717,
    },
    "transform": {
        "np.log(creativity)": 0.006,
        "np.log(information)": 0.006,
        "green": 0.180,
        "efficiency": -2.105,
        "productivity": 0.455,
    },
}
SLOPES = [(label, term) for label, terms in TRUTH.items() for term in terms]
VALUES = np.array([TRUTH[label][term] for label, term in SLOPES])
EQUATION = np.array([label for label, _ in SLOPES])

CLUSTERED = {"cov_kwds": {"groups": "unit"}}
ANALYTIC: Mapping[str, dict[str, Any]] = {
    "nonrobust": {},
    "HC1": {"cov_type": "HC1"},
    "cluster, z": {"cov_type": "cluster", **CLUSTERED},
    "cluster, t(g − 1)": {"cov_type": "cluster", "use_t": True, **CLUSTERED},
    "jackknife CV3, t(g − 1)": {"cov_type": "jackknife", "use_t": True, **CLUSTERED},
}
INTERVALS = ("percentile", "basic", "studentised")


@dataclass(frozen=True)
class Size:
    """Samples for the analytic intervals, how many of them also get draws, and draws of each."""

    samples: int
    bootstrapped: int
    n_boot: int
    wild: int
    n_wild: int
    chunks: int


FULL = Size(samples=2_000, bootstrapped=1_000, n_boot=399, wild=400, n_wild=199, chunks=10)
SMOKE = Size(samples=12, bootstrapped=4, n_boot=39, wild=2, n_wild=19, chunks=1)


@dataclass(frozen=True)
class Outcome:
    """What became of one kind of interval in one sample: its hits and widths, by slope."""

    hits: np.ndarray
    widths: np.ndarray


def simulate(rng: np.random.Generator, units: int, icc: float) -> pd.DataFrame:
    """Draw a panel of the paper's system."""

    def normal(k: int) -> np.ndarray:
        common = np.repeat(rng.normal(size=(units, k)), PERIODS, axis=0)
        own = rng.normal(size=(units * PERIODS, k))
        return np.sqrt(icc) * common + np.sqrt(1.0 - icc) * own

    logs = normal(5)
    green, efficiency = (normal(2) * [0.2, 0.02] + [0.3, 0.0]).T
    errors = 0.05 * normal(2) @ np.array([[1.0, -0.5], [0.0, 0.8]])
    (*first, from_second), (*second, from_first) = (list(own.values()) for own in TRUTH.values())
    right = np.column_stack(
        [
            -0.342 + logs[:, :3] @ first,
            -0.056 + np.column_stack([logs[:, 3:], green, efficiency]) @ second,
        ]
    )
    structure = np.array([[1.0, -from_second], [-from_first, 1.0]])
    productivity, manufacture = np.linalg.solve(structure, (right + errors).T)
    names = ["education", "research", "patent", "creativity", "information"]
    columns = dict(zip(names, np.exp(logs).T, strict=True))
    columns |= {"green": green, "efficiency": efficiency}
    columns |= {"productivity": productivity, "manufacture": manufacture}
    return pd.DataFrame(columns | {"unit": np.repeat(np.arange(units), PERIODS)})


def outcome(bounds: pd.DataFrame) -> Outcome:
    """Compare intervals with the truth."""
    low, high = bounds.loc[SLOPES].to_numpy().T
    return Outcome((low <= VALUES) & (high >= VALUES), high - low)


def analytic(model: Any) -> Iterator[tuple[str, Outcome]]:
    """Yield intervals by a standard error and the normal or Student's t."""
    for kind, options in ANALYTIC.items():
        yield kind, outcome(model.fit("3sls", **options).conf_int())


def bootstrapped(
    model: Any, n_boot: int, rng: np.random.Generator
) -> Iterator[tuple[str, Outcome]]:
    """Yield the bootstrap's intervals."""
    options = {"groups": "unit", "n_boot": n_boot, "seed": rng}
    result = model.fit("3sls", cov_type="bootstrap", cov_kwds=options, use_t=True)
    yield "bootstrap, t(g − 1)", outcome(result.conf_int())
    for kind in INTERVALS:
        yield f"bootstrap, {kind}", outcome(result.conf_int(kind=kind))


def wild(model: Any, n_boot: int, rng: np.random.Generator) -> Iterator[tuple[str, Outcome]]:
    """Yield the restricted wild bootstrap: the interval by inversion holds what is not rejected."""
    options = {"weights": "webb", "n_boot": n_boot, "groups": "unit", "seed": rng}
    nulls = [f"[{label}]{term} = {TRUTH[label][term]}" for label, term in SLOPES]
    p = [model.fit("3sls").wild_test(null, **options).pvalue for null in nulls]
    yield "wild, restricted, Webb", Outcome(np.array(p) > 0.05, np.full(len(SLOPES), np.nan))


def chunk(size: Size, task: tuple[int, float, int]) -> dict[str, list[Outcome]]:
    """Every kind of interval in a part of a design's samples."""
    units, icc, part = task
    rng = np.random.default_rng([units, int(10 * icc), part])
    found: dict[str, list[Outcome]] = defaultdict(list)
    with threadpool_limits(1):
        for sample in range(size.samples // size.chunks):
            model = systems.paper_simeq(simulate(rng, units, icc))
            kinds = [*analytic(model)]
            if sample < size.bootstrapped // size.chunks:
                kinds += bootstrapped(model, size.n_boot, rng)
            if sample < size.wild // size.chunks:
                kinds += wild(model, size.n_wild, rng)
            for kind, own in kinds:
                found[kind].append(own)
            found["estimate"].append(Outcome(np.empty(0), estimate(model)))
    return dict(found)


def estimate(model: Any) -> np.ndarray:
    """3SLS slopes."""
    return model.fit("3sls").params.loc[SLOPES].to_numpy()


def gather(parts: list[dict[str, list[Outcome]]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Hits and widths (samples, slopes) of each kind over the parts of a design."""
    return {
        kind: (
            np.array([own.hits for part in parts for own in part[kind]]),
            np.array([own.widths for part in parts for own in part[kind]]),
        )
        for kind in parts[0]
    }


def coverage(hits: np.ndarray, _: np.ndarray, label: str) -> str:
    """Share of hits over an equation's slopes, with its Monte Carlo standard error."""
    by_sample = 100.0 * hits[:, label == EQUATION].mean(axis=1)
    return f"{by_sample.mean():.1f} ({by_sample.std(ddof=1) / np.sqrt(len(by_sample)):.1f})"


def width(_: np.ndarray, widths: np.ndarray, label: str, spread: np.ndarray) -> str:
    """Median width against that of an interval by the true standard deviation."""
    own = label == EQUATION
    ratio = np.median(widths[:, own], axis=0) / (2 * 1.959964 * spread[own])
    return "–" if np.isnan(ratio).any() else f"{ratio.mean():.2f}"


def print_tables(designs: Mapping[tuple[int, float], Any]) -> None:
    """Print coverage, then widths, as Markdown."""
    spreads = {key: found.pop("estimate")[1].std(axis=0, ddof=1) for key, found in designs.items()}
    kinds = next(iter(designs.values()))
    for title, cell in (("coverage, %", coverage), ("width", width)):
        print(f"\n| {title} |" + "".join(f" {g} clusters, icc {icc:g} | |" for g, icc in designs))
        print("|---" * (1 + 2 * len(designs)) + "|")
        print("| samples |" + " quality | transform |" * len(designs))
        for kind in kinds:
            line = [f"{kind}, {len(kinds[kind][0]):,}"]
            for key, found in designs.items():
                job = cell if cell is coverage else partial(cell, spread=spreads[key])
                line += [job(*found[kind], label) for label in TRUTH]
            print("| " + " | ".join(line) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few draws, to see that it runs")
    smoke = parser.parse_args().smoke
    size = SMOKE if smoke else FULL
    tasks = [(*design, part) for design in DESIGNS for part in range(size.chunks)]
    begun = time.perf_counter()
    with threadpool_limits(1):
        print(timing.describe_machine())
        recovery.print_recovery(1_000 if smoke else 83_334, 40 if smoke else 2_000, not smoke)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            parts = dict(zip(tasks, pool.map(partial(chunk, size), tasks), strict=True))
    designs = {
        design: gather([parts[*design, part] for part in range(size.chunks)]) for design in DESIGNS
    }
    print_tables(designs)
    print(f"\n{size}; {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
