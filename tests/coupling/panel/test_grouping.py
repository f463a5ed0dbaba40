"""Groups of a scored panel, named in any of the ways that a person would."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError
from coupling.panel import keys_of_panel

INDEX = pd.MultiIndex.from_product([["UT", "NY"], [1970, 1971]], names=["state", "year"])
OTHERS = pd.DataFrame({"region": [8, 8, 2, 2]}, index=INDEX)


@pytest.mark.parametrize(
    "by",
    [
        "region",
        {"UT": 8, "NY": 2},
        pd.Series({"NY": 2, "UT": 8}),
        OTHERS["region"].iloc[::-1],
        [8, 8, 2, 2],
        np.array([8, 8, 2, 2]),
    ],
)
def test_all_ways_name_the_same_groups(by):
    (key,) = keys_of_panel(INDEX, OTHERS, by)
    assert key.tolist() == [8, 8, 2, 2]


def test_two_keys_and_their_names():
    keys = keys_of_panel(INDEX, OTHERS, ["year", "region"])
    assert [key.name for key in keys] == ["year", "region"]
    assert keys[0].tolist() == [1970, 1971, 1970, 1971]


@pytest.mark.parametrize(
    ("by", "text"),
    [
        ("province", "'province' is no key of the panel; there are 'state', 'year', 'region'"),
        ({"UT": 8}, "no group for 'NY'"),
        (np.arange(3), "is no key of the panel"),
        (None, "is no key of the panel"),
    ],
)
def test_refusals(by, text):
    with pytest.raises(CouplingError, match=text):
        keys_of_panel(INDEX, OTHERS, by)
