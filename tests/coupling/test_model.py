"""The front object is the chain of functions, on a whole panel."""

import numpy as np
import pandas as pd
import pytest

from coupling import (
    CouplingError,
    CouplingModel,
    CouplingWarning,
    Interval,
    Target,
    combine_weights,
    composite_index,
    coupling_coordination,
    critic_weights,
    entropy_weights,
    load_us_states,
    normalize,
)

SYSTEMS = {"Infrastructure": ["hwy", "water", "util"], "Economy": ["gsp", "pc", "emp", "unemp"]}
COLUMNS = [*SYSTEMS["Infrastructure"], *SYSTEMS["Economy"]]
KEYS = {"unit": "state", "time": "year"}


@pytest.mark.parametrize("name", ["entropy", "critic"])
def test_fit_is_the_chain_of_functions(states, model, name):
    function = {"entropy": entropy_weights, "critic": critic_weights}[name]
    Z = normalize(states[COLUMNS], [1, 1, 1, 1, 1, 1, -1])
    w = pd.concat([function(Z[columns]) for columns in SYSTEMS.values()])
    U = composite_index(Z, w, SYSTEMS)
    chosen = CouplingModel(model.systems, name)
    result = chosen.fit(load_us_states(), **KEYS)
    pd.testing.assert_frame_equal(result.indices, U)
    pd.testing.assert_frame_equal(result.degrees, coupling_coordination(U))


def test_entropy_weights_over_all_and_inside_give_the_same_indices(states, result):
    Z = normalize(states[COLUMNS], [1, 1, 1, 1, 1, 1, -1])
    U = composite_index(Z, entropy_weights(Z), SYSTEMS)
    np.testing.assert_allclose(result.indices, U, rtol=1e-12)


def test_keys_as_columns_or_index(states, model, result):
    pd.testing.assert_frame_equal(model.fit(states).degrees, result.degrees)
    by_level = model.fit(states, unit="state", time="year")
    pd.testing.assert_frame_equal(by_level.degrees, result.degrees)
    assert result.unit == "state"
    unnamed = model.fit(states.rename_axis([None, None]))
    assert unnamed.degrees.index.names == ["unit", "time"]


def test_the_panel_and_the_model_stay_as_they_are(model):
    frame = load_us_states()
    before = frame.copy()
    first = model.fit(frame, **KEYS)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(model.fit(frame, **KEYS).degrees, first.degrees)
    with pytest.raises(AttributeError):
        model.weights = "equal"


def test_targets_intervals_and_words(states):
    model = CouplingModel(
        {"A": {"unemp": Target(5.0), "gsp": "benefit"}, "B": {"hwy": Interval(5e3, 1e4), "pc": 1}},
        "equal",
    )
    result = model.fit(states)
    expected = normalize(states["unemp"], Target(5.0))
    pd.testing.assert_series_equal(result.scaled[("A", "unemp")], expected, check_names=False)
    assert result.weights["direction"].tolist() == ["→ 5", "+", "[5000, 10000]", "+"]


def test_given_weights_by_column_by_subsystem_or_as_a_series(states):
    systems = {"A": ["hwy", "water"], "B": ["gsp", "emp"]}
    flat = {"hwy": 0.2, "water": 0.3, "gsp": 0.1, "emp": 0.4}
    nested = {"A": {"hwy": 0.4, "water": 0.6}, "B": {"gsp": 0.2, "emp": 0.8}}
    with pytest.warns(CouplingWarning, match="above .5"):
        inside = CouplingModel(systems, nested).fit(states)
    for weights in (flat, pd.Series(flat), inside.weights["weight"] / 2):
        other = CouplingModel(systems, weights).fit(states)
        np.testing.assert_allclose(other.D, inside.D, rtol=1e-12)
        assert other.weights["weight"].tolist() == pytest.approx([0.4, 0.6, 0.2, 0.8])


def test_a_function_may_weigh(states):
    def both(z):
        return combine_weights(entropy_weights(z), critic_weights(z))

    result = CouplingModel(SYSTEMS, both).fit(states)
    assert result.weights["weight"].groupby("system").sum().tolist() == pytest.approx([1, 1])


def test_a_subsystem_of_one_indicator_and_three_subsystems(states):
    systems = {"A": ["hwy", "water"], "B": ["gsp", "emp"], "C": {"unemp": -1}}
    result = CouplingModel(
        systems, "critic", method="wang", scheme="five", feature_range=(0.01, 1)
    ).fit(states)
    assert result.indices.shape == (816, 3)
    assert result.degrees["label"].cat.categories.size == 5


def test_a_shared_column_may_have_two_directions(states):
    systems = {"A": {"hwy": 1, "unemp": 1}, "B": {"gsp": 1, "unemp": -1}}
    with pytest.warns(CouplingWarning, match=r"Column 'unemp' is used in 2 subsystems") as caught:
        result = CouplingModel(systems, "equal").fit(states)
    assert len(caught) == 1
    both = result.scaled.xs("unemp", axis=1, level=1).sum(axis=1)
    np.testing.assert_allclose(both, 1, rtol=1e-12)


def test_each_warning_comes_once(states, model):
    with pytest.warns(CouplingWarning) as caught:
        model.fit(states.iloc[1:])
    texts = [str(item.message) for item in caught]
    assert len(texts) == 1
    assert "state ALABAMA, year 1970" in texts[0]


def test_missing_values_are_named_or_propagated(states, model):
    states.loc[("OHIO", 1980), "pc"] = np.nan
    with pytest.raises(CouplingError, match=r"'pc' is nan at state OHIO, year 1980"):
        model.fit(states)
    result = CouplingModel(model.systems, nan="propagate").fit(states)
    assert result.D.isna().sum() == 1
    assert result.level.loc[("OHIO", 1980)] == 0
    assert result.yearly().loc[1980, "D"] > 0


@pytest.mark.filterwarnings("ignore:The weight of:coupling.CouplingWarning")
def test_a_constant_indicator_is_named_or_dropped(states, model):
    flat = states.assign(emp=1.0)
    with pytest.raises(CouplingError, match="'emp' is constant"):
        model.fit(flat)
    dropped = CouplingModel(model.systems, constant="drop").fit(flat)
    assert ("Economy", "emp") not in dropped.weights.index
    for weights in ("entropy", "critic"):
        zeroed = CouplingModel(model.systems, weights, constant="zero").fit(flat)
        assert zeroed.weights.loc[("Economy", "emp"), "weight"] == 0
        np.testing.assert_allclose(
            zeroed.D, CouplingModel(model.systems, weights, constant="drop").fit(flat).D
        )
    with pytest.raises(CouplingError, match=r"no indicator left|nothing would be left"):
        CouplingModel({"A": ["emp"], "B": ["gsp"]}, constant="drop").fit(flat)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"systems": {"A": ["gsp"]}}, "two subsystems"),
        ({"systems": ["gsp", "hwy"]}, "two subsystems"),
        ({"systems": {"A": [], "B": ["gsp"]}}, "'A' needs a mapping"),
        ({"systems": {"A": "gsp", "B": ["hwy"]}}, "'A' needs a mapping"),
        ({"systems": {"A": {"gsp": 2}, "B": ["hwy"]}}, "Unknown direction 2 for 'gsp'"),
        ({"systems": SYSTEMS, "weights": "pca"}, "weights must be one of"),
        ({"systems": SYSTEMS, "constant": "nan"}, "constant must be one of"),
        ({"systems": SYSTEMS, "nan": "drop"}, "nan must be one of"),
        ({"systems": SYSTEMS, "feature_range": (1, 0)}, "feature_range must increase"),
        ({"systems": SYSTEMS, "feature_range": (0, 100)}, r"within \[0, 1\]"),
    ],
)
def test_refused_models(options, text):
    with pytest.raises(CouplingError, match=text):
        CouplingModel(**options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"weights": {"gsp": 1.0}}, "none for"),
        ({"weights": 3}, "a name, a function, or a mapping"),
        ({"weights": lambda z: [0.5]}, "1 weights were given for"),
        ({"method": "x"}, "method must be one of"),
        ({"scheme": [0.5, 0.1]}, "increase"),
        ({"alpha": [0.5, 0.6]}, "sum to 1.1"),
    ],
)
def test_refused_options(states, options, text):
    with pytest.raises(CouplingError, match=text):
        CouplingModel(SYSTEMS, **options).fit(states)


@pytest.mark.parametrize(
    ("panel", "keys", "text"),
    [
        (lambda s: s.to_numpy(), {}, "must be a DataFrame"),
        (lambda s: s.iloc[:0], {}, "no rows"),
        (lambda s: s.reset_index(), {}, "Say unit= and time="),
        (lambda s: s.reset_index(), {"unit": "state"}, "must be two keys"),
        (lambda s: s.reset_index(), {"unit": "state", "time": "state"}, "must be two keys"),
        (
            lambda s: s.reset_index(),
            {"unit": "st", "time": "year"},
            "no column or index level 'st'",
        ),
        (lambda s: s.drop(columns="gsp"), {}, "no column 'gsp'"),
        (lambda s: pd.concat([s, s.iloc[:1]]), {}, "Duplicate unit–time key: state ALABAMA, year"),
        (lambda s: s.assign(gsp="x"), {}, "'gsp' is not numeric: 'x' at state ALABAMA, year 1970"),
    ],
)
def test_refused_panels(states, model, panel, keys, text):
    with pytest.raises(CouplingError, match=text):
        model.fit(panel(states), **keys)


def test_a_warning_of_fit_points_here(states, model):
    with pytest.warns(CouplingWarning) as caught:
        model.fit(states.iloc[1:])
    assert caught[0].filename == __file__


def test_an_error_comes_alone(states, model):
    """An unbalanced panel is warned of, but not where nothing can be computed of it."""
    with pytest.raises(CouplingError, match="'gsp' is not numeric"):
        model.fit(states.iloc[1:].assign(gsp="x"))


def test_a_result_is_scored_on_a_scale_that_later_years_can_use(result):
    again = result.transform(load_us_states())
    assert again.scale is result.scale
    assert again.model is result.model
    assert result.bounds is result.scale.bounds
    np.testing.assert_allclose(result.scale.inside.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(result.scale.overall.sum(), 1, rtol=1e-15)
