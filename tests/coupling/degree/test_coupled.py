"""The walk down the rows: positions in messages are those of the whole table."""

import numpy as np
import pytest

from coupling import CouplingError, CouplingWarning, coupling_degree
from coupling.degree import coupled
from coupling.panel import read


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(coupled, "BLOCK", 8)


def test_blocks_cover_all_rows_once():
    table = read(np.linspace(0.1, 1, 30).reshape(10, 3), "U")
    seen = [(rows.start, rows.stop, u.copy()) for rows, u in coupled.sweep(table, "raise", [])]
    assert [stop - start for start, stop, _ in seen] == [2] * 5
    np.testing.assert_array_equal(np.hstack([u for *_, u in seen]).T, table.values)


def test_the_row_is_named_wherever_its_block_lies():
    U = np.full((50, 2), 0.5)
    U[37, 1] = 1.5
    with pytest.raises(CouplingError, match=r"subsystem 1 is 1\.5 at row 37"):
        coupling_degree(U)
    U[37, 1] = np.nan
    with pytest.raises(CouplingError, match="subsystem 1 is nan at row 37"):
        coupling_degree(U)


def test_zeros_are_counted_over_all_blocks():
    U = np.full((50, 2), 0.5)
    U[[13, 29, 41], 1] = 0
    U[41] = 0
    with pytest.warns(CouplingWarning) as caught:
        coupling_degree(U)
    texts = [str(item.message) for item in caught]
    assert "All subsystems are 0 at row 41 (1 such rows)" in texts[0]
    assert "Subsystem 1 is 0 at row 13 (3 rows with a zero)" in texts[1]
