"""Pictures of a scored panel. They need matplotlib, which is imported when one is drawn.

Lines have the colours of Okabe and Ito, levels run from brown through white to blue-green: both can
be told apart by colour-blind readers. Every function draws into `ax`, or into a new figure, and
returns the Axes.
"""

from coupling.plot.levels import degree_heatmap, levels_by_time
from coupling.plot.obstacles import obstacle_bars
from coupling.plot.over_time import coupling_over_time, index_trends

__all__ = [
    "coupling_over_time",
    "degree_heatmap",
    "index_trends",
    "levels_by_time",
    "obstacle_bars",
]
