"""Obstacle degrees: the worked example, sums, subsystems."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, CouplingWarning, obstacle_degree

W = [0.5, 0.3, 0.2]
FRAME = pd.DataFrame({"a": [0.2, 1.0], "b": [0.9, 0.0], "c": [0.5, 0.5]}, index=["u", "v"])


def test_worked_example():
    assert obstacle_degree([0.2, 0.9, 0.5], W).round(4).tolist() == [0.7547, 0.0566, 0.1887]


def test_shares_sum_to_one_and_gaps_to_what_is_left():
    np.testing.assert_allclose(obstacle_degree(FRAME, W).sum(axis=1), 1, rtol=1e-14)
    gap = obstacle_degree(FRAME, W, how="gap")
    np.testing.assert_allclose(gap.sum(axis=1), 1 - FRAME @ W, rtol=1e-14)


def test_a_subsystems_is_the_sum_of_its_indicators():
    shares = obstacle_degree(FRAME, W)
    S = obstacle_degree(FRAME, W, {"A": ["a", "b"], "B": ["c"]})
    np.testing.assert_allclose(S["A"], shares["a"] + shares["b"], rtol=1e-15)
    assert list(S) == ["A", "B"]
    assert S.index.equals(FRAME.index)


def test_weights_inside_subsystems_count_these_equally():
    inside = obstacle_degree(FRAME, [0.5, 0.5, 1.0], {"A": ["a", "b"], "B": ["c"]}, how="gap")
    U = pd.DataFrame({"A": (FRAME["a"] + FRAME["b"]) / 2, "B": FRAME["c"]})
    np.testing.assert_allclose(inside.sum(axis=1), 1 - U.mean(axis=1), rtol=1e-14)


def test_nothing_left_is_undefined():
    with pytest.warns(CouplingWarning, match="at row 1"):
        shares = obstacle_degree([[0.5, 0.5], [1, 1]], [0.5, 0.5])
    assert np.isnan(shares[1]).all()


def test_missing_values():
    frame = FRAME.mask(FRAME == 0.9)
    with pytest.raises(CouplingError, match="'b' is nan at row u"):
        obstacle_degree(frame, W)
    assert obstacle_degree(frame, W, nan="propagate").loc["u"].isna().all()


@pytest.mark.parametrize(
    ("z", "w", "systems", "text"),
    [
        (FRAME * 2, W, None, r"Z outside \[0, 1\]: column 'b' is 1\.8 at row u"),
        (FRAME, [0.5, 0.5, 0.5], None, "sum to 1.5, not 1"),
        (FRAME, W[:2], None, "2 weights were given for 3 columns"),
        (FRAME, W, {"A": ["a"], "B": ["c"]}, "exactly one subsystem"),
        (FRAME, W, {"A": ["a", "b"], "B": ["b", "c"]}, "exactly one subsystem"),
    ],
)
def test_refusals(z, w, systems, text):
    with pytest.raises(CouplingError, match=text):
        obstacle_degree(z, w, systems)


def test_renormalize():
    np.testing.assert_allclose(
        obstacle_degree(FRAME, [5, 3, 2], renormalize=True), obstacle_degree(FRAME, W)
    )
