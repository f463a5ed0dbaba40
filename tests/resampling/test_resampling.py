"""Jackknife and bootstrap: equal to brute-force refits, draw by draw."""

import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.linear_model import OLS

from clustered import EQUATIONS, panel
from simeq import ConstraintError, DataError, SimeqError, SimeqWarning, SystemEquations
from simeq.resampling.plan import ResamplingPlan

BY_EQUATION = {"one": "~ a + b + c + d", "two": "~ c + d + e + b"}
TIED = "[one]a = 1, [one]b + [two]c = 0.1"


@pytest.fixture(scope="module")
def data():
    return panel(24, 12)


@pytest.fixture(scope="module")
def model(data):
    return SystemEquations(EQUATIONS, data)


def refit(model, data, rows, method, instruments=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = data.iloc[rows].reset_index(drop=True)
        return SystemEquations(model.equations, drawn, instruments=instruments).fit(
            method, **options
        )


def rows_of(codes, counts):
    """Positions of the rows of drawn clusters, and a label for each cluster drawn."""
    drawn = np.repeat(np.arange(len(counts)), counts)
    rows = [np.flatnonzero(codes == c) for c in drawn]
    labels = [np.full(len(own), i) for i, own in enumerate(rows)]
    return np.concatenate(rows), np.concatenate(labels)


METHODS = ["ols", "wls", "2sls", "w2sls", "sur", "3sls", "i3sls"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("constraints", [None, TIED])
def test_every_draw_is_a_refit_on_its_rows(data, model, method, constraints):
    found = model.fit(
        method,
        cov_type="bootstrap",
        cov_kwds={"groups": "unit", "n_boot": 12, "seed": 3},
        constraints=constraints,
    )
    draws = found.bootstrap
    assert draws.n_failed == 0
    for b in range(12):
        rows, labels = rows_of(data["unit"].to_numpy(), draws.counts[b])
        clustered = {"groups": labels, "use_correction": False}
        again = refit(
            model,
            data,
            rows,
            method,
            constraints=constraints,
            cov_type="cluster",
            cov_kwds=clustered,
        )
        size = np.where(again.bse > 1e-10, again.bse, 1.0)
        assert np.abs((draws.params.iloc[b] - again.params) / size).max() < 1e-8
        np.testing.assert_allclose(draws.bse.iloc[b], again.bse, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("method", ["2sls", "3sls"])
@pytest.mark.parametrize("form", ["gmm", "gls"])
def test_instruments_by_equation_are_drawn_in_their_form(data, method, form):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SystemEquations(EQUATIONS, data, instruments=BY_EQUATION)
        found = model.fit(
            method,
            form=form,
            cov_type="bootstrap",
            cov_kwds={"groups": "unit", "n_boot": 6, "seed": 0},
        )
    for b in range(6):
        rows, labels = rows_of(data["unit"].to_numpy(), found.bootstrap.counts[b])
        again = refit(
            model,
            data,
            rows,
            method,
            form=form,
            instruments=BY_EQUATION,
            cov_type="cluster",
            cov_kwds={"groups": labels, "use_correction": False},
        )
        np.testing.assert_allclose(found.bootstrap.params.iloc[b], again.params, rtol=1e-8)
        np.testing.assert_allclose(found.bootstrap.bse.iloc[b], again.bse, rtol=1e-8)


@pytest.mark.parametrize("sigma_dof", ["geomean", "max", "theil"])
def test_divisors_count_the_rows_of_the_draw(sigma_dof):
    data = panel(24, 12).iloc[:250]  # clusters of different sizes
    model = SystemEquations(EQUATIONS, data)
    options = {"groups": "unit", "n_boot": 5, "seed": 2}
    found = model.fit("3sls", sigma_dof=sigma_dof, cov_type="bootstrap", cov_kwds=options)
    for b in range(5):
        rows, _ = rows_of(data["unit"].to_numpy(), found.bootstrap.counts[b])
        again = refit(model, data, rows, "3sls", sigma_dof=sigma_dof)
        np.testing.assert_allclose(found.bootstrap.params.iloc[b], again.params, rtol=1e-8)


def test_rows_are_drawn_when_no_groups_are_named(data, model):
    found = model.fit("3sls", cov_type="bootstrap", cov_kwds={"n_boot": 5, "seed": 1})
    for b in range(5):
        rows = np.repeat(np.arange(len(data)), found.bootstrap.counts[b])
        again = refit(model, data, rows, "3sls")
        np.testing.assert_allclose(found.bootstrap.params.iloc[b], again.params, rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("center", ["estimate", "mean"])
def test_the_jackknife_leaves_each_cluster_out(data, model, method, center):
    found = model.fit(method, cov_type="jackknife", cov_kwds={"groups": "unit", "center": center})
    full = model.fit(method).params.to_numpy()
    out = []
    for unit in range(24):
        again = refit(model, data, np.flatnonzero(data["unit"] != unit), method)
        out.append(again.params.to_numpy())
    out = np.array(out)
    np.testing.assert_allclose(found.jackknife.params, out, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(found.jackknife.influence, full - out, atol=1e-9)
    middle = full if center == "estimate" else out.mean(axis=0)
    by_hand = 23 / 24 * (out - middle).T @ (out - middle)
    np.testing.assert_allclose(found.cov_params(), by_hand, rtol=1e-7, atol=1e-11)
    np.testing.assert_array_equal(found.jackknife.params.index, np.arange(24))


def test_the_jackknife_of_one_equation_is_statsmodels_crv3(data):
    formula = "y1 ~ a + b + y2"
    groups = data["unit"].to_numpy()
    found = SystemEquations([formula], data).fit(
        "ols", cov_type="jackknife", cov_kwds={"groups": "unit"}
    )
    x = OLS.from_formula(formula, data)
    out = []
    for unit in range(24):
        keep = groups != unit
        out.append(np.linalg.lstsq(x.exog[keep], x.endog[keep], rcond=None)[0])
    gap = np.array(out) - x.fit().params.to_numpy()
    np.testing.assert_allclose(found.cov_params(), 23 / 24 * gap.T @ gap, rtol=1e-8)


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls"])
def test_unit_dummies_clustered_by_unit_work_in_every_draw(data, method):
    equations = {"one": "y1 ~ a + b + y2 + C(unit)", "two": "y2 ~ c + d + e + y1 + C(unit)"}
    model = SystemEquations(equations, data)
    options = {"groups": "unit", "n_boot": 8, "seed": 0}
    found = model.fit(method, cov_type="bootstrap", cov_kwds=options)
    slopes = [("one", t) for t in ("a", "b", "y2")] + [("two", t) for t in ("c", "d", "e", "y1")]
    assert found.bootstrap.n_failed == 0
    assert found.bse.notna().sum() == 7
    assert found.bse[slopes].notna().all()
    assert "no resampling error for [one]Intercept, [one]C(unit)[T.1]" in found.notes[2]
    assert str(found.summary())
    for b in range(8):
        rows, labels = rows_of(data["unit"].to_numpy(), found.bootstrap.counts[b])
        drawn = data.iloc[rows].reset_index(drop=True).assign(unit=labels)
        again = SystemEquations(equations, drawn).fit(method)
        np.testing.assert_allclose(
            found.bootstrap.params.iloc[b][slopes], again.params[slopes], rtol=1e-7
        )
    assert found.wald_test("[one]a = 0, [two]c = 0").statistic > 0
    assert np.isfinite(found.t_test("[one]a = 0").pvalue)
    assert np.isfinite(found.equations["one"].t_test("a = 0").pvalue)
    with pytest.raises(ConstraintError, match="zero or undefined"):
        found.wald_test("[one]Intercept = 0")
    left = model.fit(method, cov_type="jackknife", cov_kwds={"groups": "unit"})
    again = SystemEquations(equations, data[data["unit"] != 5]).fit(method)
    np.testing.assert_allclose(
        left.jackknife.params.loc[5, slopes], again.params[slopes], rtol=1e-7
    )


def test_the_same_seed_gives_the_same_draws(model):
    def draws(seed):
        options = {"groups": "unit", "n_boot": 20, "seed": seed}
        return model.fit("3sls", cov_type="bootstrap", cov_kwds=options).bootstrap.params

    pd.testing.assert_frame_equal(draws(5), draws(5))
    pd.testing.assert_frame_equal(draws(5), draws(np.random.default_rng(5)))
    assert not draws(5).equals(draws(6))


def test_standard_errors_are_the_draws_and_intervals_their_quantiles(model):
    options = {"groups": "unit", "n_boot": 199, "seed": 0}
    found = model.fit("3sls", cov_type="bootstrap", cov_kwds=options)
    draws = found.bootstrap.params.to_numpy()
    b = found.params.to_numpy()
    np.testing.assert_allclose(found.bse, draws.std(axis=0, ddof=1), rtol=1e-10)
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    np.testing.assert_allclose(found.conf_int(0.1, kind="percentile"), np.column_stack([low, high]))
    basic = np.column_stack([2 * b - high, 2 * b - low])
    np.testing.assert_allclose(found.conf_int(0.1, kind="basic"), basic)
    own = model.fit(
        "3sls", cov_type="cluster", cov_kwds={"groups": "unit", "use_correction": False}
    ).bse.to_numpy()
    t = (draws - b) / found.bootstrap.bse.to_numpy()
    low, high = np.quantile(t, [0.05, 0.95], axis=0)
    by_hand = np.column_stack([b - high * own, b - low * own])
    for word in ("studentised", "studentized"):
        np.testing.assert_allclose(found.conf_int(0.1, kind=word), by_hand, rtol=1e-8)
    with pytest.raises(SimeqError, match="Did you mean 'percentile'"):
        found.conf_int(kind="percentil")


def test_a_kind_of_interval_may_be_written_in_capitals(model):
    """ "Normal" gave percentiles without a word."""
    options = {"groups": "unit", "n_boot": 50, "seed": 0}
    found = model.fit("3sls", cov_type="bootstrap", cov_kwds=options)
    for name in ("Normal", "Percentile", "BASIC", "STUDENTIZED"):
        small = name.lower()
        pd.testing.assert_frame_equal(found.conf_int(kind=name), found.conf_int(kind=small))
    with pytest.raises(SimeqError, match="Unknown kind of interval"):
        found.bootstrap.conf_int(found.params.to_numpy(), 0.05, "normal")
    with pytest.raises(SimeqError, match="Unknown kind of interval 'percentil'"):
        model.fit("3sls").conf_int(kind="percentil")


def test_batches_do_not_change_the_draws(model, monkeypatch):
    options = {"groups": "unit", "n_boot": 50, "seed": 0}
    whole = model.fit("3sls", cov_type="bootstrap", cov_kwds=options)
    monkeypatch.setattr("simeq.resampling.plan.BATCH_ENTRIES", 1)
    parts = model.fit("3sls", cov_type="bootstrap", cov_kwds=options)
    np.testing.assert_allclose(parts.bootstrap.params, whole.bootstrap.params, rtol=1e-10)


def test_draws_that_fail_are_counted_and_reported(data):
    rare = data.assign(rare=(data["unit"] < 2) * np.arange(len(data)) % 5)
    model = SystemEquations({"one": "y1 ~ a + b + y2 + rare", "two": "y2 ~ c + d + y1"}, rare)
    options = {"groups": "unit", "n_boot": 200, "seed": 0}
    with pytest.warns(SimeqWarning, match="could not estimate the system in .* of 200"):
        found = model.fit("3sls", cov_type="bootstrap", cov_kwds=options)
    counts = found.bootstrap.counts
    without = (counts[:, :2].sum(axis=1) == 0).sum()
    assert found.bootstrap.n_failed >= without > 0
    assert np.isfinite(found.bse).all()
    assert "failed" in found.notes[2]


def test_results_survive_saving(model, tmp_path):
    options = {"groups": "unit", "n_boot": 20, "seed": 0}
    found = model.fit("3sls", cov_type="bootstrap", cov_kwds=options)
    found.save(tmp_path / "r")
    loaded = pd.read_pickle(tmp_path / "r")
    pd.testing.assert_frame_equal(loaded.conf_int(kind="basic"), found.conf_int(kind="basic"))


@pytest.mark.parametrize(
    ("kind", "options", "error", "words"),
    [
        ("bootstrap", {"n_boot": 1}, DataError, "n_boot must be"),
        ("bootstrap", {"n_boot": "many"}, DataError, "n_boot must be"),
        ("bootstrap", {"n_boot": 9, "seed": "abc"}, DataError, "seed must be"),
        ("bootstrap", {"n_boot": 9, "seed": -1}, DataError, "seed must be"),
        ("bootstrap", {"group": "unit"}, SimeqError, "Did you mean 'groups'"),
        ("bootstrap", {"groups": ["unit", "year"]}, DataError, "one grouping, not 2"),
        ("jackknife", {"groups": np.zeros(288)}, DataError, "one cluster"),
        ("jackknife", {"groups": "unit", "center": "median"}, SimeqError, "Unknown center"),
    ],
)
def test_options_that_cannot_be(model, kind, options, error, words):
    with pytest.raises(error, match=words):
        model.fit("3sls", cov_type=kind, cov_kwds=options)


def test_draws_are_asked_for_where_there_are_none(model):
    result = model.fit("3sls")
    with pytest.raises(DataError, match="no bootstrap; fit with cov_type='bootstrap'"):
        result.conf_int(kind="percentile")
    with pytest.raises(DataError, match="no jackknife"):
        assert result.jackknife


def test_a_constraint_on_what_cannot_be_drawn_is_refused(data):
    model = SystemEquations({"one": "y1 ~ a + C(unit)", "two": "y2 ~ c + C(unit)"}, data)
    with pytest.raises(ConstraintError, match="cannot be resampled"):
        model.fit(
            "sur",
            constraints="[one]C(unit)[T.3] = 0",
            cov_type="jackknife",
            cov_kwds={"groups": "unit"},
        )
    tied = model.fit(
        "sur",
        constraints="[one]a = [two]c",
        cov_type="jackknife",
        cov_kwds={"groups": "unit"},
    )
    assert tied.bse["one", "a"] == pytest.approx(tied.bse["two", "c"], rel=1e-9)


def test_nine_hundred_and_ninety_nine_draws_are_a_few_batches(model, monkeypatch):
    """A loop over draws would take minutes."""
    batches = []
    estimate = ResamplingPlan.estimate
    monkeypatch.setattr(
        ResamplingPlan, "estimate", lambda *args: batches.append(args) or estimate(*args)
    )
    model.fit("i3sls", cov_type="bootstrap", cov_kwds={"groups": "unit", "seed": 0})
    assert len(batches) < 10


def test_results_have_the_wild_test(model):
    result = model.fit("3sls")
    found = result.wild_test("[one]y2 = 0.5", groups="unit", n_boot=99, seed=0)
    again = result.wild_test("[one]y2 = 0.5", groups="unit", n_boot=99, seed=0)
    clustered = model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "unit"})
    assert 0.0 <= found.pvalue <= 1.0
    assert found.pvalue == again.pvalue
    # the factors by equation size cancel in a test on one coefficient but scale its statistic
    wald = clustered.wald_test("[one]y2 = 0.5").statistic
    assert found.statistic == pytest.approx(wald, rel=1e-8)
    low, high = found.conf_int()
    assert low < result.params["one", "y2"] < high


@pytest.mark.parametrize("method", ["sur", "3sls", "w2sls"])
def test_draws_do_not_depend_on_units(data, method):
    options = {"groups": "unit", "n_boot": 100, "seed": 0}
    plain = SystemEquations(EQUATIONS, data).fit(method, cov_type="bootstrap", cov_kwds=options)
    scaled = SystemEquations(EQUATIONS, data.assign(y2=data["y2"] * 1e8)).fit(
        method, cov_type="bootstrap", cov_kwds=options
    )
    assert scaled.bootstrap.n_failed == 0
    ratio = scaled.bse["two", "c"] / plain.bse["two", "c"]
    assert ratio == pytest.approx(1e8, rel=1e-6)


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls"])
def test_unit_dummies_in_one_equation_alone_work_in_every_draw(data, method):
    """The other equation keeps its intercept; instruments hold the dummies for both."""
    equations = {"one": "y1 ~ a + b + y2 + C(unit)", "two": "y2 ~ c + d + e + y1"}
    model = SystemEquations(equations, data)
    options = {"groups": "unit", "n_boot": 8, "seed": 0}
    found = model.fit(method, cov_type="bootstrap", cov_kwds=options)
    there = [("one", t) for t in ("a", "b", "y2")]
    there += [("two", t) for t in ("Intercept", "c", "d", "e", "y1")]
    assert found.bootstrap.n_failed == 0
    assert found.bse.notna().sum() == 8
    assert found.bse[there].notna().all()
    for b in range(8):
        rows, _ = rows_of(data["unit"].to_numpy(), found.bootstrap.counts[b])
        drawn = data.iloc[rows].reset_index(drop=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = SystemEquations(equations, drawn).fit(method)
        np.testing.assert_allclose(
            found.bootstrap.params.iloc[b][there], again.params[there], rtol=1e-7
        )
        np.testing.assert_allclose(
            found.bootstrap.bse.iloc[b][there],
            clustered_by_draw(equations, drawn, found.bootstrap.counts[b], data, method)[there],
            rtol=1e-6,
        )


def clustered_by_draw(equations, drawn, counts, data, method):
    _, labels = rows_of(data["unit"].to_numpy(), counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            SystemEquations(equations, drawn)
            .fit(method, cov_type="cluster", cov_kwds={"groups": labels, "use_correction": False})
            .bse
        )


@pytest.mark.parametrize(
    "instruments", [None, {"one": "~ a + b + c + d + C(unit)", "two": "~ c + d + e + b"}]
)
def test_units_do_not_count_where_draws_lack_columns(data, instruments):
    equations = {"one": "y1 ~ a + b + y2 + C(unit)", "two": "y2 ~ c + d + e + y1"}
    options = {"groups": "unit", "n_boot": 30, "seed": 0}
    large = data.assign(y2=data["y2"] * 1e8)
    plain, scaled = (
        SystemEquations(equations, own, instruments=instruments).fit(
            "3sls", cov_type="bootstrap", cov_kwds=options
        )
        for own in (data, large)
    )
    assert scaled.bootstrap.n_failed == 0
    ratio = scaled.bse["two", "c"] / plain.bse["two", "c"]
    assert ratio == pytest.approx(1e8, rel=1e-5)
    assert scaled.bse["one", "a"] == pytest.approx(plain.bse["one", "a"], rel=1e-5)


def test_a_long_call_shows_its_progress_where_tqdm_is_installed(model, monkeypatch):
    shown = []

    class Tqdm:
        @staticmethod
        def tqdm(rest, **options):
            shown.append(options["desc"])
            return rest

    monkeypatch.setattr("simeq.resampling.jackknife_bootstrap.PATIENCE", 0.0)
    monkeypatch.setattr("simeq.resampling.jackknife_bootstrap.import_module", lambda name: Tqdm)
    model.fit("3sls", cov_type="bootstrap", cov_kwds={"groups": "unit", "n_boot": 10, "seed": 0})
    assert shown == ["bootstrap"]


def test_a_long_call_goes_on_without_tqdm(model, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr("simeq.resampling.jackknife_bootstrap.PATIENCE", 0.0)
    monkeypatch.setattr("simeq.resampling.jackknife_bootstrap.import_module", missing)
    found = model.fit(
        "3sls", cov_type="bootstrap", cov_kwds={"groups": "unit", "n_boot": 10, "seed": 0}
    )
    assert found.bootstrap.n_failed == 0


@pytest.mark.parametrize("method", ["ols", "3sls"])
@pytest.mark.parametrize(
    ("kind", "options"), [("jackknife", {}), ("bootstrap", {"n_boot": 50, "seed": 0})]
)
def test_what_constraints_fix_has_no_error(model, method, kind, options):
    """Draws of it differ by rounding errors, which gave t ratios of 1e15."""
    found = model.fit(
        method, constraints=TIED, cov_type=kind, cov_kwds={"groups": "unit", **options}
    )
    assert found.bse["one", "a"] == 0.0
    assert np.isnan(found.tvalues["one", "a"])
    assert found.bse.drop(("one", "a")).min() > 1e-3


def test_one_equation_has_the_draws_intervals(model):
    options = {"groups": "unit", "n_boot": 50, "seed": 0}
    found = model.fit("3sls", cov_type="bootstrap", cov_kwds=options)
    for kind in ("normal", "percentile", "studentised"):
        whole = found.conf_int(0.1, kind=kind).loc["two"]
        np.testing.assert_array_equal(found.equations["two"].conf_int(0.1, kind=kind), whole)
    with pytest.raises(SimeqError, match="Unknown kind of interval 'None'"):
        found.conf_int(kind=None)


def test_fewer_draws_than_restrictions_are_said(model):
    options = {"groups": "unit", "n_boot": 4, "seed": 0}
    found = model.fit("3sls", cov_type="bootstrap", cov_kwds=options)
    with pytest.raises(ConstraintError, match="singular.*or draws"):
        found.wald_test("[one]a = 0, [one]b = 0, [one]y2 = 0, [two]c = 0, [two]d = 0")


def test_iterations_that_run_out_are_named_as_the_reason(model):
    options = {"cov_type": "jackknife", "cov_kwds": {"groups": "unit"}, "maxiter": 2}
    with (
        pytest.warns(SimeqWarning, match="did not converge"),
        pytest.raises(DataError, match="in 2 iterations in 24 resamples of 24; raise maxiter"),
    ):
        model.fit("i3sls", **options)


@pytest.mark.parametrize("method", ["ols", "w2sls", "sur", "3sls"])
@pytest.mark.parametrize("constraints", ["[one]a + [two]c = 2", TIED, "[one]b = [two]Intercept"])
def test_constraints_hold_where_draws_lack_columns(data, method, constraints):
    """Unit dummies in one equation alone, and a restriction across equations."""
    equations = {"one": "y1 ~ a + b + y2 + C(unit)", "two": "y2 ~ c + d + e + y1"}
    model = SystemEquations(equations, data)
    clusters = {"groups": "unit"}
    found = model.fit(method, constraints=constraints, cov_type="jackknife", cov_kwds=clusters)
    drawn = model.fit(
        method,
        constraints=constraints,
        cov_type="bootstrap",
        cov_kwds={**clusters, "n_boot": 40, "seed": 0},
    )
    assert found.jackknife.n_failed == drawn.bootstrap.n_failed == 0
    there = found.bse.index[found.bse.notna()]
    assert len(there) == 8
    assert (drawn.bse[there] > 0).equals(found.bse[there] > 0)
    for unit in (0, 5):
        rows = np.flatnonzero(data["unit"] != unit)
        again = refit(model, data, rows, method, constraints=constraints)
        np.testing.assert_allclose(
            found.jackknife.params.loc[unit, there], again.params[there], rtol=1e-7, atol=1e-9
        )
    rows, labels = rows_of(data["unit"].to_numpy(), drawn.bootstrap.counts[0])
    by_draw = {"groups": labels, "use_correction": False}
    again = refit(
        model, data, rows, method, constraints=constraints, cov_type="cluster", cov_kwds=by_draw
    )
    np.testing.assert_allclose(
        drawn.bootstrap.bse.iloc[0][there], again.bse[there], rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("like", ["stata", "systemfit", "linearmodels", "gretl"])
@pytest.mark.parametrize("constraints", [None, TIED])
def test_draws_stop_their_iterations_as_the_preset_does(data, model, like, constraints):
    """Each program's criterion and tolerance, and linearmodels' Σ after the last step."""
    options = {"like": like, "constraints": constraints}
    clusters = {"groups": "unit", "n_boot": 6, "seed": 1}
    found = model.fit("i3sls", cov_type="bootstrap", cov_kwds=clusters, **options)
    for b in range(6):
        rows, labels = rows_of(data["unit"].to_numpy(), found.bootstrap.counts[b])
        by_draw = {"groups": labels, "use_correction": False}
        again = refit(model, data, rows, "i3sls", cov_type="cluster", cov_kwds=by_draw, **options)
        size = np.where(again.bse > 1e-10, again.bse, 1.0)
        assert np.abs((found.bootstrap.params.iloc[b] - again.params) / size).max() < 1e-8
        np.testing.assert_allclose(found.bootstrap.bse.iloc[b], again.bse, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("sigma_dof", ["geomean", "mean", "max", "theil"])
@pytest.mark.parametrize("second", ["y2 ~ c + d + e + y1 + C(unit)", "y2 ~ c + d + e + y1"])
@pytest.mark.parametrize("method", ["sur", "3sls"])
def test_divisors_count_the_columns_that_a_draw_has(method, second, sigma_dof):
    """Without a unit there is no dummy of it: k_i is that of a refit on the rows drawn."""
    data = panel(10, 6)
    equations = {"one": "y1 ~ a + b + y2 + C(unit)", "two": second}
    model = SystemEquations(equations, data)
    clusters = {"groups": "unit"}
    left = model.fit(method, sigma_dof=sigma_dof, cov_type="jackknife", cov_kwds=clusters)
    drawn = model.fit(
        method,
        sigma_dof=sigma_dof,
        cov_type="bootstrap",
        cov_kwds={**clusters, "n_boot": 4, "seed": 1},
    )
    there = left.bse.index[left.bse.notna()]
    counts = np.vstack([1 - np.eye(10, dtype=int)[:3], drawn.bootstrap.counts])
    found = pd.concat([left.jackknife.params[:3], drawn.bootstrap.params])
    for b in range(7):
        rows, _ = rows_of(data["unit"].to_numpy(), counts[b])
        again = refit(model, data, rows, method, sigma_dof=sigma_dof)
        np.testing.assert_allclose(found.iloc[b][there], again.params[there], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("seed", [0, 1])
def test_clusters_of_any_size_in_any_order(seed):
    """Sizes from one row on, labels as text and in no order, rows missing."""
    rng = np.random.default_rng(seed)
    data = panel(24, 12, seed).sample(n=150, random_state=seed)
    data["a"] = data["a"].where(rng.random(150) > 0.05)
    data["label"] = data["unit"].map("unit {}".format)
    model, kept = SystemEquations(EQUATIONS, data), data.dropna()
    codes, labels = pd.factorize(kept["label"], sort=True)
    left = model.fit("3sls", cov_type="jackknife", cov_kwds={"groups": "label"})
    for c, label in enumerate(labels):
        again = refit(model, kept, np.flatnonzero(codes != c), "3sls")
        np.testing.assert_allclose(left.jackknife.params.loc[label], again.params, rtol=1e-9)


def test_a_cluster_that_dominates_costs_no_digits():
    """Nearly all that a column varies is in one cluster; sums without it are not differences."""
    data = panel(12, 6)
    data["a"] *= np.where(data["unit"] == 5, 1e4, 1.0)
    model = SystemEquations(EQUATIONS, data)
    left = model.fit("3sls", cov_type="jackknife", cov_kwds={"groups": "unit"})
    again = refit(model, data, np.flatnonzero(data["unit"] != 5), "3sls")
    np.testing.assert_allclose(left.jackknife.params.loc[5], again.params, rtol=1e-9)


def test_the_jackknife_of_rows_takes_memory_by_row_not_by_pair_of_rows():
    """6,000 rows: a matrix of rows by rows alone would take 288 MB."""
    data = panel(500, 12)
    model = SystemEquations(EQUATIONS, data)
    tracemalloc.start()
    found = model.fit("3sls", cov_type="jackknife")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    again = refit(model, data, np.flatnonzero(np.arange(6000) != 17), "3sls")
    np.testing.assert_allclose(found.jackknife.params.iloc[17], again.params, rtol=1e-9)


def test_draws_that_run_away_are_counted_without_a_word_of_overflow():
    model = SystemEquations(EQUATIONS, panel(10, 3, 2))
    options = {"groups": "unit", "n_boot": 60, "seed": 2}
    with pytest.warns(SimeqWarning, match="in 1,000 iterations in 1 resample of 60") as caught:
        found = model.fit("i3sls", cov_type="bootstrap", cov_kwds=options)
    assert [warning.category for warning in caught] == [SimeqWarning]
    assert found.bootstrap.bse.isna().any(axis=1).sum() == 1


def test_few_clusters_are_said_by_resampling_too(data, model):
    """With the covariance of five estimates no five restrictions can be tested."""
    five, three = data["unit"] % 5, data["unit"] % 3
    with pytest.warns(SimeqWarning, match="5 clusters for 9 free.* joint tests of 5 or more"):
        found = model.fit("3sls", cov_type="jackknife", cov_kwds={"groups": five})
    with pytest.raises(ConstraintError, match="5 clusters can test at most 4"):
        found.wald_test("[one]a=0, [one]b=0, [one]y2=0, [two]c=0, [two]d=0")
    with pytest.warns(SimeqWarning) as caught:
        model.fit("3sls", cov_type="bootstrap", cov_kwds={"groups": three, "n_boot": 50, "seed": 0})
    assert "3 clusters for 9 free coefficients" in str(caught[0].message)
    assert "3 clusters can be drawn in 10 ways alone" in str(caught[1].message)


def test_coefficients_that_cannot_be_resampled_do_not_count_among_the_free(data):
    model = SystemEquations({"one": "y1 ~ a + C(unit)", "two": "y2 ~ c + C(unit)"}, data)
    found = model.fit("sur", cov_type="jackknife", cov_kwds={"groups": "unit"})
    assert found.bse.notna().sum() == 2


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "w2sls", "3sls"])
@pytest.mark.parametrize("constraints", [None, "[one]a = [two]c"])
@pytest.mark.parametrize("right", ["C(region)", "rare"])
def test_a_draw_that_lacks_a_column_fails_though_rounding_errors_are_left(
    data, method, constraints, right
):
    """Without an intercept columns of few clusters are coordinates of their own: 1e-16, not 0."""
    rng = np.random.default_rng(0)
    few = data.assign(region=data["unit"] // 2, rare=(data["unit"] < 2) * rng.normal(size=288))
    equations = {"one": f"y1 ~ 0 + {right} + a", "two": f"y2 ~ 0 + {right} + c"}
    model = SystemEquations(equations, few, instruments=f"~ 0 + {right} + a + c")
    options = {"groups": "unit", "n_boot": 200, "seed": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model.fit(method, cov_type="bootstrap", cov_kwds=options, constraints=constraints)
    by_region = found.bootstrap.counts.reshape(200, 12, 2).sum(axis=2)
    lacking = (by_region == 0).any(axis=1) if right == "C(region)" else by_region[:, 0] == 0
    failed = found.bootstrap.params.isna().any(axis=1)
    np.testing.assert_array_equal(failed, lacking)
    assert found.bootstrap.params.abs().max(axis=None) < 20


@pytest.mark.parametrize("method", ["2sls", "w2sls", "3sls", "i3sls"])
@pytest.mark.parametrize(
    "instruments", ["~ a + b + c + d + odd", {"one": "~ a + b + c + odd", "two": "~ c + d + a"}]
)
def test_a_draw_may_lack_an_instrument_that_is_not_needed(data, method, instruments):
    """A refit sets it aside, as it is zero in every row."""
    odd = data.assign(odd=data["e"] * (data["unit"] == 3))
    equations = {"one": "y1 ~ a + b + y2", "two": "y2 ~ c + d + y1"}
    model = SystemEquations(equations, odd, instruments=instruments)
    left = model.fit(method, cov_type="jackknife", cov_kwds={"groups": "unit"})
    options = {"groups": "unit", "n_boot": 20, "seed": 0}
    drawn = model.fit(method, cov_type="bootstrap", cov_kwds=options)
    assert left.jackknife.n_failed == drawn.bootstrap.n_failed == 0
    assert (drawn.bootstrap.counts[:8, 3] == 0).any()
    rows = np.flatnonzero(data["unit"] != 3)
    again = refit(model, odd, rows, method, instruments)
    np.testing.assert_allclose(left.jackknife.params.loc[3], again.params, rtol=1e-8)
    for b in range(8):
        rows, labels = rows_of(data["unit"].to_numpy(), drawn.bootstrap.counts[b])
        clustered = {"groups": labels, "use_correction": False}
        again = refit(model, odd, rows, method, instruments, cov_type="cluster", cov_kwds=clustered)
        np.testing.assert_allclose(drawn.bootstrap.params.iloc[b], again.params, rtol=1e-8)
        np.testing.assert_allclose(drawn.bootstrap.bse.iloc[b], again.bse, rtol=1e-7)


@pytest.mark.parametrize("constraints", [None, "[one]a + [two]c = 2"])
def test_iterated_seemingly_unrelated_regressions_are_drawn_to_their_end(data, constraints):
    model = SystemEquations({"one": "y1 ~ a + b", "two": "y2 ~ c + d + e"}, data)
    options = {"groups": "unit", "n_boot": 4, "seed": 1}
    found = model.fit("isur", cov_type="bootstrap", cov_kwds=options, constraints=constraints)
    for b in range(4):
        rows, labels = rows_of(data["unit"].to_numpy(), found.bootstrap.counts[b])
        clustered = {"groups": labels, "use_correction": False}
        again = refit(
            model,
            data,
            rows,
            "isur",
            constraints=constraints,
            cov_type="cluster",
            cov_kwds=clustered,
        )
        np.testing.assert_allclose(found.bootstrap.params.iloc[b], again.params, rtol=1e-8)
        np.testing.assert_allclose(found.bootstrap.bse.iloc[b], again.bse, rtol=1e-8)


@pytest.mark.parametrize("method", ["ols", "wls", "sur", "isur", "2sls", "3sls"])
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("sigma_dof", ["none", "theil"])
def test_an_equation_may_be_nothing_but_unit_dummies(data, method, place, sigma_dof):
    """Every column of it is partialled out; its residuals are in Σ all the same."""
    formulas = ["y2 ~ c + d + C(unit)", "y1 ~ C(unit)"]
    equations = {f"eq{i}": formulas[i] for i in (place, 1 - place)}
    model = SystemEquations(equations, data, instruments="~ c + d + a + C(unit)")
    options = {"sigma_dof": sigma_dof, "cov_type": "jackknife", "cov_kwds": {"groups": "unit"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model.fit(method, **options)
        test = model.fit(method, sigma_dof=sigma_dof).wild_test(
            "[eq0]c = 0", groups="unit", n_boot=9, seed=0
        )
    there = [("eq0", "c"), ("eq0", "d")]
    assert list(found.bse.index[found.bse.notna()]) == there
    rows = np.flatnonzero(data["unit"] != 7)
    again = refit(model, data, rows, method, "~ c + d + a + C(unit)", sigma_dof=sigma_dof)
    np.testing.assert_allclose(found.jackknife.params.loc[7, there], again.params[there], rtol=1e-8)
    assert test.n_failed == 0


def test_nothing_but_unit_dummies_cannot_be_resampled(data):
    model = SystemEquations(["y1 ~ C(unit)"], data)
    for kind in ("jackknife", "bootstrap"):
        with pytest.raises(DataError, match="Every regressor vanishes outside one cluster"):
            model.fit("ols", cov_type=kind, cov_kwds={"groups": "unit"})


def test_intervals_of_what_constraints_fix_are_points(data):
    model = SystemEquations(["y1 ~ 1"], data)
    options = {"groups": "unit", "n_boot": 9, "seed": 0}
    found = model.fit(
        "ols", constraints="[y1]Intercept = 1", cov_type="bootstrap", cov_kwds=options
    )
    for kind in ("normal", "percentile", "basic", "studentised"):
        np.testing.assert_array_equal(found.conf_int(kind=kind), [[1.0, 1.0]])


@pytest.mark.parametrize("method", ["ols", "sur"])
def test_nothing_but_unit_dummies_beside_an_equation_without(data, method):
    model = SystemEquations({"one": "y1 ~ C(unit)", "two": "y2 ~ c + d"}, data)
    found = model.fit(method, cov_type="jackknife", cov_kwds={"groups": "unit"})
    there = [("two", "Intercept"), ("two", "c"), ("two", "d")]
    assert list(found.bse.index[found.bse.notna()]) == there
    again = refit(model, data, np.flatnonzero(data["unit"] != 7), method)
    np.testing.assert_allclose(found.jackknife.params.loc[7, there], again.params[there], rtol=1e-8)
