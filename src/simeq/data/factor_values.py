"""Factors evaluated on rows, and columns of W written part by part.

Element-wise factors are evaluated on each part when it is wanted and leave no memory behind;
functions of whole columns, and categories of data in memory, were evaluated once, on all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simeq.data.data_columns import DataColumns
from simeq.data.evaluation import as_kind, evaluate, numbers
from simeq.data.findings import Sample
from simeq.data.source import Frames, RowSource, pieces, require_as_many
from simeq.formula.expression import Expression
from simeq.formula.terms import Categories, Column, Part, StatefulTransform
from simeq.linalg.bases import BoolArray, FloatArray, IntArray
from simeq.linalg.triangle import RowPart


class RowsOfW(Protocol):
    """The rows of a sample: factors on a source, W itself, or a wrapper that changes another's."""

    def parts(self, columns: Sequence[Column], rows: int) -> Iterator[RowPart]:
        """Yield columns of W on the kept rows, part by part, from at most `rows` rows each."""

    def take(self, rows: IntArray) -> RowsOfW:
        """Return some of the kept rows, by position; nothing is learned anew."""


@dataclass(frozen=True, eq=False)
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
            if seen > self.sample.n_rows:
                break
            keep = None if self.keep is None else self.keep[before:seen]
            value = partial(self.on, before, piece)
            yield RowPart(len(piece), partial(write_columns, columns, value, keep, len(piece)))
        require_as_many(seen, self.sample.n_rows)

    def on(self, before: int, piece: DataColumns, code: str) -> NDArray[Any]:
        """Values of one factor on a piece of the rows: floats, or category codes."""
        if code in self.whole:
            return self.whole[code][before : before + len(piece)]
        source, kind = self.expressions[code], self.kinds[code]
        return numbers(piece, source) if kind == 1 else as_kind(evaluate(piece, source), kind)

    def take(self, rows: IntArray) -> FactorValues:
        """Return the values on some of the kept rows, by position; nothing is learned anew."""
        positions = rows if self.keep is None else self._positions[rows]
        if isinstance(self.source, Frames):
            keep = np.zeros(self.sample.n_rows, dtype=bool)
            keep[positions] = True
            return replace(self, sample=replace(self.sample, nobs=len(rows)), keep=keep)
        source, sample = self.source.cut(positions), Sample(len(rows), len(rows), {})
        whole = {code: value[positions] for code, value in self.whole.items()}
        return replace(self, source=source, sample=sample, keep=None, whole=whole)

    @cached_property
    def _positions(self) -> IntArray:
        """Positions of the kept rows among all, found once for all parts of them."""
        return np.flatnonzero(np.asarray(self.keep))


def write_columns(
    columns: Sequence[Column],
    value: Callable[[str], NDArray[Any]],
    keep: BoolArray | None,
    n: int,
    out: FloatArray,
) -> int:
    """Write columns of W on the kept of n rows into the first rows of `out`; return their number.

    Each factor is evaluated once, by its code, whatever number of columns it has a share in.
    """
    keep = None if keep is None or keep.all() else keep
    kept = n if keep is None else int(np.count_nonzero(keep))
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

    for column, target in zip(columns, out[:kept].T, strict=True):
        target[:] = share(column.parts[0]) if column.parts else 1.0
        for part in column.parts[1:]:
            target *= share(part)
    return kept
