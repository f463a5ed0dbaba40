"""The steps for a whole panel: scale, weigh, add up, couple."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import pandas as pd

from coupling.degree import CouplingFormula, subsystem_weights
from coupling.errors import CouplingError, only, warn
from coupling.index import positions, shared_notes
from coupling.panel import keyed
from coupling.results import CouplingResult
from coupling.scaling import Direction
from coupling.scoring import (
    Scale,
    directions_by_pair,
    indicators,
    scale_systems,
    score,
    weigh_systems,
)
from coupling.weights import FAMILIES


@dataclass(frozen=True)
class CouplingModel:
    """Coupling coordination of a panel: which indicators make which subsystem, and how.

    Steps of `fit`: `normalize` pooled over units and years → weights inside each subsystem →
    `composite_index` → `coupling_coordination`.

    Parameters
    ----------
    systems : mapping name → mapping column → direction
        Two subsystems or more. Directions are ±1, "benefit", "cost", ``Target(t)`` or
        ``Interval(a, b)``; a sequence of columns takes all as benefits.
    weights : {"entropy", "critic", "cv", "std", "equal"}, function, mapping or Series
        How indicators are weighted inside their subsystem. A function takes the scaled indicators
        of one subsystem and returns their weights. Given weights are by column, or by subsystem and
        column, and sum to 1 over all or inside every subsystem.
    feature_range : (float, float)
        Ends of the scale of `normalize`.
    alpha : Series, mapping or array-like, optional
        Weights of the subsystems in T; by default equal.
    method, k, zero, scheme, labels, closed
        As in `coupling_coordination`.
    constant : {"raise", "zero", "drop"}
        What to do with an indicator that does not vary.
    nan : {"raise", "propagate"}
        What to do with missing values. Propagated: weights rest on complete rows, bounds on all
        values there are, and a row with a gap has no degree.
    renormalize : bool
        Whether given weights with another sum are divided by it.

    Raises
    ------
    CouplingError
        For fewer than two subsystems, an empty one, or an unknown direction or option.

    Examples
    --------
    >>> from coupling import CouplingModel, load_us_states
    >>> model = CouplingModel(
    ...     systems={
    ...         "Infrastructure": {"hwy": +1, "water": +1, "util": +1},
    ...         "Economy": {"gsp": +1, "pc": +1, "emp": +1, "unemp": -1},
    ...     }
    ... )
    >>> result = model.fit(load_us_states(), unit="state", time="year")
    >>> result.D.loc[("CALIFORNIA", 1986)].round(3).item()
    0.979
    """

    systems: Mapping[Any, Any]
    weights: Any = "entropy"
    _: KW_ONLY
    feature_range: tuple[float, float] = (0, 1)
    alpha: Any = None
    method: str = "standard"
    k: float | None = None
    zero: str = "nan"
    scheme: Any = "ten"
    labels: Sequence[str] | None = None
    closed: str = "left"
    constant: str = "raise"
    nan: str = "raise"
    renormalize: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.systems, Mapping) or len(self.systems) < 2:
            raise CouplingError("systems must be a mapping with two subsystems or more.")
        if not self.directions:
            raise CouplingError("The subsystems have no indicators.")
        if isinstance(self.weights, str):
            only(self.weights, tuple(FAMILIES), "weights")
        only(self.nan, ("raise", "propagate"), "nan")
        only(self.constant, ("raise", "zero", "drop"), "constant")
        low, high = self.feature_range
        if not 0 <= low < high <= 1:
            raise CouplingError(
                f"feature_range must increase within [0, 1]; it is {self.feature_range!r}."
            )

    @property
    def directions(self) -> dict[tuple[Any, Any], Direction]:
        """Direction of each (subsystem, column)."""
        return directions_by_pair(self.systems)

    def fit(
        self, panel: pd.DataFrame, unit: Hashable = None, time: Hashable = None
    ) -> CouplingResult:
        """Score a panel on its own scale.

        Parameters
        ----------
        panel : DataFrame, (n, …)
            One row for each unit and time. Other columns stay at hand for grouping.
        unit, time : label, optional
            The two keys, columns or index levels; by default the two levels of the index.

        Returns
        -------
        CouplingResult
            Weights, indices, degrees and levels. The model does not change.

        Raises
        ------
        CouplingError
            As the steps do, naming column, unit and year.

        Warns
        -----
        CouplingWarning
            As the steps do, each once.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> result
        <CouplingResult: 816 rows, Roads, Economy>
        """
        directions, (low, high) = self.directions, self.feature_range
        panel, notes = keyed(panel, unit, time)
        parts = indicators(panel, directions, directions)
        columns = list(dict.fromkeys(column for _, column in directions))
        places = positions({system: x.names for system, x in parts.items()}, columns)
        Z, bounds, _ = scale_systems(
            parts, directions, (low, high), nan=self.nan, constant=self.constant
        )
        details, weighed = weigh_systems(
            Z, self.weights, constant=self.constant, renormalize=self.renormalize
        )
        alpha = subsystem_weights(self.alpha, list(self.systems), self.renormalize)
        scale = Scale(directions, (low, high), bounds, details, alpha, self.nan)
        choices = self.method, self.k, self.zero, self.scheme, self.labels, self.closed
        formula = CouplingFormula(*choices)
        scored, coupled = score(panel, Z, scale, formula)
        warn(*notes, *shared_notes(places, columns), *weighed, *coupled)
        return CouplingResult(self, scale, formula, **vars(scored))
