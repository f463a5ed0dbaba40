"""The table of first stages: a row for each endogenous regressor of each equation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from simeq.diagnostics.hypothesis_test import HypothesisTest
from simeq.diagnostics.instrumented_equation import InstrumentedEquation
from simeq.diagnostics.robust_moments import RobustRows
from simeq.diagnostics.strength import first_stage_f, sanderson_windmeijer, shea
from simeq.errors import DataError, IdentificationError, SimeqError


def first_stage(
    labels: Sequence[str],
    equation: Callable[[str], InstrumentedEquation],
    rows: Callable[[], RobustRows],
) -> pd.DataFrame:
    """Measure the first stages of equations; ``attrs["left_out"]`` says what is not there, and why.

    Parameters
    ----------
    labels : sequence of str
        Equations that have endogenous regressors.
    equation : callable
        Lays an equation out.
    rows : callable
        Gives the rows for robust columns; where there are none, as after loading, these are NaN.

    Raises
    ------
    SimeqError
        If there is no such equation, or none is identified.
    """
    if not labels:
        raise SimeqError("No equation has an endogenous regressor, so there is no first stage.")
    found: list[dict[str, object]] = []
    left_out: dict[str, str] = {}
    for label in labels:
        try:
            found += _of_equation(equation(label), rows, left_out)
        except IdentificationError as error:
            left_out[label] = str(error)
    if not found:
        raise IdentificationError(left_out[labels[0]])
    table = pd.DataFrame(found).set_index(["equation", "endogenous"])
    table.attrs["left_out"] = left_out
    return table


def _of_equation(
    own: InstrumentedEquation, rows: Callable[[], RobustRows], left_out: dict[str, str]
) -> list[dict[str, object]]:
    """Measures of each endogenous regressor of an equation."""
    total, left = own.endogenous.values, own.disturbances.values
    unexplained = (left**2).sum(axis=0)
    rsquared = 1.0 - unexplained / own.tss
    partial = 1.0 - unexplained / (total**2).sum(axis=0)
    apart = shea(own)
    found: list[dict[str, object]] = []
    for j, name in enumerate(own.names):
        f, conditional = first_stage_f(own, j), sanderson_windmeijer(own, j)
        robust = _robust(own, j, rows, left_out)
        found.append(
            {
                "equation": own.label,
                "endogenous": name,
                "rsquared": rsquared[j],
                "partial_rsquared": partial[j],
                "shea_rsquared": apart[j],
                "f": f.statistic,
                "df": f.df,
                "df_denom": f.df_denom,
                "f_pvalue": f.pvalue,
                "f_robust": np.nan if robust is None else robust.statistic,
                "f_robust_pvalue": np.nan if robust is None else robust.pvalue,
                "sanderson_windmeijer": conditional.statistic,
                "sanderson_windmeijer_pvalue": conditional.pvalue,
            }
        )
    return found


def _robust(
    own: InstrumentedEquation, j: int, rows: Callable[[], RobustRows], left_out: dict[str, str]
) -> HypothesisTest | None:
    """The robust F, or what is said of why there is none."""
    try:
        return first_stage_f(own, j, rows())
    except DataError as error:
        left_out[f"First-stage F robust: {own.names[j]}, {own.label}"] = str(error)
        return None
