"""Functions of coefficients: exact derivatives, the delta method, safe reading; many tests."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simeq import SystemEquations, datasets
from simeq.errors import ConstraintError, DataError, SimeqError
from simeq.formula.coefficient_functions import read_functions

NAMES = ["[a]x", "[a]x:z", "[b]np.log(y)", "[b]C(r)[T.2]", "[b]Intercept", "[b]x2"]

EXPRESSIONS = [
    ("[a]x * [b]x2", lambda b: b[0] * b[5]),
    ("([a]x + 2*[a]x:z)/(1 - [b]x2)", lambda b: (b[0] + 2 * b[1]) / (1 - b[5])),
    ("exp(-[a]x)*[b]np.log(y)**3", lambda b: np.exp(-b[0]) * b[2] ** 3),
    (
        "np.sqrt(abs([b]C(r)[T.2])) - log([b]_cons**2)",
        lambda b: np.abs(b[3]) ** 0.5 - np.log(b[4] ** 2),
    ),
    ("abs([a]x)**[b]x2 = 2 - 1/[b]x2", lambda b: np.abs(b[0]) ** b[5] - (2 - 1 / b[5])),
    ("+[a]x - 1e-1*[b]x2*2.5", lambda b: b[0] - 0.25 * b[5]),
]


@pytest.mark.parametrize(("text", "function"), EXPRESSIONS)
@given(b=st.lists(st.floats(0.2, 2.0), min_size=6, max_size=6), sign=st.sampled_from([-1.0, 1.0]))
def test_values_and_gradients(text, function, b, sign):
    point = np.array(b) * [1, sign, sign, sign, sign, 1]
    point[5] += 0.05 if abs(point[5] - 1) < 0.02 else 0.0
    found = read_functions(text, NAMES)[0](point[None, :])
    assert found.value[0] == pytest.approx(function(point), rel=1e-12, abs=1e-14)
    # Central differences lose the square of the step and rounding by it: 1e-6 is safe for both.
    step = 1e-6 * np.eye(6)
    slope = [(function(point + h) - function(point - h)) / 2e-6 for h in step]
    np.testing.assert_allclose(found.gradient[0], slope, rtol=1e-6, atol=1e-6 * np.abs(slope).max())


def test_several_functions_in_one_text_or_a_list():
    texts = [f.text for f in read_functions("[a]x*2, exp([b]x2)", NAMES)]
    assert texts == ["[a]x*2", "exp([b]x2)"]
    assert len(read_functions(["[a]x, [b]x2", "[a]x:z"], NAMES)) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]y", "names no coefficient"),
        ("[b]x3 * 2", "Did you mean '\\[b\\]x2'"),
        ("[a]x2", "Did you mean"),
        ("2 + 3", "names no coefficient"),
        ("", "write 'f'"),
        ("[a]x = 1 = 2", "write 'f'"),
        ("[a]x == 1", "cannot be read"),
        ("[a]x if [b]x2 else 1", "cannot be read"),
        ("[a]x.real", "names no coefficient"),
        ("sin([a]x)", "names no coefficient"),
        ("exp([a]x, 2)", "cannot be read"),
        ("[a]x @ [b]x2", "cannot be read"),
        ("[a]x + True", "names no coefficient|cannot be read"),
        ("__import__('os').getcwd()", "names no coefficient"),
        ("[[a]x for _ in (1,)]", "names no coefficient|cannot be read"),
        ("(lambda: [a]x)()", "names no coefficient|cannot be read"),
        ("[a]x + 'text'", "names no coefficient|cannot be read"),
        (3, "are text"),
        ([], "are text"),
    ],
)
def test_what_is_no_function(text, message):
    with pytest.raises(ConstraintError, match=message):
        read_functions(text, NAMES)


def test_delta_method_by_hand(klein_model):
    result = klein_model.fit("3sls")
    found = result.nonlinear("[consumption]wages * [private_wages]gnp")
    a, b = result.params["consumption", "wages"], result.params["private_wages", "gnp"]
    pair = [("consumption", "wages"), ("private_wages", "gnp")]
    v = result.cov_params().loc[pair, pair].to_numpy()
    se = np.sqrt(np.array([b, a]) @ v @ np.array([b, a]))
    assert found.params.iloc[0] == pytest.approx(a * b, rel=1e-14)
    assert found.bse.iloc[0] == pytest.approx(se, rel=1e-12)
    assert found.pvalues.iloc[0] == pytest.approx(2 * stats.norm.sf(abs(a * b / se)), rel=1e-10)
    np.testing.assert_allclose(
        found.conf_int(0.1).iloc[0], a * b + se * stats.norm.ppf([0.05, 0.95])
    )


def test_linear_functions_are_linear_tests(klein_model):
    result = klein_model.fit("3sls", use_t=True, cov_type="HC1")
    text = "[consumption]corpProf + 2*[investment]corpProf = 1"
    found, expected = result.nonlinear(text), result.t_test(text)
    assert found.tvalues.iloc[0] == pytest.approx(expected.tvalue.item(), rel=1e-10)
    assert found.pvalues.iloc[0] == pytest.approx(expected.pvalue.item(), rel=1e-10)
    joint = ["[consumption]corpProf - 1", "[investment]corpProf"]
    both = result.nonlinear(joint).wald_test(np.eye(2))
    assert both.statistic == pytest.approx(
        result.wald_test("[consumption]corpProf = 1, [investment]corpProf = 0").statistic, rel=1e-9
    )


def test_functions_of_one_equation(klein_model):
    result = klein_model.fit("2sls")
    found = result.equations["investment"].nonlinear("corpProf / (1 - corpProfLag)")
    whole = result.nonlinear("[investment]corpProf / (1 - [investment]corpProfLag)")
    assert found.params.iloc[0] == pytest.approx(whole.params.iloc[0], rel=1e-12)
    assert found.bse.iloc[0] == pytest.approx(whole.bse.iloc[0], rel=1e-12)


def test_intervals_by_draws():
    panel = datasets.simulate_interaction(seed=4)
    model = SystemEquations(datasets.INTERACTION_EQUATIONS, panel)
    kinds = {"groups": "unit", "seed": 5, "n_boot": 199}
    result = model.fit("3sls", cov_type="bootstrap", cov_kwds=kinds)
    found = result.nonlinear("[productivity]manufacture * [manufacture]productivity")
    draws = result.bootstrap.params
    product = (
        draws["productivity", "manufacture"] * draws["manufacture", "productivity"]
    ).to_numpy()
    low, high = np.quantile(product, [0.025, 0.975])
    np.testing.assert_allclose(found.conf_int(kind="percentile").iloc[0], [low, high])
    centre = found.params.iloc[0]
    np.testing.assert_allclose(
        found.conf_int(kind="basic").iloc[0], [2 * centre - high, 2 * centre - low]
    )
    with pytest.raises(SimeqError, match="Unknown kind of interval"):
        found.conf_int(kind="studentised")
    with pytest.raises(DataError, match="needs draws"):
        model.fit("3sls").nonlinear("exp([productivity]manufacture)").conf_int(kind="percentile")


def test_undefined_at_the_estimates(klein_model):
    result = klein_model.fit("3sls")
    for text in ("log([investment]corpProf)", "1/([investment]corpProf - [investment]corpProf)"):
        with pytest.raises(ConstraintError, match="undefined at the estimates"):
            result.nonlinear(text)


def test_a_function_given_twice_is_shown_twice(klein_model):
    text = "[consumption]wages ** 2"
    twice = klein_model.fit("3sls").nonlinear([text, text])
    assert twice.summary_frame().index.tolist() == [text, text]
    assert str(twice).count(text) == 2


def test_functions_print_as_a_table(klein_model):
    text = str(klein_model.fit("3sls").nonlinear("[consumption]wages**2"))
    assert "[consumption]wages**2" in text
    assert "0.6242" in text


@pytest.mark.parametrize("method", ["bonferroni", "holm", "fdr_bh"])
def test_adjusted_p_values_by_hand(klein_model, method):
    result = klein_model.fit("3sls")
    p = result.pvalues.to_numpy()
    order, m = np.argsort(p), len(p)
    expected = np.empty(m)
    if method == "bonferroni":
        expected = np.minimum(p * m, 1)
    elif method == "holm":
        expected[order] = np.minimum(np.maximum.accumulate(p[order] * (m - np.arange(m))), 1)
    else:
        ranked = p[order] * m / (1 + np.arange(m))
        expected[order] = np.minimum.accumulate(ranked[::-1])[::-1]
    np.testing.assert_allclose(result.adjusted_pvalues(method), expected, rtol=1e-12)


def test_adjusted_p_values_of_some(klein_model):
    result = klein_model.fit("3sls")
    some = [("investment", "corpProf"), ("consumption", "corpProf")]
    found = result.adjusted_pvalues("bonferroni", some)
    np.testing.assert_allclose(found, np.minimum(2 * result.pvalues[some], 1))
    one = result.equations["investment"].adjusted_pvalues("holm", ["corpProf"])
    assert one.item() == pytest.approx(result.pvalues["investment", "corpProf"])
    with pytest.raises(SimeqError, match="Did you mean"):
        result.equations["investment"].adjusted_pvalues("holm", ["corpProff"])
    with pytest.raises(SimeqError, match="Unknown method 'hol'"):
        result.adjusted_pvalues("hol")


def test_fixed_coefficients_are_not_counted(klein_model):
    result = klein_model.fit("3sls", constraints="[consumption]wages = 0.8")
    found = result.adjusted_pvalues("bonferroni")
    assert np.isnan(found["consumption", "wages"])
    assert found["private_wages", "gnp"] == pytest.approx(
        11 * result.pvalues["private_wages", "gnp"]
    )


# ---------------------------------------------------------------------------- stories of bugs

STRANGE = [
    "[b]C(r)[T.(]",
    "[b]C(r)[T.x] y]",
    "[b]C(r)[T.a, b]",
    '[b]C(r)[T.it\'s = "q"]',
    "[b]C(r)[T.2 * [a]x]",
    "[b]bs(x, df=4)[0]",
    "[a]x:z",
    "[a]x",
]


@pytest.mark.parametrize("name", STRANGE)
def test_names_of_any_kind_stand_beside_commas_and_equals_signs(name):
    """A bracket in the name of a level swallowed the comma after it."""
    functions = read_functions(f"2 * {name} = 1, [a]x + {name}", STRANGE)
    assert [f.text for f in functions] == [f"2 * {name} = 1", f"[a]x + {name}"]
    b = np.arange(2.0, 10.0)[None, :]
    own = b[0, STRANGE.index(name)]
    assert [f(b).value[0] for f in functions] == [2 * own - 1, 9 + own]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]x) * ([b]x2", "is no arithmetic"),  # was read as a product
        ("[a]x # + [b]x2", "is no arithmetic"),
        ("_coefficient_0 * [a]x", "is no arithmetic"),  # was read as [a]x
        ("[a]x + 1" + "0" * 400, "too large a number"),  # was an OverflowError
        ("-" * 3000 + "[a]x", "nests too deeply"),  # was a RecursionError
        (" + ".join(["[a]x"] * 20_000), "nests too deeply"),
        ("[a]x\0", "is no arithmetic"),
    ],
)
def test_texts_that_were_read_or_crashed(text, message):
    with pytest.raises(ConstraintError, match=message):
        read_functions(text, NAMES)


def test_lines_may_be_broken():
    (function,) = read_functions("[a]x\n  + [b]x2", NAMES)
    assert function(np.ones((1, 6))).value[0] == 2.0


def test_columns_called_as_functions_are(klein):
    """Experience is exp in many a wage equation."""
    frame = klein.assign(exp=klein["govExp"], log=klein["taxes"])
    result = SystemEquations({"w": "consump ~ exp + log"}, frame).fit("ols")
    own, whole = result.equations["w"], result.params["w"]
    for text, expected in {
        "-exp / (2 * log)": -whole["exp"] / (2 * whole["log"]),
        "exp(exp)": np.exp(whole["exp"]),
        "log (log**2)": np.log(whole["log"] ** 2),
    }.items():
        assert own.nonlinear(text).params.iloc[0] == pytest.approx(expected, rel=1e-12)


def test_degrees_of_freedom_are_those_of_the_coefficients(klein_model):
    """systemfit's t has n - k_i of them; functions had those of the whole system."""
    result = klein_model.fit("3sls", like="systemfit")
    one = result.nonlinear("[consumption]wages")
    assert one.pvalues.iloc[0] == pytest.approx(result.pvalues["consumption", "wages"], rel=1e-9)
    np.testing.assert_allclose(
        one.conf_int(), result.conf_int().loc[[("consumption", "wages")]], rtol=1e-12
    )
    own = result.equations["consumption"].nonlinear("wages")
    assert own.pvalues.iloc[0] == pytest.approx(one.pvalues.iloc[0], rel=1e-12)


def test_functions_that_constraints_fix_have_no_statistic(klein_model):
    """Their variance is rounding, and had t ratios of 1e8."""
    text = "[consumption]wages + [consumption]corpProf"
    result = klein_model.fit("3sls", constraints=f"{text} = 0.9")
    found = result.nonlinear([text, f"log({text})", "[consumption]wages"])
    assert found.bse.tolist()[:2] == [0.0, 0.0]
    assert found.tvalues.isna().tolist() == [True, True, False]
    assert found.bse.iloc[2] == pytest.approx(result.bse["consumption", "wages"], rel=1e-9)


def test_an_equation_has_intervals_by_draws_too():
    """It asked for the bootstrap that the system had."""
    panel = datasets.simulate_interaction(seed=4)
    model = SystemEquations(datasets.INTERACTION_EQUATIONS, panel)
    result = model.fit("3sls", cov_type="bootstrap", cov_kwds={"seed": 5, "n_boot": 99})
    own = result.equations["productivity"].nonlinear("exp(manufacture)")
    whole = result.nonlinear("exp([productivity]manufacture)")
    for kind in ("percentile", "basic"):
        np.testing.assert_allclose(own.conf_int(kind=kind), whole.conf_int(kind=kind))


def test_draws_in_which_a_function_is_undefined_are_not_left_out(klein_model):
    """Intervals were of the draws that remained, without a word."""
    kinds = {"seed": 1, "n_boot": 199}
    result = klein_model.fit("2sls", cov_type="bootstrap", cov_kwds=kinds)
    found = result.nonlinear("log([investment]corpProf + 0.01)")
    with pytest.raises(DataError, match=r"undefined in \d+ of 199 draws"):
        found.conf_int(kind="percentile")
    assert np.isfinite(found.conf_int()).all().all()


def test_fifty_equations_draws_take_little_memory():
    """Gradients by all 550 coefficients, not by the two that stand in a function, took 40 times
    the time."""
    names = [f"[e{i}]x{j}" for i in range(50) for j in range(11)]
    draws = np.random.default_rng(0).normal(size=(999, 550))
    functions = read_functions([f"{a} * {b}" for a, b in itertools.pairwise(names)], names)
    tracemalloc.start()
    values = np.column_stack([function.value(draws) for function in functions])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(values, draws[:, :-1] * draws[:, 1:])
    assert peak < 4 * draws.nbytes


@pytest.mark.parametrize("method", [3, None])
def test_methods_of_adjustment_that_are_no_text(klein_model, method):
    with pytest.raises(SimeqError, match=f"Unknown method {method}"):
        klein_model.fit("3sls").adjusted_pvalues(method)


def test_coefficients_of_adjustment_are_counted_once(klein_model):
    result = klein_model.fit("3sls")
    label = ("investment", "corpProf")
    for some in (label, [label], [label, label], [list(label)]):
        found = result.adjusted_pvalues("bonferroni", some)
        assert found.to_dict() == {label: pytest.approx(result.pvalues[label])}
    one = result.equations["investment"].adjusted_pvalues("bonferroni", "corpProf")
    assert one.item() == pytest.approx(result.pvalues[label])
