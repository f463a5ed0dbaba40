"""What a scored panel holds, and the tables that are made of it."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from coupling.averages import averages, couple_means, mean_indices
from coupling.degree import CouplingFormula, levels_of
from coupling.diagnosis import gaps_to_one, nothing_left
from coupling.errors import warn
from coupling.panel import combine, keys_of_panel
from coupling.results.summary import summary_report
from coupling.scoring import Scale, score_again
from coupling.tables import Report


@dataclass(frozen=True, repr=False)
class CouplingResult:
    """A panel scored by a `CouplingModel`.

    Attributes
    ----------
    model : CouplingModel
        The model that scored it.
    scale, formula : Scale, CouplingFormula
        Bounds and weights that it was scored on; how indices became degrees.
    scaled : DataFrame, (n, k)
        Scaled indicators over (unit, time) by (system, indicator).
    indices : DataFrame, (n, S)
        Composite index of each subsystem.
    degrees : DataFrame, (n, 5)
        C, T, D, level and label.
    keys : DataFrame, (n, …)
        Columns of the panel that are no indicators, for grouping.

    Examples
    --------
    >>> from coupling import CouplingModel, load_us_states
    >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
    >>> result = model.fit(load_us_states(), unit="state", time="year")
    >>> result.degrees.loc[("UTAH", 1970), "label"]
    'Severe dissonance'
    >>> bool((result.D**2 - result.C * result.T).abs().max() < 1e-12)
    True
    """

    model: Any  # a CouplingModel, whose file stands above this one
    scale: Scale
    formula: CouplingFormula
    scaled: pd.DataFrame
    indices: pd.DataFrame
    degrees: pd.DataFrame
    keys: pd.DataFrame

    def __repr__(self) -> str:
        return f"<CouplingResult: {len(self.degrees)} rows, {', '.join(map(str, self.indices))}>"

    @property
    def bounds(self) -> pd.DataFrame:
        """Least and greatest value of each indicator, in its own units, (2, k)."""
        return self.scale.bounds

    @property
    def details(self) -> pd.DataFrame:
        """Weights inside each subsystem, with what they rest on, (k, …)."""
        return self.scale.details

    @property
    def C(self) -> "pd.Series[float]":
        """Coupling degree, (n,)."""
        return self.degrees["C"]

    @property
    def T(self) -> "pd.Series[float]":
        """Coordination index, (n,)."""
        return self.degrees["T"]

    @property
    def D(self) -> "pd.Series[float]":
        """Coupling coordination degree, (n,)."""
        return self.degrees["D"]

    @property
    def level(self) -> "pd.Series[int]":
        """Level from 1, (n,); 0 where D is undefined."""
        return self.degrees["level"]

    @property
    def unit(self) -> Hashable:
        """Name of the unit key."""
        return self.degrees.index.names[0]

    @property
    def time(self) -> Hashable:
        """Name of the time key."""
        return self.degrees.index.names[1]

    @property
    def weights(self) -> pd.DataFrame:
        """Table 4: direction, bounds, and weight inside its subsystem, by (system, indicator)."""
        return self.scale.table

    def yearly(self) -> pd.DataFrame:
        """Table 5 as the paper describes it: C, T and D averaged by time, and the level of D.

        Returns
        -------
        DataFrame, (times, 5)
            C, T, D, level, label.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> result.yearly().loc[[1970, 1986], ["C", "T", "D"]].round(3)
                  C      T      D
        year
        1970  0.970  0.119  0.290
        1986  0.983  0.172  0.361
        """
        return self.averages(self.time)

    def averages(self, by: Any) -> pd.DataFrame:
        """Averages of C, T and D within any groups, and the level of the average D.

        Parameters
        ----------
        by : label, mapping unit → group, (n,) labels, or a list of these
            A key of the panel, a column that is no indicator, or labels.

        Returns
        -------
        DataFrame, (G, 5)
            C, T, D, level, label in sorted order of the groups.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> result.averages("region")["D"].round(3).head(2)
        region
        1    0.193
        2    0.632
        Name: D, dtype: float64
        """
        keys = self._keys(by)
        means = {name: averages(self.degrees[name].to_numpy(), keys) for name in ("C", "T", "D")}
        if len(keys) == 2:
            means = {name: table.stack() for name, table in means.items()}
        frame = pd.DataFrame(means)
        return frame.join(levels_of(frame["D"].to_numpy(), self.formula.levels, frame.index))

    def regional(self, by: Any, *, total: str | None = "All") -> pd.DataFrame:
        """Table 6 as the paper describes it: average D, times down and groups across.

        Parameters
        ----------
        by : label, mapping unit → group, or (n,) labels
            The grouping.
        total : str or None
            Name of the averages over everything, or None.

        Returns
        -------
        DataFrame, (times + 1, G + 1)
            Average D.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> result.regional("region").loc[[1970, 1986], [1, 2, "All"]].round(3)
        region      1      2    All
        year
        1970    0.164  0.586  0.290
        1986    0.218  0.670  0.361
        """
        keys = [*self._keys(self.time), *self._keys(by)]
        return pd.DataFrame(averages(self.D.to_numpy(), keys, total=total))

    def of_means(
        self, by: Any = None, *, rescale: tuple[float, float] | None = None, within: Hashable = None
    ) -> pd.DataFrame:
        """Degrees of average indices, which is what the paper's Tables 5 and 6 hold.

        Parameters
        ----------
        by : label, mapping unit → group, (n,) labels, or a list of these
            The grouping; by default time. Rows with a missing index are left out.
        rescale : (float, float), optional
            Range to which averages are stretched, the paper's is (0.01, 0.99).
        within : label, optional
            Name of one key of `by`: rescale inside its groups, as Table 6 does.

        Returns
        -------
        DataFrame, (G, 5)
            C, T, D, level, label.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> result.of_means(rescale=(0.01, 0.99)).loc[[1970, 1986], "D"].round(3).tolist()
        [0.1, 0.995]
        """
        complete = self.indices.notna().all(axis=1).to_numpy()
        keys = [key[complete] for key in self._keys(self.time if by is None else by)]
        U = self.indices[complete]
        means = mean_indices(U.to_numpy(), tuple(U.columns), combine(keys))
        frame, notes = couple_means(means, self.scale.alpha, self.formula, rescale, within)
        warn(*notes)
        return frame

    def obstacles(self, *, by_system: bool = False) -> pd.DataFrame:
        """Obstacle degrees of indicators, or of subsystems, each row summing to 1.

        Parameters
        ----------
        by_system : bool
            Whether indicators are summed inside their subsystem.

        Returns
        -------
        DataFrame, (n, k) or (n, S)
            Shares; subsystems count by their weights in T.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> result.obstacles(by_system=True).mean().round(3).to_dict()
        {'Roads': 0.488, 'Economy': 0.512}
        """
        (low, high), members = self.scale.ends, self.scale.members
        z, places = (self.scaled.to_numpy() - low) / (high - low), list(members.values())
        shares, done = gaps_to_one(z, self.scale.overall, places if by_system else None)
        warn(*nothing_left(self.scaled.index, done))
        columns = pd.Index(list(members)) if by_system else self.scaled.columns
        return pd.DataFrame(shares, self.scaled.index, columns)

    def level_counts(self) -> pd.DataFrame:
        """Count units in each level by time.

        Returns
        -------
        DataFrame of int, (times, L)
            All levels of the scheme, in order.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> result.level_counts().loc[1986].sum().item()
        48
        """
        names = self.degrees["label"].cat.categories
        counts = self.level.groupby(level=1).value_counts().unstack(fill_value=0)
        counts = counts.reindex(columns=range(1, len(names) + 1), fill_value=0)
        return counts.set_axis(names, axis=1)

    def transform(
        self,
        panel: pd.DataFrame,
        unit: Hashable = None,
        time: Hashable = None,
        *,
        outside: str = "warn",
    ) -> "CouplingResult":
        """Score a new panel on the stored bounds and weights, so that degrees can be compared.

        Parameters
        ----------
        panel : DataFrame, (m, …)
            New rows; one year is enough.
        unit, time : label, optional
            Its keys; by default the names they had in `fit`.
        outside : {"warn", "keep", "clip", "raise"}
            What to do with values beyond the stored bounds. Unless they are clipped, z goes beyond
            0 or 1, and an index that leaves [0, 1] is set to the end, with a warning.

        Returns
        -------
        CouplingResult
            On the same scale.

        Raises
        ------
        CouplingError
            As `CouplingModel.fit`.

        Warns
        -----
        CouplingWarning
            For values and indices beyond the scale.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> scored = result.transform(load_us_states().query("year == 1986"))
        >>> bool(scored.D.equals(result.D[scored.D.index]))
        True
        """
        if unit is None and time is None:
            named = {self.unit, self.time} <= {*panel.columns, *panel.index.names}
            unit, time = (self.unit, self.time) if named else (None, None)
        scored, notes = score_again(panel, unit, time, self.scale, self.formula, outside)
        warn(*notes)
        return replace(self, **vars(scored))

    def summary(self, by: Any = None) -> Report:
        """Tables to print: weights, years, and with `by` the regions.

        Parameters
        ----------
        by : label, mapping unit → group, or (n,) labels, optional
            A grouping of the units.

        Returns
        -------
        Report
            ``print`` it, or write it with ``.save("tables.html")``.

        Examples
        --------
        >>> from coupling import CouplingModel, load_us_states
        >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
        >>> result = model.fit(load_us_states(), unit="state", time="year")
        >>> str(result.summary("region")).splitlines()[0]
        'Weights inside each subsystem'
        """
        by_time = pd.concat([self.indices.groupby(level=1).mean(), self.yearly()], axis=1)
        shares = self.obstacles().mean().sort_values(ascending=False).to_frame("share")
        keys = [] if by is None else self._keys(by)
        regional = {", ".join(str(key.name) for key in keys): self.regional(by)} if keys else {}
        return summary_report(self.degrees.index, self.weights, by_time, shares, regional)

    def _keys(self, by: Any) -> list[pd.Index]:
        """Labels of each key, (n,), over the rows."""
        return keys_of_panel(self.degrees.index, self.keys, by)
