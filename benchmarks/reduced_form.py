"""Coverage of 95 % intervals of total effects, by strength of feedback: a Monte Carlo experiment.

    python benchmarks/reduced_form.py            prints the table, in ten minutes on two cores
    python benchmarks/reduced_form.py --smoke    few samples, to see that it runs

Two equations drive each other, y₁ = β y₂ + θ(x₁ + x₂) + u₁ and y₂ = β y₁ + θ(x₃ + x₄) + u₂, with
loop gain β², standard normal x, and normal u of standard deviation 2 and correlation .5, on 200
rows. They are estimated by 2SLS; θ says how strong the instruments are. The bootstrap draws rows. A
cell is the share of intervals that hold the truth, in per cent, over the total effects of the four
columns on both variables, or of the loop gain. The last lines compare widths: an interval by the
standard deviation of the draws against one by their percentiles.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import timing
from simeq import ReducedForm, SimeqWarning, SystemEquations

ROWS = 200
GAINS = (0.3, 0.6, 0.9)
STRENGTHS = (1.0, 0.3)
COLUMNS = ["x1", "x2", "x3", "x4"]
EQUATIONS = ["y1 ~ y2 + x1 + x2", "y2 ~ y1 + x3 + x4"]
DIRECT = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
ERRORS = 2.0 * np.array([[1.0, 0.5], [0.0, np.sqrt(0.75)]])
BY_SD, BY_PERCENTILE = "bootstrap, standard deviation", "bootstrap, percentiles"


@dataclass(frozen=True)
class Design:
    """A loop gain β² and the strength θ of the instruments."""

    gain: float
    strength: float

    @property
    def structure(self) -> np.ndarray:
        """I − Γ."""
        beta = np.sqrt(self.gain)
        return np.array([[1.0, -beta], [-beta, 1.0]])

    @property
    def total(self) -> np.ndarray:
        """True total effects (2, 4)."""
        return np.linalg.solve(self.structure, self.strength * DIRECT)

    def simulate(self, rng: np.random.Generator) -> pd.DataFrame:
        """Draw a sample."""
        x = rng.normal(size=(ROWS, 4))
        u = np.linalg.solve(self.structure, (rng.normal(size=(ROWS, 2)) @ ERRORS).T)
        y = (self.total @ x.T + u).T
        return pd.DataFrame(np.hstack([y, x]), columns=["y1", "y2", *COLUMNS])


@dataclass(frozen=True)
class Size:
    """Samples of each design, draws of each bootstrap, parts that run side by side."""

    samples: int
    n_boot: int
    parts: int


FULL = Size(samples=1_000, n_boot=399, parts=4)
SMOKE = Size(samples=8, n_boot=39, parts=1)


@dataclass(frozen=True)
class Outcome:
    """What became of one kind of interval in one sample: shares of hits, and widths (2, 4)."""

    effects: float
    gain: float
    widths: np.ndarray


def reduced_forms(
    data: pd.DataFrame, n_boot: int, seed: int
) -> Iterator[tuple[str, ReducedForm, str]]:
    """Yield each kind of interval: its name, the reduced form that gives it, what to ask it for."""
    model = SystemEquations(EQUATIONS, data)
    yield "delta method", model.fit("2sls", cov_type="HC1").reduced_form(), "normal"
    options = {"n_boot": n_boot, "seed": seed}
    drawn = model.fit("2sls", cov_type="bootstrap", cov_kwds=options).reduced_form()
    yield BY_SD, drawn, "normal"
    yield BY_PERCENTILE, drawn, "percentile"
    yield "bootstrap, basic", drawn, "basic"


def outcome(design: Design, reduced: ReducedForm, kind: str) -> Outcome:
    """Compare intervals with the truth."""
    bounds = reduced.conf_int(kind=kind).unstack()
    low, high = (bounds[end][COLUMNS].to_numpy() for end in ("lower", "upper"))
    least, most = reduced.loop_gain.conf_int(kind=kind)
    held = (low <= design.total) & (design.total <= high)
    return Outcome(float(held.mean()), float(least <= design.gain <= most), high - low)


def part(size: Size, task: tuple[Design, int]) -> dict[str, list[Outcome]]:
    """Every kind of interval in a part of a design's samples."""
    design, number = task
    rng = np.random.default_rng([int(10 * design.gain), int(10 * design.strength), number])
    found: dict[str, list[Outcome]] = defaultdict(list)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", SimeqWarning)  # effects change sign in some samples
        for sample in range(size.samples // size.parts):
            for name, reduced, kind in reduced_forms(design.simulate(rng), size.n_boot, sample):
                found[name].append(outcome(design, reduced, kind))
    return dict(found)


def share(hits: list[float]) -> str:
    """Coverage in per cent with its Monte Carlo standard error."""
    each = 100.0 * np.array(hits)
    return f"{each.mean():.1f} ({each.std(ddof=1) / np.sqrt(len(each)):.1f})"


def print_table(designs: Mapping[Design, Mapping[str, list[Outcome]]]) -> None:
    """Print coverage, then how much wider intervals by standard deviation are, as Markdown."""
    heads = [f"g {own.gain:g}, θ {own.strength:g}" for own in designs]
    print("\n| " + " | ".join(["coverage, %", *heads]) + " |")
    print("|---" * (1 + len(designs)) + "|")
    for quantity, name in product(("effects", "gain"), next(iter(designs.values()))):
        cells = [share([getattr(own, quantity) for own in d[name]]) for d in designs.values()]
        print("| " + " | ".join([f"{name}: {quantity}", *cells]) + " |")
    for title, q in (("median", 50), ("one in twenty above", 95)):
        cells = [f"{np.percentile(widening(own), q):.2f}" for own in designs.values()]
        print("| " + " | ".join([f"width, {title}", *cells]) + " |")


def widening(found: Mapping[str, list[Outcome]]) -> np.ndarray:
    """Widths by standard deviation against those by percentiles, sample by sample."""
    wide, narrow = (np.array([own.widths for own in found[k]]) for k in (BY_SD, BY_PERCENTILE))
    return (wide / narrow).mean(axis=(1, 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few samples, to see that it runs")
    size = SMOKE if parser.parse_args().smoke else FULL
    designs = [Design(gain, strength) for strength in STRENGTHS for gain in GAINS]
    tasks = [(design, number) for design in designs for number in range(size.parts)]
    begun = time.perf_counter()
    with threadpool_limits(1):
        print(timing.describe_machine())
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            parts = dict(zip(tasks, pool.map(partial(part, size), tasks), strict=True))
    whole: dict[Design, dict[str, list[Outcome]]] = {}
    for (design, _), found in parts.items():
        own = whole.setdefault(design, defaultdict(list))
        for name, outcomes in found.items():
            own[name] += outcomes
    print_table(whole)
    print(f"\n{size}; {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
