"""Blocks of rows: they cover all rows, and long rows say the same as short ones."""

from itertools import pairwise

import numpy as np
import pytest

from coupling.panel import blocks

X = np.random.default_rng(11).normal(size=(1000, 3))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 200)


@pytest.mark.parametrize("step", [1, 7, 16])
def test_blocks_cover_all_rows_and_begin_at_a_step(step):
    rows = list(blocks.row_blocks(X, step))
    assert rows[0].start == 0
    assert rows[-1].stop == 1000
    assert all(one.stop == other.start for one, other in pairwise(rows))
    assert all(one.start % step == 0 for one in rows)


def test_only_rows_that_lie_one_after_the_other_are_folded():
    assert blocks.folded(X[:32])[0].shape == (2, 48)
    assert blocks.folded(X[:33])[0].shape == (33, 3)
    assert blocks.folded(np.asfortranarray(X[:32]))[0].shape == (32, 3)
    assert blocks.folded(X[:32], X[:32, ::-1])[0].shape == (32, 3)


@pytest.mark.parametrize("order", ["C", "F"])
def test_extremes_are_numpys_and_missing_where_a_number_is(order):
    x = np.array(X, order=order)
    low, high = blocks.column_extremes(x)
    np.testing.assert_array_equal(low[0], X.min(axis=0))
    np.testing.assert_array_equal(high[0], X.max(axis=0))
    x[990, 1] = np.nan
    assert np.isnan(blocks.column_extremes(x)[0]).tolist() == [[False, True, False]]
