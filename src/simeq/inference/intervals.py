"""Confidence intervals: by standard errors, or by the draws of a bootstrap. Arrays only.

Those by draws are in Davison and Hinkley (1997), *Bootstrap Methods and their Application*,
chapter 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from simeq.errors import choose
from simeq.inference.distribution import require_alpha, two_sided_quantile
from simeq.linalg.bases import FloatArray

#: Kinds of intervals: by standard errors, and by draws.
KINDS = ("normal", "percentile", "basic", "studentised")

#: Lower and upper ends.
Bounds: TypeAlias = tuple[FloatArray, FloatArray]


def interval_kind(kind: str, known: Sequence[str] = KINDS) -> str:
    """Return the name of a kind of interval, in either spelling.

    Raises
    ------
    SimeqError
        If it is not known.
    """
    return choose(str(kind).replace("z", "s").replace("Z", "S"), known, "kind of interval")


def normal_interval(
    values: FloatArray, errors: FloatArray, alpha: float, dof: FloatArray | None
) -> Bounds:
    """Values ± q_{1−α/2} times their errors, q of Student's t, or of the normal for None."""
    reach = two_sided_quantile(alpha, dof) * errors
    return values - reach, values + reach


def interval_by_draws(values: FloatArray, draws: FloatArray, alpha: float, kind: str) -> Bounds:
    """Quantiles of draws (D, …): as they are, or "basic", mirrored at the values (…)."""
    choose(kind, ("percentile", "basic"), "kind of interval of draws")
    low, high = quantiles(draws, alpha)
    return (2.0 * values - high, 2.0 * values - low) if kind == "basic" else (low, high)


def studentised_interval(
    values: FloatArray, errors: FloatArray, ratios: FloatArray, alpha: float
) -> Bounds:
    """Values less the quantiles of t ratios (D, K) of draws, times the sample's errors (K,)."""
    low, high = quantiles(ratios, alpha)
    return values - high * errors, values - low * errors


def quantiles(draws: FloatArray, alpha: float) -> FloatArray:
    """Quantiles (2, …) at α/2 and 1 − α/2 of the draws that did not fail; NaN where all did."""
    require_alpha(alpha)
    tails = [alpha / 2.0, 1.0 - alpha / 2.0]
    good = np.isfinite(draws)
    if good.all():
        return np.asarray(np.quantile(draws, tails, axis=0))
    there = good.any(axis=0)
    out = np.full((2, *draws.shape[1:]), np.nan)
    out[:, there] = np.nanquantile(np.where(good, draws, np.nan)[:, there], tails, axis=0)
    return out
