"""Directions: what is understood, and what is refused by name."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, Interval, Target
from coupling.scaling.directions import Straight, direction_of, directions_of


@pytest.mark.parametrize("value", ["benefit", 1, 1.0, np.int8(1)])
def test_benefit(value):
    assert direction_of(value, "x") == Straight(1)


@pytest.mark.parametrize("value", [True, 0, 2, "+", None, "Benefit", np.nan, (1, 2)])
def test_unknown_directions_name_their_column(value):
    with pytest.raises(CouplingError, match=r"Unknown direction .* for 'x'"):
        direction_of(value, "x")


def test_one_for_all_in_order_or_by_name():
    names = ["a", "b"]
    assert directions_of(-1, names) == [Straight(-1)] * 2
    assert directions_of([1, Target(3)], names) == [Straight(1), Target(3)]
    assert directions_of(pd.Series({"b": -1, "a": 1}), names) == [Straight(1), Straight(-1)]


def test_texts_for_tables():
    texts = [one.text for one in (Straight(1), Straight(-1), Target(2), Interval(1, 2.5))]
    assert texts == ["+", "−", "→ 2", "[1, 2.5]"]


def test_ends_must_be_finite_and_in_order():
    with pytest.raises(CouplingError, match="finite value"):
        Target(np.inf)
    with pytest.raises(CouplingError, match="two finite ends in order"):
        Interval(3, 1)
