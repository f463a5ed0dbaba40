"""Audits: the paper's Tables 4 and 5, and what is made wrong in them on purpose."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, check_coupling_table, check_weights, invert_coupling


def test_inversion_gives_the_indices_back(table5):
    U = table5[["PD", "MT"]].to_numpy()
    T = U.mean(axis=1)
    C = np.sqrt(U.prod(axis=1)) / T
    high, low = invert_coupling(C, T)
    np.testing.assert_allclose(high, U.max(axis=1), atol=1e-8)  # √(1 − C²) halves the digits
    np.testing.assert_allclose(low, U.min(axis=1), atol=1e-8)


def test_inversion_keeps_labels_and_scalars(table5):
    high, _ = invert_coupling(table5["C"], table5["T"])
    assert high.index.equals(table5.index)
    assert invert_coupling(1.0, 0.3) == (0.3, 0.3)
    assert invert_coupling(0.0, 0.5) == (1.0, 0.0)
    for C, T in ((1.2, 0.5), (0.5, np.nan), (-0.1, 0.5)):
        with pytest.raises(CouplingError, match="must lie in"):
            invert_coupling(C, T)


def test_table_5_is_possible(table5):
    table = check_coupling_table(table5["C"], table5["T"], table5["D"], table5["level"])
    assert table["ok"].all()
    assert table.index.equals(table5.index)
    assert (table["reason"] == "").all()


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("D", 0.453, "D 0.453 is not the root of C·T"),
        ("C", 0.428, "not the root"),
        ("T", 0.251, "not the root"),
        ("level", 5, "level 5 should be 4"),
        ("C", 1.4, r"C 1\.4 is outside \[0, 1\]"),
        ("D", np.nan, "D nan is outside"),
    ],
)
def test_a_corrupted_row_is_flagged(table5, column, value, reason):
    wrong = table5.copy()
    wrong.loc[2014, column] = value
    table = check_coupling_table(wrong["C"], wrong["T"], wrong["D"], wrong["level"])
    assert table.index[~table["ok"]].tolist() == [2014]
    assert pd.Series([table.loc[2014, "reason"]]).str.contains(reason).all()


def test_a_level_on_the_edge_may_be_either():
    for level in (5, 6):
        assert check_coupling_table([1.0], [0.25], [0.5], [level])["ok"].item()


def test_fewer_decimals_are_more_lenient():
    assert check_coupling_table([0.82], [0.15], [0.35], decimals=2)["ok"].item()
    assert not check_coupling_table([0.82], [0.15], [0.36], decimals=3)["ok"].item()


def test_refusals():
    with pytest.raises(CouplingError, match="one length"):
        check_coupling_table([0.5], [0.5, 0.5], [0.5])
    with pytest.raises(CouplingError, match="level has 1"):
        check_coupling_table([0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [6])
    with pytest.raises(CouplingError, match="decimals"):
        check_coupling_table([0.5], [0.5], [0.5], decimals=-1)
    with pytest.raises(CouplingError, match="must hold numbers"):
        check_coupling_table(["x"], [0.5], [0.5])


def test_table_4(table4):
    table = check_weights(*table4)
    assert table.index.tolist() == ["PD", "MT"]
    assert table["ok"].tolist() == [True, False]
    assert table["n"].tolist() == [23, 13]
    assert table["sum"].round(4).tolist() == [1.0, 1.0937]
    assert table.loc["MT", "reason"] == (
        "the sum 1.0937 is not 1 within 0.00065; 0.0937 stands twice and makes the difference"
    )


def test_groups_by_name(table4):
    w = pd.Series(table4[0])
    members = {"PD": range(23), "MT": range(23, 36)}
    pd.testing.assert_frame_equal(check_weights(w, members), check_weights(*table4))


def test_weights_that_cannot_be():
    assert check_weights([1.2, -0.2], list("aa"))["reason"].item() == ("a weight is outside [0, 1]")
    assert check_weights([0.333, 0.333, 0.333], list("aaa"), decimals=3)["ok"].item()
    with pytest.raises(CouplingError, match="2 groups were given for 1"):
        check_weights([1.0], list("ab"))
    with pytest.raises(CouplingError, match="no weight for 'x'"):
        check_weights(pd.Series({"a": 1.0}), {"A": ["x"]})
    with pytest.raises(CouplingError, match="labels or a mapping"):
        check_weights([1.0], "A")
    with pytest.raises(CouplingError, match="missing at row 1"):
        check_weights([1.0, np.nan], list("ab"))
    with pytest.raises(CouplingError, match="group of weight 1 is missing"):
        check_weights([1.0, 1.0], ["a", None])
