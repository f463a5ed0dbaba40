"""Points with intervals in rows, a panel beside or beneath another. It knows no results.

Series have the colours of Okabe and Ito, and each a marker of its own, so that colour-blind readers
and grey prints tell them apart. matplotlib is imported when something is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from _simeq_shared.colours import MARKERS, SERIES
from simeq.errors import SimeqError
from simeq.report.printed_table import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

#: Characters of a name, and of a panel's title, before its middle is left out.
NAME_WIDTH, TITLE_WIDTH = 38, 30

#: Inches of height within which the number of columns is chosen.
PAGE = 11.0

#: Inches of a panel's plain, of what stands above and below it, of a marker in the legend.
_PLAIN, _RIM, _MARKER = 2.9, 0.62, 0.45

#: Inches of a character in a name, in a title, and of a number below the axis.
_LETTER, _BOLD, _TICK = 0.075, 0.09, 0.5


@dataclass(frozen=True)
class Panel:
    """One part of a picture.

    Attributes
    ----------
    title : str
    rows : list of str
        What stands on the vertical axis, from the top.
    series : list of DataFrame
        Columns value, lower and upper over some of the rows; a bound may be missing.
    """

    title: str
    rows: list[str]
    series: list[pd.DataFrame]


def draw(
    panels: Sequence[Panel],
    names: Sequence[str],
    xlabel: str,
    columns: int | None = None,
    figsize: tuple[float, float] | None = None,
) -> Figure:
    """Draw panels in reading order, with one legend above them.

    Parameters
    ----------
    panels : sequence of Panel
    names : sequence of str
        Of the series.
    xlabel : str
        What the horizontal axes measure.
    columns : int, optional
        Panels side by side; as few as fit a page by default.
    figsize : (float, float), optional
        In inches; by default as much as names and rows need.
    """
    plt, panels = pyplot(), [panel for panel in panels if panel.rows]
    if not panels:
        raise SimeqError("There is nothing to draw but intercepts, if any; see drop_intercept.")
    if columns is not None and (not isinstance(columns, int) or columns < 1):
        raise SimeqError(f"columns must be a whole number above 0, not {columns!r}.")
    layout = _layout(panels, names, min(columns or _columns(panels), len(panels)), figsize)
    figure: Figure
    figure, grid = plt.subplots(
        len(layout.heights),
        layout.across,
        squeeze=False,
        figsize=layout.size,
        layout="constrained",
        height_ratios=layout.heights,
    )
    titles = shorten([panel.title for panel in panels], layout.title_width)
    for ax, panel in zip(grid.flat, panels, strict=False):
        handles = _draw_series(ax, panel)
        _dress(ax, titles[panel.title], panel.rows, layout)
    for ax in grid.flat[len(panels) :]:
        ax.remove()
    figure.supxlabel(xlabel, fontsize=10)
    _add_legend(figure, handles, shorten(names, layout.legend_width).values())
    return figure


def pyplot() -> Any:
    """Import matplotlib's drawing room.

    Raises
    ------
    ImportError
        Naming the extra to install.
    """
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError('Plots need matplotlib: pip install "simeq[plots]".') from None
    return pyplot


@dataclass(frozen=True)
class _Layout:
    """Panels across, inches, and how many characters and numbers find room in them."""

    across: int
    heights: list[float]
    size: tuple[float, float]
    name_width: int
    title_width: int
    legend_width: int
    ticks: int


def _layout(
    panels: Sequence[Panel], names: Sequence[str], across: int, figsize: tuple[float, float] | None
) -> _Layout:
    """Give names and numbers the room they need, or share out the room that there is."""
    heights = _heights(panels, across)
    rows = [[row for panel in panels[i::across] for row in panel.rows] for i in range(across)]
    width = sum(_PLAIN + 0.3 + _longest(own, NAME_WIDTH) for own in rows)
    width = max(width, _longest(names, NAME_WIDTH) + _MARKER + 0.3)
    lines = math.ceil(len(names) / _legend_columns(names, width))
    size = figsize or (width, sum(heights) + 0.3 + 0.24 * lines)
    room = size[0] / across
    name_width = int(np.clip(0.5 * room / _LETTER, 8, NAME_WIDTH)) if figsize else NAME_WIDTH
    plain = room - 0.3 - max(_longest(own, name_width) for own in rows)
    return _Layout(
        across,
        heights,
        size,
        name_width,
        int(np.clip(plain / _BOLD, 8, TITLE_WIDTH)),
        int(np.clip((size[0] - _MARKER - 0.3) / _LETTER, 8, NAME_WIDTH)),
        int(np.clip(plain / _TICK, 1, 5)),
    )


def _draw_series(ax: Axes, panel: Panel) -> list[Line2D]:
    """Draw rows from the top, the series of a row beneath each other; return the markers."""
    n, step = len(panel.series), min(0.22, 0.8 / len(panel.series))
    handles = []
    for i, frame in enumerate(panel.series):
        frame = frame.reindex(panel.rows)
        y = np.arange(len(frame)) + (i - (n - 1) / 2) * step
        colour = SERIES[i % len(SERIES)]
        marker = MARKERS[(i + i // len(SERIES)) % len(MARKERS)]
        ax.hlines(y, frame["lower"], frame["upper"], color=colour, linewidth=1.6)
        handles += ax.plot(frame["value"], y, marker, color=colour, markersize=5)
    if n > 1:
        for row in range(0, len(panel.rows), 2):
            ax.axhspan(row - 0.5, row + 0.5, color="#F3F3F3", zorder=0, linewidth=0)
    ax.axvline(0.0, color="#808080", linewidth=0.8, zorder=1)
    return handles


def _dress(ax: Axes, title: str, rows: Sequence[str], layout: _Layout) -> None:
    """Write a panel's title, names and numbers."""
    short = list(shorten(rows, layout.name_width).values())
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), short, fontsize=9, parse_math=False)
    ax.set_title(title, loc="left", fontsize=10, fontweight="bold", parse_math=False)
    ax.locator_params(axis="x", nbins=layout.ticks, min_n_ticks=min(layout.ticks, 3))
    ax.ticklabel_format(axis="x", scilimits=(-4, 5))
    ax.tick_params(axis="x", labelsize=9)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.get_offset_text().set_fontsize(9)
    ax.spines[["top", "right", "left"]].set_visible(False)


def _add_legend(figure: Figure, handles: Sequence[Line2D], names: Collection[str]) -> None:
    """Name the series above the panels."""
    legend = figure.legend(
        handles,
        names,
        loc="outside upper center",
        ncols=_legend_columns(names, figure.get_figwidth()),
        frameon=False,
        fontsize=9,
        handlelength=1.2,
        handletextpad=0.4,
        columnspacing=1.4,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _columns(panels: Sequence[Panel]) -> int:
    """As few columns as keep a picture within a page's height, four at most."""
    return next((n for n in (1, 2, 3) if sum(_heights(panels, n)) <= PAGE), 4)


def _heights(panels: Sequence[Panel], across: int) -> list[float]:
    """Inches that each line of panels needs."""
    lines = [panels[i : i + across] for i in range(0, len(panels), across)]
    row = max(0.28, 0.14 * len(panels[0].series) + 0.06)
    return [_RIM + row * max(len(panel.rows) for panel in line) for line in lines]


def _legend_columns(names: Collection[str], width: float) -> int:
    """Entries side by side that fit the width."""
    each = _longest(names, NAME_WIDTH) + _MARKER
    return max(1, min(len(names), int((width - 0.2) / each)))


def _longest(names: Iterable[str], width: int) -> float:
    """Inches of the longest name, shortened, as it is written at 9 points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font, short = FontProperties(size=9), shorten(list(names), width).values()
    measured = [text_to_path.get_text_width_height_descent(text, font, False) for text in short]
    return max(float(width) for width, _, _ in measured) / 72.0
