"""Steps on many small blocks, in both orders of memory, against the lines one would write down."""

import numpy as np
import pytest

from coupling import (
    CouplingError,
    CouplingWarning,
    Interval,
    Target,
    composite_index,
    normalize,
    obstacle_degree,
)
from coupling.index import composite
from coupling.panel import blocks

ROUTES = 1e-14  # two routes through the same sums
Z = np.random.default_rng(12).uniform(0, 1, (500, 5))
W = np.array([0.1, 0.2, 0.3, 0.25, 0.15])
SYSTEMS = {"A": [0, 1, 2], "B": [4, 3]}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 160)
    monkeypatch.setattr(composite, "ROWS", 32)


@pytest.fixture(params=["C", "F", "strided"])
def z(request):
    if request.param == "strided":
        wide = np.zeros((500, 10))
        wide[:, ::2] = Z
        return wide[:, ::2]
    return np.array(Z, order=request.param)


def test_scaling(z):
    directions = [1, -1, Target(0.3), Interval(0.2, 0.6), -1]
    found = normalize(z, directions)
    low, high = Z.min(axis=0), Z.max(axis=0)
    np.testing.assert_array_equal(found[:, 0], (Z[:, 0] - low[0]) / (high[0] - low[0]))
    np.testing.assert_array_equal(found[:, 1], (high[1] - Z[:, 1]) / (high[1] - low[1]))
    for j in (2, 3):
        np.testing.assert_array_equal(found[:, j], normalize(Z[:, j], directions[j]))
    assert not np.signbit(found).any()  # the worst of a cost is 0, not −0


def test_scaling_inside_groups(z):
    group = np.tile(np.arange(10), 50)
    with pytest.warns(CouplingWarning, match="not comparable"):
        found = normalize(z, -1, by=group, feature_range=(0.01, 0.99))
    for g in range(10):
        expected = normalize(Z[group == g], -1, feature_range=(0.01, 0.99))
        np.testing.assert_allclose(found[group == g], expected, rtol=0, atol=1e-15)


def test_indices(z):
    inside = [W[own] / W[own].sum() for own in SYSTEMS.values()]
    expected = [Z[:, own] @ w for own, w in zip(SYSTEMS.values(), inside, strict=True)]
    np.testing.assert_allclose(composite_index(z, W, SYSTEMS), np.transpose(expected), rtol=ROUTES)


def test_obstacles(z):
    gap = W * (1 - Z)
    shares = gap / gap.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(obstacle_degree(z, W), shares, rtol=ROUTES)
    summed = np.column_stack([shares[:, own].sum(axis=1) for own in SYSTEMS.values()])
    np.testing.assert_allclose(obstacle_degree(z, W, SYSTEMS), summed, rtol=ROUTES)


def test_what_is_wrong_is_named_wherever_its_block_lies(z):
    z = z.copy()
    z[470, 4] = np.nan
    for call in (normalize, lambda x: composite_index(x, W, SYSTEMS)):
        with pytest.raises(CouplingError, match="column 4 is nan at row 470"):
            call(z)
    idle = {"A": [0, 1], "B": [2, 3]}
    with pytest.raises(CouplingError, match="column 4 is nan at row 470"):
        composite_index(z, [0.25, 0.25, 0.25, 0.25, 0], idle)
    unused = composite_index(z, [0.25, 0.25, 0.25, 0.25, 0], idle, nan="propagate")
    assert not np.isnan(unused).any()
    z[470] = 1
    with pytest.warns(CouplingWarning, match="All indicators are at 1 at row 470"):
        shares = obstacle_degree(z, W)
    assert np.flatnonzero(np.isnan(shares).any(axis=1)).tolist() == [470]
    z[470, 2] = 1.5
    with pytest.raises(CouplingError, match=r"column 2 is 1\.5 at row 470"):
        obstacle_degree(z, W)
