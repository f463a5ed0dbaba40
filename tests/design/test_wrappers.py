"""What changes rows fits between source and triangle: nothing else knows of it.

Two wrappers that stand for weights and absorbed effects give what the transformed frame gives.
"""

import copy
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from simeq import SystemEquations
from simeq.data.factor_values import RowsOfW
from simeq.design.design import compress
from simeq.design.sample_rows import SampleRows
from simeq.estimation.system import System
from simeq.formula.terms import Column, Part
from simeq.linalg.triangle import RowPart, accumulate

EQUATIONS = {"one": "y ~ x + np.exp(v)", "two": "x ~ y + z + w"}


def column(name):
    """A data column by itself, as a column of W."""
    return Column(name, (name,), (Part(name),))


@dataclass(frozen=True)
class Weighted:
    """Rows times √w, w being another column of the same rows."""

    rows: RowsOfW
    weight: Column

    def parts(self, columns, rows):
        for part in self.rows.parts([*columns, self.weight], rows):
            yield RowPart(part.size, partial(self._write, part))

    @staticmethod
    def _write(part, out):
        own = np.empty((part.size, out.shape[1] + 1), order="F")
        kept = part.write(own)
        np.multiply(own[:kept, :-1], np.sqrt(own[:kept, -1:]), out=out[:kept])
        return kept

    def take(self, rows):
        return replace(self, rows=self.rows.take(rows))


@dataclass(frozen=True)
class Demeaned:
    """Rows less the means of their groups, which a first pass adds up."""

    rows: RowsOfW
    group: Column
    number: int

    def parts(self, columns, rows):
        sums = np.zeros((self.number, len(columns) + 1))
        for part in self.rows.parts([*columns, self.group], rows):
            own = np.empty((part.size, len(columns) + 1), order="F")
            own = own[: part.write(own)]
            codes = own[:, -1].astype(int)
            np.add.at(sums, codes, np.column_stack([own[:, :-1], np.ones(len(own))]))
        means = sums[:, :-1] / sums[:, -1:]
        for part in self.rows.parts([*columns, self.group], rows):
            yield RowPart(part.size, partial(self._write, part, means))

    @staticmethod
    def _write(part, means, out):
        own = np.empty((part.size, out.shape[1] + 1), order="F")
        kept = part.write(own)
        out[:kept] = own[:kept, :-1] - means[own[:kept, -1].astype(int)]
        return kept

    def take(self, rows):
        return replace(self, rows=self.rows.take(rows))


@pytest.fixture
def frame():
    rng = np.random.default_rng(4)
    data = pd.DataFrame(rng.normal(size=(500, 4)), columns=list("zwvu"))
    data["x"] = data["z"] + data["w"] + rng.normal(size=500)
    data["y"] = 0.5 * data["x"] + np.exp(data["v"]) + rng.normal(size=500)
    data["weight"] = rng.uniform(0.5, 2.0, 500)
    data["unit"] = rng.integers(0, 20, 500)
    return data.mask(rng.random(data.shape) < 0.01)


def wrapped(model, wrap):
    """The same equations on wrapped rows."""
    rows = model.sample_rows
    written = wrap(rows.values)
    system = System(rows.design, compress(rows.design, written, 70), "raise")
    other = copy.copy(model)
    other.system, other.sample_rows = system, SampleRows(rows.design, rows.values, written)
    return other


@pytest.mark.parametrize("source", ["memory", "frames"])
def test_rows_times_roots_of_weights(frame, source):
    data = frame if source == "memory" else lambda: [frame[:100], frame[100:130], frame[130:]]
    model = SystemEquations(EQUATIONS, data, exog=["weight", "u"], endog=["x"])
    root = np.sqrt(frame["weight"])
    e = np.exp(frame["v"])
    scaled = frame.assign(one=1.0, e=e)[[*"yxzwu", "one", "e", "weight"]].mul(root, axis=0)
    by_hand = SystemEquations(
        {"one": "y ~ 0 + one + x + e", "two": "x ~ 0 + one + y + z + w"},
        scaled,
        instruments="~ 0 + one + e + z + w + weight + u",
    )
    found = wrapped(model, lambda rows: Weighted(rows, column("weight")))
    assert found.nobs == by_hand.nobs < 500
    for method in ("ols", "2sls", "sur", "3sls", "i3sls"):
        for cov_type in ("nonrobust", "HC0"):
            own, hand = (m.fit(method, cov_type=cov_type) for m in (found, by_hand))
            np.testing.assert_allclose(own.params, hand.params, rtol=1e-9)
            np.testing.assert_allclose(own.bse, hand.bse, rtol=1e-9)
    np.testing.assert_allclose(own.resid, hand.resid, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("source", ["memory", "frames"])
def test_rows_less_the_means_of_their_groups(frame, source):
    data = frame if source == "memory" else lambda: [frame[:100], frame[100:130], frame[130:]]
    model = SystemEquations(
        {label: f"{text} - 1" for label, text in EQUATIONS.items()}, data, exog=["unit", "u"]
    )
    kept = frame.dropna(subset=[*"yxzwvu", "unit"]).assign(e=lambda own: np.exp(own["v"]))
    within = kept[[*"yxzwue"]] - kept.groupby("unit")[[*"yxzwue"]].transform("mean")
    by_hand = SystemEquations(
        {"one": "y ~ 0 + x + e", "two": "x ~ 0 + y + z + w"},
        within,
        instruments="~ 0 + e + z + w + u",
    )
    found = wrapped(model, lambda rows: Demeaned(rows, column("unit"), 20))
    assert found.nobs == by_hand.nobs < 500
    for method in ("ols", "sur"):  # the constant, and unit itself, are zero now: not instruments
        own, hand = (m.fit(method, cov_type="HC0") for m in (found, by_hand))
        np.testing.assert_allclose(own.params, hand.params, rtol=1e-9)
        np.testing.assert_allclose(own.bse, hand.bse, rtol=1e-9)


def test_parts_may_be_written_in_any_order(frame):
    """A pool of threads will: each part is by itself, and triangles are merged as they stand."""
    rows = SystemEquations(EQUATIONS, frame).sample_rows
    columns, names = rows.design.columns, rows.design.names
    values = rows.values
    written = {}
    for number, part in reversed(list(enumerate(values.parts(columns, 70)))):
        out = np.empty((part.size, len(columns)), order="F")
        written[number] = out[: part.write(out)]
    in_order = accumulate(values.parts(columns, 70), names)
    whole = np.vstack([written[number] for number in sorted(written)])
    np.testing.assert_allclose(in_order.r.T @ in_order.r, whole.T @ whole, rtol=1e-12)
