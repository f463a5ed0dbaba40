"""Equations and data to a design, the sample's rows and their triangle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import pandas as pd

from simeq.data.data_columns import DataColumns
from simeq.data.findings import Missing, Sample
from simeq.data.sample import Survey, estimation_sample, needs_no_learning
from simeq.data.source import RowSource
from simeq.design.design import Design
from simeq.design.sample_rows import KeptRows, SampleRows
from simeq.errors import DataError, FormulaError, RankWarning, warn
from simeq.formula.endogeneity import instrument_lists
from simeq.formula.expression import Expressions, Lookup, expression, is_standard
from simeq.formula.specification import Specification
from simeq.formula.terms import (
    INTERCEPT,
    Categories,
    Column,
    Part,
    Term,
    code_columns,
    term_name,
)
from simeq.linalg.bases import FloatArray
from simeq.linalg.triangle import Buffer, Factor, RowPart, accumulate, factorize, rows_in_block

#: The number of numeric columns of each factor, or its `Categories`.
Kinds: TypeAlias = Mapping[str, int | Categories]


def build(
    spec: Specification, source: RowSource, caller: Lookup, missing: Missing
) -> tuple[SampleRows, Factor]:
    """Bind terms to data, lay out the columns, settle the sample and compress its rows.

    Where nothing has to be learned first, the last two are one pass over the rows.

    Raises
    ------
    FormulaError, DataError
    """
    if missing not in ("drop", "raise"):
        raise DataError(f"missing must be 'drop' or 'raise', not {missing!r}.")
    known = frozenset(source.names)
    codes = spec.codes()
    bound = {code: expression(code, known, caller, where) for code, where in codes.items()}
    reads = {code: own.reads for code, own in bound.items()}
    lists = instrument_lists(spec, reads)
    names = list(dict.fromkeys([*(c for own in reads.values() for c in own), *spec.endog]))
    if isinstance(source, DataColumns) and not len(source):
        raise DataError("The data have no rows.")
    if needs_no_learning(source, bound):
        survey = Survey(source, bound, names)
        design = _lay_out(spec, lists, bound, dict.fromkeys(bound, 1))
        factor, w = _compressed(design, survey.parts, source)
        values = survey.close(missing)
    else:
        values = estimation_sample(source, bound, names, missing)
        _require_numbers(spec, bound, values.kinds, source)
        design = _lay_out(spec, lists, bound, values.kinds)
        factor, w = _compressed(design, values.parts, source)
    design = replace(design, sample=values.sample)
    written = None if w is None else KeptRows(design.names, w, values)
    return SampleRows(design, values, written), factor


def _compressed(
    design: Design,
    parts: Callable[[Sequence[Column], int], Iterator[RowPart]],
    source: RowSource,
) -> tuple[Factor, FloatArray | None]:
    """Return the triangle of the sample, and W itself where it fits into a block."""
    most = rows_in_block(len(design.columns))
    rows = parts(design.columns, most)
    if not isinstance(source, DataColumns) or len(source) > most:
        return accumulate(rows, design.names), None
    w = Buffer(len(design.columns)).written(list(rows))
    return factorize(w, design.names), w


def _defined(spec: Specification) -> dict[str, str]:
    """Left sides, and terms of identities, which must be numbers; with words for each."""
    lefts = {own.left: f"{own.where}: the left side" for own in spec.equations}
    terms = ((code, f"{own.where}: the term") for own in spec.identities for code in own.factors)
    return lefts | {code: what for code, what in terms if code not in lefts}


def _require_numbers(
    spec: Specification, bound: Expressions, kinds: Kinds, source: RowSource
) -> None:
    """Check that what is defined is one column of numbers."""
    for code, what in _defined(spec).items():
        if kinds[code] != 1:
            for block in source.blocks():
                block.refuse_numeric_use(bound[code].reads, code)
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
    spec: Specification, lists: Sequence[Sequence[Term]], bound: Expressions, kinds: Kinds
) -> Design:
    """Code terms as columns, and give each distinct one its place; equal names are equal columns.

    The sample is put in when the rows have been seen.
    """
    coded = code_columns([*(equation.terms for equation in spec.equations), *lists], kinds)
    for equation, own in zip(spec.equations, coded, strict=False):
        _warn_of_constant_categories(equation.where, equation.terms, own)
    outside = {name: value for own in bound.values() for name, value in own.names.items()}
    scalars = {n: v for n, v in outside.items() if pd.api.types.is_scalar(v)}
    others = [n for n in outside if n not in scalars]
    alone = {code: Column(code, (code,), (Part(code),)) for code in _defined(spec)}
    place = {code: j for j, code in enumerate(alone, 1)}
    return Design(
        labels=tuple(e.label for e in spec.equations),
        texts=tuple(e.text for e in spec.equations),
        columns=(INTERCEPT, *alone.values()),
        dependents=tuple(place[e.left] for e in spec.equations),
        regressors=(),
        instruments=(),
        regressor_terms=(),
        instrument_terms=(),
        instruments_given=bool(spec.instruments),
        levels={c: k.levels for c, k in kinds.items() if isinstance(k, Categories)},
        stateful=frozenset(code for code, own in bound.items() if own.stateful),
        scalars=scalars,
        functions=frozenset(n for n in others if not is_standard(n, outside[n])),
        sample=Sample(0, 0, {}),
        reads={code: own.reads for code, own in bound.items()},
        identities=spec.identities,
        lags=spec.lags,
        endog=spec.endog,
    ).using(coded)
