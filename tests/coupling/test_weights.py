"""Weights against scipy and pymcdm, with zeros, directions, groups and constant columns."""

import numpy as np
import pandas as pd
import pymcdm.weights
import pytest
import scipy.stats

from coupling import (
    CouplingError,
    CouplingWarning,
    combine_weights,
    critic_weights,
    cv_weights,
    entropy_weights,
    equal_weights,
    normalize,
    std_weights,
    weights_from_entropy,
)

RNG = np.random.default_rng(20)
Z = RNG.uniform(0.01, 1, (500, 6))
FUNCTIONS = [entropy_weights, critic_weights, cv_weights, std_weights, equal_weights]
ROUTES = 1e-14  # two routes through the same sums


@pytest.mark.parametrize("seed", range(5))
def test_entropy_is_scipys_with_zeros_too(seed):
    rng = np.random.default_rng(seed)
    z = rng.uniform(0, 1, (200, 8)) * (rng.uniform(size=(200, 8)) > 0.3)
    E = scipy.stats.entropy(z, base=len(z), axis=0)
    w, table = entropy_weights(z, details=True)
    np.testing.assert_allclose(table["entropy"], E, rtol=0, atol=ROUTES)
    np.testing.assert_allclose(w, (1 - E) / (1 - E).sum(), rtol=0, atol=ROUTES)


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


def test_one_weight_above_one_half_warns():
    z = np.column_stack([np.linspace(0.9, 1, 50), np.linspace(0.8, 1, 50), np.eye(50)[0]])
    with pytest.warns(CouplingWarning, match=r"weight of 2 is .*above \.5"):
        entropy_weights(z)


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
