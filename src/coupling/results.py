"""What a scored panel holds, and the tables that are made of it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from coupling.grouping import keys_of_panel
from coupling.levels import classify
from coupling.obstacle import obstacle_degree
from coupling.panel import aggregate, coupling_of_means
from coupling.tables import Report, Table

if TYPE_CHECKING:
    from coupling.model import CouplingModel


@dataclass(frozen=True, repr=False)
class CouplingResult:
    """A panel scored by a `CouplingModel`.

    Attributes
    ----------
    model : CouplingModel
        The model that scored it.
    scaled : DataFrame, (n, k)
        Scaled indicators over (unit, time) by (system, indicator).
    bounds : DataFrame, (2, k)
        Least and greatest value of each indicator, in its own units.
    details : DataFrame, (k, …)
        Weights inside each subsystem, with what they rest on.
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

    model: "CouplingModel"
    scaled: pd.DataFrame
    bounds: pd.DataFrame
    details: pd.DataFrame
    indices: pd.DataFrame
    degrees: pd.DataFrame
    keys: pd.DataFrame

    def __repr__(self) -> str:
        n, systems = len(self.degrees), ", ".join(str(name) for name in self.indices.columns)
        return f"<CouplingResult: {n} rows, {systems}>"

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
        signs = [self.model.directions[pair].text for pair in self.details.index]
        bounds = self.bounds.T.rename_axis(["system", "indicator"]).reindex(self.details.index)
        front = bounds.assign(direction=signs)[["direction", "min", "max"]]
        return pd.concat([front, self.details], axis=1)

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
        means = {
            name: aggregate(self.degrees[name].to_numpy(), keys, total=None, nan="omit")
            for name in ("C", "T", "D")
        }
        if len(keys) == 2:
            means = {name: table.stack() for name, table in means.items()}
        frame = pd.DataFrame(means)
        model = self.model
        levels = classify(
            frame["D"], model.scheme, labels=model.labels, closed=model.closed, nan="propagate"
        )
        return pd.concat([frame, levels], axis=1)

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
        table: pd.DataFrame = aggregate(self.D.to_numpy(), keys, total=total, nan="omit")
        return table

    def of_means(
        self,
        by: Any = None,
        *,
        rescale: tuple[float, float] | None = None,
        within: Hashable = None,
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
        model, complete = self.model, self.indices.notna().all(axis=1).to_numpy()
        keys = [key[complete] for key in self._keys(self.time if by is None else by)]
        return coupling_of_means(
            self.indices[complete].reset_index(drop=True), keys, rescale=rescale, within=within,
            weights=model.alpha, method=model.method, scheme=model.scheme, k=model.k,
            zero=model.zero, closed=model.closed, labels=model.labels,
            renormalize=model.renormalize,
        )  # fmt: skip

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
        low, high = self.model.feature_range
        z = ((self.scaled - low) / (high - low)).clip(0, 1)
        systems = {name: list(z[[name]].columns) for name in self.indices.columns}
        shares: pd.DataFrame = obstacle_degree(
            z, self._overall_weights(), systems if by_system else None, nan=self.model.nan
        )
        return shares

    def _overall_weights(self) -> "pd.Series[float]":
        """Weights of all indicators in T, summing to 1."""
        names, alpha = list(self.indices.columns), self.model.alpha
        if alpha is None:
            shares = pd.Series(1 / len(names), index=names)
        else:
            named = isinstance(alpha, (Mapping, pd.Series))
            shares = pd.Series(dict(alpha.items()) if named else list(alpha), index=names)
        own = shares.reindex(self.details.index.get_level_values("system")).to_numpy()
        overall = self.details["weight"] * own / shares.sum()
        return overall

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
        >>> later = load_us_states().query("year == 1986")
        >>> scored = result.transform(later)
        >>> bool(scored.D.equals(result.D[scored.D.index]))
        True
        """
        if unit is None and time is None:
            named = {self.unit, self.time}
            if named <= {*panel.columns, *panel.index.names}:
                unit, time = self.unit, self.time
        return self.model.score(panel, unit, time, self.bounds, self.details, outside)

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
        n_units, n_times = (self.degrees.index.get_level_values(j).nunique() for j in (0, 1))
        sample = f"{n_units} × {self.unit}, {n_times} × {self.time}, n = {len(self.degrees)}"
        means = self.indices.groupby(level=1).mean()
        tables = [
            Table("Weights inside each subsystem", self.weights, sample, 4),
            Table(
                f"Coupling coordination by {self.time}: mean indices, mean C, T and D",
                pd.concat([means, self.yearly()], axis=1),
                "level and label are those of the mean D",
            ),
        ]
        if by is not None:
            names = ", ".join(str(key.name) for key in self._keys(by))
            tables.append(Table(f"Mean D by {self.time} and {names}", self.regional(by)))
        tables.append(
            Table(
                "Mean obstacle degrees",
                self.obstacles().mean().sort_values(ascending=False).to_frame("share"),
                "share of the gap between T and 1",
            )
        )
        return Report(tables)

    def _keys(self, by: Any) -> list[pd.Index]:
        """Labels of each key, (n,), over the rows."""
        return keys_of_panel(self.degrees.index, self.keys, by)
