"""Lines over time: mean indices, and mean C, T and D."""

from typing import TYPE_CHECKING

from coupling.plot.axes import axes_of, draw_lines, time_axis
from coupling.results import CouplingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    ax = axes_of(ax, (7.0, 4.2))
    draw_lines(ax, means)
    ax.set_title(f"Development of the subsystems, mean of {_n_units(result)} units")
    ax.set_ylabel("Mean index (0 to 1)")
    time_axis(ax, result.D.index)
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
    ax = axes_of(ax, (7.0, 4.2))
    draw_lines(ax, result.yearly()[list(names)].rename(columns=names))
    ax.set_ylim(0, 1.02)
    ax.set_title(f"Coupling and coordination, mean of {_n_units(result)} units")
    ax.set_ylabel("Mean degree (0 to 1)")
    time_axis(ax, result.D.index)
    ax.legend(frameon=False, loc="best")
    return ax


def _n_units(result: CouplingResult) -> int:
    return result.D.index.get_level_values(0).nunique()
