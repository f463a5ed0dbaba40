"""The indicators of a panel by subsystem, and what they are scored on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from _simeq_shared.words import quoted
from coupling.errors import CouplingError
from coupling.panel import Array, LabelledArray, read
from coupling.scaling import Direction, direction_of

Pair = tuple[Any, Any]  # subsystem and column
LEVELS = ["system", "indicator"]


def directions_by_pair(systems: Mapping[Any, Any]) -> dict[Pair, Direction]:
    """Direction of each (subsystem, column), from what the caller wrote.

    Examples
    --------
    >>> directions_by_pair({"A": ["hwy"], "B": {"unemp": -1}})
    {('A', 'hwy'): Straight(sign=1), ('B', 'unemp'): Straight(sign=-1)}
    """
    directions = {}
    for system, columns in systems.items():
        if isinstance(columns, str) or not len(columns):
            raise CouplingError(f"Subsystem {system!r} needs a mapping from columns to directions.")
        given = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, 1)
        for column, direction in given.items():
            directions[(system, column)] = direction_of(direction, column)
    return directions


def pairs_index(pairs: Iterable[Any]) -> pd.MultiIndex:
    """Index over (system, indicator)."""
    return pd.MultiIndex.from_tuples(list(pairs), names=LEVELS)


def positions_by_system(pairs: Iterable[Any]) -> dict[Any, list[int]]:
    """Positions of the indicators of each subsystem.

    Examples
    --------
    >>> positions_by_system([("A", "hwy"), ("B", "gsp"), ("B", "emp")])
    {'A': [0], 'B': [1, 2]}
    """
    places: dict[Any, list[int]] = {}
    for j, (system, _) in enumerate(pairs):
        places.setdefault(system, []).append(j)
    return places


def indicators(
    panel: pd.DataFrame, directions: Mapping[Pair, Direction], pairs: Collection[Any]
) -> dict[Any, LabelledArray]:
    """Numbers of each subsystem, (n, k_s); columns of all directions must be there.

    Parameters
    ----------
    panel : DataFrame, (n, …)
        Over (unit, time).
    directions : mapping (subsystem, column) → direction
        Of the model.
    pairs : collection of (subsystem, column)
        Those that are read.
    """
    lacking = [column for _, column in directions if column not in panel.columns]
    if lacking:
        there = quoted(list(panel.columns), 12)
        raise CouplingError(f"There is no column {quoted(lacking)}; there are {there}.")
    doubled = panel.columns[panel.columns.duplicated()]
    if len(doubled):
        raise CouplingError(f"Column {doubled[0]!r} occurs twice; rename or drop one.")
    names = [column for _, column in pairs]
    places = positions_by_system(pairs)
    return {s: read(panel[[names[j] for j in own]], "X") for s, own in places.items()}


@dataclass(frozen=True)
class Scale:
    """Directions, bounds and weights of the indicators, and the weights of the subsystems.

    Attributes
    ----------
    directions : mapping (subsystem, column) → direction
        Of all indicators that were asked for.
    ends : (float, float)
        Of the scale.
    bounds : DataFrame, (2, k)
        Least and greatest value of each indicator that is used, over (system, indicator).
    details : DataFrame, (k, …)
        Weights inside each subsystem, with what they rest on.
    alpha : ndarray, (S,), or None
        Weights of the subsystems in T; None are equal ones.
    nan : {"raise", "propagate"}
        What is done with missing values.
    """

    directions: Mapping[Pair, Direction]
    ends: tuple[float, float]
    bounds: pd.DataFrame
    details: pd.DataFrame
    alpha: Array | None
    nan: str

    @property
    def members(self) -> dict[Any, list[int]]:
        """Positions of the indicators of each subsystem."""
        return positions_by_system(self.bounds.columns)

    @property
    def table(self) -> pd.DataFrame:
        """Direction, bounds and weights of each indicator, (k, …)."""
        signs = [self.directions[pair].text for pair in self.details.index]
        bounds = self.bounds.T.rename_axis(LEVELS).reindex(self.details.index)
        front = bounds.assign(direction=signs)[["direction", "min", "max"]]
        return pd.concat([front, self.details], axis=1)

    @property
    def inside(self) -> Array:
        """Weights inside each subsystem, (S, k), 0 outside it."""
        weights = self.details["weight"].to_numpy()
        inside = np.zeros((len(self.members), len(weights)))
        for s, own in enumerate(self.members.values()):
            inside[s, own] = weights[own]
        return inside

    @property
    def overall(self) -> Array:
        """Weights of all indicators in T, (k,), which sum to 1."""
        n = len(self.members)
        alpha = np.full(n, 1 / n) if self.alpha is None else self.alpha
        return np.asarray(alpha @ self.inside)
