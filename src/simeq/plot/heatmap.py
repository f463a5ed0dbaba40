"""A correlation as a heat map with its numbers written in. It knows no results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from _simeq_shared.colours import CORRELATION
from simeq.linalg.bases import FloatArray
from simeq.plot.intervals import pyplot
from simeq.report.printed_table import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Characters of a name before its middle is left out.
NAME_WIDTH = 30


def draw_correlation(
    correlation: FloatArray, names: Sequence[str], title: str, ax: Axes | None
) -> Axes:
    """Draw the lower triangle of a correlation (n, n), its columns by number.

    Parameters
    ----------
    correlation : (n, n) array
        A cell that is not a number stays empty.
    names : n str
    title : str
    ax : Axes or None
        Where to draw; None for a new figure.
    """
    n, short = len(names), shorten(names, NAME_WIDTH).values()
    if ax is None:
        side, beside = max(2.4, (0.5 if n <= 12 else 0.42) * n), 0.08 * max(map(len, short))
        ax = pyplot().subplots(figsize=(side + beside + 1.2, side + 0.7), layout="constrained")[1]
    there = np.isfinite(correlation)
    below = np.ma.masked_where(~there | ~np.tri(n, k=-1, dtype=bool), correlation)
    mesh = ax.pcolormesh(below, cmap=CORRELATION, vmin=-1.0, vmax=1.0, edgecolors="white")
    for i, j in np.argwhere(there & np.tri(n, dtype=bool)):
        value = correlation[i, j]
        colour = "#707070" if i == j else "white" if abs(value) > 0.6 else "black"
        ax.text(j + 0.5, i + 0.5, f"{value:.2f}", color=colour, ha="center", va="center")
    numbers = [f"({i})" for i in range(1, n + 1)]
    rows = [f"{number} {name}" for number, name in zip(numbers, short, strict=True)]
    ax.set_xticks(np.arange(n) + 0.5, numbers)
    ax.set_yticks(np.arange(n) + 0.5, rows, parse_math=False)
    ax.set(xlim=(0, n), ylim=(n, 0))  # equal aspect would cut names off under constrained layout
    ax.set_title(title, loc="left", fontsize=10, fontweight="bold")
    ax.spines[:].set_visible(False)
    ax.figure.colorbar(mesh, ax=ax, shrink=0.8).ax.tick_params(labelsize=8)
    _fit_texts(ax, n)
    return ax


def _fit_texts(ax: Axes, n: int) -> None:
    """Write as large as n rows and n columns allow once names have taken their room."""
    figure = ax.get_figure(root=True)
    ax.tick_params(length=0)
    for size in range(9, 2, -1):
        ax.tick_params(labelsize=size)
        for text in ax.texts:
            text.set_fontsize(size)
        if figure is not None:
            figure.draw_without_rendering()
            box, points = ax.get_window_extent(), 72.0 / figure.dpi / n
            if points * box.width >= 3.0 * size and points * box.height >= 1.4 * size:
                break
