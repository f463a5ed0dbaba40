"""One equation with its instruments: what every test of limited information looks at.

The included exogenous regressors are partialled out of everything, which changes no test (Frisch
and Waugh): y and Y below are what they leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simeq.errors import IdentificationError, SimeqError, count, listing
from simeq.estimation.columns import Columns, columns_of, refuse_exact_fit
from simeq.estimation.system import System
from simeq.linalg.bases import RANK_TOL, FloatArray, basis, distances, lengths, regress


@dataclass(frozen=True, eq=False)
class InstrumentedEquation:
    """An equation apart from its included exogenous regressors.

    Attributes
    ----------
    label : str
    nobs : int
    dependent : str
    names : (E,) tuple of str
        Endogenous regressors.
    whole : (p, 1) array
        The dependent in coordinates of R, as it is.
    y : Columns (1)
        It, partialled out.
    endogenous : Columns (E)
        Y: the endogenous regressors, partialled out.
    included : Columns (k₁)
        Included exogenous regressors, orthonormal.
    excluded : Columns (L₂)
        Z: what instruments add to them, orthonormal.
    lengths : (E,) array
        Of the endogenous regressors before partialling out, in which rank is judged.
    tss : (E,) array
        Their total sums of squares, centred when the constant is in the span of the instruments.
    """

    label: str
    nobs: int
    dependent: str
    names: tuple[str, ...]
    whole: FloatArray
    y: Columns
    endogenous: Columns
    included: Columns
    excluded: Columns
    lengths: FloatArray
    tss: FloatArray

    @property
    def n_instruments(self) -> int:
        """L: independent instruments, included ones too."""
        return self.included.number + self.excluded.number

    @property
    def n_regressors(self) -> int:
        """k: regressors."""
        return self.included.number + self.endogenous.number

    @property
    def surplus(self) -> int:
        """L − k: overidentifying restrictions."""
        return self.n_instruments - self.n_regressors

    @property
    def free_rows(self) -> int:
        """n − L: degrees of freedom of the first stage."""
        return self.nobs - self.n_instruments

    @cached_property
    def first_stage(self) -> FloatArray:
        """P = Z'Y (L₂, E): coefficients of the endogenous regressors on orthonormal instruments."""
        return self.endogenous.on(self.excluded)

    @cached_property
    def disturbances(self) -> Columns:
        """V = Y − ZP (E columns): residuals of the first stage."""
        return self.endogenous.apart_from(self.excluded)

    @cached_property
    def coefficients(self) -> FloatArray:
        """Two-stage least squares (E,)."""
        return regress(self.y.on(self.excluded), self.first_stage)[:, 0]

    @cached_property
    def residual(self) -> Columns:
        """e = y − Yb (1 column): residuals of two-stage least squares.

        Raises
        ------
        DataError
            If the equation fits exactly.
        """
        e = self.y - self.endogenous @ self.coefficients[:, None]
        refuse_exact_fit([self.label], e.values, self.whole)
        return e

    def require_endogenous(self, what: str) -> None:
        """Check that there is an endogenous regressor.

        Raises
        ------
        SimeqError
        """
        if not self.names:
            raise SimeqError(
                f"Equation {self.label} has no endogenous regressor, so that there is no {what}."
            )

    def place(self, name: str | None) -> int:
        """Position of an endogenous regressor; None is the only one.

        Raises
        ------
        SimeqError
            If it is none, or one of several is to be named.
        """
        if name is None and len(self.names) == 1:
            return 0
        if name is None:
            self.require_endogenous("first stage")
            raise SimeqError(
                f"Name one of the endogenous regressors of equation {self.label}: "
                f"{listing(self.names)}."
            )
        if name not in self.names:
            raise SimeqError(
                f"{name!r} is no endogenous regressor of equation {self.label}; those are "
                f"{listing(self.names) or 'none'}."
            )
        return self.names.index(name)


def instrumented_equation(system: System, i: int) -> InstrumentedEquation:
    """Lay equation i out, identified or not."""
    label, design = system.labels[i], system.design
    known = system.exogenous[i]
    y = columns_of(system, [design.dependents[i]])
    x1 = columns_of(system, [j for j, e in zip(system.used[i], known, strict=True) if e])
    x2 = [j for j, e in zip(system.used[i], known, strict=True) if not e]
    endogenous = columns_of(system, x2)
    z = columns_of(system, system.instrument_columns[i])
    included = x1.orthonormal()
    excluded = z.apart_from(included).orthonormal(lengths(z.values))
    return InstrumentedEquation(
        label,
        system.factor.nobs,
        design.names[design.dependents[i]],
        tuple(design.names[j] for j in x2),
        y.values,
        y.apart_from(included),
        endogenous.apart_from(included),
        included,
        excluded,
        lengths(endogenous.values),
        _total_squares(system, endogenous.values, z.orthonormal().values),
    )


def _total_squares(system: System, x: FloatArray, q: FloatArray) -> FloatArray:
    """Sums of squares (E,), about the mean where the constant is in the span of Q."""
    has_constant = bool(distances(system.factor.ones, q)[0] <= RANK_TOL)
    return np.asarray(((system.factor.centred(x) if has_constant else x) ** 2).sum(axis=0))


def require_own_identification(own: InstrumentedEquation) -> None:
    """Check that an equation has a two-stage estimate of its own.

    Raises
    ------
    IdentificationError
        If its own instruments do not identify it, whatever constraints do.
    """
    if own.free_rows < 1:
        raise IdentificationError(
            f"Equation {own.label} has {count(own.n_instruments, 'instrument')} and only "
            f"{count(own.nobs, 'row')}, which leaves its tests no degrees of freedom."
        )
    if basis(own.first_stage, own.lengths).set_aside:
        raise IdentificationError(
            f"Equation {own.label} is not identified by its own instruments, so that tests of it "
            f"alone have no estimate to read: {count(len(own.names), 'endogenous regressor')}, "
            f"{count(own.excluded.number, 'excluded instrument')}."
        )
