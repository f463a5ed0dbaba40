"""Controls left out in turn, and groups of rows: each form is what a fresh model would be."""

import copy

import numpy as np
import pandas as pd
import pytest

import simeq
from simeq import SystemEquations
from simeq.data.factor_values import FactorValues
from simeq.design.sample_rows import KeptRows
from simeq.errors import (
    ConstraintError,
    DataError,
    FormulaError,
    IdentificationError,
    RankWarning,
    SimeqError,
    SimeqWarning,
)
from simeq.estimators.registry import ESTIMATORS as METHODS
from simeq.linalg import triangle as factor

#: Two routes through the same algebra.
SAME = {"rtol": 1e-10, "atol": 1e-12}

#: The iterated forms stop at a change of 1e-10, on either route at another point.
ITERATED = {"rtol": 1e-8, "atol": 1e-9}

EQUATIONS = {
    "output": "np.log(gsp) ~ np.log(pcap) + np.log(pc) + np.log(emp) + unemp",
    "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util) + unemp",
}
INSTRUMENTS = "~ np.log(pc) + np.log(water) + np.log(util) + np.log(emp) + unemp"


@pytest.fixture(scope="module")
def model(states):
    return SystemEquations(EQUATIONS, states, instruments=INSTRUMENTS)


def assert_same(result, fresh, **tolerance):
    tolerance = tolerance or (ITERATED if result.method.startswith("i") else SAME)
    assert list(result.params.index) == list(fresh.params.index)
    np.testing.assert_allclose(result.params, fresh.params, **tolerance)
    np.testing.assert_allclose(result.bse, fresh.bse, **tolerance)
    np.testing.assert_allclose(result.cov_params(), fresh.cov_params(), **tolerance)
    np.testing.assert_allclose(result.sigma, fresh.sigma, **tolerance)
    np.testing.assert_allclose(result.resid, fresh.resid, rtol=1e-7, atol=1e-8)
    assert result.resid.index.equals(fresh.resid.index)
    assert result.nobs == fresh.nobs
    assert result.df_resid == fresh.df_resid
    np.testing.assert_allclose(result.rsquared, fresh.rsquared, **tolerance)


# ---------------------------------------------------------------------- controls left out


@pytest.mark.parametrize("method", METHODS)
def test_a_control_left_out_is_a_fresh_model_without_it(model, states, method):
    found = model.fit_dropping("pc", "unemp", method=method)
    without_pc = SystemEquations(
        {**EQUATIONS, "output": "np.log(gsp) ~ np.log(pcap) + np.log(emp) + unemp"},
        states,
        instruments="~ np.log(water) + np.log(util) + np.log(emp) + unemp",
    )
    without_unemp = SystemEquations(
        {name: text.removesuffix(" + unemp") for name, text in EQUATIONS.items()},
        states,
        instruments=INSTRUMENTS.removesuffix(" + unemp"),
    )
    assert list(found.results) == [None, "pc", "unemp"]
    assert_same(found.results[None], model.fit(method))
    assert_same(found.results["pc"], without_pc.fit(method))
    assert_same(found.results["unemp"], without_unemp.fit(method))
    assert found.results["pc"].model.equations == without_pc.equations
    assert found.failed == {}


@pytest.mark.parametrize(
    "options",
    [
        {"cov_type": "HC1"},
        {"cov_type": "cluster", "cov_kwds": {"groups": "state"}},
        {"cov_type": "hac-groupsum", "cov_kwds": {"time": "year", "maxlags": 2}},
        {"cov_type": "jackknife", "cov_kwds": {"groups": "state"}},
        {"cov_type": "bootstrap", "cov_kwds": {"groups": "state", "n_boot": 19, "seed": 3}},
        {"sigma_dof": "geomean", "use_t": True},
        {"like": "stata"},
        {"constraints": "[output]np.log(emp) = 0.5"},
    ],
)
def test_every_option_of_fit_passes_through(model, states, options):
    found = model.fit_dropping("unemp", method="3sls", **options).results["unemp"]
    fresh = SystemEquations(
        {name: text.removesuffix(" + unemp") for name, text in EQUATIONS.items()},
        states,
        instruments=INSTRUMENTS.removesuffix(" + unemp"),
    ).fit("3sls", **options)
    assert_same(found, fresh, rtol=1e-9, atol=1e-12)  # resampling adds up a thousand small solves
    assert found.use_t == fresh.use_t
    assert found.notes == fresh.notes


def test_the_instruments_of_the_rule_lose_the_column_too(states):
    def build(output, roads, exog):
        return SystemEquations([output, roads], states, endog="pcap", exog=exog)

    whole = build("gsp ~ pcap + emp + unemp", "hwy ~ gsp + util", ["water", "I(water * unemp)"])
    fresh = build("gsp ~ pcap + emp", "hwy ~ gsp + util", ["water"])
    found = whole.fit_dropping("unemp").results["unemp"]
    assert_same(found, fresh.fit())
    assert found.model.instrument_names == fresh.instrument_names
    assert found.model.roles.equals(fresh.roles)


def test_the_sample_stays_that_of_the_full_model(states):
    gaps = states.assign(unemp=states["unemp"].where(states["year"] > 1971))
    whole = SystemEquations(EQUATIONS, gaps, instruments=INSTRUMENTS)
    found = whole.fit_dropping("unemp", method="2sls").results["unemp"]
    fresh = SystemEquations(
        {name: text.removesuffix(" + unemp") for name, text in EQUATIONS.items()},
        gaps.dropna(),
        instruments=INSTRUMENTS.removesuffix(" + unemp"),
    )
    assert found.nobs == 48 * 15
    assert_same(found, fresh.fit("2sls"))


def test_every_term_that_reads_a_column_leaves_or_one_by_its_name(states):
    squares = SystemEquations(
        ['gsp ~ unemp + I(unemp**2) + unemp:emp + np.log(Q("pc")) + water'], states
    )
    found = squares.fit_dropping("unemp", "pc", "I(unemp ** 2)", method="ols").results
    names = {key: list(r.params.index.get_level_values("term")) for key, r in found.items()}
    assert names["unemp"] == ["Intercept", 'np.log(Q("pc"))', "water"]
    assert names["pc"] == ["Intercept", "unemp", "I(unemp ** 2)", "unemp:emp", "water"]
    assert names["I(unemp ** 2)"] == [
        "Intercept", "unemp", "unemp:emp", 'np.log(Q("pc"))', "water",
    ]  # fmt: skip


def test_no_row_is_read(model, monkeypatch):
    def refuse(*_):
        raise AssertionError("a row was read")

    monkeypatch.setattr(FactorValues, "parts", refuse)
    monkeypatch.setattr(KeptRows, "parts", refuse)
    assert model.fit_dropping("pc", "unemp", "util").failed == {}


@pytest.mark.parametrize(
    ("whole", "smaller"),
    [
        ("np.log(gsp) ~ emp + C(region) + C(year)", "np.log(gsp) ~ emp + C(year)"),
        ("np.log(gsp) ~ 0 + C(region) + C(year) + emp", "np.log(gsp) ~ 0 + C(year) + emp"),
        ("np.log(gsp) ~ 0 + C(year) + C(region) + emp", "np.log(gsp) ~ 0 + C(year) + emp"),
        ("np.log(gsp) ~ C(region):C(half)", "np.log(gsp) ~ 1"),
        ("np.log(gsp) ~ C(region):C(half) + C(half):C(third)", "np.log(gsp) ~ C(half):C(third)"),
        ("np.log(gsp) ~ emp + emp:C(region) + emp:C(half)", "np.log(gsp) ~ emp + emp:C(half)"),
        (
            "np.log(gsp) ~ emp:C(region) + emp:C(half) + C(half)",
            "np.log(gsp) ~ emp:C(half) + C(half)",
        ),
        (
            "np.log(gsp) ~ C(region, Sum) * C(half, Helmert) + C(third)",
            "np.log(gsp) ~ C(half, Helmert) + C(third)",
        ),
    ],
)
def test_categories_that_stay_are_coded_as_in_a_fresh_model(states, whole, smaller):
    data = states.assign(half=states["year"] > 1978, third=states["year"] % 3)
    found = SystemEquations([whole], data).fit_dropping("region", method="ols").results["region"]
    fresh = SystemEquations([smaller], data)
    assert_same(found, fresh.fit("ols"))
    assert found.model.roles.equals(fresh.roles)


def test_a_column_shared_by_two_terms_leaves_the_one_that_goes(states):
    data = states.assign(half=states["year"] > 1978)
    equations = {"a": "gsp ~ C(half) + C(region):C(half)", "b": "pc ~ C(half)", "c": "emp ~ pcap"}
    whole = SystemEquations({**equations, "d": "hwy ~ C(region):C(half)"}, data)
    found = whole.fit_dropping("region", method="ols").results["region"]
    fresh = SystemEquations({**equations, "a": "gsp ~ C(half)", "d": "hwy ~ 1"}, data)
    assert_same(found, fresh.fit("ols"), rtol=1e-9, atol=1e-9)


def test_a_loaded_result_leaves_controls_out_as_well(model, states, tmp_path):
    model.fit().save(tmp_path / "roads")
    again = simeq.load(tmp_path / "roads").model.fit_dropping("unemp")
    now = model.fit_dropping("unemp")
    assert again.to_frame().equals(now.to_frame())
    assert str(again) == str(now)
    dummies = SystemEquations(["gsp ~ 0 + C(region) + C(year) + emp"], states).fit("ols")
    dummies.save(tmp_path / "dummies")
    loaded = simeq.load(tmp_path / "dummies").model
    with pytest.warns(SimeqWarning, match="^−region is not estimated: .* coded anew"):
        found = loaded.fit_dropping("region", "emp", method="ols")
    assert list(found.results) == [None, "emp"]
    assert "coded anew, which needs the rows" in found.failed["region"]


def test_what_a_dropped_column_hid_comes_back(states):
    tied = states.assign(sum_=states["emp"] + states["pc"])
    with pytest.warns(RankWarning, match="sum_ lies in the span of emp, pc"):
        whole = SystemEquations(["gsp ~ emp + pc + sum_"], tied, rank="drop")
    found = whole.fit_dropping("emp", method="ols", constraints=([[0, 0, 1.0]], [0.2]))
    fresh = SystemEquations(["gsp ~ pc + sum_"], tied)
    assert_same(found.results["emp"], fresh.fit("ols", constraints="[gsp]pc = 0.2"))


def test_constraints_follow_and_those_that_name_what_goes_are_reported(model):
    text = "[output]unemp = [roads]unemp"
    matrix = np.zeros((1, 9))
    matrix[0, [4, 8]] = 1.0, -1.0
    for constraints in (text, [text], matrix, (matrix, [0.0])):
        with pytest.warns(SimeqWarning, match="^−unemp is not estimated: The constraint"):
            found = model.fit_dropping("util", "unemp", constraints=constraints)
        assert list(found.results) == [None, "util"]
        assert "ties [output]unemp, which is not there" in found.failed["unemp"]
        own = found.results["util"].params.xs("unemp", level="term")
        assert own["output"] == pytest.approx(own["roads"], rel=1e-12)
    with pytest.raises(ConstraintError, match="names no coefficient"):
        model.fit_dropping("util", constraints="[output]unem = 0")


def test_a_form_that_is_not_identified_is_reported_and_others_go_on(states):
    model = SystemEquations(
        ["gsp ~ pcap + emp", "hwy ~ gsp + util"], states, instruments="~ emp + util"
    )
    with pytest.warns(SimeqWarning) as told:
        found = model.fit_dropping("util", "emp", method="2sls")
    assert [str(own.message).split(":")[0] for own in told] == [
        "−util is not estimated",
        "−emp is not estimated",
    ]
    assert list(found.results) == [None]
    assert found.failed["util"].startswith("Equation gsp is not identified: 1 endogenous")
    assert "−util is not estimated: Equation gsp is not identified" in str(found)
    assert model.fit_dropping("util", method="ols").failed == {}
    bare = SystemEquations(["gsp ~ 0 + emp", "hwy ~ util"], states)
    with pytest.warns(SimeqWarning, match="^−emp is not estimated"):
        text = bare.fit_dropping("emp", method="sur").failed["emp"]
    assert text == "Equation gsp has no regressor left."


def test_a_term_is_found_however_it_is_written(states):
    """Factors in another order, other quotes and other spaces are the same term."""
    data = states.assign(**{"public capital": states["pcap"]})
    equations = ['gsp ~ np.log(emp):unemp + Q("public capital") + pc', "hwy ~ util"]
    model = SystemEquations(equations, data)
    for name in ("unemp:np.log(emp)", "np.log( emp ):unemp", "Q('public capital')"):
        found = model.fit_dropping(name, method="ols")
        assert len(found.results[name].params) == len(found.results[None].params) - 1


def test_an_error_of_the_full_model_is_raised(states):
    model = SystemEquations(["gsp ~ pcap + emp + pc"], states, instruments="~ emp + pc")
    with pytest.raises(IdentificationError, match="gsp is not identified"):
        model.fit_dropping("emp", method="2sls")


@pytest.mark.parametrize(
    ("columns", "options", "error", "words"),
    [
        (["gsp"], {}, FormulaError, "left side of equation output"),
        (["np.log(gsp)"], {}, FormulaError, "left side of equation output"),
        (["hwy"], {}, FormulaError, "left side of equation roads"),
        (["unemq"], {}, FormulaError, "Did you mean 'unemp'"),
        (["state"], {}, FormulaError, "no regressor or instrument reads it"),
        ([["pc", "unemp"]], {}, SimeqError, "one by one, as text"),
        (["pc +"], {}, FormulaError, "no regressor or instrument reads it"),
        (["Intercept"], {}, FormulaError, "no regressor or instrument reads it"),
        (["pc + unemp"], {}, FormulaError, "no regressor or instrument reads it"),
        ([], {}, SimeqError, "Name columns to leave out"),
        (["pc"], {"method": "3slss"}, SimeqError, "Did you mean '3sls'"),
        (["pc"], {"cov_type": "robust"}, SimeqError, "Unknown cov_type"),
    ],
)
def test_names_and_options_that_cannot_be(model, columns, options, error, words):
    with pytest.raises(error, match=words):
        model.fit_dropping(*columns, **options)


def test_it_prints_like_table_8(model):
    found = model.fit_dropping("pc", "util", method="3sls")
    lines = str(found).splitlines()
    assert lines[1].split() == ["Full", "model", "−pc", "−util"]
    row = next(line for line in lines if "np.log(pc)" in line)
    first, second = (row.index(v) for v in row.split()[1:])
    assert first < lines[1].index("−pc") - 4 < second  # an empty cell between the two
    frame = found.to_frame()
    assert frame.loc[("output", "np.log(pc)", "coefficient")].isna().tolist() == [
        False,
        True,
        False,
    ]
    assert r"$-$pc" in found.to_latex()
    plain = found.styled(stars=(), decimals=2, title="Robustness")
    assert plain.to_text().startswith("Robustness\n")
    assert "*" not in plain.to_text()
    assert "*" in found.to_text()


def test_a_warning_is_told_once_with_the_forms_that_it_concerns(klein):
    model = SystemEquations(
        ["consump ~ corpProf + wages", "invest ~ corpProf + capitalLag"], klein,
        instruments="~ govExp + taxes + govWage + capitalLag + trend",
    )  # fmt: skip
    with pytest.warns(SimeqWarning) as caught:
        model.fit_dropping("taxes", "govWage", method="i3sls", maxiter=2)
    assert [str(w.message).split(":")[0] for w in caught] == ["Full model", "−taxes", "−govWage"]


# ---------------------------------------------------------------------- groups of rows


@pytest.mark.parametrize("method", METHODS)
def test_a_group_is_a_fresh_model_on_its_rows(states, method):
    thirds = states.assign(part=np.where(states["region"] < 4, "east", "rest"))
    model = SystemEquations(EQUATIONS, thirds, instruments=INSTRUMENTS)
    found = model.fit_by("part", method)
    assert list(found.results) == ["east", "rest"]
    for name, result in found.results.items():
        own = thirds[thirds["part"] == name]
        assert_same(result, SystemEquations(EQUATIONS, own, instruments=INSTRUMENTS).fit(method))


def test_a_group_says_nothing_of_categories_that_it_lacks():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(120, 5)), columns=["y", "v", "x", "z", "w"])
    data["group"] = np.repeat(["few", "all"], 60)
    data["kind"] = list("pqp" * 20 + "pqr" * 20)
    model = SystemEquations(["y ~ v + x + C(kind)", "v ~ y + z + w"], data)
    with pytest.warns(RankWarning, match=r"few: no estimate of some levels of \[y\]C\(kind\)"):
        found = model.fit_by("group").results
    new = data.iloc[[0, 1, 62]]
    assert new["kind"].tolist() == ["p", "q", "r"]
    for result in (found["few"], copy.deepcopy(found["few"])):
        right = result.predict(new).isna()
        assert right.to_numpy().tolist() == [[False, False], [False, False], [True, False]]
        structural = result.get_prediction(new)
        pd.testing.assert_frame_equal(structural.predicted_mean.isna(), right)
        pd.testing.assert_frame_equal(structural.se_obs.isna(), right)
        solved = result.get_prediction(new, kind="reduced")
        for frame in (solved.predicted_mean, solved.se_mean, solved.se_obs):
            assert frame.isna().all(axis=1).tolist() == [False, False, True]
            assert frame.isna().any(axis=1).tolist() == [False, False, True]
    assert found["all"].predict(new).notna().all(axis=None)
    smaller = found["few"].model.fit_dropping("kind").results["kind"]
    assert smaller.predict(new).notna().all(axis=None)


def test_factors_of_groups_merge_to_the_whole(model):
    groups = model.sample_rows.groups("state", "groups")
    factors = model.sample_rows.factors(groups)
    whole = factors[0]
    for own in factors[1:]:
        whole = whole.merge(own)
    assert whole.nobs == model.nobs
    np.testing.assert_allclose(whole.r.T @ whole.r, model.factor.r.T @ model.factor.r, rtol=1e-11)


@pytest.mark.parametrize(
    ("n", "number", "entries"), [(5000, 300, 2**17), (5000, 7, 700), (40, 40, 8)]
)
def test_many_groups_in_any_order_have_the_factor_of_their_rows(monkeypatch, n, number, entries):
    monkeypatch.setattr(factor, "BLOCK_ENTRIES", entries)
    rng = np.random.default_rng(1)
    codes = rng.permutation(np.arange(n) % number)
    w = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])

    rows = factor.rows_in_block(4)
    parts = [factor.rows_of(list(w[i : i + rows].T)) for i in range(0, n, rows)]
    found = factor.accumulate_groups(parts, tuple("1abc"), codes, number)
    for code, own in enumerate(found):
        rows = w[codes == code]
        assert own.nobs == len(rows)
        np.testing.assert_allclose(own.r.T @ own.r, rows.T @ rows, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("kind", ["name", "array", "sample", "pair"])
def test_clusters_are_those_of_the_groups_rows(states, kind):
    data = states.assign(
        part=states["state"] > "M", unemp=states["unemp"].where(states["emp"] > 300)
    )
    model = SystemEquations(EQUATIONS, data, instruments=INSTRUMENTS)
    labels = data["state"]
    given = {
        "name": "state",
        "array": labels.to_numpy(),
        "sample": labels[data["unemp"].notna()],
        "pair": ["year", labels],
    }[kind]
    found = model.fit_by("part", cov_type="cluster", cov_kwds={"groups": given})
    own = data[data["part"]]
    fresh = SystemEquations(EQUATIONS, own, instruments=INSTRUMENTS).fit(
        cov_type="cluster", cov_kwds={"groups": ["year", "state"] if kind == "pair" else "state"}
    )
    assert_same(found.results[True], fresh)
    assert found.results[True].n_groups == fresh.n_groups


@pytest.mark.parametrize(
    "options",
    [
        {"cov_type": "HC0"},
        {"cov_type": "HAC", "cov_kwds": {"maxlags": 3}},
        {"cov_type": "hac-panel", "cov_kwds": {"groups": "state", "time": "year", "maxlags": 2}},
        {"cov_type": "jackknife", "cov_kwds": {"groups": "state"}},
        {"cov_type": "bootstrap", "cov_kwds": {"groups": "state", "n_boot": 19, "seed": 3}},
        {"like": "systemfit"},
        {"constraints": "[output]unemp = [roads]unemp"},
    ],
)
def test_every_option_of_fit_holds_within_groups(model, states, options):
    east = states["region"] < 6
    found = model.fit_by(east, **options).results[True]
    fresh = SystemEquations(EQUATIONS, states[east], instruments=INSTRUMENTS).fit(**options)
    assert_same(found, fresh, rtol=1e-9, atol=1e-12)  # resampling adds up a thousand small solves


def test_results_of_a_group_are_results_in_full(model, states, tmp_path):
    found = model.fit_by("region").results[3]
    own = states[states["region"] == 3]
    assert found.resid.index.equals(own.index)
    np.testing.assert_allclose(
        found.resid["output"] + found.fittedvalues["output"], np.log(own["gsp"]), rtol=1e-12
    )
    np.testing.assert_allclose(found.predict(own), found.fittedvalues, rtol=1e-12)
    assert "Sample: region = 3, 85 of 816 rows." in str(found.summary())
    fresh = SystemEquations(EQUATIONS, own, instruments=INSTRUMENTS).fit()
    wild = {"n_boot": 49, "seed": 1, "groups": "state"}
    assert found.wild_test("[roads]unemp = 0", **wild).pvalue == pytest.approx(
        fresh.wild_test("[roads]unemp = 0", **wild).pvalue
    )
    found.save(tmp_path / "group")
    assert simeq.load(tmp_path / "group").params.equals(found.params)


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (lambda d: d["year"] % 2 == 0, [False, True]),
        (lambda d: d["year"] // 10, [197, 198]),
        (lambda d: pd.Categorical(np.where(d["year"] < 1980, "early", "late")), ["early", "late"]),
        (lambda d: pd.to_datetime(np.where(d["year"] < 1980, "1970", "1980")),
         [pd.Timestamp("1970"), pd.Timestamp("1980")]),
    ],
)  # fmt: skip
def test_results_are_under_the_values_of_the_groups(states, labels, keys):
    data = states.assign(part=labels(states))
    model = SystemEquations(EQUATIONS, data, instruments=INSTRUMENTS)
    for given in ("part", data["part"], data["part"].to_numpy()):
        found = model.fit_by(given, "2sls")
        assert list(found.results) == keys
        assert type(next(iter(found.results))) is type(keys[0])


def test_labels_that_cannot_be(model, states):
    with pytest.raises(DataError, match="no label in 17 rows"):
        model.fit_by(states["state"].where(states["state"] != "OHIO"))
    with pytest.raises(DataError, match="Did you mean 'region'"):
        model.fit_by("regiom")
    with pytest.raises(DataError, match="has 3 labels"):
        model.fit_by([1, 2, 3])
    with pytest.raises(SimeqError, match="Unknown method"):
        model.fit_by("region", "4sls")
    without_rows = copy.deepcopy(model)
    with pytest.raises(DataError, match="groups of rows need"):
        without_rows.fit_by("region")


def test_a_group_that_cannot_be_estimated_is_named_and_others_go_on(states):
    few = states[(states["region"] != 2) | (states["year"] == 1970)]
    few = few.assign(util=few["util"].where(few["region"] != 4, 1.0 + few["emp"]))
    model = SystemEquations(
        ["gsp ~ pcap + emp", "hwy ~ gsp + util + emp"], few, instruments="~ emp + util + pc"
    )
    with (
        pytest.warns(RankWarning, match="^region = 4: no estimate of .hwy.emp, zero or coll"),
        pytest.warns(SimeqWarning, match="^region = 2 is not estimated: Equation"),
    ):
        found = model.fit_by("region", "2sls")
    assert list(found.failed) == [2]
    assert found.failed[2].startswith("Equation hwy has 4 regressors but only 3 rows") or (
        "instruments and only 3 rows" in found.failed[2]
    )
    text = str(found)
    assert "region = 2 is not estimated: Equation" in text
    assert "region = 4: no estimate of [hwy]emp, zero or collinear there." in text
    assert list(found.results) == [1, 3, 4, 5, 6, 7, 8, 9]
    with pytest.raises(IdentificationError, match="None of the 48 groups of state can be"):
        SystemEquations(["gsp ~ pcap + emp"], states, instruments="~ emp").fit_by("state", "2sls")


def test_dummies_of_other_groups_are_set_aside(states):
    equations = [
        "np.log(gsp) ~ np.log(pcap) + np.log(emp) + C(state)",
        "np.log(hwy) ~ np.log(gsp) + np.log(util) + C(state)",
    ]
    instruments = "~ np.log(pc) + np.log(water) + np.log(util) + np.log(emp) + C(state)"
    model = SystemEquations(equations, states, instruments=instruments)
    with pytest.warns(RankWarning, match="no estimate of some levels of .np.log.gsp..C.state") as w:
        found = model.fit_by("region", "3sls")
    assert len(w) == 1
    for region, result in found.results.items():
        own = states[states["region"] == region]
        fresh = SystemEquations(equations, own, instruments=instruments).fit("3sls")
        shared = [t for t in result.params.index if "np.log" in t[1]]
        np.testing.assert_allclose(result.params[shared], fresh.params[shared], rtol=1e-8)
        np.testing.assert_allclose(result.bse[shared], fresh.bse[shared], rtol=1e-8)
        np.testing.assert_allclose(result.resid, fresh.resid, atol=1e-10)


def test_terms_are_as_the_whole_sample_gave_them(states):
    def lag(x):
        return x.shift(1)

    whole = SystemEquations(["gsp ~ center(emp) + lag(pc)"], states)
    found = whole.fit_by("region", "ols").results[2]
    assert found.nobs == (states["region"] == 2).sum()
    own = states.assign(emp=states["emp"] - states["emp"][1:].mean(), pc=states["pc"].shift(1))
    fresh = SystemEquations(["gsp ~ emp + pc"], own[own["region"] == 2]).fit("ols")
    np.testing.assert_allclose(found.params, fresh.params, **SAME)
    predicted = found.predict(states[states["region"] == 2])["gsp"]
    inside = predicted.index[states.loc[predicted.index, "year"] > 1970]  # the lag's row is there
    np.testing.assert_allclose(predicted[inside], found.fittedvalues["gsp"][inside], rtol=1e-12)


# ---------------------------------------------------------------------- equality


def stacked_wald(results, names):
    """(Rb)'(RVR')⁻¹Rb with R comparing each group with the first, written out."""
    index = [tuple(name[1:].split("]", 1)) for name in names]
    b = [r.params[index].to_numpy() for r in results]
    v = [r.cov_params().loc[index, index].to_numpy() for r in results]
    k, g = len(names), len(results)
    whole = np.zeros((g * k, g * k))
    for i, own in enumerate(v):
        whole[i * k : (i + 1) * k, i * k : (i + 1) * k] = own
    r = np.hstack([-np.tile(np.eye(k), (g - 1, 1)), np.eye((g - 1) * k)])
    gap = r @ np.concatenate(b)
    return gap @ np.linalg.solve(r @ whole @ r.T, gap)


@pytest.mark.parametrize("chosen", [None, "unemp", ["[output]np.log(emp)", "unemp"]])
def test_equality_is_the_wald_test_written_out(model, chosen):
    found = model.fit_by("region")
    names = list(model.system.coefficient_names)
    if chosen is not None:
        names = [n for n in names if n in chosen or n.endswith("]unemp")]
    test = found.equality_test(chosen)
    expected = stacked_wald(list(found.results.values()), names)
    assert test.statistic == pytest.approx(expected, rel=1e-8)
    assert test.df_denom == 8 * len(names)
    assert test.pvalue <= 1.0


def test_equality_by_coefficient_is_the_test_of_each(model):
    found = model.fit_by("region")
    frame = found.equality
    assert list(frame.index) == list(model.index)
    for (equation, term), row in frame.iterrows():
        one = found.equality_test(f"[{equation}]{term}")
        assert row["statistic"] == pytest.approx(one.statistic, rel=1e-9)
        assert row["pvalue"] == pytest.approx(one.pvalue, rel=1e-9)
        assert row["df"] == 8
    test = found.equality_test()
    assert f"Wald χ²(72) = {test.statistic:.2f}, p = 0.000." in str(found)


def test_equality_does_not_count_what_constraints_fix(model, states):
    constraints = ["[output]unemp = [roads]unemp", "[output]np.log(emp) = 0.5"]
    found = model.fit_by(states["region"] < 5, constraints=constraints)
    test = found.equality_test()
    names = [n for n in model.system.coefficient_names
             if n not in ("[roads]unemp", "[output]np.log(emp)")]  # fmt: skip
    assert test.df_denom == 7
    assert test.statistic == pytest.approx(
        stacked_wald(list(found.results.values()), names), rel=1e-8
    )
    assert found.equality_test("unemp").df_denom == 1
    assert np.isnan(found.equality["pvalue"].get(("output", "np.log(emp)"), np.nan))


def test_equality_holds_its_size():
    rng = np.random.default_rng(5)
    n, rejected = 3 * 80, 0
    for _ in range(400):
        z = rng.normal(size=(n, 4))
        u = rng.normal(size=(n, 2)) @ [[1.0, 0.5], [0.0, 1.0]]
        y1, y2 = np.linalg.solve([[1.0, -0.3], [-0.4, 1.0]], [z[:, 0] + u[:, 0], z[:, 1] + u[:, 1]])
        data = {"y1": y1, "y2": y2, "a": z[:, 0], "b": z[:, 1], "part": np.arange(n) % 3}
        found = SystemEquations(["y1 ~ y2 + a", "y2 ~ y1 + b"], data).fit_by("part", "3sls")
        rejected += found.equality_test().pvalue < 0.05
    # 400 draws: two standard errors of a share of 5 % are 2.2 points, and 80 rows are not many.
    assert 0.02 < rejected / 400 < 0.10


def test_equality_that_cannot_be_tested(model, states):
    one = model.fit_by(np.zeros(len(states)))
    with pytest.raises(DataError, match="needs two at the least; 1 was"):
        one.equality_test()
    assert "Wald" not in str(one)
    halves = model.fit_by(states["region"] > 4)
    for none in ([], 3):
        with pytest.raises(DataError, match="Name at least one coefficient"):
            halves.equality_test(none)
    with pytest.warns(SimeqWarning, match="clusters for 9 free coefficients"):
        few = model.fit_by("region", cov_type="cluster", cov_kwds={"groups": "state"})
    with pytest.raises(ConstraintError, match="1 has 6 clusters, which can test at most 5"):
        few.equality_test()
    assert few.equality_test("[roads]unemp").df_denom == 8
    assert "Wald" not in str(few)
    with pytest.raises(DataError, match="Did you mean '.roads.unemp'"):
        few.equality_test("[roads]unem")


def test_warnings_of_groups_are_told_once_with_their_names(states):
    model = SystemEquations(EQUATIONS, states, instruments=INSTRUMENTS)
    with pytest.warns(SimeqWarning) as caught:
        model.fit_by("region", cov_type="cluster", cov_kwds={"groups": "state"})
    heads = [str(w.message).split(" for 9")[0] for w in caught]
    assert "region = 2, 9: 3 clusters" in heads
    assert len(heads) == len(set(heads)) < 9


def test_it_prints_like_table_9(model):
    found = model.fit_by("region", "3sls").styled(decimals=2)
    lines = str(found).splitlines()
    assert lines[1].split() == [str(i) for i in range(1, 10)]
    assert next(line for line in lines if line.startswith("N ")).split()[1:4] == ["102", "51", "85"]
    assert list(found.to_frame().columns) == [str(i) for i in range(1, 10)]
    assert found.to_markdown().startswith("|")


def test_reasons_and_warnings_that_groups_share_are_told_together(states):
    """Nine pieces of three rows fail alike; a piece of one row has too few rows, whatever else."""
    labels = pd.Series(np.r_[np.repeat(range(9), 3), 9, np.full(len(states) - 28, 10)], name="part")
    with pytest.warns(SimeqWarning) as told:
        found = SystemEquations(EQUATIONS, states, instruments=INSTRUMENTS).fit_by(labels)
    assert len(told) == 2
    assert list(found.failed) == [*range(10)]
    notes = " ".join(str(found).split())
    assert "part = 9 is not estimated: Equation output has 5 regressors but only 1 row;" in notes
    assert notes.count("not estimated") == 2
    assert "part = 0, 1, 2, 3, 4, 5, 6, 7, and 1 more are not estimated: Equation" in notes


def test_an_array_of_labels_has_the_name_of_its_series_or_none(model, states):
    with pytest.raises(DataError, match="None of the 816 groups can be estimated"):
        model.fit_by(np.arange(816))
    with pytest.raises(DataError, match="None of the 816 groups of row can be estimated"):
        model.fit_by(pd.Series(np.arange(816), name="row"))
    with pytest.raises(DataError, match="^groups has no label in 17 rows"):
        model.fit_by(states["state"].where(states["state"] != "OHIO").to_numpy())


def test_names_of_groups_stand_in_one_line_and_dates_without_a_time(states):
    dates = pd.to_datetime(np.where(states["year"] < 1980, "1970", "1980"))
    model = SystemEquations(EQUATIONS, states, instruments=INSTRUMENTS)
    assert model.fit_by(dates).names == ("1970-01-01", "1980-01-01")
    found = model.fit_by(np.where(states["year"] < 1980, "before\n1980", "from\n1980 on"))
    assert list(found.results) == ["before\n1980", "from\n1980 on"]
    assert found.names == ("before 1980", "from 1980 on")
    assert "\n1980" not in found.to_markdown() + found.to_latex() + found.to_html() + str(found)


def test_groups_that_print_alike_keep_their_columns(model, states):
    labels = np.array([1 if year < 1980 else "1" for year in states["year"]], dtype=object)
    found = model.fit_by(labels)
    assert list(found.to_frame().loc[("", "", "nobs")]) == [480.0, 336.0]


@pytest.mark.parametrize("cov_type", ["cluster", "jackknife", "bootstrap"])
def test_clusters_with_rows_in_several_groups_void_the_test_of_equality(model, states, cov_type):
    def found(clusters):
        own = {"groups": clusters, **({"seed": 1} if cov_type == "bootstrap" else {})}
        return str(model.fit_by(states["region"] > 5, cov_type=cov_type, cov_kwds=own))

    for clusters in ("year", states["year"].to_numpy()):
        assert "have rows in several groups" in found(clusters)
        assert "Wald" not in found(clusters)
    for clusters in ("state", states["state"].to_numpy()):
        assert "several groups" not in found(clusters)
        assert "Wald" in found(clusters)


def test_a_group_whose_clusters_have_no_label_is_named_and_others_go_on(states):
    data = states.assign(cluster=states["state"].where(states["region"] != 9))
    model = SystemEquations(EQUATIONS, data, instruments=INSTRUMENTS)
    own = {"groups": "cluster"}
    with pytest.warns(SimeqWarning, match="^region = True is not estimated"):
        found = model.fit_by(states["region"] > 8, cov_type="cluster", cov_kwds=own)
    assert list(found.results) == [False]
    assert found.failed[True].startswith("groups: cluster has no label in 51 rows of the sample")
    assert "first in row 51;" in found.failed[True]  # California, after three states of 17 years
    with pytest.raises(SimeqError, match="cov_kwds must be a dict of options of 'cluster'"):
        model.fit_by("region", cov_type="cluster", cov_kwds="state")


def test_times_out_of_order_are_named_as_they_are(model, states):
    backwards = states.iloc[::-1]
    model = SystemEquations(EQUATIONS, backwards, instruments=INSTRUMENTS)
    own = {"groups": "state", "time": backwards["year"].to_numpy()}
    with pytest.raises(DataError, match="1985 follows 1986"):
        model.fit_by("region", cov_type="hac-panel", cov_kwds=own)
