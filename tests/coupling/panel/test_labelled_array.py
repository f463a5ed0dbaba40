"""The door: what comes in, and with which labels it goes out."""

import decimal

import numpy as np
import pandas as pd
import pytest

import coupling
from _simeq_shared.words import quoted
from coupling import CouplingError
from coupling.panel import at, read, require_finite


def test_a_float_frame_is_not_copied():
    values = np.ones((4, 2))
    assert np.shares_memory(read(pd.DataFrame(values, copy=False), "X").values, values)
    assert np.shares_memory(read(values, "X").column(1), values)


def test_numbers_of_any_kind():
    frame = pd.DataFrame(
        {
            "a": pd.array([1, None], dtype="Int64"),
            "b": [decimal.Decimal("0.5"), decimal.Decimal("1.5")],
            "c": np.array([1, None], dtype=object),
            "d": [True, False],
        }
    )
    table = read(frame, "X")
    expected = [[1, 0.5, 1, 1], [np.nan, 1.5, np.nan, 0]]
    np.testing.assert_array_equal(table.values, expected)
    assert np.isnan(table.column(0)[1])
    assert frame["b"].dtype == object


def test_masked_values_are_missing():
    masked = np.ma.masked_array([[1.0, 2.0]], mask=[[False, True]])
    assert np.isnan(read(masked, "X").values[0, 1])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]), "'a' occurs twice"),
        (pd.DataFrame({"a": ["1", "x"]}), "'a' is not numeric: 'x' at row 1"),
        (pd.DataFrame({"a": ["1", "2"]}), "'a' is not numeric: '1' at row 0"),
        (pd.DataFrame({"a": [1j]}), "'a' is not numeric"),
        (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}), "'a' is not numeric"),
        (pd.DataFrame({"a": []}), "no rows"),
        (pd.DataFrame(index=[1]), "no columns"),
        (np.array([["x"]]), "real numbers"),
        (np.array([[None, "x"]], dtype=object), "real numbers"),
        ([[1j]], "real numbers"),
        (3.0, "one number"),
    ],
)
def test_refusals(data, text):
    with pytest.raises(CouplingError, match=text):
        read(data, "X")


def test_rows_are_named_by_unit_and_year():
    index = pd.MultiIndex.from_tuples([("UTAH", 1970)], names=["state", None])
    assert at(index, 0) == "state UTAH, level 1 1970"
    assert at(pd.Index(["u"], name="unit"), 0) == "unit u"
    assert quoted(list("abcdefg")) == "'a', 'b', 'c', 'd', 'e' and 2 more"


def test_missing_values_are_counted():
    table = read(pd.DataFrame({"a": [1, np.nan, np.inf]}), "X")
    with pytest.raises(CouplingError, match=r"'a' is nan at row 1 \(2 missing or infinite"):
        require_finite(table, "X")


Z = np.random.default_rng(9).integers(0, 2, (40, 4))
Z[:2] = [[0, 0, 1, 1], [1, 1, 0, 0]]
W, PAIRS, YEAR = [0.25] * 4, {"A": [0, 1], "B": [2, 3]}, np.repeat([1, 2], 20)
CALLS = {
    "normalize": lambda x: coupling.normalize(x, [1, -1, coupling.Target(1), 1]),
    "entropy": coupling.entropy_weights,
    "entropy by year": lambda x: coupling.entropy_weights(x, by=YEAR),
    "critic": coupling.critic_weights,
    "cv": coupling.cv_weights,
    "std": lambda x: coupling.std_weights(x, by=YEAR),
    "index": lambda x: coupling.composite_index(x, W, PAIRS),
    "fan": lambda x: coupling.coupling_degree(x, method="fan"),
    "T": lambda x: coupling.coordination_index(x),
    "D": lambda x: coupling.coupling_coordination(x, zero="zero").drop(columns="label"),
    "obstacle": lambda x: coupling.obstacle_degree(x, W),
    "development": lambda x: coupling.relative_development(x, (0, 1), how="difference").iloc[:, 0],
    "means": lambda x: coupling.coupling_of_means(x, YEAR).drop(columns="label"),
    "levels": lambda x: coupling.classify(x[:, 0])["level"],
    "aggregate": lambda x: coupling.aggregate(x[:, 0], YEAR),
}


@pytest.mark.filterwarnings("ignore::coupling.CouplingWarning")
@pytest.mark.parametrize("call", CALLS)
def test_any_array_works_and_is_never_changed(call):
    expected = np.asarray(CALLS[call](Z.astype(float)))
    wide = np.zeros((40, 8), dtype=np.float32)
    wide[:, ::2] = Z
    for x in (Z, Z.astype(np.float32), Z.astype(np.int8), np.asfortranarray(Z), wide[:, ::2]):
        x = x.view()
        x.flags.writeable = False
        before = x.copy()
        np.testing.assert_allclose(np.asarray(CALLS[call](x)), expected, rtol=1e-12)
        np.testing.assert_array_equal(x, before)
