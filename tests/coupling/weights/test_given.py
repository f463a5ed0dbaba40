"""Given weights: matched, non-negative, summing to 1."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError
from coupling.weights.given import dominant_given, match, sum_to_one


def test_matched_by_name_in_any_order():
    assert match(pd.Series({"b": 0.3, "a": 0.7}), ["a", "b"], "w").tolist() == [0.7, 0.3]


def test_a_doubled_name_is_refused():
    with pytest.raises(CouplingError, match="'a' has two weights"):
        match(pd.Series([0.5, 0.5], ["a", "a"]), ["a"], "w")


def test_float32_and_printed_weights_sum_to_one():
    w = np.full(30, 1 / 30, dtype=np.float32).astype(float)
    assert sum_to_one(w, "w", renormalize=False).sum() == pytest.approx(1, abs=1e-15)
    with pytest.raises(CouplingError, match=r"sum to 0\.9999, not 1"):
        sum_to_one(np.array([0.3333, 0.6666]), "w", renormalize=False)
    with pytest.raises(CouplingError, match="all weights are 0"):
        sum_to_one(np.zeros(2), "w", renormalize=True)


def test_one_weight_alone_dominates_nothing():
    assert dominant_given(np.array([1.0]), ["a"], "w") == []
    assert dominant_given(np.array([0.5, 0.5]), ["a", "b"], "w") == []
    (note,) = dominant_given(np.array([0.4, 0.6]), ["a", "b"], "w")
    assert "'b' has the weight 0.6" in note
