"""Side-by-side timing: alternate, take medians, say how much they vary, name the machine."""

from __future__ import annotations

import contextlib
import gc
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

import_module("scipy.linalg")  # brings a BLAS of its own, to be limited and named

PACKAGES = ("simeq", "numpy", "scipy", "pandas", "patsy", "statsmodels", "linearmodels")
HEADER = ("work", "simeq", "other", "ratio", "quartiles", "times", "target", "")


@dataclass(frozen=True)
class Race:
    """Seconds of two jobs, `ours` and `theirs`, repetition by repetition."""

    ours: np.ndarray
    theirs: np.ndarray

    @property
    def ratio(self) -> float:
        """How many times longer the other takes: the ratio of the medians."""
        return float(np.median(self.theirs) / np.median(self.ours))

    @property
    def quartiles(self) -> tuple[float, float]:
        """Spread of the ratio over the repetitions."""
        low, high = np.percentile(self.theirs / self.ours, [25, 75])
        return float(low), float(high)


@dataclass(frozen=True)
class Row:
    """A line of the table; `target` is a floor of the ratio, or a ceiling where `at_most`."""

    work: str
    ours: str
    theirs: str
    ratio: float | None = None
    spread: str = ""
    times: str = ""
    target: float | None = None
    at_most: bool = False

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the line."""
        sign = "≤" if self.at_most else "≥"
        target = "" if self.target is None else f"{sign} {self.target:,g}"
        return (
            self.work,
            self.ours,
            self.theirs,
            "" if self.ratio is None else factor(self.ratio),
            self.spread,
            self.times,
            target,
            self.verdict,
        )

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.target is None or self.ratio is None:
            return ""
        good = self.ratio <= self.target if self.at_most else self.ratio >= self.target
        return "met" if good else "missed"


def race(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    times: int,
    at_least: float = 0.02,
) -> Race:
    """Run two jobs in turn, A B A B …; their answers were compared before, so both are warm."""
    pairs = [(clock(ours, at_least), clock(theirs, at_least)) for _ in range(times)]
    return Race(*np.array(pairs).T)


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], times: int) -> Race:
    """Run two short jobs call by call, each with the processor's caches as the other left them."""
    return Race(*np.array([(stopwatch(ours), stopwatch(theirs)) for _ in range(times)]).T)


def clock(job: Callable[[], object], at_least: float = 0.02) -> float:
    """Time a job as timeit does: the garbage collector waits, so nobody sweeps up after another."""
    gc.collect()
    gc.disable()
    seconds = stopwatch(job, at_least)
    gc.enable()
    return seconds


def stopwatch(job: Callable[[], object], at_least: float = 0.0) -> float:
    """Mean seconds of as many calls as fill `at_least` seconds; one call for 0."""
    calls, elapsed, start = 0, 0.0, time.perf_counter()
    while calls == 0 or elapsed < at_least:
        job()
        calls += 1
        elapsed = time.perf_counter() - start
    return elapsed / calls


def timed(work: str, result: Race, target: float | None = None, at_most: bool = False) -> Row:
    """Line of a race; with `at_most` the ratio is ours to theirs."""
    low, high = result.quartiles
    ratio = result.ratio
    if at_most:
        ratio, low, high = 1.0 / ratio, 1.0 / high, 1.0 / low
    counts = (result.ours.size, result.theirs.size)
    times = f"{counts[0]}" if counts[0] == counts[1] else f"{counts[0]}, {counts[1]}"
    ours, theirs = (duration(float(np.median(x))) for x in (result.ours, result.theirs))
    spread = f"{factor(low)}–{factor(high)}"
    return Row(work, ours, theirs, ratio, spread, times, target, at_most)


def duration(seconds: float) -> str:
    """Seconds as text with three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-3:.2g} ms"


def factor(ratio: float) -> str:
    """Write a ratio as 2.13, 31.4 or 1,250."""
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"


def require_equal(work: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Leave with an error unless the two answers agree to seven digits."""
    if not np.allclose(ours, theirs, rtol=1e-7, atol=0.0):
        worst = np.max(np.abs(ours / theirs - 1.0))
        raise SystemExit(f"{work}: the answers differ by {worst:.1e}; speed is not compared.")


def fresh(code: str, *args: str) -> str:
    """Last line that a fresh Python prints, started beside this file."""
    command = [sys.executable, "-c", code, *args]
    here = Path(__file__).parent
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=here)
    return done.stdout.splitlines()[-1]


def growth(job: Callable[[], object]) -> int:
    """Bytes by which a job raises this process's peak memory above what it holds now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak starts again from here
    before = peak()
    job()
    return peak() - before


def peak() -> int:
    """Peak resident memory of this process in bytes."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def print_table(rows: Sequence[Row]) -> None:
    """Print a Markdown table."""
    lines = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[j]) for line in lines) for j in range(len(HEADER))]
    texts = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    print("\n".join([texts[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *texts[1:]]))


def describe_machine() -> str:
    """Machine, cores, BLAS with its threads, and versions, in two lines."""
    blas = {
        f"{pool['prefix'].removeprefix('lib')} {pool['version']} on {pool['num_threads']}"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    }
    hardware = f"{platform.system()} {platform.machine()}, {_processor()}{os.cpu_count()} cores"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    python = f"Python {platform.python_version()}"
    return f"{hardware}; BLAS and its threads: {', '.join(sorted(blas))}\n{python}, {versions}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, " if names else ""
