"""The estimation sample: one mask over columns and terms, then what categories and splines learn.

Where nothing has to be learned, the mask is found while the rows of W are written, each term being
evaluated once (`Survey`). Otherwise a first pass looks at all rows in their order, so that a lag
means the row before; rows with a missing value leave; category levels and stateful transforms are
learned on what stays (`estimation_sample`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.data.evaluation import (
    Category,
    evaluate,
    is_numeric,
    missing_rows,
    numbers,
    stateful_arguments,
)
from simeq.data.factor_values import FactorValues, write_columns
from simeq.data.gaps import Gaps, find_gaps, refuse_infinite, settle
from simeq.data.source import RowSource, pieces
from simeq.errors import DataError, FormulaError
from simeq.formula.expression import Expression, take_out_arguments
from simeq.formula.syntax import bare_column
from simeq.formula.terms import Categories, Column, StatefulTransform
from simeq.linalg.bases import BoolArray, FloatArray
from simeq.linalg.triangle import RowPart

#: Rows looked at in one step while missing values are sought.
SCAN_ROWS = 2**15

#: What to do with rows that miss a value.
Missing = Literal["drop", "raise"]

#: Factors by their code.
Expressions = Mapping[str, Expression]


# ---------------------------------------------------------------------- nothing to learn


def needs_no_learning(source: RowSource, expressions: Expressions) -> bool:
    """Whether every factor is one column of numbers, as far as can be known before rows are seen.

    Columns say so by their kind, terms by what they make of no rows at all.
    """
    if not all(own.elementwise for own in expressions.values()):
        return False
    empty = source.sketch({name for own in expressions.values() for name in own.reads})
    return empty is not None and all(
        is_numeric(empty, own) and numbers(empty, own).dtype.kind != "b"
        for own in expressions.values()
    )


class Survey:
    """Rows of W whose gaps are found while they are written, each term being evaluated once.

    Parameters
    ----------
    source : RowSource
    expressions : mapping from code to Expression
        All factors of the system, its instruments and roles, each one column of numbers.
    names : sequence of str
        Every data column that they read or name.
    """

    def __init__(self, source: RowSource, expressions: Expressions, names: Sequence[str]) -> None:
        self.source = source
        self.expressions = expressions
        self.names = names
        self.computed = [c for c in expressions if bare_column(c) is None]
        self._found: dict[int, Gaps] = {}

    def parts(self, columns: Sequence[Column], rows: int) -> Iterator[RowPart]:
        """Yield columns of W on the complete rows, part by part."""
        for before, piece in pieces(self.source, rows):
            yield _SurveyPart(self, columns, piece, before)

    def report(self, before: int, found: Gaps) -> None:
        """Take up what the part after `before` rows lacks; parts may be written in any order."""
        self._found[before] = found

    def close(self, missing: Missing) -> FactorValues:
        """Return the factors on the rows, once all parts are written; errors as `settle`."""
        found = [self._found[before] for before in sorted(self._found)]
        sample, keep = settle(found, self.expressions, self.names, missing)
        kinds = dict.fromkeys(self.expressions, 1)
        return FactorValues(self.source, self.expressions, kinds, sample, keep)


@dataclass(frozen=True)
class _SurveyPart:
    """Columns of W on a piece of the rows, which tells the survey what they lack."""

    survey: Survey
    columns: Sequence[Column]
    piece: DataColumns
    before: int

    @property
    def size(self) -> int:
        return len(self.piece)

    def write(self, out: FloatArray) -> int:
        own = self.survey
        values = {code: numbers(self.piece, source) for code, source in own.expressions.items()}
        computed = {code: values[code] for code in own.computed}
        found = find_gaps(self.piece, own.names, (), computed)
        own.report(self.before, found)
        return write_columns(out[: self.size], self.columns, values.__getitem__, found.keep)


# ---------------------------------------------------------------------- a first pass that learns


def estimation_sample(
    source: RowSource, expressions: Expressions, names: Sequence[str], missing: Missing
) -> FactorValues:
    """Settle the sample and learn every factor's kind on it, in one pass over the rows.

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
        if not (own.by_row or source.in_memory):
            raise FormulaError(
                f"{own.where}: the term {own.code} is a function of whole columns, which data that "
                f"come frame by frame do not give. Compute it as a column of the frames, or give "
                f"the data as one frame."
            )
    kinds, found = _Kinds(expressions), []
    for block in source.blocks():
        whole = _Whole.of(block, expressions)
        gaps = list(_look(block, whole, expressions, names, kinds))
        kinds.see_all(whole.values, _together(gaps))
        found += gaps
    sample, keep = settle(found, expressions, names, missing)
    values = FactorValues(source, expressions, kinds.settled(), sample, keep)
    return _with_whole(values, block, whole) if source.in_memory else values


@dataclass(frozen=True)
class _Whole:
    """Factors evaluated on whole columns: values, and what stateful ones pass to transforms."""

    values: Mapping[str, FloatArray | Category]
    arguments: Mapping[str, Mapping[str, FloatArray]]

    @classmethod
    def of(cls, block: DataColumns, expressions: Expressions) -> _Whole:
        plain = {code: own for code, own in expressions.items() if not own.stateful}
        return cls(
            {c: evaluate(block, own) for c, own in plain.items() if not is_numeric(block, own)},
            {c: stateful_arguments(block, own) for c, own in expressions.items() if own.stateful},
        )

    @property
    def missing(self) -> list[tuple[str, BoolArray]]:
        """Rows in which each is missing."""
        passed = [(code, own) for code, all_ in self.arguments.items() for own in all_.values()]
        return [(code, missing_rows(value)) for code, value in [*self.values.items(), *passed]]


def _look(
    block: DataColumns, whole: _Whole, expressions: Expressions, names: Sequence[str], kinds: _Kinds
) -> Iterator[Gaps]:
    """Find the gaps of a block, evaluating element-wise terms piece by piece."""
    marked = whole.missing
    others = {c: o for c, o in expressions.items() if not (c in whole.values or o.stateful)}
    for before, piece in pieces(block, SCAN_ROWS):
        stop = before + len(piece)
        values = {code: numbers(piece, own) for code, own in others.items()}
        computed = {code: value for code, value in values.items() if bare_column(code) is None}
        gaps = find_gaps(piece, names, [(c, m[before:stop]) for c, m in marked], computed)
        kinds.see_all(values, gaps.keep)
        yield gaps


def _together(gaps: Sequence[Gaps]) -> BoolArray | None:
    """Mark the complete rows of a block by its pieces; None when all are."""
    if all(own.keep is None for own in gaps):
        return None
    return np.concatenate([o.keep if o.keep is not None else np.ones(o.n_rows, bool) for o in gaps])


_TRUTHS = pd.Index([False, True])
_NOTHING = pd.Index(np.zeros(0))
_NOT_ASKED = Category(pd.Categorical([]))


class _Kinds:
    """Kinds of factors, as one block of rows after the other shows them."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._widths: dict[str, int] = {}
        self._levels: dict[str, list[tuple[pd.Index[Any], BoolArray]]] = {}
        self._asked: dict[str, Category] = {}

    def see_all(
        self, values: Mapping[str, NDArray[Any] | Category], keep: BoolArray | None
    ) -> None:
        """Take up the values of factors on some rows, of which some are kept."""
        for code, value in values.items():
            seen = self._levels.setdefault(code, [])
            if isinstance(value, Category):
                if value.levels is not None:
                    value.require(value.levels, self._expressions[code])
                self._asked.setdefault(code, value)
                seen.append((value.rows.categories, value.observed(keep)))
            elif value.dtype.kind == "b":
                kept = value if keep is None else value[keep]
                seen.append((_TRUTHS, np.array([not kept.all(), kept.any()])))
            elif np.isnan(value).all():  # numbers, or a category that these rows miss
                seen.append((_NOTHING, np.zeros(0, dtype=bool)))
            else:
                self._widths[code] = value.shape[1] if value.ndim == 2 else 1

    def settled(self) -> dict[str, int | Categories]:
        """Return the kind of each factor.

        Raises
        ------
        DataError
            If one has numbers in some rows and categories in others.
        """
        found: dict[str, int | Categories] = {}
        for code, seen in self._levels.items():
            asked = self._asked.get(code, _NOT_ASKED)
            if code not in self._widths:
                levels = _common_levels(seen) if asked.levels is None else asked.levels
                found[code] = Categories(levels, asked.contrast)
            elif any(there.any() for _, there in seen):
                raise DataError(
                    f"{self._expressions[code].where}: the term {code} has numbers in some frames "
                    f"of the data and categories in others; give its columns one type."
                )
            else:
                found[code] = self._widths[code]
        return found


def _common_levels(seen: Sequence[tuple[pd.Index[Any], BoolArray]]) -> tuple[Any, ...]:
    """Levels that occur in some block, in the order that one frame of all rows would have.

    Categories of one type keep their order; others are sorted, their types brought together.
    """
    first = seen[0][0]
    if all(own.dtype == first.dtype and own.equals(first) for own, _ in seen):
        found = first[np.logical_or.reduce([there for _, there in seen])]
    else:
        parts = [own[there] for own, there in seen]
        found = pd.Categorical(parts[0].append(parts[1:])).categories
    return tuple(np.asarray(found, dtype=object))


def _with_whole(values: FactorValues, block: DataColumns, whole: _Whole) -> FactorValues:
    """Add what was evaluated on whole columns, and let stateful transforms learn."""
    keep = np.ones(len(block), dtype=bool) if values.keep is None else values.keep
    known: dict[str, NDArray[Any]] = {}
    for code, value in whole.values.items():
        kind = values.kinds[code]
        if isinstance(value, Category):
            known[code] = value.codes(kind.levels if isinstance(kind, Categories) else ())
        else:
            known[code] = value
    transforms = {}
    for code, arguments in whole.arguments.items():
        transforms[code], known[code] = _learn(block, values.expressions[code], arguments, keep)
    for code, value in known.items():
        bad = ~np.isfinite(value) if value.ndim == 1 else ~np.isfinite(value).all(axis=1)
        if (bad & keep).any():
            what = f"{values.expressions[code].where}: the term {code}"
            where = np.flatnonzero(bad & keep)
            refuse_infinite(what, len(where), block.row(int(where[0])))
    widths = {code: known[code].shape[1] if known[code].ndim == 2 else 1 for code in transforms}
    return replace(values, kinds={**values.kinds, **widths}, whole=known, transforms=transforms)


def _learn(
    block: DataColumns, source: Expression, arguments: Mapping[str, FloatArray], keep: BoolArray
) -> tuple[StatefulTransform, FloatArray]:
    """Let patsy learn a stateful transform on the kept rows, and evaluate it there."""
    kept = {name: argument[keep] for name, argument in arguments.items()}
    kept |= {name: block.whole(name)[keep] for name in source.reads}
    try:
        transform = StatefulTransform(take_out_arguments(source).code, source.names, kept)
        learned = transform(kept)
    except Exception as error:
        reason = str(error).split("\n")[0]
        raise FormulaError(
            f"{source.where}: the term {source.code} cannot be evaluated: {reason}"
        ) from error
    full = np.full((len(keep), *learned.shape[1:]), np.nan)
    full[keep] = learned
    return transform, full
