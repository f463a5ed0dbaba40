"""Formulas: patsy's language, labels, left sides, and clear errors for the rest."""

import numpy as np
import pandas as pd
import patsy
import pytest

from simeq import CollinearityError, DataError, FormulaError, RankWarning, SystemEquations


def halve(x):
    return x / 2


SCALE = 3.0
OUTSIDE = np.arange(30.0)


@pytest.fixture
def frame():
    rng = np.random.default_rng(11)
    data = pd.DataFrame(rng.normal(size=(30, 4)), columns=list("yxzw"))
    data["colour"] = np.tile(["red", "blue", "green"], 10)
    data["year"] = np.repeat(np.arange(2001, 2007), 5)
    data["flag"] = data["w"] > 0
    data["day"] = pd.date_range("2020-01-01", periods=30)
    data["digits"] = [str(v) for v in range(30)]
    odd = {"odd name": data["w"] ** 2, "gdp.real": data["x"], "class": data["z"]}
    return data.assign(**odd)


@pytest.mark.parametrize(
    "right",
    [
        "x + z",
        "0 + x + z",
        "x - 1",
        "x * z",
        "x:z + w",
        "(x + z) ** 2",
        "C(year)",
        "0 + C(year) + x",
        "colour",
        "colour * x",
        "0 + colour:x",
        "C(colour, Treatment('red')) + x",
        "C(colour, Sum) + x",
        "C(year, Poly)",
        "flag + x",
        "I(x > 0) + z",
        "np.exp(x) + I(z ** 2) + np.maximum(x, z)",
        "Q('odd name') + x",
        "np.log(Q('odd name'))",
        "center(x) + standardize(z)",
        "bs(x, 5)",
        "np.column_stack([x, x ** 2, x ** 3])",
        "halve(x) + I(x * SCALE * z)",
        "x / colour",
        "colour:C(year)",
        "x.abs() + z",
        "np.where(colour == 'red', x, z)",
        "pd.cut(x, 3)",
        "I(colour == 'red')",
    ],
)
def test_columns_are_patsys(frame, right):
    expected = patsy.dmatrix(right, frame, return_type="dataframe")
    model = SystemEquations([f"y ~ {right}"], frame)
    assert list(model.index.get_level_values("term")) == list(expected.columns)
    by_hand, *_ = np.linalg.lstsq(expected.to_numpy(), frame["y"].to_numpy(), rcond=None)
    np.testing.assert_allclose(model.fit("ols").params, by_hand, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    "right",
    ["x + Q('x') + z", "Q('x') + z + Q(\"x\")", "x:z + Q('z'):x", "z*x + Q('x'):Q('z')"],
)
def test_a_name_in_quotes_is_the_same_name_and_counts_once(right):
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(40, 3)), columns=["y", "x", "z"])
    plain = right.replace("Q('x')", "x").replace('Q("x")', "x").replace("Q('z')", "z")
    found, expected = (SystemEquations([f"y ~ {own}"], data).fit("ols") for own in (right, plain))
    np.testing.assert_array_equal(found.params, expected.params)


def test_a_list_of_formulas_is_labelled_by_the_dependents(frame):
    model = SystemEquations(["np.exp(y) ~ x", "z ~ w"], frame)
    assert model.labels == ("np.exp(y)", "z")


def test_a_category_of_integers_is_a_category(frame):
    frame["year"] = frame["year"].astype("category")
    terms = SystemEquations(["y ~ year"], frame).index.get_level_values("term")
    assert list(terms) == ["Intercept", *(f"year[T.{y}]" for y in range(2002, 2007))]


def test_scalars_and_functions_come_from_the_caller(frame):
    local = 4.0
    model = SystemEquations(["y ~ I(x * local)"], frame)
    assert local * model.fit("ols").params["y", "I(x * local)"] == pytest.approx(
        SystemEquations(["y ~ x"], frame).fit("ols").params["y", "x"], rel=1e-12
    )


def test_a_variable_named_as_a_patsy_function_does_no_harm(frame):
    C = 5.0
    assert SystemEquations(["y ~ C(colour)"], frame).nobs == 30
    assert C == 5.0


@pytest.mark.parametrize(
    ("equations", "words"),
    [
        ([], "no equation"),
        ({}, "no equation"),
        (None, "not NoneType"),
        (["x + z"], "no left side"),
        (["~ x"], "no left side"),
        ([""], "no left side"),
        (["y ~ x ~ z"], "one left side and one ~"),
        (["y + x ~ z"], r"left side y \+ x must be one numeric factor.*I\(…\)"),
        (["y:x ~ z"], r"I\(…\)"),
        (["flag ~ z"], "left side flag must be one numeric column"),
        (["I(y > 0) ~ z"], r"left side I\(y > 0\)"),
        (["y ~ 0"], "no regressor"),
        (["y ~ y + x"], "dependent y also stands on the right"),
        (["np.exp(y) ~ np.exp( y )"], "also stands on the right"),
        (["y ~ x", "y ~ z"], "Two equations are named 'y'.*dict"),
        (["y ~ x +* z"], "cannot read"),
        (["y ~ np.log(x"], "cannot read"),
        ([5], "a formula is text"),
        ({"a[1]": "y ~ x"}, "without square brackets"),
        ({3: "y ~ x"}, "label"),
        (["y ~ nothing"], "unknown column 'nothing'"),
        (["y ~ yaer"], "Did you mean 'year'"),
        (["y ~ np.log(xx)"], "unknown column 'xx'"),
        (["y ~ Q('odd nme')"], "Did you mean 'odd name'"),
        (["y ~ missing_function(x)"], "unknown function 'missing_function'"),
        (["y ~ log(x)"], r"unknown function 'log' in the term log\(x\)\. Did you mean np\.log\?"),
        (["y ~ OUTSIDE"], "'OUTSIDE'.*ndarray outside the data; put it in data"),
        (["y ~ np.nothing(x)"], "cannot be evaluated"),
        (["y ~ gdp.real"], r"unknown column 'gdp'.*Write Q\('gdp.real'\)"),
        (["y ~ class"], r"Q\('class'\)"),
        (["y ~ x | z"], "Instruments go into instruments="),
        (["y ~ bs(x, 2)"], "cannot be evaluated"),
    ],
)
def test_a_formula_that_cannot_be_read(frame, equations, words):
    with pytest.raises(FormulaError, match=words):
        SystemEquations(equations, frame)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (
            "y ~ np.log(colour)",
            "column 'colour' holds text: 'red' in row 0.*pd.to_numeric.*C\\(colour",
        ),
        ("y ~ I(colour * 2)", "column 'colour' holds text: 'red' in row 0"),
        ("colour ~ x", "column 'colour' holds text: 'red'"),
        ("y ~ center(colour)", "column 'colour' holds text"),
        ("y ~ digits", r"'digits' holds text.*'0' in row 0.*pd.to_numeric.*C\(digits\)"),
        ("y ~ np.log(digits)", "column 'digits' holds text: '0' in row 0"),
        ("y ~ day", "column 'day' holds dates: '2020-01-01.*row 0"),
        ("y ~ I(day - day)", "column 'day' holds dates"),
        ("y ~ np.ones(3)", "returns 3 values for 30 rows"),
        ("y ~ x.iloc[::-1]", "one to one, in order"),
        ("y ~ I(x + 1j)", "does not give real numbers"),
    ],
)
def test_a_column_that_cannot_be_used(frame, formula, words):
    with pytest.raises(DataError, match=words):
        SystemEquations([formula], frame)


def test_a_row_of_a_selection_is_named_by_its_plain_number(frame):
    odd = frame.assign(x=np.where(frame.index == 7, np.inf, frame["x"]))
    with pytest.raises(DataError, match="first in row 7;"):
        SystemEquations(["y ~ x"], odd.drop(index=3))


def test_durations_are_not_called_dates(frame):
    frame["days"] = pd.to_timedelta(np.arange(len(frame)), "D")
    with pytest.raises(DataError, match="column 'days' holds durations: '0 .*' in row 0"):
        SystemEquations(["y ~ days"], frame)


def test_one_stray_text_among_numbers_is_named(frame):
    frame["x"] = frame["x"].astype(object)
    frame.loc[13, "x"] = "n/a"
    with pytest.raises(DataError, match="29 of 30 values read as numbers: see 'n/a' in row 13"):
        SystemEquations(["y ~ x"], frame)


def test_text_and_dates_may_be_categories_on_request(frame):
    assert SystemEquations(["y ~ C(digits) - 1"], frame.iloc[:30]).nobs == 30
    assert (
        len(
            SystemEquations(
                ["y ~ C(day.dt.month)"],
                frame.assign(day=pd.date_range("2020", periods=30, freq="20D")),
            ).index
        )
        == 12
    )


def test_a_column_may_hide_a_function_unless_it_is_called(frame):
    hidden = frame.rename(columns={"z": "C"})
    assert SystemEquations(["y ~ C + x"], hidden).nobs == 30
    with pytest.raises(FormulaError, match=r"column 'C' hides the function C\(…\)"):
        SystemEquations(["y ~ C(colour)"], hidden)


def test_two_columns_of_one_name_are_an_error_only_where_they_are_read(frame):
    doubled = pd.concat([frame, frame[["x"]]], axis=1)
    with pytest.raises(DataError, match="2 columns named 'x'"):
        SystemEquations(["y ~ x"], doubled)
    assert SystemEquations(["y ~ z"], doubled).nobs == 30


def test_a_category_of_one_level_warns_and_gives_no_column(frame):
    with pytest.warns(RankWarning, match="colour has one level"):
        model = SystemEquations(["y ~ x + colour"], frame[frame["colour"] == "red"])
    assert len(model.index) == 2


def test_an_explicit_level_that_does_not_occur_is_collinear_by_name(frame):
    with pytest.raises(CollinearityError, match="is zero in every row"):
        SystemEquations(["y ~ C(colour, levels=['red', 'blue', 'green', 'pink'])"], frame)


@pytest.mark.parametrize("data", [[1, 2], 3, None, "y"])
def test_data_of_another_kind_are_an_error(data):
    with pytest.raises(DataError, match="must be a DataFrame or a mapping"):
        SystemEquations(["y ~ x"], data)


def test_columns_of_different_lengths_are_an_error():
    with pytest.raises(DataError, match="do not form a table"):
        SystemEquations(["y ~ x"], {"y": [1, 2, 3], "x": [1, 2]})


def test_one_row_is_a_table_of_lists(frame):
    result = SystemEquations(["y ~ x + z"], frame).fit("ols")
    one = frame.iloc[3]
    for row, hint in (
        ({"x": one["x"], "z": one["z"]}, r"Give one row as lists, as \{'x': \[1.0\]\}"),
        (one, r"not Series\. One row of a frame is a frame as data\.iloc\[\[0\]\]"),
    ):
        with pytest.raises(DataError, match=hint):
            result.predict(row)
    found = result.predict({"x": [one["x"]], "z": [one["z"]]})["y"]
    assert found[0] == pytest.approx(result.fittedvalues["y"].iloc[3], rel=1e-12)
