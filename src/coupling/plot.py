"""Pictures of a scored panel. They need matplotlib, which is imported when one is drawn.

Lines have the colours of Okabe and Ito, levels run from brown through white to blue-green: both can
be told apart by colour-blind readers. Every function draws into `ax`, or into a new figure, and
returns the Axes.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coupling.errors import CouplingError
from coupling.frames import shown
from coupling.results import CouplingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^Dv*P"
LEVELS = "BrBG"
MISSING = "#BBBBBB"


def index_trends(result: CouplingResult, *, ax: "Axes | None" = None) -> "Axes":
    """Mean index of each subsystem by time: the paper's Figure 1.

    Parameters
    ----------
    result : CouplingResult
        A scored panel.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        One line for each subsystem, scale 0 to 1.

    Raises
    ------
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> from coupling import CouplingModel, load_us_states
    >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
    >>> ax = index_trends(model.fit(load_us_states(), unit="state", time="year"))
    >>> ax.get_ylabel()
    'Mean index (0 to 1)'
    """
    means = result.indices.groupby(level=1).mean()
    ax = _axes(ax, (7.0, 4.2))
    _lines(ax, means)
    ax.set_title(f"Development of the subsystems, mean of {_n_units(result)} units")
    ax.set_ylabel("Mean index (0 to 1)")
    _time_axis(ax, result)
    ax.legend(frameon=False)
    return ax


def coupling_over_time(result: CouplingResult, *, ax: "Axes | None" = None) -> "Axes":
    """C, T and D averaged by time.

    Parameters
    ----------
    result : CouplingResult
        A scored panel.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        Three lines, scale 0 to 1.

    Raises
    ------
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> from coupling import CouplingModel, load_us_states
    >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
    >>> ax = coupling_over_time(model.fit(load_us_states(), unit="state", time="year"))
    >>> len(ax.lines)
    3
    """
    names = {
        "C": "C, coupling degree",
        "T": "T, coordination index",
        "D": "D, coupling coordination degree",
    }
    ax = _axes(ax, (7.0, 4.2))
    _lines(ax, result.yearly()[list(names)].rename(columns=names))
    ax.set_ylim(0, 1.02)
    ax.set_title(f"Coupling and coordination, mean of {_n_units(result)} units")
    ax.set_ylabel("Mean degree (0 to 1)")
    _time_axis(ax, result)
    ax.legend(frameon=False, loc="best")
    return ax


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
    ax = _axes(ax, (8.5, max(3.0, 0.17 * len(grid) + 1.2)))
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
    ax = _axes(ax, (8.5, 4.5))
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
    _tidy(ax)
    return ax


def obstacle_bars(result: CouplingResult, *, top: int = 10, ax: "Axes | None" = None) -> "Axes":
    """Mean obstacle degrees of the indicators, the greatest on top.

    Parameters
    ----------
    result : CouplingResult
        A scored panel.
    top : int
        How many indicators at most.
    ax : Axes, optional
        Where to draw.

    Returns
    -------
    Axes
        One bar for each indicator, in per cent, in the colour of its subsystem.

    Raises
    ------
    CouplingError
        If `top` is below 1.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> from coupling import CouplingModel, load_us_states
    >>> model = CouplingModel({"Roads": ["hwy", "water"], "Economy": ["gsp", "emp"]})
    >>> ax = obstacle_bars(model.fit(load_us_states(), unit="state", time="year"))
    >>> len(ax.patches)
    4
    """
    if top < 1:
        raise CouplingError(f"top must be 1 or more; it is {top!r}.")
    shares = 100 * result.obstacles().mean().sort_values(ascending=False).head(top)
    ax = _axes(ax, (7.0, 0.36 * len(shares) + 1.5))
    systems = list(result.indices.columns)
    for number, system in enumerate(systems):
        places = np.flatnonzero(shares.index.get_level_values("system") == system)
        if len(places):
            colour = LINES[number % len(LINES)]
            bars = ax.barh(places, shares.to_numpy()[places], color=colour, label=str(system))
            ax.bar_label(bars, fmt="%.1f", padding=3, fontsize=8)
    ax.set_yticks(range(len(shares)), [str(name) for name in shares.index.get_level_values(1)])
    ax.invert_yaxis()
    ax.margins(x=0.1)
    ax.set_xlabel("Mean obstacle degree (% of the gap to 1)")
    ax.set_title("What holds coordination back")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    _tidy(ax)
    return ax


def _axes(ax: "Axes | None", size: tuple[float, float]) -> "Axes":
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("Plots need matplotlib: pip install 'simeq[plots]'.") from None
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def _lines(ax: "Axes", frame: pd.DataFrame) -> None:
    numeric = pd.api.types.is_numeric_dtype(frame.index.dtype)
    x = frame.index.to_numpy() if numeric else np.arange(len(frame))
    for number, name in enumerate(frame.columns):
        ax.plot(
            x, frame[name].to_numpy(), label=str(name), color=LINES[number % len(LINES)],
            marker=MARKERS[number % len(MARKERS)], markersize=4.5, linewidth=1.8,
        )  # fmt: skip
    if not numeric:
        ax.set_xticks(x, [shown(t) for t in frame.index], rotation=90, fontsize=8)


def _time_axis(ax: "Axes", result: CouplingResult) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.set_xlabel(str(result.time))
    times = result.D.index.get_level_values(1)
    if pd.api.types.is_numeric_dtype(times.dtype):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=3))
    _tidy(ax)


def _tidy(ax: "Axes") -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)


def _n_units(result: CouplingResult) -> int:
    return result.D.index.get_level_values(0).nunique()


def _level_colours(n: int) -> Any:
    """One colour for each of n levels."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    shades = colormaps[LEVELS](np.linspace(0.05, 0.95, n))
    return ListedColormap(list(shades)).with_extremes(bad=MISSING)
