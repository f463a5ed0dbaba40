"""Obstacle degrees as bars."""

from typing import TYPE_CHECKING

import numpy as np

from _simeq_shared.colours import SERIES
from coupling.errors import CouplingError
from coupling.plot.axes import axes_of, tidy
from coupling.results import CouplingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    ax = axes_of(ax, (7.0, 0.36 * len(shares) + 1.5))
    systems = list(result.indices.columns)
    for number, system in enumerate(systems):
        places = np.flatnonzero(shares.index.get_level_values("system") == system)
        if len(places):
            colour = SERIES[number % len(SERIES)]
            bars = ax.barh(places, shares.to_numpy()[places], color=colour, label=str(system))
            ax.bar_label(bars, fmt="%.1f", padding=3, fontsize=8)
    ax.set_yticks(range(len(shares)), [str(name) for name in shares.index.get_level_values(1)])
    ax.invert_yaxis()
    ax.margins(x=0.1)
    ax.set_xlabel("Mean obstacle degree (% of the gap to 1)")
    ax.set_title("What holds coordination back")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    tidy(ax)
    return ax
