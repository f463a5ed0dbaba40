"""Accounting identities and declared lags: their text, their columns, what they make endogenous."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from klein import EQUATIONS, IDENTITIES, INSTRUMENTS
from simeq import SystemEquations
from simeq.errors import DataError, FormulaError
from simeq.formula.identities import parse_identity


@pytest.mark.parametrize(
    ("text", "left", "loadings"),
    [
        ("gnp = c + i", "gnp", {"c": 1.0, "i": 1.0}),
        ("x=0.5*(a + b) - -2", "x", {"a": 0.5, "b": 0.5, "Intercept": 2.0}),
        ("x = (a - (b - 3)/2)*4", "x", {"a": 4.0, "b": -2.0, "Intercept": 6.0}),
        ("x = a + b - b", "x", {"a": 1.0}),
        ("x = 1e3*a/(2 + 3)", "x", {"a": 200.0}),
        ("Q('a = b') = Q(\"c d\")\n + e", "Q('a = b')", {'Q("c d")': 1.0, "e": 1.0}),
        ("np.log(y) = np.log( a ) - b", "np.log(y)", {"np.log(a)": 1.0, "b": -1.0}),
    ],
)
def test_identity_is_a_linear_combination(text, left, loadings):
    found = parse_identity(text)
    assert found.left == left
    assert dict(found.loadings) == loadings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gnp", "one equals sign"),
        ("gnp == c", "one equals sign"),
        ("a = b = c", "one equals sign"),
        ("a = (b", "one equals sign"),
        ("gnp = c*i", r"c \* i is not linear"),
        ("gnp = c/i", "c / i is not linear"),
        ("gnp = 2/c", "2 / c is not linear"),
        ("gnp = c**2", "not linear arithmetic"),
        ("gnp = c if i else g", "not linear arithmetic"),
        ("gnp = c + 'x'", "not linear arithmetic"),
        ("gnp = c/0", "division by zero"),
        ("gnp = 1e999*c", "not finite"),
        ("2*gnp = c", "one variable by itself"),
        ("a + b = c", "one variable by itself"),
        ("gnp = gnp + c", "both sides"),
        ("gnp = 3", "no variable stands on the right"),
        ("gnp = c + Intercept", "write a constant as a number"),
        ("gnp = c +", "cannot read"),
        (3, "An identity is text"),
    ],
)
def test_what_is_no_identity(text, message):
    with pytest.raises(FormulaError, match=message):
        parse_identity(text)


def test_identities_bring_the_instruments_of_klein(klein, klein_model):
    closed = SystemEquations(EQUATIONS, klein, identities=IDENTITIES)
    assert set(closed.instrument_names["consumption"]) == set(
        klein_model.instrument_names["consumption"]
    )
    # The same columns in another order.
    np.testing.assert_allclose(closed.fit().params, klein_model.fit().params, rtol=1e-10)


def test_identities_do_not_touch_estimates_with_instruments(klein, klein_model):
    closed = SystemEquations(EQUATIONS, klein, instruments=INSTRUMENTS, identities=IDENTITIES)
    for method in ("ols", "sur", "2sls", "3sls"):
        found, expected = closed.fit(method), klein_model.fit(method)
        np.testing.assert_allclose(found.params, expected.params, rtol=1e-10)
        np.testing.assert_allclose(found.bse, expected.bse, rtol=1e-10)


def test_identity_that_does_not_hold_says_by_how_much_and_where(klein):
    broken = klein.set_index("year")
    broken.loc[1929, "gnp"] += 0.5
    with pytest.raises(DataError, match=r"row 1929: gnp is .*, 0\.5 apart; off in 1 row of 21"):
        SystemEquations(EQUATIONS, broken, identities=IDENTITIES)


def test_small_part_of_an_identity_is_seen(klein):
    data = klein.assign(big=klein["gnp"] * 1e9 + klein["trend"])
    SystemEquations(EQUATIONS, data, identities=[*IDENTITIES, "big = 1e9*gnp + trend"])
    with pytest.raises(DataError, match="does not hold"):
        SystemEquations(EQUATIONS, data, identities=[*IDENTITIES, "big = 1e9*gnp + 2*trend"])


def test_single_precision_is_not_taken_for_an_error(klein):
    SystemEquations(EQUATIONS, klein.astype(np.float32), identities=IDENTITIES)


def test_columns_of_identities_take_part_in_the_sample(klein):
    gap = klein.assign(govExp=klein["govExp"].where(klein["year"] != 1930))
    found = SystemEquations(EQUATIONS, gap, identities=IDENTITIES)
    assert found.nobs == 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"identities": "consump = gnp - invest"}, "consump is the dependent of equation cons"),
        ({"identities": ["gnp = consump + x"]}, "unknown column 'x'"),
        ({"identities": ["gnp = consump + govExpp"]}, "Did you mean 'govExp'"),
        ({"identities": ["gnp = np.exp(consump)"]}, "no term of the equations"),
        ({"identities": [*IDENTITIES, "gnp = consump"]}, "gnp is the left side of the identity"),
        ({"identities": "gnp = flag"}, "must be one numeric column"),
        ({"identities": IDENTITIES, "exog": "gnp"}, "exog names gnp, the left side of the id"),
        ({"identities": IDENTITIES, "instruments": "~ gnp"}, "reads gnp, the left side"),
        ({"lags": {"gnpLga": "consump"}}, "Did you mean 'gnpLag'"),
        ({"lags": {"gnpLag": "consum"}}, "Did you mean 'consump'"),
        ({"lags": {"gnpLag": "gnp"}}, "no endogenous variable.*Give it an equation or an identity"),
        ({"lags": {"gnpLag": "Q('odd one')"}}, r"Endogenous are consump, .*\.$"),
        ({"lags": {"gnpLag": "consump", "gnpLga": "consump"}}, "Did you mean 'gnpLag'"),
        ({"lags": {"gnpLag": "trend", "trend": "gnpLag"}}, "'gnpLag' is declared a lag of itself"),
        ({"lags": {"gnpLag": ("consump", 0)}}, "whole number from 1"),
        ({"lags": {"gnpLag": ("consump", 1, 2)}}, "write 'gnpLag': 'gnp'"),
        ({"lags": {"gnpLag": "consump", "trend": "consump"}}, "two columns are lag 1"),
        ({"lags": {"invest": "consump"}}, "'invest' is endogenous"),
        ({"lags": ["gnpLag"]}, "lags is a dict"),
        ({"lags": {"gnpLag + trend": "consump"}}, "must name one term"),
    ],
)
def test_what_cannot_close_a_system(klein, options, message):
    data = klein.assign(flag=klein["gnp"] > 0)
    with pytest.raises(FormulaError, match=message):
        SystemEquations(EQUATIONS, data, **options)


def test_a_lag_of_a_declared_lag_is_a_lag_of_its_variable():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(60, 5)), columns=["y", "first", "second", "fourth", "x"])
    equation = ["y ~ first + second + fourth + x"]
    chain = {"fourth": ("second", np.int64(2)), "second": "first", "first": "y"}
    plain = {"first": "y", "second": ("y", 2), "fourth": ("y", 4)}
    chained, given = (
        SystemEquations(equation, data, lags=lags).fit("ols").reduced_form()
        for lags in (chain, plain)
    )
    for horizon in range(6):
        pd.testing.assert_frame_equal(
            chained.interim(horizon).to_frame(), given.interim(horizon).to_frame()
        )


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("consump", "gnpLag is gnp 1 row before in 100% of the rows, and consump 1 row before in"),
        (("gnp", 2), "gnpLag is gnp 1 row before in 100% of the rows, and gnp 2 rows before in"),
    ],
)
def test_a_lag_of_another_variable_or_order_is_seen(klein, declared, message):
    with pytest.raises(DataError, match=f"^lags: {message}.*'gnpLag': \\('gnp', 1\\)"):
        SystemEquations(EQUATIONS, klein, identities=IDENTITIES, lags={"gnpLag": declared})


def test_a_panels_lags_are_seen_in_its_order_and_not_missed_in_another(states):
    panel = states.assign(before=states.groupby("state")["gsp"].shift(1))
    equations = ["gsp ~ before + emp", "hwy ~ gsp + util"]
    with pytest.raises(DataError, match="before is gsp 1 row before in 9.% of the rows, and hwy 1"):
        SystemEquations(equations, panel, lags={"before": "hwy"})
    for rows in (panel, panel.sample(frac=1.0, random_state=1)):
        assert SystemEquations(equations, rows, lags={"before": "gsp"}).nobs == 768
    mixed = panel.sample(frac=1.0, random_state=1)
    assert SystemEquations(equations, mixed, lags={"before": "hwy"}).nobs == 768


def test_declared_lag_that_reads_its_variable_is_exogenous():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(60, 4)), columns=["y1", "y2", "x1", "x2"])

    def before(values: pd.Series) -> pd.Series:
        return values.shift(1)

    equations = ["y1 ~ y2 + x1 + before(y1)", "y2 ~ y1 + x2"]
    model = SystemEquations(equations, data, lags={"before(y1)": "y1"})
    assert "before(y1)" in model.instrument_names["y1"]
    assert model.nobs == 59
