"""Levels of D: of each unit and time, and how many units stand in each."""

from typing import TYPE_CHECKING, Any

import numpy as np

from _simeq_shared.colours import LEVELS, MISSING
from coupling.panel import shown
from coupling.plot.axes import axes_of, tidy
from coupling.results import CouplingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def degree_heatmap(
    result: CouplingResult, *, sort: bool = True, ax: "Axes | None" = None
) -> "Axes":
    """D of each unit and time, in the colours of its level.

    Parameters
    ----------
    result : CouplingResult
        A scored panel.
    sort : bool
        Whether units are ordered by their mean D, the highest on top, or as in the index.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        Units × times; grey where D is missing. The colour bar names the levels.

    Raises
    ------
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> from coupling import CouplingModel, load_us_states
    >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
    >>> ax = degree_heatmap(model.fit(load_us_states(), unit="state", time="year"))
    >>> ax.get_xlabel()
    'year'
    """
    grid = result.level.unstack(1)
    if sort:
        means = result.D.groupby(level=0).mean()
        grid = grid.loc[means.sort_values(ascending=False, kind="stable").index]
    ax = axes_of(ax, (8.5, max(3.0, 0.17 * len(grid) + 1.2)))
    labels = result.degrees["label"].cat.categories
    colours = _level_colours(len(labels))
    image = ax.imshow(
        np.ma.masked_invalid(grid.mask(grid == 0).to_numpy(dtype=np.float64)),
        cmap=colours, vmin=0.5, vmax=len(labels) + 0.5, aspect="auto", interpolation="nearest",
    )  # fmt: skip
    ax.set_xticks(range(grid.shape[1]), [shown(t) for t in grid.columns], rotation=90, fontsize=8)
    ax.set_yticks(range(len(grid)), [shown(u) for u in grid.index], fontsize=7)
    ax.set_xlabel(str(result.time))
    ax.set_title("Level of the coupling coordination degree D")
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02)
    numbers = range(1, len(labels) + 1)
    bar.set_ticks(list(numbers), labels=[f"{n}  {labels[n - 1]}" for n in numbers])
    bar.ax.tick_params(labelsize=8, length=0)
    return ax


def levels_by_time(result: CouplingResult, *, ax: "Axes | None" = None) -> "Axes":
    """How many units stand in each level, by time, as stacked bars.

    Parameters
    ----------
    result : CouplingResult
        A scored panel.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        One bar for each time; only levels that occur are in the legend.

    Raises
    ------
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> from coupling import CouplingModel, load_us_states
    >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
    >>> ax = levels_by_time(model.fit(load_us_states(), unit="state", time="year"))
    >>> ax.get_ylabel()
    'Number of units'
    """
    counts = result.level_counts()
    colours = _level_colours(counts.shape[1])
    ax = axes_of(ax, (8.5, 4.5))
    places, bottom = np.arange(len(counts)), np.zeros(len(counts))
    for number, label in enumerate(counts.columns):
        heights = counts[label].to_numpy(dtype=np.float64)
        if heights.any():
            ax.bar(
                places, heights, bottom=bottom, width=0.85, color=colours(number),
                edgecolor="#444444", linewidth=0.4, label=f"{number + 1}  {label}",
            )  # fmt: skip
        bottom += heights
    ax.set_xticks(places, [shown(t) for t in counts.index], rotation=90, fontsize=8)
    ax.set_xlabel(str(result.time))
    ax.set_ylabel("Number of units")
    ax.set_title("Levels of coupling coordination")
    handles, names = ax.get_legend_handles_labels()
    ax.legend(
        handles[::-1], names[::-1], frameon=False, fontsize=8,
        loc="center left", bbox_to_anchor=(1.01, 0.5),
    )  # fmt: skip
    tidy(ax)
    return ax


def _level_colours(n: int) -> Any:
    """One colour for each of n levels."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    shades = colormaps[LEVELS](np.linspace(0.05, 0.95, n))
    return ListedColormap(list(shades)).with_extremes(bad=MISSING)
