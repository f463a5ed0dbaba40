"""Errors are ValueErrors, and warnings point at the caller's line."""

import pytest

from coupling import CouplingError, CouplingWarning, coupling_degree
from coupling.errors import only, warn


def test_the_family():
    assert issubclass(CouplingError, ValueError)
    assert issubclass(CouplingWarning, UserWarning)


def test_a_warning_points_here():
    with pytest.warns(CouplingWarning) as caught:
        coupling_degree([0.0, 0.5])
    assert caught[0].filename == __file__


def test_each_note_is_given_once():
    with pytest.warns(CouplingWarning) as caught:
        warn("a", "a", "b")
    assert [str(item.message) for item in caught] == ["a", "b"]


def test_options_are_words():
    with pytest.raises(CouplingError, match="zero must be one of 'nan', 'zero'; it is 3"):
        only(3, ("nan", "zero"), "zero")
