"""The library on R against the textbook on rows, with every Kronecker product written out."""

from __future__ import annotations

import contextlib
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import (
    DIVISORS,
    FULL,
    INSTRUMENTAL,
    ITERATED,
    METHODS,
    Answer,
    System,
    convergent,
    estimate,
    restrictions,
    systems,
)
from simeq import SystemEquations
from simeq.errors import ConvergenceWarning, SimeqWarning, SingularError
from simeq.results.system import SystemResults

#: Two routes through the same algebra. The oracle forms normal equations and explicit inverses of
#: matrices with condition numbers up to 1e5, which leaves it ten digits or more.
TOL = 1e-9

#: Iterated forms stop when γ moves by 1e-12 of its length; near the fixed point the distance left
#: is that by one minus the rate of convergence.
ITERATED_TOL = 1e-7

ONE_STEP = [method for method in METHODS if method not in ITERATED]


def fit(system: System, method: str, **options) -> SystemResults:
    """Fit by simeq; the GLS form with instruments that differ must warn."""
    warns = options.get("form") == "gls" and method in ("3sls", "i3sls") and not system.common
    with pytest.warns(SimeqWarning, match="inconsistent") if warns else contextlib.nullcontext():
        return system.model().fit(method, **options)


def assert_same(found: SystemResults, expected: Answer, tol: float = TOL) -> None:
    """Coefficients in units of their standard errors, covariances in units of variances."""
    se = expected.se
    free = se > 1e-6 * np.abs(expected.b) + 1e-12
    scale = np.where(free, se, 1.0)
    gap = (found.params.to_numpy() - expected.b) / np.where(free, se, np.abs(expected.b) + 1.0)
    assert np.abs(gap).max() <= tol
    cov = (found.cov_params().to_numpy() - expected.cov) / np.outer(scale, scale)
    assert np.abs(cov).max() <= tol
    for ours, theirs in [(found.sigma, expected.sigma), (found.sigma_resid, expected.sigma_resid)]:
        size = np.sqrt(theirs.diagonal())
        assert np.abs((ours.to_numpy() - theirs) / np.outer(size, size)).max() <= tol


def check(system: System, method: str, sigma_dof: str, **options) -> None:
    """Compare, or where the divisor leaves Σ indefinite see that a method that inverts it stops.

    "max" and "theil" divide the entries of Σ by numbers that no positive definite matrix ties.
    """
    first = estimate(system, "2sls" if method in INSTRUMENTAL else "ols", sigma_dof, **options)
    given = dict(options)
    if "restriction" in options:
        given["constraints"] = given.pop("restriction")
    if method in FULL and np.linalg.eigvalsh(first.sigma)[0] <= 0:
        assert sigma_dof in ("max", "theil")
        with pytest.raises(SingularError, match="residual covariance"):
            fit(system, method, sigma_dof=sigma_dof, **given)
        return
    found = fit(system, method, sigma_dof=sigma_dof, **given)
    assert_same(found, estimate(system, method, sigma_dof, **options))


@pytest.mark.parametrize("sigma_dof", DIVISORS)
@pytest.mark.parametrize("method", ONE_STEP)
@given(system=systems())
@settings(max_examples=8)
def test_every_estimator_is_the_book_s(method, sigma_dof, system):
    check(system, method, sigma_dof)


@pytest.mark.parametrize("sigma_dof", DIVISORS)
@given(system=systems(differing=True))
@settings(max_examples=8)
def test_the_gls_form_with_differing_instruments_is_the_book_s(sigma_dof, system):
    check(system, "3sls", sigma_dof, form="gls")


@given(system=systems(differing=False))
@settings(max_examples=10)
def test_with_common_instruments_the_forms_are_one(system):
    gmm, gls = estimate(system, "3sls", form="gmm"), estimate(system, "3sls", form="gls")
    assert_same(fit(system, "3sls", form="gmm"), gls)
    assert_same(fit(system, "3sls", form="gls"), gmm)


@pytest.mark.parametrize("sigma_dof", ["none", "mean"])
@pytest.mark.parametrize("method", ITERATED)
@given(data=st.data())
@settings(max_examples=6)
def test_iterated_forms_reach_the_book_s_fixed_point(method, sigma_dof, data):
    system = data.draw(convergent(method, max_equations=3))
    found = fit(system, method, sigma_dof=sigma_dof, tol=1e-12)
    assert found.converged
    assert_same(found, estimate(system, method, sigma_dof), ITERATED_TOL)


def after_four_steps(system: System, method: str, **options) -> SystemResults:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = fit(system, method, maxiter=4, tol=1e-14, **options)
    assert found.n_iter == 4 or found.converged
    return found


@pytest.mark.parametrize("sigma_dof", ["none", "geomean", "mean"])
@pytest.mark.parametrize("method", ITERATED)
@given(data=st.data())
@settings(max_examples=6)
def test_after_four_steps_iterated_forms_stand_where_the_book_stands(method, sigma_dof, data):
    """Restrictions that the data contradict, and divisors without a likelihood, included."""
    system = data.draw(systems(max_equations=3))
    r, q = data.draw(restrictions(system))
    free = after_four_steps(system, method, sigma_dof=sigma_dof)
    # Each step may pass on the rounding of the last one enlarged, hence one digit fewer.
    assert_same(free, estimate(system, method, sigma_dof, steps=3), 10 * TOL)
    bound = after_four_steps(system, method, sigma_dof=sigma_dof, constraints=(r, q))
    expected = estimate(system, method, sigma_dof, restriction=(r, q), steps=3)
    assert_same(bound, expected, 10 * TOL)


@given(system=systems(max_equations=3, differing=True))
@settings(max_examples=6)
def test_after_four_steps_the_iterated_gls_form_stands_where_the_book_stands(system):
    found = after_four_steps(system, "i3sls", form="gls")
    assert_same(found, estimate(system, "i3sls", form="gls", steps=3), 10 * TOL)


@pytest.mark.parametrize("sigma_dof", DIVISORS)
@pytest.mark.parametrize("method", ONE_STEP)
@given(data=st.data())
@settings(max_examples=6)
def test_restrictions_within_and_across_equations_are_lagrange_s(method, sigma_dof, data):
    system = data.draw(systems(max_equations=4))
    r, q = data.draw(restrictions(system))
    check(system, method, sigma_dof, restriction=(r, q))


@pytest.mark.parametrize("method", ONE_STEP)
@given(data=st.data())
@settings(max_examples=4)
def test_restrictions_hold_in_the_estimate_and_have_no_variance(method, data):
    system = data.draw(systems(max_equations=4))
    r, q = data.draw(restrictions(system))
    found = fit(system, method, constraints=(r, q))
    # Rounding in sums of two coefficients whose size is of order one.
    np.testing.assert_allclose(r @ found.params.to_numpy(), q, atol=1e-11)
    variance = r @ found.cov_params().to_numpy() @ r.T
    np.testing.assert_allclose(variance, 0, atol=1e-12 * found.bse.max() ** 2)


@given(data=st.data())
@settings(max_examples=10)
def test_the_restricted_gls_form_with_differing_instruments_is_lagrange_s(data):
    system = data.draw(systems(max_equations=4, differing=True))
    r, q = data.draw(restrictions(system))
    found = fit(system, "3sls", form="gls", constraints=(r, q))
    assert_same(found, estimate(system, "3sls", form="gls", restriction=(r, q)))


@pytest.mark.parametrize("method", ["ols", "wls", "2sls", "w2sls"])
@given(system=systems())
@settings(max_examples=4)
def test_without_gls_the_covariance_across_equations_is_that_of_the_residuals(method, system):
    """Block (i, j) is σ_ij(X̂_i'X̂_i)⁻¹X̂_i'X̂_j(X̂_j'X̂_j)⁻¹, and not zero."""
    found = fit(system, method)
    expected = estimate(system, method).cov
    k = len(system.right[0])
    block = found.cov_params().to_numpy()[:k, k:]
    assert np.abs(block).max() > 0
    np.testing.assert_allclose(block, expected[:k, k:], atol=TOL * np.abs(expected).max())


def test_constraints_as_text_and_as_a_matrix_are_one(klein_model: SystemEquations):
    text = "[consumption]corpProf = [investment]corpProf, 2 * [private_wages]gnp = 0.9"
    r = np.zeros((2, 12))
    r[0, [1, 5]], r[1, 9] = [1, -1], 2
    by_text = klein_model.fit("3sls", constraints=text)
    by_matrix = klein_model.fit("3sls", constraints=(r, [0, 0.9]))
    np.testing.assert_array_equal(by_text.params, by_matrix.params)
    np.testing.assert_array_equal(by_text.cov_params(), by_matrix.cov_params())


@given(system=systems(max_equations=3, constants=True))
@settings(max_examples=6)
def test_residuals_fitted_values_and_r_squared_are_those_of_the_rows(system):
    found = fit(system, "3sls")
    b = np.split(found.params.to_numpy(), np.cumsum([len(own) for own in system.right])[:-1])
    y = np.column_stack(system.y)
    fitted = np.column_stack([x @ own for x, own in zip(system.x, b, strict=True)])
    u = y - fitted
    # Sums of fewer than ten products: a few units of rounding at the size of y.
    atol = 1e-12 * np.abs(y).max()
    np.testing.assert_allclose(found.fittedvalues, fitted, atol=atol)
    np.testing.assert_allclose(found.resid, u, atol=atol)
    tss = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(found.rsquared, 1 - (u**2).sum(axis=0) / tss, atol=1e-11)
    np.testing.assert_allclose(found.rmse, np.sqrt((u**2).mean(axis=0)), rtol=1e-10)


@given(system=systems(max_equations=3))
@settings(max_examples=6)
def test_r_squared_is_centred_exactly_when_there_is_a_constant(system):
    found = fit(system, "ols")
    for i, own in enumerate(system.right):
        y = system.y[i]
        tss = ((y - y.mean()) ** 2).sum() if "1" in own else (y**2).sum()
        rss = (found.resid.iloc[:, i] ** 2).sum()
        assert found.rsquared.iloc[i] == pytest.approx(1 - rss / tss, abs=1e-11)
        scale = (system.n - ("1" in own)) / (system.n - len(own))
        adjusted = 1 - (rss / tss) * scale
        assert found.rsquared_adj.iloc[i] == pytest.approx(adjusted, abs=1e-11)


@given(system=systems(max_equations=3, constants=True))
@settings(max_examples=6)
def test_system_r_squared_and_likelihood_are_the_textbook_s(system):
    found = fit(system, "sur")
    y, u = np.column_stack(system.y), found.resid.to_numpy()
    centred = y - y.mean(axis=0)
    s = u.T @ u / system.n
    weight = np.kron(np.linalg.inv(s), np.eye(system.n))
    e, c = u.T.ravel(), centred.T.ravel()
    expected = {
        "mcelroy": 1 - (e @ weight @ e) / (c @ weight @ c),
        "berndt": 1 - np.linalg.det(u.T @ u) / np.linalg.det(centred.T @ centred),
        "judge": 1 - (e @ e) / (c @ c),
        "dhrymes": found.rsquared @ (centred**2).sum(axis=0) / (c @ c),
    }
    for name, value in expected.items():
        # The oracle's determinants and inverses of G × G matrices keep eleven digits.
        assert found.system_rsquared[name] == pytest.approx(value, rel=1e-10)
    g = len(system.left)
    llf = -system.n / 2 * (g * (1 + np.log(2 * np.pi)) + np.log(np.linalg.det(s)))
    assert found.llf == pytest.approx(llf, rel=1e-11)
