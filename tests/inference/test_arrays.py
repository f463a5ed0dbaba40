"""Intervals, the delta method and the record of coefficients: arrays, without any system."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from simeq.errors import DataError, SimeqError
from simeq.inference.coefficients import Coefficients
from simeq.inference.delta_method import delta_covariance, delta_variance, quadratic_form
from simeq.inference.intervals import (
    interval_by_draws,
    normal_interval,
    quantiles,
    studentised_interval,
)

B = np.array([1.0, -2.0, 0.5])
ROOT = np.array([[0.3, 0.0, 0.0], [0.1, 0.2, 0.0], [-0.2, 0.1, 0.4]])
V = ROOT @ ROOT.T
J = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, -1.0]])


@pytest.fixture
def draws():
    return np.random.default_rng(0).normal(B, 0.3, size=(99, 3))


def made(**changes):
    names = ("a", "b", "c")
    facts = {"b": B, "cov": V, "index": pd.Index(names), "names": names, "dof": None}
    return Coefficients(**{**facts, "df_joint": 40.0, **changes})


@pytest.mark.parametrize("dof", [None, np.array([3.0, 10.0, 40.0])])
def test_a_normal_interval_has_its_coverage(dof):
    errors = np.sqrt(V.diagonal())
    low, high = normal_interval(B, errors, 0.1, dof)
    tail = stats.norm if dof is None else stats.t(dof)
    np.testing.assert_allclose(tail.cdf((high - B) / errors), 0.95, rtol=1e-12)
    np.testing.assert_allclose(low + high, 2 * B, rtol=1e-12)


def test_draws_give_quantiles_and_their_mirror_images(draws):
    low, high = interval_by_draws(B, draws, 0.2, "percentile")
    np.testing.assert_allclose([low, high], np.quantile(draws, [0.1, 0.9], axis=0), rtol=1e-14)
    basic = interval_by_draws(B, draws, 0.2, "basic")
    np.testing.assert_allclose(basic, [2 * B - high, 2 * B - low], rtol=1e-14)
    with pytest.raises(SimeqError, match="Unknown kind of interval of draws 'normal'"):
        interval_by_draws(B, draws, 0.2, "normal")


def test_a_studentised_interval_of_normal_ratios_is_the_normal_one():
    errors, ratios = np.array([0.1, 0.2, 0.3]), np.tile(stats.norm.ppf([0.025, 0.975]), (3, 1)).T
    ends = studentised_interval(B, errors, np.vstack([ratios] * 200), 0.05)
    np.testing.assert_allclose(ends, normal_interval(B, errors, 0.05, None), rtol=1e-12)


def test_draws_that_failed_are_left_out_of_quantiles(draws):
    failed = np.vstack([draws, np.full((5, 3), np.nan)])
    failed[:, 1] = np.nan
    found = quantiles(failed, 0.1)
    np.testing.assert_array_equal(found[:, [0, 2]], quantiles(draws, 0.1)[:, [0, 2]])
    assert np.isnan(found[:, 1]).all()
    with pytest.raises(DataError, match="alpha must be between 0 and 1, not 2"):
        quantiles(draws, 2)


def test_variances_of_combinations_are_the_diagonal_of_their_covariance():
    cov = delta_covariance(J, V)
    np.testing.assert_allclose(cov, J @ V @ J.T, rtol=1e-14)
    np.testing.assert_allclose(delta_variance(J, V), cov.diagonal(), rtol=1e-13)
    np.testing.assert_allclose(quadratic_form(J, V), cov.diagonal(), rtol=1e-13)


def test_what_is_imposed_has_no_variance_and_what_is_unknown_none_either():
    tied = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) * 0.09
    difference = np.array([[1.0, -1.0 + 1e-9, 0.0], [1.0, 1.0, 1.0]])
    assert delta_covariance(difference, tied)[0].tolist() == [0.0, 0.0]
    assert delta_variance(difference, tied)[0] == 0.0
    unknown = np.where(np.eye(3)[2] + np.eye(3)[:, [2]] > 0, np.nan, tied)
    assert np.isnan(delta_variance(difference, unknown)).tolist() == [False, True]


def test_degrees_of_freedom_are_shared_or_those_of_joint_tests():
    all_three, first = np.ones(3, dtype=bool), np.array([True, True, False])
    assert (made().dof_across, made().joint_dof(all_three)) == (None, 40.0)
    own = made(dof=np.array([7.0, 7.0, 9.0]))
    assert (own.joint_dof(first), own.joint_dof(all_three), own.dof_across) == (7.0, 40.0, 40.0)


def test_a_part_has_its_own_rows_of_everything(draws):
    whole = made(dof=np.array([7.0, 8.0, 9.0]), kind="clustered", n_groups=8, draws=draws)
    part = whole.part(slice(1, 3), ["x", "z"], 30.0)
    np.testing.assert_array_equal(part.b, B[1:])
    np.testing.assert_array_equal(part.cov, V[1:, 1:])
    np.testing.assert_array_equal(part.draws, draws[:, 1:])
    np.testing.assert_array_equal(part.pvalues, whole.pvalues[1:])
    assert (part.kind, part.n_groups, part.df_joint, part.names) == (
        "clustered",
        8,
        30.0,
        ("x", "z"),
    )
