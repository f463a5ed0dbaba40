"""Jackknife and bootstrap of a system: counts drawn, batches estimated, covariance formed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.row_labels import Groups
from simeq.errors import DataError, SimeqWarning, count, warn
from simeq.linalg.bases import BoolArray, FloatArray
from simeq.resampling.plan import ResamplingPlan
from simeq.resampling.results import Bootstrap, Jackknife

#: Seconds that a call may take before it shows its progress.
PATIENCE = 3.0


def jackknife(
    plan: ResamplingPlan, groups: Groups, b: FloatArray, index: pd.Index[str], center: str
) -> tuple[Jackknife, FloatArray]:
    """Leave one cluster out at a time; CV3 of MacKinnon, Nielsen and Webb (2023).

    The covariance is (g − 1)/g Σ_c (b_(c) − m)(b_(c) − m)', with m the full-sample estimate, or
    the mean of the b_(c) when ``center="mean"``.

    Returns
    -------
    Jackknife, and the covariance (K, K)
    """
    draws = plan.without_each()
    batches = in_batches(len(draws), plan.batch_size(), "jackknife")
    params = np.concatenate([plan.coefficients(draws[own]) for own in batches])
    failed = _failed(params, plan)
    _report_failures(failed, plan, "jackknife")
    good = params[~failed] if failed.any() else params
    middle = b if center == "estimate" else good.mean(axis=0)
    deviations = good - middle
    g = len(good)
    cov = (g - 1.0) / g * (deviations.T @ deviations)
    return Jackknife(params, groups, index, b, int(failed.sum())), cov


def bootstrap(
    plan: ResamplingPlan,
    groups: Groups,
    index: pd.Index[str],
    n_boot: int,
    generator: np.random.Generator,
) -> tuple[Bootstrap, FloatArray]:
    """Draw clusters with replacement, as many as there are.

    Returns
    -------
    Bootstrap, and the covariance (K, K) of the draws
    """
    g = groups.number
    counts = generator.multinomial(g, np.full(g, 1.0 / g), size=n_boot)
    batches = in_batches(n_boot, plan.batch_size(), "bootstrap")
    params = np.concatenate([plan.coefficients(plan.draw(counts[own])) for own in batches])
    failed = _failed(params, plan)
    _report_failures(failed, plan, "bootstrap")

    def errors_of(given: NDArray[np.int64]) -> FloatArray:
        batches = in_batches(len(given), plan.batch_size(errors=True), "studentise")
        return np.concatenate([plan.errors(given[own]) for own in batches])

    found = Bootstrap(params, index, counts, groups.labels, int(failed.sum()), errors_of)
    return found, np.asarray(np.cov(params[~failed], rowvar=False)).reshape((params.shape[1],) * 2)


def in_batches(number: int, size: int, what: str) -> Iterator[slice]:
    """Yield the draws of each batch, with a bar where it takes long."""
    for start in with_progress(range(0, number, size), what):
        yield slice(start, start + size)


def with_progress(steps: Sequence[int], what: str) -> Iterator[int]:
    """Yield the steps; after a first one that foretells a wait, through tqdm if there is one."""
    begun = time.perf_counter()
    yield steps[0]
    rest: Iterable[int] = steps[1:]
    if (time.perf_counter() - begun) * len(steps) > PATIENCE:
        with suppress(ImportError):
            rest = import_module("tqdm").tqdm(rest, initial=1, total=len(steps), desc=what)
    yield from rest


def _failed(params: FloatArray, plan: ResamplingPlan) -> BoolArray:
    """Draws (D,) in which a coefficient that can be resampled was not estimated."""
    return np.asarray(np.isnan(params[:, plan.sound]).any(axis=1), dtype=np.bool_)


def _report_failures(failed: BoolArray, plan: ResamplingPlan, what: str) -> None:
    """Warn of samples that failed; stop where nearly all did."""
    number, among = count(int(failed.sum()), "resample"), f"{len(failed):,}"
    most = plan.choices.maxiter
    limit = "" if most is None else f"in {most:,} iterations "
    if failed.sum() > len(failed) - 2:
        remedy = "raise maxiter, use the two-step estimator, " if limit else "use "
        raise DataError(
            f"The {what} cannot estimate the system {limit}in {number} of {among}; {remedy}fewer "
            f"regressors, or larger clusters."
        )
    if failed.any():
        warn(
            f"The {what} could not estimate the system {limit}in {number} of {among}; the rest is "
            f"used. Is a column nonzero in few clusters alone?",
            SimeqWarning,
        )
