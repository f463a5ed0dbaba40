"""Rows from a callable that gives frames: the digits of the same frame in memory."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest

from simeq import DataError, FormulaError, SampleWarning, SystemEquations

#: Two routes through the same algebra: blocks are cut elsewhere.
SAME = {"rtol": 1e-12, "atol": 1e-13}


def cut(frame, *ends):
    """Frames of different sizes, one of them empty."""
    ends = [0, *ends, len(frame)]
    return [frame.iloc[i:j] for i, j in itertools.pairwise(ends)]


@pytest.fixture
def frame():
    rng = np.random.default_rng(5)
    n = 400
    data = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("zwvu"))
    data["x"] = data["z"] + data["w"] + rng.normal(size=n)
    data["y"] = 0.5 * data["x"] + data["v"] + rng.normal(size=n)
    data["year"] = 2000 + np.arange(n) % 5
    data["colour"] = rng.choice(["red", "blue", "green"], n)
    data["size"] = pd.Categorical(rng.choice(["S", "M", "L"], n), ["S", "M", "L", "XL"])
    data["flag"] = data["u"] > 0
    data["firm"], data["month"] = np.arange(n) // 8, np.arange(n) % 80
    data["odd name"] = np.exp(data["u"])
    return data


def both(formulas, frame, frames=None, **options):
    """Models on a frame, and on frames that hold its rows."""
    frames = cut(frame, 1, 8, 8, 150, 399) if frames is None else frames
    whole = pd.concat(frames)
    return (
        SystemEquations(formulas, whole, **options),
        SystemEquations(formulas, lambda: iter(frames), **options),
    )


def assert_same(memory, frames, method="2sls", **options):
    first, second = memory.fit(method, **options), frames.fit(method, **options)
    assert list(first.params.index) == list(second.params.index)
    np.testing.assert_allclose(second.params, first.params, **SAME)
    np.testing.assert_allclose(second.bse, first.bse, **SAME)
    assert frames.nobs == memory.nobs
    for name in ("n_rows", "nobs", "missing"):
        ours, theirs = (getattr(m.system.design.sample, name) for m in (frames, memory))
        assert ours == theirs
    pd.testing.assert_frame_equal(second.resid, first.resid, rtol=1e-10, atol=1e-12)
    pd.testing.assert_frame_equal(second.fittedvalues, first.fittedvalues, rtol=1e-10, atol=1e-12)


RIGHT = [
    "x + v",
    "x + np.exp(u) + I(v ** 2)",
    "x + v:u + np.maximum(v, u)",
    "x + I(v * np.pi) + np.log(Q('odd name'))",
    "x + colour",
    "x + size",
    "0 + x + colour:v",
    "x + C(year)",
    "x + C(year, Sum) * v",
    "x + C(colour, Treatment('red'))",
    "x + C(colour, levels=['red', 'green', 'blue'])",
    "x + C(np.rint(u))",
    "x + flag",
    "x + flag:v + I(u > 1)",
    "x + I(u > -100):v",
    "x + I(colour == 'red')",
    "x + C(year):colour",
]


@pytest.mark.parametrize("right", RIGHT)
def test_frames_give_the_digits_of_one_frame(frame, right):
    memory, frames = both([f"y ~ {right}"], frame, endog="x", exog=["z", "w"])
    assert_same(memory, frames)


@pytest.mark.parametrize("right", RIGHT)
def test_missing_values_may_be_in_any_frame(frame, right):
    rng = np.random.default_rng(0)
    for name in ("x", "v", "u", "z"):
        frame.loc[rng.random(len(frame)) < 0.05, name] = np.nan
    frame["flag"] = frame["u"] > 0
    frame.loc[rng.random(len(frame)) < 0.05, "colour"] = None
    frame.loc[rng.random(len(frame)) < 0.05, "size"] = np.nan
    frame.loc[150:, "year"] = frame.loc[150:, "year"].where(rng.random(250) < 0.9)
    frames = cut(frame, 1, 8, 8, 150, 399)
    frames[:4] = [own.assign(year=own["year"].astype(int)) for own in frames[:4]]
    memory, by_frame = both([f"y ~ {right}"], frame, frames, endog="x", exog=["z", "w"])
    assert_same(memory, by_frame)


def test_a_first_frame_without_rows_or_without_values_says_nothing_of_kinds(frame):
    empty = pd.DataFrame({name: [] for name in frame})
    nothing = frame.iloc[:20].assign(colour=np.nan, v=np.nan, size=None, year=np.nan)
    frames = [empty, nothing, *cut(frame, 100)]
    for right in ("x + v", "x + colour + C(year)", "x + C(colour):v"):
        assert_same(*both([f"y ~ {right}"], frame, frames, endog="x", exog=["z", "w"]))


def test_categories_come_in_the_order_of_one_frame(frame):
    narrow = [own.assign(size=own["size"].cat.remove_unused_categories()) for own in cut(frame, 3)]
    assert_same(*both(["y ~ v + size"], frame, narrow), method="ols")
    texts = frame.assign(colour=["zinc", *frame["colour"][1:]])
    assert_same(*both(["y ~ v + colour"], texts), method="ols")
    ordered = frame.sort_values("year", ascending=False)
    assert_same(*both(["y ~ v + C(year)"], ordered, cut(ordered, 80, 160, 300)), method="ols")


def test_whole_systems_and_covariances_by_row_ask_the_source_again(frame):
    equations = {"one": "y ~ x + v + colour", "two": "x ~ y + z + w"}
    frame.loc[7, "v"] = np.nan
    memory, frames = both(equations, frame)
    for method in ("ols", "sur", "3sls", "i3sls"):
        assert_same(memory, frames, method)
    for cov_type, options in {
        "HC0": None,
        "cluster": {"groups": "firm"},
        "HAC": {"maxlags": 2},
        "hac-groupsum": {"time": "month"},
        "bootstrap": {"groups": "firm", "n_boot": 20, "seed": 1},
    }.items():
        assert_same(memory, frames, "3sls", cov_type=cov_type, cov_kwds=options)
    labels = frame["firm"].to_numpy()
    assert_same(memory, frames, cov_type="cluster", cov_kwds={"groups": labels})


def test_groups_of_rows_are_those_of_one_frame(frame):
    frame.loc[3, "z"] = np.nan
    memory, frames = both({"one": "y ~ x + v", "two": "x ~ y + z + w"}, frame)
    ours, theirs = (m.fit_by("colour", "2sls", cov_type="HC1") for m in (frames, memory))
    for label, result in theirs.results.items():
        np.testing.assert_allclose(ours.results[label].params, result.params, **SAME)
        np.testing.assert_allclose(ours.results[label].bse, result.bse, **SAME)
        pd.testing.assert_frame_equal(ours.results[label].resid, result.resid, rtol=1e-10)
    dropped = [m.fit_dropping("w", cov_type="HC0").results["w"] for m in (frames, memory)]
    np.testing.assert_allclose(dropped[0].bse, dropped[1].bse, **SAME)


def test_labels_of_rows_are_those_of_one_frame(frame):
    named = frame.set_index([frame["firm"], frame["year"].rename("when")])
    memory, frames = both(["y ~ x + v"], named)
    assert_same(memory, frames, "ols", cov_type="cluster", cov_kwds={"groups": "when"})
    fresh = [own.reset_index(drop=True) for own in cut(frame, 90, 300)]
    memory, frames = both(["y ~ x + v"], frame, fresh)
    assert frames.fit("ols").resid.index.tolist() == [*range(90), *range(210), *range(100)]


def test_identities_lags_and_predictions_work(frame):
    frame["sum"] = frame["y"] + frame["v"]
    frame["before"] = frame["y"].shift(1)
    equations = {"one": "y ~ sum + z", "two": "x ~ y + before + w"}
    given = {"identities": "sum = y + v", "lags": {"before": "y"}}
    memory, frames = both(equations, frame, **given)
    assert_same(memory, frames, "3sls")
    ours, theirs = frames.fit("3sls"), memory.fit("3sls")
    np.testing.assert_allclose(ours.predict(frame), theirs.predict(frame), **SAME)


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("lag(x)", r"the term lag\(x\) is a function of whole columns"),
        ("center(x)", r"the term center\(x\) is a function of whole columns"),
        ("x.shift(1)", r"the term x.shift\(1\) is a function of whole columns"),
        ("bs(x, 4)", r"bs\(x, 4\) .* Compute it as a column of the frames"),
        ("C(lag(x) > 0)", r"C\(lag\(x\) > 0\)"),
        ("C(year, levels=np.unique(year))", "or give the data as one frame"),
        ("np.where(x > 0, x, v)", "function of whole columns"),
    ],
)
def test_a_function_of_whole_columns_is_an_error_that_says_what_to_do(frame, term, words):
    def lag(x):
        return np.r_[np.nan, np.asarray(x)[:-1]]

    assert callable(lag)
    with pytest.raises(FormulaError, match=f"Equation y: .*{words}"):
        SystemEquations([f"y ~ {term}"], lambda: cut(frame, 100))


@pytest.mark.parametrize("right", ["x + v", "x + colour"])
def test_a_callable_that_is_used_up_is_an_error(frame, right):
    frames = iter(cut(frame, 100))
    with pytest.raises(DataError, match=r"gave no frame when it was called again.*begin anew"):
        SystemEquations([f"y ~ {right}"], lambda: frames).fit("ols", cov_type="HC0")


def test_a_callable_that_changes_its_mind_is_an_error(frame):
    calls = itertools.count()

    def fewer_columns():
        return cut(frame.drop(columns="v") if next(calls) else frame, 100)

    def fewer_rows():
        return cut(frame.iloc[:-1] if next(calls) else frame, 100)

    def more_rows():
        return cut(pd.concat([frame, frame]) if next(calls) else frame, 100)

    def text():
        return cut(frame.assign(v="much") if next(calls) else frame, 100)

    model = SystemEquations(["y ~ x + v"], fewer_columns)
    with pytest.raises(DataError, match="Frame 1 of the data has no column 'v'"):
        model.fit("ols", cov_type="HC0")
    calls = itertools.count()
    model = SystemEquations(["y ~ x + v"], fewer_rows)
    with pytest.raises(DataError, match="gave 400 rows before and 399 rows now"):
        model.fit("ols", cov_type="HC0")
    frame.loc[3, "v"] = np.nan
    for give, words in ((more_rows, "it must give the same rows"), (text, "holds text: 'much'")):
        calls = itertools.count()
        model = SystemEquations(["y ~ x + v"], give)
        with pytest.raises(DataError, match=words):
            model.fit("ols", cov_type="HC0")


@pytest.mark.parametrize(
    ("give", "words"),
    [
        (lambda: [], "gave no frame when it was called;"),
        (lambda: 3, "must give frames one by one, .* not a int"),
        (lambda: pd.DataFrame({"y": [1.0]}), "not a DataFrame"),
        (lambda: [3], "data must be a DataFrame or a mapping of columns, not int"),
        (lambda: [pd.DataFrame({"y": [], "x": []})], "The data have no rows"),
    ],
)
def test_a_callable_that_gives_something_else(give, words):
    with pytest.raises(DataError, match=words):
        SystemEquations(["y ~ x"], give)


def test_troubles_of_rows_are_told_as_of_one_frame(frame):
    frame.loc[[20, 250], "v"] = np.inf
    with pytest.raises(DataError, match=r"'v' is infinite or undefined in 2 rows, first in row 20"):
        SystemEquations(["y ~ x + v"], lambda: cut(frame, 100))
    negative = int((frame["u"] < 0).sum())
    with pytest.warns(SampleWarning, match=rf"np.log\(u\) is not a number in {negative} rows"):
        SystemEquations(["y ~ x + np.log(u)"], lambda: cut(frame, 100))
    odd = [frame.iloc[:100], frame.iloc[100:].assign(x="much")]
    with pytest.raises(DataError, match="needs numbers, but column 'x' holds text: 'much'"):
        SystemEquations(["y ~ x"], lambda: odd)
    with pytest.raises(DataError, match="x has numbers in some frames .* and categories in others"):
        SystemEquations(["y ~ x + colour"], lambda: odd)
    with pytest.raises(DataError, match="No row is complete. Missing: x in 400 of 400"):
        SystemEquations(["y ~ x"], lambda: cut(frame.assign(x=np.nan), 100))


def test_only_columns_that_are_needed_are_touched(frame):
    broken = frame.assign(bad=[object() for _ in range(len(frame))], complex=1j)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SystemEquations(["y ~ x + colour"], lambda: cut(broken, 10)).nobs == 400


def test_a_pass_more_is_made_only_where_something_is_learned(frame):
    calls = []

    def give():
        calls.append(1)
        return cut(frame, 100, 200)

    SystemEquations(["y ~ x + np.exp(v)"], give)
    assert len(calls) == 1
    SystemEquations(["y ~ x + colour"], give)
    assert len(calls) == 3
