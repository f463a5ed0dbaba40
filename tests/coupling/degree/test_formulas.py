"""Formulas of C on blocks, against slow ones written from the definitions."""

from itertools import combinations

import numpy as np
import pytest

from coupling.degree import CouplingFormula, formulas

U = np.random.default_rng(4).uniform(0.05, 1, (5, 40))


def test_wang_from_the_pairs():
    pairs = list(combinations(range(5), 2))
    distance = sum(np.abs(U[i] - U[j]) for i, j in pairs) / len(pairs)
    expected = np.sqrt((1 - distance) * np.prod(U / U.max(axis=0), axis=0) ** (1 / 4))
    np.testing.assert_allclose(formulas.wang(U), expected, rtol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_product_root_with_and_without_logarithms(n):
    u = U[:3]
    plain = formulas.product_root(u, n)
    tiny = formulas.product_root(u * 1e-110, n)  # the product, 1e-330, underflows
    np.testing.assert_allclose(tiny, plain * 10 ** (-330 / n), rtol=1e-11)


def test_undefined_rows():
    assert CouplingFormula("fan", zero="nan").empty == 1
    assert CouplingFormula("wang", zero="zero").empty == 0
    assert np.isnan(CouplingFormula("standard", zero="nan").empty)
    u = np.array([[0.0, 0.5], [0.0, 0.5]])
    assert formulas.evaluate(formulas.standard, u, 0.25).tolist() == [0.25, 1]
