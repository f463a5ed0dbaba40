"""Pictures of results. They need matplotlib, which is imported when one is drawn.

Read `pictures`, which says which numbers are drawn; `intervals` and `heatmap` lay out and draw, and
know no results.
"""

from simeq.plot.pictures import plot_coefficients, plot_effects, plot_residual_correlation

__all__ = ["plot_coefficients", "plot_effects", "plot_residual_correlation"]
