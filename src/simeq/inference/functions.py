"""Functions of coefficients by the delta method, with intervals from draws where there are any."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simeq.errors import ConstraintError, DataError
from simeq.formula.coefficient_functions import Function, Functions, read_functions
from simeq.inference.coefficients import Coefficients
from simeq.inference.delta_method import delta_covariance
from simeq.inference.intervals import interval_by_draws
from simeq.inference.results import CoefficientResults, statistics
from simeq.linalg.bases import FloatArray
from simeq.report.printed_table import PrintedTable, Section, number


class FunctionResults(CoefficientResults):
    """Functions of coefficients; made by `SystemResults.nonlinear`.

    It has what results have: params, bse, tvalues, pvalues, conf_int, wald_test, by the functions'
    texts.
    """

    def conf_int(self, alpha: float = 0.05, kind: str = "normal") -> pd.DataFrame:
        """Confidence intervals.

        Parameters
        ----------
        alpha : float
            One minus the coverage, in (0, 1).
        kind : {"normal", "percentile", "basic"}
            By the delta method's standard errors, or by the functions of the bootstrap's draws.

        Returns
        -------
        DataFrame
            Columns lower and upper.
        """
        bounds = self.coefficients.interval(alpha)
        if kind != "normal":
            draws = self._defined_draws(kind)
            bounds = interval_by_draws(self.coefficients.b, draws, alpha, kind)
        return self._bounds(bounds)

    def _defined_draws(self, kind: str) -> FloatArray:
        """Return the draws; check that the functions have a value in each that did not fail."""
        draws = self.coefficients.draws
        if draws is None:
            raise DataError(
                f"A {kind} interval needs draws; fit with cov_type='bootstrap', or take 'normal'."
            )
        undefined = np.isinf(draws).sum(axis=0)
        if undefined.any():
            worst = int(undefined.argmax())
            raise DataError(
                f"The function {self.coefficients.names[worst]!r} is undefined in "
                f"{undefined[worst]:,} of {len(draws):,} draws, so that an interval by draws would "
                f"leave them out; take kind='normal', or another function."
            )
        return draws

    def summary_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return value, standard error, statistic, p value and interval of each function."""
        return statistics(self, "value", self.conf_int(alpha))

    def __str__(self) -> str:
        frame = self.summary_frame()
        rows = [
            (str(text), number(b), number(se), number(z, 3), f"{p:.3f}", number(low), number(high))
            for text, (b, se, z, p, low, high) in zip(frame.index, frame.to_numpy(), strict=True)
        ]
        table = PrintedTable(
            "Functions of coefficients, delta method",
            tuple(map(str, frame.columns)),
            (Section("", tuple(rows)),),
            (),
        )
        return table.to_text()

    def __repr__(self) -> str:
        return str(self)


def nonlinear(source: Coefficients, functions: Functions) -> FunctionResults:
    """Evaluate functions of coefficients with their covariance, J V J' by exact derivatives.

    Parameters
    ----------
    source : Coefficients
    functions : str or sequence of str

    Raises
    ------
    ConstraintError
        If a function cannot be read, or is undefined at the estimates.
    """
    read = read_functions(functions, source.names)
    found = [function(source.b[None, :]) for function in read]
    values = np.array([own.value[0] for own in found])
    slopes = np.array([own.gradient[0] for own in found])
    for function, value, slope in zip(read, values, slopes, strict=True):
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            raise ConstraintError(
                f"The function {function.text!r} is undefined at the estimates, or has no slope "
                f"there."
            )
    texts = tuple(function.text for function in read)
    return FunctionResults(
        Coefficients(
            values,
            delta_covariance(slopes, source.cov),
            pd.Index(texts, name="function"),
            texts,
            None if source.dof is None else np.array([source.joint_dof(s != 0.0) for s in slopes]),
            source.df_joint,
            source.n_groups,
            source.kind,
            None if source.draws is None else _values_in(read, source.draws),
        )
    )


def _values_in(functions: list[Function], draws: FloatArray) -> FloatArray:
    """Values (D, j) in draws (D, K): NaN in one that failed, infinite where undefined."""
    values = np.column_stack([function.value(draws) for function in functions])
    there = np.column_stack(
        [np.isfinite(draws[:, list(f.places.values())]).all(axis=1) for f in functions]
    )
    return np.where(there & ~np.isfinite(values), np.inf, values)
