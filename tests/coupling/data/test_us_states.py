"""The panel that comes with the package."""

import numpy as np

from coupling import load_us_states


def test_us_states():
    frame = load_us_states()
    assert frame.groupby("state").size().tolist() == [17] * 48
    assert not frame.isna().any().any()
    np.testing.assert_allclose(
        frame["pcap"], frame[["hwy", "water", "util"]].sum(axis=1), rtol=1e-4
    )
