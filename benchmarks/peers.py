"""3SLS of the paper's system by programs outside Python, where they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import systems
from timing import Race, Row, clock, require_equal, timed

HERE = Path(__file__).parent


def against_peers(rows: tuple[int, ...], most: int, folder: Path) -> Iterator[Row]:
    """Time simeq and each program on the same data; the program runs by itself, not in turn."""
    path = folder / "data.csv"
    for n in rows:
        data = systems.simulate(n)
        data.to_csv(path, index=False, float_format="%.17g")
        times = max(3, min(most, 2_000_000 // n))
        yield from systemfit(data, path, times)
        yield from gretl(data, path, times)


def systemfit(data: pd.DataFrame, path: Path, times: int) -> Iterator[Row]:
    """Time systemfit, whose one call goes from formulas to the fit."""
    printed = run(["Rscript", str(HERE / "peers.R"), str(path), str(times)], {})
    work = f"3SLS from formulas, {len(data):,} rows, against systemfit"
    if not printed:
        yield Row(work, "", "not installed")
        return
    *numbers, release = printed.split()
    yield compare(f"{work} {release}", data, from_formulas, np.array(numbers, float), times)


def gretl(data: pd.DataFrame, path: Path, times: int) -> Iterator[Row]:
    """Time gretl: its estimate alone, then with logs and equations."""
    given = {"SIMEQ_BENCHMARK_CSV": str(path), "SIMEQ_BENCHMARK_TIMES": str(times)}
    printed = run(["gretlcli", "-b", str(HERE / "peers.inp")], given)
    works = [f"3SLS {what}, {len(data):,} rows, against gretl" for what in ("fit", "from formulas")]
    if "\n@@" not in printed:
        yield from (Row(work, "", "not installed") for work in works)
        return
    release = printed.split()[2]
    alone, whole, *answer = np.array(printed.split("\n@@")[1].split(), float)
    jobs = zip(works, (fit_alone, from_formulas), (alone, whole), strict=True)
    for work, job, seconds in jobs:
        yield compare(f"{work} {release}", data, job, np.array([seconds, *answer]), times)


def run(command: list[str], environment: dict[str, str]) -> str:
    """Return what a program prints, or nothing if it is not there or fails."""
    if not shutil.which(command[0]):
        return ""
    settings = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=settings).stdout


def from_formulas(data: pd.DataFrame) -> Callable[[], systems.Fit]:
    """Return the job from formulas to standard errors."""
    return lambda: systems.fit_simeq(systems.paper_simeq(data), "3sls")


def fit_alone(data: pd.DataFrame) -> Callable[[], systems.Fit]:
    """Return the job of a fit on a model that is there already."""
    model = systems.paper_simeq(data)
    return lambda: systems.fit_simeq(model, "3sls")


def compare(
    work: str,
    data: pd.DataFrame,
    make: Callable[[pd.DataFrame], Callable[[], systems.Fit]],
    theirs: np.ndarray,
    times: int,
) -> Row:
    """Time simeq against the median that a program printed before its answer."""
    job = make(data)
    require_equal(work, np.concatenate(job()), theirs[1:])
    return timed(work, Race(np.array([clock(job) for _ in range(times)]), theirs[:1]))
