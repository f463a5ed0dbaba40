"""Where rows come from: blocks of the caller's data, as often as they are asked for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import pandas as pd

from simeq.data.data_columns import DataColumns, clean, data_columns
from simeq.errors import DataError, count

#: A frame, a mapping of columns, or a callable that gives frames one by one.
Given: TypeAlias = pd.DataFrame | Mapping[str, Any] | Callable[[], Iterable[pd.DataFrame]]


class Frames:
    """Frames that a callable gives one by one, anew each time it is called.

    Parameters
    ----------
    give : callable
        Returns an iterator of frames that all have the first one's columns.

    Raises
    ------
    DataError
        If it returns something else, or none.
    """

    def __init__(self, give: Callable[[], Iterable[pd.DataFrame]]) -> None:
        self._give = give
        self.names: list[str] = []
        frames = self._called("")
        self._first = next(frames)
        self.names = self._first.names
        # the first pass goes on from here: a frame that was taken need not be read again
        self._begun: Iterator[DataColumns] | None = itertools.chain([self._first], frames)

    def blocks(self) -> Iterator[DataColumns]:
        """Yield each frame."""
        begun, self._begun = self._begun, None
        return self._called(" again") if begun is None else begun

    def _called(self, again: str) -> Iterator[DataColumns]:
        """Call for frames, and check each."""
        frames = self._give()
        if isinstance(frames, pd.DataFrame | Mapping | str) or not isinstance(frames, Iterable):
            raise DataError(
                f"A callable for data must give frames one by one, as a generator or a list of "
                f"them, not a {type(frames).__name__}."
            )
        number = 0
        for number, frame in enumerate(frames, 1):
            block = data_columns(frame)
            given = set(block.names)
            lacking = [name for name in self.names if name not in given]
            if lacking:
                raise DataError(
                    f"Frame {number} of the data has no column {lacking[0]!r}, which the first "
                    f"frame had; the callable must give the same columns in each frame, each time."
                )
            yield block
        if not number:
            raise DataError(
                f"The callable for data gave no frame when it was called{again}; it must begin "
                f"anew each time, as lambda: pd.read_csv(path, chunksize=100_000) does, and an "
                f"iterator that is used up does not."
            )

    def sketch(self, names: Iterable[str]) -> DataColumns | None:
        """Return no rows of the first frame; None when a column has no value there."""
        unknown = any(pd.isna(self._first.read(name)).all() for name in names)
        return None if unknown else self._first.sketch(names)

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of all rows, asked for anew."""
        first, *others = [block.index for block in self.blocks()]
        return first.append(others) if others else first

    def read(self, name: str) -> Any:
        """Return a column on all rows, asked for anew, as one frame would hold it."""
        parts = [pd.Series(block.read(name)) for block in self.blocks()]
        return clean(pd.concat(parts, ignore_index=True))


#: Rows in blocks, in the same order each time; their number need not be known beforehand.
RowSource: TypeAlias = DataColumns | Frames


def row_source(data: Given) -> RowSource:
    """Open the caller's data.

    Raises
    ------
    DataError
        If they are none.
    """
    if isinstance(data, pd.DataFrame | Mapping) or not callable(data):
        return data_columns(data)
    return Frames(data)


def pieces(source: RowSource, rows: int) -> Iterator[tuple[int, DataColumns]]:
    """Yield at most `rows` rows at a time, with the number of those before."""
    before = 0
    for block in source.blocks():
        starts = range(0, len(block), rows)
        cuts = (block.cut(slice(start, start + rows)) for start in starts)
        for piece in [block] if len(starts) == 1 else cuts:
            yield before, piece
            before += len(piece)


def require_as_many(seen: int, known: int) -> None:
    """Check that a source gives as many rows as before.

    Raises
    ------
    DataError
    """
    if seen != known:
        raise DataError(
            f"The callable for data gave {count(known, 'row')} before and {count(seen, 'row')} "
            f"now; it must give the same rows each time."
        )
