"""The estimation sample: one mask over columns and terms, then what categories and splines learn.

Where nothing has to be learned, the mask is found while the rows of W are written, each term being
evaluated once. Otherwise a first pass writes nothing and looks at all rows in their order, so that
a lag means the row before; rows with a missing value leave; category levels and stateful transforms
are learned on what stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.data.evaluation import (
    Value,
    all_numbers,
    as_kind,
    evaluate_whole,
    missing_rows,
    numbers,
    transformed,
)
from simeq.data.factor_values import FactorValues, write_columns
from simeq.data.findings import Findings, Missing, look, refuse_infinite, settle, settled_kinds
from simeq.data.source import RowSource, pieces
from simeq.errors import FormulaError
from simeq.formula.expression import Expressions
from simeq.formula.terms import Column
from simeq.linalg.bases import FloatArray
from simeq.linalg.triangle import RowPart

#: Rows looked at in one step while missing values are sought.
SCAN_ROWS = 2**15


def needs_no_learning(source: RowSource, expressions: Expressions) -> bool:
    """Whether every factor is one column of numbers, as far as can be known before rows are seen.

    Columns say so by their kind, terms by what they make of no rows at all.
    """
    if not all(own.elementwise for own in expressions.values()):
        return False
    empty = source.sketch({name for own in expressions.values() for name in own.reads})
    return empty is not None and all_numbers(empty, expressions)


def estimation_sample(
    source: RowSource, expressions: Expressions, names: Sequence[str], missing: Missing
) -> FactorValues:
    """Settle the sample and learn every factor's kind on it, in a pass over the rows.

    Parameters
    ----------
    source : RowSource
    expressions : mapping from code to Expression
        All factors of the system, its instruments and roles.
    names : sequence of str
        Every data column that they read or name.
    missing : {"drop", "raise"}

    Raises
    ------
    FormulaError
        If a factor needs whole columns that the source does not give.
    DataError
        As `settle`, or if a factor is not what it was in earlier rows.
    """
    for own in expressions.values():
        if not (own.by_row or isinstance(source, DataColumns)):
            raise FormulaError(
                f"{own.where}: the term {own.code} is a function of whole columns, which data that "
                f"come frame by frame do not give. Compute it as a column of the frames, or give "
                f"the data as one frame."
            )
    survey = Survey(source, expressions, names)
    for part in survey.parts((), SCAN_ROWS):
        part.write(np.empty((part.size, 0)))
    return survey.close(missing)


class Survey:
    """The rows of W, which are looked at while they are written; each factor is evaluated once.

    Parameters
    ----------
    source, expressions, names
        As of `estimation_sample`.
    """

    def __init__(self, source: RowSource, expressions: Expressions, names: Sequence[str]) -> None:
        # a row that several miss counts under functions of whole columns before the others
        order = sorted(expressions.values(), key=lambda own: (own.elementwise, own.stateful))
        self.expressions = {own.code: own for own in order}
        self.names = names
        self._found: dict[int, Findings] = {}  # by the rows before: parts come in any order
        self._source = source
        self._whole: dict[str, list[Value]] = {}

    def parts(self, columns: Sequence[Column], rows: int) -> Iterator[RowPart]:
        """Yield columns of W on the complete rows, part by part."""
        before = 0
        for block in self._source.blocks():
            for name in self.names:
                block.read(name)
            # what is written beforehand is known to be numbers, or is not as it was
            self._whole = {} if columns else evaluate_whole(block, self.expressions)
            for start, piece in pieces(block, rows):
                there = slice(start, start + len(piece))
                own = {code: [v[there] for v in values] for code, values in self._whole.items()}
                yield RowPart(len(piece), partial(self._write, columns, piece, own, before + start))
            before += len(block)

    def _write(
        self,
        columns: Sequence[Column],
        piece: DataColumns,
        whole: Mapping[str, list[Value]],
        before: int,
        out: FloatArray,
    ) -> int:
        """Write complete rows of W, after a look at them."""
        values = {
            code: whole[code] if code in whole else [numbers(piece, own)]
            for code, own in self.expressions.items()
        }
        factors = [(self.expressions[code], value) for code, own in values.items() for value in own]
        found = self._found[before] = look(piece, self.names, factors)
        first = {code: np.asarray(own[0]) for code, own in values.items() if columns}
        return write_columns(columns, first.__getitem__, found.keep, len(piece), out)

    def close(self, missing: Missing) -> FactorValues:
        """Return what the rows have taught, once all parts are written; errors as `settle`."""
        found = [self._found[before] for before in sorted(self._found)]
        sample, keep = settle(found, self.expressions, self.names, missing)
        kinds = settled_kinds(found, self.expressions)
        values = FactorValues(self._source, self.expressions, kinds, sample, keep)
        if self._whole and isinstance(self._source, DataColumns):
            return _with_whole(values, self._source, self._whole)
        return values


def _with_whole(
    values: FactorValues, block: DataColumns, whole: Mapping[str, list[Value]]
) -> FactorValues:
    """Add what was evaluated on whole columns, and let stateful transforms learn."""
    keep = np.ones(len(block), dtype=bool) if values.keep is None else values.keep
    known: dict[str, NDArray[Any]] = {}
    kinds, transforms = dict(values.kinds), {}
    for code, own in whole.items():
        source = values.expressions[code]
        if not source.stateful:
            known[code] = as_kind(own[0], kinds[code])
            continue
        transforms[code], known[code] = transformed(block, source, own, keep)
        kinds[code] = 1 if known[code].ndim == 1 else known[code].shape[1]
        rows = np.flatnonzero(missing_rows(known[code], infinite=True) & keep)
        if rows.size:
            refuse_infinite(code, source.where, rows.size, block.row(int(rows[0])))
    return replace(values, kinds=kinds, whole=known, transforms=transforms)
