"""Averages of degrees and degrees of averages: the paper's Tables 5 and 6 in both readings."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, CouplingWarning, aggregate, coupling_of_means

EXACT = 1e-12


def test_table_5_from_any_increasing_affine_image(table5):
    index = table5.index.repeat(3)  # three units whose mean is the year's value
    spread = np.tile([-0.01, 0.0, 0.01], 12)
    U = pd.DataFrame(
        {
            "PD": np.repeat(0.12 + 0.1 * table5["PD"].to_numpy(), 3) + spread,
            "MT": np.repeat(0.11 + 0.03 * table5["MT"].to_numpy(), 3) - spread,
        },
        index=index,
    )
    frame = coupling_of_means(U.iloc[::-1], "year", rescale=(0.01, 0.99))
    pd.testing.assert_frame_equal(frame[["C", "T", "D"]].round(3), table5[["C", "T", "D"]])
    assert frame["level"].tolist() == table5["level"].tolist()


def test_table_6_rescales_inside_each_region(table5):
    both = {"East": table5[["PD", "MT"]], "West": 0.2 + 0.5 * table5[["PD", "MT"]]}
    U = pd.concat(both, names=["region"])
    with pytest.warns(CouplingWarning, match="not comparable across groups"):
        frame = coupling_of_means(U, ["region", "year"], rescale=(0.01, 0.99), within="region")
    for region in both:
        assert frame.loc[region, "D"].round(3).tolist() == table5["D"].tolist()
    assert frame["level"].loc["East"].tolist() == table5["level"].tolist()


def test_fingerprints_of_the_least_year():
    U = pd.DataFrame({"a": [0.1, 0.3, 0.9], "b": [0.2, 0.5, 0.4]}, index=[1, 2, 3])
    frame = coupling_of_means(U, np.array([1, 2, 3]), rescale=(0.01, 0.99))
    assert frame["D"][1].round(3) == 0.1
    U["b"] = [0.9, 0.5, 0.4]
    frame = coupling_of_means(U, np.array([1, 2, 3]), rescale=(0.01, 0.99))
    assert frame["D"][1].round(3) == 0.315


def test_the_two_averages_differ(result):
    of_means = coupling_of_means(result.indices, "year")["D"]
    mean_of = aggregate(result.degrees, "year", total=None)
    assert (of_means - mean_of).abs().max() > 0.03


def test_all_is_the_mean_of_regions_weighted_by_number(result):
    frame = result.degrees.assign(region=result.keys["region"])
    means, counts = aggregate(frame, "region"), frame.groupby("region").size()
    assert means["All"] == pytest.approx((means[:-1] * counts).sum() / counts.sum(), abs=EXACT)
    table = aggregate(frame, ["year", "region"])
    counts = frame.groupby(["year", "region"]).size().unstack()
    weighted = (table.iloc[:-1, :-1] * counts).sum(axis=1) / counts.sum(axis=1)
    np.testing.assert_allclose(table["All"][:-1], weighted, rtol=0, atol=EXACT)
    np.testing.assert_allclose(table.loc["All"][:-1], means[:-1], rtol=0, atol=EXACT)
    assert table.loc["All", "All"] == pytest.approx(means["All"], abs=EXACT)
    assert (table.index.name, table.columns.name) == ("year", "region")


def test_keys_may_be_columns_levels_or_labels(result):
    D, region = result.D, result.keys["region"]
    by_name = aggregate(result.degrees.assign(region=region), "region")
    pd.testing.assert_series_equal(aggregate(D, region), by_name)
    pd.testing.assert_series_equal(
        aggregate(D.to_numpy(), region.to_numpy()), by_name.rename_axis(None)
    )
    shuffled = region.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(aggregate(D, shuffled), by_name)
    pd.testing.assert_series_equal(aggregate(D, [region]), by_name)
    plain = region.reset_index(drop=True)
    pd.testing.assert_series_equal(aggregate(D, plain), by_name)


@pytest.mark.parametrize("how", ["median", "min", "max"])
def test_other_summaries(how):
    D = pd.Series([0.1, 0.2, 0.6, 0.9], index=[1, 1, 1, 2], name="D")
    found = aggregate(D, np.array(list("aaab")), how=how)
    assert found["a"] == getattr(D[:3], how)()
    assert found["All"] == getattr(D, how)()


def test_weighted_mean():
    frame = pd.DataFrame({"D": [0.1, 0.5, 0.9], "g": list("aab"), "pop": [1, 3, 4]})
    found = aggregate(frame, "g", weights="pop")
    assert found.tolist() == pytest.approx([0.4, 0.9, 0.65])
    pd.testing.assert_series_equal(found, aggregate(frame, "g", weights=[1, 3, 4]))


def test_sorted_groups_and_categories_in_their_order():
    D = [0.1, 0.2, 0.3]
    assert aggregate(D, ["b", "c", "a"], total=None).index.tolist() == ["a", "b", "c"]
    region = pd.Categorical(["West", "East", "West"], categories=["West", "East", "North"])
    assert aggregate(D, region, total=None).index.tolist() == ["West", "East"]


def test_missing_degrees():
    D = pd.Series([0.1, np.nan, 0.5], ["u", "v", "w"], name="D")
    with pytest.raises(CouplingError, match=r"D is nan at row v \(1 missing"):
        aggregate(D, list("aab"))
    assert aggregate(D, list("aab"), nan="omit").tolist() == pytest.approx([0.1, 0.5, 0.3])
    assert aggregate(D, list("aab"), nan="omit", how="max").tolist() == [0.1, 0.5, 0.5]


def test_unbalanced_and_doubled_panels(result):
    with pytest.warns(CouplingWarning, match=r"Unbalanced.*state ALABAMA, year 1970"):
        aggregate(result.D.iloc[1:], "year")
    with pytest.warns(CouplingWarning, match="Unbalanced"):
        coupling_of_means(result.indices.iloc[1:], "year")
    doubled = pd.concat([result.D, result.D.iloc[:1]])
    with pytest.raises(CouplingError, match="Duplicate unit–time key"):
        aggregate(doubled, "year")


def test_by_column_is_no_subsystem():
    U = pd.DataFrame({"region": ["E", "E", "W"], "a": [0.2, 0.4, 0.5], "b": [0.2, 0.4, 0.5]})
    assert coupling_of_means(U, "region")["T"].tolist() == pytest.approx([0.3, 0.5])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: aggregate([0.1], ["a"], how="sum"), "how must be one of"),
        (lambda: aggregate([0.1], ["a"], nan="drop"), "nan must be one of"),
        (lambda: aggregate([0.1], "year"), "neither a column nor an index level"),
        (lambda: aggregate([0.1], None), "by must name"),
        (lambda: aggregate([0.1, 0.2], [1, 2, 3]), "3 labels for 2 rows"),
        (lambda: aggregate([0.1, 0.2], ["a", None]), "missing in row 1"),
        (lambda: aggregate([0.1, 0.2], ["a", "All"]), "already called 'All'"),
        (lambda: aggregate([[0.1]], ["a"]), "one column"),
        (lambda: aggregate(pd.DataFrame({"C": [1.0]}), ["a"]), "needs a column D"),
        (lambda: aggregate([0.1, 0.2], list("ab"), weights=[1, -1]), "0 or more"),
        (lambda: aggregate([0.1], ["a"], weights=[1], how="max"), "how='mean'"),
        (lambda: coupling_of_means([[0.1, 0.2]], ["a"], rescale=(0, 1)), "constant"),
        (lambda: coupling_of_means([[0.1, 0.2]], ["a"], within="a"), "needs rescale="),
        (lambda: coupling_of_means([[1.1, 0.2]], ["a"]), "outside"),
        (lambda: coupling_of_means([[np.nan, 0.2]], ["a"]), "nan"),
    ],
)
def test_refusals(call, text):
    with pytest.raises(CouplingError, match=text):
        call()
