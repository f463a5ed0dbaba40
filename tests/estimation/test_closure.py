"""What has no reduced form: systems that are open, nonlinear, determined twice or not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simeq import FormulaError, SimeqWarning, SingularError, SystemEquations


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(rng.normal(size=(90, 6)), columns=["y1", "y2", "y3", "x1", "x2", "x3"])
    frame[["y1", "y2", "y3"]] = np.exp(0.3 * frame[["y1", "y2", "y3"]])
    return frame


def reduced(data, equations, method="ols", **options):
    return SystemEquations(equations, data, **options).fit(method).reduced_form()


@pytest.mark.parametrize(
    ("equations", "options", "message"),
    [
        (
            ["y1 ~ np.log(y2) + x1", "y2 ~ y1 + x2"],
            {},
            r"Equation y1: the term np.log\(y2\) is nonlinear in the endogenous y2 \(y2 is the "
            r"dependent of equation y2\), so that total effects are not constant. Take the same "
            r"transformation everywhere.*use exog=\.",
        ),
        (
            ["y1 ~ y2 + x1", "np.log(y2) ~ y1 + x2"],
            {},
            r"Equation y1: the term y2 is nonlinear in the endogenous y2 \(np.log\(y2\) is the de",
        ),
        (["y1 ~ y2 + I(y2**2) + x1", "y2 ~ x2"], {}, r"the term I\(y2 \*\* 2\) is nonlinear"),
        (
            ["y1 ~ y2:x3 + x1", "np.log(y2) ~ x2"],
            {},
            r"the term y2:x3 is nonlinear in the endogenous y2",
        ),
        (
            ["y1 ~ y2:x3 + x1", "y2 ~ x2"],
            {},
            r"Equation y1: the term y2:x3 multiplies the endogenous y2 \(y2 is the dependent of "
            r"equation y2\) by x3, so that total effects differ from row to row\. Leave it out, or "
            r"estimate groups of rows by themselves with fit_by; or, if it is exogenous, use exog",
        ),
        (
            ["y1 ~ np.log(y2)*C(x3 > 0) + x1", "np.log(y2) ~ x2"],
            {},
            r"np.log\(y2\):C\(x3 > 0\)\[T.True\] multiplies the endogenous np.log\(y2\) .* by C",
        ),
        (["y1 ~ y2:y1:x3", "y2 ~ x2"], {}, "the term y2:y1:x3 is nonlinear in the endogenous y1"),
        (["y1 ~ C(y2 > 1) + x1", "y2 ~ x2"], {}, r"the term C\(y2 > 1\)\[T.True\] is nonlinear"),
        (["y1 ~ I(y2 - x3) + x1", "y2 ~ x2"], {}, r"define it by an identity, as 'I\(y - x\)"),
        (
            ["y1 ~ np.log(y2) + x1", "y2 ~ y1 + x2"],
            {"instruments": "~ x1 + x2 + x3"},
            "put it among the instruments",
        ),
        (
            ["y1 ~ np.log(s) + x1", "y2 ~ y1 + x2"],
            {"identities": "s = y2 + 9"},
            r"np.log\(s\) is nonlinear in the endogenous s \(s is the left side of the identity "
            r"'s = y2 \+ 9'\)",
        ),
        (
            ["y1 ~ y3 + x1", "y2 ~ y1 + x2"],
            {"endog": "y3"},
            r"Equation y1: y3 is endogenous and nothing determines it, so that the system is not "
            r"closed\. Add an equation or an identity for it; or, if it is exogenous, use exog=\.",
        ),
        (
            ["y1 ~ y3 + x1", "y2 ~ y1 + x2"],
            {"instruments": "~ x1 + x2 + x3"},
            "y3 is endogenous and nothing determines it.*put it among the instruments",
        ),
        (
            ["y1 ~ x1", "np.log(y2) ~ x2"],
            {"identities": "t = y1 + y2"},
            r"Identity 't = y1 \+ y2': the term y2 is nonlinear in the endogenous y2",
        ),
        (
            ["y1 ~ x1", "np.log(y2) ~ x2"],
            {"identities": "t = y1 + y2", "instruments": "~ x1 + x2"},
            r"Identity 't = y1 \+ y2': the term y2 is nonlinear in the endogenous y2",
        ),
        (
            ["y1 ~ x1 + x2", "y2 ~ y1"],
            {"identities": "u = y1 + y3", "endog": "y3"},
            r"Identity 'u = y1 \+ y3': y3 is endogenous and nothing determines it",
        ),
        (
            {"a": "y1 ~ y2 + x1", "b": "y1 ~ y2 + x2", "c": "y2 ~ x3"},
            {},
            "y1 is determined twice: y1 is the dependent of equation a, y1 the dependent of equat",
        ),
        (
            {"a": "I(y1 / y3) ~ x1", "b": "I(y1 / y3) ~ x2"},
            {"exog": "y3"},
            r"y1, y3 is determined twice: I\(y1 / y3\) is the dependent of equation a, I\(y1 / y3",
        ),
        (
            ["y1 ~ x1", "np.log(y1) ~ x2"],
            {},
            r"y1 is determined twice: y1 is the dependent of equation y1, np.log\(y1\) the depende",
        ),
        (
            ["y1 ~ x1 + np.log(y1 + 0)", "y2 ~ x2"],
            {},
            r"np.log\(y1 \+ 0\) is nonlinear in the endogenous y1",
        ),
    ],
)
def test_an_open_or_nonlinear_system_says_where_and_what_to_do(data, equations, options, message):
    frame = data.assign(s=data["y2"] + 9, t=data["y1"] + data["y2"], u=data["y1"] + data["y3"])
    with pytest.raises(FormulaError, match=message):
        reduced(frame, equations, **options)


# ---------------------------------------------------------------------- what closes a system


def test_an_identity_closes_a_term_that_is_linear_after_all(data):
    equations = ["y1 ~ I(y2 - x3) + x1", "y2 ~ y1 + x2"]
    closed = reduced(data, equations, identities="I(y2 - x3) = y2 - x3")
    column = reduced(
        data.assign(gap=data["y2"] - data["x3"]),
        ["y1 ~ gap + x1", equations[1]],
        identities="gap = y2 - x3",
    )
    np.testing.assert_allclose(closed.params, column.params, rtol=1e-10)
    np.testing.assert_allclose(closed.bse, column.bse, rtol=1e-10)
    model = SystemEquations(equations, data, identities="I(y2 - x3) = y2 - x3")
    assert set(model.instrument_names["y1"]) == {"Intercept", "x1", "x2", "x3"}
    assert closed.params.loc["I(y2 - x3)", "x3"] == pytest.approx(
        closed.params.loc["y2", "x3"] - 1.0
    )


def test_a_variable_in_other_units_is_no_second_definition(data):
    equations = ["y1 ~ I(2 * y2) + x1", "y2 ~ y1 + x2"]
    found = reduced(data, equations, identities="I(2 * y2) = 2*y2").params
    np.testing.assert_allclose(found.loc["I(2 * y2)"], 2.0 * found.loc["y2"], rtol=1e-12)


def test_a_quoted_name_is_the_same_variable(data):
    frame = data.assign(s=data["y1"] + 2 * data["x3"])
    plain = reduced(frame, ["y1 ~ y2 + x1", "y2 ~ s + x2"], identities="s = y1 + 2*x3")
    quoted = ['y1 ~ Q("y2") + x1', "y2 ~ Q('s') + Q('x2')"]
    found = reduced(frame, quoted, identities="Q('s') = Q('y1') + 2*x3")
    np.testing.assert_array_equal(found.params, plain.params)
    np.testing.assert_array_equal(found.bse, plain.bse)


def test_the_same_transformation_everywhere_is_linear(data):
    equations = ["np.log(y1) ~ np.log(y2) + x1", "np.log(y2) ~ x2", "y3 ~ np.log(y1 / y2) + x3"]
    found = reduced(data, equations, identities="np.log(y1 / y2) = np.log(y1) - np.log(y2)")
    np.testing.assert_allclose(
        found.params.loc["np.log(y1 / y2)"],
        found.params.loc["np.log(y1)"] - found.params.loc["np.log(y2)"],
        atol=1e-13,
    )


def test_what_exog_names_may_stand_beside_the_variable_that_reads_it(data):
    equations = ["np.log(y1 / y3) ~ y3 + x1 + y2", "y2 ~ np.log(y1 / y3) + x2"]
    frame = data.assign(t=data["y2"] + data["y3"])
    found = reduced(frame, equations, exog="y3", identities="t = y2 + y3")
    assert "y3" in found.params.columns
    with pytest.warns(UserWarning, match="Name in exog="):
        result = SystemEquations(equations, frame).fit("ols")
    with pytest.raises(FormulaError, match="the term y3 is nonlinear in the endogenous y3"):
        result.reduced_form()


def test_constant_and_declared_lags_are_given_whatever_the_instruments_are(data):
    frame = data.assign(lagged=data["y2"].shift(1))
    model = SystemEquations(
        ["y1 ~ y2 + x1", "y2 ~ lagged + x2"],
        frame,
        instruments="~ 0 + x1 + x2 + x3",
        lags={"lagged": "y2"},
    )
    assert "Intercept" in set(model.roles.query("role == 'endogenous'")["term"])
    assert set(model.fit("ols").reduced_form().params.columns) == {
        "Intercept",
        "x1",
        "lagged",
        "x2",
    }


def test_what_identities_alone_read_is_given_whatever_the_instruments_are(data):
    frame = data.assign(t=data["y1"] - 2 * data["x3"])
    for options in ({}, {"instruments": "~ x1 + x2"}):
        found = reduced(
            frame, ["y1 ~ y2 + x1", "y2 ~ t + x2"], identities="t = y1 - 2*x3", **options
        )
        assert found.structural.loc["t", "x3"] == -2.0
        assert found.params.loc["y1", "x3"] != 0.0


def test_a_column_in_the_span_of_the_instruments_is_exogenous(data):
    found = reduced(data, ["y1 ~ I(x1 + x2) + y2", "y2 ~ y1 + x3"], instruments="~ x1 + x2 + x3")
    assert "I(x1 + x2)" in found.params.columns


def test_a_lag_among_instruments_alone_makes_no_dynamics(data):
    frame = data.assign(before=data["y2"].shift(1))
    model = SystemEquations(
        ["y1 ~ y2 + x1", "y2 ~ y1 + x2"],
        frame,
        instruments="~ x1 + x2 + before",
        lags={"before": "y2"},
    )
    with pytest.raises(FormulaError, match="No right side holds a declared lag"):
        model.fit("2sls").reduced_form().interim(1)


# ---------------------------------------------------------------------- what cannot be solved


def test_a_loop_that_returns_all_has_no_reduced_form(data):
    model = SystemEquations(["y1 ~ y2 + x1", "y2 ~ y1 + x2", "y3 ~ x3 + y1"], data)
    for scale in (1.0, 1e6):
        texts = f"[y1]y2 = {scale!r}, [y2]y1 = {1 / scale!r}"
        message = (
            r"The system cannot be solved for y1, y2: a change comes back around its loop in full, "
            r"det\(I − Γ\) = 0. If constraints say so, they leave no reduced form."
        )
        with pytest.raises(SingularError, match=message):
            model.fit("2sls", constraints=texts).reduced_form()


@pytest.mark.parametrize(
    ("equations", "identity"),
    [
        (["y1 ~ s + y2", "y2 ~ y1 + x2"], "s = y1 - 2*y2"),
        (["y1 ~ s + y2 + x1", "y2 ~ s + y1 + x1"], "s = 1.25*y1 - 0.8*y2 + 0.3*x1"),
        (["y1 ~ s + x1 + x2"], "s = 0.7*y1 - 0.3*x1 + 1.5"),
    ],
)
def test_an_equation_that_repeats_an_identity_has_no_reduced_form(data, equations, identity):
    frame = data.assign(s=data.eval(identity.partition("=")[2]))
    with pytest.warns(SimeqWarning, match="y1.* fits exactly.*Is it an identity"):
        result = SystemEquations(equations, frame, identities=identity).fit("ols")
    with pytest.raises(SingularError, match="if an equation repeats an identity, take it out"):
        result.reduced_form()


def test_identities_that_do_not_determine_their_left_sides(data):
    # The second repeats the first; then both together fix y1, which has an equation.
    frame = data.assign(u=data["x1"] + data["x3"], t=data["y1"] + data["x1"] + data["x3"])
    why = "The system cannot be solved for t, u: the identities repeat each other, or leave no va"
    equations = ["y1 ~ y2 + x2", "y2 ~ u + x3"]
    with pytest.raises(SingularError, match=why):
        reduced(frame, equations, identities=["t = y1 + u", "u = t - y1"])
    frame = frame.assign(x2=frame["y1"], y1=frame["x2"], t=frame["x2"] + frame["u"])
    with pytest.raises(SingularError, match=why):
        reduced(frame, ["x2 ~ t + y1", "y2 ~ u + x3"], identities=["t = y1 + u", "u = t - y1"])
