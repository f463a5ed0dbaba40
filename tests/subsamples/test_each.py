"""Many groups in one batch: the numbers of a fit for each, and what cannot be estimated."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import oracle
from simeq import SystemEquations, datasets
from simeq.errors import DataError, IdentificationError, SimeqError, SimeqWarning

#: Grams in coordinates of the whole sample's Q lose some digits against a QR of each group.
RTOL = 1e-9

#: Iterations stop by the same rule, at numbers that differ by rounding.
ITERATED = 1e-7


@pytest.fixture(scope="module")
def draws() -> pd.DataFrame:
    panels = {i: datasets.simulate_interaction(10, 8, seed=i) for i in range(25)}
    return pd.concat(panels, names=["draw", None]).reset_index("draw")


@pytest.fixture(scope="module")
def model(draws) -> SystemEquations:
    return SystemEquations(datasets.INTERACTION_EQUATIONS, draws)


def one_by_one(model: SystemEquations, groups, method: str, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SimeqWarning)
        results = model.fit_by(groups, method=method, **options).results
    params = pd.DataFrame({label: own.params for label, own in results.items()}).T
    return params, pd.DataFrame({label: own.bse for label, own in results.items()}).T


@pytest.mark.parametrize("method", [m for m in oracle.METHODS if m != "isur"])
@pytest.mark.parametrize("options", [{}, {"sigma_dof": "theil"}, {"like": "stata"}])
def test_each_group_is_a_fit_by_itself(model, method, options):
    found = model.fit_each("draw", method, **options)
    params, bse = one_by_one(model, "draw", method, **options)
    rtol = ITERATED if method == "i3sls" else RTOL
    np.testing.assert_allclose(found.params, params, rtol=rtol)
    np.testing.assert_allclose(found.bse, bse, rtol=rtol)
    assert found.params.columns.equals(model.index)
    assert found.nobs.tolist() == [80] * 25


def test_iterated_sur_of_regressions(states):
    equations = ["np.log(gsp) ~ np.log(pc) + unemp", "np.log(hwy) ~ np.log(util) + unemp"]
    model = SystemEquations(equations, states)
    found = model.fit_each("year", "isur")
    params, bse = one_by_one(model, "year", "isur")
    np.testing.assert_allclose(found.params, params, rtol=ITERATED)
    np.testing.assert_allclose(found.bse, bse, rtol=ITERATED)
    assert found.params.index.name == "year"


def test_instruments_that_differ_by_equation(draws):
    instruments = {
        "productivity": "~ np.log(education) + np.log(research) + np.log(patent) + green",
        "manufacture": "~ np.log(creativity) + np.log(information) + green + efficiency"
        " + np.log(research) + np.log(patent)",
    }
    model = SystemEquations(datasets.INTERACTION_EQUATIONS, draws, instruments=instruments)
    for form in ("gmm", "gls"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SimeqWarning)
            found = model.fit_each("draw", "3sls", form=form)
        params, bse = one_by_one(model, "draw", "3sls", form=form)
        np.testing.assert_allclose(found.params, params, rtol=RTOL)
        np.testing.assert_allclose(found.bse, bse, rtol=RTOL)


def test_intervals(model):
    found = model.fit_each("draw", "2sls")
    lower, upper = found.conf_int(0.1)
    reach = stats.norm.ppf(0.95) * found.bse
    np.testing.assert_allclose(lower, found.params - reach)
    np.testing.assert_allclose(upper, found.params + reach)
    stata = model.fit_each("draw", "2sls", like="stata")
    lower, _ = stata.conf_int()
    expected = stata.params - stats.t.ppf(0.975, 2 * 80 - 11) * stata.bse
    np.testing.assert_allclose(lower, expected, rtol=1e-12)


def test_labels_may_be_an_array_and_rows_may_miss(draws):
    gaps = draws.assign(green=draws["green"].where(np.arange(len(draws)) % 7 > 0))
    model = SystemEquations(datasets.INTERACTION_EQUATIONS, gaps)
    by_name, by_array = model.fit_each("draw"), model.fit_each(gaps["draw"].to_numpy())
    pd.testing.assert_frame_equal(by_name.params, by_array.params, check_names=False)
    params, _ = one_by_one(model, "draw", "3sls")
    np.testing.assert_allclose(by_name.params, params, rtol=RTOL)
    assert by_name.nobs.sum() == model.nobs


def test_groups_without_an_estimate_are_named(draws):
    few = pd.concat([draws, draws.iloc[:3].assign(draw=99)])
    model = SystemEquations(datasets.INTERACTION_EQUATIONS, few)
    with pytest.warns(SimeqWarning, match=r"1 group of 26 cannot be estimated \(99\)"):
        found = model.fit_each("draw")
    assert found.failed == [99]
    assert found.params.loc[99].isna().all()
    assert found.bse.drop(99).notna().all().all()


def test_what_cannot_be(model, draws, klein):
    rows = np.arange(len(draws))
    with pytest.raises(DataError, match="None of the 2,000 groups can be estimated"):
        model.fit_each(rows)
    with pytest.raises(DataError, match="unknown column 'drow'"):
        model.fit_each("drow")
    with pytest.raises(SimeqError, match="Unknown method"):
        model.fit_each("draw", "4sls")
    poor = SystemEquations(["consump ~ wages + corpProf"], klein, instruments="~ taxes")
    with pytest.raises(IdentificationError, match="Equation consump is not identified"):
        poor.fit_each(np.arange(21) // 11)


def test_it_says_in_one_line_what_it_is(model):
    assert repr(model.fit_each("draw")) == "<GroupEstimates: 3sls, 25 groups, 11 coefficients>"
