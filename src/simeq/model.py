"""SystemEquations: parse, compress, project, estimate, describe. No arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from simeq.covariance.covariance import Covariance, classical_covariance
from simeq.covariance.robust import robust_covariance
from simeq.data.source import Given, row_source
from simeq.design.build import build
from simeq.design.sample_rows import SampleRows, require_rows
from simeq.diagnostics.order_and_rank import Identification, identify
from simeq.errors import SimeqError, count
from simeq.estimation import rank as identification
from simeq.estimation.consistency import require_declared_lags, require_identities
from simeq.estimation.fit import Fit, fit_system, require_needs
from simeq.estimation.system import System
from simeq.estimators.choices import Asked, Choices
from simeq.estimators.estimator import Estimator
from simeq.estimators.registry import agree, estimator, require_own
from simeq.formula.constraints import Constraints
from simeq.formula.expression import caller_names
from simeq.formula.identities import Identities
from simeq.formula.lags import Lags
from simeq.formula.specification import Equations, Instruments, specify
from simeq.linalg.bases import FloatArray
from simeq.linalg.threads import threads_for
from simeq.linalg.triangle import Factor
from simeq.moments.request import Request, read_request
from simeq.prediction.structural import right_sides
from simeq.resampling.covariance import resampled_covariance
from simeq.results.system import SystemResults
from simeq.subsamples.dropping import fit_dropping
from simeq.subsamples.each import fit_each
from simeq.subsamples.groups import fit_by


class SystemEquations:
    """A system of linear simultaneous equations.

    Formulas are evaluated as Python code by patsy: take them from people you trust.

    Parameters
    ----------
    equations : dict of str to str, or list of str
        Formula of each equation by its label, in patsy's language: ``np.log(x)``, ``C(year)``,
        ``a:b``, ``0 + …``. With a list the labels are the dependents.
    data : DataFrame or mapping of columns
        Never changed; later changes to it do not reach the model. A callable that gives an
        iterator of frames, anew at each call, for terms that need no whole columns.
    instruments : str, dict of str to str, or list of str, optional
        One formula ``"~ z1 + z2"`` for all equations, or one by label. A regressor is then
        exogenous exactly when it is among its equation's instruments or in their span.
    endog, exog : str or list of str, optional
        Without `instruments`, Stata's rule holds: endogenous are the columns that any left side
        reads, those in `endog`, and every term that reads one of them; the instruments are all
        exogenous terms and those in `exog`. What `exog` names is exogenous whatever it reads.
    identities : str or list of str, optional
        What holds by definition, as ``"gnp = consump + invest + govExp"``: a linear combination
        of columns, or of terms such as ``np.log(y)``, that the data must satisfy. The left side
        counts as a left side above; other columns in identities are variables of the system, so
        that the rule takes those that are not endogenous as instruments. They close the system
        for `SystemResults.reduced_form`.
    lags : dict, optional
        Which columns hold earlier values of endogenous variables, as ``{"gnpLag": "gnp"}``, or
        with the order ``{"gnpLag2": ("gnp", 2)}`` or ``{"gnpLag2": "gnpLag"}``. They are
        predetermined, and make the reduced form dynamic.
    missing : {"drop", "raise"}
        What to do with rows that miss a value in any column or term of the system.
    rank : {"raise", "drop"}
        What to do with collinear regressors.

    Raises
    ------
    FormulaError
        If an equation, an instrument or a role cannot be read.
    DataError
        If a column cannot be used, no row is complete, an identity does not hold, or a declared
        lag is plainly another one.
    CollinearityError
        If regressors of an equation are collinear and ``rank="raise"``.

    Examples
    --------
    >>> from simeq import SystemEquations, datasets
    >>> model = SystemEquations(
    ...     {"consumption": "consump ~ corpProf + corpProfLag + wages",
    ...      "investment": "invest ~ corpProf + corpProfLag + capitalLag"},
    ...     datasets.load_klein(),
    ...     instruments="~ govExp + taxes + govWage + trend + capitalLag + corpProfLag + gnpLag")
    >>> result = model.fit("3sls")
    >>> round(float(result.params["consumption", "wages"]), 3)
    0.817
    """

    def __init__(
        self,
        equations: Equations,
        data: Given,
        *,
        instruments: Instruments = None,
        endog: Sequence[str] | str | None = None,
        exog: Sequence[str] | str | None = None,
        identities: Identities = None,
        lags: Lags = None,
        missing: Literal["drop", "raise"] = "drop",
        rank: Literal["raise", "drop"] = "raise",
    ) -> None:
        if rank not in ("raise", "drop"):
            raise SimeqError(f"rank must be 'raise' or 'drop', not {rank!r}.")
        source = row_source(data)
        spec = specify(equations, instruments, endog, exog, source.names, identities, lags)
        rows, factor = build(spec, source, caller_names(1), missing)
        self.system = System(rows.design, factor, rank)
        self.sample_rows: SampleRows | None = rows
        require_identities(self.system, rows)
        if rows.design.lags:
            require_declared_lags(rows)

    # ------------------------------------------------------------------ names

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the equations."""
        return self.system.labels

    @property
    def equations(self) -> dict[str, str]:
        """Formulas by label."""
        return dict(zip(self.labels, self.system.design.texts, strict=True))

    @property
    def factor(self) -> Factor:
        """The triangle R that stands for the rows."""
        return self.system.factor

    @property
    def nobs(self) -> int:
        """Rows of the sample."""
        return self.system.factor.nobs

    @property
    def endog_names(self) -> list[str]:
        """Dependent of each equation."""
        return [self.system.design.names[j] for j in self.system.design.dependents]

    @property
    def index(self) -> pd.MultiIndex:
        """Labels (equation, term) of the coefficients."""
        return self.system.index

    @property
    def instrument_names(self) -> dict[str, list[str]]:
        """Instruments that each equation uses, redundant ones left out."""
        return self.system.instrument_names

    @property
    def roles(self) -> pd.DataFrame:
        """Who is what: a row for each equation and term.

        Returns
        -------
        DataFrame
            Columns equation, term and role: "dependent", "endogenous", "exogenous", or
            "instrument" for the excluded instruments that an equation adds to its exogenous terms.
        """
        system = self.system
        rows = identification.roles(system.design, system.used, system.exogenous)
        return pd.DataFrame(rows, columns=["equation", "term", "role"])

    def identification(self) -> Identification:
        """Look at the order and the sample rank condition of each equation, before any fit.

        Returns
        -------
        Identification
            Prints as a table; ``frame`` holds the numbers, ``equations`` each equation's names,
            singular values and verdict.

        Examples
        --------
        >>> from simeq import SystemEquations, datasets
        >>> model = SystemEquations(
        ...     ["consump ~ corpProf + wages", "invest ~ corpProf + capitalLag"],
        ...     datasets.load_klein(), endog=["corpProf", "wages"], exog=["taxes"])
        >>> model.identification().frame["verdict"].to_dict()
        {'consump': 'exactly identified', 'invest': 'exactly identified'}
        """
        return identify(self.system)

    # ------------------------------------------------------------------ estimation

    def fit(
        self,
        method: str = "3sls",
        *,
        cov_type: str = "nonrobust",
        cov_kwds: Mapping[str, Any] | None = None,
        use_t: bool | None = None,
        sigma_dof: str | None = None,
        form: str | None = None,
        constraints: Constraints | None = None,
        maxiter: int | None = None,
        tol: float | None = None,
        like: str | None = None,
    ) -> SystemResults:
        """Estimate the system.

        Parameters
        ----------
        method : {"ols", "wls", "sur", "isur", "2sls", "w2sls", "3sls", "i3sls"}
        cov_type : {"nonrobust", "HC0", "HC1", "cluster", "HAC", "hac-panel", "hac-groupsum", \
                "jackknife", "bootstrap"}
            Covariance of the coefficients; all but the first hold across equations too.
        cov_kwds : dict, optional
            Options of the kind: ``groups`` (a column's name, an array, or two of them for two-way
            clusters), ``time``, ``maxlags`` (automatic by default), ``kernel`` ("bartlett",
            "parzen", "qs"), ``use_correction`` (True for clusters, False for serial correlation);
            for resampling ``groups`` (rows by default), ``center`` ("estimate" or "mean"),
            ``n_boot`` (999) and ``seed``.
        use_t : bool, optional
            Whether t ratios are referred to Student's t: with nG − K + r degrees of freedom, or
            with clusters g − 1.
        sigma_dof : {"none", "geomean", "mean", "max", "theil"}, optional
            Divisor of the residual covariance.
        form : {"gmm", "gls"}, optional
            Of three-stage least squares where instruments differ by equation. The GLS form then
            needs every instrument to be valid in every equation, and is inconsistent otherwise.
        constraints : str, list of str, matrix R, or pair (R, q), optional
            Linear restrictions R b = q on the coefficients, honoured in every step, as
            ``"[demand]income = [supply]trend, [supply]price - [demand]price = 0.5"``.
        maxiter : int, optional
            Most steps of an iterated method.
        tol : float, optional
            Change at which an iterated method stops.
        like : {"stata", "systemfit", "linearmodels", "gretl"}, optional
            Whose conventions to follow where the arguments above are not given.

        Returns
        -------
        SystemResults

        Raises
        ------
        IdentificationError
            If a method needs instruments and an equation has too few.
        SingularError
            If a residual covariance that must be inverted is singular.
        ConstraintError
            If constraints cannot be read, contradict or repeat each other.
        """
        chosen = estimator(method)
        request = read_request(cov_type, cov_kwds)
        asked = Asked(like, sigma_dof, form, maxiter, tol)
        require_own(chosen, asked)
        choices = agree(chosen, asked)
        with threads_for(self.system.columns.size):
            return self._fit(chosen, request, choices, constraints, use_t)

    # Parts of the system: functions of a model, in `simeq.subsamples`.
    fit_dropping = fit_dropping
    fit_by = fit_by
    fit_each = fit_each

    def _fit(
        self,
        chosen: Estimator,
        request: Request,
        choices: Choices,
        constraints: Constraints | None,
        use_t: bool | None,
    ) -> SystemResults:
        """Project, estimate, attach the covariance."""
        restriction, texts = self.system.restriction(constraints)
        require_needs(self.system, chosen, choices, restriction is not None)
        found = fit_system(self.system, chosen, choices, restriction, texts)
        covariance = self._covariance(request, found)
        by_t = choices.use_t if use_t is None else bool(use_t)
        return SystemResults(found, self.sample_rows, request, covariance, by_t, self)

    def _covariance(self, request: Request, found: Fit) -> Covariance:
        """Make the covariance of the coefficients that was asked for."""
        if request.name == "nonrobust":
            return classical_covariance(found)
        rows = require_rows(self.sample_rows, f"{request.name} standard errors")
        make = resampled_covariance if request.is_resampling else robust_covariance
        return make(request, found, rows)

    # ------------------------------------------------------------------ other rows

    def predict(
        self,
        params: FloatArray | pd.Series[float],
        data: pd.DataFrame | Mapping[str, Any],
        labels: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Right sides on other rows, at given coefficients; see `SystemResults.predict`.

        Parameters
        ----------
        params : (K,) array
        data : DataFrame or mapping
        labels : sequence of str, optional
            Equations in question; all by default.
        """
        b = np.asarray(params, dtype=np.float64)
        return right_sides(self.system, b, self.sample_rows, data, labels)

    def __repr__(self) -> str:
        """Say in one line what the model holds."""
        return f"<SystemEquations: {count(len(self.labels), 'equation')}, {self.nobs:,} rows>"

    def __getstate__(self) -> dict[str, Any]:
        """Formulas, levels and factor: never rows."""
        return {"system": self.system, "sample_rows": None}
