"""Loop gain, spectral radius and det(I − Γ): the paper, derivatives, intervals, warnings."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from klein import EQUATIONS, IDENTITIES, WEIGHTS
from oracle_reduced import closed_systems, differences, errors, jacobian, plain_of
from simeq import SimeqError, SimeqWarning, SystemEquations, datasets
from simeq.reduced_form import feedback

TO_PRODUCTIVITY = "[productivity]manufacture"
TO_MANUFACTURE = "[manufacture]productivity"


@pytest.fixture(scope="module")
def panel() -> SystemEquations:
    return SystemEquations(datasets.INTERACTION_EQUATIONS, datasets.simulate_interaction(seed=1))


def paper(panel, first, second, **options):
    """The paper's system with its two interaction coefficients as it prints them."""
    texts = f"{TO_PRODUCTIVITY} = {first}, {TO_MANUFACTURE} = {second}"
    return panel.fit("3sls", constraints=texts, **options)


# ---------------------------------------------------------------------- the paper


def test_the_loop_gain_of_table_7(panel):
    reduced = paper(panel, 0.717, 0.455).reduced_form()
    assert reduced.loop_gain.value == pytest.approx(0.326, abs=5e-4)  # printed digits
    assert reduced.loop_gain.value == pytest.approx(0.717 * 0.455, rel=1e-12)
    assert reduced.determinant.value == pytest.approx(1 - 0.717 * 0.455, rel=1e-12)
    assert reduced.spectral_radius.value == pytest.approx(np.sqrt(0.717 * 0.455), rel=1e-12)
    assert reduced.loop_gain.bse == 0.0


def test_effects_of_table_9s_east_change_sign(panel):
    result = paper(panel, 1.411, 0.808)
    message = (
        r"^Effects change sign: det\(I − Γ\) is -0.140, loop gain 1.140. Each round of feedback "
        r"moves more than the round before, so that no sum of rounds gives the total effects"
    )
    with pytest.warns(SimeqWarning, match=message):
        reduced = result.reduced_form()
    assert reduced.loop_gain.value == pytest.approx(1.140, abs=5e-4)
    assert reduced.spectral_radius.value == pytest.approx(1.068, abs=5e-4)
    own = reduced.structural.loc["manufacture", "green"]
    assert reduced.params.loc["manufacture", "green"] == pytest.approx(own / (1 - 1.411 * 0.808))
    assert np.sign(own) == -np.sign(reduced.params.loc["manufacture", "green"])
    assert "Effects change sign" in str(reduced)


def test_two_equations_have_the_product_of_their_coefficients(panel):
    result = panel.fit("3sls")
    b, cov = result.params, result.cov_params()
    first, second = ("productivity", "manufacture"), ("manufacture", "productivity")
    gain = result.reduced_form().loop_gain
    gradient = np.array([b[second], b[first]])
    pair = cov.loc[[first, second], [first, second]].to_numpy()
    assert gain.value == pytest.approx(b[first] * b[second], rel=1e-12)
    assert gain.bse == pytest.approx(np.sqrt(gradient @ pair @ gradient), rel=1e-10)
    low, high = gain.conf_int(0.1)
    assert (low + high) / 2 == pytest.approx(gain.value)
    assert float(gain) == gain.value
    assert repr(gain).startswith(f"<Measure: loop gain {gain.value:.4f} [")


# ---------------------------------------------------------------------- the oracle


def measures(plain, b):
    gamma = plain.gamma(b)
    return (
        float(np.linalg.det(np.eye(len(gamma)) - gamma)),
        float(np.abs(np.linalg.eigvals(gamma)).max()),
    )


@pytest.mark.parametrize("method", ["ols", "2sls", "3sls"])
def test_kleins_measures_are_those_of_numerical_derivatives(klein, method):
    model = SystemEquations(EQUATIONS, klein, identities=IDENTITIES)
    result = model.fit(method)
    plain = plain_of(model, WEIGHTS)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    reduced = result.reduced_form()
    for place, measure in enumerate((reduced.determinant, reduced.spectral_radius)):
        assert measure.value == pytest.approx(measures(plain, b)[place], rel=1e-9)
        change = differences(lambda own, place=place: measures(plain, own)[place], b)
        # Central differences of 1e-5 leave about 1e-8 of the derivative.
        assert measure.bse == pytest.approx(float(errors(change, cov)), rel=1e-6)


@settings(max_examples=50)
@given(closed_systems(), st.sampled_from(["ols", "2sls"]))
def test_random_systems_have_the_oracles_measures(closed, method):
    model = closed.model()
    result = model.fit(method)
    plain = closed.plain(model)
    b, cov = result.params.to_numpy(), result.cov_params().to_numpy()
    gamma = plain.gamma(b)
    assume(abs(np.linalg.det(np.eye(len(gamma)) - gamma)) > 1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SimeqWarning)  # effects may change sign
        reduced = result.reduced_form()
    det, radius = measures(plain, b)
    assert reduced.determinant.value == pytest.approx(det, rel=1e-8, abs=1e-10)
    change = jacobian(lambda own: np.linalg.det(np.eye(len(gamma)) - plain.gamma(own)), b)
    expected = float(errors(change, cov))
    assert reduced.determinant.bse == pytest.approx(expected, rel=1e-7, abs=1e-10)
    assert reduced.spectral_radius.value == pytest.approx(radius, rel=1e-7, abs=1e-10)
    moduli = np.abs(np.linalg.eigvals(gamma))
    below = moduli[moduli < radius - 1e-9].max(initial=0.0)
    if radius > 0.05 and radius - below > 0.02:  # no kink in the neighbourhood
        change = differences(lambda own: measures(plain, own)[1], b)
        expected = float(errors(change, cov))
        assert reduced.spectral_radius.bse == pytest.approx(expected, rel=1e-4)


@given(st.integers(1, 6), st.integers(0, 10_000), st.booleans())
def test_gradients_of_random_matrices(g, seed, singular):
    rng = np.random.default_rng(seed)
    gamma = rng.normal(size=(g, g))
    if singular:  # the adjugate is there where the inverse is not
        matrix = np.eye(g) - gamma
        smallest = np.linalg.svd(matrix)[2][-1]
        gamma = gamma + matrix @ np.outer(smallest, smallest)
    expected = jacobian(lambda own: np.linalg.det(np.eye(g) - own.reshape(g, g)), gamma.ravel())
    found = feedback.determinant_gradient(gamma)
    size = np.abs(expected).max()
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-8, atol=1e-10 * size)
    assert abs(feedback.determinant(gamma)) < 1e-10 * max(size, 1.0) or not singular


@given(st.integers(0, 10_000))
def test_the_loop_gain_closes_own_loops_first(seed):
    gamma = np.random.default_rng(seed).uniform(-0.9, 0.9, (2, 2))
    own = (1 - gamma[0, 0]) * (1 - gamma[1, 1])
    gain = feedback.loop_gain(gamma)
    assert feedback.determinant(gamma) == pytest.approx(own * (1 - gain), rel=1e-10)
    expected = jacobian(lambda g: g[1] * g[2] / ((1 - g[0]) * (1 - g[3])), gamma.ravel())
    np.testing.assert_allclose(feedback.loop_gain_gradient(gamma).ravel(), expected, rtol=1e-12)


def test_a_modulus_with_a_kink_has_no_derivative():
    assert np.isnan(feedback.spectral_radius_gradient(np.array([[0, 1.0], [0, 0]]))).all()
    assert np.isnan(feedback.spectral_radius_gradient(np.array([[1, 1.0], [0, 1]]))).all()
    turn = np.array([[0.0, -0.5], [0.5, 0.0]])  # λ = ± i/2
    np.testing.assert_allclose(
        feedback.spectral_radius_gradient(turn), [[0.0, -0.5], [0.5, 0.0]], atol=1e-12
    )


# ---------------------------------------------------------------------- draws and words


def test_measures_of_draws(panel):
    kinds = {"groups": "unit", "n_boot": 99, "seed": 2}
    result = panel.fit("3sls", cov_type="bootstrap", cov_kwds=kinds)
    draws = result.bootstrap.params
    gains = draws["productivity", "manufacture"] * draws["manufacture", "productivity"]
    reduced = result.reduced_form()
    gain = reduced.loop_gain
    assert gain.bse == pytest.approx(gains.std(), rel=1e-10)
    np.testing.assert_allclose(gain.conf_int(), np.quantile(gains, [0.025, 0.975]), rtol=1e-10)
    np.testing.assert_allclose(
        reduced.determinant.conf_int(0.1), np.quantile(1 - gains, [0.05, 0.95]), rtol=1e-9
    )
    roots = np.sqrt(np.abs(gains))
    assert reduced.spectral_radius.bse == pytest.approx(roots.std(), rel=1e-9)
    assert "not positive in" not in str(reduced)


@pytest.mark.parametrize("options", [{}, {"cov_type": "bootstrap"}], ids=["delta", "bootstrap"])
def test_an_interval_that_holds_zero_is_noted_without_a_warning(options):
    # Simulated so that the loop gain is large and badly known.
    rng = np.random.default_rng(4)
    x = rng.normal(size=(60, 2))
    y = (x + 2.0 * rng.normal(size=(60, 2))) @ np.linalg.inv([[1, -0.8], [-0.8, 1]])
    data = pd.DataFrame(np.hstack([y, x]), columns=["y1", "y2", "x1", "x2"])
    model = SystemEquations(["y1 ~ y2 + x1", "y2 ~ y1 + x2"], data)
    result = model.fit("2sls", cov_kwds={"n_boot": 199, "seed": 0} if options else None, **options)
    reduced = result.reduced_form()
    low, high = reduced.determinant.conf_int()
    assert low < 0.0 < reduced.determinant.value < high
    note = "The interval of det(I − Γ) holds 0: total effects may have the other sign."
    assert note in str(reduced)
    if options:
        draws = result.bootstrap.params
        turned = int((draws["y1", "y2"] * draws["y2", "y1"] >= 1.0).sum())
        assert turned > 1
        assert f"det(I − Γ) is not positive in {turned} draws." in str(reduced)


def test_feedback_has_a_block_of_its_own(panel):
    reduced = panel.fit("2sls").reduced_form()
    block = str(reduced).split("\nfeedback\n")[1].split("\n===")[0].splitlines()
    assert [line[:17].strip() for line in block] == ["loop gain", "spectral radius", "det(I − Γ)"]
    gain = reduced.loop_gain
    numbers = [gain.value, gain.bse, *gain.conf_int()]
    assert block[0].split()[2:] == [f"{value:.4f}" for value in numbers]


def test_loop_gain_belongs_to_two_equations(klein):
    reduced = SystemEquations(EQUATIONS, klein, identities=IDENTITIES).fit("ols").reduced_form()
    with pytest.raises(SimeqError, match="belongs to two equations, and there are 3; see spec"):
        _ = reduced.loop_gain
    assert "loop gain" not in str(reduced)


def test_a_multiplier_of_one_equation_is_feedback_through_an_identity(klein):
    data = klein.assign(autonomous=klein["gnp"] - klein["consump"])
    result = SystemEquations(
        ["consump ~ gnp"], data, exog="autonomous", identities="gnp = consump + autonomous"
    ).fit("2sls")
    reduced = result.reduced_form()
    c, var = result.params["consump", "gnp"], result.cov_params().to_numpy()[1, 1]
    assert reduced.params.loc["gnp", "autonomous"] == pytest.approx(1 / (1 - c))
    assert reduced.bse.loc["gnp", "autonomous"] == pytest.approx(np.sqrt(var) / (1 - c) ** 2)
    assert reduced.determinant.value == pytest.approx(1 - c)
    assert reduced.spectral_radius.value == pytest.approx(c)
    assert reduced.spectral_radius.bse == pytest.approx(np.sqrt(var))
