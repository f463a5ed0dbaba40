"""Blocked sums and divergence against plain ones."""

import numpy as np
import pandas as pd
import scipy.stats

from coupling.panel import blocks, combine, everything
from coupling.weights import critic, spread

RNG = np.random.default_rng(6)
Z = RNG.uniform(0, 1, (1000, 4))


def test_blocks_join_without_a_seam(monkeypatch):
    whole = spread.divergence(Z, everything(1000))
    monkeypatch.setattr(blocks, "BLOCK", 64)
    np.testing.assert_allclose(spread.divergence(Z, everything(1000)), whole, rtol=1e-12)
    groups = combine([pd.Index(RNG.integers(0, 7, 1000))])
    each = [spread.divergence(Z[groups.codes == g], everything(n))[0]
            for g, n in enumerate(groups.counts)]  # fmt: skip
    np.testing.assert_allclose(spread.divergence(Z, groups), each, rtol=1e-11)


def test_a_nearly_even_column_keeps_its_digits():
    z = (1 + 1e-5 * np.linspace(-1, 1, 100))[:, np.newaxis]
    by_series = np.mean((z - 1) ** 2) / 2 / np.log(100)  # 1 − E to second order
    assert abs(spread.divergence(z, everything(100)).item() / by_series - 1) < 1e-3


def test_columns_of_any_scale():
    for scale in (1e-300, 1e-12, 1e250):
        E = 1 - spread.divergence(Z * scale, everything(1000))[0]
        np.testing.assert_allclose(E, scipy.stats.entropy(Z, base=1000, axis=0), atol=1e-13)


def test_conflict_leaves_constant_columns_out():
    z = np.column_stack([Z, np.ones(1000)])
    one = everything(1000)
    _, sd = spread.moments(z, one)
    assert sd[0, 4] == 0
    conflict = critic.row_conflict(z, one, sd)[0]
    np.testing.assert_allclose(conflict[:4], (1 - np.corrcoef(Z.T)).sum(axis=0), rtol=1e-11)
    assert conflict[4] == 0
