"""Results: tables in both readings, groupings, obstacles, and later years on the same scale."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from coupling import (
    CouplingError,
    CouplingModel,
    CouplingWarning,
    aggregate,
    classify,
    composite_index,
    coupling_coordination,
    coupling_of_means,
    load_us_states,
    normalize,
)


def test_weights_are_a_table_4(result):
    table = result.weights
    assert list(table.columns[:3]) == ["direction", "min", "max"]
    assert table["weight"].groupby("system", sort=False).sum().tolist() == pytest.approx([1, 1])
    assert table.loc[("Economy", "unemp"), "direction"] == "−"
    assert table.loc[("Economy", "unemp"), "max"] == 18.0


def test_yearly_averages_degrees(result):
    table = result.yearly()
    expected = result.degrees[["C", "T", "D"]].groupby("year").mean()
    pd.testing.assert_frame_equal(table[["C", "T", "D"]], expected)
    pd.testing.assert_frame_equal(table[["level", "label"]], classify(table["D"]))


def test_regional_is_a_table_6(result):
    table = result.regional("region")
    assert table.columns.tolist() == [*range(1, 10), "All"]
    np.testing.assert_allclose(table["All"][:-1], result.yearly()["D"], rtol=0, atol=1e-12)


def test_any_grouping(result):
    region = load_us_states().groupby("state")["region"].first()
    by_column = result.averages("region")
    for by in (region, region.to_dict(), result.keys["region"], result.keys["region"].to_list()):
        found = result.averages(by)
        np.testing.assert_array_equal(found["D"], by_column["D"])
    both = result.averages(["year", "region"])
    assert both.loc[(1970, 3), "D"] == pytest.approx(result.regional("region").loc[1970, 3])
    with pytest.raises(CouplingError, match="'province' is no key"):
        result.averages("province")
    with pytest.raises(CouplingError, match="by has no group for 'ALABAMA'"):
        result.averages({"UTAH": "West"})


def test_degrees_of_means_are_offered_by_their_true_name(result):
    pd.testing.assert_frame_equal(result.of_means(), coupling_of_means(result.indices, "year"))
    rescaled = result.of_means(rescale=(0.01, 0.99))
    assert rescaled["D"].iloc[0].round(3) == 0.1
    with pytest.warns(CouplingWarning, match="not comparable"):
        table = result.of_means(["year", "region"], rescale=(0.01, 0.99), within="region")
    assert table.shape == (17 * 9, 5)


def test_obstacles(result):
    shares = result.obstacles()
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
    by_system = result.obstacles(by_system=True)
    np.testing.assert_allclose(by_system["Economy"], shares["Economy"].sum(axis=1), rtol=1e-12)
    gap = 1 - result.T
    economy = 0.5 * (1 - result.indices["Economy"]) / gap
    np.testing.assert_allclose(by_system["Economy"], economy, rtol=1e-10)


def test_obstacles_follow_the_weights_of_the_subsystems(states, model):
    for alpha in ([0.4, 0.6], {"Economy": 0.6, "Infrastructure": 0.4}):
        with pytest.warns(CouplingWarning, match="'Economy' has the weight 0.6"):
            result = CouplingModel(model.systems, alpha=alpha).fit(states)
        by_system = result.obstacles(by_system=True)
        expected = 0.6 * (1 - result.indices["Economy"]) / (1 - result.T)
        np.testing.assert_allclose(by_system["Economy"], expected, rtol=1e-10)


def test_levels_are_counted(result):
    counts = result.level_counts()
    assert counts.shape == (17, 10)
    assert (counts.sum(axis=1) == 48).all()
    assert counts.loc[1986, "Quality coordination"] == (result.level.xs(1986, level=1) == 10).sum()


def test_transform_of_the_same_panel_changes_nothing(result):
    again = result.transform(load_us_states())
    pd.testing.assert_frame_equal(again.degrees, result.degrees)
    year = load_us_states().query("year == 1975 and state in ['UTAH', 'OHIO']")
    few = result.transform(year, unit="state", time="year")
    pd.testing.assert_frame_equal(few.degrees, result.degrees.loc[few.degrees.index])


def test_a_later_year_is_scored_on_the_same_scale(model):
    frame = load_us_states()
    early = model.fit(frame.query("year <= 1980"), unit="state", time="year")
    with pytest.warns(CouplingWarning) as caught:
        late = early.transform(frame.query("year > 1980"))
    texts = " ".join(str(item.message) for item in caught)
    assert "beyond the stored bounds, first column 'water' at state CALIFORNIA, year 1981" in texts
    assert "Index 'Economy' is 1." in texts
    Z = normalize(
        frame.query("year > 1980").set_index(["state", "year"])[["gsp", "pc", "emp", "unemp"]],
        [1, 1, 1, -1], bounds=early.bounds["Economy"], outside="keep",
    )  # fmt: skip
    w = early.weights["weight"].xs("Economy")
    U = composite_index(Z, w, {"Economy": list(Z)})["Economy"]
    np.testing.assert_allclose(late.indices["Economy"], U.clip(0, 1), rtol=1e-12)
    assert (late.weights["weight"] == early.weights["weight"]).all()
    clipped = early.transform(frame.query("year > 1980"), outside="clip")
    assert clipped.scaled.max().max() == 1
    with pytest.raises(CouplingError, match="beyond"):
        early.transform(frame.query("year > 1980"), outside="raise")


def test_transform_of_a_constant_year(result):
    one = load_us_states().query("state == 'UTAH' and year == 1975")
    assert result.transform(one).D.item() == result.D.loc[("UTAH", 1975)]


def test_a_zero_row_leaves_averages_of_the_others():
    frame = pd.DataFrame(
        {"u": list("aabb"), "t": [1, 2, 1, 2], "x": [0.0, 1, 2, 3], "y": [0.0, 2, 1, 3]}
    )
    with pytest.warns(CouplingWarning, match="All subsystems are 0 at u a, t 1"):
        result = CouplingModel({"A": ["x"], "B": ["y"]}).fit(frame, "u", "t")
    assert result.yearly().loc[1, "D"] == result.D.loc[("b", 1)]
    assert np.isnan(result.D.loc[("a", 1)])
    assert result.level_counts().sum(axis=1).tolist() == [1, 2]


def test_summary_prints_the_tables(result):
    text = str(result.summary("region"))
    for part in ("Weights inside each subsystem", "year", "1970", "region", "All", "obstacle"):
        assert part in text
    assert "48 × state, 17 × year, n = 816" in text
    assert max(map(len, text.splitlines())) < 100


def test_results_survive_pickle_and_copy(result):
    for other in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        pd.testing.assert_frame_equal(other.degrees, result.degrees)
        pd.testing.assert_frame_equal(other.transform(load_us_states()).degrees, result.degrees)
    assert repr(result) == "<CouplingResult: 816 rows, Infrastructure, Economy>"


def test_degrees_feed_a_summary_by_hand(result):
    pd.testing.assert_frame_equal(coupling_coordination(result.indices), result.degrees)
    pd.testing.assert_series_equal(aggregate(result.D, "year", total=None), result.yearly()["D"])
