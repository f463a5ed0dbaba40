"""Effects of columns on variables, and single measures: numbers with their names."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from simeq.inference.derived import Derived
from simeq.linalg.bases import FloatArray
from simeq.report.pairs_table import pairs_table
from simeq.report.printed_table import PrintedTable, number


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects of exogenous columns on endogenous variables.

    Attributes
    ----------
    title : str
        What they are.
    endogenous : (M,) tuple of str
        Variables that are moved.
    exogenous : (X,) tuple of str
        Columns that move them.
    numbers : Derived
        Effects (M, X) with standard errors and, from a bootstrap, draws.
    """

    title: str
    endogenous: tuple[str, ...]
    exogenous: tuple[str, ...]
    numbers: Derived

    @property
    def params(self) -> pd.DataFrame:
        """Effects (M, X) of a unit more."""
        return self._frame(self.numbers.values)

    @property
    def bse(self) -> pd.DataFrame:
        """Standard errors (M, X): 0 where an effect is fixed, NaN where it has none."""
        return self._frame(self.numbers.errors)

    @property
    def tvalues(self) -> pd.DataFrame:
        """Effects by their standard errors (M, X)."""
        return self._frame(self.numbers.ratios)

    @property
    def pvalues(self) -> pd.DataFrame:
        """Two-sided p values (M, X) of the ratios."""
        return self._frame(self.numbers.pvalues)

    def conf_int(self, alpha: float = 0.05, kind: str | None = None) -> pd.DataFrame:
        """Confidence intervals.

        Parameters
        ----------
        alpha : float
            One minus the coverage, in (0, 1).
        kind : {"normal", "percentile", "basic"}, optional
            By standard errors, or by a bootstrap's draws; percentile where there are draws.

        Returns
        -------
        DataFrame
            Columns lower and upper; a row for each variable and column.
        """
        low, high = self.numbers.interval(alpha, kind)
        return self._long({"lower": low, "upper": high})

    def to_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return all numbers, unrounded.

        Returns
        -------
        DataFrame
            Columns effect, std_error, statistic, pvalue, lower and upper; a row for each variable
            and column.
        """
        own = self.numbers
        low, high = own.interval(alpha)
        columns = {"effect": own.values, "std_error": own.errors, "statistic": own.ratios}
        return self._long({**columns, "pvalue": own.pvalues, "lower": low, "upper": high})

    def printed(self, alpha: float) -> pd.DataFrame:
        """Return what is printed, under its headings."""
        letter = "z" if self.numbers.dof is None else "t"
        headings = ["effect", "std err", f"P>|{letter}|", f"[{alpha / 2:g}", f"{1 - alpha / 2:g}]"]
        return self.to_frame(alpha).drop(columns="statistic").set_axis(headings, axis=1)

    def summary(self, alpha: float = 0.05) -> PrintedTable:
        """Return the effects as a table, a block for each variable."""
        frame = self.printed(alpha)
        moved = frame[frame[["effect", "std err"]].ne(0.0).any(axis=1)]
        return pairs_table(self.title, frame if moved.empty else moved)

    def __str__(self) -> str:
        return self.summary().to_text()

    def _repr_html_(self) -> str:
        return self.summary().to_html()

    def __repr__(self) -> str:
        """Say in one line what they are."""
        shape = f"{len(self.endogenous)} variables by {len(self.exogenous)} columns"
        return f"<Effects: {self.title.lower()}, {shape}>"

    def _frame(self, values: FloatArray) -> pd.DataFrame:
        """Lay numbers (M, X) out with their names."""
        return pd.DataFrame(values.copy(), list(self.endogenous), list(self.exogenous))

    def _long(self, columns: dict[str, FloatArray]) -> pd.DataFrame:
        """Lay numbers (M, X) out with a row for each pair."""
        pair = [self.endogenous, self.exogenous]
        index = pd.MultiIndex.from_product(pair, names=["endogenous", "exogenous"])
        return pd.DataFrame({name: own.reshape(-1) for name, own in columns.items()}, index)


@dataclass(frozen=True, eq=False)
class Measure:
    """A single number that follows from the coefficients.

    Attributes
    ----------
    name : str
    numbers : Derived
        The number, its standard error and, from a bootstrap, draws.
    """

    name: str
    numbers: Derived

    @property
    def value(self) -> float:
        """The number."""
        return float(self.numbers.values)

    @property
    def bse(self) -> float:
        """Its standard error: 0 where it is fixed, NaN where it has none."""
        return float(self.numbers.errors)

    def conf_int(self, alpha: float = 0.05, kind: str | None = None) -> tuple[float, float]:
        """Bounds of its confidence interval; see `Effects.conf_int`."""
        low, high = self.numbers.interval(alpha, kind)
        return float(low), float(high)

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        """Say the number with its interval, where it has one."""
        low, high = self.conf_int()
        between = f" [{number(low)}, {number(high)}]" if low == low else ""
        return f"<Measure: {self.name} {number(self.value)}{between}>"
