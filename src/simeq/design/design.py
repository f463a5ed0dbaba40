"""A design: the distinct columns of a system, and who uses which of them in what role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from simeq.data.factor_values import RowsOfW
from simeq.data.findings import Sample
from simeq.formula.identities import Identity
from simeq.formula.lags import Lag
from simeq.formula.terms import Column, Term
from simeq.linalg.triangle import Factor, accumulate, rows_in_block


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
        known = (own.where for own in self.identities if name in dict(own.loadings))
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


def _same_sets_once(lists: Sequence[tuple[Column, ...]]) -> list[tuple[Column, ...]]:
    """Give instrument lists of the same columns the order of the first."""
    first: dict[frozenset[str], tuple[Column, ...]] = {}
    return [first.setdefault(frozenset(c.name for c in own), own) for own in lists]


def compress(design: Design, rows: RowsOfW, block_rows: int | None = None) -> Factor:
    """Factor the design's columns over the sample, block by block."""
    most = block_rows or rows_in_block(len(design.columns))
    return accumulate(rows.parts(design.columns, most), design.names, block_rows)
