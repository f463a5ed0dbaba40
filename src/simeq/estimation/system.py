"""A design laid on its factor: all that a system is without its rows, each part computed once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from simeq.design.design import Design
from simeq.errors import DataError
from simeq.estimation import rank
from simeq.estimators.choices import Choices
from simeq.estimators.equations import (
    Equations,
    on_instruments,
    with_instruments,
    without_instruments,
)
from simeq.estimators.residual_covariance import divisors, overlaps
from simeq.estimators.restriction import Restriction, restrict
from simeq.formula.constraints import Constraints, flat_names, read_constraints
from simeq.formula.terms import Term
from simeq.linalg.bases import (
    RANK_TOL,
    Basis,
    BoolArray,
    FloatArray,
    IntArray,
    basis,
    distances,
    lengths,
)
from simeq.linalg.triangle import Factor


class System:
    """Equations on the columns of a factor R.

    Parameters
    ----------
    design : Design
    factor : Factor
    on_collinear : {"raise", "drop"}
        What to do with collinear regressors.

    Attributes
    ----------
    used : G tuples of int
        Columns of W that are each equation's regressors, collinear ones left out.
    bases : G bases
        Of these regressors.
    columns, equation : (K,) arrays of int
        Column of W and equation of each coefficient.
    sizes : (G,) array of int
        Coefficients of each equation.
    """

    def __init__(self, design: Design, factor: Factor, on_collinear: str) -> None:
        self.design = design
        self.factor = factor
        self.bases = rank.regressor_bases(design, factor, on_collinear)
        pairs = zip(design.regressors, self.bases, strict=True)
        self.used = tuple(tuple(own[j] for j in basis.kept) for own, basis in pairs)
        self.sizes: IntArray = np.array([len(own) for own in self.used])
        self.columns: IntArray = np.array([j for own in self.used for j in own])
        self.equation: IntArray = np.repeat(np.arange(len(self.used)), self.sizes)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the equations."""
        return self.design.labels

    @property
    def terms(self) -> list[tuple[str, str]]:
        """Equation and term of each coefficient."""
        names = self.design.names
        return [(self.labels[i], names[j]) for i, own in enumerate(self.used) for j in own]

    @cached_property
    def index(self) -> pd.MultiIndex:
        """Labels (equation, term) of the coefficients."""
        columns = list(zip(*self.terms, strict=True))
        levels = [sorted(set(own)) for own in columns]
        place = [{name: j for j, name in enumerate(level)} for level in levels]
        codes = [[at[name] for name in own] for at, own in zip(place, columns, strict=True)]
        return pd.MultiIndex(levels, codes, names=["equation", "term"], verify_integrity=False)

    @cached_property
    def coefficient_names(self) -> tuple[str, ...]:
        """Names ``[equation]term`` of the coefficients."""
        return tuple(flat_names(self.terms))

    @cached_property
    def coefficient_terms(self) -> tuple[Term, ...]:
        """Term of each coefficient (K), which the levels of a category share."""
        return tuple(self.design.columns[column].term for column in self.columns)

    # ------------------------------------------------------------------ columns of R

    @cached_property
    def basis(self) -> Basis:
        """Basis of all columns of R."""
        return basis(self.factor.r)

    @cached_property
    def y(self) -> FloatArray:
        """Dependents (p, G)."""
        return self.factor.r[:, self.design.dependents]

    @cached_property
    def y_centred(self) -> FloatArray:
        """Dependents less their means."""
        return self.factor.centred(self.y)

    @cached_property
    def has_constant(self) -> BoolArray:
        """Whether the constant is in the span of each equation's regressors (G,)."""
        ones = self.factor.ones
        return np.array([distances(ones, basis.q)[0] <= RANK_TOL for basis in self.bases])

    def right_side(self, b: FloatArray) -> FloatArray:
        """Weights (m, G) of the columns of W in each equation's right side."""
        matrix = np.zeros((len(self.design.columns), len(self.labels)))
        matrix[self.columns, self.equation] = b
        return matrix

    def structural(self, b: FloatArray) -> FloatArray:
        """B (m, G): each equation on the columns of W, 1 at y_i and −b_i at x_i."""
        matrix = -self.right_side(b)
        matrix[self.design.dependents, np.arange(len(self.labels))] = 1.0
        return matrix

    # ------------------------------------------------------------------ regressors

    @cached_property
    def plain(self) -> Equations:
        """Equations in orthonormal coordinates, for estimators without instruments."""
        return without_instruments(self.y, self.bases, self.used)

    @cached_property
    def projected(self) -> Equations:
        """Equations with regressors projected on instruments, in orthonormal coordinates."""
        identified = [not found.set_aside for found in self._within]
        places = self.instrument_columns
        return with_instruments(self.y, self.bases, self.instruments, places, identified)

    @cached_property
    def _within(self) -> list[Basis]:
        """Bases of each equation's regressors on its instruments."""
        return on_instruments([self.factor.r[:, own] for own in self.used], self.instruments)

    # ------------------------------------------------------------------ instruments

    @cached_property
    def instruments(self) -> list[Basis]:
        """Bases of each equation's instruments, the same object where equations share them."""
        return rank.instruments(self.design, self.factor)

    @cached_property
    def exogenous(self) -> list[tuple[bool, ...]]:
        """For each equation, whether each regressor is exogenous."""
        return rank.exogenous(self.design, self.factor, self.used, self.instruments)

    @property
    def instrument_names(self) -> dict[str, list[str]]:
        """Instruments of each equation by its label, redundant ones left out."""
        pairs = zip(self.labels, self.instrument_columns, strict=True)
        return {label: [self.design.names[j] for j in own] for label, own in pairs}

    @cached_property
    def instrument_columns(self) -> list[tuple[int, ...]]:
        """Columns of W that each equation uses as instruments, redundant ones left out."""
        lists = zip(self.design.instruments, self.instruments, strict=True)
        return [tuple(own[j] for j in basis.kept) for own, basis in lists]

    @property
    def instruments_differ(self) -> bool:
        """Whether equations have different instruments."""
        return len(set(self.design.instruments)) > 1

    def require_identified(self, constrained: bool) -> None:
        """Check rows, and the order and rank condition of each equation; see `rank`.

        Constraints may identify what an equation alone does not: then the rank is that of all
        equations together, which is checked where they are solved.
        """
        rank.require_more_rows_than_instruments(self.design, self.factor, self.instruments)
        if not constrained:
            rank.require_identified(
                self.design, self.used, self.instruments, self._within, self.exogenous
            )

    def check_instruments(self, title: str, constrained: bool) -> None:
        """Check that instruments identify the equations, with what deserves a warning.

        Parameters
        ----------
        title : str
            Name of the estimator in words.
        constrained : bool
        """
        rank.warn_of_redundant(self.design, self.instruments)
        self.require_identified(constrained)
        rank.warn_of_no_endogenous(title, self.exogenous)

    # ------------------------------------------------------------------ restrictions, divisors

    def restriction(
        self, constraints: Constraints | None
    ) -> tuple[Restriction | None, tuple[str, ...]]:
        """Read linear restrictions; return them with their texts."""
        if constraints is None:
            return None, ()
        r, q, texts = read_constraints(constraints, self.coefficient_names)
        lengths_ = np.concatenate([lengths(self.factor.r[:, own]) for own in self.used])
        return restrict(r, q, lengths_, texts), tuple(texts)

    def counted_sizes(self, choices: Choices, restriction: Restriction | None) -> IntArray:
        """k_i (G,) as divisors count it: before constraints, or less those within equation i."""
        if restriction is None or not choices.convention.own_constraints_free_rows:
            return self.sizes
        return self.sizes - restriction.within(self.equation, len(self.labels))

    def divisor(self, choices: Choices, restriction: Restriction | None) -> FloatArray:
        """Divisor (G, G) of the residuals' cross products.

        Raises
        ------
        DataError
            If it leaves an equation no degrees of freedom.
        """
        kind, nobs = choices.sigma_dof, self.factor.nobs
        k = self.counted_sizes(choices, restriction)
        if kind != "none" and (k >= nobs).any():
            raise DataError(
                f"Equation {self.labels[int(k.argmax())]} has as many regressors as rows "
                f"({k.max()}): sigma_dof={kind!r} leaves no degrees of freedom; use 'none' or "
                f"more rows."
            )
        found = divisors(kind, nobs, k, overlaps(self.plain) if kind == "theil" else None)
        if (found <= 0.0).any():
            raise DataError(
                f"sigma_dof={kind!r} divides by {found.min():g} with {nobs} rows; use 'none' or "
                f"more rows."
            )
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Stored facts; what is computed from them is computed again."""
        kept = ("design", "factor", "bases", "used", "sizes", "columns", "equation")
        return {name: self.__dict__[name] for name in kept}
