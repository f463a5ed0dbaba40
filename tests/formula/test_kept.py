"""What patsy made of a text is kept; what belongs to one caller, or one data set, is not."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import patsy
import pytest

from simeq import FormulaError, SystemEquations
from simeq.formula import terms
from simeq.formula.syntax import syntax

EQUATIONS = {"one": "y ~ x + np.log(z):w + C(year) + colour", "two": "x ~ y + I(z ** 2) + v"}


@pytest.fixture
def frame():
    rng = np.random.default_rng(9)
    data = pd.DataFrame(np.exp(rng.normal(size=(60, 5))), columns=list("yxzwv"))
    data["year"], data["colour"] = 2000 + np.arange(60) % 4, np.tile(["red", "blue", "tan"], 20)
    return data


def refuse(*_):
    raise AssertionError("patsy was asked")


def test_a_second_model_of_the_same_formulas_does_without_patsy(frame, monkeypatch):
    given = {"identities": "v = w + u", "instruments": "~ w + u + C(year) + colour"}
    data = frame.assign(u=frame["v"] - frame["w"])
    first = SystemEquations(EQUATIONS, data, **given)
    for name in ("ModelDesc", "design_matrix_builders", "LookupFactor", "Term", "EvalEnvironment"):
        monkeypatch.setattr(patsy, name, refuse)
    second = SystemEquations(EQUATIONS, data[::-1], **given)
    np.testing.assert_allclose(second.fit("2sls").params, first.fit("2sls").params, rtol=1e-9)


def test_a_name_is_what_it_is_to_each_caller(frame):
    def fit(f):
        assert callable(f)
        return SystemEquations(["y ~ f(x)"], frame).fit("ols").params["y", "f(x)"]

    def by_scale(scale):
        return SystemEquations(["y ~ I(x * scale)"], frame).fit("ols").params.iloc[1] * scale

    assert fit(np.log) != pytest.approx(fit(np.exp))
    assert fit(lambda x: 2.0 * x) == pytest.approx(fit(lambda x: x + 0.0) / 2.0)
    assert fit(np.log) == pytest.approx(fit(lambda x: np.log(x)))
    assert by_scale(2.0) == pytest.approx(by_scale(4.0))


def test_a_column_may_come_to_have_the_name_of_a_function(frame):
    def f(x):
        return x

    assert SystemEquations(["y ~ f(x)"], frame).nobs == 60
    with pytest.raises(FormulaError, match="hides the function"):
        SystemEquations(["y ~ f(x)"], frame.assign(f=f(1.0)))


def test_levels_that_are_equal_to_python_keep_their_names(frame):
    for convert, name in ((int, "2"), (float, "2.0")):
        data = frame.assign(k=(np.arange(60) % 2 + 1).astype(convert))
        terms_ = SystemEquations(["y ~ C(k)"], data).index.get_level_values("term")
        assert list(terms_) == ["Intercept", f"C(k)[T.{name}]"]
    flags = SystemEquations(["y ~ C(k)"], frame.assign(k=np.arange(60) % 2 == 1))
    assert "C(k)[T.True]" in flags.index.get_level_values("term")


def test_contrasts_are_those_of_each_formula(frame):
    for base, first in (("red", "[T.blue]"), ("blue", "[T.red]")):
        model = SystemEquations([f"y ~ C(colour, Treatment({base!r}))"], frame)
        assert model.index.get_level_values("term")[1].endswith(first)


def test_neither_data_nor_functions_are_kept(frame):
    class Doubled:
        def __call__(self, x):
            return 2.0 * x

    def build():
        double = Doubled()
        data = frame.copy()
        model = SystemEquations(["y ~ double(x) + np.log(z) + C(colour)"], data)
        return weakref.ref(double), weakref.ref(data), weakref.ref(model.sample_rows)

    references = build()
    gc.collect()
    assert [reference() for reference in references] == [None, None, None]


def test_what_is_kept_is_bounded(frame):
    for number in range(terms.KEPT + 20):
        SystemEquations([f"y ~ I(x + {number}) + v"], frame)
    for kept in (terms._parsed, terms._kept_coding, syntax):
        info = kept.cache_info()
        assert info.currsize <= info.maxsize <= 1024
    before = terms._kept_coding.cache_info()
    many = pd.concat(
        [frame.assign(k=[f"k{i}" for i in range(60 * j, 60 * j + 60)]) for j in (0, 1, 2, 0)]
    )
    assert len(set(many["k"])) > terms.KEPT_LEVELS
    assert SystemEquations(["y ~ k"], many).nobs == 240
    assert terms._kept_coding.cache_info() == before


def test_threads_may_build_the_same_model_at_once(frame):
    def build(number):
        data = frame.assign(y=frame["y"] * (1 + number % 3))
        model = SystemEquations(["y ~ x + np.log(z):w + C(year) + colour"], data)
        return model.fit("ols").params.to_numpy() / (1 + number % 3)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(build, range(24)))
    np.testing.assert_allclose(found, np.broadcast_to(found[0], np.shape(found)), rtol=1e-9)
