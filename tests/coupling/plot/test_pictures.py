"""Pictures: each returns its Axes, with titles, units and legends, and leaves numbers alone."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from coupling import CouplingError, CouplingModel, plot

FUNCTIONS = [
    plot.index_trends,
    plot.coupling_over_time,
    plot.degree_heatmap,
    plot.levels_by_time,
    plot.obstacle_bars,
]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("draw", FUNCTIONS)
def test_each_returns_its_axes_with_a_title(draw, result, tmp_path):
    ax = draw(result)
    assert isinstance(ax, plt.Axes)
    assert ax.get_title()
    assert ax.get_xlabel()
    ax.figure.savefig(tmp_path / "picture.png")
    own = plt.figure().add_subplot()
    assert draw(result, ax=own) is own


def test_lines_are_the_tables(result):
    ax = plot.coupling_over_time(result)
    for line, name in zip(ax.lines, "CTD", strict=True):
        np.testing.assert_array_equal(line.get_ydata(), result.yearly()[name])
    ax = plot.index_trends(result)
    np.testing.assert_array_equal(
        ax.lines[1].get_ydata(), result.indices["Economy"].groupby("year").mean()
    )
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["Infrastructure", "Economy"]


def test_heat_map_has_a_row_for_each_unit_in_the_order_of_its_mean(result):
    ax = plot.degree_heatmap(result)
    assert ax.images[0].get_array().shape == (48, 17)
    assert ax.get_yticklabels()[0].get_text() == "CALIFORNIA"
    unsorted = plot.degree_heatmap(result, sort=False)
    assert unsorted.get_yticklabels()[0].get_text() == "ALABAMA"


def test_bars_stack_to_the_number_of_units(result):
    ax = plot.levels_by_time(result)
    heights = pd.Series(
        [p.get_height() for p in ax.patches], index=[round(p.get_x(), 3) for p in ax.patches]
    )
    assert (heights.groupby(level=0).sum() == 48).all()


def test_obstacles_are_limited_to_the_greatest(result):
    assert len(plot.obstacle_bars(result, top=3).patches) == 3
    with pytest.raises(CouplingError, match="top must be 1 or more"):
        plot.obstacle_bars(result, top=0)


@pytest.mark.parametrize("draw", FUNCTIONS)
def test_gaps_and_text_times(draw, states):
    panel = states.loc[["UTAH", "OHIO", "IOWA"]].reset_index()
    panel["year"] = "y" + panel["year"].astype(str)
    panel.loc[3, "gsp"] = np.nan
    systems = {"A": ["hwy", "water"], "B": ["gsp", "emp"]}
    model = CouplingModel(
        systems, "equal", nan="propagate", scheme=[0.3, 0.6], feature_range=(0.1, 1)
    )
    draw(model.fit(panel, "state", "year")).figure.canvas.draw()


def test_without_matplotlib_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from coupling import *; from coupling import plot\n"
        "result = CouplingModel({'A': ['hwy', 'water'], 'B': ['gsp', 'emp']}).fit("
        "load_us_states(), 'state', 'year')\n"
        "try: plot.index_trends(result)\n"
        "except ImportError as error: sys.exit(0 if 'simeq[plots]' in str(error) else 1)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
