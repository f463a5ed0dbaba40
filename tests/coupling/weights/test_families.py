"""Weights against scipy and pymcdm, with zeros, directions, groups and constant columns."""

import numpy as np
import pandas as pd
import pymcdm.weights
import pytest

from coupling import (
    CouplingError,
    combine_weights,
    critic_weights,
    cv_weights,
    entropy_weights,
    equal_weights,
    normalize,
    std_weights,
)

RNG = np.random.default_rng(20)
Z = RNG.uniform(0.01, 1, (500, 6))
ROUTES = 1e-14  # two routes through the same sums


def test_entropy_and_critic_are_pymcdms_on_positive_data():
    np.testing.assert_allclose(
        entropy_weights(Z), pymcdm.weights.entropy_weights(Z), rtol=0, atol=ROUTES
    )
    z = normalize(Z)
    np.testing.assert_allclose(
        critic_weights(z), pymcdm.weights.critic_weights(z), rtol=0, atol=ROUTES
    )


def test_critic_sees_directions():
    x = RNG.normal(size=(300, 4)) @ RNG.normal(size=(4, 4))
    z = normalize(x, [1, -1, 1, -1])
    benefit_only = critic_weights(normalize(x))
    expected = pymcdm.weights.critic_weights(x * [1, -1, 1, -1])
    np.testing.assert_allclose(critic_weights(z), expected, rtol=0, atol=ROUTES)
    assert np.abs(critic_weights(z) - benefit_only).max() > 0.01


def test_critic_details_are_sd_and_conflict():
    _, table = critic_weights(Z, details=True)
    np.testing.assert_allclose(table["sd"], Z.std(axis=0), rtol=1e-13)
    conflict = (1 - np.corrcoef(Z.T)).sum(axis=0)
    np.testing.assert_allclose(table["conflict"], conflict, rtol=1e-12)


def test_variation_weights_by_hand():
    np.testing.assert_allclose(std_weights(Z), Z.std(0) / Z.std(0).sum(), rtol=1e-13)
    cv = Z.std(0) / Z.mean(0)
    np.testing.assert_allclose(cv_weights(Z), cv / cv.sum(), rtol=1e-13)
    assert equal_weights(Z).tolist() == [1 / 6] * 6


def test_constant_column():
    z = np.column_stack([Z[:, :3], np.full(len(Z), 0.1)])
    assert entropy_weights(z)[3] == 0
    assert cv_weights(z)[3] == std_weights(z)[3] == 0
    frame = pd.DataFrame(z, columns=["a", "b", "c", "flat"])
    with pytest.raises(CouplingError, match="'flat' is constant"):
        critic_weights(frame)
    assert critic_weights(frame, constant="zero")["flat"] == 0
    dropped = critic_weights(frame, constant="drop")
    pd.testing.assert_series_equal(dropped, critic_weights(frame[["a", "b", "c"]]))
    with pytest.raises(CouplingError, match="need an indicator that varies"):
        entropy_weights(np.ones((3, 2)))


def test_combinations():
    a, b = np.array([0.2, 0.8]), np.array([0.5, 0.5])
    np.testing.assert_allclose(combine_weights(a, b), [0.35, 0.65])
    np.testing.assert_allclose(combine_weights([a, b], shares=[1, 0]), a)
    np.testing.assert_allclose(combine_weights(a, b, how="multiplicative"), a)
    root = np.sqrt(a * b)
    np.testing.assert_allclose(
        combine_weights(a, b, how="multiplicative", shares=[0.5, 0.5]), root / root.sum()
    )
    named = combine_weights(pd.Series(a, ["x", "y"]), pd.Series(b, ["y", "x"]))
    assert named.to_dict() == pytest.approx({"x": 0.35, "y": 0.65})
    with pytest.raises(CouplingError, match="do not match"):
        combine_weights(pd.Series(a, ["x", "y"]), pd.Series(b, ["x", "z"]))
    with pytest.raises(CouplingError, match="two sets"):
        combine_weights(a)
    with pytest.raises(CouplingError, match="not 1"):
        combine_weights(a, b, shares=[0.5, 0.9])
