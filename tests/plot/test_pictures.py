"""Pictures: what is drawn is what the results say; labels, numbers and legends, not pixels."""

import subprocess
import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from simeq import DataError, SimeqError, SystemEquations, compare
from simeq.plot.pictures import plot_coefficients, plot_effects, plot_residual_correlation

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def results(klein_model):
    return {method.upper(): klein_model.fit(method) for method in ("ols", "2sls", "3sls")}


def titles(figure):
    return [ax.get_title(loc="left") for ax in figure.axes]


def rows(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def points(ax):
    """Values by row of each series; the first vertical line is that of zero."""
    return [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == len(rows(ax))]


def intervals(ax):
    """Bounds by row of each series, (n, 2), missing where no interval is drawn."""
    gap = np.full((2, 2), np.nan)
    drawn = [[part if len(part) else gap for part in c.get_segments()] for c in ax.collections]
    return [np.array(parts)[:, :, 0] for parts in drawn]


def test_a_panel_for_each_equation_with_every_estimate_and_interval(results):
    figure = plot_coefficients(results)
    assert titles(figure) == ["consumption", "investment", "private_wages"]
    assert legend(figure) == ["OLS", "2SLS", "3SLS"]
    for ax, equation in zip(figure.axes, titles(figure), strict=True):
        own = results["OLS"].params[equation].drop("Intercept").index
        assert rows(ax) == list(own)
        for value, bounds, result in zip(points(ax), intervals(ax), results.values(), strict=True):
            np.testing.assert_array_equal(value, result.params[equation][own])
            np.testing.assert_array_equal(bounds, result.conf_int().loc[equation].loc[own])


def test_comparisons_and_single_results_are_drawn_too(results):
    figure = plot_coefficients(compare(results))
    assert legend(figure) == ["OLS", "2SLS", "3SLS"]
    figure = plot_coefficients(results["3SLS"])
    assert legend(figure) == ["3SLS"]
    assert len(points(figure.axes[0])) == 1


def test_the_order_asked_for_is_the_order_drawn(results):
    figure = plot_coefficients(
        results,
        equations=["investment", "consumption"],
        terms=["corpProfLag", "corpProf", "wages"],
    )
    assert titles(figure) == ["investment", "consumption"]
    assert [rows(ax) for ax in figure.axes] == [
        ["corpProfLag", "corpProf"],
        ["corpProfLag", "corpProf", "wages"],
    ]
    assert titles(plot_coefficients(results, terms=["gnp", "gnp"])) == ["private_wages"]


def test_intercepts_are_drawn_when_asked_for(results):
    assert "Intercept" in rows(plot_coefficients(results, drop_intercept=False).axes[0])
    assert rows(plot_coefficients(results, terms="Intercept").axes[2]) == ["Intercept"]


def test_the_coverage_is_that_of_alpha_and_said(results):
    figure = plot_coefficients(results["3SLS"], alpha=0.1, equations="consumption")
    assert figure.get_supxlabel() == "Coefficient, 90% confidence interval"
    expected = results["3SLS"].conf_int(0.1).loc["consumption"].drop("Intercept")
    np.testing.assert_array_equal(intervals(figure.axes[0])[0], expected)
    with pytest.raises(DataError, match="alpha must be between 0 and 1"):
        plot_coefficients(results, alpha=5)


def test_intervals_of_the_draws_need_not_hold_the_estimate(klein_model):
    kwds = {"n_boot": 49, "seed": 1}
    result = klein_model.fit("3sls", cov_type="bootstrap", cov_kwds=kwds)
    figure = plot_coefficients(result, kind="basic", equations="investment")
    expected = result.conf_int(kind="basic").loc["investment"].drop("Intercept")
    np.testing.assert_array_equal(intervals(figure.axes[0])[0], expected)


def test_forms_that_lack_a_term_leave_a_gap(klein_model):
    table = klein_model.fit_dropping("wages", "trend", method="2sls")
    figure = plot_coefficients(table)
    assert legend(figure) == ["Full model", "−wages", "−trend"]
    values = points(figure.axes[0])
    wages = rows(figure.axes[0]).index("wages")
    assert [bool(np.isnan(value[wages])) for value in values] == [False, True, False]


def test_results_of_different_systems_share_panels_by_label(klein, results):
    smaller = SystemEquations({"consumption": "consump ~ taxes"}, klein).fit("ols")
    figure = plot_coefficients({"whole": results["OLS"], "small": smaller})
    assert titles(figure) == ["consumption", "investment", "private_wages"]
    assert rows(figure.axes[0]) == ["corpProf", "corpProfLag", "wages", "taxes"]
    assert np.isnan(points(figure.axes[1])[1]).all()


def test_a_fixed_coefficient_is_a_point_without_width(klein_model):
    result = klein_model.fit("3sls", constraints="[consumption]wages = 0.8")
    figure = plot_coefficients(result, terms="wages")
    assert points(figure.axes[0])[0] == pytest.approx([0.8])
    assert np.ptp(intervals(figure.axes[0])[0]) == pytest.approx(0, abs=1e-12)


def test_colours_and_markers_tell_many_estimators_apart(results):
    figure = plot_coefficients({f"form {i}": results["OLS"] for i in range(14)})
    lines = [line for line in figure.axes[0].lines if line.get_marker() != "None"]
    looks = {(line.get_color(), line.get_marker()) for line in lines}
    assert len(looks) == 14
    first = {line.get_color() for line in lines[:7]}
    assert len(first) == len({line.get_marker() for line in lines[:7]}) == 7


def test_names_are_never_taken_for_mathematics_and_long_ones_lose_their_middle(klein):
    data = klein.assign(**{"$a": klein["taxes"], "b$": klein["trend"]})
    long = "I(govExp + 0 * trend + 0 * taxes + 0 * corpProfLag)"
    model = SystemEquations({"$e$": f"consump ~ Q('$a') + Q('b$') + {long}"}, data)
    figure = plot_coefficients({r"$\wrong$": model.fit("ols")})
    figure.canvas.draw()
    assert titles(figure) == ["$e$"]
    assert rows(figure.axes[0])[:2] == ["Q('$a')", "Q('b$')"]
    shown = rows(figure.axes[0])[2]
    assert "…" in shown
    assert len(shown) == 38


def test_many_equations_stand_in_columns_that_fit_a_page(states):
    names = ["gsp", "hwy", "water", "util", "pcap", "emp", "pc", "gsp", "hwy", "water"]
    equations = {f"{i} {name}": f"{name} ~ C(region) + unemp" for i, name in enumerate(names)}
    result = SystemEquations(equations, states).fit("ols")
    figure = plot_coefficients(result)
    assert titles(figure) == list(equations)
    left = {round(ax.get_position().x0, 1) for ax in figure.axes}
    assert len(left) == 4
    assert len({ax.get_position().x0 for ax in plot_coefficients(result, columns=1).axes}) == 1
    assert plot_coefficients(result, figsize=(5, 9)).get_size_inches().tolist() == [5, 9]


def test_in_little_room_names_grow_shorter_and_stay_apart(states):
    long = {f"what moves {name} in the states of the union": name for name in ("gsp", "hwy")}
    equations = {label: f"{name} ~ C(region, Treatment(5))" for label, name in long.items()}
    result = SystemEquations(equations, states).fit("ols")
    for size, width in ((None, 38), ((3.4, 7), 22)):
        figure = plot_coefficients(result, figsize=size)
        assert len(set(titles(figure))) == 2
        assert max(map(len, titles(figure))) <= 30
        names = rows(figure.axes[0])
        assert len(set(names)) == 8
        assert max(map(len, names)) <= width
    assert all("…" in name for name in names)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"terms": "wagse"}, "no term 'wagse'.*Did you mean 'wages'"),
        ({"equations": ["invest"]}, "no equation 'invest'.*Did you mean 'investment'"),
        ({"equations": "consumption", "terms": "gnp"}, "no term 'gnp'"),
        ({"columns": 0}, "columns must be a whole number above 0"),
        ({"terms": []}, "nothing to draw"),
    ],
)
def test_what_is_not_there_is_said_by_name(results, options, words):
    with pytest.raises(SimeqError, match=words):
        plot_coefficients(results, **options)


def test_other_things_are_refused(results):
    with pytest.raises(SimeqError, match="compare takes results"):
        plot_coefficients({"a": 1})
    with pytest.raises(SimeqError, match="Give a result of SystemEquations.fit, not dict"):
        plot_residual_correlation(results)


def test_the_heat_map_holds_the_correlation_in_colour_and_in_numbers(results):
    result = results["3SLS"]
    ax = plot_residual_correlation(result)
    sigma = result.sigma_resid.to_numpy()
    expected = sigma / np.sqrt(np.outer(sigma.diagonal(), sigma.diagonal()))
    lower = np.tril_indices(3)
    assert [text.get_text() for text in ax.texts] == [f"{r:.2f}" for r in expected[lower]]
    coloured = ax.collections[0].get_array()
    below = np.tril_indices(3, -1)
    np.testing.assert_allclose(coloured[below], expected[below], rtol=1e-12)
    assert np.ma.count(coloured) == 3
    assert ax.collections[0].get_clim() == (-1, 1)
    assert rows(ax) == ["(1) consumption", "(2) investment", "(3) private_wages"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["(1)", "(2)", "(3)"]


def test_the_heat_map_goes_into_axes_and_shrinks_its_text(results, states):
    axes = plt.figure(figsize=(6, 3), layout="constrained").subplots(1, 2)
    assert plot_residual_correlation(results["OLS"], axes[0]) is axes[0]
    equations = {f"equation {i}": f"gsp ~ np.log(pc) + I(emp**{i})" for i in range(1, 13)}
    plot_residual_correlation(SystemEquations(equations, states).fit("ols"), axes[1])
    sizes = [ax.texts[0].get_fontsize() for ax in axes]
    assert sizes[0] == 9
    assert 3 <= sizes[1] < 6


@pytest.mark.filterwarnings("ignore:Equation gnp fits exactly")
def test_an_equation_that_fits_exactly_has_no_correlation(klein):
    result = SystemEquations(["gnp ~ consump + invest + govExp", "wages ~ gnp"], klein).fit("ols")
    sigma = result.fit.sigma_resid
    sigma[0, :] = sigma[:, 0] = 0.0
    ax = plot_residual_correlation(result)
    assert [text.get_text() for text in ax.texts] == ["1.00"]


@pytest.fixture
def effects():
    index, columns = ["price", "quantity"], ["Intercept", "income", "wage"]
    structural = pd.DataFrame([[1.0, 0.5, np.nan], [2.0, np.nan, -0.3]], index, columns)
    total = pd.DataFrame([[1.4, 0.4, 0.1], [2.5, 0.2, -0.2]], index, columns)
    return structural, total, total.abs() / 10


def test_total_effects_stand_beneath_structural_ones(effects):
    structural, total, errors = effects
    figure = plot_effects(structural, total, errors)
    assert titles(figure) == ["price", "quantity"]
    assert legend(figure) == ["Structural", "Total"]
    assert figure.get_supxlabel() == "Effect, 95% confidence interval of the total"
    for ax, name in zip(figure.axes, total.index, strict=True):
        assert rows(ax) == ["income", "wage"]
        np.testing.assert_array_equal(points(ax)[0], structural.loc[name].drop("Intercept"))
        np.testing.assert_array_equal(points(ax)[1], total.loc[name].drop("Intercept"))
        assert np.isnan(intervals(ax)[0]).all()
        reach = 1.959964 * errors.loc[name].drop("Intercept")
        np.testing.assert_allclose(np.ptp(intervals(ax)[1], axis=1), 2 * reach, rtol=1e-6)


def test_a_reduced_form_is_taken_by_its_three_attributes(effects):
    structural, total, errors = effects
    form = SimpleNamespace(structural=structural, params=total, bse=errors)
    for figure in (
        plot_effects(form, alpha=0.1),
        plot_effects(structural, total, errors, alpha=0.1),
    ):
        assert figure.get_supxlabel() == "Effect, 90% confidence interval of the total"
        np.testing.assert_allclose(points(figure.axes[1])[1], [0.2, -0.2])
        np.testing.assert_allclose(intervals(figure.axes[1])[1][0], [0.1671, 0.2329], atol=1e-4)


def test_intervals_of_a_reduced_form_are_its_own(effects):
    structural, total, errors = effects
    asked = []

    def conf_int(alpha):
        asked.append(alpha)
        return pd.DataFrame({"lower": total.stack() - 0.5, "upper": total.stack() + 1.0})

    form = SimpleNamespace(structural=structural, params=total, bse=errors, conf_int=conf_int)
    figure = plot_effects(form, alpha=0.2)
    assert asked == [0.2]
    for ax, name in zip(figure.axes, total.index, strict=True):
        values = total.loc[name].drop("Intercept").to_numpy()
        expected = np.column_stack([values - 0.5, values + 1.0])
        np.testing.assert_allclose(intervals(ax)[1], expected)


def test_effects_without_errors_are_points(effects):
    figure = plot_effects(*effects[:2], drop_intercept=False)
    assert figure.get_supxlabel() == "Effect"
    assert rows(figure.axes[0]) == ["Intercept", "income", "wage"]
    assert np.isnan(intervals(figure.axes[0])[1]).all()


def test_variables_of_identities_have_total_effects_alone(effects):
    structural, total, _ = effects
    total = pd.concat([total, pd.DataFrame([[0.0, 0.3, 0.1]], ["spending"], total.columns)])
    figure = plot_effects(structural, total)
    assert titles(figure) == ["price", "quantity", "spending"]
    assert np.isnan(points(figure.axes[2])[0]).all()
    np.testing.assert_array_equal(points(figure.axes[2])[1], [0.3, 0.1])


def test_effects_that_do_not_fit_together_are_errors(effects):
    structural, total, errors = effects
    with pytest.raises(SimeqError, match="total effects must be a DataFrame.*NoneType"):
        plot_effects(structural)
    with pytest.raises(SimeqError, match="share no label"):
        plot_effects(structural, total.T, errors.T)
    with pytest.raises(SimeqError, match="standard errors must be a DataFrame"):
        plot_effects(structural, total, errors.to_numpy())


def test_without_matplotlib_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from simeq import SystemEquations, datasets, plot\n"
        "r = SystemEquations(['consump ~ wages'], datasets.load_klein()).fit('ols')\n"
        "for draw in (plot.plot_coefficients, plot.plot_residual_correlation):\n"
        "    try: draw(r)\n"
        "    except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    text = 'Plots need matplotlib: pip install "simeq[plots]".\n'
    assert done.stdout == text * 2


def test_importing_the_plots_imports_no_matplotlib():
    code = "import sys, simeq, simeq.plot.pictures; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
