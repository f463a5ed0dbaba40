"""A test and what came out: statistic, distribution, p value, the null hypothesis in words."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

#: What stands for an equation's label where a test concerns all equations together.
SYSTEM = "system"


@dataclass(frozen=True)
class HypothesisTest:
    """A test of one hypothesis.

    Attributes
    ----------
    name : str
    equation : str
        Label of the equation, or "system".
    statistic : float
    df : float
        Degrees of freedom, of the numerator where the statistic is an F.
    df_denom : float or None
        Degrees of freedom of the denominator of an F; None for χ².
    pvalue : float
        NaN where there is nothing to test (df 0).
    null : str
        The null hypothesis in words.
    """

    name: str
    equation: str
    statistic: float
    df: float
    df_denom: float | None
    pvalue: float
    null: str

    @property
    def distribution(self) -> str:
        """Distribution of the statistic under the null hypothesis."""
        if self.df_denom is None:
            return f"chi2({self.df:g})"
        return f"F({self.df:g}, {self.df_denom:g})"

    def __str__(self) -> str:
        """Say what was tested and what came out."""
        if self.df <= 0:
            return f"{self.name}, {self.equation}: nothing to test, df 0\nH0: {self.null}"
        return (
            f"{self.name}, {self.equation}: {self.distribution} = {self.statistic:.4f}, "
            f"p = {self.pvalue:.4f}\nH0: {self.null}"
        )


class Tested(ABC):
    """What has a test of its own, with an argument that has a default; read as that test."""

    @abstractmethod
    def test(self) -> HypothesisTest:
        """Test at the default."""

    @property
    def df(self) -> float:
        """Degrees of freedom of the default test, of the numerator where it is an F."""
        return self.test().df

    @property
    def pvalue(self) -> float:
        """P value of the default test; `test` gives others."""
        return self.test().pvalue

    @property
    def null(self) -> str:
        """The null hypothesis of the default test in words."""
        return self.test().null


def chi2_test(name: str, equation: str, statistic: float, df: float, null: str) -> HypothesisTest:
    """Refer a statistic to χ²(df)."""
    from scipy import special

    value = float(statistic)
    pvalue = float(special.chdtrc(df, value)) if df > 0 else math.nan
    return HypothesisTest(name, equation, value, float(df), None, pvalue, null)


def f_test(
    name: str, equation: str, statistic: float, df: float, df_denom: float, null: str
) -> HypothesisTest:
    """Refer a statistic to F(df, df_denom)."""
    from scipy import special

    value = float(statistic)
    there = df > 0 and df_denom > 0
    pvalue = float(special.fdtrc(df, df_denom, value)) if there else math.nan
    return HypothesisTest(name, equation, value, float(df), float(df_denom), pvalue, null)
