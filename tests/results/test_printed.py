"""Printed results: eighty columns, every format, side by side."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.iolib.summary import Summary

from simeq import SimeqError, SystemEquations, compare
from simeq.report.printed_table import PrintedTable, Section, number, shorten


@pytest.fixture(scope="module")
def long_names():
    rng = np.random.default_rng(4)
    data = pd.DataFrame(rng.normal(size=(90, 3)), columns=list("yxz"))
    data["province"] = np.tile(
        ["Inner Mongolia Autonomous Region", "Inner Mongolia Autonomous Area", "Hebei"], 30
    )
    label = "the development of new quality productivity in every one of the thirty provinces"
    model = SystemEquations(
        {label: "y ~ C(province) + x + C(province):z", "two": "np.log(np.abs(z) + 1) ~ x"}, data
    )
    return model.fit("sur")


def lines(text):
    return str(text).splitlines()


def test_a_summary_has_a_block_for_each_equation_correlation_and_notes(klein_model):
    text = str(klein_model.fit("3sls").summary())
    for words in (
        "Three-stage least squares",
        "Equation consumption: consump",
        "Equation investment: invest",
        "Equation private_wages: privWage",
        "Residual correlation",
        "Estimator: three-stage least squares.",
        "divisor n.",
        "Distribution: standard normal.",
        "Instruments: Intercept, govExp, taxes",
        "R-squared:",
        "0.9801",
        "-0.578",
    ):
        assert words in text
    assert isinstance(klein_model.fit("3sls").summary(), Summary)


@pytest.mark.parametrize("method", ["ols", "wls", "sur", "isur", "2sls", "w2sls", "3sls", "i3sls"])
def test_no_line_is_longer_than_eighty_columns(klein_model, long_names, method):
    result = klein_model.fit(method, use_t=True, constraints="[consumption]wages = 0.8")
    assert max(map(len, lines(result.summary()))) <= 80
    assert max(map(len, lines(result.equations["investment"].summary()))) <= 80
    assert max(map(len, lines(long_names.summary()))) <= 80


def test_long_names_are_shortened_with_a_legend(long_names):
    text = " ".join(str(long_names.summary()).split())
    for name in long_names.equations[long_names.model.labels[0]].params.index:
        assert name in text, name


def test_names_stay_distinct_when_shortened():
    names = [f"C(state)[T.{'A' * 30}{i}{'B' * 30}]" for i in range(30)]
    short = shorten(names, 19)
    assert len(set(short.values())) == 30
    assert max(map(len, short.values())) <= 19


def test_notes_say_what_was_done(klein_model, klein):
    geomean = str(klein_model.fit("2sls", sigma_dof="geomean", use_t=True).summary())
    assert "sqrt((n - k_i)(n - k_j))" in geomean
    assert "Student's t with 51 degrees of freedom" in geomean
    tied = str(klein_model.fit("3sls", constraints="[consumption]wages = 0.8").summary())
    assert "Constraints: [consumption]wages = 0.8." in tied
    gaps = klein.assign(taxes=klein["taxes"].where(klein["year"] > 1925))
    dropped = SystemEquations(["consump ~ wages"], gaps, endog="wages", exog="taxes").fit("2sls")
    assert "5 of 21 rows dropped for missing values: taxes (5)." in str(dropped.summary())
    assert "Converged after" in str(klein_model.fit("i3sls").summary())


def test_alpha_sets_the_interval(klein_model):
    text = str(klein_model.fit("3sls").summary(alpha=0.1))
    assert "[0.05" in text
    assert "0.95]" in text


def test_every_format_of_a_summary(klein_model, long_names):
    for result in (
        klein_model.fit("3sls"),
        long_names,
        klein_model.fit("3sls").equations["investment"],
    ):
        summary = result.summary()
        assert "<table" in summary.as_html()
        assert result._repr_html_() == summary.as_html()
        latex = summary.as_latex()
        assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") > 0
        assert latex.isascii()
        assert "Notes" in summary.as_csv()


def test_many_equations_print_without_their_correlation():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(80, 21)), columns=[f"v{i}" for i in range(21)])
    result = SystemEquations([f"v{i} ~ v20" for i in range(20)], data).fit("sur")
    text = str(result.summary())
    assert "Residual correlation" not in text
    assert max(map(len, text.splitlines())) <= 80


# ---------------------------------------------------------------------- side by side


@pytest.fixture(scope="module")
def table(klein_model):
    return compare({name: klein_model.fit(name) for name in ("ols", "2sls", "3sls", "i3sls")})


def test_a_comparison_has_stars_errors_beneath_and_r2(table):
    text = lines(table)
    where = next(i for i, line in enumerate(text) if line.strip().startswith("wages"))
    assert text[where].split() == ["wages", "0.796***", "0.810***", "0.790***", "0.766***"]
    assert text[where + 1].split() == ["(0.036)", "(0.040)", "(0.038)", "(0.035)"]
    assert ["N", "21", "21", "21", "21"] in [line.split() for line in text]
    assert ["R²", "investment", "0.931", "0.885", "0.826", "0.621"] in [li.split() for li in text]
    assert text[-1] == "Standard errors in parentheses. * p < 0.05, ** p < 0.01, *** p < 0.001."


def test_decimal_points_stand_under_each_other(table):
    column = [line.index(".") for line in lines(table) if line.strip().startswith(("corp", "wag"))]
    beneath = [line.index(".") for line in lines(table) if line.strip().startswith("(")]
    assert len(set(column)) == 1
    assert set(beneath) == set(column)


def test_a_comparison_as_a_frame_is_unrounded(table, klein_model):
    frame = table.to_frame()
    assert list(frame.columns) == ["ols", "2sls", "3sls", "i3sls"]
    three = klein_model.fit("3sls")
    assert (
        frame.loc[("consumption", "wages", "coefficient"), "3sls"]
        == three.params["consumption", "wages"]
    )
    assert (
        frame.loc[("consumption", "wages", "std_error"), "3sls"]
        == three.bse["consumption", "wages"]
    )
    assert frame.loc[("", "", "nobs"), "3sls"] == 21
    assert frame.loc[("investment", "", "rsquared"), "3sls"] == three.rsquared["investment"]


def test_models_of_different_terms_stand_side_by_side(klein):
    one = SystemEquations({"c": "consump ~ wages"}, klein).fit("ols")
    two = SystemEquations({"c": "consump ~ corpProf", "i": "invest ~ corpProf"}, klein).fit("ols")
    text = str(compare({"one": one, "two": two}))
    frame = compare({"one": one, "two": two}).to_frame()
    assert np.isnan(frame.loc[("c", "corpProf", "coefficient"), "one"])
    assert np.isnan(frame.loc[("i", "", "rsquared"), "one"])
    assert "nan" not in text


def test_stars_are_a_choice(klein_model):
    results = {"3SLS": klein_model.fit("3sls")}
    assert "*" not in str(compare(results, stars=()))
    assert "** p < 0.05" in str(compare(results, stars=(0.1, 0.05)))
    assert "16.44079" in str(compare(results, decimals=5))


def test_markdown_latex_and_html_hold_the_same_cells(table):
    markdown, latex, page = table.to_markdown(), table.to_latex(), table.to_html()
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1
    assert r"private\_wages" in latex
    assert r"R$^2$ investment" in latex
    assert latex.isascii()
    assert page.count("<tr>") == page.count("</tr>") == len(rows) - 1
    for text in (markdown.replace("\\*", "*"), latex, page):
        assert "0.796***" in text
        assert "(0.036)" in text
    assert table._repr_html_() == page
    assert repr(table) == str(table) == table.to_text()


def test_marks_of_each_language_are_escaped():
    table = PrintedTable("a_b & <c>", ("x|y",), (Section("50%", (("$z", "1*"),)),), ("~",))
    assert r"a\_b \& $<$c$>$" in table.to_latex()
    assert r"50\%" in table.to_latex()
    starred = PrintedTable("", ("x",), (Section("", (("[a]x", "1"), ("*", "2"))),), ())
    assert "\n{}[a]x & 1" in starred.to_latex()  # [ and * after a row's end belong to that end
    assert "\n{}* & 2" in starred.to_latex()
    assert "&lt;c&gt;" in table.to_html()
    assert r"\*" in table.to_markdown()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0000"),
        (1.5, "1.5000"),
        (-0.0123, "-0.0123"),
        (0.00001234, "1.23e-05"),
        (123456.7, "123456.7000"),
        (1.5e9, "1.50e+09"),
        (np.nan, ""),
        (np.inf, "inf"),
    ],
)
def test_numbers_are_readable(value, text):
    assert number(value) == text


@pytest.mark.parametrize("results", [{}, {"a": 3}, [3]])
def test_nothing_to_compare_is_an_error(results):
    with pytest.raises(SimeqError, match="compare"):
        compare(results)


def test_levels_of_stars_lie_between_zero_and_one(klein_model):
    with pytest.raises(SimeqError, match="stars"):
        compare({"a": klein_model.fit("ols")}, stars=(5, 1))


def test_a_comparison_says_where_its_standard_errors_come_from(roads_model):
    plain = roads_model.fit("2sls")
    assert "Standard errors of" not in str(compare({"a": plain, "b": roads_model.fit("3sls")}))
    clusters = {"cov_type": "cluster", "cov_kwds": {"groups": "state"}}
    two, three = (roads_model.fit(method, **clusters) for method in ("2sls", "3sls"))
    alike = compare({"b": two, "c": three})
    assert "Standard errors: clustered across equations, 48 of state." in str(alike)
    mixed = " ".join(compare({"a": plain, "b": two, "c": three}).to_text().split())
    assert (
        "Standard errors of a: nonrobust; b, c: clustered across equations, 48 of state." in mixed
    )


def test_terms_are_omitted_from_print_with_a_line_that_says_who_has_them(states):
    equations = {"roads": "hwy ~ emp + C(region)", "water": "water ~ emp + util"}
    with_, without = (
        SystemEquations({**equations, "roads": right}, states).fit("sur")
        for right in ("hwy ~ emp + C(region)", "hwy ~ emp")
    )
    table = compare({"a": with_, "b": without}, omit="C(region)")
    lines = [line.split() for line in str(table).splitlines()]
    assert ["C(region)", "yes", "no"] in lines
    assert "C(region)[T" not in table.to_latex() + table.to_markdown() + str(table)
    assert "C(region)[T.2]" in table.to_frame().index.get_level_values("term")
    assert "C(region)[T.2]" in str(table.styled(omit=()))
    assert ["util", "yes", "yes"] in [
        line.split() for line in str(table.styled(omit=["util"])).splitlines()
    ]
    with pytest.raises(SimeqError, match=r"No result has a term 'C\(regin\)' to omit. Did you"):
        table.styled(omit="C(regin)")
