"""Composite indices: sums by hand, both ways in which weights may sum to 1, and refusals."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, CouplingWarning, composite_index, entropy_weights, normalize

FRAME = pd.DataFrame({"a": [0.2, 1.0], "b": [0.4, 0.0], "c": [0.9, 0.5]}, index=["u", "v"])
SYSTEMS = {"A": ["a", "b"], "B": ["c"]}


def test_weights_over_all_are_normalised_inside():
    U = composite_index(FRAME, [0.3, 0.3, 0.4], SYSTEMS)
    expected = pd.DataFrame({"A": [0.3, 0.5], "B": [0.9, 0.5]}, index=["u", "v"])
    pd.testing.assert_frame_equal(U, expected)


def test_weights_inside_every_subsystem_are_taken_as_they_are():
    U = composite_index(FRAME, {"a": 0.5, "b": 0.5, "c": 1.0}, SYSTEMS)
    assert U["A"].tolist() == pytest.approx([0.3, 0.5])


def test_other_sums_need_renormalize():
    with pytest.raises(CouplingError, match=r"'A': the weights sum to 2, not 1"):
        composite_index(FRAME, [1, 1, 1], SYSTEMS)
    U = composite_index(FRAME, [1, 1, 1], SYSTEMS, renormalize=True)
    assert U["A"].tolist() == pytest.approx([0.3, 0.5])


def test_arrays_use_positions():
    U = composite_index(FRAME.to_numpy(), [0.3, 0.3, 0.4], {"A": [0, 1], "B": [2]})
    np.testing.assert_allclose(U, [[0.3, 0.9], [0.5, 0.5]])
    one = composite_index(FRAME.to_numpy()[0], [0.3, 0.3, 0.4], {"A": [0, 1], "B": [2]})
    assert one.shape == (2,)


def test_a_column_in_two_subsystems_warns():
    with pytest.warns(CouplingWarning, match=r"Column 'b' is used in 2 subsystems \('A', 'B'\)"):
        composite_index(FRAME, [0.3, 0.3, 0.4], {"A": ["a", "b"], "B": ["b", "c"]})


def test_one_weight_above_one_half_warns():
    with pytest.warns(CouplingWarning, match=r"'c' has the weight 0\.6"):
        composite_index(FRAME, [0.2, 0.2, 0.6], SYSTEMS)
    with pytest.warns(CouplingWarning, match=r"Subsystem 'A': 'a' has the weight 0\.7"):
        composite_index(FRAME, [0.7, 0.3, 1], SYSTEMS)


def test_weights_by_year_go_to_their_rows(states):
    z = normalize(states[["hwy", "water", "gsp", "emp"]])
    systems = {"I": ["hwy", "water"], "E": ["gsp", "emp"]}
    yearly = composite_index(z, entropy_weights(z, by="year"), systems)
    one = z.xs(1980, level="year", drop_level=False)
    pd.testing.assert_frame_equal(
        yearly.loc[one.index], composite_index(one, entropy_weights(one), systems)
    )


def test_all_ones_give_exactly_one():
    z = np.ones((1, 3))
    w = [0.1, 0.2, 0.7]
    with pytest.warns(CouplingWarning):
        assert composite_index(z, w, {"A": [0, 1, 2]}).item() <= 1


def test_missing_values_stay_in_their_subsystem():
    frame = FRAME.mask(FRAME == 0.4)
    with pytest.raises(CouplingError, match=r"'b' is nan at row u"):
        composite_index(frame, [0.3, 0.3, 0.4], SYSTEMS)
    U = composite_index(frame, [0.3, 0.3, 0.4], SYSTEMS, nan="propagate")
    assert U.isna().to_numpy().tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize(
    ("weights", "systems", "text"),
    [
        ([0.5, 0.5], SYSTEMS, "2 weights were given for 3 columns"),
        ([0.5, -0.1, 0.6], SYSTEMS, r"weight of 'b' is -0\.1"),
        ({"a": 0.5, "x": 0.5}, SYSTEMS, "'x' unknown"),
        ({"a": 0.5, "b": 0.5}, SYSTEMS, "none for 'c'"),
        ([0.3, 0.3, 0.4], {"A": ["a"], "B": ["c"]}, "'b' has a weight but is in no subsystem"),
        ([0.3, 0.3, 0.4], {"A": ["a", "x"], "B": ["c"]}, "'x' is no column"),
        ([0.3, 0.3, 0.4], {"A": ["a", "a"], "B": ["c"]}, "names a column twice"),
        ([0.3, 0.3, 0.4], {"A": [], "B": ["c"]}, "has no columns"),
        ([np.nan, 0.5, 0.5], SYSTEMS, "weight of 'a' is nan"),
        (["x", 0.5, 0.5], SYSTEMS, "must be numbers"),
    ],
)
def test_refusals(weights, systems, text):
    with pytest.raises(CouplingError, match=text):
        composite_index(FRAME, weights, systems)


def test_a_column_without_subsystem_may_go_without_weight():
    U = composite_index(FRAME, {"a": 0.5, "c": 0.5}, {"A": ["a"], "B": ["c"]})
    assert U["A"].tolist() == [0.2, 1.0]
