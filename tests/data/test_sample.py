"""The sample: evaluated in row order, one mask for all equations, levels learned on what stays."""

import warnings

import numpy as np
import pandas as pd
import pytest

from simeq import DataError, SampleWarning, SystemEquations


def lag(x):
    """Return the row before."""
    return np.r_[np.nan, np.asarray(x, dtype=float)[:-1]]


@pytest.fixture
def frame():
    rng = np.random.default_rng(7)
    data = pd.DataFrame(rng.normal(size=(40, 5)), columns=list("yxzwv"))
    data["group"] = np.tile(["a", "b", "c", "d"], 10)
    return data


def params(formula, data, **options):
    return SystemEquations([formula], data, **options).fit("ols").params.to_numpy()


def test_a_lag_means_the_row_before_whatever_rows_are_dropped(frame):
    frame.loc[10, "z"] = np.nan
    by_term = SystemEquations(["y ~ lag(x) + z"], frame)
    by_hand = SystemEquations(["y ~ xl + z"], frame.assign(xl=frame["x"].shift(1)))
    assert by_term.nobs == by_hand.nobs == 38
    np.testing.assert_array_equal(by_term.fit("ols").params, by_hand.fit("ols").params)


def test_methods_of_series_work_as_lags(frame):
    by_method = params("y ~ x.shift(2)", frame)
    np.testing.assert_array_equal(by_method, params("y ~ s", frame.assign(s=frame["x"].shift(2))))


def test_a_lag_warns_of_nothing_but_is_counted(frame):
    model = SystemEquations(["y ~ lag(x)"], frame)
    assert dict(model.system.design.sample.missing) == {"lag(x)": 1}
    assert model.fit("ols").nobs_dropped == 1


def test_the_mask_is_common_to_all_equations_and_instruments(frame):
    frame.loc[3, "x"] = np.nan
    frame.loc[5, "v"] = np.nan
    model = SystemEquations(
        {"one": "y ~ x", "two": "w ~ y + z"}, frame, instruments={"one": "~ x", "two": "~ z + v"}
    )
    assert model.nobs == 38
    assert list(model.fit("ols").resid.index) == [i for i in range(40) if i not in (3, 5)]


def test_columns_named_in_exog_are_part_of_the_mask(frame):
    frame.loc[3, "v"] = np.nan
    assert SystemEquations(["y ~ x"], frame, endog="x", exog="v").nobs == 39


def test_the_log_of_a_negative_number_counts_as_missing_and_is_reported(frame):
    negative = int((frame["x"] < 0).sum())
    with pytest.warns(SampleWarning, match=rf"np.log\(x\) is not a number in {negative} rows"):
        model = SystemEquations(["y ~ np.log(x)"], frame)
    assert model.nobs == 40 - negative
    assert f"np.log(x) ({negative})" in str(model.fit("ols").summary())


def test_a_missing_column_is_not_counted_again_by_its_terms(frame):
    frame.loc[:4, "x"] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = SystemEquations(["y ~ np.exp(x) + I(x ** 2)"], frame)
    assert dict(model.system.design.sample.missing) == {"x": 5}


@pytest.mark.parametrize(
    ("formula", "change", "words"),
    [
        ("y ~ x", {"x": np.inf}, "Column 'x' is infinite.*row 7"),
        ("y ~ I(1 / x)", {"x": 0.0}, r"the term I\(1 / x\) is infinite.*row 7"),
        ("y ~ np.log(x)", {"x": 0.0}, r"the term np.log\(x\) is infinite"),
        ("y ~ x.cumsum()", {"x": np.inf}, "Column 'x' is infinite"),
        ("np.log(y) ~ x", {"y": 0.0}, r"the term np.log\(y\) is infinite"),
    ],
)
def test_an_infinite_value_is_an_error_that_names_column_and_row(frame, formula, change, words):
    frame = frame.abs() if "group" not in frame else frame.assign(x=frame.x.abs(), y=frame.y.abs())
    for name, value in change.items():
        frame.loc[7, name] = value
    with pytest.raises(DataError, match=words):
        SystemEquations([formula], frame)


def test_an_infinite_value_in_a_dropped_row_does_no_harm(frame):
    frame.loc[7, "x"] = np.inf
    frame.loc[7, "z"] = np.nan
    assert SystemEquations(["y ~ x + z"], frame).nobs == 39


def test_category_levels_are_learned_on_the_kept_rows(frame):
    frame.loc[frame["group"] == "d", "x"] = np.nan
    model = SystemEquations(["y ~ x + group"], frame)
    terms = model.index.get_level_values("term")
    assert list(terms) == ["Intercept", "group[T.b]", "group[T.c]", "x"]


def test_unused_levels_of_a_category_column_leave_no_column(frame):
    frame["group"] = pd.Categorical(frame["group"], categories=["z", "d", "c", "b", "a"])
    terms = SystemEquations(["y ~ group"], frame).index.get_level_values("term")
    assert list(terms) == ["Intercept", "group[T.c]", "group[T.b]", "group[T.a]"]


def test_stateful_transforms_are_learned_on_the_kept_rows(frame):
    frame.loc[:9, "z"] = np.nan
    kept = frame.iloc[10:]
    centred = params("y ~ center(x) + z", frame)
    np.testing.assert_allclose(
        centred, params("y ~ c + z", kept.assign(c=kept["x"] - kept["x"].mean())), rtol=1e-12
    )


def test_splines_see_the_kept_rows_and_predict_from_what_they_learned(frame):
    frame.loc[0, "z"] = np.nan
    model = SystemEquations(["y ~ bs(x, 4) + z"], frame)
    result = model.fit("ols")
    np.testing.assert_allclose(
        result.predict(frame.iloc[1:])["y"], result.fittedvalues["y"], rtol=1e-12
    )


def test_a_stateful_transform_of_a_log_counts_what_the_log_makes(frame):
    model = SystemEquations(["y ~ center(np.log(x))"], frame)
    assert model.nobs == (frame["x"] > 0).sum()


@pytest.mark.parametrize("values", [[np.nan] * 40, [None] * 40])
def test_all_rows_missing_says_which_column(frame, values):
    frame["x"] = values
    with pytest.raises(DataError, match="No row is complete. Missing: x in 40 of 40"):
        SystemEquations(["y ~ x"], frame)


def test_missing_raise_counts_instead_of_dropping(frame):
    frame.loc[3, "x"] = np.nan
    with pytest.raises(DataError, match=r"1 of 40 rows dropped for missing values: x \(1\)"):
        SystemEquations(["y ~ x"], frame, missing="raise")


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "Int32", "float32", "int16"])
def test_nullable_and_narrow_dtypes_become_doubles(frame, dtype):
    whole = frame.assign(x=np.round(frame["x"] * 50))
    plain = params("y ~ x + I(x ** 2)", whole)
    np.testing.assert_array_equal(
        params("y ~ x + I(x ** 2)", whole.assign(x=whole["x"].astype(dtype))), plain
    )


def test_a_nullable_missing_value_is_dropped(frame):
    column = frame["x"].round().astype("Int64")
    column[4] = pd.NA
    assert SystemEquations(["y ~ x"], frame.assign(x=column)).nobs == 39


def test_small_integers_do_not_overflow(frame):
    whole = (frame["x"] * 100).round()
    narrow = frame.assign(x=whole.clip(-127, 127).astype("int8"))
    wide = frame.assign(x=whole.clip(-127, 127))
    np.testing.assert_array_equal(params("y ~ I(x * x)", narrow), params("y ~ I(x * x)", wide))


def test_objects_that_are_all_numbers_are_numbers(frame):
    objects = frame.assign(x=frame["x"].astype(object))
    objects.loc[2, "x"] = None
    assert SystemEquations(["y ~ x"], objects).nobs == 39


def test_data_are_never_changed_and_later_changes_do_not_reach_the_model(frame):
    before = frame.copy(deep=True)
    model = SystemEquations(["y ~ np.exp(x) + group"], frame)
    first = model.fit("ols").resid
    pd.testing.assert_frame_equal(frame, before)
    frame.loc[:, "x"] = 0.0
    frame["y"] = 1.0
    pd.testing.assert_frame_equal(model.fit("ols").resid, first)


def test_arrays_of_a_mapping_are_copied():
    rng = np.random.default_rng(0)
    data = {"y": rng.normal(size=20), "x": rng.normal(size=20)}
    model = SystemEquations(["y ~ x"], data)
    first = model.fit("ols").resid.to_numpy()
    data["x"][:] = 0.0
    np.testing.assert_array_equal(model.fit("ols").resid.to_numpy(), first)


def test_read_only_arrays_are_taken_as_they_are():
    rng = np.random.default_rng(0)
    data = {"y": rng.normal(size=20), "x": rng.normal(size=20)}
    for values in data.values():
        values.flags.writeable = False
    assert SystemEquations(["y ~ x"], data).nobs == 20
