"""A report of numbers and names as statsmodels' tables. It knows no model."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.iolib.summary import Summary
from statsmodels.iolib.table import SimpleTable

from simeq.report.printed_table import PrintedTable, Section, number, shorten

#: Width of the printed summary, and of a coefficient's name in it.
WIDTH = 80
NAME_WIDTH = 19

#: Most equations for which the residual correlation is printed.
MOST_CORRELATED = 10


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
    correlation: NDArray[np.float64]
    notes: tuple[str, ...]


class SystemSummary(Summary):
    """statsmodels' summary, with HTML and LaTeX that escape names and keep titles."""

    def __init__(self) -> None:
        super().__init__()
        self.printed: list[PrintedTable] = []

    def as_html(self) -> str:
        """Return one HTML table after another."""
        return "\n".join(table.to_html() for table in self.printed)

    def as_latex(self) -> str:
        """Return one ``table`` environment after another, which need no package."""
        return "\n".join(table.to_latex() for table in self.printed)

    def add(
        self,
        title: str,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        layout: dict[str, Any],
    ) -> None:
        """Add a table in each of its shapes."""
        table = SimpleTable(
            [list(row) for row in rows],
            headers=list(header) or None,
            title=shorten([title], WIDTH)[title] if title else None,
            txt_fmt=layout,
        )
        self.tables.append(table)
        section = Section("", tuple(tuple(row) for row in rows))
        self.printed.append(PrintedTable(title, tuple(header[1:]), (section,), ()))


def as_summary(report: Report) -> Summary:
    """Lay a report out as tables of at most 80 columns."""
    summary = SystemSummary()
    if report.facts:
        half = len(report.facts) // 2
        pairs = zip(report.facts[:half], report.facts[half:], strict=True)
        rows = [[f"{a}:", b, f"{c}:", d] for (a, b), (c, d) in pairs]
        summary.add(report.title, (), rows, _FACTS)
    legend: dict[str, str] = {}
    for block in report.blocks:
        _add_block(summary, block, legend)
    if 1 < len(report.labels) <= MOST_CORRELATED:
        _add_correlation(summary, report.labels, report.correlation)
    named = [f"{short} = {name}" for short, name in legend.items()]
    lines = [*report.notes, *named]
    wrapped = [
        part for line in lines for part in textwrap.wrap(line, WIDTH, subsequent_indent="  ")
    ]
    summary.tables.append(SimpleTable([[w] for w in wrapped], title="Notes", txt_fmt=_NOTES))
    summary.printed.append(PrintedTable("Notes", (), (), tuple(lines)))
    return summary


def _layout(
    widths: Sequence[int], aligns: str, above: str = "-", below: str = "-"
) -> dict[str, Any]:
    """Say how statsmodels prints a table: widths and sides of its columns, rules around it."""
    return {
        "table_dec_above": above,
        "table_dec_below": below,
        "header_dec_below": "-",
        "header_align": "r",
        "colsep": " ",
        "colwidths": list(widths),
        "data_aligns": aligns,
    }


_FACTS = _layout([16, 22, 21, 18], "lrlr", above="=")
_FIT = _layout([11, 14, 16, 12, 8, 14], "lrrrrr", above="=")
_COEFFICIENTS = _layout([NAME_WIDTH, 10, 10, 8, 7, 10, 10], "lrrrrrr")
_NOTES = _layout([WIDTH], "l", above="=", below="=")


def _add_block(summary: SystemSummary, block: Block, legend: dict[str, str]) -> None:
    """Add an equation's fit and coefficients; names too long go short into the legend."""
    fit = [cell for name, value in block.fit for cell in (f"{name}:", number(value))]
    summary.add(block.name, (), [fit], _FIT)
    terms = [str(term) for term in block.coefficients.index]
    short = shorten(terms, NAME_WIDTH, taken=legend)
    legend.update({short[term]: term for term in terms if short[term] != term})
    rows = [
        [short[term], number(b), number(se), _statistic(t), _pvalue(p), number(low), number(high)]
        for term, (b, se, t, p, low, high) in zip(terms, block.coefficients.to_numpy(), strict=True)
    ]
    summary.add("", ("", *block.coefficients.columns), rows, _COEFFICIENTS)


def _statistic(value: float) -> str:
    """Write a t ratio, in powers of ten where it is huge."""
    return "" if value != value else f"{value:.3f}" if abs(value) < 1e4 else f"{value:.1e}"


def _pvalue(value: float) -> str:
    """Write a p value, nothing where there is none."""
    return "" if value != value else f"{value:.3f}"


def _add_correlation(
    summary: SystemSummary, labels: Sequence[str], correlation: NDArray[np.float64]
) -> None:
    """Add the lower triangle of the residuals' correlation, equations by number in the columns."""
    short = shorten(labels, NAME_WIDTH - 5)
    numbers = [f"({i})" for i in range(1, len(labels) + 1)]
    places = 3 if len(labels) <= 8 else 2
    rows = [
        [f"{numbers[i]} {short[label]}"]
        + [f"{value:.{places}f}" for value in correlation[i, : i + 1]]
        + [""] * (len(labels) - i - 1)
        for i, label in enumerate(labels)
    ]
    width = (WIDTH - NAME_WIDTH) // max(len(labels), 6) - 1
    widths, aligns = [NAME_WIDTH, *[width] * len(labels)], "l" + "r" * len(labels)
    layout = _layout(widths, aligns, above="=")
    summary.add("Residual correlation", ("", *numbers), rows, layout)
