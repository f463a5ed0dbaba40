"""Stata's own output: every block in reference/stata that simeq can fit, to all printed digits.

Numbers may differ by half a unit in the last place, which is rounding, and by what two routes
through double precision differ by: a case's noise, in units of standard errors and relative to
them. `stata_cases.py` says what is asked for.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import stats

from simeq import SystemEquations
from stata import Block, blocks, data, half_unit, square
from stata_cases import CASES, IVREG2, SMALL, WAGES_INSTRUMENTS, Case, waits_for

BY_NAME = {case.name: case for case in CASES}

#: Stata takes p = 2(1 − Φ(|z|)) for systems, so that p is right to 1e-16 and no further.
COMPLEMENT = 3e-16

#: scipy 1.14's quantiles of t are right to 3e-11, relative.
QUANTILE = 1e-10


@pytest.fixture(params=BY_NAME)
def case(request) -> Case:
    return BY_NAME[request.param]


@functools.cache
def fitted(name: str):
    """The fit of a case; models are shared among those that differ in their errors alone."""
    case = BY_NAME[name]
    model = _model(case.block["data"], tuple(case.equations.items()), case.instruments)
    return model.fit(case.method, like="stata", **case.options)


@functools.cache
def _model(frame: str, equations: tuple[tuple[str, str], ...], instruments: str | None):
    return SystemEquations(dict(equations), data(frame), instruments=instruments)


def assert_printed(found: Any, printed: Any, block: Block, noise: Any = 0.0) -> None:
    """Found numbers round to the printed ones; those that the source lacks are left out."""
    expected = np.array(printed, dtype=float)
    there = np.isfinite(expected)
    gap = np.abs(np.asarray(found, dtype=float) - expected)[there]
    allowed = (half_unit(expected, block) + noise)[there] + np.finfo(float).tiny
    assert (gap <= allowed).all(), f"{(gap / allowed).max():.3g} times what is allowed"


def numbers(case: Case):
    """Coefficients, their standard errors and t ratios in the block's order."""
    found = fitted(case.name)
    b = found.params[case.terms].to_numpy()
    se = found.bse[case.terms].to_numpy() * np.sqrt(case.factor)
    return b, se, b / se


def test_coefficients_and_their_covariance(case):
    block, (b, se, t) = case.block, numbers(case)
    if "b" in block:
        assert_printed(b, block["b"], block, case.noise * np.maximum(np.abs(b), se))
    if "se" in block:
        assert_printed(se, block["se"], block, case.noise * se)
    for letter in {"t", "z"} & block.keys():
        assert_printed(t, block[letter], block, case.noise * (1 + np.abs(t)))
    if "V" in block:
        cov = fitted(case.name).cov_params().loc[case.terms, case.terms] * case.factor
        assert_printed(cov, square(block["V"]), block, case.noise * np.outer(se, se))


WITH_P = [case.name for case in CASES if "p" in case.block and "p" not in case.apart]


@pytest.mark.parametrize("name", WITH_P)
def test_p_values_and_intervals(name):
    case, found = BY_NAME[name], fitted(name)
    block, (b, se, t) = case.block, numbers(case)
    p = found.pvalues[case.terms].to_numpy()
    # p moves by φ(t) dt, which is p |t| dt in the tail.
    assert_printed(p, block["p"], block, 2 * case.noise * (1 + t**2) * p + COMPLEMENT)
    if "lower" in block:
        bounds = found.conf_int().loc[case.terms]
        noise = case.noise * np.abs(b) + 3 * (case.noise + QUANTILE) * se
        for side in ("lower", "upper"):
            assert_printed(bounds[side], block[side], block, noise)


def test_goodness_of_fit(case):
    found, block, noise = fitted(case.name), case.block, case.noise
    for label, printed in case.statistics.items():
        rss = (found.resid[label] ** 2).sum()
        values = {
            "N": (found.nobs, 0.0),
            "rss": (rss, noise * rss),
            "rmse": (np.sqrt(found.sigma_resid.loc[label, label]), noise * np.sqrt(rss)),
            "r2": (found.rsquared[label], noise),
            "r2_a": (found.rsquared_adj[label], noise),
        }
        for key, (value, allowed) in values.items():
            if printed.get(key) is not None and key not in case.apart:
                assert_printed(value, printed[key], block, allowed)
    if "ll" in block["stats"]:
        assert_printed(found.llf, block["stats"]["ll"], block, noise * found.nobs)
    if "Sigma" in block:
        root = np.sqrt(np.diag(found.sigma))
        assert_printed(found.sigma, square(block["Sigma"]), block, noise * np.outer(root, root))


JOINT = [
    case.name
    for case in CASES
    if "F" not in case.apart and any(s.get("F") or s.get("chi2") for s in case.statistics.values())
]


@pytest.mark.parametrize("name", JOINT)
def test_all_slopes_of_an_equation_jointly(name):
    """By F where Stata has Student's t, else by χ²."""
    case, found = BY_NAME[name], fitted(name)
    for label, printed in case.statistics.items():
        by_f = printed.get("F") is not None
        slopes = [term for equation, term in case.terms if equation == label]
        text = ", ".join(f"{slope} = 0" for slope in slopes if slope != "Intercept")
        test = found.equations[label].wald_test(text, use_f=by_f)
        value, noise = float(test.statistic), 10 * case.noise  # V⁻¹ enlarges its error
        assert_printed(value, printed["F" if by_f else "chi2"], case.block, noise * value)
        p = printed.get("Fp", printed.get("p"))
        if p is not None and "p" not in case.apart:
            chi2 = value * test.df_num if by_f else value
            assert_printed(test.pvalue, p, case.block, noise * chi2 * float(test.pvalue))
        if printed.get("df_r") is not None and by_f and "p" not in case.apart:
            assert test.df_denom == printed["df_r"]


# ---------------------------------------------------------------------------- degrees of freedom

SMALL_SUREG = [name for name in BY_NAME if name.startswith("sureg") and name.endswith("-ss")]


@pytest.mark.parametrize("name", SMALL_SUREG)
def test_p_values_under_sureg_small_have_the_systems_degrees_of_freedom(name):
    """t(nG − K), for each coefficient and for F; its help file says those of equation 1."""
    case, (_, _, t) = BY_NAME[name], numbers(BY_NAME[name])
    found, printed = fitted(name), np.array(BY_NAME[name].block["p"])
    system = found.nobs * len(case.equations) - len(t)
    first = found.nobs - sum(label == case.terms[0][0] for label, _ in case.terms)
    assert found.df_resid == system != first
    one_system, one_equation = (2 * stats.t.sf(np.abs(t), dof) for dof in (system, first))
    np.testing.assert_allclose(one_system, printed, rtol=2e-6)
    assert np.abs(np.log(one_equation[printed > 1e-9] / printed[printed > 1e-9])).max() > 0.002


def test_a_divisor_alone_leaves_sureg_with_the_normal_distribution():
    """`dfk` is a divisor, `small` brings Student's t: two options of Stata's, two arguments."""
    case = BY_NAME[SMALL_SUREG[0]]
    model = _model(case.block["data"], tuple(case.equations.items()), None)
    assert not model.fit("sur", like="stata", sigma_dof="geomean").use_t
    assert not model.fit("sur", like="stata").use_t
    assert model.fit("2sls" if case.instruments else "ols", like="stata").use_t


def test_driscoll_kraay_t_ratios_have_one_degree_less_than_ivreg2_has_periods():
    """ivreg2's with `small`; xtscc has one less than units, on the same ratios as without it."""
    (small,) = (b for b in blocks("single") if b["command"].endswith("dkraay(5) small"))
    plain = BY_NAME["ivreg2 invest mvalue kstock, dkraay(5) (results_nw_groupsum4_ivreg_large)"]
    xtscc = BY_NAME["xtscc invest mvalue kstock, lag(4) (results_nw_groupsum4)"]
    periods, units = 20, 10
    for block, degrees in ((small, periods - 1), (xtscc.block, units - 1)):
        assert block["df"] == degrees
        p = 2 * stats.t.sf(np.abs(block["t"]), degrees)
        np.testing.assert_allclose(p, block["p"], rtol=1e-8)
    # The factor of `small` is that of clusters: T/(T − 1)·(n − 1)/(n − k).
    factor = periods / (periods - 1) * 199 / 197
    found = fitted(plain.name).cov_params() * factor
    np.testing.assert_allclose(found.loc[plain.terms, plain.terms], square(small["V"]), rtol=1e-9)


# ---------------------------------------------------------------------------- after estimation

#: The quoting test of linearmodels, the method here, its arguments, Stata's statistic.
ESTAT = [
    ("test_sargan", "sargan", {}, "sargan"),
    ("test_basmann", "basmann", {}, "basmann"),
    ("test_durbin", "durbin", {}, "d"),
    ("test_durbin", "durbin", {"variables": "x1"}, "d_x1"),
    ("test_wu_hausman", "wu_hausman", {}, "wu"),
    ("test_wu_hausman", "wu_hausman", {"variables": "x1"}, "wu_x1"),
    ("test_wooldridge_score", "wooldridge_score", {}, "r_score"),
    ("test_wooldridge_regression", "wu_hausman_robust", {}, "regF"),
    ("test_wooldridge_overid", "hansen_j", {}, "score"),
]


@pytest.mark.parametrize(("source", "method", "options", "key"), ESTAT, ids=lambda x: str(x))
def test_after_ivregress(source, method, options, key):
    """`estat overid` and `estat endogenous`: six digits, p to four decimals."""
    (block,) = (b for b in blocks("after") if b["source"].endswith(f":{source}"))
    formula = "y_robust ~ x3 + x4 + x5 + " + " + ".join(block["endog"])
    model = _model("ivregress", (("y", formula),), "~ x3 + x4 + x5 + z1 + z2")
    robust = "vce(robust)" in block["command"]
    options_of_fit = SMALL | ({"cov_type": "HC1"} if robust else {})
    tests = model.fit("2sls", like="stata", **options_of_fit).tests
    found = getattr(tests, method)("y", **options)
    np.testing.assert_allclose(found.statistic, block["stats"][key], rtol=5e-6)
    np.testing.assert_allclose(found.pvalue, block["stats"][f"p_{key}"], atol=5.1e-5)


def test_restrictions_on_longley():
    (block,) = (b for b in blocks("after") if b["data"] == "longley")
    model = _model("longley", (("y", "TOTEMP ~ GNPDEFL + GNP + UNEMP + ARMED + POP + YEAR"),), None)
    restrictions = block["asked"].removeprefix("test ").replace(";", ",")
    found = model.fit("ols", like="stata").equations["y"].f_test(restrictions)
    printed = block["stats"]
    np.testing.assert_allclose(found.statistic, printed["F"], rtol=5e-7)  # eight digits
    np.testing.assert_allclose(found.pvalue, printed["p"], rtol=1e-4)  # four
    assert (found.df_num, found.df_denom) == (printed["df"], printed["df_r"])


GRILICHES = [b for b in blocks("single") if b["command"].startswith("ivreg2 lw")]


@pytest.mark.parametrize(
    "block", GRILICHES, ids=lambda b: b["command"].partition(")")[2] or "plain"
)
def test_tests_of_instruments_that_ivreg2_prints(block):
    """Overidentification and strength; its Kleibergen-Paap F has the small factor always."""
    case = next(case for case in CASES if case.block["data"] == "griliches")
    equations = tuple(case.equations.items())
    model = _model("griliches", equations, WAGES_INSTRUMENTS)
    robust, printed = "robust" in block["command"], block["stats"]
    tests = model.fit("2sls", like="stata", cov_type="HC1" if robust else "nonrobust").tests
    j = tests.hansen_j("lw") if robust else tests.sargan("lw")
    found = {"j": j.statistic, "jp": j.pvalue, "jdf": j.df, "cdf": tests.cragg_donald_f("lw")}
    if robust:
        rank = tests.kleibergen_paap("lw", form="lm")
        found |= {"widstat": tests.kleibergen_paap_f("lw")}
        found |= {"idstat": rank.statistic, "idp": rank.pvalue, "iddf": rank.df}
    for key, value in found.items():
        # A tail's p moves by half of χ² times as much as χ² does; χ² is 48 at most.
        np.testing.assert_allclose(value, printed[key], rtol=IVREG2 * (25 if "p" in key else 1))


# ---------------------------------------------------------------------------- nothing forgotten

FILES = ("ivregress_2sls", "ivregress_liml", "ivregress_gmm", "systems", "var", "panel", "single")

WAITING = {
    "LIML": 198,
    "GMM": 390 + 3,
    "weights": 96 + 9 + 8,
    "effects": 33,
    "ivreg2's small factor": 2,
    "nonlinear moments": 6,
    "autoregressive errors": 1,
}


def test_every_block_is_a_case_or_waits_for_something():
    tested = [case.block for case in CASES]
    every = [block for name in FILES for block in blocks(name)]
    waiting = Counter(waits_for(block) for block in every)
    assert waiting.pop(None) == len(tested)
    assert dict(waiting) == WAITING
    assert all(waits_for(block) is None for block in tested)
    assert len(BY_NAME) == len(CASES)
