"""Digits: NIST's certified regressions through the class, and what units must not change.

Data and certified values: NIST Statistical Reference Datasets, Linear Regression, Longley.dat and
Filip.dat (higher level of difficulty). The certified coefficients were computed again from the
rows below with 60 digits (mpmath) and agree in every digit printed.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from statsmodels.datasets import longley as longley_data

from klein import INSTRUMENTS
from oracle import System, simulate
from simeq import SystemEquations
from simeq.design.design import compress
from simeq.errors import ConvergenceWarning, SingularError
from simeq.results.system import SystemResults

#: Intercept, GNPDEFL, GNP, UNEMP, ARMED, POP, YEAR and their standard deviations.
LONGLEY = """
    -3482258.63459582       890420.383607373
    15.0618722713733        84.9149257747669
    -0.358191792925910E-01  0.334910077722432E-01
    -2.02022980381683       0.488399681651699
    -1.03322686717359       0.214274163161675
    -0.511041056535807E-01  0.226073200069370
    1829.15146461355        455.478499142212"""
LONGLEY_RSQUARED = 0.995479004577296
LONGLEY_RESIDUAL = 304.854073561965

#: B0 … B10 and their standard deviations.
FILIP = """
    -1467.48961422980      298.084530995537
    -2772.17959193342      559.779865474950
    -2316.37108160893      466.477572127796
    -1127.97394098372      227.204274477751
    -354.478233703349      71.6478660875927
    -75.1242017393757      15.2897178747400
    -10.8753180355343      2.23691159816033
    -1.06221498588947      0.221624321934227
    -0.670191154593408E-01 0.142363763154724E-01
    -0.246781078275479E-02 0.535617408889821E-03
    -0.402962525080404E-04 0.896632837373868E-05"""
FILIP_RSQUARED = 0.996727416185620

#: y and x of 82 rows, four to a line.
FILIP_ROWS = """
    0.8116 -6.860120914  0.9072 -4.324130045  0.9052 -4.358625055  0.9039 -4.358426747
    0.8053 -6.955852379  0.8377 -6.661145254  0.8667 -6.355462942  0.8809 -6.118102026
    0.7975 -7.115148017  0.8162 -6.815308569  0.8515 -6.519993057  0.8766 -6.204119983
    0.8885 -5.853871964  0.8859 -6.109523091  0.8959 -5.79832982  0.8913 -5.482672118
    0.8959 -5.171791386  0.8971 -4.851705903  0.9021 -4.517126416  0.909 -4.143573228
    0.9139 -3.709075441  0.9199 -3.499489089  0.8692 -6.300769497  0.8872 -5.953504836
    0.89 -5.642065153  0.891 -5.031376979  0.8977 -4.680685696  0.9035 -4.329846955
    0.9078 -3.928486195  0.7675 -8.56735134  0.7705 -8.363211311  0.7713 -8.107682739
    0.7736 -7.823908741  0.7775 -7.522878745  0.7841 -7.218819279  0.7971 -6.920818754
    0.8329 -6.628932138  0.8641 -6.323946875  0.8804 -5.991399828  0.7668 -8.781464495
    0.7633 -8.663140179  0.7678 -8.473531488  0.7697 -8.247337057  0.77 -7.971428747
    0.7749 -7.676129393  0.7796 -7.352812702  0.7897 -7.072065318  0.8131 -6.774174009
    0.8498 -6.478861916  0.8741 -6.159517513  0.8061 -6.835647144  0.846 -6.53165267
    0.8751 -6.224098421  0.8856 -5.910094889  0.8919 -5.598599459  0.8934 -5.290645224
    0.894 -4.974284616  0.8957 -4.64454848  0.9047 -4.290560426  0.9129 -3.885055584
    0.9209 -3.408378962  0.9219 -3.13200249  0.7739 -8.726767166  0.7681 -8.66695597
    0.7665 -8.511026475  0.7703 -8.165388579  0.7702 -7.886056648  0.7761 -7.588043762
    0.7809 -7.283412422  0.7961 -6.995678626  0.8253 -6.691862621  0.8602 -6.392544977
    0.8809 -6.067374056  0.8301 -6.684029655  0.8664 -6.378719832  0.8834 -6.065855188
    0.8898 -5.752272167  0.8964 -5.132414673  0.8963 -4.811352704  0.9074 -4.098269308
    0.9119 -3.66174277  0.9228 -3.2644011"""


def pairs(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=float).reshape(-1, 2)


def digits(found, certified) -> float:
    """Correct digits of the worst entry: −log₁₀ of its relative error."""
    error = np.abs(np.asarray(found) / certified - 1.0)
    return float(-np.log10(max(error.max(), 1e-16)))


@pytest.fixture(scope="module")
def longley() -> SystemResults:
    frame = longley_data.load_pandas().data
    model = SystemEquations(
        {"employment": "TOTEMP ~ GNPDEFL + GNP + UNEMP + ARMED + POP + YEAR"}, frame
    )
    return model.fit("ols", sigma_dof="geomean")


@pytest.fixture(scope="module")
def filip() -> SystemResults:
    y, x = pairs(FILIP_ROWS).T
    powers = " + ".join(f"I(x**{j})" for j in range(2, 11))
    model = SystemEquations({"polynomial": f"y ~ x + {powers}"}, pd.DataFrame({"y": y, "x": x}))
    return model.fit("ols", sigma_dof="geomean")


def test_longley_s_rows_are_nist_s():
    """Certified values belong to certified rows: sums of y and of each x by hand."""
    frame = longley_data.load_pandas().data
    assert len(frame) == 16
    assert frame["TOTEMP"].sum() == 1045072.0
    assert frame["GNP"].iloc[[0, -1]].tolist() == [234289.0, 554894.0]


def test_longley_has_ten_correct_digits_in_the_worst_coefficient(longley):
    # QR of the columns: condition 5e9 in their units, 1e5 at length one. 10.9 are usual.
    assert digits(longley.params, pairs(LONGLEY)[:, 0]) >= 10


def test_longley_has_ten_correct_digits_in_the_worst_standard_error(longley):
    assert digits(longley.bse, pairs(LONGLEY)[:, 1]) >= 10


def test_longley_s_fit(longley):
    # Fourteen digits are certified; R² is one minus a small ratio, the residual its root.
    assert longley.rsquared["employment"] == pytest.approx(LONGLEY_RSQUARED, rel=1e-13)
    residual = np.sqrt(longley.sigma.loc["employment", "employment"])
    assert residual == pytest.approx(LONGLEY_RESIDUAL, rel=1e-11)


def test_filip_s_polynomial_has_seven_correct_digits_in_the_worst_coefficient(filip):
    """Ten powers of x from −8.8 to −3.1: condition 5e9 at length one, normal equations fail."""
    assert digits(filip.params, pairs(FILIP)[:, 0]) >= 7


def test_filip_s_standard_errors_and_fit(filip):
    assert digits(filip.bse, pairs(FILIP)[:, 1]) >= 7
    # Terms b_j x^j of size 1e5 cancel to residuals of 3e-3: rounding of 1e-11 in each.
    assert filip.rsquared["polynomial"] == pytest.approx(FILIP_RSQUARED, abs=1e-10)


@pytest.mark.parametrize("block_rows", [1, 5, 16, 1000])
def test_longley_s_digits_survive_any_block_size(longley, block_rows):
    design, values = longley.model.system.design, longley.model.sample_rows.values
    r = compress(design, values, block_rows=block_rows).r
    y, x = design.dependents[0], list(design.regressors[0])
    q, t = np.linalg.qr(r[:, x])
    found = np.linalg.solve(t, q.T @ r[:, y])
    assert digits(found, pairs(LONGLEY)[:, 0]) >= 10


def test_three_stage_least_squares_keeps_its_digits_in_awkward_units(klein, klein_model):
    """Columns from 1e-6 to 1e9 times their size: the coefficients follow to thirteen digits."""
    units = dict.fromkeys(klein.columns, 1.0) | {"gnp": 1e9, "wages": 1e-6, "capitalLag": 1e7}
    scaled = klein.assign(**{name: klein[name] * unit for name, unit in units.items()})
    other = SystemEquations(
        klein_model.equations,
        scaled,
        instruments=INSTRUMENTS,
    )
    for method in ("ols", "sur", "2sls", "3sls"):
        plain, found = klein_model.fit(method), other.fit(method)
        scale = np.array([units.get(term, 1.0) for _, term in plain.params.index])
        np.testing.assert_allclose(found.bse * scale, plain.bse, rtol=1e-11)
        # In standard errors, since some coefficients are nearly zero.
        assert np.abs((found.params * scale - plain.params) / plain.bse).max() <= 1e-11


def test_a_large_mean_costs_the_slope_no_more_digits_than_the_data_lost():
    """y = 2 + 3x exactly in binary, x = 2²⁰ + j/8: the slope keeps ten digits."""
    x = 2.0**20 + np.arange(64) / 8.0
    noise = np.where(np.arange(64) % 2, 0.25, -0.25)
    frame = pd.DataFrame({"y": 2.0 + 3.0 * x + noise, "x": x})
    found = SystemEquations({"line": "y ~ x"}, frame).fit("ols")
    centred = (np.arange(64) - 31.5) / 8.0
    slope = 3.0 + centred @ noise / (centred @ centred)
    # The spread of x is 2e-6 of its size, so sixteen digits become ten.
    assert found.params["line", "x"] == pytest.approx(slope, rel=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_an_iteration_that_runs_away_is_stopped_or_warned_of_and_never_called_converged(seed):
    """The iterated GLS form with differing instruments may grow by a factor in every step."""
    right = (("z0", "z4"), ("y0", "z1", "z5"), ("y0", "y1", "z2"), ("1", "y0", "z3", "z7"))
    lists = (
        ("z0", "z4", "z1", "z2"),
        ("z1", "z5", "z0", "z2", "z3"),
        ("z2", "z0", "z1"),
        ("1", "z3", "z7", "z0", "z1"),
    )
    left, pool = ["y0", "y1", "y2", "y3"], [f"z{j}" for j in range(8)]
    frame = simulate(seed, 48, left, pool, list(right), scatter=0.05)
    model = System(frame, tuple(left), right, lists).model()
    size = np.abs(model.fit("2sls").params).max()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Instruments differ")  # asked for by name
        try:
            found = model.fit("i3sls", form="gls")
        except (SingularError, ConvergenceWarning):
            return
    # A fixed point near the data: true coefficients and those of 2SLS are of order one.
    assert found.converged
    assert np.abs(found.params).max() < 1e3 * size
