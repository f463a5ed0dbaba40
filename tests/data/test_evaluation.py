"""How often terms are computed, and that small samples keep their rows of W."""

import numpy as np
import pandas as pd
import pytest

from simeq import SystemEquations
from simeq.datasets import load_us_states
from simeq.linalg import triangle

#: A term that is element-wise through a ufunc that counts the values it is given.
TERM = "I(x * (counted(x) > -1.0))"


@pytest.fixture
def frame():
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.normal(size=(1000, 4)), columns=list("yxzw"))
    return data.assign(group=rng.choice(["a", "b", "c"], 1000))


class Counter:
    """A ufunc, and the number of values that it was given."""

    def __init__(self):
        self.number = 0
        self.ufunc = np.frompyfunc(self._one, 1, 1)

    def _one(self, value):
        self.number += 1
        return value


@pytest.mark.parametrize("entries", [2**17, 400])
def test_a_term_is_computed_once_for_each_row_while_a_model_is_built(frame, monkeypatch, entries):
    monkeypatch.setattr(triangle, "BLOCK_ENTRIES", entries)
    frame.loc[::50, "z"] = np.nan
    made = Counter()
    counted = made.ufunc
    model = SystemEquations([f"y ~ {TERM} + z + {TERM}:w"], frame)
    assert counted is made.ufunc
    assert (model.nobs, made.number) == (980, 1000)


def test_so_it_is_where_rows_come_frame_by_frame(frame):
    made = Counter()
    counted = made.ufunc
    model = SystemEquations([f"y ~ {TERM}"], lambda: [frame[:300], frame[300:]])
    assert counted is made.ufunc
    assert (model.nobs, made.number) == (1000, 1000)


def test_a_first_pass_that_learns_computes_it_once_more(frame):
    made = Counter()
    counted = made.ufunc
    SystemEquations([f"y ~ {TERM} + group"], frame)
    assert counted is made.ufunc
    assert made.number == 2000


def test_a_small_sample_keeps_its_rows_so_that_robust_errors_compute_nothing(frame):
    made = Counter()
    counted = made.ufunc
    frame.loc[::50, "z"] = np.nan
    model = SystemEquations([f"y ~ {TERM} + z + group"], frame)
    before = made.number
    robust = model.fit("ols", cov_type="HC1")
    assert counted is made.ufunc
    assert made.number == before
    w = np.column_stack([np.ones(1000), frame["group"] == "b", frame["group"] == "c"])
    term = frame["x"] * (frame["x"] > -1.0)
    x = np.column_stack([w, term, frame["z"]])[frame["z"].notna()]
    np.testing.assert_allclose(robust.fittedvalues["y"], x @ robust.params, rtol=1e-12)


def test_a_large_sample_keeps_none(monkeypatch):
    states = load_us_states()
    kept = SystemEquations(["np.log(gsp) ~ np.log(pcap) + emp"], states)
    monkeypatch.setattr(triangle, "BLOCK_ENTRIES", 100)
    asked = SystemEquations(["np.log(gsp) ~ np.log(pcap) + emp"], states)
    assert kept.sample_rows.written is not None
    assert asked.sample_rows.written is None
    first, second = (model.fit("ols", cov_type="HC0").bse for model in (kept, asked))
    np.testing.assert_allclose(first, second, rtol=1e-12)
