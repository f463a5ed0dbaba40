"""C, T and D: the paper's Table 5, formulas by hand, labels, zeros and refusals."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from coupling import (
    CouplingError,
    CouplingWarning,
    coordination_index,
    coupling_coordination,
    coupling_degree,
)

METHODS = ["standard", "wang", "fan"]


def test_table_5(table5):
    frame = coupling_coordination(table5[["PD", "MT"]])
    pd.testing.assert_frame_equal(frame[["C", "T", "D"]].round(3), table5[["C", "T", "D"]])
    assert frame["level"].tolist() == table5["level"].tolist()
    assert frame["level"].dtype == np.int8
    assert list(frame) == ["C", "T", "D", "level", "label"]
    assert frame.loc[2020, "label"] == "Quality coordination"
    assert frame["label"].cat.ordered


def test_fingerprints_of_the_rescaling_in_table_6():
    D = coupling_coordination([[0.01, 0.01], [0.01, 0.99]])["D"]
    assert D.round(3).tolist() == [0.1, 0.315]


def test_standard_is_geometric_over_arithmetic_mean():
    U = np.random.default_rng(1).uniform(0.01, 1, (100, 5))
    np.testing.assert_allclose(
        coupling_degree(U), np.exp(np.log(U).mean(1)) / U.mean(1), rtol=1e-13
    )


def test_wang_by_hand():
    C = coupling_degree([0.2, 0.4, 0.8], method="wang")
    distance = (0.2 + 0.4 + 0.6) / 3
    expected = np.sqrt((1 - distance) * np.sqrt(0.25 * 0.5))
    np.testing.assert_allclose(C, expected, rtol=1e-14)


def test_fan_and_power_by_hand():
    assert coupling_degree([0.2, 0.8], method="fan") == pytest.approx(1 - 2 * 0.3)
    assert coupling_degree([0.2, 0.8], method="power", k=2) == pytest.approx(0.64**2)
    assert coupling_degree([0.2, 0.8], method="power") == pytest.approx(0.8)


def test_underflow_of_400_subsystems():
    U = np.full((2, 400), 1e-3)
    U[1, 0] = 2e-3
    C = coupling_degree(U)
    assert C[0] == 1
    assert C[1] == pytest.approx(np.exp(np.log(U[1]).mean()) / U[1].mean(), rel=1e-12)
    assert coupling_degree(U, method="wang")[0] == 1


def test_the_last_axis_holds_the_subsystems():
    U = np.random.default_rng(2).uniform(0.1, 1, (4, 5, 3))
    C = coupling_degree(U)
    assert C.shape == (4, 5)
    assert coupling_degree(U[1, 2]) == C[1, 2]
    assert isinstance(coupling_degree(U[1, 2]), float)
    assert coordination_index(U).shape == (4, 5)
    assert len(coupling_coordination(U)) == 20
    named = pd.Series(U[1, 2], index=["a", "b", "c"])
    assert coupling_degree(named) == C[1, 2]


def test_labels_are_kept(states):
    U = states[["hwy", "gsp"]] / states[["hwy", "gsp"]].max()
    frame = coupling_coordination(U)
    assert frame.index.equals(U.index)
    assert coupling_degree(U).index.equals(U.index)
    assert coupling_degree(U).name == "C"
    assert coordination_index(U).name == "T"


def test_weights_of_subsystems_by_name():
    frame = pd.DataFrame({"a": [0.2], "b": [1.0], "c": [0.4]})
    T = coordination_index(frame, {"c": 0.5, "a": 0.3, "b": 0.2})
    assert T.item() == pytest.approx(0.46)
    assert coordination_index(frame, [1, 1, 2], renormalize=True).item() == pytest.approx(0.5)
    with pytest.warns(CouplingWarning, match=r"'b' has the weight 0\.8"):
        coordination_index(frame, [0.1, 0.8, 0.1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_numbers_work_and_stay_as_they_are(dtype):
    U = np.random.default_rng(3).uniform(0.1, 1, (6, 60)).astype(dtype).T[:, ::2]
    U.flags.writeable = False
    before = U.copy()
    frame = coupling_coordination(U)
    expected = coupling_coordination(U.astype(float).copy())
    pd.testing.assert_frame_equal(frame, expected)
    np.testing.assert_array_equal(U, before)
    assert coupling_degree(np.ones((3, 2), dtype=int)).tolist() == [1, 1, 1]
    assert coupling_degree(pd.DataFrame({"a": [1, 1], "b": [0.5, 1]}, dtype="Float64"))[1] == 1


@pytest.mark.parametrize("method", ["standard", "wang", "power"])
def test_a_zero_decouples_and_is_named(method):
    index = pd.MultiIndex.from_tuples([("UTAH", 1970), ("UTAH", 1971)], names=["state", "year"])
    U = pd.DataFrame({"I": [0.5, 0.0], "E": [0.5, 0.5]}, index=index)
    with pytest.warns(CouplingWarning, match=r"'I' is 0 at state UTAH, year 1971"):
        frame = coupling_coordination(U, method=method)
    assert frame["C"].tolist() == [1, 0]
    assert frame["D"].iloc[1] == 0
    assert frame["level"].tolist() == [8, 1]


@pytest.mark.parametrize("method", ["standard", "wang", "power"])
def test_a_row_of_zeros_is_undefined_or_zero(method):
    with pytest.warns(CouplingWarning, match=r"All subsystems are 0 at row 0.*NaN"):
        frame = coupling_coordination([[0.0, 0.0], [0.5, 0.5]], method=method)
    assert np.isnan(frame["C"][0])
    assert np.isnan(frame["D"][0])
    assert frame["level"].tolist() == [0, 8]
    assert frame["label"].isna().tolist() == [True, False]
    with pytest.warns(CouplingWarning, match="C is 0"):
        frame = coupling_coordination([[0.0, 0.0]], method=method, zero="zero")
    assert frame[["C", "T", "D", "level"]].to_numpy().tolist() == [[0, 0, 0, 1]]


def test_a_row_of_zeros_is_coupled_by_fans_formula():
    with pytest.warns(CouplingWarning, match="1 by this formula"):
        assert coupling_degree([0.0, 0.0], method="fan") == 1


def test_missing_values_are_named_or_propagated():
    U = pd.DataFrame({"I": [0.5, np.nan], "E": [0.5, 0.5]}, index=["a", "b"])
    for function in (coupling_degree, coordination_index, coupling_coordination):
        with pytest.raises(CouplingError, match=r"'I' is nan at row b"):
            function(U)
    for method in METHODS:
        frame = coupling_coordination(U, method=method, nan="propagate")
        assert frame["D"].isna().tolist() == [False, True]
        assert frame["level"].tolist() == [8, 0]


def test_rounding_just_outside_is_inside():
    assert coupling_degree([1 + 1e-15, 1.0]) == 1


@pytest.mark.parametrize(
    ("U", "options", "text"),
    [
        ([[0.5, 1.2]], {}, r"outside \[0, 1\]: subsystem 1 is 1\.2 at row 0"),
        ([[0.5, -0.2]], {}, r"outside \[0, 1\]"),
        ([[0.5, np.inf]], {}, "inf"),
        ([[0.5]], {}, "two subsystems or more"),
        ([[0.5, 0.5, 0.5]], {"method": "power"}, "for two subsystems"),
        ([[0.5, 0.5]], {"method": "power", "k": 0}, "positive"),
        ([[0.5, 0.5]], {"method": "power", "k": "2"}, "positive"),
        ([], {}, "is empty"),
        ([[0.5, 0.5]], {"k": 2}, "exponent of method='power'"),
        ([[0.5, 0.5]], {"method": "Standard"}, "method must be one of"),
        ([[0.5, 0.5]], {"zero": "drop"}, "zero must be one of"),
        ([["a", "b"]], {}, "must hold real numbers"),
        (0.5, {}, "one number"),
        (np.empty((0, 2)), {}, "is empty"),
    ],
)
def test_refusals(U, options, text):
    with pytest.raises(CouplingError, match=text):
        coupling_degree(U, **options)


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ([0.5, 0.6], "sum to 1.1, not 1"),
        ([1.5, -0.5], "must be 0 or more"),
        ([0.2, 0.3, 0.5], "3 weights were given for 2 columns"),
        ({"a": 0.5, "b": 0.5}, "do not match"),
        ([[0.5, 0.5]], "one list"),
    ],
)
def test_refused_weights(weights, text):
    with pytest.raises(CouplingError, match=text):
        coupling_coordination([[0.5, 0.5]], weights)


def test_duplicate_keys_are_named(states):
    U = states[["hwy", "gsp"]] / 1e6
    with pytest.raises(CouplingError, match="Duplicate unit–time key: state ALABAMA, year 1970"):
        coupling_coordination(pd.concat([U, U.iloc[:1]]))


def test_text_columns_are_named():
    with pytest.raises(CouplingError, match=r"Column 'state' is not numeric: 'UTAH' at row 0"):
        coupling_degree(pd.DataFrame({"state": ["UTAH"], "I": [0.5], "E": [0.5]}))


def test_blocks_join_without_a_seam(monkeypatch):
    U = np.random.default_rng(5).uniform(0.01, 1, (1000, 3))
    whole = coupling_coordination(U)
    monkeypatch.setattr("coupling.degree.coupled.BLOCK", 100)
    pd.testing.assert_frame_equal(coupling_coordination(U), whole)


def test_no_temporary_is_as_large_as_the_input():
    U = np.random.default_rng(7).uniform(0.01, 1, (500_000, 3))
    tracemalloc.start()
    frame = coupling_coordination(U)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * U.nbytes
    assert peak - frame.memory_usage(index=False).sum() < U.nbytes / 2
    assert frame["level"].dtype == np.int8
