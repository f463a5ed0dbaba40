"""Every test that applies to an estimate, in one frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
import pandas as pd

from simeq.conventions import METHODS
from simeq.diagnostics.battery import Diagnostics
from simeq.diagnostics.lagged import require_whole
from simeq.diagnostics.record import SYSTEM, HypothesisTest
from simeq.errors import SimeqError
from simeq.fitted import refit
from simeq.groups import split_pair

COLUMNS = ["equation", "test", "statistic", "df", "df_denom", "pvalue", "null"]

#: The estimate that assumes less, with which Hausman's test compares one.
SAFER = {
    "2sls": "ols",
    "w2sls": "ols",
    "3sls": "2sls",
    "i3sls": "2sls",
    "sur": "ols",
    "isur": "ols",
}

#: Tests of an equation by name, each a function of its label.
Tests: TypeAlias = Mapping[str, Callable[[str], HypothesisTest]]


def diagnostics_table(tests: Diagnostics, lags: int) -> pd.DataFrame:
    """Make every test that applies.

    Returns
    -------
    DataFrame
        A row for each test and equation, unrounded; ``attrs["left_out"]`` says which tests could
        not be made, and why.

    Raises
    ------
    SimeqError
        If lags are no number of rows.
    """
    require_whole(lags)
    found: list[HypothesisTest] = []
    left_out: dict[str, str] = {}
    for name, test in _applying(tests, lags):
        try:
            found.append(test())
        except SimeqError as error:
            left_out[name] = str(error)
    rows = [(t.equation, t.name, t.statistic, t.df, t.df_denom, t.pvalue, t.null) for t in found]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["df_denom"] = frame["df_denom"].astype(np.float64)
    frame.attrs["left_out"] = left_out
    return frame


def _applying(tests: Diagnostics, lags: int) -> Iterator[tuple[str, Callable[[], HypothesisTest]]]:
    """Yield tests with their names: equation by equation, then of all equations together."""
    for label, names in tests.endogenous.items():
        own: dict[str, Callable[[str], HypothesisTest]] = {}
        if names or tests.fit.method.instruments:
            own |= _of_instruments(tests)
        if names:
            own |= _of_regressors(tests, names)
        for name, test in {**own, **_of_residuals(tests, label, lags)}.items():
            yield f"{name}, {label}", partial(test, label)
    for name, of_all in _of_system(tests).items():
        yield f"{name}, {SYSTEM}", of_all


def _of_instruments(tests: Diagnostics) -> Tests:
    """Whether they are valid."""
    return {"Sargan": tests.sargan, "Basmann": tests.basmann, "Hansen J": tests.hansen_j}


def _of_regressors(tests: Diagnostics, names: Sequence[str]) -> Tests:
    """Whether they are endogenous, and the instruments move them."""
    found: dict[str, Callable[[str], HypothesisTest]] = {
        "Wu-Hausman": tests.wu_hausman,
        "Wu-Hausman robust": tests.wu_hausman_robust,
        "Wooldridge score": tests.wooldridge_score,
    }
    for name in names:
        first = partial(tests.first_stage_f, regressor=name)
        found[f"First-stage F: {name}"] = first
        found[f"First-stage F robust: {name}"] = partial(first, robust=True)
    if len(names) > 1:
        for name in names:
            conditional = partial(tests.sanderson_windmeijer, regressor=name)
            found[f"Sanderson-Windmeijer F: {name}"] = conditional
    found |= {"Cragg-Donald": tests.cragg_donald, "Kleibergen-Paap": tests.kleibergen_paap}
    if len(names) == 1:
        found |= {
            "Effective F": lambda label: tests.effective_f(label).test(),
            "Anderson-Rubin": lambda label: tests.anderson_rubin(label).test(),
            "Anderson-Rubin robust": lambda label: tests.anderson_rubin(label, robust=True).test(),
            "Anderson-Rubin score": lambda label: tests.anderson_rubin(label, True, "score").test(),
        }
    return found


def _of_residuals(tests: Diagnostics, label: str, lags: int) -> Tests:
    """Whether their variance changes, and they depend on earlier ones."""
    instrumented = tests.is_instrumented(label)
    variance = "Pagan-Hall" if instrumented else "Breusch-Pagan"
    serial = "Godfrey" if instrumented else "Breusch-Godfrey"
    return {
        f"{variance} heteroskedasticity": tests.heteroskedasticity,
        f"{serial} serial correlation": lambda label: _serial(tests, label, lags),
    }


def _serial(tests: Diagnostics, label: str, lags: int) -> HypothesisTest:
    """Rows are one series, or panels that lie in clusters; by period alone, panels are not known.

    Raises
    ------
    SimeqError
    """
    groups = tests.request["groups"]
    if tests.request.name == "hac-groupsum":
        raise SimeqError(
            f"Equation {label}: the covariance adds rows up by period, and does not say which of "
            f"them are of one panel; tests.serial_correlation({label!r}, panels=column) takes it."
        )
    panels = None if groups is None else split_pair(groups)[0]
    return tests.serial_correlation(label, lags, panels)


def _of_system(tests: Diagnostics) -> Mapping[str, Callable[[], HypothesisTest]]:
    """Whether all instruments are valid, errors correlated, and a safer estimate agrees."""
    found: dict[str, Callable[[], HypothesisTest]] = {}
    method = tests.fit.method
    if method.instruments and method.is_gls:
        found["Hansen-Sargan"] = tests.hansen_sargan
    if method.instruments:
        found["Hansen J"] = tests.hansen_j
    if method.name in SAFER:
        found["Hausman"] = lambda: _against_safer(tests)
    if len(tests.fit.system.labels) > 1:
        found["Breusch-Pagan correlation"] = tests.breusch_pagan
        found["Correlation robust"] = tests.correlation_robust
        found["LR of residuals"] = tests.likelihood_ratio_of_residuals
    if len(tests.fit.system.labels) > 1 and not method.instruments:
        found["LR of diagonal covariance"] = tests.likelihood_ratio
    return found


def _against_safer(tests: Diagnostics) -> HypothesisTest:
    """Hausman's test against the estimate that assumes less, under the same constraints."""
    fit = tests.fit
    return tests.hausman(refit(fit, METHODS[SAFER[fit.method.name]], fit.convention))
