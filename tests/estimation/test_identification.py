"""Rank and identification by name, and singular covariances."""

import numpy as np
import pandas as pd
import pytest

from simeq import (
    CollinearityError,
    DataError,
    IdentificationError,
    RankWarning,
    SimeqWarning,
    SingularError,
    SystemEquations,
)


@pytest.fixture
def frame():
    rng = np.random.default_rng(5)
    return pd.DataFrame(rng.normal(size=(50, 9)), columns=[*"yxzwabcde"])


def test_the_last_column_in_the_span_of_earlier_ones_is_named_with_them(frame):
    frame["w"] = 2 * frame["x"] - frame["z"]
    with pytest.raises(CollinearityError, match="Equation y.*w lies in the span of x, z.*rank="):
        SystemEquations(["y ~ x + a + z + w"], frame)


@pytest.mark.parametrize(
    ("column", "words"),
    [(5.0, "w lies in the span of Intercept"), (0.0, "w is zero in every row")],
)
def test_constant_and_empty_columns_are_named(frame, column, words):
    with pytest.raises(CollinearityError, match=words):
        SystemEquations(["y ~ x + w"], frame.assign(w=column))


def test_collinear_regressors_are_dropped_on_request_and_the_rest_is_unchanged(frame):
    frame["w"] = 2 * frame["x"] - frame["z"]
    with pytest.warns(RankWarning, match="w lies in the span of x, z. It is dropped"):
        dropped = SystemEquations(["y ~ x + z + w", "a ~ b"], frame, rank="drop")
    plain = SystemEquations(["y ~ x + z", "a ~ b"], frame)
    assert list(dropped.index) == list(plain.index)
    # the extra column turns the rows of R, hence the rounding
    np.testing.assert_allclose(dropped.fit("sur").params, plain.fit("sur").params, rtol=1e-11)


def test_nearly_collinear_columns_are_kept(frame):
    noise = np.random.default_rng(0).normal(size=50)
    model = SystemEquations(["y ~ x + w"], frame.assign(w=frame["x"] + 1e-9 * noise))
    assert model.fit("ols").params.size == 3


def test_rank_does_not_depend_on_units(frame):
    scaled = frame.assign(x=frame["x"] * 1e150, z=frame["z"] * 1e-150)
    assert SystemEquations(["y ~ x + z"], scaled).fit("ols").params.size == 3


def test_fewer_rows_than_regressors(frame):
    with pytest.raises(DataError, match="Equation y has 4 regressors but only 3 rows"):
        SystemEquations(["y ~ x + z + w"], frame.iloc[:3])


def test_a_constant_dependent_is_an_error(frame):
    with pytest.raises(
        DataError, match="the dependent y is constant in the sample of [0-9]+ rows; leave"
    ):
        SystemEquations({"one": "y ~ x"}, frame.assign(y=3.0))


def test_one_observation_is_an_error(frame):
    with pytest.raises(DataError, match="Equation y"):
        SystemEquations(["y ~ x"], frame.iloc[:1])


def test_no_row_at_all_is_an_error(frame):
    with pytest.raises(DataError, match="no rows"):
        SystemEquations(["y ~ x"], frame.iloc[:0])


def test_the_order_condition_counts_and_names(frame):
    model = SystemEquations({"demand": "y ~ x + z + a", "supply": "x ~ y + b"}, frame, endog="z")
    with pytest.raises(IdentificationError) as caught:
        model.fit("2sls")
    assert str(caught.value).startswith(
        "Equation demand is not identified: 2 endogenous regressors (x, z), "
        "1 excluded instrument (b)."
    )
    assert model.fit("ols").params.size == 7


def test_the_rank_condition_fails_where_the_order_condition_holds(frame):
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(50, 4)), columns=["y", "p", "a", "b"])
    ones = np.ones(50)
    z = np.column_stack([ones, data["a"], data["b"]])
    u = rng.normal(size=50)
    u -= z @ np.linalg.lstsq(z, u, rcond=None)[0]
    data["p"] = data["a"] + u
    v = rng.normal(size=50)
    data["r"] = data["a"] + (v - z @ np.linalg.lstsq(z, v, rcond=None)[0])
    model = SystemEquations(["y ~ p + r"], data, instruments="~ a + b")
    with pytest.raises(IdentificationError, match="do not move r apart.*sample rank condition"):
        model.fit("2sls")


def test_constraints_may_identify_what_an_equation_alone_does_not(frame):
    model = SystemEquations({"one": "y ~ x + a", "two": "x ~ y + a"}, frame, exog="b")
    lone = SystemEquations({"one": "y ~ x + a + b", "two": "x ~ y + c"}, frame)
    assert lone.fit("2sls").params.size == 7
    short = SystemEquations({"one": "y ~ x + a + c", "two": "x ~ y + c"}, frame)
    with pytest.raises(IdentificationError):
        short.fit("2sls")
    for method in ("2sls", "w2sls", "3sls"):
        result = short.fit(method, constraints="[one]a = 0.5, [two]y = [one]x")
        assert result.params["one", "a"] == pytest.approx(0.5, abs=1e-12)
        assert result.params["two", "y"] == pytest.approx(result.params["one", "x"], abs=1e-12)
    with pytest.raises(IdentificationError, match="not identified even with its constraints"):
        short.fit("3sls", constraints="[two]c = 0")
    assert model.fit("2sls").params.size == 6


def test_redundant_instruments_are_set_aside_with_a_warning(frame):
    model = SystemEquations(["y ~ x"], frame, instruments="~ a + b + I(a + 2 * b) + c")
    with pytest.warns(RankWarning, match=r"instrument I\(a \+ 2 \* b\) is redundant.*a, b"):
        result = model.fit("2sls")
    plain = SystemEquations(["y ~ x"], frame, instruments="~ a + b + c").fit("2sls")
    # two routes through the same projection
    np.testing.assert_allclose(result.params, plain.params, rtol=1e-12)
    np.testing.assert_allclose(result.bse, plain.bse, rtol=1e-12)


def test_as_many_instruments_as_rows_is_an_error(frame):
    model = SystemEquations(["y ~ x"], frame.iloc[:4], instruments="~ a + b + c")
    with pytest.raises(IdentificationError, match="4 instruments and only 4 rows"):
        model.fit("2sls")


# ---------------------------------------------------------------------- singular covariances

WEIGHING = ["sur", "isur", "3sls", "i3sls"]


def exact(frame):
    return frame.assign(w=2 * frame["x"] - frame["z"])


@pytest.mark.parametrize("method", ["wls", *WEIGHING, "w2sls"])
def test_an_equation_that_fits_exactly_cannot_be_weighed(frame, method):
    model = SystemEquations(
        {"identity": "w ~ x + z", "other": "y ~ x"}, exact(frame), instruments="~ a + b + c"
    )
    with pytest.raises(SingularError, match="Equation identity fits exactly"):
        model.fit(method)


@pytest.mark.parametrize("method", ["ols", "2sls"])
def test_an_equation_that_fits_exactly_gives_its_coefficients_and_warns(frame, method):
    model = SystemEquations(["w ~ x + z"], exact(frame), instruments="~ a + b + c")
    with pytest.warns(SimeqWarning, match="Equation w fits exactly"):
        result = model.fit(method)
    np.testing.assert_allclose(result.params, [0, 2, -1], atol=1e-12)
    assert "nan" not in str(result.summary())


@pytest.mark.parametrize("method", WEIGHING)
def test_the_same_equation_twice_is_singular(frame, method):
    model = SystemEquations(
        {"first": "y ~ x", "second": "y ~ x", "third": "z ~ w"}, frame, instruments="~ a + b + c"
    )
    with pytest.raises(SingularError, match="singular.*residuals of equations first, second"):
        model.fit(method)


def test_more_equations_than_rows_is_singular(frame):
    equations = {name: f"{name} ~ 1" for name in "yxzwabcd"}
    with pytest.raises(SingularError, match="more equations than rows"):
        SystemEquations(equations, frame.iloc[:6]).fit("sur")


def test_iterated_sur_that_diverges_stops_with_an_error():
    # Each dependent stands on the other's right side: proportional residuals are within reach.
    rng = np.random.default_rng(0)
    n = 60
    a, b, u, v = rng.normal(size=(4, n))
    data = pd.DataFrame({"y": a + u, "x": b + 0.5 * u + v, "a": a, "b": b})
    model = SystemEquations(["y ~ x + a", "x ~ y + b"], data)
    with pytest.raises(SingularError, match="diverges: after .* iterations.*y, x"):
        model.fit("isur")


def test_no_degrees_of_freedom_for_the_divisor(frame):
    model = SystemEquations(["y ~ x + z + w"], frame.iloc[:4])
    with pytest.raises(DataError, match="sigma_dof='geomean' leaves no degrees of freedom"):
        model.fit("ols", sigma_dof="geomean")
