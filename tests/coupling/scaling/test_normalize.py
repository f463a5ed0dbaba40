"""Scaling: formulas by hand, groups, stored bounds, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, CouplingWarning, Interval, Target, normalize

X = np.array([[2.0, 2.0], [4.0, 4.0], [10.0, 10.0]])


def test_benefit_and_cost_mirror_each_other():
    z = normalize(X, ["benefit", "cost"])
    np.testing.assert_allclose(z, [[0, 1], [0.25, 0.75], [1, 0]], rtol=0, atol=1e-15)
    np.testing.assert_array_equal(normalize(X, [1, -1]), z)


def test_target_is_one_minus_relative_distance():
    np.testing.assert_allclose(normalize(X[:, 0], Target(4)), [2 / 3, 1, 0], atol=1e-15)


def test_interval_is_one_inside_and_falls_with_distance():
    z = normalize(np.array([0.0, 3.0, 5.0, 6.0, 10.0]), Interval(3, 6))
    np.testing.assert_allclose(z, [0.25, 1, 1, 1, 0], atol=1e-15)


def test_interval_that_holds_everything_is_one():
    np.testing.assert_array_equal(normalize(X[:, 0], Interval(0, 20)), [1, 1, 1])


def test_feature_range_stretches():
    z = normalize(X, feature_range=(0.01, 0.99))
    np.testing.assert_allclose(z[:, 0], [0.01, 0.255, 0.99], atol=1e-15)


def test_directions_by_name(states):
    by_name = normalize(states[["gsp", "unemp"]], {"unemp": -1, "gsp": +1})
    in_order = normalize(states[["gsp", "unemp"]], ["benefit", "cost"])
    pd.testing.assert_frame_equal(by_name, in_order)
    assert by_name.index.equals(states.index)


def test_growth_of_six_per_cent_disappears_when_scaled_by_year():
    base = np.linspace(1, 9, 20)
    growth = base * 1.06 ** np.arange(12)[:, np.newaxis]
    index = pd.MultiIndex.from_product([range(12), range(20)], names=["year", "unit"])
    frame = pd.DataFrame({"x": growth.ravel()}, index=index)
    pooled = normalize(frame)["x"].groupby("year").mean()
    with pytest.warns(CouplingWarning, match="not comparable across groups"):
        by_year = normalize(frame, by="year")["x"].groupby("year").mean()
    assert pooled.iloc[-1] > 1.9 * pooled.iloc[0]
    np.testing.assert_allclose(by_year, by_year.iloc[0], atol=1e-14)


def test_by_column_level_and_array_agree(states):
    columns = states[["hwy", "unemp"]]
    with pytest.warns(CouplingWarning):
        column = normalize(states[["region", "hwy", "unemp"]], [1, -1], by="region")
    with pytest.warns(CouplingWarning):
        array = normalize(columns, [1, -1], by=states["region"].to_numpy())
    pd.testing.assert_frame_equal(column, array)
    with pytest.warns(CouplingWarning):
        level = normalize(columns, by="year")
    one = normalize(columns.xs(1975, level="year", drop_level=False))
    pd.testing.assert_frame_equal(level.loc[one.index], one)


def test_stored_bounds_keep_the_scale(states):
    frame = states[["gsp", "unemp"]]
    Z, bounds = normalize(frame, [1, -1], return_bounds=True)
    assert list(bounds.index) == ["min", "max"]
    later = frame.xs(1986, level="year", drop_level=False)
    pd.testing.assert_frame_equal(normalize(later, [1, -1], bounds=bounds), Z.loc[later.index])
    mapping = {name: tuple(bounds[name]) for name in bounds}
    pd.testing.assert_frame_equal(normalize(later, [1, -1], bounds=mapping), Z.loc[later.index])
    array, pair = normalize(frame.to_numpy(), [1, -1], return_bounds=True)
    np.testing.assert_array_equal(pair, bounds.to_numpy())
    np.testing.assert_array_equal(normalize(frame.to_numpy(), [1, -1], bounds=pair), array)


def test_bounds_by_group_replay(states):
    frame = states[["region", "gsp"]]
    with pytest.warns(CouplingWarning):
        Z, bounds = normalize(frame, by="region", return_bounds=True)
    with pytest.warns(CouplingWarning, match="comparable"):
        again = normalize(frame.iloc[:40], by="region", bounds=bounds)
    pd.testing.assert_frame_equal(again, Z.iloc[:40])
    with pytest.raises(CouplingError, match="no bounds for the group region 99"):
        normalize(frame.assign(region=99), by="region", bounds=bounds)


def test_values_beyond_stored_bounds_are_named():
    bounds = np.array([[0.0], [10.0]])
    with pytest.warns(CouplingWarning, match=r"beyond the stored bounds.*15"):
        assert normalize([[15.0]], bounds=bounds).item() == 1.5
    assert normalize([[15.0]], bounds=bounds, outside="clip").item() == 1.0
    assert normalize([[15.0]], bounds=bounds, outside="keep").item() == 1.5
    with pytest.raises(CouplingError, match="beyond"):
        normalize([[15.0]], bounds=bounds, outside="raise")


def test_missing_values_are_named_or_propagated(states):
    frame = states[["gsp", "hwy"]].copy()
    frame.loc[("UTAH", 1975), "hwy"] = np.nan
    with pytest.raises(CouplingError, match=r"'hwy' is nan at state UTAH, year 1975"):
        normalize(frame)
    Z = normalize(frame, nan="propagate")
    assert Z["hwy"].isna().sum() == 1
    assert Z["hwy"].max() == 1
    frame.loc[("UTAH", 1975), "hwy"] = np.inf
    with pytest.raises(CouplingError, match="inf"):
        normalize(frame)
    assert normalize(frame, nan="propagate")["hwy"].isna().sum() == 1


def test_constant_indicator_is_named_dropped_or_zero():
    frame = pd.DataFrame({"a": [1.0, 2.0], "flat": [3.0, 3.0]})
    with pytest.raises(CouplingError, match="'flat' is constant"):
        normalize(frame)
    assert list(normalize(frame, constant="drop")) == ["a"]
    assert normalize(frame, constant="zero")["flat"].tolist() == [0, 0]
    with pytest.raises(CouplingError, match="Every column is constant"):
        normalize(frame[["flat"]], constant="drop")
    with pytest.raises(CouplingError, match="'a' is constant within group 0"):
        normalize(frame[["a"]], by=np.array([0, 1]))
    with pytest.raises(CouplingError, match="'a' is constant within year 0"):
        normalize(frame[["a"]], by=pd.Index([0, 1], name="year"))


@pytest.mark.parametrize("x", [X.astype(np.float32), X.astype(int), X[::-1], np.asfortranarray(X)])
def test_any_numbers_work_and_stay_as_they_are(x):
    x.flags.writeable = False
    before = x.copy()
    z = normalize(x)
    assert z.dtype == np.float64
    assert sorted(z[:, 0]) == [0, 0.25, 1]
    np.testing.assert_array_equal(x, before)


def test_series_and_lists():
    series = pd.Series([1, 3], index=["a", "b"], name="x")
    pd.testing.assert_series_equal(normalize(series), pd.Series([0.0, 1.0], ["a", "b"], name="x"))
    assert normalize([[1, 2], [3, 6]]).tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"direction": "up"}, "Unknown direction 'up' for 0"),
        ({"direction": [1, -1, 1]}, "3 directions were given for 2 columns"),
        ({"direction": {0: 1}}, "none for 1"),
        ({"direction": {0: 1, 1: 1, "x": 1}}, "'x' is no column"),
        ({"feature_range": (1, 0)}, "must increase"),
        ({"bounds": [[0, 0, 0], [1, 1, 1]]}, r"\(2, 2\)"),
        ({"bounds": [[0, 5], [1, 4]]}, "do not increase"),
        ({"bounds": {0: (0, 1)}}, "no bounds for 1"),
        ({"by": "year"}, "neither a column nor an index level"),
        ({"by": [1, 2]}, "2 labels for 3 rows"),
        ({"nan": "drop"}, "nan must be one of"),
        ({"constant": "nan"}, "constant must be one of"),
    ],
)
def test_refusals(options, text):
    with pytest.raises(CouplingError, match=text):
        normalize(X, **options)
