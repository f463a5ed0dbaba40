"""Several results side by side: coefficient, stars, standard error beneath, blocks by equation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Self

import numpy as np
import pandas as pd

from simeq.errors import SimeqError, listing, nearest
from simeq.formula.terms import term_name
from simeq.report.printed_table import PrintedTable, Section, number
from simeq.results.system import SystemResults

#: Significance levels of one star, two and three.
STARS = (0.05, 0.01, 0.001)


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
        self._stars: tuple[float, ...] = STARS
        self._decimals = 3
        self._title = ""
        self._omit: tuple[str, ...] = ()

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
        other = copy(self)
        if stars is not None:
            other._stars = _levels(stars)
        if decimals is not None:
            if not isinstance(decimals, int) or decimals < 0:
                raise SimeqError(f"decimals must be a whole number, not {decimals!r}.")
            other._decimals = decimals
        other._title = self._title if title is None else title
        if omit is not None:
            other._omit = self._checked_terms([omit] if isinstance(omit, str) else omit)
        return other

    def to_frame(self) -> pd.DataFrame:
        """Return the numbers, unrounded.

        Returns
        -------
        DataFrame
            A column for each result; rows (equation, term, statistic) with statistic
            "coefficient", "std_error" or "pvalue", then "rsquared" by equation and "nobs".
        """
        columns = [self._numbers(result) for result in self.results.values()]
        rows = [row for equation in self._equations() for row in self._keys(equation)]
        rows += [(e, "", "rsquared") for e in self._equations()] + [("", "", "nobs")]
        index = pd.MultiIndex.from_tuples(rows, names=["equation", "term", "statistic"])
        values = [[own.get(row, np.nan) for own in columns] for row in rows]
        return pd.DataFrame(values, index, list(self.names))

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
        return list(dict.fromkeys(e for r in self.results.values() for e in r.model.labels))

    def _terms(self, equation: str) -> list[str]:
        """Terms of an equation in any of the results, the intercept last as papers have it."""
        found = dict.fromkeys(
            str(term)
            for result in self.results.values()
            if equation in result.equations
            for term in result.equations[equation].params.index
        )
        return sorted(found, key=lambda term: term == "Intercept")

    def _keys(self, equation: str) -> list[tuple[str, str, str]]:
        statistics = ("coefficient", "std_error", "pvalue")
        return [(equation, term, s) for term in self._terms(equation) for s in statistics]

    def _numbers(self, result: SystemResults) -> dict[tuple[str, str, str], float]:
        found: dict[tuple[str, str, str], float] = {("", "", "nobs"): result.nobs}
        for (equation, term), b, se, p in zip(
            result.params.index, result.params, result.bse, result.pvalues, strict=True
        ):
            found[equation, term, "coefficient"] = b
            found[equation, term, "std_error"] = se
            found[equation, term, "pvalue"] = p
        for equation, value in result.rsquared.items():
            found[str(equation), "", "rsquared"] = value
        return found

    def _table(self) -> PrintedTable:
        columns = [self._numbers(result) for result in self.results.values()]
        sections = [self._section(equation, columns) for equation in self._equations()]
        pad = " " * len(self._stars)
        foot = [("N", *(f"{round(own['', '', 'nobs']):,}{pad}" for own in columns))]
        for equation in self._equations():
            values = [own.get((equation, "", "rsquared"), np.nan) for own in columns]
            foot.append((f"R² {equation}", *(number(v, self._decimals) + pad for v in values)))
        return PrintedTable(
            self._title,
            self.names,
            (*sections, Section("", tuple(foot))),
            self._notes(),
        )

    def _section(
        self, equation: str, columns: Sequence[Mapping[tuple[str, str, str], float]]
    ) -> Section:
        rows: list[tuple[str, ...]] = []
        wide, pad = len(self._stars), " " * (len(self._stars) - 1)
        hidden = self._members(equation)
        for term in self._terms(equation):
            if any(term in own for own in hidden.values()):
                continue
            upper, lower = [], []
            for own in columns:
                b = own.get((equation, term, "coefficient"), np.nan)
                p = own.get((equation, term, "pvalue"), np.nan)
                se = own.get((equation, term, "std_error"), np.nan)
                marks = sum(p < level for level in self._stars)
                upper.append(number(b, self._decimals) + f"{'*' * marks:<{wide}}")
                lower.append(f"({number(se, self._decimals)}){pad}" if se == se else "")
            rows += [(term, *upper), ("", *lower)]
        for name, terms in hidden.items():
            keys = {(equation, term, "coefficient") for term in terms}
            have = ("yes" if keys & own.keys() else "no" for own in columns)
            rows.append((name, *(f"{answer}{' ' * wide}" for answer in have)))
        return Section(equation, tuple(rows))

    def _members(self, equation: str) -> dict[str, set[str]]:
        """Coefficients of an equation that are not printed, by the term that was named."""
        found: dict[str, set[str]] = {}
        for result in self.results.values():
            for (label, name), term in zip(result.model.index, _terms_of(result), strict=True):
                if label == equation:
                    for own in {name, term}.intersection(self._omit):
                        found.setdefault(own, set()).add(name)
        return found

    def _checked_terms(self, omit: Sequence[str]) -> tuple[str, ...]:
        known = {str(term) for r in self.results.values() for _, term in r.model.index}
        known.update(term for result in self.results.values() for term in _terms_of(result))
        for name in omit:
            if name not in known:
                raise SimeqError(f"No result has a term {name!r} to omit.{nearest(name, known)}")
        return tuple(omit)

    def _notes(self) -> tuple[str, ...]:
        levels = enumerate(self._stars, 1)
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


def _terms_of(result: SystemResults) -> list[str]:
    """Name the term of each coefficient, which a category's levels share."""
    return [term_name(term) for term in result.model.system.coefficient_terms]


def _levels(stars: Sequence[float]) -> tuple[float, ...]:
    """Check levels of significance and sort them, the weakest first."""
    numeric = isinstance(stars, Sequence) and all(isinstance(v, int | float) for v in stars)
    if not numeric or any(not 0.0 < level < 1.0 for level in stars):
        raise SimeqError(f"stars holds significance levels between 0 and 1, not {stars!r}.")
    return tuple(sorted(stars, reverse=True))
