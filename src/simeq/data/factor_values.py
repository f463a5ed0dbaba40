"""Factors evaluated on rows, and columns of W written part by part.

Element-wise factors are evaluated on each part when it is wanted and leave no memory behind;
functions of whole columns, and categories of data in memory, were evaluated once, on all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.data.evaluation import category_codes, numbers
from simeq.data.gaps import Sample
from simeq.data.source import RowSource, pieces, require_as_many
from simeq.formula.expression import Expression
from simeq.formula.terms import Categories, Column, Part, StatefulTransform
from simeq.linalg.bases import BoolArray, FloatArray, IntArray
from simeq.linalg.triangle import RowPart


class ColumnsOfW(Protocol):
    """What columns of W are written from."""

    def parts(self, columns: Sequence[Column], rows: int) -> Iterator[RowPart]:
        """Yield the columns on the kept rows, part by part, from at most `rows` rows each."""


class RowsOfW(ColumnsOfW, Protocol):
    """The rows of a sample: factors on a source, W itself, or a wrapper that changes another's."""

    def take(self, rows: IntArray) -> RowsOfW:
        """Return some of the kept rows, by position."""


@dataclass(frozen=True)
class FactorValues:
    """What the factors of a system are on the rows of one source: all that rows have taught.

    Attributes
    ----------
    source : RowSource
    expressions : mapping from code to Expression
    kinds : mapping
        For each code the number of numeric columns, or its `Categories`.
    sample : Sample
        How many rows are kept.
    keep : (n,) array of bool, or None
        Marks them; None when all are.
    whole : mapping
        Of data in memory, full-length values of the factors that were evaluated once: floats (n,)
        or (n, p), or the integer code of each row's category, −1 where it is missing.
    transforms : mapping
        What stateful factors learned from the kept rows.
    """

    source: RowSource
    expressions: Mapping[str, Expression]
    kinds: Mapping[str, int | Categories]
    sample: Sample
    keep: BoolArray | None = None
    whole: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    transforms: Mapping[str, StatefulTransform] = field(default_factory=dict)

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of the kept rows."""
        index = self.source.index
        return index if self.keep is None else index[self.keep]

    def parts(self, columns: Sequence[Column], rows: int) -> Iterator[RowPart]:
        """Yield columns of W on the kept rows, part by part."""
        seen = 0
        for before, piece in pieces(self.source, rows):
            seen = before + len(piece)
            keep = None if self.keep is None else self.keep[before:seen]
            yield _FactorPart(self, columns, before, piece, keep)
        require_as_many(seen, self.sample.n_rows)

    def on(self, before: int, piece: DataColumns, code: str) -> NDArray[Any]:
        """Values of one factor on a piece of the rows: floats, or category codes."""
        if code in self.whole:
            return self.whole[code][before : before + len(piece)]
        kind = self.kinds[code]
        if isinstance(kind, int):
            return numbers(piece, self.expressions[code])
        return category_codes(piece, self.expressions[code], kind.levels)

    def take(self, rows: IntArray) -> FactorValues:
        """Return the values on some of the kept rows, by position; nothing is learned anew."""
        positions = rows if self.keep is None else np.flatnonzero(self.keep)[rows]
        if not isinstance(self.source, DataColumns):
            keep = np.zeros(self.sample.n_rows, dtype=bool)
            keep[positions] = True
            return replace(self, sample=replace(self.sample, nobs=len(positions)), keep=keep)
        return replace(
            self,
            source=self.source.cut(positions),
            sample=Sample(len(positions), len(positions), {}),
            keep=None,
            whole={code: value[positions] for code, value in self.whole.items()},
        )


@dataclass(frozen=True)
class _FactorPart:
    """Columns of W on a piece of the rows."""

    values: FactorValues
    columns: Sequence[Column]
    before: int
    piece: DataColumns
    keep: BoolArray | None

    @property
    def size(self) -> int:
        return len(self.piece)

    def write(self, out: FloatArray) -> int:
        def value(code: str) -> NDArray[Any]:
            return self.values.on(self.before, self.piece, code)

        return write_columns(out[: self.size], self.columns, value, self.keep)


#: Gives a factor's values on some rows by its code.
ValueOf: TypeAlias = Callable[[str], NDArray[Any]]


def write_columns(
    out: FloatArray, columns: Sequence[Column], value: ValueOf, keep: BoolArray | None
) -> int:
    """Write columns of W into the first rows of `out` (n, m); return how many of n are kept.

    Each factor is evaluated once, whatever number of columns it has a share in.
    """
    keep = None if keep is None or keep.all() else keep
    out = out if keep is None else out[: np.count_nonzero(keep)]
    known: dict[str, NDArray[Any]] = {}

    def share(part: Part) -> NDArray[Any]:
        """Return the numeric column of a factor, or the contrast of each row's category."""
        if part.code not in known:
            whole = value(part.code)
            known[part.code] = whole if keep is None else whole[keep]
        own = known[part.code]
        if part.contrast is not None:
            return np.array([*part.contrast, np.nan])[own.astype(np.intp)]
        return own if own.ndim == 1 else own[:, part.position]

    for column, target in zip(columns, out.T, strict=True):
        first, *others = column.parts or (None,)
        target[:] = 1.0 if first is None else share(first)
        for part in others:
            target *= share(part)
    return len(out)
