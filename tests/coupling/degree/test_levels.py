"""Levels: literal edges on both sides, schemes, own edges and names."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, classify
from coupling.degree import SCHEMES, resolve

TENTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def test_an_edge_belongs_to_the_level_above():
    assert classify(TENTHS)["level"].tolist() == list(range(2, 11))
    assert classify([0.0, 1.0])["level"].tolist() == [1, 10]


def test_closed_right_gives_the_edge_to_the_level_below():
    assert classify(TENTHS, closed="right")["level"].tolist() == list(range(1, 10))
    assert classify([0.0, 1.0], closed="right")["level"].tolist() == [1, 10]


def test_the_float_just_below_an_edge_is_below():
    below = np.nextafter(TENTHS, 0)
    assert classify(below)["level"].tolist() == list(range(1, 10))
    assert classify([0.8999999999999999])["level"].item() == 9


def test_labels_of_table_1():
    labels = classify(np.arange(0.05, 1, 0.1))["label"]
    assert labels.tolist() == list(SCHEMES["ten"].labels)
    assert labels.cat.ordered
    assert labels.iloc[0] == "Extreme dissonance"


@pytest.mark.parametrize(
    ("scheme", "edges"),
    [
        ("four", [0.5, 0.6, 0.7]),
        ("five", [0.25, 0.5, 0.7, 0.85]),
        ("six", [0.2, 0.4, 0.5, 0.6, 0.8]),
    ],
)
def test_schemes(scheme, edges):
    ends = [0, *edges]
    assert classify(ends, scheme)["level"].tolist() == list(range(1, len(edges) + 2))
    pd.testing.assert_series_equal(classify(ends, scheme)["level"], classify(ends, edges)["level"])


def test_own_edges_and_names():
    frame = classify(pd.Series([0.2, 0.6], ["x", "y"]), [0.5], labels=["low", "high"])
    assert frame["label"].tolist() == ["low", "high"]
    assert list(frame.index) == ["x", "y"]
    assert resolve([0.5], closed="right").labels == ("[0, 0.5]", "(0.5, 1]")
    assert classify([0.3], "four", labels=list("abcd"))["label"].item() == "a"


def test_many_levels_need_a_wider_integer():
    edges = np.arange(1, 200) / 200
    frame = classify([0.999], edges, labels=[str(n) for n in range(200)])
    assert frame["level"].item() == 200


def test_frames_vectors_and_scalars():
    frame = pd.DataFrame({"C": [1.0], "D": [0.55]}, index=["u"])
    assert classify(frame).loc["u", "level"] == 6
    assert classify(0.55)["level"].tolist() == [6]
    assert classify([0, 1])["level"].tolist() == [1, 10]


def test_missing_degrees():
    with pytest.raises(CouplingError, match="D is nan at row b"):
        classify(pd.Series([0.1, np.nan], ["a", "b"]))
    frame = classify([0.1, np.nan], nan="propagate")
    assert frame["level"].tolist() == [2, 0]
    assert frame["label"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("D", "options", "text"),
    [
        ([1.1], {}, r"D is 1\.1 at row 0"),
        ([-0.1], {}, "lies in"),
        ([np.inf], {"nan": "propagate"}, "inf"),
        ([0.5], {"scheme": "seven"}, "scheme must be one of"),
        ([0.5], {"scheme": [0.6, 0.5]}, "increase strictly"),
        ([0.5], {"scheme": [0.5, 0.5]}, "increase strictly"),
        ([0.5], {"scheme": [0.0, 0.5, 1.0]}, "the ends are not edges"),
        ([0.5], {"scheme": []}, "increase"),
        ([0.5], {"scheme": 0.5}, "a name or a sequence"),
        ([0.5], {"labels": ["a"]}, "9 edges make 10 levels; there are 1"),
        ([0.5], {"scheme": [0.5], "labels": ["a", "a"]}, "1 different"),
        ([0.5], {"closed": "both"}, "closed must be one of"),
        ([["a"]], {}, "must hold numbers"),
        ([[0.5]], {}, "one column"),
        (pd.DataFrame({"a": [0.5], "b": [0.5]}), {}, "column D"),
    ],
)
def test_refusals(D, options, text):
    with pytest.raises(CouplingError, match=text):
        classify(D, **options)
