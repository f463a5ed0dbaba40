"""Entropy weights against scipy, with zeros, and with the wrong logarithm."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from coupling import (
    CouplingError,
    CouplingWarning,
    cv_weights,
    entropy_weights,
    weights_from_entropy,
)

RNG = np.random.default_rng(20)
Z = RNG.uniform(0.01, 1, (500, 6))
ROUTES = 1e-14  # two routes through the same sums


@pytest.mark.parametrize("seed", range(5))
def test_entropy_is_scipys_with_zeros_too(seed):
    rng = np.random.default_rng(seed)
    z = rng.uniform(0, 1, (200, 8)) * (rng.uniform(size=(200, 8)) > 0.3)
    E = scipy.stats.entropy(z, base=len(z), axis=0)
    w, table = entropy_weights(z, details=True)
    np.testing.assert_allclose(table["entropy"], E, rtol=0, atol=ROUTES)
    np.testing.assert_allclose(w, (1 - E) / (1 - E).sum(), rtol=0, atol=ROUTES)


def test_zero_column_has_entropy_one():
    w, table = entropy_weights(np.column_stack([Z[:, :3], np.zeros(len(Z))]), details=True)
    assert w[3] == 0
    assert table["entropy"][3] == 1


def test_shift_changes_what_is_weighted():
    shifted = entropy_weights(Z, shift=0.5)
    np.testing.assert_allclose(shifted, entropy_weights(Z + 0.5), rtol=0, atol=ROUTES)


def test_entropy_with_the_wrong_logarithm_is_refused():
    _, table = entropy_weights(Z, details=True)
    wrong = table["entropy"] * np.log(len(Z)) / np.log(12)  # ln T in place of ln(N·T)
    with pytest.raises(CouplingError, match="above 1"):
        weights_from_entropy(wrong)
    right = weights_from_entropy(table["entropy"])
    np.testing.assert_allclose(right, entropy_weights(Z), rtol=0, atol=1e-13)
    assert weights_from_entropy([1 + 1e-12, 0.5]).tolist() == [0, 1]


def test_refusals(states):
    with pytest.raises(CouplingError, match=r"'b' is -1 at row 1; no value may be negative"):
        entropy_weights(pd.DataFrame({"a": [1, 2], "b": [0, -1]}))
    with pytest.raises(CouplingError, match="'a' is nan"):
        cv_weights(pd.DataFrame({"a": [1, np.nan]}))
    with pytest.raises(CouplingError, match="column 1 is inf at row 0"):
        entropy_weights([[0.1, np.inf], [0.3, 0.1]])
    with pytest.raises(CouplingError, match="needs two rows or more"):
        entropy_weights([[1.0, 2.0]])
    with pytest.raises(CouplingError, match="Duplicate unit–time key: state ALABAMA, year 1970"):
        entropy_weights(pd.concat([states, states.iloc[:1]])[["hwy", "gsp"]])
    with pytest.warns(CouplingWarning, match=r"Unbalanced.*state ALABAMA, year 1970"):
        entropy_weights(states.iloc[1:][["hwy", "gsp"]])
