"""Functions of coefficients by the delta method, with intervals from draws where there are any."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simeq.errors import ConstraintError, DataError
from simeq.formula.coefficient_functions import Function, Functions, read_functions
from simeq.inference.coefficients import Coefficients, is_imposed, touched
from simeq.linalg.bases import FloatArray
from simeq.report.printed_table import PrintedTable, Section, number
from simeq.resampling.results import interval


class FunctionResults(Coefficients):
    """Functions of coefficients; made by `SystemResults.nonlinear`.

    It has what results have: params, bse, tvalues, pvalues, conf_int, wald_test, by the functions'
    texts.
    """

    def __init__(
        self,
        values: FloatArray,
        cov: FloatArray,
        texts: list[str],
        dof: FloatArray | None,
        source: Coefficients,
        draws: FloatArray | None,
    ) -> None:
        index = pd.Index(texts, name="function")
        super().__init__(values, cov, index, texts, dof, source._df_joint, source.n_groups)
        self._draws = draws

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
        bounds = super().conf_int(alpha)
        if kind == "normal":
            return bounds
        if self._draws is None:
            raise DataError(
                f"A {kind} interval needs draws; fit with cov_type='bootstrap', or take 'normal'."
            )
        self._require_defined(self._draws)
        bounds[["lower", "upper"]] = interval(self._draws, self._b, alpha, kind)
        return bounds

    def _require_defined(self, draws: FloatArray) -> None:
        """Check that the functions have a value in every draw that did not fail."""
        undefined = np.isinf(draws).sum(axis=0)
        if undefined.any():
            worst = int(undefined.argmax())
            raise DataError(
                f"The function {self._names[worst]!r} is undefined in {undefined[worst]:,} of "
                f"{len(draws):,} draws, so that an interval by draws would leave them out; take "
                f"kind='normal', or another function."
            )

    def summary_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return value, standard error, statistic, p value and interval of each function."""
        letter = "t" if self.use_t else "z"
        columns = {
            "value": self.params,
            "std err": self.bse,
            letter: self.tvalues,
            f"P>|{letter}|": self.pvalues,
        }
        return pd.DataFrame({**columns, **self.conf_int(alpha)})

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


def nonlinear(
    source: Coefficients, functions: Functions, draws: FloatArray | None = None
) -> FunctionResults:
    """Evaluate functions of coefficients with their covariance, J V J' by exact derivatives.

    Parameters
    ----------
    source : Coefficients
    functions : str or sequence of str
    draws : (D, K) array, optional
        Draws of the coefficients.

    Raises
    ------
    ConstraintError
        If a function cannot be read, or is undefined at the estimates.
    """
    read = read_functions(functions, source._names)
    found = [function(source._b[None, :]) for function in read]
    values = np.array([own.value[0] for own in found])
    slopes = np.array([own.gradient[0] for own in found])
    for function, value, slope in zip(read, values, slopes, strict=True):
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            raise ConstraintError(
                f"The function {function.text!r} is undefined at the estimates, or has no slope "
                f"there."
            )
    known = touched(slopes, source._cov)
    cov = slopes @ known @ slopes.T
    imposed = is_imposed(slopes, known)  # what constraints fix varies by rounding errors alone
    cov[imposed], cov[:, imposed] = 0.0, 0.0
    dof = None
    if source._dof is not None:
        dof = np.array([source._joint_dof(slope[None, :]) for slope in slopes])
    drawn = None if draws is None else _values_in(read, draws)
    return FunctionResults(values, cov, [f.text for f in read], dof, source, drawn)


def _values_in(functions: list[Function], draws: FloatArray) -> FloatArray:
    """Values (D, j) in draws (D, K): NaN in one that failed, infinite where undefined."""
    values = np.column_stack([function.value(draws) for function in functions])
    there = np.column_stack(
        [np.isfinite(draws[:, list(f.places.values())]).all(axis=1) for f in functions]
    )
    return np.where(there & ~np.isfinite(values), np.inf, values)
