"""What all weight functions share: groups, labels, any numbers, and a dominant weight."""

import numpy as np
import pytest

from coupling import (
    CouplingWarning,
    critic_weights,
    cv_weights,
    entropy_weights,
    equal_weights,
    normalize,
    std_weights,
)

RNG = np.random.default_rng(20)
Z = RNG.uniform(0.01, 1, (500, 6))
FUNCTIONS = [entropy_weights, critic_weights, cv_weights, std_weights, equal_weights]


@pytest.mark.parametrize("weights", FUNCTIONS)
def test_a_row_of_weights_for_each_year(weights):
    year = RNG.permutation(np.repeat([1990, 1980, 2000], [100, 250, 150]))
    rows = weights(Z, by=year)
    assert rows.shape == (3, 6)
    each = [weights(Z[year == y]) for y in (1980, 1990, 2000)]
    np.testing.assert_allclose(rows, each, rtol=0, atol=1e-13)


@pytest.mark.parametrize("weights", FUNCTIONS)
def test_labels_are_kept(weights, states):
    z = normalize(states[["hwy", "water", "gsp"]])
    w, table = weights(z, details=True)
    assert list(w.index) == list(table.index) == ["hwy", "water", "gsp"]
    np.testing.assert_allclose(w.sum(), 1, rtol=1e-14)
    yearly, table = weights(z, by="year", details=True)
    assert yearly.index.name == "year"
    assert yearly.shape == (17, 3)
    np.testing.assert_array_equal(table.loc[(1975, "water"), "weight"], yearly.loc[1975, "water"])
    assert weights(z.to_numpy()).shape == (3,)


@pytest.mark.parametrize("weights", FUNCTIONS)
def test_any_numbers_work(weights):
    whole = RNG.integers(1, 9, (50, 3))
    single = weights(whole.astype(np.float32))
    strided = np.repeat(whole, 2, axis=1)[:, ::2]
    strided.flags.writeable = False
    np.testing.assert_allclose(weights(whole), weights(whole.astype(float)), rtol=1e-13)
    np.testing.assert_allclose(single, weights(strided), rtol=1e-13)


def test_one_weight_above_one_half_warns():
    z = np.column_stack([np.linspace(0.9, 1, 50), np.linspace(0.8, 1, 50), np.eye(50)[0]])
    with pytest.warns(CouplingWarning, match=r"weight of 2 is .*above \.5"):
        entropy_weights(z)
