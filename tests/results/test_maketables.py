"""Results in the tables of the real package maketables: names, numbers, stars and statistics."""

import pickle

import maketables
import numpy as np
import pandas as pd
import pytest

from simeq import SystemEquations


def rows(table, column=0):
    """Cells of one column of a table by its row labels, without the blocks' names."""
    cells = table.df.iloc[:, column]
    return pd.Series(cells.tolist(), index=cells.index.get_level_values(-1))


def cell(b, se, p):
    """Coefficient, stars at 10, 5 and 1 per cent, standard error beneath."""
    stars = "*" * sum(p < level for level in (0.1, 0.05, 0.01))
    return f"{b:.3f}{stars} \n ({se:.3f})"


def near(value):
    """What maketables writes of a number: three places at most, thousands by comma."""
    return pytest.approx(value, abs=5.1e-4)


def number(text):
    return float(text.replace(",", ""))


@pytest.fixture(scope="module")
def results(klein_model):
    return [klein_model.fit(method) for method in ("ols", "2sls", "3sls")]


def test_a_coefficient_table_has_four_columns_and_flat_names(results):
    for result in results:
        table = result.__maketables_coef_table__
        assert table.columns[:4].tolist() == ["b", "se", "t", "p"]
        assert table.index.tolist() == [f"[{e}]{term}" for e, term in result.params.index]
        for name, values in {
            "b": result.params,
            "se": result.bse,
            "t": result.tvalues,
            "p": result.pvalues,
            "ci95l": result.conf_int()["lower"],
            "ci90u": result.conf_int(0.1)["upper"],
        }.items():
            np.testing.assert_array_equal(table[name], values)


def test_systems_side_by_side_show_every_number(results):
    table = maketables.ETable(results)
    assert table.df.columns.get_level_values(0).unique().tolist() == ["consump, invest, privWage"]
    for column, result in enumerate(results):
        found = rows(table, column)
        for (equation, term), b in result.params.items():
            se, p = result.bse[equation, term], result.pvalues[equation, term]
            assert found[f"[{equation}]{term}"] == cell(b, se, p)
        assert found["Estimator"] == result.method.upper()
        assert found["Observations"] == "21"
        assert number(found["R² investment"]) == near(result.rsquared["investment"])
        assert len(found) == result.params.size + 2 + 3


@pytest.mark.parametrize("kind", ["tex", "typst", "gt"])
def test_every_rendering_holds_the_published_numbers(results, kind):
    made = maketables.ETable(results).make(kind)
    text = made.as_raw_html() if kind == "gt" else made
    for number in ("16.441", "(1.305)", "0.790", "-0.195", "3SLS", "wages"):
        assert number in text


def test_one_system_alone_and_other_cells(results):
    table = maketables.ETable(results[2], coef_fmt="b:.2f [ci95l:.2f, ci95u:.2f] t:.1f")
    lower, upper = results[2].conf_int().loc[("consumption", "wages")]
    t = results[2].tvalues["consumption", "wages"]
    assert rows(table)["[consumption]wages"] == f"0.79 [{lower:.2f}, {upper:.2f}] {t:.1f}"


def test_equations_stand_side_by_side_under_their_dependents(results):
    three = results[2]
    table = maketables.ETable([*three.equations.values()])
    assert table.df.columns.get_level_values(0).tolist() == ["consump", "invest", "privWage"]
    for column, (label, equation) in enumerate(three.equations.items()):
        found = rows(table, column)
        for term, b in equation.params.items():
            assert found[term] == cell(b, equation.bse[term], equation.pvalues[term])
        assert number(found["R²"]) == near(three.rsquared[label])
        assert found["Estimator"] == "3SLS"


def test_statistics_by_key(roads_model):
    keys = ["N", "n_clusters", "se_type", "mcelroy", "ll", "df_resid", "[roads]rmse", "r2", "aic"]
    result = roads_model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "state"})
    found = rows(maketables.ETable([result], model_stats=[*keys, "[nowhere]r2", "nothing"]))
    assert found["Observations"] == "816"
    assert found["Clusters"] == "48"
    assert found["S.E. type"] == "cluster by state"
    assert number(found["McElroy R²"]) == near(result.system_rsquared["mcelroy"])
    assert number(found["Log-likelihood"]) == near(result.llf)
    assert number(found["df(resid)"]) == result.df_resid
    assert number(found["RMSE roads"]) == near(result.rmse["roads"])
    assert found[["R²", "AIC", "[nowhere]r2", "nothing"]].tolist() == ["-"] * 4
    equation = result.equations["roads"]
    keys = ["adj_r2", "rmse", "se_type", "n_clusters", "df_model", "fvalue"]
    found = rows(maketables.ETable([equation], model_stats=keys))
    assert number(found["Adj. R²"]) == near(equation.rsquared_adj)
    assert number(found["RMSE"]) == near(equation.rmse)
    assert found["S.E. type"] == "cluster by state"
    assert found[["Clusters", "df(model)", "F statistic"]].tolist() == ["48", "3", "-"]


def test_the_covariance_is_described(roads_model):
    both, array = ["state", "year"], np.arange(816) % 48
    for given, named in (("state", ["state"]), (both, both), (array, None)):
        result = roads_model.fit("2sls", cov_type="cluster", cov_kwds={"groups": given})
        described = {"vcov_type": "cluster", "clustervar": named}
        assert result.__maketables_vcov_info__ == described
        assert result.equations["roads"].__maketables_vcov_info__ == described
    assert roads_model.fit("2sls").__maketables_vcov_info__["clustervar"] is None


def test_categories_and_products_keep_their_equation(states):
    model = SystemEquations(
        {"output": "np.log(gsp) ~ C(region) + np.log(pc):unemp", "roads": "np.log(hwy) ~ unemp"},
        states,
    )
    names = rows(maketables.ETable([model.fit("ols")])).index
    assert "[output]C(region)=2" in names
    assert "[output]np.log(pc) × unemp" in names


def test_unlike_systems_share_rows_by_name(klein, results):
    smaller = SystemEquations({"consumption": "consump ~ wages"}, klein).fit("ols")
    table = maketables.ETable([results[0], smaller])
    assert rows(table, 1)["[consumption]corpProf"] == ""
    assert rows(table, 1)["[consumption]wages"] != ""


def test_many_dependents_are_counted(states):
    names = ["gsp", "pc", "emp", "hwy", "water", "util"]
    result = SystemEquations([f"{name} ~ unemp" for name in names], states).fit("ols")
    assert result.__maketables_depvar__ == "gsp, pc, emp, hwy, and 2 more"


def test_loaded_results_make_the_same_table(results):
    again = pickle.loads(pickle.dumps(results))
    pd.testing.assert_frame_equal(maketables.ETable(again).df, maketables.ETable(results).df)


def test_the_package_finds_the_plug_in_and_nothing_of_statsmodels(results):
    for result in (results[0], results[0].equations["consumption"]):
        (column,) = result.to_list()
        assert type(maketables.get_extractor(column)).__name__ == "PluginExtractor"
        assert not hasattr(column, "params")
        assert not hasattr(pickle.loads(pickle.dumps(column)), "bse")


def test_coefficients_take_other_labels_without_a_template_for_categories(results):
    labels = {"[consumption]wages": "Wages"}
    names = rows(maketables.ETable(results, labels=labels, cat_template="")).index
    assert "Wages" in names
    assert "[consumption]corpProf" in names
