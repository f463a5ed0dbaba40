"""Equations and data to a design, the sample's rows and their triangle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import pandas as pd

from simeq.data.data_columns import DataColumns
from simeq.data.factor_values import ColumnsOfW
from simeq.data.gaps import Sample
from simeq.data.sample import Expressions, Missing, Survey, estimation_sample, needs_no_learning
from simeq.data.source import RowSource
from simeq.design.design import Design, compress
from simeq.design.sample_rows import KeptRows, SampleRows
from simeq.errors import DataError, FormulaError, RankWarning, warn
from simeq.formula.endogeneity import instrument_lists
from simeq.formula.expression import Lookup, expression, is_standard
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
from simeq.linalg.triangle import Buffer, Factor, factorize, rows_in_block

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
    if needs_no_learning(source, bound):
        survey = Survey(source, bound, names)
        design = _lay_out(spec, lists, bound, dict.fromkeys(bound, 1), source)
        factor, w = _compressed(design, survey, source)
        values = survey.close(missing)
    else:
        values = estimation_sample(source, bound, names, missing)
        design = _lay_out(spec, lists, bound, values.kinds, source)
        factor, w = _compressed(design, values, source)
    design = replace(design, sample=values.sample)
    return SampleRows(
        design, values, KeptRows(design.names, w, values) if w is not None else None
    ), factor


def _compressed(
    design: Design, rows: ColumnsOfW, source: RowSource
) -> tuple[Factor, FloatArray | None]:
    """Return the triangle of the sample, and W itself where it fits into a block."""
    most = rows_in_block(len(design.columns))
    if not isinstance(source, DataColumns) or len(source) > most:
        return compress(design, rows), None
    w = Buffer(len(design.columns)).written(list(rows.parts(design.columns, most)))
    return factorize(w, design.names), w


def _require_numeric(
    code: str, what: str, bound: Expressions, kinds: Kinds, source: RowSource
) -> None:
    """Check that a factor is one column of numbers."""
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
    spec: Specification,
    lists: Sequence[Sequence[Term]],
    bound: Expressions,
    kinds: Kinds,
    source: RowSource,
) -> Design:
    """Code terms as columns, and give each distinct one its place; equal names are equal columns.

    The sample is put in when the rows have been seen.
    """
    for equation in spec.equations:
        what = f"{equation.where}: the left side"
        _require_numeric(equation.left, what, bound, kinds, source)
    for identity in spec.identities:
        for code in identity.factors:
            _require_numeric(code, f"{identity.where}: the term", bound, kinds, source)
    coded = code_columns([*(equation.terms for equation in spec.equations), *lists], kinds)
    for equation, own in zip(spec.equations, coded, strict=False):
        _warn_of_constant_categories(equation.where, equation.terms, own)
    outside = {name: value for own in bound.values() for name, value in own.names.items()}
    scalars = {n: v for n, v in outside.items() if pd.api.types.is_scalar(v)}
    others = [n for n in outside if n not in scalars]
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


def _itself(code: str) -> Column:
    """Column of a numeric factor by itself."""
    return Column(code, (code,), (Part(code),))
