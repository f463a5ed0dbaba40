"""Pictures of results. They need matplotlib, which is imported when one is drawn.

`intervals` and `heatmap` lay out and draw, and know no results; `pictures` says which numbers.
"""

from simeq.plot.pictures import plot_coefficients, plot_effects, plot_residual_correlation

__all__ = ["plot_coefficients", "plot_effects", "plot_residual_correlation"]
