"""The triangle R: cross products kept, blocks and parts merged, few rows allowed."""

import numpy as np
import pytest

from simeq import DataError, Factor, SystemEquations
from simeq.design.design import compress
from simeq.linalg.triangle import accumulate, factorize


def products(factor):
    return factor.r.T @ factor.r


@pytest.fixture
def w():
    rng = np.random.default_rng(0)
    return rng.normal(size=(1000, 7)) * 10.0 ** np.arange(-3, 4)


def names(w):
    return tuple(f"c{j}" for j in range(w.shape[1]))


def test_r_has_the_cross_products_of_the_rows(w):
    size = np.linalg.norm(w, axis=0)
    gap = products(factorize(w, names(w))) - w.T @ w
    assert np.abs(gap / np.multiply.outer(size, size)).max() < 1e-14


@pytest.mark.parametrize("block", [1, 7, 8, 100, 999, 1000, 5000])
def test_r_does_not_depend_on_block_size_beyond_rounding(w, block):
    def fill(out, start, stop):
        out[:] = w[start:stop]
        return stop - start

    whole = factorize(w, names(w))
    parts = accumulate(fill, len(w), names(w), block)
    np.testing.assert_allclose(np.abs(parts.r), np.abs(whole.r), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 6, 7, 8])
def test_fewer_rows_than_columns_leave_fewer_rows(w, n):
    factor = factorize(w[:n], names(w))
    assert factor.r.shape == (min(n, 7), 7)
    np.testing.assert_allclose(products(factor), w[:n].T @ w[:n], rtol=1e-9, atol=1e-9)


def test_merged_parts_are_the_whole(w):
    parts = [factorize(part, names(w)) for part in (w[:3], w[3:400], w[400:])]
    merged = parts[0].merge(parts[1]).merge(parts[2])
    assert merged.nobs == 1000
    np.testing.assert_allclose(products(merged), products(factorize(w, names(w))), rtol=1e-10)


def test_selected_columns_come_in_the_order_asked_for(w):
    chosen = factorize(w, names(w)).select(["c5", "c1"])
    np.testing.assert_allclose(products(chosen), w[:, [5, 1]].T @ w[:, [5, 1]], rtol=1e-12)


def test_factors_of_other_columns_do_not_merge(w):
    with pytest.raises(DataError, match="different columns.*'d'"):
        factorize(w, names(w)).merge(factorize(w, [*names(w)[:-1], "d"]))


def test_rank_deficient_columns_are_data_as_any_other(w):
    tied = np.column_stack([w, w[:, 0] + w[:, 1], np.zeros(1000)])
    factor = factorize(tied, names(tied))
    size = np.maximum(np.linalg.norm(tied, axis=0), 1.0)
    gap = (products(factor) - tied.T @ tied) / np.multiply.outer(size, size)
    assert np.abs(gap).max() < 1e-14


@pytest.mark.parametrize("block", [3, 17, 100_000])
def test_a_models_factor_by_any_block_gives_the_same_estimate(states, block):
    model = SystemEquations(
        {"output": "np.log(gsp) ~ np.log(pcap) + emp * unemp + C(region)"},
        states.assign(pcap=states["pcap"].where(states["year"] != 1975)),
    )
    other = compress(model.system.design, model.sample_rows.values, block)
    assert isinstance(other, Factor)
    assert other.nobs == model.nobs == 816 - 48
    np.testing.assert_allclose(np.abs(other.r), np.abs(model.factor.r), rtol=1e-7, atol=1e-7)
