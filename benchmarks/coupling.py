"""Speed and memory of coupling against plain NumPy and pymcdm, as ratios in one run.

python benchmarks/coupling.py [--smoke]

Answers are compared first. Times are medians of rounds in which both sides take turns, so that
other work on the machine falls on both; where the order of numbers in memory matters, both orders
are timed (C: rows one after the other; F: columns). Memory is what the call allocates at its peak,
output included, divided by the size of the input (tracemalloc, in a run that is not timed).
"""

import argparse
import os
import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

sys.path.pop(0)  # this folder, where this file would be found as the package of its name

import numpy as np
import pandas as pd
import pymcdm.weights
import scipy

from coupling import (
    CouplingModel,
    composite_index,
    coupling_coordination,
    critic_weights,
    entropy_weights,
    load_us_states,
    normalize,
    obstacle_degree,
    std_weights,
)

EDGES = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
SIZES = {  # rows of U, rows of Z, units, years; then rounds
    False: (10_000_000, 1_000_000, 2_000, 50, 7),
    True: (100_000, 20_000, 100, 10, 3),
}
GOALS = {"coordination": 3.0, "entropy": 10.0, "by year": 3.0, "memory": 2.0, "plain": 1.0}
SYSTEMS = {"A": list(range(12)), "B": list(range(12, 25))}


def obvious(U: np.ndarray) -> tuple[np.ndarray, ...]:
    """C, T, D and level, as one would write them down."""
    C = np.exp(np.log(U).mean(1)) / U.mean(1)
    T = U.mean(1)
    D = np.sqrt(C * T)
    return C, T, D, np.digitize(D, EDGES) + 1


def side_by_side(
    ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int
) -> tuple[float, float]:
    """Median seconds of each, taking turns after one round to warm up."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 1):
        for call, seconds in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            result = call()
            seconds.append(time.perf_counter() - start)
            del result
    return statistics.median(times[0][1:]), statistics.median(times[1][1:])


def peak(call: Callable[[], Any]) -> int:
    """Bytes allocated at the peak of a call, its result included."""
    tracemalloc.start()
    result = call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return most


def coordination(n: int, rounds: int) -> None:
    """C, T, D, level and label of n rows × 3 subsystems, checks included."""
    U = np.random.default_rng(1).uniform(0.001, 1, (n, 3))
    frame, plain = coupling_coordination(U), obvious(U)
    for name, values in zip("CTD", plain, strict=False):
        np.testing.assert_allclose(frame[name], values, rtol=1e-12)
    near = np.abs(plain[2][:, np.newaxis] - EDGES).min(axis=1) < 1e-12
    np.testing.assert_array_equal(frame["level"][~near], plain[3][~near])
    del frame, plain, near
    named = pd.DataFrame(U, columns=["a", "b", "c"], copy=False)
    for what, data in (("array", U), ("frame", named)):
        ours, theirs = side_by_side(
            lambda data=data: coupling_coordination(data), lambda: obvious(U), rounds
        )
        line(f"C, T, D, level, {n:,} × 3, {what}", ours, theirs, "numpy", "coordination")
        share = peak(lambda data=data: coupling_coordination(data)) / U.nbytes
        print(f"{'  peak memory / input, output included':46}{share:>29.2f} ×   (goal ≤ 2)")


def scaled(X: np.ndarray) -> np.ndarray:
    """Min–max scaling, as one would write it down."""
    low = X.min(axis=0)
    return (X - low) / (X.max(axis=0) - low)


def summed(Z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Two indices, as one would write them down."""
    shares = [w[own] / w[own].sum() for own in (slice(0, 12), slice(12, 25))]
    return np.column_stack([Z[:, :12] @ shares[0], Z[:, 12:] @ shares[1]])


def obstacles(Z: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Shares of the gap to 1, as one would write them down."""
    gap = w * (1 - Z)
    return gap / gap.sum(axis=1, keepdims=True)


def steps(n: int, rounds: int) -> None:
    """Scaling, indices and obstacles of n rows × 25 indicators, checks included."""
    w = np.random.default_rng(5).uniform(0.5, 1, 25)
    w /= w.sum()
    for order in ("C", "F"):
        Z = np.asarray(np.random.default_rng(6).uniform(0, 1, (n, 25)), order=order)
        for name, ours, plain in (
            ("normalize", lambda Z=Z: normalize(Z), lambda Z=Z: scaled(Z)),
            (
                "composite_index",
                lambda Z=Z: composite_index(Z, w, SYSTEMS),
                lambda Z=Z: summed(Z, w),
            ),
            ("obstacle_degree", lambda Z=Z: obstacle_degree(Z, w), lambda Z=Z: obstacles(Z, w)),
        ):
            np.testing.assert_allclose(ours(), plain(), rtol=1e-12)
            times = side_by_side(ours, plain, rounds)
            line(f"{name}, {n:,} × 25, {order}", *times, "numpy", "plain")


def weights(n: int, rounds: int) -> None:
    """Entropy weights of n rows × 30 indicators, in both orders and as a frame."""
    plain = np.random.default_rng(2).uniform(0.01, 1, (n, 30))
    for order in ("C", "F"):
        Z = np.asarray(plain, order=order)
        np.testing.assert_allclose(entropy_weights(Z), pymcdm.weights.entropy_weights(Z), rtol=1e-9)
        peer = lambda Z=Z: pymcdm.weights.entropy_weights(Z)  # noqa: E731
        times = side_by_side(lambda Z=Z: entropy_weights(Z), peer, rounds)
        goal = "entropy" if order == "C" else "plain"
        line(f"entropy weights, {n:,} × 30, {order}", *times, "pymcdm", goal)
    frame = pd.DataFrame(plain)
    ours, theirs = side_by_side(
        lambda: entropy_weights(frame), lambda: pymcdm.weights.entropy_weights(plain), rounds
    )
    line(f"entropy weights, {n:,} × 30, frame", ours, theirs, "pymcdm", "entropy")


def whole_panel(rounds: int) -> None:
    """One fit of the panel that comes with the package; there is nothing to compare it with."""
    panel = load_us_states()
    systems = {"A": ["hwy", "water", "util"], "B": {"gsp": 1, "pc": 1, "emp": 1, "unemp": -1}}
    model = CouplingModel(systems)
    fit = lambda: model.fit(panel, unit="state", time="year")  # noqa: E731
    ours, _ = side_by_side(fit, lambda: None, 10 * rounds)
    print(f"{'CouplingModel.fit, 816 rows × 7, frame':46}{1e3 * ours:9.1f} ms")


def deviations(n: int, units: int, years: int, rounds: int) -> None:
    """Standard deviation weights, where nothing is gained: pymcdm takes no checks or labels in."""
    peer = pymcdm.weights.standard_deviation_weights
    Z = np.random.default_rng(4).uniform(0, 1, (n, 30))
    np.testing.assert_allclose(std_weights(Z), peer(Z), rtol=1e-9)
    ours, theirs = side_by_side(lambda: std_weights(Z), lambda: peer(Z), rounds)
    line(f"std weights, {n:,} × 30, array", ours, theirs, "pymcdm")
    Z, year = Z[: units * years], np.tile(np.arange(years), units)
    views = np.ascontiguousarray(Z.reshape(units, years, 30).transpose(1, 0, 2))
    np.testing.assert_allclose(std_weights(Z, by=year), [peer(z) for z in views], rtol=1e-9)
    ours, theirs = side_by_side(
        lambda: std_weights(Z, by=year), lambda: [peer(z) for z in views], rounds
    )
    line(f"std weights by year, {units:,} × {years} × 30, array", ours, theirs, "pymcdm")


def weights_by_year(units: int, years: int, rounds: int) -> None:
    """Weights by year; pymcdm is given each year's rows as a view, at no cost."""
    rng = np.random.default_rng(3)
    Z = normalize(rng.uniform(0, 1, (units * years, 30)), feature_range=(0.01, 0.99))
    year = np.tile(np.arange(years), units)
    views = np.ascontiguousarray(Z.reshape(units, years, 30).transpose(1, 0, 2))
    index = pd.MultiIndex.from_product([range(units), range(years)], names=["unit", "year"])
    frame = pd.DataFrame(Z, index=index)
    for name, function in (("entropy", entropy_weights), ("critic", critic_weights)):
        peer = getattr(pymcdm.weights, f"{name}_weights")
        data = Z if name == "entropy" else scaled_by_year(Z, year)
        panel = frame if name == "entropy" else pd.DataFrame(data, index=index)
        given = views if name == "entropy" else np.array([data[year == y] for y in range(years)])
        found, expected = function(data, by=year), np.array([peer(one) for one in given])
        np.testing.assert_allclose(found, expected, rtol=1e-9)
        size = f"{units:,} × {years} × 30"
        for what, call in (
            ("array", lambda f=function, d=data: f(d, by=year)),
            ("frame", lambda f=function, p=panel: f(p, by="year")),
        ):
            ours, theirs = side_by_side(call, lambda p=peer, g=given: [p(one) for one in g], rounds)
            line(f"{name} weights by year, {size}, {what}", ours, theirs, "pymcdm", "by year")


def scaled_by_year(Z: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Min–max by year, as pymcdm's critic_weights scales inside."""
    frame = pd.DataFrame(Z)
    low, high = (frame.groupby(year).transform(how) for how in ("min", "max"))
    return np.ascontiguousarray(((frame - low) / (high - low)).to_numpy())


def line(what: str, ours: float, theirs: float, peer: str, goal: str | None = None) -> None:
    """One row of the table."""
    aim = "" if goal is None else f"   (goal ≥ {GOALS[goal]:g})"
    print(
        f"{what:46}{1e3 * ours:9.1f} ms {1e3 * theirs:9.1f} ms ({peer}) {theirs / ours:6.1f} ×{aim}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that it runs")
    n_rows, n_indicators, units, years, rounds = SIZES[parser.parse_args().smoke]
    print(
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, NumPy "
        f"{np.__version__}, SciPy {scipy.__version__}, pandas {pd.__version__}, pymcdm "
        f"{version('pymcdm')}; one thread; medians of {rounds} rounds; {os.cpu_count()} cores"
    )
    print(f"{'':46}{'coupling':>12} {'peer':>12} {'ratio':>18}")
    steps(n_indicators, rounds)
    coordination(n_rows, rounds)
    weights(n_indicators, rounds)
    weights_by_year(units, years, rounds)
    deviations(n_indicators, units, years, rounds)
    whole_panel(rounds)


if __name__ == "__main__":
    main()
