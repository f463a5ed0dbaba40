"""Numbers over pairs of a variable and a column as a printed table. It knows no results."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from simeq.report.printed_table import PrintedTable, Section, number, shorten

#: Width of a column's name.
NAME_WIDTH = 20


def pairs_table(title: str, frame: pd.DataFrame, notes: Sequence[str] = ()) -> PrintedTable:
    """Lay a frame over (variable, column) out, a block for each variable.

    Parameters
    ----------
    title : str
    frame : DataFrame
        What stands above a column of numbers is its name; p values begin with "P>".
    notes : sequence of str
    """
    variables = list(dict.fromkeys(frame.index.get_level_values(0)))
    names = list(dict.fromkeys(frame.index.get_level_values(1)))
    short = shorten(names, NAME_WIDTH)
    sections = []
    for variable in variables:
        block = frame.xs(variable, level=0)
        rows = zip(block.index, block.to_numpy(), strict=True)
        printed = ((short[name], *map(_cell, frame.columns, values)) for name, values in rows)
        sections.append(Section(variable, tuple(printed)))
    legend = [f"{text} = {name}" for name, text in short.items() if text != name]
    return PrintedTable(title, tuple(frame.columns), tuple(sections), (*notes, *legend))


def _cell(heading: str, value: float) -> str:
    """Write a number as its column's heading asks."""
    if value != value:
        return ""
    return f"{value:.3f}" if heading.startswith("P>") else number(value)
