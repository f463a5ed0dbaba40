"""Speed of simeq beside linearmodels and, where they are installed, systemfit and gretl.

    python benchmarks/speed.py            prints the table, in some minutes
    python benchmarks/speed.py --smoke    small sizes, to see that it runs

Answers are compared first; then the two run in turn, and the ratio is that of the medians. BLAS has
one thread, which suits both: with more, either may stall when another program wants a core.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import systems
import timing
from peers import against_peers
from timing import Race, Row, in_turn, race, require_equal, timed

DEPENDENCIES = (
    "numpy, scipy.linalg, scipy.special, pandas, patsy, threadpoolctl, statsmodels.iolib.summary"
)
HEAVY = ("matplotlib", "dask", "statsmodels.api")

IMPORT = "import time; a = time.perf_counter(); import {}; print(time.perf_counter() - a)"
LOADED = "import simeq, sys; print(*sorted(set(sys.modules).intersection({})), '.')"
GROWTH = """
import sys, systems, timing
job = systems.JOBS[sys.argv[1]]
job(systems.simulate(100))
data = systems.load(sys.argv[2])
print(timing.growth(lambda: job(data)))
"""


@dataclass(frozen=True)
class Size:
    """How large the systems are and how often each job runs."""

    many: int
    peers: tuple[int, ...]
    large: tuple[int, int, int, int]
    quick: int
    slow: int
    huge: int
    fresh: int


FULL = Size(1_000_000, (360, 100_000), (50, 11, 60, 10_000), quick=100, slow=5, huge=3, fresh=15)
SMOKE = Size(2_000, (360,), (4, 5, 12, 200), quick=2, slow=1, huge=1, fresh=1)


def small(size: Size) -> Iterator[Row]:
    """Time one fit and four fits from formulas on as many rows as the paper has."""
    data = systems.simulate(360)
    compare_four(data)
    yield timed("3SLS fit, 360 rows", race(*fits(data, "3sls"), size.quick), 7)
    single = in_turn(*fits(data, "3sls"), 5 * size.quick)
    yield timed("3SLS fit, 360 rows, call by call", single)
    yield timed("formulas to four fits, 360 rows", race(*fours(data), size.quick), 4)


def many(size: Size) -> Iterator[Row]:
    """Time the four fits, then each further one, on many rows."""
    data = systems.simulate(size.many)
    rows = f"{size.many:,} rows"
    compare_four(data)
    yield timed(f"formulas to four fits, {rows}", race(*fours(data), size.slow), 30)
    for method in systems.METHODS:
        result = race(*fits(data, method), size.slow)
        yield timed(f"a further fit, {method}, {rows}", result, 1000)


def compare_four(data: pd.DataFrame) -> None:
    """Leave unless both libraries give the same four answers."""
    ours, theirs = systems.four_simeq(data), systems.four_linearmodels(data)
    for method, own, other in zip(systems.METHODS, ours, theirs, strict=True):
        require_equal(f"{method}, {len(data):,} rows", *systems.side_by_side(own, other))


def fours(data: pd.DataFrame) -> list[partial[object]]:
    """Return both libraries' jobs from formulas to four fits."""
    return [partial(job, data) for job in systems.JOBS.values()]


def fits(data: pd.DataFrame, method: str) -> tuple[partial[object], partial[object]]:
    """Return both libraries' fits of models that are there already."""
    ours = partial(systems.fit_simeq, systems.paper_simeq(data), method)
    return ours, partial(systems.fit_linearmodels, systems.paper_linearmodels(data), method)


def factor(size: Size) -> Iterator[Row]:
    """Time the factor of ten columns, as the paper's system has, against one product W'W."""
    from simeq.linalg.triangle import factorize

    rows = np.random.default_rng(2).normal(size=(size.many, 10))
    layouts = {"columns": (np.asfortranarray(rows), 2.5), "rows": (rows, None)}
    for layout, (w, target) in layouts.items():
        ours, theirs = partial(factorize, w, "abcdefghij"), partial(product, w)
        require_equal("factor", (ours().r ** 2).sum(axis=0), theirs().diagonal())
        work = f"factor, {size.many:,} × 10, {layout} contiguous, against W.T @ W"
        yield timed(work, race(ours, theirs, size.quick // 2), target, at_most=True)


def product(w: np.ndarray) -> np.ndarray:
    return w.T @ w


def memory(size: Size, folder: Path) -> Iterator[Row]:
    """Measure what the four fits add to the peak memory of a fresh process that holds the data."""
    data = np.asfortranarray(systems.simulate(size.many).to_numpy())
    path = folder / "data.npy"
    np.save(path, data)
    times = min(3, size.fresh)
    grown = {
        who: float(np.median([int(timing.fresh(GROWTH, who, str(path))) for _ in range(times)]))
        for who in systems.JOBS
    }
    ours, theirs, own = (f"{x / 1e6:,.1f} MB" for x in (*grown.values(), data.nbytes))
    work = f"memory added by four fits, {size.many:,} rows"
    ratio = grown["linearmodels"] / max(grown["simeq"], 1.0)
    yield Row(work, ours, theirs, ratio, "", str(times))
    share = grown["simeq"] / data.nbytes
    yield Row(f"{work}, against the data's own", ours, own, share, "", str(times), 1.0, True)


def large(size: Size) -> Iterator[Row]:
    """Time 3SLS of many equations: again, and on new models, which have yet to project."""
    from simeq import SystemEquations

    g, k, n_instruments, n = size.large
    data, formulas, instruments = systems.simulate_large(*size.large)
    build = partial(SystemEquations, formulas, data, instruments=instruments)
    models = [build() for _ in range(size.huge)]
    theirs = partial(systems.fit_linearmodels, systems.large_linearmodels(data, formulas), "3sls")
    again = partial(systems.fit_simeq, build(), "3sls")
    require_equal("large system", *systems.side_by_side(again(), theirs()))
    work = f"{g} equations × {k}, {n_instruments} instruments, {n:,} rows"
    yield timed(f"3SLS fit, {work}", race(again, theirs, size.huge), 300)
    first = race(lambda: systems.fit_simeq(models.pop(), "3sls"), theirs, size.huge, 0)
    yield timed(f"first fit of a new model, {work}", first, 300)


def imports(size: Size) -> Iterator[Row]:
    """Time imports in fresh processes: simeq, its dependencies alone, linearmodels."""
    heavy = timing.fresh(LOADED.format(HEAVY))
    if heavy != ".":
        raise SystemExit(f"import simeq loads {heavy}")
    names = ("simeq", DEPENDENCIES, "linearmodels.system")
    drawn = [[float(timing.fresh(IMPORT.format(x))) for x in names] for _ in range(size.fresh)]
    ours, dependencies, theirs = np.array(drawn).T
    yield timed("import, against linearmodels.system", Race(ours, theirs))
    work = "import, against its dependencies alone"
    yield timed(work, Race(ours, dependencies), 1.25, at_most=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--threads", type=int, default=1, help="of BLAS, for all libraries (1)")
    given = parser.parse_args()
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), str(given.threads))
    with threadpool_limits(given.threads), tempfile.TemporaryDirectory() as folder:
        print(timing.describe_machine(), end="\n\n", flush=True)
        rows = measure(SMOKE if given.smoke else FULL, Path(folder))
    timing.print_table([replace(row, target=None) for row in rows] if given.smoke else rows)


def measure(size: Size, folder: Path) -> list[Row]:
    """Return the whole table."""
    rows = [*small(size), *many(size), *memory(size, folder), *factor(size), *large(size)]
    return [*rows, *imports(size), *against_peers(size.peers, size.quick, folder)]


if __name__ == "__main__":
    main()
