"""The restricted wild cluster bootstrap: equal to a plain version that refits each draw."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from clustered import EQUATIONS, panel
from klein import INSTRUMENTS
from simeq import ConstraintError, DataError, SimeqError, SimeqWarning, SystemEquations
from simeq.formula.constraints import read_constraints
from simeq.resampling.wild.test import WEIGHTS

BY_EQUATION = {"one": "~ a + b + c + d", "two": "~ c + d + e + b"}
TIED = "[one]a = 1, [one]b + [two]c = 0.1"
NULL = "[one]y2 = 0.3"
METHODS = ["ols", "wls", "2sls", "w2sls", "sur", "3sls", "i3sls"]


@pytest.fixture(scope="module")
def data():
    out = panel(14, 8)
    rng = np.random.default_rng(5)
    out["w"] = out["y1"] - 0.5 * out["c"] + rng.normal(size=len(out))  # endogenous, not explained
    out["f"] = rng.normal(size=len(out))
    return out


@pytest.fixture(scope="module")
def model(data):
    return SystemEquations(EQUATIONS, data)


def wald(result, null):
    """The Wald statistic of clustered results, by matrices."""
    names = [f"[{equation}]{term}" for equation, term in result.params.index]
    r, q, _ = read_constraints(null, names)
    gap = r @ result.params.to_numpy() - q
    return gap @ np.linalg.solve(r @ result.cov_params().to_numpy() @ r.T, gap)


def plain(equations, data, method, null, weights, constraints=None, instruments=None, **options):
    """Loop over draws: generate rows under the null, refit on them, test."""
    texts = [*(constraints or []), *null.split(", ")]
    tied = fitted(equations, data, method, constraints=texts, instruments=instruments, **options)
    model, u = tied.model, tied.resid.to_numpy()
    labels, dependents = list(model.labels), model.endog_names
    by_instruments = method.endswith("2sls") or method.endswith("3sls")
    z_names = list(dict.fromkeys(t for own in model.instrument_names.values() for t in own))
    others = []
    if by_instruments:
        is_endogenous = model.roles["role"] == "endogenous"
        others = sorted(set(model.roles["term"][is_endogenous]) - {*dependents, *z_names})
    frame = data.assign(Intercept=1.0)
    for unit in data["unit"].unique():
        frame[f"C(unit)[T.{unit}]"] = 1.0 * (data["unit"] == unit)
    z, y2 = frame[z_names].to_numpy(), frame[others].to_numpy()
    mean = z @ np.linalg.lstsq(np.hstack([z, u]), y2, rcond=None)[0][: z.shape[1]]
    out = []
    for weight in weights:
        own = weight[data["unit"]][:, None]
        drawn = frame.copy()
        drawn[others] = mean + own * (y2 - mean)
        gamma, right = np.zeros((u.shape[1],) * 2), own * u
        for (label, term), value in tied.params.items():
            i = labels.index(label)
            if by_instruments and term in dependents:
                gamma[dependents.index(term), i] = value
            else:
                right[:, i] += value * drawn[term].to_numpy()
        y = right @ np.linalg.inv(np.eye(len(gamma)) - gamma)
        formulas = dict(equations)
        if by_instruments:
            drawn[dependents] = y
        else:  # every regressor stays, a dependent too: generated columns have their own names
            for i, label in enumerate(labels):
                drawn[f"new_{i}"] = y[:, i]
                formulas[label] = f"new_{i} ~ " + equations[label].split("~")[1]
        clustered = {"cov_type": "cluster", "cov_kwds": {"groups": "unit"}}
        drawn = drawn[[name for name in drawn if "[" not in name]]
        again = fitted(
            formulas, drawn, method, instruments, constraints=constraints, **clustered, **options
        )
        out.append(wald(again, null))
    return np.array(out)


def fitted(equations, data, method, instruments=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SystemEquations(equations, data, instruments=instruments).fit(method, **options)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("constraints", [None, ["[one]a = 1", "[one]b + [two]c = 0.1"]])
def test_every_draw_is_a_refit_on_generated_rows(data, method, constraints):
    result = fitted(EQUATIONS, data, method, constraints=constraints)
    test = result.wild_test(NULL, n_boot=4, groups="unit", seed=1)
    by_hand = plain(EQUATIONS, data, method, NULL, test.experiment.weights, constraints=constraints)
    np.testing.assert_allclose(test.distribution, by_hand, rtol=1e-8)


@pytest.mark.parametrize("method", ["2sls", "3sls"])
def test_endogenous_regressors_that_no_equation_explains_have_a_reduced_form(data, method):
    equations = {"one": "y1 ~ a + b + y2 + w", "two": "y2 ~ c + d + e + y1"}
    instruments = "~ a + b + c + d + e + f"
    result = fitted(equations, data, method, instruments=instruments)
    test = result.wild_test("[one]w = 0.1", n_boot=4, groups="unit", seed=1)
    by_hand = plain(
        equations, data, method, "[one]w = 0.1", test.experiment.weights, instruments=instruments
    )
    np.testing.assert_allclose(test.distribution, by_hand, rtol=1e-8)


@pytest.mark.parametrize("method", ["2sls", "3sls", "i3sls"])
@pytest.mark.parametrize("form", ["gmm", "gls"])
def test_instruments_by_equation(data, method, form):
    options = {"instruments": BY_EQUATION, "form": form}
    result = fitted(EQUATIONS, data, method, **options)
    test = result.wild_test(NULL, n_boot=3, groups="unit", seed=1)
    by_hand = plain(EQUATIONS, data, method, NULL, test.experiment.weights, **options)
    np.testing.assert_allclose(test.distribution, by_hand, rtol=1e-8)


@pytest.mark.parametrize("method", ["sur", "3sls"])
@pytest.mark.parametrize("sigma_dof", ["geomean", "max", "theil"])
def test_divisors(data, method, sigma_dof):
    result = fitted(EQUATIONS, data, method, sigma_dof=sigma_dof)
    test = result.wild_test(NULL, n_boot=3, groups="unit", seed=1)
    by_hand = plain(EQUATIONS, data, method, NULL, test.experiment.weights, sigma_dof=sigma_dof)
    np.testing.assert_allclose(test.distribution, by_hand, rtol=1e-8)


@pytest.mark.parametrize("method", ["w2sls", "sur", "3sls"])
@pytest.mark.parametrize("like", ["stata", "systemfit", "gretl"])
def test_conventions_of_other_programs(data, method, like):
    options = {"constraints": ["[one]a = 1", "[one]b + [two]c = 0.1"], "like": like}
    result = fitted(EQUATIONS, data, method, **options)
    test = result.wild_test(NULL, n_boot=3, groups="unit", seed=1)
    by_hand = plain(EQUATIONS, data, method, NULL, test.experiment.weights, **options)
    np.testing.assert_allclose(test.distribution, by_hand, rtol=1e-8)


@pytest.mark.parametrize("method", ["sur", "2sls", "3sls"])
def test_several_restrictions_and_other_weights(data, method):
    null = "[one]a = [two]d, [one]y2 = 0.3, [two]y1 = 0.5"
    result = fitted(EQUATIONS, data, method)
    for weights in WEIGHTS:
        test = result.wild_test(null, weights=weights, n_boot=3, groups="unit", seed=1)
        by_hand = plain(EQUATIONS, data, method, null, test.experiment.weights)
        np.testing.assert_allclose(test.distribution, by_hand, rtol=1e-8)


@pytest.mark.parametrize("method", ["ols", "sur", "2sls", "3sls"])
def test_unit_dummies_clustered_by_unit(data, method):
    equations = {"one": "y1 ~ a + b + y2 + C(unit)", "two": "y2 ~ c + d + e + y1 + C(unit)"}
    result = fitted(equations, data, method)
    test = result.wild_test(NULL, n_boot=3, groups="unit", seed=1)
    assert test.experiment.drawable.kept.sum() == 7
    by_hand = plain(equations, data, method, NULL, test.experiment.weights)
    np.testing.assert_allclose(test.distribution, by_hand, rtol=1e-8)
    with pytest.raises(ConstraintError, match=r"\[one\]C\(unit\)\[T.3\] vanishes outside"):
        result.wild_test("[one]C(unit)[T.3] = 0", groups="unit")


@pytest.mark.parametrize("method", METHODS)
def test_the_sample_is_the_draw_with_all_weights_one(data, method):
    result = fitted(
        EQUATIONS, data, method, cov_type="cluster", cov_kwds={"groups": "unit"}, use_t=False
    )
    test = result.wild_test(NULL, n_boot=9, groups="unit", seed=1)
    assert test.statistic == pytest.approx(result.wald_test(NULL).statistic, rel=1e-9)
    assert test.experiment.error == pytest.approx(result.bse["one", "y2"], rel=1e-9)


def test_constraints_given_as_a_matrix_are_found_again(data):
    r = np.zeros((2, 9))
    r[0, 1], r[1, 2], r[1, 5] = 1.0, 1.0, 1.0
    same = fitted(EQUATIONS, data, "3sls", constraints=(r, [1.0, 0.1]))
    text = fitted(EQUATIONS, data, "3sls", constraints=TIED)
    draws = [
        result.wild_test(NULL, n_boot=9, groups="unit", seed=1).distribution
        for result in (same, text)
    ]
    np.testing.assert_allclose(*draws, rtol=1e-9)


@pytest.mark.parametrize("method", ["2sls", "3sls"])
def test_identities_among_columns_need_not_hold_in_draws(klein, klein_model, method):
    """Profits, wages and output obey identities in the sample, which ties the columns of W."""
    data = klein.assign(unit=np.arange(21) // 2)
    null = "[consumption]wages = 0.7"
    result = fitted(klein_model.equations, data, method, instruments=INSTRUMENTS)
    test = result.wild_test(null, n_boot=4, groups="unit", seed=1)
    by_hand = plain(
        klein_model.equations, data, method, null, test.experiment.weights, instruments=INSTRUMENTS
    )
    np.testing.assert_allclose(test.distribution, by_hand, rtol=1e-8)


def test_one_equation_is_the_wild_cluster_bootstrap_t(data):
    """Written from Cameron, Gelbach and Miller (2008), on arrays."""
    result = SystemEquations(["y1 ~ a + b + c"], data).fit("ols")
    test = result.wild_test("[y1]b = -1", n_boot=99, groups="unit", seed=3)
    x = np.column_stack([np.ones(len(data)), data[["a", "b", "c"]]])
    y, unit = data["y1"].to_numpy(), data["unit"].to_numpy()

    def t_ratio(y):
        b = np.linalg.lstsq(x, y, rcond=None)[0]
        bread = np.linalg.inv(x.T @ x)
        scores = pd.DataFrame(x * (y - x @ b)[:, None]).groupby(unit).sum().to_numpy()
        n, k, g = *x.shape, len(scores)
        cov = bread @ scores.T @ scores @ bread * g / (g - 1) * (n - 1) / (n - k)
        return (b[2] + 1.0) / np.sqrt(cov[2, 2])

    rest = x[:, [0, 1, 3]]
    mean = rest @ np.linalg.lstsq(rest, y + x[:, 2], rcond=None)[0] - x[:, 2]
    draws = np.array([t_ratio(mean + v[unit] * (y - mean)) for v in test.experiment.weights])
    np.testing.assert_allclose(test.distribution, draws**2, rtol=1e-9)
    assert test.statistic == pytest.approx(t_ratio(y) ** 2, rel=1e-10)
    assert test.pvalue == (draws**2 >= t_ratio(y) ** 2).mean()
    assert test.tails == ((draws <= t_ratio(y)).mean(), (draws >= t_ratio(y)).mean())


def test_six_clusters_have_sixty_four_rademacher_patterns():
    few = panel(6, 12)
    result = SystemEquations(EQUATIONS, few).fit("3sls")
    test = result.wild_test(NULL, weights="rademacher", groups="unit")
    assert test.n_boot == len(np.unique(test.experiment.weights, axis=0)) == 64
    assert test.distribution[-1] == pytest.approx(test.statistic, rel=1e-9)
    assert test.pvalue >= 1 / 64  # the sample is among its patterns
    again = result.wild_test(NULL, weights="rademacher", groups="unit", seed=9)
    np.testing.assert_array_equal(test.distribution, again.distribution)
    np.testing.assert_allclose(
        test.distribution[:8],
        plain(EQUATIONS, few, "3sls", NULL, test.experiment.weights[:8]),
        rtol=1e-8,
    )
    drawn = result.wild_test(NULL, weights="rademacher", groups="unit", n_boot=63, seed=0)
    assert drawn.n_boot == 63


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_have_mean_zero_and_variance_one(name):
    points, probabilities = (np.array(part) for part in WEIGHTS[name])
    assert probabilities.sum() == pytest.approx(1.0)
    assert points @ probabilities == pytest.approx(0.0, abs=1e-15)
    assert points**2 @ probabilities == pytest.approx(1.0)
    if name == "mammen":
        assert points**3 @ probabilities == pytest.approx(1.0)


def test_the_interval_holds_what_is_not_rejected(model):
    result = model.fit("3sls")
    test = result.wild_test("[one]y2 = 0", n_boot=199, groups="unit", seed=2)
    low, high = test.conf_int(0.1)
    reach = 1e-4 * test.experiment.error
    assert low < result.params["one", "y2"] < high
    for end, inwards in ((low, reach), (high, -reach)):
        for value, inside in ((end + inwards, True), (end - inwards, False)):
            again = result.wild_test(f"[one]y2 = {value}", n_boot=199, groups="unit", seed=2)
            assert (again.pvalue >= 0.1) == inside
    wider = test.conf_int(0.05)
    assert wider[0] < low
    assert wider[1] > high


def test_an_interval_has_no_end_where_nothing_is_rejected():
    few = panel(4, 20)
    result = SystemEquations(EQUATIONS, few).fit("3sls")
    with pytest.warns(SimeqWarning, match="16 patterns of Rademacher"):
        test = result.wild_test(NULL, weights="rademacher", groups="unit")
    assert test.n_boot == 16  # so that no p value is below 1/16
    assert test.conf_int(0.05) == (-np.inf, np.inf)


def test_the_same_seed_gives_the_same_draws(model):
    def draws(seed):
        return model.fit("2sls").wild_test(NULL, n_boot=20, groups="unit", seed=seed).distribution

    np.testing.assert_array_equal(draws(5), draws(5))
    np.testing.assert_array_equal(draws(5), draws(np.random.default_rng(5)))
    assert not np.array_equal(draws(5), draws(6))


def test_batches_do_not_change_the_draws(model, monkeypatch):
    result = model.fit("3sls")
    whole = result.wild_test(NULL, n_boot=50, groups="unit", seed=0)
    monkeypatch.setattr("simeq.resampling.wild.draws.BATCH_ENTRIES", 1)
    parts = result.wild_test(NULL, n_boot=50, groups="unit", seed=0)
    np.testing.assert_allclose(parts.distribution, whole.distribution, rtol=1e-10)


def test_without_groups_each_row_has_a_weight(data, model):
    result = model.fit("3sls")
    rows = result.wild_test(NULL, n_boot=9, seed=0)
    same = result.wild_test(NULL, n_boot=9, seed=0, groups=np.arange(len(data)))
    assert rows.n_groups == len(data)
    np.testing.assert_array_equal(rows.distribution, same.distribution)


def test_a_true_hypothesis_is_rejected_one_time_in_twenty():
    """Ten clusters, correlation within them: 400 samples, so ±0.03 is some 2.8 standard errors."""
    rejected = 0
    for seed in range(400):
        result = SystemEquations(EQUATIONS, panel(10, 10, seed)).fit("3sls")
        test = result.wild_test("[one]y2 = 0.5", n_boot=99, groups="unit", seed=seed)
        rejected += test.pvalue < 0.05
    assert abs(rejected / 400 - 0.05) < 0.03


def test_it_reads_as_a_sentence(model):
    text = str(model.fit("3sls").wild_test(NULL, n_boot=199, groups="unit", seed=0))
    assert "bootstrap of [one]y2 = 0.3\nWald statistic" in text
    assert text.endswith("199 draws, Webb weights, 14 clusters")
    far = model.fit("3sls").wild_test("[one]y2 = 30", n_boot=199, groups="unit", seed=0)
    assert far.pvalue == 0.0
    assert "p value below 0.0050" in str(far)


def test_draws_that_do_not_converge_are_counted_and_reported(data):
    model = SystemEquations(EQUATIONS, data)
    steps = [model.fit("i3sls", constraints=c).n_iter for c in (None, "[one]y2 = 0.5")]
    result = model.fit("i3sls", maxiter=max(steps))
    with pytest.warns(SimeqWarning, match="could not estimate the system in .* of 200"):
        test = result.wild_test("[one]y2 = 0.5", n_boot=200, groups="unit", seed=0)
    assert 0 < test.n_failed == np.isnan(test.distribution).sum()
    assert 0.0 <= test.pvalue <= 1.0
    assert f"200 draws, {test.n_failed} failed" in str(test)


def test_draws_that_run_away_are_counted_without_a_word_of_overflow():
    result = SystemEquations(EQUATIONS, panel(10, 3, 8)).fit("i3sls")
    with pytest.warns(SimeqWarning, match="could not estimate the system in 1 draw") as caught:
        test = result.wild_test("[one]y2 = 0.5", groups="unit", n_boot=99, seed=8)
    assert [warning.category for warning in caught] == [SimeqWarning]
    assert test.n_failed == 1


@pytest.mark.parametrize(
    ("null", "options", "error", "words"),
    [
        (NULL, {"weights": "web"}, SimeqError, "Did you mean 'webb'"),
        (NULL, {"n_boot": 1}, DataError, "n_boot must be"),
        (NULL, {"groups": np.zeros(112)}, DataError, "has one cluster"),
        (NULL, {"groups": ["unit", "year"]}, DataError, "one grouping, not 2"),
        (NULL, {"groups": "units"}, DataError, "Did you mean 'unit'"),
        ("[one]y3 = 0", {}, ConstraintError, "names no coefficient"),
        ("[one]a = 1, [one]a = 2", {}, ConstraintError, "contradicts"),
        (
            "[one]a = 1, [one]b = 0",
            {"groups": np.arange(112) % 2},
            ConstraintError,
            "2 clusters can test at most 1",
        ),
        ("[one]y2 = 2, [two]y1 = 0.5", {}, SimeqError, "equations one, two cannot be solved"),
    ],
)
def test_what_cannot_be_tested(model, null, options, error, words):
    with pytest.raises(error, match=words):
        model.fit("3sls").wild_test(null, **{"groups": "unit", **options})


def test_what_constraints_impose_cannot_be_tested(model):
    result = model.fit("3sls", constraints=TIED)
    for null in ("[one]a = 1", "[one]a = 2", "[two]c + [one]b = 0.1"):
        with pytest.raises(ConstraintError, match="cannot be tested: the constraints"):
            result.wild_test(null, groups="unit")


def test_a_null_that_only_together_contradicts_the_constraints_is_named(model):
    result = model.fit("3sls", constraints="[one]a + [one]b = 0.1")
    with pytest.raises(
        ConstraintError,
        match=r"constraint \[one\]b = 2 contradicts \[one\]a \+ \[one\]b = 0.1 and \[one\]a = 1",
    ):
        result.wild_test("[one]a = 1, [one]b = 2", groups="unit")


def test_long_tests_and_intervals_show_their_progress(model, monkeypatch):
    shown = []

    class Tqdm:
        @staticmethod
        def tqdm(rest, **options):
            shown.append(options["desc"])
            return rest

    test = model.fit("3sls").wild_test(NULL, n_boot=19, groups="unit", seed=0)
    expected = test.conf_int(0.2)
    monkeypatch.setattr("simeq.resampling.jackknife_bootstrap.PATIENCE", 0.0)
    monkeypatch.setattr("simeq.resampling.jackknife_bootstrap.import_module", lambda name: Tqdm)
    assert test.conf_int(0.2) == expected
    assert set(shown) == {"wild bootstrap", "interval"}


def test_intervals_belong_to_one_restriction(model):
    test = model.fit("3sls").wild_test("[one]a = 1, [one]b = -1", n_boot=9, groups="unit", seed=0)
    assert test.tails is None
    with pytest.raises(ConstraintError, match="one restriction"):
        test.conf_int()
    with pytest.raises(DataError, match="alpha must be"):
        test.conf_int(5)


def test_two_equations_for_one_dependent_cannot_generate_it(data):
    equations = {"one": "y1 ~ a + y2", "other": "y1 ~ b + y2", "two": "y2 ~ c + d"}
    result = fitted(equations, data, "2sls", instruments="~ a + b + c + d + e")
    with pytest.raises(SimeqError, match="one, other have the same dependent, y1"):
        result.wild_test("[one]a = 0", groups="unit")


def test_a_loaded_result_has_no_rows(model, tmp_path):
    model.fit("3sls").save(tmp_path / "r")
    with pytest.raises(DataError, match="holds no rows"):
        pd.read_pickle(tmp_path / "r").wild_test(NULL, groups="unit")


def test_a_test_can_be_pickled_and_copied_with_its_interval(model):
    test = model.fit("3sls", sigma_dof="theil").wild_test(NULL, n_boot=99, groups="unit", seed=1)
    expected = test.conf_int()
    for again in (pickle.loads(pickle.dumps(test)), copy.deepcopy(test)):
        assert again.conf_int() == expected
        np.testing.assert_array_equal(again.distribution, test.distribution)


@pytest.mark.parametrize("method", ["ols", "3sls"])
def test_a_unit_dummy_of_one_equation_alone_cannot_be_tested_either(data, method):
    equations = {"one": "y1 ~ a + b + y2 + C(unit)", "two": "y2 ~ c + d + e + y1"}
    result = fitted(equations, data, method)
    with pytest.raises(ConstraintError, match=r"\[one\]C\(unit\)\[T.3\] vanishes outside"):
        result.wild_test("[one]C(unit)[T.3] = 0", groups="unit", n_boot=9)


def test_few_patterns_of_weights_are_said(data, model):
    two = data["unit"] % 2
    with pytest.warns(SimeqWarning, match="2 clusters have 4 patterns of Mammen weights"):
        model.fit("3sls").wild_test(NULL, weights="mammen", groups=two, n_boot=99, seed=0)
    five = data["unit"] % 5
    with pytest.warns(SimeqWarning, match="5 clusters have 32 patterns of Rademacher"):
        model.fit("3sls").wild_test(NULL, weights="rademacher", groups=five, n_boot=99, seed=0)
    model.fit("3sls").wild_test(NULL, groups=five, n_boot=99, seed=0)


def test_clustered_results_ask_for_the_groups(model):
    result = model.fit("3sls", cov_type="cluster", cov_kwds={"groups": "unit"})
    with pytest.warns(SimeqWarning, match="14 clusters, but no groups were named"):
        result.wild_test(NULL, n_boot=9, seed=0)
    with pytest.raises(DataError, match="seed must be"):
        result.wild_test(NULL, n_boot=9, groups="unit", seed="one")
