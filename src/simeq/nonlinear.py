"""Functions of coefficients by the delta method, with intervals from draws where there are any."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simeq._linalg import FloatArray
from simeq.errors import ConstraintError, DataError
from simeq.functions import Functions, read_functions
from simeq.inference import Coefficients
from simeq.resampling.results import interval
from simeq.tables import PrintedTable, Section, number


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
        source: Coefficients,
        draws: FloatArray | None,
    ) -> None:
        own = None if source._dof is None else np.full(len(texts), source._df_joint)
        index = pd.Index(texts, name="function")
        super().__init__(values, cov, index, texts, own, source._df_joint, source.n_groups)
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
        bounds[["lower", "upper"]] = interval(self._draws, self._b, alpha, kind)
        return bounds

    def summary_frame(self, alpha: float = 0.05) -> pd.DataFrame:
        """Return value, standard error, statistic, p value and interval of each function."""
        letter = "t" if self.use_t else "z"
        columns = {
            "value": self.params,
            "std err": self.bse,
            letter: self.tvalues,
            f"P>|{letter}|": self.pvalues,
        }
        return pd.DataFrame(columns).join(self.conf_int(alpha))

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
    used = slopes.any(axis=0)
    cov = slopes[:, used] @ source._cov[np.ix_(used, used)] @ slopes[:, used].T
    drawn = None
    if draws is not None:
        drawn = np.column_stack([function(draws).value for function in read])
    return FunctionResults(values, cov, [f.text for f in read], source, drawn)
