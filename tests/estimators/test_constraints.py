"""Linear restrictions: read from text or matrix, held exactly, wrong ones named."""

import numpy as np
import pandas as pd
import pytest

from simeq import ConstraintError, SystemEquations

NAMES = [
    "[demand]Intercept",
    "[demand]C(region)[T.s]",
    "[demand]p",
    "[demand]income",
    "[demand]I(trend - k)",
    "[supply]Intercept",
    "[supply]z",
    "[supply]wage",
    "[supply]trend",
    "[supply]np.maximum(k, 0)",
]
METHODS = ["ols", "wls", "sur", "isur", "2sls", "w2sls", "3sls", "i3sls"]


def row(**weights):
    """A row of R from weights by the coefficient's place, as ``p2=1.0`` for the third."""
    r = np.zeros(10)
    for place, weight in weights.items():
        r[int(place[1:])] = weight
    return r


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(2)
    n = 200
    data = pd.DataFrame(rng.normal(size=(n, 6)), columns=["income", "trend", "wage", "u", "v", "k"])
    data["z"] = rng.normal(size=n)
    data["p"] = 0.5 * data["z"] + data["wage"] + data["v"] + data["u"] - data["trend"]
    data["q"] = 1 + data["income"] + data["u"] - 0.3 * data["p"]
    data["region"] = np.tile(["n", "s"], n // 2)
    return SystemEquations(
        {
            "demand": "q ~ p + income + I(trend - k) + C(region)",
            "supply": "p ~ z + wage + trend + np.maximum(k, 0)",
        },
        data,
    )


@pytest.mark.parametrize("method", METHODS)
def test_restrictions_hold_exactly_and_leave_no_variance(model, method):
    text = "[demand]income = [supply]trend, [supply]z - [demand]p = 0.5"
    result = model.fit(method, constraints=text)
    b = result.params
    assert b["demand", "income"] == pytest.approx(b["supply", "trend"], abs=1e-12)
    assert b["supply", "z"] - b["demand", "p"] == pytest.approx(0.5, abs=1e-12)
    r = np.array([row(p3=1, p8=-1), row(p6=1, p2=-1)])
    size = np.sqrt(np.diag(result.cov_params()))
    assert np.abs(r @ result.cov_params() / size).to_numpy().max() < 1e-10
    assert result.df_resid == 2 * 200 - 10 + 2
    assert result.constraints == (
        "[demand]income = [supply]trend",
        "[supply]z - [demand]p = 0.5",
    )


@pytest.mark.parametrize("method", METHODS)
def test_text_and_matrix_mean_the_same(model, method):
    r = np.array([row(p3=1, p8=-1), row(p6=1, p2=-1)])
    by_matrix = model.fit(method, constraints=(r, [0.0, 0.5]))
    by_text = model.fit(
        method, constraints=["[demand]income = [supply]trend", "[supply]z - [demand]p = 0.5"]
    )
    np.testing.assert_array_equal(by_matrix.params, by_text.params)
    np.testing.assert_array_equal(by_matrix.cov_params(), by_text.cov_params())


@pytest.mark.parametrize("method", ["ols", "wls", "2sls", "w2sls", "isur", "i3sls"])
def test_a_restriction_that_holds_already_moves_nothing(model, method):
    free = model.fit(method)
    tied = model.fit(method, constraints=(row(p2=1), free.params["demand", "p"]))
    # two routes through the same algebra; iterated forms to their tolerance in γ
    np.testing.assert_allclose(tied.params, free.params, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "r", "value"),
    [
        ("[demand]I(trend - k) = 2", row(p4=1), 2.0),
        ("[supply]np.maximum(k, 0) = 0", row(p9=1), 0.0),
        ("[demand]C(region)[T.s] = 1", row(p1=1), 1.0),
        ("[demand]_cons = 0", row(p0=1), 0.0),
        ("[demand]p", row(p2=1), 0.0),
        ("2 * [demand]p - [supply]z / 4 = 1e-1", row(p2=2, p6=-0.25), 0.1),
        ("1 = [demand]p + [supply]z", row(p2=-1, p6=-1), -1.0),
        ("-[demand]p = 3 - [supply]z", row(p2=-1, p6=1), 3.0),
    ],
)
def test_text_is_read_as_written(model, text, r, value):
    assert list(model.system.coefficient_names) == NAMES
    by_text = model.fit("3sls", constraints=text)
    assert r @ by_text.params.to_numpy() == pytest.approx(value, abs=1e-11)
    by_matrix = model.fit("3sls", constraints=(r, value))
    np.testing.assert_allclose(by_text.params, by_matrix.params, rtol=1e-12, atol=1e-13)


def test_a_chain_of_equalities_is_several_restrictions(model):
    result = model.fit("sur", constraints="[demand]p = [demand]income = 0.25")
    assert result.params["demand", "p"] == pytest.approx(0.25, abs=1e-12)
    assert result.params["demand", "income"] == pytest.approx(0.25, abs=1e-12)


def test_a_matrix_alone_sets_to_zero(model):
    assert abs(model.fit("sur", constraints=np.eye(10)[[2]]).params.iloc[2]) < 1e-15


def test_every_coefficient_may_be_fixed(model):
    values = np.arange(10.0)
    for method in METHODS:
        result = model.fit(method, constraints=(np.eye(10), values))
        np.testing.assert_allclose(result.params, values, atol=1e-12)
        np.testing.assert_array_equal(result.bse, 0.0)


@pytest.mark.parametrize(
    ("constraints", "words"),
    [
        ("[demand]incme = 0", "names no coefficient.*Did you mean '\\[demand\\]income'"),
        ("[demnd]income = 0", "Did you mean '\\[demand\\]income'"),
        ("wage = 0", "Did you mean '\\[supply\\]wage'"),
        ("", "empty"),
        ([], "empty"),
        ("[demand]p = [demand]p", "names no coefficient"),
        ("0 = 0", "names no coefficient"),
        ("[demand]p * [supply]z = 1", r"cannot be read.* linear; result.nonlinear\("),
        ("[demand]p / [supply]z = 1", r"cannot be read.* linear; result.nonlinear\("),
        ("[demand]p ** 2 = 1", r"cannot be read.* linear; result.nonlinear\("),
        ("[demand]p > 1", "cannot be read"),
        ("[demand]p = 1, [demand]p = 2", r"\[demand\]p = 2 contradicts \[demand\]p = 1"),
        ("[demand]p = [supply]z, [supply]z = [demand]p", "repeats"),
        (["[demand]p = 1", "[supply]z = 1", "[demand]p = [supply]z"], "repeats .* and "),
        (["[demand]p = 1", "[supply]z = 1", "[demand]p - [supply]z = 1"], "contradicts .* and "),
        (np.zeros((1, 10)), "involves no coefficient"),
        (np.ones((1, 4)), "R has shape"),
        ((np.eye(10)[:2], [1, 2, 3]), "q 3 values"),
        ((np.eye(10)[:1], [np.nan]), "finite"),
        (["[demand]p = 1", 3], "text, or numbers"),
        (7, "R has shape"),
        ({"a": 1}, "text, or numbers"),
    ],
)
def test_a_restriction_that_cannot_be(model, constraints, words):
    with pytest.raises(ConstraintError, match=words):
        model.fit("3sls", constraints=constraints)


def test_rank_of_restrictions_does_not_depend_on_units():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(50, 4)), columns=list("yxab"))
    data["a"] *= 1e12
    model = SystemEquations(["y ~ a + b", "x ~ a"], data)
    result = model.fit("sur", constraints="[y]a = [x]a, [y]b = 0.1")
    assert result.params["y", "a"] == pytest.approx(result.params["x", "a"], rel=1e-12)
