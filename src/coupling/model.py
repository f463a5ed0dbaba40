"""The steps for a whole panel: scale, weigh, add up, couple."""

import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd

from coupling.degree import coupling_coordination
from coupling.directions import Direction, direction_of
from coupling.entropy import entropy_weights
from coupling.errors import CouplingError, CouplingWarning, WarnedOnce, only, warn
from coupling.frames import at, listed
from coupling.index import composite_index
from coupling.keys import keyed
from coupling.results import CouplingResult
from coupling.scaling import normalize
from coupling.shares import by_subsystem, match
from coupling.weights import critic_weights, cv_weights, equal_weights, std_weights

WEIGHTS: dict[str, Callable[..., Any]] = {
    "entropy": entropy_weights,
    "critic": critic_weights,
    "cv": cv_weights,
    "std": std_weights,
    "equal": equal_weights,
}


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
            only(self.weights, tuple(WEIGHTS), "weights")
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
        read = {}
        for system, columns in self.systems.items():
            if isinstance(columns, str) or not len(columns):
                raise CouplingError(
                    f"Subsystem {system!r} needs a mapping from columns to directions."
                )
            pairs = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, 1)
            for column, direction in pairs.items():
                read[(system, column)] = direction_of(direction, column)
        return read

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
        with WarnedOnce():
            panel = keyed(panel, unit, time)
            X = self._indicators(panel)
            self._warn_shared()
            Z, bounds = self._scaled(X, None, "keep")
            details = self._weigh(Z)
            return self._result(panel, Z, bounds, details, self._indices(Z, details["weight"]))

    def score(
        self, panel: pd.DataFrame, unit: Hashable, time: Hashable, bounds: pd.DataFrame,
        details: pd.DataFrame, outside: str,
    ) -> CouplingResult:  # fmt: skip
        """Score a panel on stored bounds and weights; `CouplingResult.transform` calls it.

        Parameters
        ----------
        panel : DataFrame, (n, …)
            As in `fit`.
        unit, time : label, optional
            As in `fit`.
        bounds : DataFrame, (2, k)
            Rows min and max by (subsystem, indicator).
        details : DataFrame, (k, …)
            Weights by (subsystem, indicator), as fitted.
        outside : {"warn", "keep", "clip", "raise"}
            As in `normalize`.

        Returns
        -------
        CouplingResult
            On the same scale.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> year = load_us_states().query("year == 1986")
        >>> again = model.score(year, "state", "year", result.bounds, result.details, "raise")
        >>> bool(again.D.equals(result.D[again.D.index]))
        True
        """
        with WarnedOnce():
            panel = keyed(panel, unit, time)
            X = self._indicators(panel)[list(bounds.columns)]
            Z, _ = self._scaled(X, bounds, outside)
            U = _on_scale(self._indices(Z, details["weight"]))
            return self._result(panel, Z, bounds, details, U)

    def _indicators(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Columns of all subsystems, (n, k), over (system, indicator)."""
        lacking = [column for _, column in self.directions if column not in panel.columns]
        if lacking:
            there = listed(list(panel.columns), 12)
            raise CouplingError(f"There is no column {listed(lacking)}; there are {there}.")
        doubled = panel.columns[panel.columns.duplicated()]
        if len(doubled):
            raise CouplingError(f"Column {doubled[0]!r} occurs twice; rename or drop one.")
        X = panel[[column for _, column in self.directions]]
        return X.set_axis(
            pd.MultiIndex.from_tuples(list(self.directions), names=["system", "indicator"]), axis=1
        )

    def _scaled(
        self, X: pd.DataFrame, bounds: pd.DataFrame | None, outside: str
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Scale subsystem by subsystem, so that a message names the column as the panel does."""
        scaled, known = {}, {}
        for system in X.columns.unique("system"):
            part, stored = X[system], None if bounds is None else bounds[system]
            scaled[system], known[system] = normalize(
                part, [self.directions[system, name] for name in part.columns],
                feature_range=self.feature_range, bounds=stored, nan=self.nan,
                constant=self.constant if bounds is None else "zero",
                return_bounds=True, outside=outside,
            )  # fmt: skip
        names = ["system", "indicator"]
        return (
            pd.concat(scaled, axis=1, names=names),
            pd.concat(known, axis=1, names=names),
        )

    def _weigh(self, Z: pd.DataFrame) -> pd.DataFrame:
        """Weights with what they rest on, over (system, indicator)."""
        complete = Z.dropna()  # balance was looked at before, hence the plain index below
        if isinstance(self.weights, str) or callable(self.weights):
            parts = {
                system: self._weigh_one(pd.DataFrame(complete[system]))
                for system in complete.columns.unique("system")
            }
            return pd.concat(parts, names=["system", "indicator"])
        return pd.DataFrame({"weight": by_subsystem(self.weights, Z.columns)})

    def _weigh_one(self, z: pd.DataFrame) -> pd.DataFrame:
        if z.shape[1] == 1:
            return pd.DataFrame({"weight": 1.0}, index=z.columns)
        if callable(self.weights):
            names = list(z.columns)
            return pd.DataFrame({"weight": match(self.weights(z), names, "weights")}, index=names)
        extra = (
            {"constant": "zero"} if self.weights == "critic" and self.constant != "raise" else {}
        )
        _, table = WEIGHTS[self.weights](z.reset_index(drop=True), details=True, **extra)
        return pd.DataFrame(table)

    def _result(
        self, panel: pd.DataFrame, Z: pd.DataFrame, bounds: pd.DataFrame,
        details: pd.DataFrame, U: pd.DataFrame,
    ) -> CouplingResult:  # fmt: skip
        """Couple the indices, and keep what led to them."""
        degrees = coupling_coordination(
            U, self.alpha, method=self.method, scheme=self.scheme, k=self.k,
            zero=self.zero, closed=self.closed, labels=self.labels, nan=self.nan,
            renormalize=self.renormalize,
        )  # fmt: skip
        total = details.groupby(level="system", sort=False)["weight"].transform("sum")
        used = {column for _, column in self.directions}
        return CouplingResult(
            model=self, scaled=Z, bounds=bounds,
            details=details.assign(weight=details["weight"] / total), indices=U, degrees=degrees,
            keys=panel[[column for column in panel.columns if column not in used]],
        )  # fmt: skip

    def _indices(self, Z: pd.DataFrame, weights: Any) -> pd.DataFrame:
        """Add up; computed weights have been warned of where they were computed."""
        members = {system: list(Z[[system]].columns) for system in Z.columns.unique("system")}
        if len(members) < len(self.systems):
            raise CouplingError("A subsystem has no indicator left after dropping constant ones.")
        given = not (isinstance(self.weights, str) or callable(self.weights))
        with warnings.catch_warnings():
            if not given:
                warnings.simplefilter("ignore", CouplingWarning)
            U: pd.DataFrame = composite_index(
                Z, weights, members, renormalize=self.renormalize or not given, nan=self.nan
            )
        return U

    def _warn_shared(self) -> None:
        homes: dict[Any, list[Any]] = {}
        for system, column in self.directions:
            homes.setdefault(column, []).append(system)
        for column, systems in homes.items():
            if len(systems) > 1:
                warn(
                    f"Column {column!r} is used in {len(systems)} subsystems ({listed(systems)}): "
                    "part of their coupling is this column with itself."
                )


def _on_scale(U: pd.DataFrame) -> pd.DataFrame:
    """Set indices that new data carried beyond [0, 1] to the end, and say so."""
    beyond = ((U < -1e-12) | (U > 1 + 1e-12)).to_numpy()
    if beyond.any():
        row, column = np.argwhere(beyond)[0]
        warn(
            f"Index {U.columns[column]!r} is {U.iloc[row, column]:.4g} at {at(U.index, int(row))}, "
            f"beyond the end of the scale ({int(beyond.sum())} such); set to the end."
        )
    return U.clip(0, 1)
