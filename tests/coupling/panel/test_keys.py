"""Unit–time keys: columns or levels, doubled, missing, unbalanced."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, CouplingWarning, as_panel, load_us_states
from coupling.panel import check_keys


def test_keys_from_columns_or_levels_are_the_same_panel():
    frame = load_us_states()
    panel = as_panel(frame, "state", "year")
    assert panel.index.names == ["state", "year"]
    pd.testing.assert_frame_equal(as_panel(panel, "state", "year"), panel)
    half = frame.set_index("year")
    pd.testing.assert_frame_equal(as_panel(half, "state", "year"), panel)
    assert "state" in frame


def test_refusals():
    frame = load_us_states()
    with pytest.raises(CouplingError, match="no column or index level 'province'"):
        as_panel(frame, "province", "year")
    with pytest.raises(CouplingError, match="must be a DataFrame; it is a list"):
        as_panel([1], "a", "b")
    with pytest.raises(CouplingError, match="occurs more than once"):
        as_panel(frame, "region", "year")
    frame["state"] = frame["state"].mask(frame["state"] == "ALABAMA")
    with pytest.raises(CouplingError, match="'state' is missing in row 0"):
        as_panel(frame, "state", "year")


def test_a_sparse_index_is_checked_without_a_grid():
    ids = np.arange(3000)
    index = pd.MultiIndex.from_arrays([ids, ids], names=["unit", "time"])
    assert check_keys(index) == []
    with pytest.raises(CouplingError, match="unit 0, time 0"):
        check_keys(index.append(index[:1]))


def test_a_nested_index_is_no_panel(states):
    nested = pd.MultiIndex.from_tuples([("E", "a"), ("E", "b"), ("W", "c")])
    assert check_keys(nested) == []


def test_gaps_are_named(states):
    (note,) = check_keys(states.drop(("UTAH", 1980)).index)
    assert "1 of 816" in note
    assert "state UTAH, year 1980" in note
    assert check_keys(states.loc[["UTAH", "IDAHO"]].index) == []
    gaps = states.drop(("UTAH", 1980)).reset_index()
    with pytest.warns(CouplingWarning, match=r"1 of 816 .*state UTAH, year 1980"):
        as_panel(gaps, "state", "year")
