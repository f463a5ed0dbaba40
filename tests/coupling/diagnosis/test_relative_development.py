"""Relative development: bands, differences, and their edges."""

import numpy as np
import pandas as pd
import pytest

from coupling import CouplingError, CouplingWarning, relative_development

U = pd.DataFrame({"I": [0.3, 0.4, 0.6, 0.7], "E": [0.5, 0.5, 0.5, 0.5]}, index=list("abcd"))


def test_ratio_bands_include_their_ends():
    frame = relative_development(U, ("I", "E"))
    assert frame["ratio"].tolist() == pytest.approx([0.6, 0.8, 1.2, 1.4])
    assert frame["type"].tolist() == ["I lags", "synchronous", "synchronous", "E lags"]
    assert list(frame.index) == list("abcd")


def test_difference_within_a_tenth_is_synchronous_whatever_the_rounding():
    frame = relative_development(U, ("E", "I"), how="difference")
    assert frame["type"].tolist() == ["I lags", "synchronous", "synchronous", "E lags"]
    assert relative_development([[0.4, 0.3]], (0, 1), how="difference")["type"].item() == (
        "synchronous"
    )


def test_thresholds_are_arguments():
    assert relative_development(U, ("I", "E"), bands=(0.5, 2))["type"].nunique() == 1
    wide = relative_development(U, ("I", "E"), how="difference", tolerance=0.5)
    assert wide["type"].nunique() == 1


def test_zeros():
    with pytest.warns(CouplingWarning, match="Both subsystems are 0 at row 1"):
        frame = relative_development([[0.5, 0.0], [0.0, 0.0]], (0, 1))
    assert frame["type"].iloc[0] == "1 lags"
    assert np.isnan(frame["ratio"].iloc[1])
    assert frame["type"].isna().iloc[1]


@pytest.mark.parametrize(
    ("pair", "options", "text"),
    [
        (("I", "X"), {}, "must name two"),
        (("I", "I"), {}, "must name two"),
        (("I",), {}, "must name two"),
        (None, {}, "must name two"),
        (("I", "E"), {"how": "log"}, "how must be one of"),
        (("I", "E"), {"bands": (1.2, 0.8)}, "bands must increase"),
        (("I", "E"), {"how": "difference", "tolerance": -1}, "tolerance"),
    ],
)
def test_refusals(pair, options, text):
    with pytest.raises(CouplingError, match=text):
        relative_development(U, pair, **options)
    with pytest.raises(CouplingError, match="negative at row a"):
        relative_development(-U, ("I", "E"))
