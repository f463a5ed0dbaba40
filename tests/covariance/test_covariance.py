"""Robust, clustered and serially correlated covariances against linearmodels and statsmodels."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IV2SLS
from linearmodels.system import IV3SLS, SUR, IVSystemGMM
from statsmodels.regression.linear_model import OLS

from clustered import EQUATIONS, panel
from simeq import ConstraintError, DataError, SimeqError, SimeqWarning, SystemEquations
from simeq.datasets import load_us_states
from simeq.moments import sandwich
from simeq.moments.sandwich import automatic_lags, kernel_values, serially_correlated

RIGHT = {"one": ["a", "b"], "two": ["c", "d", "e"]}
OTHER = {"one": "y2", "two": "y1"}
LEFT = {"one": "y1", "two": "y2"}


@pytest.fixture(scope="module")
def data():
    return panel()


@pytest.fixture(scope="module")
def model(data):
    return SystemEquations(EQUATIONS, data)


def peer(data, method):
    """The same system in linearmodels."""
    ones = data.assign(Intercept=1.0)
    instruments = [c for own in RIGHT.values() for c in own]
    if method in ("ols", "sur"):
        equations = {
            label: {
                "dependent": ones[LEFT[label]],
                "exog": ones[["Intercept", *RIGHT[label], OTHER[label]]],
            }
            for label in EQUATIONS
        }
        return SUR(equations)
    equations = {
        label: {
            "dependent": ones[LEFT[label]],
            "exog": ones[["Intercept", *RIGHT[label]]],
            "endog": ones[[OTHER[label]]],
            "instruments": ones[[c for c in instruments if c not in RIGHT[label]]],
        }
        for label in EQUATIONS
    }
    return IV3SLS(equations)


METHODS = {
    "ols": {"method": "ols"},
    "sur": {"method": "gls"},
    "isur": {"method": "gls", "iterate": True, "tol": 1e-12},
    "2sls": {"method": "ols"},
    "3sls": {"method": "gls"},
    "i3sls": {"method": "gls", "iterate": True, "tol": 1e-12},
}


def compare_with_linearmodels(found, theirs):
    order = [f"{equation}_{term}" for equation, term in found.params.index]
    cov = theirs.cov.loc[order, order].to_numpy()
    size = np.sqrt(np.diag(cov))
    # two routes through the same sandwich; entries relative to the errors of both coefficients
    gap = (found.cov_params().to_numpy() - cov) / np.multiply.outer(size, size)
    assert np.abs(gap).max() < 1e-8
    np.testing.assert_allclose(found.bse, theirs.std_errors[order], rtol=1e-8)


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls", "i3sls"])
@pytest.mark.parametrize("kind", ["HC0", "HC1"])
def test_heteroskedastic(data, model, method, kind):
    debiased = kind == "HC1"
    divisor = {"sigma_dof": "geomean"} if debiased else {}
    found = model.fit(method, cov_type=kind, **divisor)
    theirs = peer(data, method).fit(cov_type="robust", debiased=debiased, **METHODS[method])
    compare_with_linearmodels(found, theirs)


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls"])
@pytest.mark.parametrize("correction", [True, False])
@pytest.mark.parametrize("ways", [["unit"], ["unit", "year"]])
def test_clusters_one_way_and_two_way(data, model, method, correction, ways):
    divisor = {"sigma_dof": "geomean"} if correction else {}
    found = model.fit(
        method,
        cov_type="cluster",
        cov_kwds={"groups": ways if len(ways) > 1 else ways[0], "use_correction": correction},
        **divisor,
    )
    theirs = peer(data, method).fit(
        cov_type="clustered",
        clusters=data[ways],
        debiased=correction,
        group_debias=correction,
        **METHODS[method],
    )
    compare_with_linearmodels(found, theirs)


@pytest.mark.parametrize("method", ["ols", "3sls"])
@pytest.mark.parametrize("kernel", ["bartlett", "parzen", "qs"])
@pytest.mark.parametrize("maxlags", [None, 0.5, 3])
def test_serial_correlation(data, model, method, kernel, maxlags):
    if maxlags == 0.5 and kernel != "qs":
        maxlags = 1
    found = model.fit(method, cov_type="HAC", cov_kwds={"kernel": kernel, "maxlags": maxlags})
    theirs = peer(data, method).fit(
        cov_type="kernel", kernel=kernel, bandwidth=maxlags, **METHODS[method]
    )
    compare_with_linearmodels(found, theirs)


@pytest.mark.parametrize(
    ("kind", "ours", "theirs"),
    [
        ("HC0", {}, {}),
        ("HC1", {}, {}),
        ("cluster", {"groups": "unit"}, {"groups": "unit"}),
        (
            "cluster",
            {"groups": "unit", "use_correction": False},
            {"groups": "unit", "use_correction": False},
        ),
        ("cluster", {"groups": ["unit", "year"]}, {"groups": ["unit", "year"]}),
        ("HAC", {"maxlags": 4}, {"maxlags": 4}),
        ("HAC", {"maxlags": 4, "use_correction": True}, {"maxlags": 4, "use_correction": True}),
        (
            "hac-panel",
            {"groups": "unit", "maxlags": 2},
            {"groups": "unit", "maxlags": 2, "use_correction": False},
        ),
        (
            "hac-groupsum",
            {"time": "year", "maxlags": 2},
            {"time": "year", "maxlags": 2, "use_correction": False},
        ),
    ],
)
def test_one_equation_is_statsmodels(data, kind, ours, theirs):
    filled = {
        key: data[value].to_numpy() if key in ("groups", "time") else value
        for key, value in theirs.items()
    }
    formula = "y1 ~ a + b + y2"
    expected = OLS.from_formula(formula, data).fit(cov_type=kind, cov_kwds=filled)
    found = SystemEquations([formula], data).fit("ols", cov_type=kind, cov_kwds=ours)
    np.testing.assert_allclose(found.bse, expected.bse, rtol=1e-8)
    np.testing.assert_allclose(found.cov_params(), expected.cov_params(), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("kind", ["robust", "clustered"])
def test_one_equation_is_linearmodels_iv2sls(data, kind):
    ones = data.assign(Intercept=1.0)
    theirs = IV2SLS(ones["y1"], ones[["Intercept", "a", "b"]], ones[["y2"]], ones[["c", "d", "e"]])
    model = SystemEquations(["y1 ~ a + b + y2"], data, endog="y2", exog=["c", "d", "e"])
    if kind == "robust":
        expected = theirs.fit(cov_type="robust")
        found = model.fit("2sls", cov_type="HC0")
    else:
        expected = theirs.fit(cov_type="clustered", clusters=data["unit"], debiased=True)
        found = model.fit("2sls", cov_type="cluster", cov_kwds={"groups": "unit"})
    terms = [term for _, term in found.params.index]
    np.testing.assert_allclose(found.bse, expected.std_errors[terms], rtol=1e-8)


@pytest.mark.parametrize("kernel", ["bartlett", "parzen", "qs"])
def test_serial_correlation_of_one_equation_is_linearmodels_iv2sls(data, kernel):
    ones = data.assign(Intercept=1.0)
    theirs = IV2SLS(ones["y1"], ones[["Intercept", "a", "b"]], ones[["y2"]], ones[["c", "d", "e"]])
    expected = theirs.fit(cov_type="kernel", kernel=kernel, bandwidth=3)
    model = SystemEquations(["y1 ~ a + b + y2"], data, endog="y2", exog=["c", "d", "e"])
    found = model.fit("2sls", cov_type="HAC", cov_kwds={"kernel": kernel, "maxlags": 3})
    terms = [term for _, term in found.params.index]
    np.testing.assert_allclose(found.bse, expected.std_errors[terms], rtol=1e-8)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("kind", "ours", "theirs"),
    [
        ("cluster", {"groups": "state"}, {"groups": ["unit"]}),
        ("cluster", {"groups": ["region", "year"]}, {"groups": ["unit", "year"]}),
        ("hac-panel", {"groups": "start", "time": "year"}, {"groups": ["unit"]}),
        ("hac-groupsum", {"time": "year"}, {"time": ["year"]}),
    ],
)
def test_unbalanced_panels_with_labels_of_any_kind_are_statsmodels(kind, ours, theirs, seed):
    rng = np.random.default_rng(seed)
    some = panel(20, 12, seed)[rng.random(240) < 0.7]
    some["state"] = some["unit"].map("state {}".format)
    some["region"] = pd.Categorical(some["state"], rng.permutation(some["state"].unique()))
    some["start"] = pd.Timestamp("2001-01-31", tz="UTC") + pd.to_timedelta(some["unit"], unit="D")
    lags = {"maxlags": 2} if kind.startswith("hac") else {}
    by_time = some.sort_values(["year", "unit"])
    sorted_theirs = by_time if kind == "hac-groupsum" else some  # as statsmodels needs them
    given = {key: sorted_theirs[names].to_numpy().squeeze() for key, names in theirs.items()}
    given |= {**lags, "use_correction": False} if lags else {}
    formula = "y1 ~ a + b + y2"
    expected = OLS.from_formula(formula, sorted_theirs).fit(cov_type=kind, cov_kwds=given)
    rows = by_time if kind == "hac-panel" else some.sample(frac=1, random_state=seed)
    found = SystemEquations([formula], rows).fit("ols", cov_type=kind, cov_kwds={**ours, **lags})
    np.testing.assert_allclose(found.bse, expected.bse, rtol=1e-8)


# ---------------------------------------------------------------------- R's sandwich

SANDWICH = json.loads((Path(__file__).parents[1] / "reference" / "sandwich.json").read_text())[
    "errors"
]

STATES = {
    "output": "np.log(gsp) ~ np.log(pcap) + np.log(pc) + np.log(emp) + unemp",
    "roads": "np.log(hwy) ~ np.log(gsp) + np.log(util) + unemp",
}

IN_R: dict[str, dict] = {
    "HC0": {"cov_type": "HC0"},
    "HC1": {"cov_type": "HC1"},
    "cluster": {"cov_type": "cluster", "cov_kwds": {"groups": "state"}},
    "two_way": {"cov_type": "cluster", "cov_kwds": {"groups": ["state", "year"]}},
    "driscoll_kraay": {"cov_type": "hac-groupsum", "cov_kwds": {"time": "year", "maxlags": 4}},
    "newey_west": {"cov_type": "HAC", "cov_kwds": {"maxlags": 4}},
}


@pytest.mark.parametrize("case", SANDWICH)
def test_the_states_errors_are_those_of_sandwich_in_r(case):
    """Normal equations, as systemfit forms them, leave nine digits or more here."""
    method, _, kind = case.partition("_")
    system = method != "lm"
    options = IN_R[kind]
    if system and kind == "cluster":  # scores of systemfit have no factor
        options = {**options, "cov_kwds": {"groups": "state", "use_correction": False}}
    equations = STATES if system else [STATES["output"]]
    model = SystemEquations(equations, load_us_states())
    found = model.fit(method if system else "ols", **options)
    np.testing.assert_allclose(found.bse, SANDWICH[case], rtol=1e-9 if system else 1e-11)


# ---------------------------------------------------------------------- scores by hand


@pytest.mark.parametrize("kind", ["HC0", "HAC"])
def test_the_gmm_form_is_linearmodels_system_gmm_at_the_same_sigma(data, kind):
    lists = {"one": "abcd", "two": "cdeb"}
    instruments = {label: "~ " + " + ".join(own) for label, own in lists.items()}
    model = SystemEquations(EQUATIONS, data, instruments=instruments)
    kwds = {"maxlags": 3} if kind == "HAC" else {}
    found = model.fit("3sls", cov_type=kind, cov_kwds=kwds)
    ones = data.assign(Intercept=1.0)
    parts = {
        label: {
            "dependent": ones[LEFT[label]],
            "exog": ones[["Intercept", *RIGHT[label]]],
            "endog": ones[[OTHER[label]]],
            "instruments": ones[[c for c in lists[label] if c not in RIGHT[label]]],
        }
        for label in EQUATIONS
    }
    peer = IVSystemGMM(parts, weight_type="unadjusted", sigma=found.sigma.to_numpy())
    theirs = {"cov_type": "kernel", "kernel": "bartlett", "bandwidth": 3} if kwds else {}
    compare_with_linearmodels(found, peer.fit(iter_limit=2, **(theirs or {"cov_type": "robust"})))


def test_the_gmm_form_has_its_own_scores(data):
    model = SystemEquations(
        EQUATIONS, data, instruments={"one": "~ a + b + c + d", "two": "~ c + d + e + b"}
    )
    result = model.fit(
        "3sls", cov_type="cluster", cov_kwds={"groups": "unit", "use_correction": False}
    )
    z = [np.column_stack([np.ones(len(data)), data[list(own)]]) for own in ("abcd", "cdeb")]
    x = [
        np.column_stack([np.ones(len(data)), data[["a", "b", "y2"]]]),
        np.column_stack([np.ones(len(data)), data[["c", "d", "e", "y1"]]]),
    ]
    big_x = np.block([[z[0].T @ x[0], zeros(z[0], x[1])], [zeros(z[1], x[0]), z[1].T @ x[1]]])
    sigma = result.sigma.to_numpy()
    omega = np.block([[sigma[i, j] * z[i].T @ z[j] for j in range(2)] for i in range(2)])
    weight = np.linalg.inv(omega)
    bread = np.linalg.inv(big_x.T @ weight @ big_x)
    u = result.resid.to_numpy()
    moments = np.hstack([z[0] * u[:, [0]], z[1] * u[:, [1]]])
    sums = pd.DataFrame(moments).groupby(data["unit"]).sum().to_numpy()
    half = bread @ big_x.T @ weight
    by_hand = half @ sums.T @ sums @ half.T
    size = np.sqrt(np.diag(by_hand))
    gap = (result.cov_params().to_numpy() - by_hand) / np.outer(size, size)
    assert np.abs(gap).max() < 1e-9


def zeros(z, x):
    return np.zeros((z.shape[1], x.shape[1]))


@pytest.mark.parametrize("method", ["ols", "wls", "sur", "2sls", "w2sls", "3sls", "i3sls"])
def test_constraints_are_honoured_in_the_sandwich(model, method):
    """Without the factors, which are by equation and would move tied coefficients apart."""
    found = model.fit(
        method,
        cov_type="cluster",
        cov_kwds={"groups": "unit", "use_correction": False},
        constraints="[one]a = 1, [one]y2 + [two]y1 = 0.8",
    )
    assert found.bse["one", "a"] < 1e-12
    v = found.cov_params()
    tied = v.loc[("one", "y2"), ("one", "y2")]
    assert v.loc[("two", "y1"), ("two", "y1")] == pytest.approx(tied, rel=1e-9)
    assert v.loc[("one", "y2"), ("two", "y1")] == pytest.approx(-tied, rel=1e-9)


def test_constraints_agree_with_linearmodels(data, model):
    theirs = peer(data, "3sls")
    r = pd.DataFrame(np.zeros((1, 9)), columns=theirs.param_names)
    r["one_a"] = 1.0
    r["two_c"] = 1.0
    theirs.add_constraints(r, pd.Series([2.0]))
    text = "[one]a + [two]c = 2"
    expected = theirs.fit(cov_type="robust", method="gls")
    compare_with_linearmodels(model.fit("3sls", cov_type="HC0", constraints=text), expected)
    debiased = theirs.fit(cov_type="robust", method="gls", debiased=True)
    found = model.fit("3sls", cov_type="HC1", sigma_dof="geomean", constraints=text)
    compare_with_linearmodels(found, debiased)


def test_the_answer_does_not_depend_on_blocks(data, model, monkeypatch):
    whole = model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "unit"})
    rows = model.sample_rows
    small = type(rows)(rows.design, rows.values)
    monkeypatch.setattr(small, "blocks", lambda w: split(rows.blocks(w), 7))
    monkeypatch.setattr(model, "sample_rows", small)
    parts = model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "unit"})
    np.testing.assert_allclose(parts.cov_params(), whole.cov_params(), rtol=1e-10, atol=1e-14)


def split(blocks, rows):
    for block in blocks:
        yield from (block[i : i + rows].copy() for i in range(0, len(block), rows))


# ---------------------------------------------------------------------- labels and errors


def test_labels_by_name_array_series_and_kept_length_are_one(data):
    gaps = data.assign(a=data["a"].where(data.index % 11 != 3))
    model = SystemEquations(EQUATIONS, gaps)
    kept = gaps["a"].notna()
    given = [
        "unit",
        data["unit"],
        data["unit"].to_numpy(),
        list(data["unit"]),
        data.loc[kept, "unit"].to_numpy(),
        data["unit"].map("unit {}".format),
        data[["unit"]],
    ]
    found = [
        model.fit("3sls", cov_type="cluster", cov_kwds={"groups": g}).bse.to_numpy() for g in given
    ]
    for other in found[1:]:  # another order of the labels is another order of summation
        np.testing.assert_allclose(other, found[0], rtol=1e-13)


def test_with_clusters_t_has_g_less_one_degrees_of_freedom(model):
    result = model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "unit"}, use_t=True)
    assert result.n_groups == 20
    assert result.df_resid == 2 * 240 - 9
    assert result.wald_test("[one]a = [two]c").df_denom == 19
    assert "Student's t with 19 degrees" in str(result.summary())
    assert "clustered across equations, 20 of unit" in str(result.summary())
    assert result.equations["one"].f_test("a = 0").df_denom == 19
    two = model.fit("3sls", cov_type="cluster", cov_kwds={"groups": ["unit", "year"]})
    assert two.n_groups == 12


@pytest.mark.parametrize(
    ("kind", "options", "error", "words"),
    [
        ("cluster", {}, SimeqError, "needs cov_kwds={'groups'"),
        ("cluster", {"group": "unit"}, SimeqError, "not 'group'. Did you mean 'groups'"),
        ("cluster", {"groups": "units"}, DataError, "unknown column 'units'. Did you mean 'unit'"),
        ("cluster", {"groups": np.arange(7)}, DataError, "7 labels for the 240 rows"),
        ("cluster", {"groups": np.zeros(240)}, DataError, "one cluster"),
        ("cluster", {"groups": [*["a"] * 239, None]}, DataError, "no label in 1 row.*row 239"),
        ("cluster", {"groups": np.zeros((240, 3))}, DataError, "3 groupings"),
        ("HC2", {}, SimeqError, "Unknown cov_type 'HC2'.*nonrobust"),
        ("robust", {}, SimeqError, "choose from nonrobust, HC0.*'robust' is 'HC0'.*'HC1' here"),
        ("unadjusted", {}, SimeqError, "'unadjusted' is 'nonrobust' here"),
        ("Clustered", {}, SimeqError, "'clustered' is 'cluster' here"),
        ("kernel", {}, SimeqError, "'kernel' is 'HAC' here"),
        ("HC3", {}, SimeqError, "'hc3' is 'jackknife' without groups.*here"),
        ("HAC-panels", {}, SimeqError, "Did you mean 'hac-panel'"),
        ("Driscoll-Kraay", {}, SimeqError, "is 'hac-groupsum' here"),
        (None, {}, SimeqError, "Unknown cov_type None; choose from nonrobust"),
        ("HC1", {"groups": "unit"}, SimeqError, "takes nothing, not 'groups'"),
        ("HAC", {"maxlags": 240}, DataError, "maxlags must be from 0 to 239"),
        ("HAC", {"maxlags": -1}, DataError, "maxlags must be from 0"),
        ("HAC", {"kernel": "bartlet"}, SimeqError, "Did you mean 'bartlett'"),
        ("HAC", {"time": "year"}, DataError, "year does not increase at row 13"),
        ("hac-panel", {"maxlags": 2}, SimeqError, "needs cov_kwds={'groups'"),
        ("hac-panel", {"groups": "unit", "maxlags": 12}, DataError, "from 0 to 11"),
        ("hac-panel", {"groups": "year", "time": "year"}, DataError, "not increase within each"),
        ("hac-groupsum", {}, SimeqError, "needs cov_kwds={'time'"),
        ("cluster", {"groups": 5}, DataError, "not int of 0 dimensions"),
        ("cluster", {"groups": {"unit"}}, DataError, "not set of 0 dimensions"),
        ("cluster", {"groups": np.zeros((240, 2, 2))}, DataError, "of 3 dimensions"),
        ("cluster", {"groups": "unit", "use_correction": "no"}, SimeqError, "True or False"),
        ("cluster", "unit", SimeqError, "cov_kwds must be a dict of options of 'cluster'"),
        ("hac-panel", {"groups": ["unit", "year"]}, DataError, "one grouping, not 2"),
        ("HAC", {"time": 3}, DataError, "time must be a column's name"),
        ("hac-groupsum", {"time": "year", "maxlags": 12}, DataError, "from 0 to 11"),
    ],
)
def test_options_that_cannot_be(model, kind, options, error, words):
    with pytest.raises(error, match=words):
        model.fit("3sls", cov_type=kind, cov_kwds=options)


def test_few_clusters_warn_and_joint_tests_are_refused(data, model):
    five = data["unit"] // 4
    with pytest.warns(SimeqWarning, match="5 clusters for 9 free coefficients.*rank 4 at most"):
        result = model.fit("3sls", cov_type="cluster", cov_kwds={"groups": five})
    terms = [f"[{equation}]{term}" for equation, term in result.params.index]
    with pytest.raises(ConstraintError, match="5 clusters.*at most 4"):
        result.wald_test(", ".join(f"{name} = 0" for name in terms[:5]))
    assert result.wald_test(", ".join(f"{name} = 0" for name in terms[:3])).statistic > 0


def test_a_loaded_model_has_no_rows_for_robust_errors(model, tmp_path):
    model.fit("3sls").save(tmp_path / "r")
    loaded = pd.read_pickle(tmp_path / "r")
    with pytest.raises(DataError, match="holds no rows, which cluster standard errors need"):
        loaded.model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "unit"})
    assert loaded.model.fit("3sls").params.size == 9


def test_robust_fits_warn_of_nothing(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind, options in [("HC1", {}), ("cluster", {"groups": "unit"}), ("HAC", {})]:
            model.fit("3sls", cov_type=kind, cov_kwds=options)


def test_a_negative_two_way_variance_is_said_and_has_no_error():
    found = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        small = pd.DataFrame(rng.normal(size=(16, 2)), columns=["y", "x"])
        small["a"], small["b"] = np.repeat(np.arange(4), 4), np.tile(np.arange(4), 4)
        model = SystemEquations(["y ~ x"], small)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = model.fit("ols", cov_type="cluster", cov_kwds={"groups": ["a", "b"]})
        negative = np.diag(result.cov_params()) < 0
        np.testing.assert_array_equal(result.bse.isna(), negative)
        assert negative.any() == any("is negative" in str(w.message) for w in caught)
        found += negative.any()
    assert found > 0


def test_a_series_of_other_rows_is_not_matched_by_position(data, model):
    """Its labels say where each row belongs; to ignore them one gives the array."""
    shuffled = data["unit"].sample(frac=1, random_state=0)
    for given in (shuffled, shuffled.to_frame(), data["unit"].iloc[::-1]):
        with pytest.raises(DataError, match="not one to one in their order"):
            model.fit("3sls", cov_type="cluster", cov_kwds={"groups": given})
    expected = model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "unit"}).bse
    named = data.set_axis([f"r{i}" for i in range(len(data))])
    for index in (data.index, named.index):  # rows of its own, or the data's
        given = pd.Series(data["unit"].to_numpy(), index=index)
        found = SystemEquations(EQUATIONS, named).fit(
            "3sls", cov_type="cluster", cov_kwds={"groups": given}
        )
        np.testing.assert_allclose(found.bse, expected, rtol=1e-12)


def test_groups_and_time_may_be_levels_of_the_index(data, model):
    levels = SystemEquations(EQUATIONS, data.set_index(["unit", "year"]))
    for kind, names in [
        ("cluster", {"groups": ["unit", "year"]}),
        ("hac-panel", {"groups": ["unit"], "time": "year", "maxlags": 2}),
        ("hac-groupsum", {"time": "year", "maxlags": 2}),
        ("jackknife", {"groups": "unit"}),
    ]:
        found = levels.fit("3sls", cov_type=kind, cov_kwds=names)
        expected = model.fit("3sls", cov_type=kind, cov_kwds=names)
        np.testing.assert_allclose(found.bse, expected.bse, rtol=1e-12)
    with pytest.raises(DataError, match="unknown column 'units'. Did you mean 'unit'"):
        levels.fit("3sls", cov_type="cluster", cov_kwds={"groups": "units"})


def test_periods_stand_in_the_order_of_time_not_of_the_alphabet(data, model):
    def errors(time):
        kwds = {"time": time, "maxlags": 2}
        return model.fit("3sls", cov_type="hac-groupsum", cov_kwds=kwds).bse

    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    text = pd.Series(months * 20)
    ordered = text.astype(pd.CategoricalDtype(months, ordered=True))
    np.testing.assert_allclose(errors(ordered), errors("year"), rtol=1e-12)
    np.testing.assert_allclose(errors(data["year"].astype(str)), errors("year"), rtol=1e-12)
    for bad in (text, (data["year"] - 1999).astype(str)):
        with pytest.raises(DataError, match="holds text, and its alphabetical order"):
            errors(bad)


def test_a_block_of_rows_without_any_in_the_sample_is_passed_over():
    """Rows are read in blocks of 2**15; the first may hold missing values alone."""
    long = panel(3000, 12)
    long.loc[: 2**15 + 5, "a"] = np.nan
    kept = long.dropna()
    kwds = {"cov_type": "cluster", "cov_kwds": {"groups": "unit"}}
    found = SystemEquations(EQUATIONS, long).fit("3sls", **kwds)
    np.testing.assert_allclose(
        found.bse, SystemEquations(EQUATIONS, kept).fit("3sls", **kwds).bse, rtol=1e-10
    )


def test_the_note_says_how_many_lags_were_used(data, model):
    fractional = model.fit("3sls", cov_type="HAC", cov_kwds={"maxlags": 2.5})
    assert "bartlett kernel, 2 lags" in fractional.notes[2]
    smooth = model.fit("3sls", cov_type="HAC", cov_kwds={"maxlags": 2.5, "kernel": "qs"})
    assert "qs kernel, 2.5 lags" in smooth.notes[2]


def test_few_rows_or_periods_warn_and_say_why_a_joint_test_fails(data):
    five = data.assign(year=data["year"] % 5)
    model = SystemEquations(EQUATIONS, five)
    with pytest.warns(SimeqWarning, match="5 periods for 9 free coefficients.*rank 4 at most"):
        result = model.fit("3sls", cov_type="hac-groupsum", cov_kwds={"time": "year", "maxlags": 1})
    everything = ", ".join(f"[{equation}]{term} = 0" for equation, term in result.params.index)
    with pytest.raises(ConstraintError, match="singular.*few rows, clusters, periods or draws"):
        result.wald_test(everything)
    with pytest.warns(SimeqWarning, match="8 rows for 9 free coefficients"):
        SystemEquations(EQUATIONS, data.iloc[:8]).fit("ols", cov_type="HC0")


def test_a_small_sample_factor_without_degrees_of_freedom_is_refused(data):
    plain = SystemEquations(["y1 ~ a + b + c"], data.iloc[:4])
    for kind, kwds in [("HC1", {}), ("cluster", {"groups": [0, 0, 1, 1]})]:
        with (
            pytest.warns(SimeqWarning, match="fits exactly"),
            pytest.raises(DataError, match=r"as many regressors as rows \(4\)"),
        ):
            plain.fit("ols", cov_type=kind, cov_kwds=kwds)


def test_a_negative_variance_is_said_whatever_the_units():
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(20):
        small = pd.DataFrame(rng.normal(size=(16, 3)), columns=["y", "x", "z"])
        small["a"], small["b"] = np.repeat(np.arange(4), 4), np.tile(np.arange(4), 4)
        model = SystemEquations(["y ~ x + z"], small.assign(z=small["z"] * 1e-9))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = model.fit("ols", cov_type="cluster", cov_kwds={"groups": ["a", "b"]})
        said = [str(w.message) for w in caught if "is negative" in str(w.message)]
        for name, variance in zip(result.params.index, np.diag(result.cov_params()), strict=True):
            assert (variance < 0) == any(f"[y]{name[1]}" in text for text in said)
            found += variance < 0
    assert found > 0


def test_a_joint_covariance_that_is_indefinite_is_called_so():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        small = pd.DataFrame(rng.normal(size=(25, 3)), columns=["y", "x", "z"])
        small["a"], small["b"] = np.repeat(np.arange(5), 5), np.tile(np.arange(5), 5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = SystemEquations(["y ~ x + z"], small).fit(
                "ols", cov_type="cluster", cov_kwds={"groups": ["a", "b"]}
            )
        if result.bse.notna().all() and np.linalg.eigvalsh(result.cov_params())[0] < -1e-8:
            with pytest.raises(ConstraintError, match="not positive definite"):
                result.wald_test("[y]Intercept = 0, [y]x = 0, [y]z = 0")
            return
    raise AssertionError("no seed gave an indefinite covariance")


# ---------------------------------------------------------------------- order of time, and lags


def test_one_period_is_refused_and_two_take_the_longest_lag(data, model):
    """The scores of the whole sample add up to zero: one period gave errors of zero."""
    with pytest.raises(DataError, match="time: time has one period"):
        model.fit("3sls", cov_type="hac-groupsum", cov_kwds={"time": np.zeros(240)})
    two = {"time": data["year"] % 2}
    with pytest.warns(SimeqWarning, match="2 periods for 9 free") as caught:
        found = model.fit("3sls", cov_type="hac-groupsum", cov_kwds=two)
    assert [warning.category for warning in caught] == [SimeqWarning]
    assert "bartlett kernel, 1 lags" in found.notes[2]


def test_scores_of_zero_take_no_lags():
    """Equations of nothing but rounding errors have no bandwidth to choose."""
    assert automatic_lags(np.zeros((20, 3)), "bartlett") == 0


@pytest.mark.parametrize("lags", [True, 1j, np.complex128(2), "2", [2]])
def test_lags_are_numbers(model, lags):
    with pytest.raises(DataError, match="maxlags must be from 0 to 239"):
        model.fit("3sls", cov_type="HAC", cov_kwds={"maxlags": lags})


def test_an_index_of_dates_must_be_in_order_as_time_must(data):
    days = pd.date_range("2001-01-01", periods=240)
    dated = data.set_index(days)
    expected = SystemEquations(EQUATIONS, data).fit("3sls", cov_type="HAC").bse
    for index in (days, days.to_period("D")):
        model = SystemEquations(EQUATIONS, dated.set_axis(index))
        np.testing.assert_allclose(model.fit("3sls", cov_type="HAC").bse, expected, rtol=1e-12)
        back = SystemEquations(EQUATIONS, dated.set_axis(index).iloc[::-1])
        with pytest.raises(DataError, match="the index does not increase at row 2"):
            back.fit("3sls", cov_type="HAC")
        given = back.fit("3sls", cov_type="HAC", cov_kwds={"time": np.arange(240)})
        assert given.bse.notna().all()
    twice = dated.set_axis(days[np.arange(240) % 12])
    with pytest.raises(DataError, match="the index does not increase at row 13.*'hac-panel'"):
        SystemEquations(EQUATIONS, twice).fit("3sls", cov_type="HAC")


def test_times_out_of_order_in_a_panel_are_named(data, model):
    def fit(time):
        kwds = {"groups": "unit", "time": time, "maxlags": 2}
        return model.fit("3sls", cov_type="hac-panel", cov_kwds=kwds)

    swapped = data["year"].to_numpy().copy()
    swapped[[40, 41]] = swapped[[41, 40]]
    with pytest.raises(DataError, match="each panel: in 3 of unit, 2004 follows 2005 at row 42"):
        fit(swapped)
    text = (data["year"] - 1999).astype(str)  # 1, 2, … 12
    with pytest.raises(DataError, match="in 0 of unit, 10 follows 9 at row 10.*alphabetical"):
        fit(text)
    ordered = pd.Categorical(text, categories=[str(i) for i in range(1, 13)], ordered=True)
    np.testing.assert_allclose(fit(ordered).bse, fit("year").bse, rtol=1e-12)


@pytest.mark.parametrize("kernel", ["bartlett", "parzen", "qs"])
def test_many_lags_are_summed_over_frequencies(kernel):
    """The sum over lags, written out; an even and an odd number of rows."""
    for rows, lags in ((400, 250), (401, 44), (60, 59)):
        check_sum_over_lags(rows, kernel_values(kernel, lags, rows))


def check_sum_over_lags(rows, weights):
    scores = np.random.default_rng(0).normal(size=(rows, 3)) @ np.diag([1.0, 1e3, 1e-3])
    expected = weights[0] * scores.T @ scores
    for lag in range(1, len(weights)):
        gamma = scores[lag:].T @ scores[:-lag]
        expected += weights[lag] * (gamma + gamma.T)
    size = np.sqrt(np.diag(scores.T @ scores))
    gap = (serially_correlated(scores, weights) - expected) / np.outer(size, size)
    assert np.abs(gap).max() < 1e-11


def test_every_lag_of_many_rows_is_no_loop_over_lags(monkeypatch):
    """A loop over the lags of 12,000 rows would take ten seconds."""
    monkeypatch.setattr(sandwich, "_kernel_sum", None)
    model = SystemEquations(EQUATIONS, panel(1000, 12))
    found = model.fit("3sls", cov_type="HAC", cov_kwds={"kernel": "qs", "maxlags": 3})
    assert (found.bse > 0).all()


# ---------------------------------------------------------------------- scores that say nothing


@pytest.mark.parametrize("method", ["ols", "w2sls", "sur", "3sls"])
@pytest.mark.parametrize("constraints", [None, "[one]a + [two]c = 2", "[two]d = 0.5"])
def test_a_column_of_one_cluster_has_an_error_that_says_nothing(data, method, constraints):
    """Its scores add up to zero in its own cluster and in every other one."""
    dummy = data.assign(third=1.0 * (data["unit"] == 3))
    equations = {"one": "y1 ~ a + b + y2 + third", "two": "y2 ~ c + d + e + y1"}
    model = SystemEquations(equations, dummy)
    kwds = {"cov_kwds": {"groups": "unit"}, "constraints": constraints}
    silent = r"scores of \[one\]third add up to zero in every cluster"
    with pytest.warns(SimeqWarning, match=silent):
        found = model.fit(method, cov_type="cluster", **kwds)
    assert found.bse["one", "third"] > 0  # what other programs print
    by_year = {**kwds, "cov_kwds": {"groups": ["unit", "year"]}}
    assert model.fit(method, cov_type="cluster", **by_year).bse["one", "third"] > 0


def test_a_column_of_one_row_or_period_too(data):
    dummy = data.assign(row=1.0 * (data.index == 7), year3=1.0 * (data["year"] == 2003))
    model = SystemEquations(["y1 ~ a + row + year3"], dummy)
    for kind, kwds, which in [
        ("HC1", {}, r"\[y1\]row add up to zero in every row"),
        ("HAC", {"maxlags": 2}, r"\[y1\]row add up to zero in every row"),
        ("hac-groupsum", {"time": "year"}, r"\[y1\]year3 add up to zero in every period"),
    ]:
        with pytest.warns(SimeqWarning, match=which):
            model.fit("ols", cov_type=kind, cov_kwds=kwds)


def test_unit_dummies_clustered_by_unit_are_named_with_the_intercept(data):
    model = SystemEquations({"one": "y1 ~ a + C(unit)", "two": "y2 ~ c + C(unit)"}, data)
    with pytest.warns(SimeqWarning) as caught:
        model.fit("sur", cov_type="cluster", cov_kwds={"groups": "unit"})
    texts = [str(warning.message) for warning in caught]
    assert "20 clusters for 42 free coefficients" in texts[0]
    assert "scores of [one]Intercept, [one]C(unit)[T.1]" in texts[1]
    assert "and 32 more add up to zero in every cluster" in texts[1]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_scores_are_judged_in_any_units(data, scale):
    for seed in range(5):
        other = panel(20, 12, seed)
        other[["a", "y2"]] *= scale
        SystemEquations(EQUATIONS, other).fit(
            "3sls", cov_type="cluster", cov_kwds={"groups": "unit"}
        )


def test_hc3_of_one_equation_is_the_jackknife_of_rows_but_for_its_factor(data):
    expected = OLS.from_formula("y1 ~ a + b", data).fit(cov_type="HC3")
    found = SystemEquations(["y1 ~ a + b"], data).fit("ols", cov_type="jackknife")
    np.testing.assert_allclose(found.bse, expected.bse * np.sqrt(239 / 240), rtol=1e-9)
