"""What a large value of an indicator means: benefit, cost, a target, an interval."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.words import quoted
from coupling.errors import CouplingError
from coupling.panel import Array


@dataclass(frozen=True)
class Target:
    """A moderate indicator, best at `value`: ``z = 1 − |x − t| / max|x − t|``.

    Attributes
    ----------
    value : float
        The best value t, in the units of the indicator.

    Examples
    --------
    >>> Target(2.0)
    Target(value=2.0)
    """

    value: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.value):
            raise CouplingError(f"Target needs a finite value; it is {self.value!r}.")

    @property
    def text(self) -> str:
        """How a table writes it."""
        return f"→ {self.value:g}"

    def scale(self, x: Array, low: Array, high: Array) -> Array:
        """Scale x, (n,), with bounds (n,) or (1,), to 0 … 1.

        Examples
        --------
        >>> Target(2.0).scale(np.array([1.0, 2.0]), np.array([0.0]), np.array([4.0]))
        array([0.5, 1. ])
        """
        farthest = np.maximum(np.abs(low - self.value), np.abs(high - self.value))
        return 1 - np.abs(x - self.value) / farthest


@dataclass(frozen=True)
class Interval:
    """An indicator that is best anywhere in [low, high] and worse with distance from it.

    z = 1 inside, else 1 − distance / max(low − m, M − high), m and M being the bounds.

    Attributes
    ----------
    low, high : float
        Ends of the best interval, in the units of the indicator.

    Examples
    --------
    >>> Interval(1.0, 3.0)
    Interval(low=1.0, high=3.0)
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low <= self.high):
            raise CouplingError(
                f"Interval needs two finite ends in order; they are {self.low!r}, {self.high!r}."
            )

    @property
    def text(self) -> str:
        """How a table writes it."""
        return f"[{self.low:g}, {self.high:g}]"

    def scale(self, x: Array, low: Array, high: Array) -> Array:
        """Scale x, (n,), with bounds (n,) or (1,), to 0 … 1.

        Examples
        --------
        >>> Interval(1.0, 2.0).scale(np.array([0.0, 1.5]), np.array([0.0]), np.array([3.0]))
        array([0., 1.])
        """
        farthest = np.maximum(self.low - low, high - self.high)
        distance = np.maximum(np.maximum(self.low - x, x - self.high), 0)
        return 1 - distance / np.where(farthest > 0, farthest, 1)


@dataclass(frozen=True)
class Straight:
    """Benefit (sign 1) and cost (sign −1): linear between the bounds.

    Attributes
    ----------
    sign : int
        1 for z = (x − m)/(M − m), −1 for z = (M − x)/(M − m).

    Examples
    --------
    >>> Straight(-1).text
    '−'
    """

    sign: int

    @property
    def text(self) -> str:
        """How a table writes it."""
        return "+" if self.sign > 0 else "−"


Direction = Straight | Target | Interval
SIGNS: dict[Any, int] = {"benefit": 1, 1: 1, "cost": -1, -1: -1}


def direction_of(value: object, name: Hashable) -> Direction:
    """Read one direction.

    Parameters
    ----------
    value : "benefit", 1, "cost", -1, Target or Interval
        The direction as given.
    name : label
        The indicator, for the message.

    Returns
    -------
    Straight, Target or Interval
        The direction, which can scale.

    Raises
    ------
    CouplingError
        If it is none of these.

    Examples
    --------
    >>> direction_of("cost", "unemp")
    Straight(sign=-1)
    """
    if isinstance(value, (Straight, Target, Interval)):
        return value
    word = isinstance(value, Hashable) and not isinstance(value, (bool, np.bool))
    if word and value in SIGNS:
        return Straight(SIGNS[value])
    raise CouplingError(
        f"Unknown direction {value!r} for {name!r}: use +1 or 'benefit', -1 or 'cost', "
        "Target(t) or Interval(a, b)."
    )


def directions_of(direction: Any, names: Sequence[Hashable]) -> list[Direction]:
    """Read the directions of all columns.

    Parameters
    ----------
    direction : one direction, a sequence, a mapping or a Series
        One for all columns, one each in order, or one each by name.
    names : sequence of k labels
        The columns.

    Returns
    -------
    list of k directions
        In the order of the columns.

    Raises
    ------
    CouplingError
        If a column has none, a name is no column, or the number differs.

    Examples
    --------
    >>> directions_of({"unemp": -1, "gsp": 1}, ["gsp", "unemp"])
    [Straight(sign=1), Straight(sign=-1)]
    """
    if isinstance(direction, (Mapping, pd.Series)):
        given = dict(direction.items())
        surplus = [name for name in given if name not in names]
        lacking = [name for name in names if name not in given]
        if surplus or lacking:
            what = f"{quoted(surplus)} is no column" if surplus else f"none for {quoted(lacking)}"
            raise CouplingError(
                f"The directions do not match the columns: {what}. "
                "Keys of the panel belong into the index (as_panel)."
            )
        return [direction_of(given[name], name) for name in names]
    if isinstance(direction, (list, tuple, np.ndarray)) and np.ndim(direction) > 0:
        if len(direction) != len(names):
            raise CouplingError(f"{len(direction)} directions were given for {len(names)} columns.")
        return [direction_of(one, name) for one, name in zip(direction, names, strict=True)]
    return [direction_of(direction, name) for name in names]
