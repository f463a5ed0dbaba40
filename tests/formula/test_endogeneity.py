"""Who is endogenous: by an instrument list, or by Stata's rule made safe."""

import numpy as np
import pandas as pd
import pytest

from simeq import FormulaError, SimeqWarning, SystemEquations


@pytest.fixture
def frame():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(np.exp(rng.normal(size=(60, 8))), columns=[*"abcdewz", "pop"])
    data["q"] = data["a"] + data["d"] + np.exp(rng.normal(size=60))
    data["p"] = data["q"] + data["b"] + np.exp(rng.normal(size=60))
    return data.assign(ylag=data["q"].shift(1), **{"y 2": data["p"] * 2 + data["e"]})


def roles(model):
    frame = model.roles
    return {
        (row.equation, row.term): row.role for row in frame.itertuples() if row.role != "instrument"
    }


def endogenous(model):
    return {term for (_, term), role in roles(model).items() if role == "endogenous"}


def test_left_sides_are_endogenous_and_the_rest_are_instruments(frame):
    model = SystemEquations({"demand": "q ~ p + a", "supply": "p ~ q + b"}, frame)
    assert endogenous(model) == {"p", "q"}
    assert model.instrument_names["demand"] == ["Intercept", "a", "b"]


@pytest.mark.parametrize(
    "term",
    ["np.log(q)", "q:a", "I(q ** 2)", "np.log(q):b", "C(q > 2)", "q.shift(1)", "center(q)"],
)
def test_every_term_that_reads_a_dependent_is_endogenous(frame, term):
    model = SystemEquations({"one": "q ~ a", "two": f"p ~ b + {term}"}, frame)
    found = {t for t in endogenous(model) if t != "q"}
    assert found
    assert found == {t for t in model.index.get_level_values(1) if t not in ("Intercept", "a", "b")}


def test_a_quoted_name_is_read_too(frame):
    model = SystemEquations({"one": "Q('y 2') ~ a + b", "two": "q ~ np.log(Q('y 2')) + c"}, frame)
    assert endogenous(model) == {"np.log(Q('y 2'))"}


def test_endog_adds_columns(frame):
    model = SystemEquations(["q ~ p + a"], frame, endog="p", exog=["b", "c"])
    assert endogenous(model) == {"p"}
    assert model.instrument_names["q"] == ["Intercept", "a", "b", "c"]


def test_exog_makes_a_term_exogenous_whatever_it_reads(frame):
    equations = {"one": "q ~ p + q.shift(1)", "two": "p ~ q + a + c"}
    assert "q.shift(1)" in endogenous(SystemEquations(equations, frame))
    model = SystemEquations(equations, frame, exog=["q.shift( 1 )", "b"])
    assert endogenous(model) == {"p", "q"}
    assert model.instrument_names["one"] == ["Intercept", "q.shift(1)", "a", "c", "b"]


def test_exog_takes_terms_and_columns_with_any_name(frame):
    frame["odd name"] = frame["c"] ** 2
    model = SystemEquations(["q ~ p"], frame, endog=["p"], exog=["odd name", "np.log(d)", "a:b"])
    assert model.instrument_names["q"] == ["Intercept", "Q('odd name')", "np.log(d)", "a:b"]


def test_a_left_side_of_several_columns_warns_and_says_what_was_assumed(frame):
    with pytest.warns(SimeqWarning, match=r"I\(q / pop\) reads q, pop; all are taken"):
        model = SystemEquations({"one": "I(q / pop) ~ a", "two": "p ~ pop + I(q / pop)"}, frame)
    assert endogenous(model) == {"pop", "I(q / pop)"}


def test_exog_settles_a_left_side_of_several_columns_without_a_warning(frame):
    model = SystemEquations(
        {"one": "I(q / pop) ~ a + pop", "two": "p ~ I(q / pop)"}, frame, exog="pop"
    )
    assert endogenous(model) == {"I(q / pop)"}
    assert "pop" in model.instrument_names["two"]


def test_with_instruments_a_regressor_is_exogenous_exactly_in_their_span(frame):
    frame["sum"] = frame["a"] + 2 * frame["b"]
    model = SystemEquations(["q ~ p + sum + c"], frame, instruments="~ a + b + d")
    assert roles(model) == {
        ("q", "q"): "dependent",
        ("q", "Intercept"): "exogenous",
        ("q", "p"): "endogenous",
        ("q", "sum"): "exogenous",
        ("q", "c"): "endogenous",
    }


def test_an_instrument_list_without_intercept_makes_the_intercept_endogenous(frame):
    model = SystemEquations(["q ~ p"], frame, instruments="~ 0 + a + b")
    assert endogenous(model) == {"Intercept", "p"}


def test_instruments_by_label_hold_for_their_equation(frame):
    model = SystemEquations(
        {"one": "q ~ p + a", "two": "p ~ q + b"},
        frame,
        instruments={"two": "~ b + c", "one": "~ a + c + d"},
    )
    assert model.instrument_names == {
        "one": ["Intercept", "a", "c", "d"],
        "two": ["Intercept", "b", "c"],
    }


def test_roles_list_the_excluded_instruments(frame):
    model = SystemEquations({"demand": "q ~ p + a", "supply": "p ~ q + b"}, frame)
    found = model.roles.query("role == 'instrument'")
    assert list(zip(found.equation, found.term, strict=True)) == [("demand", "b"), ("supply", "a")]


def test_equations_may_share_a_dependent_under_different_labels(frame):
    model = SystemEquations({"demand": "q ~ p + a", "supply": "q ~ p + b + c"}, frame, endog="p")
    assert model.endog_names == ["q", "q"]
    assert endogenous(model) == {"p"}
    assert model.fit("3sls").params.size == 7


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endog": "nope"}, "endog names 'nope'"),
        ({"endog": "c"}, "endog names 'c', which is no column that an equation reads"),
        ({"exog": "nope"}, "unknown column 'nope'"),
        ({"exog": "aa"}, "unknown column 'aa'"),
        ({"exog": "q"}, "exog names q, the dependent of equation demand"),
        ({"exog": "a", "endog": "a"}, "'a' is named in both"),
        ({"instruments": "~ a + q"}, "instrument q reads q, the dependent of equation demand"),
        ({"instruments": "~ a + np.log(p)"}, r"instrument np.log\(p\) reads p"),
        ({"instruments": "~ a", "endog": "p"}, "give either it, or endog and exog"),
        ({"instruments": "~ a", "exog": "b"}, "give either it, or endog and exog"),
        ({"instruments": "a ~ b"}, "without a left side"),
        ({"instruments": {"demand": "~ a"}}, "no formula for equation supply"),
        ({"instruments": {"demnd": "~ a", "supply": "~ b"}}, "Did you mean 'demand'"),
        ({"instruments": ["~ a"]}, "1 formulas for 2 equations"),
        (
            {"instruments": ["a", "b"]},
            "one formula for each equation, as '~ z1 \\+ z2', not 'a', 'b'",
        ),
        ({"instruments": "~ 0"}, "names no instrument"),
    ],
)
def test_roles_that_cannot_be(frame, options, words):
    with pytest.raises(FormulaError, match=words):
        SystemEquations({"demand": "q ~ p + a", "supply": "p ~ q + b"}, frame, **options)


def test_two_stages_without_an_endogenous_regressor_warn(frame):
    model = SystemEquations({"one": "q ~ a", "two": "p ~ b"}, frame)
    for method in ("2sls", "3sls"):
        with pytest.warns(SimeqWarning, match="without an endogenous regressor"):
            model.fit(method)
