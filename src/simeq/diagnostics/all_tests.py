"""Every test that applies to an estimate, in one frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from simeq.data.row_labels import split_pair
from simeq.diagnostics.hypothesis_test import SYSTEM, HypothesisTest
from simeq.diagnostics.lags import require_whole
from simeq.diagnostics.tests import Diagnostics
from simeq.errors import SimeqError
from simeq.estimation.fit import refit
from simeq.estimators.registry import ESTIMATORS, agree
from simeq.linalg.threads import single_thread

COLUMNS = ["equation", "test", "statistic", "df", "df_denom", "pvalue", "null"]


@dataclass(frozen=True)
class Planned:
    """A test that applies: its name, and what makes it."""

    name: str
    make: Callable[[], HypothesisTest]


def diagnostics_table(tests: Diagnostics, lags: int, only: str | None = None) -> pd.DataFrame:
    """Make every test that applies, or those of one equation.

    Parameters
    ----------
    tests : Diagnostics
    lags : int
    only : str, optional
        The equation.

    Returns
    -------
    DataFrame
        A row for each test and equation, unrounded; ``attrs["left_out"]`` says which tests could
        not be made, and why.

    Raises
    ------
    SimeqError
        If lags are no number of rows, or there is no such equation.
    """
    require_whole(lags)
    rows: list[tuple[object, ...]] = []
    left_out: dict[str, str] = {}
    with single_thread():
        for equation, planned in _applying(tests, lags, only):
            try:
                t = planned.make()
                _require_something(t, equation)
            except SimeqError as error:
                left_out[f"{planned.name}, {equation}"] = str(error)
            else:
                rows.append((equation, t.name, t.statistic, t.df, t.df_denom, t.pvalue, t.null))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["df_denom"] = frame["df_denom"].astype(np.float64)
    frame.attrs["left_out"] = left_out
    return frame


def _require_something(test: HypothesisTest, equation: str) -> None:
    """Check that a test has degrees of freedom.

    Raises
    ------
    SimeqError
        If nothing can be tested, whatever the data.
    """
    if test.df == 0 and test.name == "Hausman":
        raise SimeqError("The two estimates are the same whatever the data: nothing to compare.")
    if test.df == 0:
        raise SimeqError(
            f"{equation} is exactly identified: as many instruments as regressors leave nothing to "
            f"test."
        )


def _applying(tests: Diagnostics, lags: int, only: str | None) -> Iterator[tuple[str, Planned]]:
    """Yield tests equation by equation, then of all equations together; or of one equation."""
    for label in tests.endogenous if only is None else [tests.require_label(only)]:
        for planned in _of_equation(tests, label, tests.endogenous[label], lags):
            yield label, planned
    if only is not None:
        return
    every = "all equations" if SYSTEM in tests.endogenous else SYSTEM
    for planned in _of_system(tests):
        yield every, planned


def _of_equation(tests: Diagnostics, label: str, names: list[str], lags: int) -> Iterator[Planned]:
    """Yield the tests of one equation that apply to it."""
    if names or tests.fit.uses_instruments:
        yield from _of_instruments(tests, label)
    if names:
        yield from _of_endogeneity(tests, label)
        yield from _of_strength(tests, label, names)
    if len(names) == 1:
        yield from _of_weak_instruments(tests, label, names[0])
    yield from _of_residuals(tests, label, lags)


def _of_instruments(tests: Diagnostics, label: str) -> Iterator[Planned]:
    """Whether they are valid."""
    yield Planned("Sargan", partial(tests.sargan, label))
    yield Planned("Basmann", partial(tests.basmann, label))
    yield Planned("Hansen J", partial(tests.hansen_j, label))


def _of_endogeneity(tests: Diagnostics, label: str) -> Iterator[Planned]:
    """Whether regressors are endogenous."""
    yield Planned("Wu-Hausman", partial(tests.wu_hausman, label))
    yield Planned("Wu-Hausman robust", partial(tests.wu_hausman_robust, label))
    yield Planned("Wooldridge score", partial(tests.wooldridge_score, label))


def _of_strength(tests: Diagnostics, label: str, names: list[str]) -> Iterator[Planned]:
    """Whether the instruments move the endogenous regressors, and apart from each other."""
    for name in names:
        first = partial(tests.first_stage_f, label, name)
        yield Planned(f"First-stage F: {name}", first)
        yield Planned(f"First-stage F robust: {name}", partial(first, robust=True))
    for name in names if len(names) > 1 else ():
        conditional = partial(tests.sanderson_windmeijer, label, name)
        yield Planned(f"Sanderson-Windmeijer F: {name}", conditional)
    yield Planned("Cragg-Donald", partial(tests.cragg_donald, label))
    yield Planned("Kleibergen-Paap", partial(tests.kleibergen_paap, label))


def _of_weak_instruments(tests: Diagnostics, label: str, name: str) -> Iterator[Planned]:
    """What holds for one endogenous regressor however weakly it is moved."""
    yield Planned(f"Effective F: {name}", lambda: tests.effective_f(label).test())
    yield Planned("Anderson-Rubin", lambda: tests.anderson_rubin(label).test())
    yield Planned("Anderson-Rubin robust", lambda: tests.anderson_rubin(label, True).test())
    yield Planned("Anderson-Rubin score", lambda: tests.anderson_rubin(label, True, "score").test())


def _of_residuals(tests: Diagnostics, label: str, lags: int) -> Iterator[Planned]:
    """Whether their variance changes, and they depend on earlier ones."""
    instrumented = tests.is_instrumented(label)
    variance = "Pagan-Hall" if instrumented else "Breusch-Pagan"
    serial = "Godfrey" if instrumented else "Breusch-Godfrey"
    yield Planned(f"{variance} heteroskedasticity", partial(tests.heteroskedasticity, label))
    yield Planned(f"{serial} serial correlation", lambda: _serial(tests, label, lags))


def _serial(tests: Diagnostics, label: str, lags: int) -> HypothesisTest:
    """Rows are one series, or panels that lie in clusters; by period alone, panels are not known.

    Raises
    ------
    SimeqError
    """
    if tests.request.name == "hac-groupsum":
        raise SimeqError(
            f"Equation {label}: the covariance adds rows up by period, and does not say which of "
            f"them are of one panel; tests.serial_correlation({label!r}, panels=column) takes it."
        )
    groups = tests.request["groups"]
    panels = None if groups is None else split_pair(groups)[0]
    return tests.serial_correlation(label, lags, panels)


def _of_system(tests: Diagnostics) -> Iterator[Planned]:
    """Whether all instruments are valid, a safer estimate agrees, and errors are correlated."""
    fit, several = tests.fit, len(tests.fit.system.labels) > 1
    if fit.uses_instruments and fit.estimator.assumes.other_equations:
        yield Planned("Hansen-Sargan", tests.hansen_sargan)
    if fit.uses_instruments:
        yield Planned("Hansen J", tests.hansen_j)
    if fit.estimator.safer:
        yield Planned("Hausman", lambda: _against_safer(tests))
    if several:
        yield Planned("Breusch-Pagan correlation", tests.breusch_pagan)
        yield Planned("Correlation robust", tests.correlation_robust)
        yield Planned("LR of residuals", tests.likelihood_ratio_of_residuals)
    if several and not fit.uses_instruments:
        yield Planned("LR of diagonal covariance", tests.likelihood_ratio)


def _against_safer(tests: Diagnostics) -> HypothesisTest:
    """Hausman's test against the estimate that assumes less, under the same constraints."""
    fit, safer = tests.fit, ESTIMATORS[tests.fit.estimator.safer]
    return tests.hausman(refit(fit, safer, agree(safer, fit.choices.asked)))
