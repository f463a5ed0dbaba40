"""Grouped sums and extremes against pandas, and what names a group."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError
from coupling.panel import blocks, combine, everything, split

RNG = np.random.default_rng(8)
X = RNG.normal(size=(60, 3))
KEY = pd.Index(RNG.choice(list("cab"), 60), name="g")


def test_sums_means_and_extremes_are_pandas():
    groups, by = combine([KEY]), pd.DataFrame(X).groupby(np.asarray(KEY))
    np.testing.assert_allclose(groups.sums(X), by.sum(), rtol=1e-12)
    np.testing.assert_allclose(groups.means(X), by.mean(), rtol=1e-12)
    low, high = groups.extremes(np.where(X > 1, np.nan, X))
    masked = pd.DataFrame(X).mask(X > 1).groupby(np.asarray(KEY))
    np.testing.assert_array_equal(low, masked.min())
    np.testing.assert_array_equal(high, masked.max())
    assert groups.labels.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    ("codes", "cycle"),
    [(np.tile(np.arange(5), 12), 5), (np.repeat(np.arange(5), 12), 1), (np.zeros(60, int), 16)],
    ids=["years in turn", "units in turn", "one group"],
)
def test_sums_of_blocks_join_without_a_seam(order, codes, cycle):
    groups, x = combine([pd.Index(codes)]), np.array(X, order=order)
    assert groups.cycle == cycle
    parts = [groups.sums(x[rows], rows) for rows in blocks.row_blocks(x, groups.cycle)]
    expected = pd.DataFrame(X).groupby(codes).sum()
    np.testing.assert_allclose(sum(parts), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(groups.sums(x), expected, rtol=1e-12, atol=1e-14)


def test_everything_is_one_group():
    np.testing.assert_allclose(everything(60).means(X)[0], X.mean(axis=0))


def test_several_keys_give_the_combinations_that_occur():
    groups = combine([pd.Index([2, 1, 2], name="y"), pd.Index(["b", "a", "a"], name="r")])
    assert groups.labels.tolist() == [(1, "a"), (2, "a"), (2, "b")]
    assert groups.codes.tolist() == [2, 0, 1]
    assert groups.name(0) == "y 1, r a"


def test_split_takes_key_columns_out():
    frame = pd.DataFrame({"year": [1, 2], "r": ["a", "b"], "x": [0.5, 0.6]})
    table, groups = split(frame, ["year", "r"], "X")
    assert table.names == ("x",)
    assert groups.labels.names == ["year", "r"]


def test_a_series_of_another_index_is_refused():
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=["u", "v"])
    with pytest.raises(CouplingError, match="does not match the rows"):
        split(frame, pd.Series([1, 2], index=["u", "w"]), "X")
