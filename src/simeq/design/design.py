"""Equations and data to a design: distinct columns, and who uses which of them in what role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from simeq.data.factor_values import FactorValues
from simeq.data.sample import Sample, estimation_sample
from simeq.data.table import Table
from simeq.errors import DataError, FormulaError, RankWarning, warn
from simeq.formula.endogeneity import instrument_lists
from simeq.formula.expression import Lookup, expression, is_standard
from simeq.formula.identities import Identity
from simeq.formula.lags import Lag
from simeq.formula.specification import Specification
from simeq.formula.terms import (
    INTERCEPT,
    PATSY_NAMES,
    Categories,
    Column,
    Part,
    Term,
    code_columns,
    term_name,
)
from simeq.linalg.bases import FloatArray, IntArray
from simeq.linalg.triangle import Factor, accumulate, accumulate_groups


@dataclass(frozen=True)
class Design:
    """The columns of a system and their places, without any rows.

    Attributes
    ----------
    labels, texts : (G,) tuples of str
        Names and formulas of the equations.
    columns : (m,) tuple of Column
        Distinct columns of W, the column of ones first.
    dependents : (G,) tuple of int
        Position of each dependent.
    regressors : G tuples of int
        Positions of each equation's regressors, in formula order.
    instruments : G tuples of int
        Positions of each equation's instruments, included and excluded.
    regressor_terms, instrument_terms : G tuples of Term
        The term that each of those regressors and instruments belongs to.
    instruments_given : bool
        Whether the user listed the instruments, rather than leave them to the rule.
    levels : dict
        Categories of each categorical factor, in order.
    stateful : frozenset of str
        Factors that learned something from the sample.
    scalars : dict
        Numbers and texts of the caller that factors name.
    functions : frozenset of str
        Functions and modules of the caller, beside numpy and patsy's, that factors name.
    sample : Sample
    reads : dict
        Data columns that each factor reads.
    identities : tuple of Identity
        Accounting identities; each of their terms is a column.
    lags : tuple of Lag
        Columns that hold earlier values of endogenous variables.
    endog : tuple of str
        Data columns that the user named as endogenous.
    absent : () or G tuples of int
        Positions of regressors that were left out since they are zero in this part of the rows.
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    columns: tuple[Column, ...]
    dependents: tuple[int, ...]
    regressors: tuple[tuple[int, ...], ...]
    instruments: tuple[tuple[int, ...], ...]
    regressor_terms: tuple[tuple[Term, ...], ...]
    instrument_terms: tuple[tuple[Term, ...], ...]
    instruments_given: bool
    levels: Mapping[str, tuple[Any, ...]]
    stateful: frozenset[str]
    scalars: Mapping[str, Any]
    functions: frozenset[str]
    sample: Sample
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    identities: tuple[Identity, ...] = ()
    lags: tuple[Lag, ...] = ()
    endog: tuple[str, ...] = ()
    absent: tuple[tuple[int, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of W."""
        return tuple(column.name for column in self.columns)

    @property
    def variables(self) -> tuple[int, ...]:
        """Columns of W that are endogenous variables: dependents, then left sides of identities."""
        return (*self.dependents, *(self.names.index(own.left) for own in self.identities))

    def read_by(self, place: int) -> set[str]:
        """Data columns that a column of W is computed from."""
        return {name for part in self.columns[place].parts for name in self.reads[part.code]}

    def where(self, place: int) -> str:
        """How an error names the first right side where a column of W stands."""
        absent = self.absent or ((),) * len(self.labels)
        for label, own, gone in zip(self.labels, self.regressors, absent, strict=True):
            if place in own or place in gone:
                return f"Equation {label}"
        name = self.names[place]
        known = (own.where for own in self.identities if name in dict(own.weights))
        return next(known, "instruments")

    @property
    def lists(self) -> list[tuple[Column, ...]]:
        """Right side of each equation, then instruments of each, as columns (2G)."""
        places = (*self.regressors, *self.instruments)
        terms = (*self.regressor_terms, *self.instrument_terms)
        return [
            tuple(replace(self.columns[j], term=term) for j, term in zip(own, named, strict=True))
            for own, named in zip(places, terms, strict=True)
        ]

    def using(self, lists: Sequence[tuple[Column, ...]]) -> Design:
        """Return the design with other right sides and instruments, columns keeping their places.

        Parameters
        ----------
        lists : 2G tuples of Column, or G + 1 when all equations share their instruments
        """
        number = len(self.labels)
        columns = list(self.columns)
        place = {column.name: j for j, column in enumerate(columns)}
        for column in (column for own in lists for column in own):
            if column.name not in place:
                place[column.name] = len(columns)
                columns.append(column)
        shared = _same_sets_once(lists[number:])
        whole = [*lists[:number], *(shared if len(shared) == number else shared * number)]
        found = tuple(tuple(place[column.name] for column in own) for own in whole)
        terms = tuple(tuple(column.term for column in own) for own in whole)
        return replace(
            self,
            columns=tuple(columns),
            regressors=found[:number],
            instruments=found[number:],
            regressor_terms=terms[:number],
            instrument_terms=terms[number:],
        )


def build(
    spec: Specification, table: Table, caller: Lookup, missing: str
) -> tuple[Design, FactorValues]:
    """Bind terms to data, settle the sample and lay out the columns.

    Raises
    ------
    FormulaError, DataError
    """
    if missing not in ("drop", "raise"):
        raise DataError(f"missing must be 'drop' or 'raise', not {missing!r}.")
    known = frozenset(table.names)
    bound = {
        code: expression(code, known, caller, PATSY_NAMES, where)
        for code, where in spec.codes().items()
    }
    reads = {code: source.reads for code, source in bound.items()}
    lists = instrument_lists(spec, reads)
    columns = dict.fromkeys([*(c for own in reads.values() for c in own), *spec.endog])
    sample, values = estimation_sample(table, bound, list(columns), missing)
    for equation in spec.equations:
        _require_numeric(equation.left, f"{equation.where}: the left side", values)
    for identity in spec.identities:
        for code in identity.factors:
            _require_numeric(code, f"{identity.where}: the term", values)
    termlists = [*(equation.terms for equation in spec.equations), *lists]
    coded = code_columns(termlists, values.kinds)
    for equation, own in zip(spec.equations, coded, strict=False):
        _warn_of_constant_categories(equation.where, equation.terms, own)
    return _lay_out(spec, coded, values, sample), values


def _require_numeric(code: str, what: str, values: FactorValues) -> None:
    """Check that a factor is one column of numbers."""
    if values.kinds[code] != 1:
        values.table.refuse_numeric_use(values.expressions[code].reads, code)
        raise FormulaError(
            f"{what} {code} must be one numeric column; write arithmetic inside I(…), as in "
            f"I(1.0 * (y > 0))."
        )


def _warn_of_constant_categories(
    where: str, terms: Sequence[Term], columns: Sequence[Column]
) -> None:
    """Warn of a categorical term that has one level in the sample, hence no column."""
    for term in set(terms) - {column.term for column in columns}:
        warn(
            f"{where}: the term {term_name(term)} has one level in the sample and gives no column.",
            RankWarning,
        )


def _lay_out(
    spec: Specification,
    coded: Sequence[tuple[Column, ...]],
    values: FactorValues,
    sample: Sample,
) -> Design:
    """Give each distinct column its place; equal names are equal columns."""
    outside = {n: v for source in values.expressions.values() for n, v in source.names.items()}
    scalars = {n: v for n, v in outside.items() if pd.api.types.is_scalar(v)}
    others = [n for n in outside if n not in scalars]
    functions = frozenset(n for n in others if not is_standard(n, outside[n], PATSY_NAMES))
    left = {equation.left: _itself(equation.left) for equation in spec.equations}
    defined = {code: _itself(code) for identity in spec.identities for code in identity.factors}
    place = {code: j for j, code in enumerate(left, 1)}
    return Design(
        labels=tuple(e.label for e in spec.equations),
        texts=tuple(e.text for e in spec.equations),
        columns=(INTERCEPT, *{**left, **defined}.values()),
        dependents=tuple(place[e.left] for e in spec.equations),
        regressors=(),
        instruments=(),
        regressor_terms=(),
        instrument_terms=(),
        instruments_given=bool(spec.instruments),
        levels={c: k.levels for c, k in values.kinds.items() if isinstance(k, Categories)},
        stateful=frozenset(values.transforms),
        scalars=scalars,
        functions=functions,
        sample=sample,
        reads={code: source.reads for code, source in values.expressions.items()},
        identities=spec.identities,
        lags=spec.lags,
        endog=spec.endog,
    ).using(coded)


def _same_sets_once(lists: Sequence[tuple[Column, ...]]) -> list[tuple[Column, ...]]:
    """Give instrument lists of the same columns the order of the first."""
    first: dict[frozenset[str], tuple[Column, ...]] = {}
    return [first.setdefault(frozenset(c.name for c in own), own) for own in lists]


def _itself(code: str) -> Column:
    """Column of a numeric factor by itself."""
    return Column(code, (code,), (Part(code),))


def compress(design: Design, values: FactorValues, block_rows: int | None = None) -> Factor:
    """Factor the design's columns over the sample, block by block."""

    def fill(out: FloatArray, start: int, stop: int) -> int:
        return values.write(out, design.columns, start, stop)

    return accumulate(fill, len(values.table), design.names, block_rows)


def compress_groups(
    design: Design, values: FactorValues, codes: IntArray, number: int
) -> list[Factor]:
    """Factor the design's columns over the rows of each group; `codes` (n,) says which is whose."""

    def fill(out: FloatArray, start: int, stop: int) -> int:
        return values.write(out, design.columns, start, stop)

    return accumulate_groups(fill, len(values.table), design.names, codes, number)


#: Doubles in a block of combined columns: scores of fifty equations are thousands of them.
COMBINED_ENTRIES = 2**22


def combine(design: Design, values: FactorValues, weights: FloatArray) -> Iterator[FloatArray]:
    """Yield W @ weights for the rows of the sample, block by block, for (m, q) weights."""
    n_rows = len(values.table)
    block_rows = int(np.clip(COMBINED_ENTRIES // max(weights.shape[1], 1), 2**8, 2**15))
    used = np.flatnonzero(weights.any(axis=1))
    columns = [design.columns[j] for j in used]
    buffer = np.empty((min(n_rows, block_rows), len(columns)), order="F")
    for start in range(0, n_rows, block_rows):
        stop = min(start + block_rows, n_rows)
        kept = values.write(buffer[: stop - start], columns, start, stop)
        if kept:
            yield buffer[:kept] @ weights[used]
