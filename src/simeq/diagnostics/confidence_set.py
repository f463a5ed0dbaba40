"""Values of a coefficient that a test does not reject, whatever their shape."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ConfidenceSet:
    """Values of a coefficient that a test does not reject: an interval, rays, all, or none.

    Attributes
    ----------
    intervals : tuple of (float, float)
        Disjoint, in order; infinite ends where the set is unbounded.
    level : float
        Its coverage.
    name : str
        The coefficient.
    """

    intervals: tuple[tuple[float, float], ...]
    level: float
    name: str

    @property
    def is_empty(self) -> bool:
        """Whether every value is rejected, as when the instruments are not valid."""
        return not self.intervals

    @property
    def is_bounded(self) -> bool:
        """Whether it has finite ends; with weak instruments it may not."""
        return all(math.isfinite(end) for own in self.intervals for end in own)

    def __contains__(self, value: float) -> bool:
        return any(low <= value <= high for low, high in self.intervals)

    def __str__(self) -> str:
        """Write the set."""
        parts = " or ".join(f"{low:.4g} to {high:.4g}" for low, high in self.intervals)
        return f"{100 * self.level:g}% confidence set of {self.name}: {parts or 'empty'}"


def not_rejected(
    accepts: Callable[[float], bool], roots: Sequence[float], unit: float
) -> tuple[tuple[float, float], ...]:
    """Intervals between roots, in order, on which a test accepts; neighbours are joined.

    Parameters
    ----------
    accepts : callable
        Whether a value is not rejected; it changes at roots alone.
    roots : sequence of float
    unit : float
        A length of the coefficient, for values far out.
    """
    kept: list[tuple[float, float]] = []
    for low, high in itertools.pairwise([-math.inf, *roots, math.inf]):
        if not accepts(_between(low, high, unit)):
            continue
        if kept and kept[-1][1] == low:
            kept[-1] = (kept[-1][0], high)
        else:
            kept.append((low, high))
    return tuple(kept)


def _between(low: float, high: float, unit: float) -> float:
    """Return a value inside an interval, far out in a ray."""
    if math.isinf(low) and math.isinf(high):
        return 0.0
    if math.isinf(low):
        return high - 1e3 * (unit + abs(high))
    if math.isinf(high):
        return low + 1e3 * (unit + abs(low))
    return (low + high) / 2.0
