"""Warnings of either library point at the line of the caller."""

from pathlib import Path

import pytest

from _simeq_shared import warning
from coupling import CouplingWarning, coupling_degree


def test_a_warning_points_here():
    with pytest.warns(UserWarning, match="set aside") as caught:
        warning.warn_at_caller("A column was set aside.", UserWarning)
    assert caught[0].filename == __file__
    with pytest.warns(CouplingWarning) as caught:
        coupling_degree([0.0, 0.5])
    assert caught[0].filename == __file__


def test_both_libraries_and_what_they_share_are_skipped():
    names = [Path(folder).name for folder in warning.FOLDERS]
    assert names == ["simeq", "coupling", "_simeq_shared"]
