"""Identities that need nobody's permission, for 2 to 6 subsystems."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coupling import (
    aggregate,
    composite_index,
    coordination_index,
    coupling_coordination,
    coupling_degree,
    entropy_weights,
    invert_coupling,
    normalize,
    obstacle_degree,
)

METHODS = st.sampled_from(["standard", "wang", "fan"])
ROUNDING = 1e-12


def indices(low=1e-6, high=1.0, columns=(2, 6), rows=(1, 8)):
    """Rows of 2 to 6 indices, away from 0."""
    shape = st.tuples(st.integers(*rows), st.integers(*columns))
    return shape.flatmap(lambda s: arrays(np.float64, s, elements=st.floats(low, high)))


@given(indices())
def test_degree_is_the_root_of_the_geometric_mean(U):
    D = coupling_coordination(U)["D"]
    np.testing.assert_allclose(D, np.exp(np.log(U).mean(axis=1) / 2), rtol=ROUNDING)


@given(indices(columns=(2, 2)))
def test_two_subsystems_have_the_fourth_root_of_the_product(U):
    np.testing.assert_allclose(
        coupling_coordination(U)["D"], (U[:, 0] * U[:, 1]) ** 0.25, rtol=ROUNDING
    )


@given(indices(), METHODS)
def test_coupling_lies_between_0_and_1(U, method):
    C = coupling_degree(U, method=method)
    assert ((C >= 0) & (C <= 1)).all()


@given(indices(columns=(2, 2)), st.floats(0.1, 8))
def test_power_form_lies_between_0_and_1(U, k):
    C = coupling_degree(U, method="power", k=k)
    assert ((C >= 0) & (C <= 1)).all()
    np.testing.assert_allclose(C, coupling_degree(U) ** (2 * k), rtol=1e-10)


@given(st.floats(1e-300, 1), st.integers(2, 6), METHODS)
def test_equal_indices_are_fully_coupled(u, n, method):
    assert coupling_degree(np.full(n, u), method=method) == 1


@given(indices(low=0.01), METHODS)
def test_unequal_indices_are_not(U, method):
    unequal = np.ptp(U, axis=1) > 1e-6  # C is 1 − O(difference²): closer ones round to 1
    assert (coupling_degree(U, method=method)[unequal] < 1).all()


@given(indices(), METHODS, st.randoms())
def test_coupling_does_not_know_the_order_of_subsystems(U, method, random):
    order = random.sample(range(U.shape[1]), U.shape[1])
    C = coupling_degree(U, method=method)
    np.testing.assert_allclose(coupling_degree(U[:, order], method=method), C, atol=ROUNDING)


@given(indices(), st.floats(0.01, 1))
def test_a_common_factor_changes_nothing(U, factor):
    np.testing.assert_allclose(coupling_degree(factor * U), coupling_degree(U), rtol=1e-10)
    pair = U[:, :2]
    power = coupling_degree(pair, method="power", k=2)
    np.testing.assert_allclose(
        coupling_degree(factor * pair, method="power", k=2), power, rtol=1e-10
    )


@given(indices(columns=(2, 2)))
def test_wang_for_two(U):
    low, high = U.min(axis=1), U.max(axis=1)
    expected = np.sqrt((1 - (high - low)) * low / high)
    np.testing.assert_allclose(coupling_degree(U, method="wang"), expected, atol=ROUNDING)


@given(indices(), st.randoms())
def test_coordination_is_linear_in_the_indices(U, random):
    alpha = np.array([random.random() + 0.5 for _ in range(U.shape[1])])
    alpha /= alpha.sum()
    assume(alpha.max() < 0.5)
    np.testing.assert_allclose(coordination_index(U, alpha), U @ alpha, rtol=ROUNDING)


@given(indices(columns=(2, 2)))
def test_inversion(U):
    T = coordination_index(U)
    high, low = invert_coupling(coupling_degree(U), T)
    np.testing.assert_allclose(high, U.max(axis=1), atol=1e-7)
    np.testing.assert_allclose(low, U.min(axis=1), atol=1e-7)


@given(indices(low=-50, high=50, columns=(1, 4), rows=(2, 12)))
def test_benefit_and_cost_add_to_one(X):
    assume((np.ptp(X, axis=0) > 1e-3).all())
    np.testing.assert_allclose(normalize(X) + normalize(X, -1), 1, rtol=0, atol=1e-12)


@given(indices(low=-50, high=50, columns=(1, 4), rows=(2, 12)), st.floats(0.1, 9))
def test_scaled_indicators_know_no_units(X, unit):
    assume((np.ptp(X, axis=0) > 1e-3).all())
    np.testing.assert_allclose(normalize(3 + unit * X), normalize(X), rtol=0, atol=1e-9)


def spread_out(**options):
    """Rows from which entropy weights can be taken, some of them zero."""
    return indices(low=0, columns=(3, 5), rows=(3, 12), **options).filter(
        lambda Z: (np.ptp(Z, axis=0) > 1e-2).all()
    )


pytestmark = pytest.mark.filterwarnings("ignore:The weight of:coupling.CouplingWarning")


@given(spread_out(), st.randoms())
def test_entropy_weights_know_neither_row_order_nor_units(Z, random):
    w = entropy_weights(Z)
    rows = random.sample(range(len(Z)), len(Z))
    np.testing.assert_allclose(entropy_weights(Z[rows]), w, rtol=0, atol=ROUNDING)
    scaled = Z * (1 + np.arange(Z.shape[1]))
    np.testing.assert_allclose(entropy_weights(scaled), w, rtol=0, atol=ROUNDING)


@given(spread_out())
def test_a_constant_column_has_no_weight(Z):
    w = entropy_weights(np.column_stack([Z, np.full(len(Z), 0.3)]))
    assert w[-1] == 0
    np.testing.assert_allclose(w[:-1], entropy_weights(Z), rtol=0, atol=ROUNDING)


@given(spread_out(), st.integers(2, 5))
def test_repeating_all_rows_moves_entropy_as_ln_kn_says(Z, k):
    N = len(Z)
    E = entropy_weights(Z, details=True)[1]["entropy"]
    repeated = entropy_weights(np.tile(Z, (k, 1)), details=True)[1]["entropy"]
    np.testing.assert_allclose(repeated, (E * np.log(N) + np.log(k)) / np.log(k * N), rtol=1e-12)


@given(indices(low=0, high=0.99, columns=(2, 5)))
def test_obstacles_sum_to_one_and_gaps_to_one_minus_the_index(Z):
    k = Z.shape[1]
    w = np.arange(1, k + 1) / (k * (k + 1) / 2)
    np.testing.assert_allclose(obstacle_degree(Z, w).sum(axis=1), 1, rtol=ROUNDING)
    gap = obstacle_degree(Z, w, how="gap").sum(axis=1)
    np.testing.assert_allclose(gap, 1 - Z @ w, rtol=ROUNDING)


@given(indices(low=0, columns=(4, 4)))
def test_an_index_lies_between_its_indicators(Z):
    U = composite_index(Z, [0.1, 0.4, 0.2, 0.3], {"A": [0, 1], "B": [2, 3]})
    assert (U[:, 0] >= Z[:, :2].min(axis=1) - ROUNDING).all()
    assert (U[:, 1] <= Z[:, 2:].max(axis=1) + ROUNDING).all()


@given(indices(columns=(2, 2)), st.floats(0.1, 8))
def test_power_form_does_not_know_the_order(U, k):
    C = coupling_degree(U, method="power", k=k)
    np.testing.assert_allclose(coupling_degree(U[:, ::-1], method="power", k=k), C, rtol=1e-9)


@given(arrays(np.float64, 30, elements=st.floats(0, 1)), st.randoms())
def test_all_is_the_mean_of_groups_weighted_by_their_numbers(D, random):
    region = np.array([random.choice("EWN") for _ in D])
    means = aggregate(D, region)
    labels, counts = np.unique(region, return_counts=True)
    assert abs(means["All"] - means[labels] @ counts / 30) < 1e-12
