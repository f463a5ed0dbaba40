"""Several results side by side: coefficient, stars, standard error beneath, blocks by equation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from simeq.errors import SimeqError, listing, nearest
from simeq.formula.terms import term_name
from simeq.report.printed_table import PrintedTable, Section, number
from simeq.results.system import SystemResults

#: Significance levels of one star, two and three.
STARS = (0.05, 0.01, 0.001)

#: What a frame says of each coefficient.
STATISTICS = ("coefficient", "std_error", "pvalue")


def compare(
    results: Mapping[str, SystemResults],
    stars: Sequence[float] = STARS,
    decimals: int = 3,
    title: str = "",
    omit: Sequence[str] | str = (),
) -> Comparison:
    """Set results side by side.

    Parameters
    ----------
    results : mapping
        Results by the name of their column.
    stars : sequence of float
        Significance levels of one star, two, three; () for none.
    decimals : int
        Places of the printed numbers.
    title : str
    omit : str or sequence of str
        Terms whose coefficients are not printed, as ``"C(year)"``: a line says who has them.

    Returns
    -------
    Comparison

    Raises
    ------
    SimeqError
        If there is nothing to compare, a level is not between 0 and 1, or no result has a term.

    Examples
    --------
    >>> from simeq import SystemEquations, compare, datasets
    >>> model = SystemEquations(
    ...     ["consump ~ corpProf + wages"], datasets.load_klein(),
    ...     instruments="~ govExp + taxes + govWage + capitalLag")
    >>> print(compare({"OLS": model.fit("ols"), "2SLS": model.fit("2sls")}))
    ==================================
                      OLS       2SLS
    ----------------------------------
    consump
      corpProf     0.260**   -0.333
                  (0.090)    (0.323)
      wages        0.838***   0.914***
                  (0.049)    (0.100)
      Intercept   14.643***  21.430***
                  (1.571)    (4.652)
    ----------------------------------
    N                 22         22
    R² consump     0.966      0.880
    ==================================
    Standard errors in parentheses. * p < 0.05, ** p < 0.01, *** p < 0.001.
    """
    if not isinstance(results, Mapping):
        raise SimeqError(
            f"Results to compare are a dict by name, as {{'OLS': r1, '3SLS': r3}}, not "
            f"{type(results).__name__}."
        )
    if not results:
        raise SimeqError("There is nothing to compare; give a dict of results by name.")
    for name, result in results.items():
        if not isinstance(result, SystemResults):
            raise SimeqError(
                f"compare takes results of SystemEquations.fit; {name!r} is a "
                f"{type(result).__name__}."
            )
    named = {" ".join(str(name).split()): result for name, result in results.items()}
    return Comparison(named, tuple(named)).styled(stars, decimals, title, omit)


@dataclass(frozen=True)
class Style:
    """How a comparison is printed; `Comparison.styled` tells its attributes."""

    stars: tuple[float, ...] = STARS
    decimals: int = 3
    title: str = ""
    omit: tuple[str, ...] = ()


class Comparison:
    """Results side by side; made by `compare` and by the model's methods that fit several.

    Parameters
    ----------
    results : mapping of results
    names : sequence of str
        What stands above each column.
    failed : mapping of str, optional
    remarks : sequence of str
        Sentences beneath the table.

    Attributes
    ----------
    results : dict
        Results by name; from `SystemEquations.fit_dropping` by the column left out, None for the
        full model.
    failed : dict
        Why a result that was asked for is not there, by what would be its key.
    style : Style
    """

    def __init__(
        self,
        results: Mapping[Any, SystemResults],
        names: Sequence[str],
        failed: Mapping[Any, str] | None = None,
        remarks: Sequence[str] = (),
    ) -> None:
        self.results = dict(results)
        self.names = tuple(names)
        self.failed = dict(failed or {})
        self._remarks = tuple(remarks)
        self.style = Style()

    def styled(
        self,
        stars: Sequence[float] | None = None,
        decimals: int | None = None,
        title: str | None = None,
        omit: Sequence[str] | str | None = None,
    ) -> Self:
        """Return the same comparison, printed otherwise.

        Parameters
        ----------
        stars : sequence of float, optional
            Significance levels of one star, two, three; () for none.
        decimals : int, optional
            Places of the printed numbers.
        title : str, optional
        omit : str or sequence of str, optional
            Terms whose coefficients are not printed, as ``"C(year)"``: a line says who has them.

        Raises
        ------
        SimeqError
            If a level is not between 0 and 1, decimals is no whole number, or no result has a
            term.
        """
        given = {
            "stars": None if stars is None else _levels(stars),
            "decimals": None if decimals is None else _places(decimals),
            "title": title,
            "omit": None if omit is None else self._checked_terms(omit),
        }
        other = copy(self)
        chosen: Any = {name: value for name, value in given.items() if value is not None}
        other.style = replace(self.style, **chosen)
        return other

    def to_frame(self) -> pd.DataFrame:
        """Return the numbers, unrounded.

        Returns
        -------
        DataFrame
            A column for each result; rows (equation, term, statistic) with statistic
            "coefficient", "std_error" or "pvalue", then "rsquared" by equation and "nobs".
        """
        rows = self._rows()
        index = pd.MultiIndex.from_tuples(rows, names=["equation", "term", "statistic"])
        return pd.DataFrame([*rows.values()], index, list(self.names))

    def to_text(self) -> str:
        """Render for a terminal."""
        return self._table().to_text()

    def to_markdown(self) -> str:
        """Render as Markdown."""
        return self._table().to_markdown()

    def to_latex(self) -> str:
        """Render as LaTeX that needs no package."""
        return self._table().to_latex()

    def to_html(self) -> str:
        """Render as HTML."""
        return self._table().to_html()

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()

    def _equations(self) -> list[str]:
        """Equations of any of the results."""
        return list(dict.fromkeys(e for r in self.results.values() for e in r.fit.system.labels))

    def _terms(self, equation: str) -> list[str]:
        """Terms of an equation in any of the results, the intercept last as papers have it."""
        pairs = (pair for r in self.results.values() for pair in r.coefficients.index)
        found = dict.fromkeys(term for label, term in pairs if label == equation)
        return sorted(found, key=lambda term: term == "Intercept")

    def _rows(self) -> dict[tuple[str, str, str], list[float]]:
        """A number for each result, NaN where it has none, by equation, term and statistic."""
        results, rows = self.results.values(), {}
        known = [_statistics(result) for result in results]
        for equation in self._equations():
            for term in self._terms(equation):
                own = [each.get((equation, term), (np.nan,) * 3) for each in known]
                for statistic, numbers in zip(STATISTICS, zip(*own, strict=True), strict=True):
                    rows[equation, term, statistic] = list(numbers)
        for equation in self._equations():
            rows[equation, "", "rsquared"] = [r.rsquared.get(equation, np.nan) for r in results]
        return {**rows, ("", "", "nobs"): [result.nobs for result in results]}

    def _table(self) -> PrintedTable:
        """Lay all equations out, rows and R² beneath them."""
        rows, pad = self._rows(), " " * len(self.style.stars)
        sections = [self._section(equation, rows) for equation in self._equations()]
        foot = [("N", *(f"{round(n):,}{pad}" for n in rows["", "", "nobs"]))]
        for equation in self._equations():
            values = rows[equation, "", "rsquared"]
            foot.append((f"R² {equation}", *(number(v, self.style.decimals) + pad for v in values)))
        sections.append(Section("", tuple(foot)))
        return PrintedTable(self.style.title, self.names, tuple(sections), self._notes())

    def _section(self, equation: str, rows: Mapping[tuple[str, str, str], list[float]]) -> Section:
        """Lay an equation out: coefficients with stars, errors beneath, who has what is omitted."""
        stars, decimals = self.style.stars, self.style.decimals
        wide, out = len(stars), []
        hidden = self._hidden(equation)
        for term in self._terms(equation):
            if any(term in own for own in hidden.values()):
                continue
            b, se, p = (rows[equation, term, statistic] for statistic in STATISTICS)
            marks = ["*" * sum(value < level for level in stars) for value in p]
            upper = (f"{number(v, decimals)}{m:<{wide}}" for v, m in zip(b, marks, strict=True))
            lower = (f"({number(v, decimals)}){' ' * (wide - 1)}" if v == v else "" for v in se)
            out += [(term, *upper), ("", *lower)]
        for name, terms in hidden.items():
            values = zip(*(rows[equation, term, "coefficient"] for term in terms), strict=True)
            answers = ("no" if np.isnan(own).all() else "yes" for own in values)
            out.append((name, *(f"{answer}{' ' * wide}" for answer in answers)))
        return Section(equation, tuple(out))

    def _hidden(self, equation: str) -> dict[str, set[str]]:
        """Coefficients of an equation that are not printed, by the term that was named."""
        found: dict[str, set[str]] = {}
        for result in self.results.values():
            for label, name, term in _named_terms(result):
                for own in {name, term}.intersection(self.style.omit) if label == equation else ():
                    found.setdefault(own, set()).add(name)
        return found

    def _checked_terms(self, given: Sequence[str] | str) -> tuple[str, ...]:
        """Check that each term is one of a result's."""
        omit = (given,) if isinstance(given, str) else tuple(given)
        named = (names for r in self.results.values() for _, *names in _named_terms(r))
        known = {name for names in named for name in names}
        for name in omit:
            if name not in known:
                raise SimeqError(f"No result has a term {name!r} to omit.{nearest(name, known)}")
        return omit

    def _notes(self) -> tuple[str, ...]:
        levels = enumerate(self.style.stars, 1)
        marks = ", ".join(f"{'*' * i} p < {level:g}" for i, level in levels)
        text = "Standard errors in parentheses."
        head = f"{text} {marks}." if marks else text
        return (head, *self._kinds_of_errors(), *self._remarks)

    def _kinds_of_errors(self) -> list[str]:
        """Say where the standard errors come from, columns alike together, if not all nonrobust."""
        alike: dict[str, list[str]] = {}
        for name, result in zip(self.names, self.results.values(), strict=True):
            alike.setdefault(result.cov_description, []).append(name)
        if list(alike) == ["nonrobust"]:
            return []
        if len(alike) == 1:
            return [f"Standard errors: {next(iter(alike))}."]
        kinds = "; ".join(f"{listing(names)}: {kind}" for kind, names in alike.items())
        return [f"Standard errors of {kinds}."]


def _statistics(result: SystemResults) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Value, standard error and p value of each coefficient."""
    own = result.coefficients
    numbers = zip(own.b, own.errors, own.pvalues, strict=True)
    return dict(zip(own.index, numbers, strict=True))


def _named_terms(result: SystemResults) -> list[tuple[str, str, str]]:
    """Equation and name of each coefficient, and its term, which a category's levels share."""
    pairs = zip(result.coefficients.index, result.fit.system.coefficient_terms, strict=True)
    return [(equation, name, term_name(term)) for (equation, name), term in pairs]


def _places(decimals: int) -> int:
    """Check a number of places."""
    if not isinstance(decimals, int) or decimals < 0:
        raise SimeqError(f"decimals must be a whole number, not {decimals!r}.")
    return decimals


def _levels(stars: Sequence[float]) -> tuple[float, ...]:
    """Check levels of significance and sort them, the weakest first."""
    numeric = isinstance(stars, Sequence) and all(isinstance(v, int | float) for v in stars)
    if not numeric or any(not 0.0 < level < 1.0 for level in stars):
        raise SimeqError(f"stars holds significance levels between 0 and 1, not {stars!r}.")
    return tuple(sorted(stars, reverse=True))
