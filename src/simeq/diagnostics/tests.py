"""All that a referee asks of an estimate, test by test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from simeq.design.sample_rows import SampleRows, require_rows
from simeq.diagnostics import cross_equation as across
from simeq.diagnostics import endogeneity, overidentification, residuals, strength
from simeq.diagnostics.anderson_rubin import AndersonRubin, anderson_rubin
from simeq.diagnostics.effective_f import EffectiveF, effective_f
from simeq.diagnostics.first_stage import first_stage
from simeq.diagnostics.hausman import hausman
from simeq.diagnostics.hypothesis_test import HypothesisTest
from simeq.diagnostics.instrumented_equation import (
    InstrumentedEquation,
    instrumented_equation,
    require_own_identification,
)
from simeq.diagnostics.instrumented_residuals import godfrey, pagan_hall
from simeq.diagnostics.residuals import Regression, regression
from simeq.diagnostics.robust_moments import RobustRows, robust_rows
from simeq.errors import SimeqError, listing, nearest
from simeq.estimation.columns import columns_of
from simeq.estimation.fit import Fit
from simeq.linalg.triangle import ONES
from simeq.moments.request import Request

#: Methods that are no tests.
HELPERS = ("is_instrumented", "require_label")


class Diagnostics:
    """Tests of a system's estimate, each by its name; `SystemResults.tests` holds them.

    Tests of one equation read its own two-stage estimate, without constraints: they ask whether
    the equation and its instruments are right, whatever the system is estimated by. Robust forms
    allow for what the result's ``cov_type`` allows for, and for heteroskedasticity (HC1) where
    that is nonrobust. Where a system has one equation, its label may be left out.

    Parameters
    ----------
    fit : Fit
    request : Request
        Kind of the coefficients' covariance.
    sample_rows : SampleRows or None
    use_f : bool
        Whether robust Wald statistics are referred to F rather than χ².
    """

    def __init__(
        self, fit: Fit, request: Request, sample_rows: SampleRows | None, use_f: bool
    ) -> None:
        self.fit = fit
        self.request = request
        self._sample_rows = sample_rows
        self._use_f = use_f
        self._made: dict[str, InstrumentedEquation] = {}

    def __repr__(self) -> str:
        """Name the equations and the tests."""
        own = vars(type(self)).items()
        names = [name for name, member in own if callable(member) and not name.startswith("_")]
        tests = ", ".join(name for name in names if name not in HELPERS)
        return f"<Tests of {listing(self.fit.system.labels)} by {self.fit.estimator.name}: {tests}>"

    @property
    def endogenous(self) -> dict[str, list[str]]:
        """Endogenous regressors of each equation."""
        system = self.fit.system
        names, each = system.design.names, zip(system.used, system.exogenous, strict=True)
        own = [[names[j] for j, e in zip(*pair, strict=True) if not e] for pair in each]
        return dict(zip(system.labels, own, strict=True))

    @cached_property
    def _rows(self) -> RobustRows:
        """The rows, with the dependence that robust tests allow for."""
        rows = require_rows(self._sample_rows, "robust tests and tests of residuals")
        return robust_rows(self.request, rows, self.fit.scores, self._use_f)

    def _equation(self, label: str | None) -> InstrumentedEquation:
        """Lay an equation out, once, if it is identified."""
        name, system = self.require_label(label), self.fit.system
        if name not in self._made:
            own = instrumented_equation(system, system.labels.index(name))
            require_own_identification(own)
            self._made[name] = own
        return self._made[name]

    def require_label(self, label: str | None) -> str:
        """Return a label that exists; that of the only equation where none is given."""
        labels = self.fit.system.labels
        if label is None and len(labels) == 1:
            return labels[0]
        if label not in labels:
            raise SimeqError(
                f"Name an equation, one of {', '.join(labels)}, not {label!r}."
                f"{nearest(str(label), labels)}"
            )
        return label

    # ------------------------------------------------------------------ overidentification

    def sargan(self, equation: str | None = None) -> HypothesisTest:
        """Sargan's test of an equation's instruments, homoskedastic errors."""
        return overidentification.sargan(self._equation(equation))

    def basmann(self, equation: str | None = None) -> HypothesisTest:
        """Basmann's form of the same."""
        return overidentification.basmann(self._equation(equation))

    def hansen_j(self, equation: str | None = None) -> HypothesisTest:
        """Hansen's robust J of an equation's instruments, or without a label of all equations'."""
        if equation is None:
            return overidentification.hansen_j_system(self.fit, self._rows)
        return overidentification.hansen_j(self._equation(equation), self._rows)

    def hansen_sargan(self) -> HypothesisTest:
        """Test the instruments of all equations at the estimate of three-stage least squares."""
        return overidentification.hansen_sargan(self.fit)

    # ------------------------------------------------------------------ endogeneity

    def wu_hausman(
        self, equation: str | None = None, variables: Sequence[str] | None = None
    ) -> HypothesisTest:
        """Wu and Hausman's F of endogeneity; of all endogenous regressors by default."""
        return endogeneity.wu_hausman(self._equation(equation), variables)

    def durbin(
        self, equation: str | None = None, variables: Sequence[str] | None = None
    ) -> HypothesisTest:
        """Durbin's form of the same."""
        return endogeneity.durbin(self._equation(equation), variables)

    def wu_hausman_robust(self, equation: str | None = None) -> HypothesisTest:
        """Wooldridge's regression test of endogeneity: the robust form of Wu and Hausman's."""
        return endogeneity.wooldridge_regression(self._equation(equation), self._rows)

    def wooldridge_score(self, equation: str | None = None) -> HypothesisTest:
        """Wooldridge's robust score test of endogeneity."""
        return endogeneity.wooldridge_score(self._equation(equation), self._rows)

    def hausman(self, other: Any, robust: bool = False) -> HypothesisTest:
        """Test the difference from another result; see `SystemResults.hausman`."""
        fit = getattr(other, "fit", other)
        if not isinstance(fit, Fit):
            raise SimeqError(
                f"Hausman's test compares two results of SystemEquations.fit; the other is a "
                f"{type(other).__name__}."
            )
        return hausman(self.fit, fit, self._rows if robust else None)

    # ------------------------------------------------------------------ strength

    def first_stage(self) -> pd.DataFrame:
        """Measure the first stage of each endogenous regressor; see `SystemResults.first_stage`."""
        labels = [label for label, own in self.endogenous.items() if own]
        return first_stage(labels, self._equation, lambda: self._rows)

    def first_stage_f(
        self, equation: str | None = None, regressor: str | None = None, robust: bool = False
    ) -> HypothesisTest:
        """F of the excluded instruments in the first stage of a regressor.

        An equation's only endogenous regressor need not be named.
        """
        own = self._equation(equation)
        return strength.first_stage_f(own, own.place(regressor), self._rows if robust else None)

    def sanderson_windmeijer(
        self, equation: str | None = None, regressor: str | None = None
    ) -> HypothesisTest:
        """Conditional F of a regressor beside the other endogenous ones."""
        own = self._equation(equation)
        return strength.sanderson_windmeijer(own, own.place(regressor))

    def cragg_donald(self, equation: str | None = None) -> HypothesisTest:
        """Cragg and Donald's test that the first stage lacks rank, homoskedastic errors."""
        return strength.cragg_donald(self._equation(equation))

    def cragg_donald_f(self, equation: str | None = None) -> float:
        """Cragg and Donald's statistic as an F, as Stock and Yogo tabulate critical values for."""
        own = self._equation(equation)
        return strength.cragg_donald(own).statistic / own.excluded.number

    def kleibergen_paap(self, equation: str | None = None, form: str = "wald") -> HypothesisTest:
        """Kleibergen and Paap's robust test of the same, in its form "wald" or "lm"."""
        return strength.kleibergen_paap(self._equation(equation), self._rows, form)

    def kleibergen_paap_f(self, equation: str | None = None) -> float:
        """The rk statistic as an F, as it is set beside Stock and Yogo's critical values."""
        return strength.kleibergen_paap_f(self._equation(equation), self._rows)

    def effective_f(self, equation: str | None = None) -> EffectiveF:
        """Montiel Olea and Pflueger's effective F, with critical values."""
        return effective_f(self._equation(equation), self._rows)

    def anderson_rubin(
        self, equation: str | None = None, robust: bool = False, form: str = "wald"
    ) -> AndersonRubin:
        """Anderson and Rubin's test of an endogenous regressor's coefficient, and its set.

        The robust form "score" holds its size with fewer clusters than "wald".
        """
        return anderson_rubin(self._equation(equation), self._rows if robust else None, form)

    # ------------------------------------------------------------------ residuals

    def breusch_pagan(self) -> HypothesisTest:
        """Test that errors are uncorrelated across equations: Lagrange multiplier."""
        return across.breusch_pagan(self.fit)

    def correlation_robust(self) -> HypothesisTest:
        """Test the same, robust, and right when a dependent is on another's right side."""
        return across.correlation_robust(self.fit, self._rows)

    def likelihood_ratio(self) -> HypothesisTest:
        """Test the same by OLS against iterated SUR, each at its own maximum."""
        return across.likelihood_ratio(self.fit)

    def likelihood_ratio_of_residuals(self) -> HypothesisTest:
        """Test the same on one set of residuals, as linearmodels does."""
        return across.likelihood_ratio_of_residuals(self.fit)

    def heteroskedasticity(self, equation: str | None = None) -> HypothesisTest:
        """Breusch and Pagan's test in Koenker's form; Pagan and Hall's with instruments."""
        label = self.require_label(equation)
        if self.is_instrumented(label):
            ones = columns_of(self.fit.system, [ONES]).orthonormal()
            return pagan_hall(self._equation(label), ones, self._rows.sample_rows)
        return residuals.heteroskedasticity(self._regression(label))

    def serial_correlation(
        self, equation: str | None = None, lags: int = 1, panels: Any = None
    ) -> HypothesisTest:
        """Breusch and Godfrey's test; Godfrey's with instruments.

        With `panels`, a column or labels, lags stay within each.
        """
        label, rows = self.require_label(equation), self._rows.sample_rows
        groups = None if panels is None else rows.groups(panels, "panels")
        if self.is_instrumented(label):
            return godfrey(self._equation(label), rows, lags, groups)
        return residuals.serial_correlation(self._regression(label), lags, groups)

    def is_instrumented(self, label: str) -> bool:
        """Whether an equation has endogenous regressors, and its estimate instruments for them."""
        return self.fit.uses_instruments and bool(self.endogenous[label])

    def _regression(self, label: str) -> Regression:
        """Lay an equation out as a regression."""
        system = self.fit.system
        return regression(system, system.labels.index(label), self._rows.sample_rows)
