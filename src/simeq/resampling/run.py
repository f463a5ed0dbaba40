"""Jackknife and bootstrap of a system: counts drawn, batches estimated, covariance formed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module

import numpy as np
import pandas as pd

from simeq._linalg import BoolArray, FloatArray
from simeq.errors import DataError, SimeqWarning, count, warn
from simeq.groups import Groups
from simeq.resampling.draws import Drawable
from simeq.resampling.results import Bootstrap, Jackknife

#: Seconds that a call may take before it shows its progress.
PATIENCE = 3.0


def jackknife(
    drawable: Drawable, groups: Groups, b: FloatArray, index: pd.Index[str], center: str
) -> tuple[Jackknife, FloatArray]:
    """Leave one cluster out at a time; CV3 of MacKinnon, Nielsen and Webb (2023).

    The covariance is (g − 1)/g Σ_c (b_(c) − m)(b_(c) − m)', with m the full-sample estimate, or
    the mean of the b_(c) when ``center="mean"``.

    Returns
    -------
    Jackknife, and the covariance (K, K)
    """
    params, _ = _estimate(drawable, _left_out(groups.number), errors=False, what="jackknife")
    failed = _failed(params, drawable)
    _report_failures(failed, drawable, "jackknife")
    good = params[~failed]
    middle = b if center == "estimate" else good.mean(axis=0)
    deviations = good - middle
    g = len(good)
    cov = (g - 1.0) / g * (deviations.T @ deviations)
    labels = pd.Index(groups.labels, name=groups.name)
    frame = pd.DataFrame(params, index=labels, columns=index)
    return Jackknife(frame, b, int(failed.sum())), cov


def _left_out(number: int) -> FloatArray:
    return np.ones((number, number)) - np.eye(number)


def bootstrap(
    drawable: Drawable,
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
    params, _ = _estimate(drawable, counts.astype(np.float64), errors=False, what="bootstrap")
    failed = _failed(params, drawable)
    _report_failures(failed, drawable, "bootstrap")

    def errors_of(given: FloatArray) -> FloatArray:
        return np.asarray(_estimate(drawable, given, errors=True, what="studentise")[1])

    frame = pd.DataFrame(params, columns=index)
    found = Bootstrap(frame, counts, groups.labels, int(failed.sum()), errors_of)
    return found, np.asarray(np.cov(params[~failed], rowvar=False)).reshape((params.shape[1],) * 2)


def _estimate(
    drawable: Drawable, counts: FloatArray, errors: bool, what: str
) -> tuple[FloatArray, FloatArray | None]:
    """Estimate all draws, in batches, with a bar where it takes long."""
    starts = range(0, len(counts), drawable.batch_size)
    parts = [
        drawable.estimate(counts[start : start + drawable.batch_size], errors)
        for start in _with_progress(starts, what)
    ]
    params = np.concatenate([own for own, _ in parts])
    return params, np.concatenate([e for _, e in parts if e is not None]) if errors else None


def _with_progress(starts: Iterable[int], what: str) -> Iterator[int]:
    """Yield the starts; after a first one that foretells a wait, through tqdm if there is one."""
    pending = list(starts)
    begun = time.perf_counter()
    yield pending[0]
    rest: Iterable[int] = pending[1:]
    if (time.perf_counter() - begun) * len(pending) > PATIENCE:
        with suppress(ImportError):
            rest = import_module("tqdm").tqdm(rest, initial=1, total=len(pending), desc=what)
    yield from rest


def _failed(params: FloatArray, drawable: Drawable) -> BoolArray:
    """Draws (D,) in which a coefficient that can be resampled was not estimated."""
    return np.asarray(np.isnan(params[:, drawable.sound]).any(axis=1), dtype=np.bool_)


def _report_failures(failed: BoolArray, drawable: Drawable, what: str) -> None:
    number, among = count(int(failed.sum()), "resample"), f"{len(failed):,}"
    limit = f"in {drawable.convention.maxiter:,} iterations " if drawable.method.iterated else ""
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
