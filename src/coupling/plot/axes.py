"""What all pictures share: axes to draw into, lines, an axis of time. They know no results."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from _simeq_shared.colours import MARKERS, SERIES
from coupling.panel import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_of(ax: "Axes | None", size: tuple[float, float]) -> "Axes":
    """Axes to draw into: those given, or those of a new figure of that size in inches."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("Plots need matplotlib: pip install 'simeq[plots]'.") from None
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def draw_lines(ax: "Axes", frame: pd.DataFrame) -> None:
    """Draw a line for each column over the index, by position where that is no number."""
    numeric = pd.api.types.is_numeric_dtype(frame.index.dtype)
    x = frame.index.to_numpy() if numeric else np.arange(len(frame))
    for number, name in enumerate(frame.columns):
        ax.plot(
            x, frame[name].to_numpy(), label=str(name), color=SERIES[number % len(SERIES)],
            marker=MARKERS[number % len(MARKERS)], markersize=4.5, linewidth=1.8,
        )  # fmt: skip
    if not numeric:
        ax.set_xticks(x, [shown(t) for t in frame.index], rotation=90, fontsize=8)


def time_axis(ax: "Axes", index: pd.Index) -> None:
    """Name the axis of times, the second level of an index, and keep years whole."""
    from matplotlib.ticker import MaxNLocator

    times = index.get_level_values(1)
    ax.set_xlabel(str(times.name))
    if pd.api.types.is_numeric_dtype(times.dtype):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=3))
    tidy(ax)


def tidy(ax: "Axes") -> None:
    """Leave out the frame above and at the right, and put the grid behind what is drawn."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
