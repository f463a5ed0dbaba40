"""The same numbers as linearmodels 7, at matching options.

linearmodels forms inner products of the columns, so that on random systems and on both data sets
its own rounding, condition number squared times 1e-16, stays below 1e-9.
"""

from __future__ import annotations

import contextlib
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linearmodels.system import IV3SLS, SUR

from oracle import System, convergent, restrictions, systems
from simeq import SystemEquations
from simeq.errors import ConvergenceWarning, SimeqWarning
from simeq.results.system import SystemResults

RTOL = 1e-8

#: Iterated on both sides until steps are 1e-12 and less; what is left is that over one minus the
#: rate of convergence.
ITERATED = 1e-7

#: method of simeq -> instruments?, options of linearmodels
CALLS = {
    "ols": (False, {"method": "ols"}),
    "wls": (False, {"method": "gls", "full_cov": False}),
    "sur": (False, {"method": "gls"}),
    "isur": (False, {"method": "gls", "iterate": True, "iter_limit": 2000, "tol": 1e-13}),
    "2sls": (True, {"method": "ols"}),
    "w2sls": (True, {"method": "gls", "full_cov": False}),
    "3sls": (True, {"method": "gls"}),
    "i3sls": (True, {"method": "gls", "iterate": True, "iter_limit": 2000, "tol": 1e-13}),
}
ONE_STEP = [method for method in CALLS if not method.startswith("i")]

EXOGENOUS = ("1", "govExp", "taxes", "govWage", "trend", "capitalLag", "corpProfLag", "gnpLag")


def klein_system(klein: pd.DataFrame) -> System:
    return System(
        klein,
        ("consump", "invest", "privWage"),
        (
            ("1", "corpProf", "corpProfLag", "wages"),
            ("1", "corpProf", "corpProfLag", "capitalLag"),
            ("1", "gnp", "gnpLag", "trend"),
        ),
        (EXOGENOUS,) * 3,
    )


def states_system(states: pd.DataFrame) -> System:
    logs = np.log(states[["gsp", "pcap", "pc", "emp", "hwy", "water", "util"]])
    frame = logs.assign(unemp=states["unemp"], since=states["year"] - 1978.0)
    return System(
        frame,
        ("gsp", "hwy"),
        (("1", "pcap", "pc", "emp", "unemp"), ("1", "gsp", "util", "unemp")),
        (("1", "pc", "water", "util", "unemp", "since"),) * 2,
    )


@pytest.fixture(scope="module", params=["klein", "us_states"])
def real(request, klein, states) -> System:
    return klein_system(klein) if request.param == "klein" else states_system(states)


class Peer:
    """A system as linearmodels takes it, and its results in simeq's order of coefficients."""

    def __init__(self, system: System, instrumental: bool) -> None:
        frame = system.frame.assign(**{"1": 1.0})
        equations, order = {}, []
        for label, y, x, z in zip(
            system.labels, system.left, system.right, system.lists, strict=True
        ):
            exog = [name for name in x if name in z] if instrumental else list(x)
            endog = [name for name in x if name not in exog]
            excluded = [name for name in z if name not in x] if instrumental else []
            equations[label] = {
                "dependent": frame[y],
                "exog": frame[exog] if exog else None,
                "endog": frame[endog] if endog else None,
                "instruments": frame[excluded] if endog else None,
            }
            order += [f"{label}_{name}" for name in x]
        if not instrumental:
            equations = {k: {n: v[n] for n in ("dependent", "exog")} for k, v in equations.items()}
        self.order = order
        self.model = (IV3SLS if instrumental else SUR)(equations)

    def constrain(self, r: np.ndarray, q: np.ndarray) -> None:
        columns = pd.DataFrame(r, columns=self.order)[list(self.model.param_names)]
        self.model.add_constraints(columns, pd.Series(q))

    def fit(self, **options):
        return self.model.fit(cov_type="unadjusted", **options)


def fit_both(system: System, method: str, debiased: bool = False, restriction=None):
    """Fit by simeq, the GLS form by name and with its warning, and by the peer."""
    instrumental, options = CALLS[method]
    peer = Peer(system, instrumental)
    ours = {"sigma_dof": "geomean" if debiased else "none"}
    if method in ("3sls", "i3sls"):
        ours["form"] = "gls"
    if method.startswith("i"):
        ours["tol"] = 1e-12
    if restriction is not None:
        peer.constrain(*restriction)
        ours["constraints"] = restriction
    with expected_warning(system, method):
        found = system.model().fit(method, **ours)
    return found, peer.fit(debiased=debiased, **options), peer


def expected_warning(system: System, method: str):
    if method in ("3sls", "i3sls") and not system.common:
        return pytest.warns(SimeqWarning, match="inconsistent")
    return contextlib.nullcontext()


def assert_equal(found: SystemResults, theirs, peer: Peer, tol: float = RTOL) -> None:
    """Coefficients and covariances in their own units: standard errors and their products."""
    cov = theirs.cov.loc[peer.order, peer.order].to_numpy()
    se = theirs.std_errors[peer.order].to_numpy()
    np.testing.assert_allclose(found.bse, se, rtol=tol)
    assert np.abs((found.params - theirs.params[peer.order].to_numpy()) / se).max() <= tol
    assert np.abs((found.cov_params() - cov) / np.outer(se, se)).max(axis=None) <= tol
    size = np.sqrt(np.diag(theirs.sigma))
    assert np.abs((found.sigma - theirs.sigma) / np.outer(size, size)).max(axis=None) <= tol


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("method", ONE_STEP)
def test_real_data_in_one_step(real, method, debiased):
    found, theirs, peer = fit_both(real, method, debiased)
    assert_equal(found, theirs, peer)
    # Beyond units of standard errors: the coefficients themselves, to eight digits.
    np.testing.assert_allclose(found.params, theirs.params[peer.order], rtol=RTOL)


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("method", ["isur", "i3sls"])
def test_real_data_iterated(real, method, debiased):
    found, theirs, peer = fit_both(real, method, debiased)
    assert found.converged
    assert_equal(found, theirs, peer, ITERATED)


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("method", ONE_STEP)
@given(system=systems(max_equations=6, differing=False))
@settings(max_examples=8)
def test_random_systems_with_common_instruments(method, debiased, system):
    assert_equal(*fit_both(system, method, debiased))


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("method", ["2sls", "w2sls", "3sls"])
@given(system=systems(max_equations=6, differing=True))
@settings(max_examples=8)
def test_random_systems_with_instruments_by_equation_in_the_gls_form(method, debiased, system):
    assert_equal(*fit_both(system, method, debiased))


@pytest.mark.parametrize("method", ["isur", "i3sls"])
@given(data=st.data())
@settings(max_examples=8)
def test_random_systems_iterated(method, data):
    """One in a hundred has no fixed point near: then neither program finds one."""
    system = data.draw(convergent(method, max_equations=4, differing=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found, theirs, peer = fit_both(system, method)
    if found.converged:
        assert_equal(found, theirs, peer, ITERATED)
    else:
        assert theirs.iterations == CALLS[method][1]["iter_limit"]


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("method", ONE_STEP)
@given(data=st.data())
@settings(max_examples=5)
def test_random_systems_under_constraints(method, debiased, data):
    system = data.draw(systems(max_equations=4))
    restriction = data.draw(restrictions(system))
    found, theirs, peer = fit_both(system, method, debiased, restriction)
    assert_equal(found, theirs, peer)


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls"])
@given(system=systems(max_equations=4))
@settings(max_examples=6)
def test_r_squared_by_equation_with_and_without_constants(method, system):
    found, theirs, _ = fit_both(system, method)
    for label, own in theirs.equations.items():
        # RSS and TSS are sums of positive terms: rounding of one by their ratio.
        assert found.rsquared[label] == pytest.approx(own.rsquared, rel=RTOL, abs=1e-10)
        assert found.rsquared_adj[label] == pytest.approx(own.rsquared_adj, rel=RTOL, abs=1e-10)


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls"])
def test_system_r_squared_of_judge_and_dhrymes(real, method):
    found, theirs, _ = fit_both(real, method)
    for name in ("judge", "dhrymes"):
        assert found.system_rsquared[name] == pytest.approx(theirs.system_rsquared[name], rel=RTOL)


@pytest.mark.parametrize("method", ["sur", "3sls"])
def test_mcelroy_and_berndt_are_of_the_final_residuals_which_linearmodels_are_not(real, method):
    """linearmodels divides by the first step's Σ; with the final one its formulas give ours."""
    found, theirs, _ = fit_both(real, method)
    u = theirs.resids.to_numpy()
    y = np.column_stack(real.y)
    centred = y - y.mean(axis=0)
    inverse = np.linalg.inv(u.T @ u / real.n)
    mcelroy = 1 - np.trace(inverse @ u.T @ u) / np.trace(inverse @ centred.T @ centred)
    berndt = 1 - np.linalg.det(u.T @ u) / np.linalg.det(centred.T @ centred)
    assert found.system_rsquared["mcelroy"] == pytest.approx(mcelroy, rel=RTOL)
    assert found.system_rsquared["berndt"] == pytest.approx(berndt, rel=RTOL)
    assert abs(found.system_rsquared["mcelroy"] - theirs.system_rsquared["mcelroy"]) > 1e-6


@pytest.mark.parametrize("method", ["ols", "2sls", "sur", "3sls"])
def test_statistics_are_normal_and_debiased_ones_student_s(real, method):
    found, theirs, peer = fit_both(real, method)
    # |dp| = 2φ(t)|dt| with |dt| ≤ |t| 1e-8: below 1e-8 everywhere.
    np.testing.assert_allclose(found.pvalues, theirs.pvalues[peer.order], atol=1e-8)
    _, debiased, _ = fit_both(real, method, debiased=True)
    ours = real.model().fit(method, sigma_dof="geomean", use_t=True)
    np.testing.assert_allclose(ours.pvalues, debiased.pvalues[peer.order], atol=1e-8)
    interval = debiased.conf_int().loc[peer.order]
    width = (interval["upper"] - interval["lower"]).to_numpy()
    gap = (ours.conf_int() - interval.to_numpy()) / width[:, None]
    assert np.abs(gap).max(axis=None) <= RTOL


@pytest.mark.parametrize("method", ["isur", "i3sls"])
def test_like_linearmodels_takes_as_many_steps_and_stops_where_it_stops(real, method):
    """Root mean square of Δb below 1e-6, in the units of the data."""
    instrumental = CALLS[method][0]
    peer = Peer(real, instrumental)
    theirs = peer.fit(method="gls", iterate=True, iter_limit=1000)
    found = real.model().fit(method, like="linearmodels")
    assert found.n_iter == theirs.iterations
    # The same step of the same iteration: rounding is passed on by contraction only.
    gap = (found.params - theirs.params[peer.order].to_numpy()) / found.bse
    assert np.abs(gap).max() <= RTOL
    # linearmodels renews Σ after the last step for the covariance: alike to the tolerance 1e-6
    # of Δb, in units of the smallest standard errors 1e-4.
    np.testing.assert_allclose(found.bse, theirs.std_errors[peer.order], rtol=1e-4)


@given(system=systems(max_equations=4, differing=True))
@settings(max_examples=6)
def test_like_linearmodels_takes_the_gls_form(system):
    with pytest.warns(SimeqWarning, match="inconsistent"):
        found = system.model().fit("3sls", like="linearmodels")
    peer = Peer(system, instrumental=True)
    assert_equal(found, peer.fit(method="gls"), peer)


def test_residuals_and_fitted_values(klein, klein_model: SystemEquations):
    found = klein_model.fit("3sls")
    theirs = Peer(klein_system(klein), instrumental=True).fit(method="gls")
    # FactorValues up to 100 with coefficients of ten digits.
    np.testing.assert_allclose(found.resid, theirs.resids, atol=1e-9)
    np.testing.assert_allclose(found.fittedvalues, theirs.fitted_values, atol=1e-9)
