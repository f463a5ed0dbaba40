"""A report of numbers and names as statsmodels' tables. It knows no model."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from statsmodels.iolib.summary import Summary
from statsmodels.iolib.table import SimpleTable

from simeq._linalg import FloatArray
from simeq.tables import number, shorten

#: Width of the printed summary, and of a coefficient's name in it.
WIDTH = 80
NAME_WIDTH = 19

#: Most equations for which the residual correlation is printed.
MOST_CORRELATED = 12


@dataclass(frozen=True)
class Block:
    """One equation.

    Attributes
    ----------
    name : str
        Its label and dependent.
    fit : tuple of (str, float)
        Measures of fit by name.
    coefficients : DataFrame
        Columns coef, std err, the statistic, p value, and the interval's bounds.
    """

    name: str
    fit: tuple[tuple[str, float], ...]
    coefficients: pd.DataFrame


@dataclass(frozen=True)
class Report:
    """What a summary prints.

    Attributes
    ----------
    title : str
    facts : tuple of (str, str)
        The system's numbers by name, in two columns.
    blocks : tuple of Block
    labels : tuple of str
        Equations of the correlation.
    correlation : (G, G) array
        Of the residuals.
    notes : tuple of str
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    labels: tuple[str, ...]
    correlation: FloatArray
    notes: tuple[str, ...]


class SystemSummary(Summary):
    """statsmodels' summary for tables of differing widths, which its LaTeX cannot merge."""

    def as_latex(self) -> str:
        """Return one ``tabular`` after another."""
        parts = [str(table.as_latex_tabular()) for table in self.tables]
        return "\n\n\\bigskip\n".join(parts).replace("…", r"\ldots{}")


def render(report: Report) -> Summary:
    """Lay a report out as tables of at most 80 columns."""
    summary = SystemSummary()
    if report.facts:
        summary.tables.append(_facts(report))
    legend: dict[str, str] = {}
    for block in report.blocks:
        summary.tables += _block(block, legend)
    if 1 < len(report.labels) <= MOST_CORRELATED:
        summary.tables.append(_correlation(report.labels, report.correlation))
    named = [f"{short} = {name}" for short, name in legend.items()]
    summary.tables.append(_notes([*report.notes, *named]))
    return summary


_RULES = {"table_dec_above": "-", "table_dec_below": "-", "header_dec_below": "-", "colsep": " "}
_FACTS = {**_RULES, "table_dec_above": "=", "colwidths": [16, 22, 21, 18], "data_aligns": "lrlr"}
_FIT = {
    **_RULES,
    "table_dec_above": "=",
    "colwidths": [11, 14, 16, 12, 8, 14],
    "data_aligns": "lrrrrr",
}
_COEFFICIENTS = {
    **_RULES,
    "colwidths": [NAME_WIDTH, 10, 10, 8, 7, 10, 10],
    "data_aligns": "lrrrrrr",
    "header_align": "r",
}
_NOTES = {
    **_RULES,
    "table_dec_above": "=",
    "table_dec_below": "=",
    "data_aligns": "l",
    "colwidths": [WIDTH],
}


def _facts(report: Report) -> SimpleTable:
    half = len(report.facts) // 2
    pairs = zip(report.facts[:half], report.facts[half:], strict=True)
    rows = [[f"{a}:", b, f"{c}:", d] for (a, b), (c, d) in pairs]
    return SimpleTable(rows, title=report.title, txt_fmt=_FACTS)


def _block(block: Block, legend: dict[str, str]) -> list[SimpleTable]:
    """Return an equation's fit and coefficients; names too long go short into the legend."""
    terms = [str(term) for term in block.coefficients.index]
    short = shorten(terms, NAME_WIDTH, taken=legend)
    legend.update({short[term]: term for term in terms if short[term] != term})
    rows = [
        [short[term], number(b), number(se), f"{t:.3f}", f"{p:.3f}", number(low), number(high)]
        for term, (b, se, t, p, low, high) in zip(terms, block.coefficients.to_numpy(), strict=True)
    ]
    fit = [cell for name, value in block.fit for cell in (f"{name}:", number(value))]
    return [
        SimpleTable([fit], title=shorten([block.name], WIDTH)[block.name], txt_fmt=_FIT),
        SimpleTable(rows, headers=["", *block.coefficients.columns], txt_fmt=_COEFFICIENTS),
    ]


def _correlation(labels: Sequence[str], correlation: FloatArray) -> SimpleTable:
    """Lower triangle of the residuals' correlation, equations by number in the columns."""
    short = shorten(labels, NAME_WIDTH - 5)
    numbers = [f"({i})" for i in range(1, len(labels) + 1)]
    rows = [
        [f"{numbers[i]} {short[label]}"]
        + [f"{value:.3f}" for value in correlation[i, : i + 1]]
        + [""] * (len(labels) - i - 1)
        for i, label in enumerate(labels)
    ]
    width = (WIDTH - NAME_WIDTH) // max(len(labels), 6) - 1
    layout = {
        **_RULES,
        "table_dec_above": "=",
        "colwidths": [NAME_WIDTH, *[width] * len(labels)],
        "data_aligns": "l" + "r" * len(labels),
        "header_align": "r",
    }
    return SimpleTable(rows, headers=["", *numbers], title="Residual correlation", txt_fmt=layout)


def _notes(lines: Sequence[str]) -> SimpleTable:
    wrapped = [
        part for line in lines for part in textwrap.wrap(line, WIDTH, subsequent_indent="  ")
    ]
    return SimpleTable([[line] for line in wrapped], title="Notes", txt_fmt=_NOTES)
