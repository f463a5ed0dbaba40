"""Stories of bugs: each began with one of these tests failing."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

import simeq
from simeq import (
    ConstraintError,
    DataError,
    FormulaError,
    RankWarning,
    SimeqError,
    SimeqWarning,
    SystemEquations,
    compare,
)
from simeq.__main__ import main


def square(v):
    return v * v


def centre(v):
    return v - np.mean(v)


def half(v):
    return v / 2


def roll(v):
    return np.roll(np.asarray(v), 1)


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(60, 6)), columns=["y1", "y2", "x1", "x2", "x3", "w"])
    return data.assign(g=list("abc") * 20)


def ols(formula, data):
    return SystemEquations([formula], data).fit("ols")


# ---------------------------------------------------------------------- prediction


@pytest.mark.parametrize("levels", [[1, 2, 3], [2001, 2002, 2003], ["1a", "2a", "3a"]])
def test_predict_matches_categories_to_the_levels_of_the_sample(frame, levels):
    result = ols("y1 ~ x1 + k", frame.assign(k=pd.Categorical(levels * 20)))
    new = result.predict({"x1": [0.0, 0.0, 0.0], "k": levels})["y1"]
    b = result.params["y1"].to_numpy()
    np.testing.assert_allclose(new, b[0] + np.array([0.0, b[1], b[2]]), rtol=1e-12)
    missing = result.predict({"x1": [0.0, 0.0], "k": [levels[1], None]})["y1"]
    assert missing.isna().tolist() == [False, True]
    assert result.predict({"x1": [0.0], "k": [None]})["y1"].isna().all()
    with pytest.raises(DataError, match="not one of the categories of k"):
        result.predict({"x1": [0.0], "k": [7]})


def test_truth_values_predict_as_numbers_or_categories_as_they_were_learned(frame):
    flag = frame["w"] > 0
    plain = ols("y1 ~ f", frame.assign(f=flag))
    nullable = ols("y1 ~ f", frame.assign(f=flag.astype("boolean")))
    for trained in (plain, nullable):
        found = trained.predict({"f": [True, False]})["y1"].to_numpy()
        np.testing.assert_allclose(found, [trained.params.sum(), trained.params.iloc[0]])


def test_a_missing_value_predicts_nothing_even_where_the_term_hides_it(frame):
    result = ols("y1 ~ I(x1 > 0) + np.nan_to_num(x2)", frame)
    new = result.predict({"x1": [1.0, np.nan, 1.0], "x2": [1.0, 1.0, np.nan]})["y1"]
    assert new.isna().tolist() == [False, True, True]


def test_a_spline_beyond_its_knots_is_a_data_error_and_missing_stays_missing(frame):
    result = ols("y1 ~ bs(x1, 4) + center(x2)", frame)
    with pytest.raises(DataError, match=r"bs\(x1, 4\) cannot be evaluated on the new data"):
        result.predict({"x1": [100.0], "x2": [0.0]})
    new = result.predict({"x1": [0.0, np.nan], "x2": [0.0, 0.0]})["y1"]
    assert new.isna().tolist() == [False, True]
    with pytest.raises(DataError, match="holds text"):
        result.predict({"x1": [0.0], "x2": ["a"]})
    assert len(result.predict({"x1": [], "x2": []})) == 0


def test_one_equation_predicts_from_its_own_columns(frame):
    result = SystemEquations({"a": "y1 ~ x1", "b": "y2 ~ x2"}, frame).fit("sur")
    found = result.equations["b"].predict(frame[["x2"]])
    np.testing.assert_allclose(found, result.fittedvalues["b"], rtol=1e-12)


def test_a_callers_scalar_is_saved_and_a_callers_function_is_asked_for(frame):
    k = 3.0
    live = SystemEquations(["y1 ~ I(x1 * k)"], frame).fit("ols")
    kept = pickle.loads(pickle.dumps(live))
    expected = live.fittedvalues
    np.testing.assert_array_equal(kept.predict(frame), expected)
    np.testing.assert_array_equal(kept.predict(frame.assign(k=100.0)), expected)
    lost = pickle.loads(pickle.dumps(ols("y1 ~ half(x1)", frame)))
    with pytest.raises(DataError, match="calls half.*build the model from data again"):
        lost.predict(frame)
    assert k == 3.0


# ---------------------------------------------------------------------- terms


def test_a_column_named_as_the_constant_is_refused(frame):
    data = frame.assign(Intercept=frame["x2"])
    for formula in ("y1 ~ 0 + Intercept + x1", "y1 ~ Intercept", "Intercept ~ x1"):
        with pytest.raises(FormulaError, match="'Intercept'.*Rename the column"):
            SystemEquations([formula], data)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32"])
@pytest.mark.parametrize(
    "term", ["square(k)", "np.clip(k * k, 0, 1e12)", "k.diff()", "center(k*k)"]
)
def test_whole_column_functions_do_not_overflow_either(frame, dtype, term):
    k = (np.arange(60) % 13) * {"int8": 9, "uint8": 20, "int16": 2000, "int32": 6000}[dtype]
    narrow = ols(f"y1 ~ {term}", frame.assign(k=k.astype(dtype)))
    wide = ols(f"y1 ~ {term}", frame.assign(k=k.astype(float)))
    np.testing.assert_allclose(narrow.params, wide.params, rtol=1e-9)


def test_a_lag_inside_a_transform_means_the_row_before(frame):
    frame.loc[10, "x2"] = np.nan
    rolled = frame.assign(r=roll(frame["x1"]))
    np.testing.assert_allclose(
        ols("y1 ~ center(roll(x1)) + x2", frame).params,
        ols("y1 ~ center(r) + x2", rolled).params,
        rtol=1e-12,
    )
    shifted = frame.assign(s=frame["x1"].shift(1))
    found = ols("y1 ~ center(x1.shift(1))", frame)
    assert found.nobs == 59
    np.testing.assert_allclose(found.params, ols("y1 ~ center(s)", shifted).params, rtol=1e-12)


def test_a_callers_own_i_is_not_taken_for_patsys():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"y": rng.normal(size=60_000), "x": rng.normal(size=60_000)})
    scope = {"SystemEquations": SystemEquations, "data": data, "I": centre, "J": centre}
    found = [
        eval(f"SystemEquations(['y ~ 0 + {name}(x ** 2)'], data)", scope).fit("ols").params.iloc[0]
        for name in "IJ"
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_an_interaction_may_be_written_both_ways(frame):
    model = SystemEquations(
        {"a": "y1 ~ y2 + x1*x2 + g:w", "b": "y2 ~ y1 + x2*x1 + x3 + w:g"}, frame, exog="x3:x2"
    )
    assert model.instrument_names["a"].count("x1:x2") == 1
    again = SystemEquations(
        {"a": "y1 ~ y2:x2", "b": "y2 ~ x2:y2 + x1"}, frame, exog=["x2:y2", "x3"]
    )
    assert "y2:x2" in again.instrument_names["b"]
    assert set(again.roles.query("term == 'y2:x2'").role) == {"exogenous"}


def test_quotes_of_either_kind_name_one_column(frame):
    data = frame.assign(**{"x 2": frame["x2"]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = SystemEquations(
            {"a": """y1 ~ Q("x 2") + y2""", "b": "y2 ~ Q('x 2') + x1"}, data, exog=["x 2", "x3"]
        )
        model.fit("2sls")
    assert len(model.instrument_names["a"]) == 4


def test_keywords_may_be_exogenous_columns(frame):
    model = SystemEquations(
        ["y1 ~ y2"], frame.assign(**{"class": frame["x1"]}), endog="y2", exog="class"
    )
    assert model.instrument_names["y1"] == ["Intercept", "Q('class')"]


@pytest.mark.parametrize(
    "formula", ["y1 ~ Q('y1') + x1", "y1 ~ I(y1)", "I(y1) ~ y1", "Q('y1') ~ y1 + x1"]
)
def test_a_dependent_on_its_own_right_side_in_any_clothes(frame, formula):
    with pytest.raises(FormulaError, match="also stands on the right side"):
        SystemEquations([formula], frame)


def test_a_dependent_is_no_instrument_in_any_clothes(frame):
    with pytest.raises(FormulaError, match="a dependent cannot be exogenous"):
        SystemEquations(["y1 ~ x1"], frame, exog="I(y1)")


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("y1 ~ C(g, Treatment('zz'))", "cannot be coded"),
        ("y1 ~ g + mixed", "cannot be coded|no categories|holds text"),
    ],
)
def test_a_category_that_cannot_be_coded(frame, formula, words):
    data = frame.assign(mixed=[1, "1", "b"] * 20)
    with pytest.raises(SimeqError, match=words):
        SystemEquations([formula], data)


def test_values_that_are_no_categories(frame):
    with pytest.raises(DataError, match="no categories"):
        SystemEquations(["y1 ~ z"], frame.assign(z=[[1]] * 60))


def test_a_comparison_true_in_every_row_has_one_level(frame):
    with pytest.warns(RankWarning, match="one level"):
        model = SystemEquations(["y1 ~ x1 + I(w > -100)"], frame)
    assert len(model.index) == 2


def test_numbers_of_several_kinds_in_one_column_are_numbers(frame):
    from decimal import Decimal

    mixed = [Decimal("1.5"), 2.5, 3] * 20
    found = ols("y1 ~ z", frame.assign(z=mixed))
    np.testing.assert_array_equal(
        found.params, ols("y1 ~ z", frame.assign(z=[1.5, 2.5, 3.0] * 20)).params
    )


@pytest.mark.parametrize("text", ["−5", "$5", "1_000", "12 %", "€3.50"])
def test_text_that_reads_as_a_number_in_any_spelling(frame, text):
    with pytest.raises(DataError, match="read as numbers"):
        SystemEquations(["y1 ~ z"], frame.assign(z=[text, "a", "b"] * 20))


def test_a_large_level_is_not_a_constant(frame):
    result = ols("y1 ~ x1", frame.assign(y1=1e12 + 0.1 * frame["y1"]))
    assert np.isfinite(result.bse).all()
    assert ols("y1 ~ x1", frame.assign(y1=frame["y1"] * 1e150)).params.notna().all()


# ---------------------------------------------------------------------- estimates


@pytest.mark.parametrize("scale", [1e-150, 1e-100, 1e80, 1e100, 1e150])
@pytest.mark.parametrize("constraints", [None, "[b]x2 = 0.1"])
def test_weighted_least_squares_does_not_depend_on_units(frame, scale, constraints):
    equations = {"a": "y1 ~ x1", "b": "y2 ~ x2"}
    plain = SystemEquations(equations, frame).fit("wls", constraints=constraints)
    found = SystemEquations(equations, frame.assign(y1=frame["y1"] * scale)).fit(
        "wls", constraints=constraints
    )
    np.testing.assert_allclose(found.bse["a"], plain.bse["a"] * scale, rtol=1e-9)
    np.testing.assert_allclose(found.bse["b"], plain.bse["b"], rtol=1e-9)


def test_imposed_restrictions_are_neither_tested_nor_starred(frame):
    model = SystemEquations({"a": "y1 ~ x1", "b": "y2 ~ x2 + y1"}, frame)
    tied = model.fit("sur", constraints="3*[b]x2 + 7*[b]y1 = 0.3")
    with pytest.raises(ConstraintError, match="imposed"):
        tied.wald_test("3*[b]x2 + 7*[b]y1 = 0.1")
    fixed = model.fit("sur", constraints="[b]x2 + [a]x1 = 1, [a]x1 - [b]x2 = 0.3")
    assert fixed.bse["b", "x2"] == fixed.bse["a", "x1"] == 0.0
    assert np.isnan(fixed.tvalues["b", "x2"])
    assert np.isnan(fixed.pvalues["b", "x2"])
    assert np.isnan(fixed.t_test("[b]x2 = 0.35").pvalue)
    line = next(row for row in str(compare({"a": fixed})).splitlines() if "x2" in row)
    assert "*" not in line
    assert "nan" not in str(fixed.summary())


def test_an_equation_held_at_zero_iterates_in_peace(frame):
    model = SystemEquations({"a": "y1 ~ 0 + x1", "b": "y2 ~ x2"}, frame)
    assert model.fit("isur", constraints="[a]x1 = 0").converged


# ---------------------------------------------------------------------- arguments


def test_wrong_arguments_are_errors_of_ours(frame, tmp_path):
    model = SystemEquations({"a": "y1 ~ x1", "b": "y2 ~ x2"}, frame)
    result = model.fit("sur")
    path = tmp_path / "text"
    path.write_text("hello")
    calls = [
        lambda: SystemEquations(["y1 ~ x1"], frame, instruments=3),
        lambda: SystemEquations(["y1 ~ x1"], frame, exog=3),
        lambda: model.fit("isur", maxiter="a"),
        lambda: model.fit("isur", maxiter=np.nan),
        lambda: model.fit("isur", tol="x"),
        lambda: model.fit("sur", constraints=","),
        lambda: model.fit("sur", constraints="[a]x1=1,"),
        lambda: model.fit("sur", constraints=["[a]x1=1", ""]),
        lambda: model.fit("sur", constraints="[a]x1 = 1/0"),
        lambda: result.conf_int(None),
        lambda: result.wald_test("[a]x1", cov_p=np.eye(2)),
        lambda: result.wald_test("[a]x1", invcov=np.eye(2)),
        lambda: compare([result]),
        lambda: compare({"a": result}, stars=2),
        lambda: compare({"a": result}, stars=(0.1, "a")),
        lambda: compare({"a": result}, decimals=1.5),
        lambda: simeq.load(path),
    ]
    for call in calls:
        with pytest.raises(SimeqError):
            call()


def test_warnings_point_at_the_callers_line(frame):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        SystemEquations(["y1 ~ np.log(x1)"], frame)
        SystemEquations(["w2 ~ x1"], frame.assign(w2=frame["x1"] * 2)).fit("ols")
        SystemEquations(["y1 ~ x1"], frame).fit("2sls")
    assert [w.filename for w in caught] == [__file__] * 3
    assert all(issubclass(w.category, SimeqWarning) for w in caught)


# ---------------------------------------------------------------------- presentation


def test_names_are_escaped_in_every_format(frame):
    data = frame.assign(g=["!", "<b>x</b>", "50%_$", "a|b^~\\"] * 15)
    result = SystemEquations({"a<b>": "y1 ~ g", "two": "y2 ~ g"}, data).fit("sur")
    for page in (result.summary().as_html(), compare({"a|b\nc": result}).to_html()):
        assert "<b>" not in page
    latex = result.summary().as_latex()
    assert r"\caption{Equation a$<$b$>$: y1}" in latex
    assert r"50\%\_\$" in latex
    assert r"\textasciicircum{}" in latex
    assert "\\toprule" not in latex
    markdown = compare({"a|b\nc": result}).to_markdown()
    assert r"| a\|b c |" in markdown


@pytest.mark.parametrize("number", [6, 8, 9, 10, 11, 12])
def test_correlations_fit_eighty_columns_for_any_number_of_equations(number):
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        rng.normal(size=(80, number + 1)), columns=[f"v{i}" for i in range(number + 1)]
    )
    result = SystemEquations([f"v{i} ~ v{number}" for i in range(number)], data).fit("sur")
    assert max(map(len, str(result.summary()).splitlines())) <= 80


def test_huge_statistics_fit_eighty_columns(frame):
    data = frame.assign(z=frame["x1"] + 1e-12 * frame["w"])
    assert max(map(len, str(ols("z ~ x1", data).summary()).splitlines())) <= 80


# ---------------------------------------------------------------------- command line


def test_a_file_with_a_column_twice_is_refused(tmp_path, capsys):
    path = tmp_path / "twice.csv"
    path.write_text("y,x,x\n1,2,3\n2,3,5\n4,4,4\n7,5,1\n")
    assert main([str(path), "y ~ x", "--method", "ols"]) == 2
    assert "2 columns named 'x'" in capsys.readouterr().err


def test_a_file_with_semicolons_is_explained(tmp_path, capsys):
    path = tmp_path / "semi.csv"
    path.write_text("y;x\n1;2\n2;3\n")
    assert main([str(path), "y ~ x"]) == 2
    assert "separated by ';'" in capsys.readouterr().err


def test_a_terminal_without_unicode_gets_its_table():
    done = subprocess.run(
        [sys.executable, "-m", "simeq"],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )
    assert done.returncode == 0
    assert b"R? consumption" in done.stdout
    assert done.stderr == b""


# ---------------------------------------------------------------------- presets


def linearmodels_pair(data, debiased, iterate):
    from linearmodels.system import SUR

    ones = data.assign(Intercept=1.0)
    theirs = SUR(
        {
            "a": {"dependent": ones["y1"], "exog": ones[["Intercept", "x1", "x2"]]},
            "b": {"dependent": ones["y2"], "exog": ones[["Intercept", "x3"]]},
        }
    ).fit(cov_type="unadjusted", debiased=debiased, iterate=iterate)
    model = SystemEquations({"a": "y1 ~ x1 + x2", "b": "y2 ~ x3"}, data)
    divisor = {"sigma_dof": "geomean"} if debiased else {}
    return model.fit("isur" if iterate else "sur", like="linearmodels", **divisor), theirs


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("iterate", [False, True])
def test_the_preset_gives_linearmodels_errors_and_p_values_at_its_own_tolerance(
    frame, debiased, iterate
):
    data = frame.assign(y2=frame["y2"] + 0.7 * frame["y1"])
    ours, theirs = linearmodels_pair(data, debiased, iterate)
    np.testing.assert_allclose(ours.params, theirs.params, rtol=1e-9)
    np.testing.assert_allclose(ours.bse, theirs.std_errors, rtol=1e-9)
    np.testing.assert_allclose(ours.pvalues, theirs.pvalues, rtol=1e-7)
